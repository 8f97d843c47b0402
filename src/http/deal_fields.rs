//! Fields that an organization gives its deals and companies.

use axum::{http::StatusCode, response::Response};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    deals::field::{self, About, Change, DealField, FieldKind, Plan},
    error::{Problems, Result},
    http::{
        extract::{Json, Path, text},
        idempotency::IdempotencyKey,
        page::Page,
    },
    ids::DealFieldId,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, update, remove))
}

/// In their order, those of deals first.
#[utoipa::path(get, path = "/deal-fields", operation_id = "list_deal_fields", tag = "deals",
    responses((status = 200, body = Page<DealField>), Problems))]
async fn list(agent: Agent) -> Result<Json<Page<DealField>>> {
    let (mut tx, _) = agent.begin(May::ReadDeals).await?;
    Ok(Json(Page::whole(field::list(&mut tx).await?)))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDealField {
    #[garde(skip)]
    #[serde(default)]
    about: About,
    /// The attribute's name: values that are there under it already become the field's.
    #[garde(custom(text), length(chars, max = 64))]
    key: String,
    #[garde(custom(text), length(chars, max = 60))]
    label: String,
    #[garde(skip)]
    kind: FieldKind,
    /// Of a choice.
    #[garde(length(max = 100), inner(custom(text), length(chars, max = 100)))]
    #[serde(default)]
    choices: Vec<String>,
    /// No deal is won without it.
    #[garde(skip)]
    #[serde(default)]
    required_when_won: bool,
}

/// 409 when the key is taken.
#[utoipa::path(post, path = "/deal-fields", operation_id = "create_deal_field", tag = "deals", request_body = NewDealField,
    responses((status = 201, body = DealField), Problems))]
async fn create(agent: Agent, key: IdempotencyKey, Json(body): Json<NewDealField>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WritePipelines).await?;
    let fresh = match key.begin(&mut tx, &member, "deal_fields.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let plan = Plan {
        about: body.about,
        key: body.key.trim().to_owned(),
        label: body.label.trim().to_owned(),
        kind: body.kind,
        choices: trimmed(body.choices),
        required_when_won: body.required_when_won,
    };
    let field = field::create(&mut tx, &plan).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &field).await?;
    tx.commit().await?;
    Ok(answer)
}

fn trimmed(choices: Vec<String>) -> Vec<String> {
    choices.into_iter().map(|choice| choice.trim().to_owned()).collect()
}

#[utoipa::path(get, path = "/deal-fields/{id}", operation_id = "get_deal_field", tag = "deals",
    params(("id" = DealFieldId, Path,)), responses((status = 200, body = DealField), Problems))]
async fn show(agent: Agent, Path(id): Path<DealFieldId>) -> Result<Json<DealField>> {
    let (mut tx, _) = agent.begin(May::ReadDeals).await?;
    Ok(Json(field::find(&mut tx, id).await?))
}

/// Fields that are absent stay as they are.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct DealFieldChange {
    #[garde(inner(custom(text), length(chars, max = 60)))]
    label: Option<String>,
    /// All of them, in their order.
    #[garde(inner(length(max = 100), inner(custom(text), length(chars, max = 100))))]
    choices: Option<Vec<String>>,
    #[garde(skip)]
    required_when_won: Option<bool>,
    /// Where it stands among the others, from 0.
    #[garde(inner(range(min = 0, max = 1000)))]
    position: Option<i32>,
    /// The version that the caller has seen.
    #[garde(skip)]
    version: Option<i32>,
}

/// Key and kind stay, and so do values that deals have. 409 with the current state when the version is another.
#[utoipa::path(patch, path = "/deal-fields/{id}", operation_id = "update_deal_field", tag = "deals",
    params(("id" = DealFieldId, Path,)), request_body = DealFieldChange, responses((status = 200, body = DealField), Problems))]
async fn update(
    agent: Agent,
    Path(id): Path<DealFieldId>,
    Json(body): Json<DealFieldChange>,
) -> Result<Json<DealField>> {
    let (mut tx, _) = agent.begin(May::WritePipelines).await?;
    let change = Change {
        label: body.label.map(|label| label.trim().to_owned()),
        choices: body.choices.map(trimmed),
        required_when_won: body.required_when_won,
        position: body.position,
        version: body.version,
    };
    let field = field::change(&mut tx, id, &change).await?;
    tx.commit().await?;
    Ok(Json(field))
}

/// The values stay, as free attributes.
#[utoipa::path(delete, path = "/deal-fields/{id}", operation_id = "delete_deal_field", tag = "deals",
    params(("id" = DealFieldId, Path,)), responses((status = 204, description = "Deleted"), Problems))]
async fn remove(agent: Agent, Path(id): Path<DealFieldId>) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::WritePipelines).await?;
    field::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
