//! Saved views of the board.

use axum::{http::StatusCode, response::Response};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    deals::view::{self, Change, DealLook, DealView},
    error::{Problems, Result},
    http::{
        extract::{self, Json, Path, text},
        idempotency::IdempotencyKey,
        page::Page,
    },
    ids::{DealViewId, PipelineId},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, update, remove))
}

/// Everybody's in their order, then the caller's own.
#[utoipa::path(get, path = "/deal-views", operation_id = "list_deal_views", tag = "deals",
    responses((status = 200, body = Page<DealView>), Problems))]
async fn list(agent: Agent) -> Result<Json<Page<DealView>>> {
    let (mut tx, member) = agent.begin(May::ReadDeals).await?;
    Ok(Json(Page::whole(view::list(&mut tx, &member).await?)))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDealView {
    #[garde(custom(text), length(chars, max = 60))]
    name: String,
    /// For everybody; made by managers.
    #[garde(skip)]
    #[serde(default)]
    shared: bool,
    /// Absent: of whichever pipeline is shown.
    #[garde(skip)]
    pipeline_id: Option<PipelineId>,
    #[garde(dive)]
    #[serde(default)]
    look: DealLook,
}

/// 409 when the name is taken.
#[utoipa::path(post, path = "/deal-views", operation_id = "create_deal_view", tag = "deals", request_body = NewDealView,
    responses((status = 201, body = DealView), Problems))]
async fn create(agent: Agent, key: IdempotencyKey, Json(body): Json<NewDealView>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    let fresh = match key.begin(&mut tx, &member, "deal_views.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let name = body.name.trim();
    let view = view::create(&mut tx, &member, name, body.shared, body.pipeline_id, &body.look).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

#[utoipa::path(get, path = "/deal-views/{id}", operation_id = "get_deal_view", tag = "deals",
    params(("id" = DealViewId, Path,)), responses((status = 200, body = DealView), Problems))]
async fn show(agent: Agent, Path(id): Path<DealViewId>) -> Result<Json<DealView>> {
    let (mut tx, member) = agent.begin(May::ReadDeals).await?;
    Ok(Json(view::find(&mut tx, &member, id).await?))
}

/// Fields that are absent stay as they are; `null` empties.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct DealViewChange {
    #[garde(inner(custom(text), length(chars, max = 60)))]
    name: Option<String>,
    /// Everybody's from now on, or the caller's own.
    #[garde(skip)]
    shared: Option<bool>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<PipelineId>)]
    #[garde(skip)]
    pipeline_id: Option<Option<PipelineId>>,
    /// As a whole.
    #[garde(dive)]
    look: Option<DealLook>,
    /// Where it stands among everybody's, or among one's own, from 0.
    #[garde(inner(range(min = 0, max = 1000)))]
    position: Option<i32>,
    /// The version that the caller has seen.
    #[garde(skip)]
    version: Option<i32>,
}

/// 409 with the current state when the version is another, and when the name is taken.
#[utoipa::path(patch, path = "/deal-views/{id}", operation_id = "update_deal_view", tag = "deals",
    params(("id" = DealViewId, Path,)), request_body = DealViewChange, responses((status = 200, body = DealView), Problems))]
async fn update(
    agent: Agent,
    Path(id): Path<DealViewId>,
    Json(body): Json<DealViewChange>,
) -> Result<Json<DealView>> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    let change = Change {
        name: body.name.map(|name| name.trim().to_owned()),
        shared: body.shared,
        pipeline_id: body.pipeline_id,
        look: body.look,
        position: body.position,
        version: body.version,
    };
    let view = view::change(&mut tx, &member, id, &change).await?;
    tx.commit().await?;
    Ok(Json(view))
}

#[utoipa::path(delete, path = "/deal-views/{id}", operation_id = "delete_deal_view", tag = "deals",
    params(("id" = DealViewId, Path,)), responses((status = 204, description = "Deleted"), Problems))]
async fn remove(agent: Agent, Path(id): Path<DealViewId>) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    view::delete(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
