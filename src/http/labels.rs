//! Labels of conversations.

use axum::{http::StatusCode, response::Response};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Problems, Result},
    http::{
        extract::{Json, Path, text},
        idempotency::IdempotencyKey,
        page::Page,
    },
    ids::LabelId,
    inbox::label::{self, Label},
    realtime::event::{EventKind, NewEvent},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, update, remove))
}

#[utoipa::path(get, path = "/labels", operation_id = "list_labels", tag = "labels",
    responses((status = 200, body = Page<Label>), Problems))]
async fn list(agent: Agent) -> Result<Json<Page<Label>>> {
    let (mut tx, _) = agent.begin(May::ReadOrganization).await?;
    Ok(Json(Page::whole(label::list(&mut tx).await?)))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLabel {
    #[garde(custom(text), length(chars, max = 50))]
    name: String,
    /// A role of the palette.
    #[garde(length(min = 1, max = 20), pattern(r"^[a-z-]+$"))]
    #[serde(default = "grey")]
    color: String,
}

fn grey() -> String {
    "grey".to_owned()
}

#[utoipa::path(post, path = "/labels", operation_id = "create_label", tag = "labels", request_body = NewLabel,
    responses((status = 201, body = Label), Problems))]
async fn create(agent: Agent, key: IdempotencyKey, Json(body): Json<NewLabel>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteLabels).await?;
    let fresh = match key.begin(&mut tx, &member, "labels.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let label = label::create(&mut tx, body.name.trim(), &body.color).await?;
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &serde_json::json!({"what": "labels"})));
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &label).await?;
    tx.commit().await?;
    Ok(answer)
}

#[utoipa::path(get, path = "/labels/{id}", operation_id = "get_label", tag = "labels",
    params(("id" = LabelId, Path,)), responses((status = 200, body = Label), Problems))]
async fn show(agent: Agent, Path(id): Path<LabelId>) -> Result<Json<Label>> {
    let (mut tx, _) = agent.begin(May::ReadOrganization).await?;
    Ok(Json(label::find(&mut tx, id).await?))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct LabelChange {
    #[garde(inner(custom(text), length(chars, max = 50)))]
    name: Option<String>,
    #[garde(inner(length(min = 1, max = 20), pattern(r"^[a-z-]+$")))]
    color: Option<String>,
    #[garde(skip)]
    version: Option<i32>,
}

#[utoipa::path(patch, path = "/labels/{id}", operation_id = "update_label", tag = "labels",
    params(("id" = LabelId, Path,)), request_body = LabelChange, responses((status = 200, body = Label), Problems))]
async fn update(agent: Agent, Path(id): Path<LabelId>, Json(body): Json<LabelChange>) -> Result<Json<Label>> {
    let (mut tx, _) = agent.begin(May::WriteLabels).await?;
    let name = body.name.as_deref().map(str::trim);
    let label = label::change(&mut tx, id, name, body.color.as_deref(), body.version).await?;
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &serde_json::json!({"what": "labels"})));
    tx.commit().await?;
    Ok(Json(label))
}

/// Also takes it from every conversation.
#[utoipa::path(delete, path = "/labels/{id}", operation_id = "delete_label", tag = "labels",
    params(("id" = LabelId, Path,)), responses((status = 204, description = "Deleted"), Problems))]
async fn remove(agent: Agent, Path(id): Path<LabelId>) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::WriteLabels).await?;
    label::delete(&mut tx, id).await?;
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &serde_json::json!({"what": "labels"})));
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
