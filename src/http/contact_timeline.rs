//! A contact's messages on all channels.

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
    ids::ContactId,
    inbox::{
        contact,
        contact_timeline::{self, Position},
        message::Message,
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(timeline))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Timeline {
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// What was said with a contact on every channel, newest first by its time: messages and notes of all conversations that the caller sees.
#[utoipa::path(get, path = "/contacts/{id}/timeline", operation_id = "list_contact_timeline", tag = "contacts",
    params(("id" = ContactId, Path,), Timeline), responses((status = 200, body = Page<Message>), Problems))]
async fn timeline(
    agent: Agent,
    Path(id): Path<ContactId>,
    Query(query): Query<Timeline>,
) -> Result<Json<Page<Message>>> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    contact::find(&mut tx, id).await?;
    let rows = contact_timeline::page(&mut tx, &member, id, after, limit.with_next()).await?;
    Ok(Json(Page::cut(rows, limit, Position::of)))
}
