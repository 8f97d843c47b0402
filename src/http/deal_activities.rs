//! What happened to a deal.

use axum::{http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    deals::{
        activity::{self, Activity, Position, Written},
        deal, deal_talk,
    },
    error::{Problems, Result},
    http::{
        extract::{self, Json, Path, Query},
        idempotency::IdempotencyKey,
        page::{Limit, Page, read_cursor},
    },
    ids::DealId,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct List {
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// What happened to a deal, newest first: what people wrote down, and every stage, value and owner that it had.
#[utoipa::path(get, path = "/deals/{id}/activities", operation_id = "list_deal_activities", tag = "deals",
    params(("id" = DealId, Path,), List), responses((status = 200, body = Page<Activity>), Problems))]
async fn list(
    agent: Agent,
    Path(id): Path<DealId>,
    Query(query): Query<List>,
) -> Result<Json<Page<Activity>>> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let (mut tx, _) = agent.begin(May::ReadDeals).await?;
    deal::find(&mut tx, id).await?;
    let rows = activity::list(&mut tx, id, after, limit.with_next()).await?;
    Ok(Json(Page::cut(rows, limit, |row| Position(row.at, row.id))))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewActivity {
    #[garde(skip)]
    kind: Written,
    #[garde(custom(extract::text), length(chars, max = 10_000))]
    text: String,
    /// When it was; now where it is absent.
    #[garde(skip)]
    at: Option<DateTime<Utc>>,
}

#[utoipa::path(post, path = "/deals/{id}/activities", operation_id = "create_deal_activity", tag = "deals",
    params(("id" = DealId, Path,)), request_body = NewActivity, responses((status = 201, body = Activity), Problems))]
async fn create(
    agent: Agent,
    Path(id): Path<DealId>,
    key: IdempotencyKey,
    Json(body): Json<NewActivity>,
) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    let fresh = match key.begin(&mut tx, &member, &format!("deals.{id}.activities"), &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let written = deal_talk::write(&mut tx, &member, id, body.kind, body.text.trim(), body.at).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &written).await?;
    tx.commit().await?;
    Ok(answer)
}
