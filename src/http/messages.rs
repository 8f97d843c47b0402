//! Messages: pages of a conversation, sending now or later, notes, edits, reactions, resending, search.

mod later;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use channels::{mail::Mailbox, message::Button, template::OutboundTemplate};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Problems, Result},
    http::{
        extract::{Json, Path, Query},
        page::{Limit, Page, read_cursor},
    },
    ids::{AttachmentId, ConversationId, MessageId, UserId},
    inbox::{
        conversation,
        draft::Draft,
        message::{self, Message},
        message_change::{self, History},
        message_page::{self, Window},
        order::{Extras, OutboundLocation},
        search,
        send::{self, Send, Sent},
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(find))
        .routes(routes!(show, update, remove))
        .routes(routes!(react))
        .routes(routes!(retry))
        .routes(routes!(history))
        .merge(later::routes())
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Direction {
    #[default]
    Older,
    Newer,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct List {
    /// `older` (newest first; the default) or `newer` (oldest first).
    #[garde(skip)]
    #[param(inline)]
    direction: Option<Direction>,
    /// Begins behind the message of this number instead of a cursor.
    #[garde(skip)]
    from: Option<i64>,
    /// Messages on both sides of this number, oldest first, on one page.
    #[garde(skip)]
    around: Option<i64>,
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// A conversation's messages.
#[utoipa::path(get, path = "/conversations/{id}/messages", operation_id = "list_messages", tag = "messages",
    params(("id" = ConversationId, Path,), List), responses((status = 200, body = Page<Message>), Problems))]
async fn list(
    agent: Agent,
    Path(id): Path<ConversationId>,
    Query(query): Query<List>,
) -> Result<Json<Page<Message>>> {
    let after: Option<i64> = read_cursor::<i64>(query.cursor.as_deref())?.or(query.from);
    let limit = query.limit.unwrap_or_default();
    let window = match (query.around, query.direction.unwrap_or_default()) {
        (Some(seq), _) => Window::Around(seq),
        (None, Direction::Older) => Window::Older(after.unwrap_or(i64::MAX)),
        (None, Direction::Newer) => Window::Newer(after.unwrap_or_default()),
    };
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    conversation::find(&mut tx, &member, id).await?;
    let rows = message_page::page(&mut tx, id, window, limit.with_next()).await?;
    if query.around.is_some() {
        return Ok(Json(Page::whole(rows)));
    }
    Ok(Json(Page::cut(rows, limit, |row| row.seq)))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct SendMessage {
    /// The client's own id of this message. Sending it again answers the message that it was.
    #[garde(length(min = 1, max = 100))]
    client_id: String,
    #[garde(length(chars, max = 65536))]
    #[serde(default)]
    text: String,
    /// Uploads that have not been sent.
    #[garde(length(max = 30))]
    #[serde(default)]
    attachments: Vec<AttachmentId>,
    /// The message that this one answers.
    #[garde(skip)]
    reply_to: Option<MessageId>,
    #[garde(skip)]
    template: Option<OutboundTemplate>,
    #[garde(length(max = 100))]
    #[serde(default)]
    buttons: Vec<Button>,
    /// Show the buttons as a list to pick from.
    #[garde(skip)]
    #[serde(default)]
    list: bool,
    /// Above buttons.
    #[garde(length(chars, max = 60))]
    header: Option<String>,
    /// Below buttons.
    #[garde(length(chars, max = 60))]
    footer: Option<String>,
    #[garde(skip)]
    location: Option<OutboundLocation>,
    /// Of a letter; channels without subjects ignore it. Without one the conversation's goes on.
    #[garde(length(chars, max = 500))]
    subject: Option<String>,
    /// Further receivers of a letter: `{name?, address}`.
    #[garde(length(max = 50))]
    #[serde(default)]
    cc: Vec<Mailbox>,
    /// Receivers whom the others do not see.
    #[garde(length(max = 50))]
    #[serde(default)]
    bcc: Vec<Mailbox>,
    /// A letter's body in HTML, beside its text; channels without HTML ignore it.
    #[garde(length(max = 1_000_000))]
    html: Option<String>,
    /// For colleagues only.
    #[garde(skip)]
    #[serde(default)]
    note: bool,
    /// Colleagues whom a note calls.
    #[garde(length(max = 50))]
    #[serde(default)]
    mentions: Vec<UserId>,
    /// Number of the newest message that the author has seen. Where the customer has written since, or a colleague has answered, the
    /// send is refused with 409 `stale`. Notes are always taken.
    #[garde(skip)]
    #[serde(default)]
    last_seen_seq: Option<i64>,
    /// Sends in spite of newer messages.
    #[garde(skip)]
    #[serde(default)]
    force: bool,
}

impl From<SendMessage> for Send {
    fn from(body: SendMessage) -> Self {
        let extras = Extras {
            template: body.template,
            buttons: body.buttons,
            list: body.list,
            header: body.header,
            footer: body.footer,
            location: body.location,
            subject: body.subject,
            cc: body.cc,
            bcc: body.bcc,
            html: body.html,
            call: None,
        };
        Self {
            client_id: body.client_id,
            draft: Draft { text: body.text, extras },
            attachments: body.attachments,
            reply_to: body.reply_to,
            note: body.note,
            mentions: body.mentions,
            last_seen_seq: body.last_seen_seq,
            force: body.force,
        }
    }
}

/// Sends a message or writes a note. More attachments than the platform takes at once become several messages; the answer is
/// the first. 200 where the `client_id` was sent before. 422 `window_closed` brings the templates that can be sent instead.
/// 409 `stale` brings, in `current`, the conversation's `last_seq` and the `messages` that the author had not seen.
#[utoipa::path(post, path = "/conversations/{id}/messages", operation_id = "send_message", tag = "messages",
    params(("id" = ConversationId, Path,)), request_body = SendMessage,
    responses((status = 201, body = Message), (status = 200, body = Message), Problems))]
