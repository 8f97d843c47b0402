//! Conversations: lists, badges, changes, read marks.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Error, Problems, Result},
    http::{
        extract::{self, Json, Path, Query},
        page::{Limit, Page, read_cursor},
    },
    ids::{ContactId, ConversationId, IntegrationId, LabelId, TeamId, UserId},
    inbox::{
        change::{self, Change},
        conversation::{self, Conversation},
        conversation_merge,
        counts::{self, Counts},
        listing::{self, Assignee, Filter, Position, STATUSES, Sort},
        participant::{self, Participant},
        read_mark, search,
        start::{self, Started},
        typing,
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(count))
        .routes(routes!(show, update, remove))
        .routes(routes!(read))
        .routes(routes!(unread))
        .routes(routes!(type_now))
        .routes(routes!(merge))
        .routes(routes!(participants))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct List {
    /// `open`, `pending`, `snoozed`, `closed`, or several with commas between.
    #[garde(length(max = 100))]
    status: Option<String>,
    #[garde(length(max = 50))]
    channel: Option<String>,
    #[garde(skip)]
    integration_id: Option<IntegrationId>,
    /// A member's id, `me`, or `none`.
    #[garde(length(max = 50))]
    assignee_id: Option<String>,
    #[garde(skip)]
    team_id: Option<TeamId>,
    /// A label's id.
    #[garde(skip)]
    label: Option<LabelId>,
    #[garde(skip)]
    contact_id: Option<ContactId>,
    /// `none`, `low`, `medium`, `high` or `urgent`.
    #[garde(length(max = 20))]
    priority: Option<String>,
    /// Only those that hold something unread.
    #[garde(skip)]
    unread: Option<bool>,
    /// Only those in which the caller was mentioned.
    #[garde(skip)]
    mentioned: Option<bool>,
    /// Words of a message, or a piece of the contact's name, number or address.
    #[garde(length(chars, max = 200))]
    q: Option<String>,
    #[garde(skip)]
    #[param(inline)]
    sort: Option<Sort>,
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// Conversations that the caller sees.
#[utoipa::path(get, path = "/conversations", operation_id = "list_conversations", tag = "conversations", params(List),
    responses((status = 200, body = Page<Conversation>), Problems))]
async fn list(agent: Agent, Query(query): Query<List>) -> Result<Json<Page<Conversation>>> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let (sort, limit) = (query.sort.unwrap_or_default(), query.limit.unwrap_or_default());
    let text = query.q.clone().filter(|text| !text.trim().is_empty());
    let mut filter = query.filter(agent.claims().user_id)?;
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    if let Some(text) = text {
        filter.among = Some(search::conversations(&mut tx, &member, &text).await?);
    }
    let rows = listing::list(&mut tx, &member, &filter, sort, after, limit.with_next()).await?;
    Ok(Json(Page::cut(rows, limit, |row| Position(row.last_message_at, row.id))))
}

impl List {
    fn filter(self, me: UserId) -> Result<Filter> {
        let statuses: Vec<String> =
            self.status.iter().flat_map(|text| text.split(',')).map(str::to_owned).collect();
        if statuses.iter().any(|status| !STATUSES.contains(&status.as_str())) {
            return Err(Error::invalid_field("status", "This must be open, pending, snoozed or closed."));
        }
        let assignee = match self.assignee_id.as_deref() {
            None => None,
            Some("none") => Some(Assignee::Nobody),
            Some("me") => Some(Assignee::Member(me)),
            Some(id) => Some(Assignee::Member(UserId(Uuid::try_parse(id).map_err(|_| {
                Error::invalid_field("assignee_id", "This must be a member's id, me or none.")
            })?))),
        };
        Ok(Filter {
            statuses,
            channel: self.channel,
            integration_id: self.integration_id,
            assignee,
            team_id: self.team_id,
            label_id: self.label,
            contact_id: self.contact_id,
            priority: self.priority,
            unread: self.unread.unwrap_or_default(),
            mentioned: self.mentioned.unwrap_or_default(),
            among: None,
        })
    }
}

/// Badges of the caller's views.
#[utoipa::path(get, path = "/conversations/counts", operation_id = "count_conversations", tag = "conversations",
    responses((status = 200, body = Counts), Problems))]
async fn count(agent: Agent) -> Result<Json<Counts>> {
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    Ok(Json(counts::counts(&mut tx, &member).await?))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewConversation {
    #[garde(skip)]
    contact_id: ContactId,
    #[garde(skip)]
    integration_id: IntegrationId,
}

/// Begins a conversation (201), or answers the one that goes on already (200). Repeating it changes nothing.
#[utoipa::path(post, path = "/conversations", operation_id = "create_conversation", tag = "conversations",
    request_body = NewConversation, responses((status = 201, body = Conversation), (status = 200, body = Conversation), Problems))]
async fn create(agent: Agent, Json(body): Json<NewConversation>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let started = start::start(&mut tx, &member, body.contact_id, body.integration_id).await?;
    tx.commit().await?;
    Ok(match started {
        Started::New(conversation) => (StatusCode::CREATED, Json(conversation)).into_response(),
        Started::Existing(conversation) => Json(conversation).into_response(),
    })
}

#[utoipa::path(get, path = "/conversations/{id}", operation_id = "get_conversation", tag = "conversations",
    params(("id" = ConversationId, Path,)), responses((status = 200, body = Conversation), Problems))]
async fn show(agent: Agent, Path(id): Path<ConversationId>) -> Result<Json<Conversation>> {
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    Ok(Json(conversation::find(&mut tx, &member, id).await?))
}

