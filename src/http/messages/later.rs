//! Messages to send later: keeping one, seeing those that wait, another time, cancelling.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::SendMessage;
use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Problems, Result},
    http::{
        extract::{Json, Path},
        page::Page,
    },
    ids::{ConversationId, ScheduledMessageId},
    inbox::later::{self, ScheduledMessage},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(update, remove))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewScheduledMessage {
    /// Within a year.
    #[garde(skip)]
    send_at: DateTime<Utc>,
    #[garde(dive)]
    message: SendMessage,
}

/// Messages of a conversation that wait for their time, the next one first.
#[utoipa::path(get, path = "/conversations/{id}/scheduled-messages", operation_id = "list_scheduled_messages", tag = "messages",
    params(("id" = ConversationId, Path,)), responses((status = 200, body = Page<ScheduledMessage>), Problems))]
async fn list(agent: Agent, Path(id): Path<ConversationId>) -> Result<Json<Page<ScheduledMessage>>> {
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    Ok(Json(Page::whole(later::list(&mut tx, &member, id).await?)))
}

/// Sends a message at a later time, as if it were written then. A `client_id` that was given before answers what it was.
#[utoipa::path(post, path = "/conversations/{id}/scheduled-messages", operation_id = "schedule_message", tag = "messages",
    params(("id" = ConversationId, Path,)), request_body = NewScheduledMessage,
    responses((status = 201, body = ScheduledMessage), Problems))]
async fn create(
    agent: Agent,
    Path(id): Path<ConversationId>,
    Json(body): Json<NewScheduledMessage>,
) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let kept = later::create(&mut tx, &member, id, &body.message.into(), body.send_at).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(kept)).into_response())
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScheduledMessageChange {
    #[garde(skip)]
    send_at: DateTime<Utc>,
}

/// Gives it another time. One that could not be sent waits again.
#[utoipa::path(patch, path = "/scheduled-messages/{id}", operation_id = "change_scheduled_message", tag = "messages",
    params(("id" = ScheduledMessageId, Path,)), request_body = ScheduledMessageChange,
    responses((status = 200, body = ScheduledMessage), Problems))]
async fn update(
    agent: Agent,
    Path(id): Path<ScheduledMessageId>,
    Json(body): Json<ScheduledMessageChange>,
) -> Result<Json<ScheduledMessage>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let changed = later::postpone(&mut tx, &member, id, body.send_at).await?;
    tx.commit().await?;
    Ok(Json(changed))
}

/// Cancels it. 404 once it was sent.
#[utoipa::path(delete, path = "/scheduled-messages/{id}", operation_id = "cancel_scheduled_message", tag = "messages",
    params(("id" = ScheduledMessageId, Path,)), responses((status = 204), Problems))]
async fn remove(agent: Agent, Path(id): Path<ScheduledMessageId>) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    later::cancel(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
