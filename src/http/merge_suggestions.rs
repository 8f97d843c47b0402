//! Contacts that may be one person. `POST /contacts/{id}/merge` makes them one.

use axum::http::StatusCode;
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
    ids::{ContactId, MergeSuggestionId},
    inbox::merge_suggestion::{self, MergeSuggestion, Position},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(refuse))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct List {
    /// Only those with this contact.
    #[garde(skip)]
    contact_id: Option<ContactId>,
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// Contacts with the same phone or e-mail, newest finds first. Nobody is merged on such evidence without a person.
#[utoipa::path(get, path = "/merge-suggestions", operation_id = "list_merge_suggestions", tag = "contacts", params(List),
    responses((status = 200, body = Page<MergeSuggestion>), Problems))]
async fn list(agent: Agent, Query(query): Query<List>) -> Result<Json<Page<MergeSuggestion>>> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let (mut tx, _) = agent.begin(May::ReadContacts).await?;
    let rows = merge_suggestion::list(&mut tx, query.contact_id, after, limit.with_next()).await?;
    Ok(Json(Page::cut(rows, limit, |row| Position(row.created_at, row.id))))
}

/// They are not the same person. The two are not suggested again.
#[utoipa::path(post, path = "/merge-suggestions/{id}/refuse", operation_id = "refuse_merge_suggestion", tag = "contacts",
    params(("id" = MergeSuggestionId, Path,)), responses((status = 204, description = "Refused"), Problems))]
async fn refuse(agent: Agent, Path(id): Path<MergeSuggestionId>) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::WriteContacts).await?;
    merge_suggestion::refuse(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