/// Fields that are absent stay as they are; `null` empties.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversationChange {
    /// `open`, `pending`, `snoozed` or `closed`.
    #[garde(skip)]
    status: Option<String>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<UserId>)]
    #[garde(skip)]
    assignee_id: Option<Option<UserId>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<TeamId>)]
    #[garde(skip)]
    team_id: Option<Option<TeamId>>,
    /// `none`, `low`, `medium`, `high` or `urgent`.
    #[garde(skip)]
    priority: Option<String>,
    /// Snoozes until then.
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    #[garde(skip)]
    snoozed_until: Option<Option<DateTime<Utc>>>,
    /// All labels that the conversation shall carry.
    #[garde(skip)]
    labels: Option<Vec<LabelId>>,
    /// The version that the caller has seen.
    #[garde(skip)]
    version: Option<i32>,
}

impl From<ConversationChange> for Change {
    fn from(body: ConversationChange) -> Self {
        Self {
            status: body.status,
            assignee_id: body.assignee_id,
            team_id: body.team_id,
            priority: body.priority,
            snoozed_until: body.snoozed_until,
            labels: body.labels,
            version: body.version,
        }
    }
}

/// Changes status, assignment, priority, snooze or labels. 409 with the current state when the version is another.
#[utoipa::path(patch, path = "/conversations/{id}", operation_id = "update_conversation", tag = "conversations",
    params(("id" = ConversationId, Path,)), request_body = ConversationChange,
    responses((status = 200, body = Conversation), Problems))]
async fn update(
    agent: Agent,
    Path(id): Path<ConversationId>,
    Json(body): Json<ConversationChange>,
) -> Result<Json<Conversation>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let conversation = change::apply(&mut tx, &member, id, &body.into()).await?;
    tx.commit().await?;
    Ok(Json(conversation))
}

#[utoipa::path(delete, path = "/conversations/{id}", operation_id = "delete_conversation", tag = "conversations",
    params(("id" = ConversationId, Path,)), responses((status = 204, description = "Deleted"), Problems))]
async fn remove(agent: Agent, Path(id): Path<ConversationId>) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::DeleteConversations).await?;
    change::delete(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadUpTo {
    /// Number of the newest message that was read.
    #[garde(range(min = 0))]
    seq: i64,
}

/// Everything up to a message was read.
#[utoipa::path(post, path = "/conversations/{id}/read", operation_id = "read_conversation", tag = "conversations",
    params(("id" = ConversationId, Path,)), request_body = ReadUpTo,
    responses((status = 200, body = Conversation), Problems))]
async fn read(
    agent: Agent,
    Path(id): Path<ConversationId>,
    Json(body): Json<ReadUpTo>,
) -> Result<Json<Conversation>> {
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    let conversation = read_mark::read(&mut tx, &member, id, body.seq).await?;
    tx.commit().await?;
    Ok(Json(conversation))
}

/// The customer's newest message counts as unread again.
#[utoipa::path(post, path = "/conversations/{id}/unread", operation_id = "unread_conversation",
    tag = "conversations", params(("id" = ConversationId, Path,)),
    responses((status = 200, body = Conversation), Problems))]
async fn unread(agent: Agent, Path(id): Path<ConversationId>) -> Result<Json<Conversation>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let conversation = read_mark::unread(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(Json(conversation))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct TypingState {
    /// `false` when the agent stopped.
    #[garde(skip)]
    #[serde(default = "yes")]
    typing: bool,
}

fn yes() -> bool {
    true
}

/// The caller is writing, or stopped. Told to colleagues in the conversation and, where the organization wants it, to the customer.
#[utoipa::path(post, path = "/conversations/{id}/typing", operation_id = "type_in_conversation",
    tag = "conversations", params(("id" = ConversationId, Path,)), request_body = Option<TypingState>,
    responses((status = 204, description = "Told"), Problems))]
async fn type_now(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<ConversationId>,
    body: Option<Json<TypingState>>,
) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let event = typing::typing(&mut tx, &member, id, body.is_none_or(|Json(body)| body.typing)).await?;
    tx.commit().await?;
    app.db.bus().publish(vec![event]).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct MergeConversation {
    /// The conversation that goes into this one.
    #[garde(skip)]
    conversation_id: ConversationId,
}

/// Moves another conversation's messages into this one; both are with the same contact on the same integration.
#[utoipa::path(post, path = "/conversations/{id}/merge", operation_id = "merge_conversation",
    tag = "conversations", params(("id" = ConversationId, Path,)), request_body = MergeConversation,
    responses((status = 200, body = Conversation), Problems))]
async fn merge(
    agent: Agent,
    Path(id): Path<ConversationId>,
    Json(body): Json<MergeConversation>,
) -> Result<Json<Conversation>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let conversation = conversation_merge::merge(&mut tx, &member, id, body.conversation_id).await?;
    tx.commit().await?;
    Ok(Json(conversation))
}

/// Members who wrote, were mentioned or have it.
#[utoipa::path(get, path = "/conversations/{id}/participants", operation_id = "list_participants",
    tag = "conversations", params(("id" = ConversationId, Path,)),
    responses((status = 200, body = Page<Participant>), Problems))]
async fn participants(agent: Agent, Path(id): Path<ConversationId>) -> Result<Json<Page<Participant>>> {
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    conversation::find(&mut tx, &member, id).await?;
    Ok(Json(Page::whole(participant::list(&mut tx, id).await?)))
}
