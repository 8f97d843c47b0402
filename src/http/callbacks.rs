//! The flight recorder over HTTP.

use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Problems, Result},
    http::{
        extract::{Json, Path, Query},
        page::{Limit, Page, read_cursor},
    },
    ids::{CallbackId, IntegrationId},
    inbox::callback::{self, Callback, Filter, Position},
    ingest,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(replay))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct List {
    #[garde(length(max = 50))]
    channel: Option<String>,
    #[garde(skip)]
    integration_id: Option<IntegrationId>,
    /// `verified` or `replayed`.
    #[garde(length(max = 50))]
    verdict: Option<String>,
    /// `stored`, `repeated`, `ignored`, `unreadable` or `failed`.
    #[garde(length(max = 50))]
    outcome: Option<String>,
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// Recorded callbacks, newest first, without their bodies.
#[utoipa::path(get, path = "/callbacks", operation_id = "list_callbacks", tag = "callbacks", params(List),
    responses((status = 200, body = Page<Callback>), Problems))]
async fn list(agent: Agent, Query(query): Query<List>) -> Result<Json<Page<Callback>>> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let filter = Filter {
        channel: query.channel,
        integration_id: query.integration_id,
        verdict: query.verdict,
        outcome: query.outcome,
    };
    let (mut tx, _) = agent.begin(May::ReadCallbacks).await?;
    let rows = callback::list(&mut tx, &filter, after, limit.with_next()).await?;
    Ok(Json(Page::cut(rows, limit, |row| Position(row.id))))
}

/// One, with the request as it came.
#[utoipa::path(get, path = "/callbacks/{id}", operation_id = "get_callback", tag = "callbacks",
    params(("id" = CallbackId, Path,)), responses((status = 200, body = Callback), Problems))]
async fn show(agent: Agent, Path(id): Path<CallbackId>) -> Result<Json<Callback>> {
    let (mut tx, _) = agent.begin(May::ReadCallbacks).await?;
    Ok(Json(callback::find(&mut tx, id).await?))
}

/// Reads it again and stores what it says; what is stored already stays as it is. Answers the record of the replay.
#[utoipa::path(post, path = "/callbacks/{id}/replay", operation_id = "replay_callback", tag = "callbacks",
    params(("id" = CallbackId, Path,)), responses((status = 200, body = Callback), Problems))]
async fn replay(State(app): State<App>, agent: Agent, Path(id): Path<CallbackId>) -> Result<Json<Callback>> {
    let (mut tx, member) = agent.begin(May::ReplayCallbacks).await?;
    callback::find(&mut tx, id).await?;
    tx.commit().await?;
    let replayed = ingest::replay(&app, member.organization_id, id).await?;
    let (mut tx, _) = agent.begin(May::ReadCallbacks).await?;
    Ok(Json(callback::find(&mut tx, replayed).await?))
}