async fn create(
    agent: Agent,
    Path(id): Path<ConversationId>,
    Json(body): Json<SendMessage>,
) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let sent = send::send(&mut tx, &member, id, &body.into()).await?;
    tx.commit().await?;
    if let Sent::New(message, count) = &sent {
        metrics::counter!("switchboard_messages_total", "direction" => message.direction.clone())
            .increment(*count as u64);
    }
    Ok(match sent {
        Sent::New(message, _) => (StatusCode::CREATED, Json(message)).into_response(),
        Sent::Repeated(message) => Json(message).into_response(),
    })
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Find {
    /// Words as in a web search: quotes, `or`, `-`. The last may be the beginning of a word.
    #[garde(length(chars, min = 1, max = 200))]
    q: String,
    /// Only in this conversation.
    #[garde(skip)]
    conversation_id: Option<ConversationId>,
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// Messages that hold the words, newest first.
#[utoipa::path(get, path = "/messages", operation_id = "search_messages", tag = "messages", params(Find),
    responses((status = 200, body = Page<Message>), Problems))]
async fn find(agent: Agent, Query(query): Query<Find>) -> Result<Json<Page<Message>>> {
    let after = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_else(|| Limit::try_from(20).unwrap_or_default());
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    let ids =
        search::messages(&mut tx, &member, &query.q, query.conversation_id, after, limit.with_next()).await?;
    let mut messages = message::load(&mut tx, &ids).await?;
    messages.sort_by_key(|message| ids.iter().position(|id| *id == message.id));
    Ok(Json(Page::cut(messages, limit, |row| search::Position(row.id))))
}

#[utoipa::path(get, path = "/messages/{id}", operation_id = "get_message", tag = "messages",
    params(("id" = MessageId, Path,)), responses((status = 200, body = Message), Problems))]
async fn show(agent: Agent, Path(id): Path<MessageId>) -> Result<Json<Message>> {
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    Ok(Json(message_change::find(&mut tx, &member, id).await?))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditMessage {
    #[garde(length(chars, min = 1, max = 65536))]
    text: String,
}

/// Gives a note, or a sent message where the platform lets us, another text.
#[utoipa::path(patch, path = "/messages/{id}", operation_id = "edit_message", tag = "messages",
    params(("id" = MessageId, Path,)), request_body = EditMessage, responses((status = 200, body = Message), Problems))]
async fn update(
    agent: Agent,
    Path(id): Path<MessageId>,
    Json(body): Json<EditMessage>,
) -> Result<Json<Message>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let message = message_change::edit(&mut tx, &member, id, body.text.trim()).await?;
    tx.commit().await?;
    Ok(Json(message))
}

/// Takes a note, or a sent message where the platform lets us, back.
#[utoipa::path(delete, path = "/messages/{id}", operation_id = "delete_message", tag = "messages",
    params(("id" = MessageId, Path,)), responses((status = 200, body = Message), Problems))]
async fn remove(agent: Agent, Path(id): Path<MessageId>) -> Result<Json<Message>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let message = message_change::delete(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(Json(message))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct React {
    /// Empty takes the reaction back.
    #[garde(length(max = 64))]
    emoji: String,
}

/// Sets the business's reaction on a message, or one's own on a note.
#[utoipa::path(post, path = "/messages/{id}/reactions", operation_id = "react_to_message", tag = "messages",
    params(("id" = MessageId, Path,)), request_body = React, responses((status = 200, body = Message), Problems))]
async fn react(agent: Agent, Path(id): Path<MessageId>, Json(body): Json<React>) -> Result<Json<Message>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let message = message_change::react(&mut tx, &member, id, &body.emoji).await?;
    tx.commit().await?;
    Ok(Json(message))
}

/// Sends a failed message, or one whose fate is unknown, once more.
#[utoipa::path(post, path = "/messages/{id}/retry", operation_id = "retry_message", tag = "messages",
    params(("id" = MessageId, Path,)), responses((status = 200, body = Message), Problems))]
async fn retry(agent: Agent, Path(id): Path<MessageId>) -> Result<Json<Message>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let message = send::retry(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(Json(message))
}

/// Earlier texts, and how far it got when.
#[utoipa::path(get, path = "/messages/{id}/history", operation_id = "get_message_history", tag = "messages",
    params(("id" = MessageId, Path,)), responses((status = 200, body = History), Problems))]
async fn history(agent: Agent, Path(id): Path<MessageId>) -> Result<Json<History>> {
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    let message = message_change::find(&mut tx, &member, id).await?;
    Ok(Json(message_change::history(&mut tx, &message).await?))
}
