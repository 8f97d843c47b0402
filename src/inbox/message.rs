//! Messages as clients see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{AttachmentId, ConversationId, MessageId},
    inbox::conversation::LastMessage,
};

/// A piece of a message beside its text and its files.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum MessagePart {
    /// What somebody said.
    Said(channels::message::Part),
    /// What the hub's own line tells.
    System(crate::inbox::timeline::SystemPart),
}

/// A message, inbound, outbound or internal (a note).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub struct Message {
    pub id: MessageId,
    /// Numbers the conversation's messages from 1 without gaps.
    pub seq: i64,
    pub conversation_id: ConversationId,
    /// `inbound`, `outbound` or `internal`.
    pub direction: String,
    /// What it mainly is: `text`, `image`, `location`, …
    pub kind: String,
    pub text: String,
    /// Structured pieces beside text and files.
    #[schema(value_type = Vec<MessagePart>)]
    pub parts: Value,
    #[sqlx(json)]
    pub attachments: Vec<MessageAttachment>,
    #[sqlx(json)]
    pub reactions: Vec<Reaction>,
    #[sqlx(skip)]
    pub reply_to: Option<ReplyTo>,
    #[serde(skip)]
    #[sqlx(json(nullable))]
    pub quoted: Option<ReplyTo>,
    #[sqlx(json)]
    pub sender: Sender,
    /// Of outbound messages: `queued`, `sending`, `sent`, `delivered`, `read`, `failed`, `unknown`.
    pub status: Option<String>,
    #[sqlx(json)]
    pub status_history: Vec<StatusAt>,
    /// Why it failed, or why the platform could not give us its content.
    #[schema(value_type = Option<channels::error::Refusal>)]
    pub error: Option<Value>,
    pub external_id: Option<String>,
    pub client_id: Option<String>,
    /// Groups messages that the platform sent one by one but that belong together.
    pub album: Option<String>,
    pub forwarded: bool,
    /// Came after newer messages.
    pub late: bool,
    /// From before the account was connected. Such messages stand before all others, in the order of `sent_at`.
    pub past: bool,
    /// The platform's time for inbound messages.
    pub sent_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    pub deleted_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sender {
    /// `contact`, `member`, `business` (the business, from elsewhere) or `system`.
    pub kind: String,
    pub id: Option<Uuid>,
    pub name: Option<String>,
}

/// The message that this one answers, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplyTo {
    pub id: Option<MessageId>,
    pub external_id: Option<String>,
    pub text: Option<String>,
    pub sender_name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reaction {
    pub emoji: String,
    /// `contact`, `member` or `business`.
    pub by: String,
    pub id: Option<Uuid>,
    pub name: Option<String>,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusAt {
    pub status: String,
    pub at: DateTime<Utc>,
}

/// A file of a message. Its bytes are at `GET /api/v1/attachments/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageAttachment {
    pub id: AttachmentId,
    /// `image`, `video`, `audio`, `voice`, `document`, `sticker`.
    pub kind: String,
    pub file_name: Option<String>,
    pub mime: Option<String>,
    pub size: Option<i64>,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub duration_seconds: Option<i32>,
    /// `pending`, `stored` or `failed`.
    pub state: String,
    pub error: Option<String>,
    pub thumbnail: bool,
}

/// Columns of [`Message`] from `messages`; end with a `where` on it.
pub const SELECT: &str = "select messages.id, messages.seq, messages.conversation_id, messages.direction, messages.kind,
    messages.text, messages.parts,
    jsonb_path_query_array(messages.reactions, '$[*] ? (@.emoji != \"\")') as reactions, messages.status, messages.status_history, messages.error,
    messages.external_id, messages.client_id, messages.album, messages.forwarded, messages.late, messages.past, messages.sent_at,
    messages.created_at, messages.edited_at, messages.deleted_at,
    jsonb_build_object('kind', messages.sender_kind, 'id', messages.sender_id, 'name', messages.sender_name) as sender,
    coalesce((select jsonb_agg(jsonb_build_object(
            'id', a.id, 'kind', a.kind, 'file_name', a.file_name, 'mime', a.mime, 'size', a.size, 'width', a.width,
            'height', a.height, 'duration_seconds', a.duration_seconds, 'state', a.state, 'error', a.error,
            'thumbnail', a.thumbnail_key is not null) order by a.position, a.id)
        from attachments a
        where a.organization_id = messages.organization_id and a.message_id = messages.id), '[]') as attachments,
    case when messages.reply_to is not null or messages.reply_to_external is not null then
        coalesce((select jsonb_build_object('id', q.id, 'external_id', q.external_id,
                    'text', coalesce(messages.reply_to_text, left(q.text, 300)), 'sender_name', q.sender_name)
            from messages q
            where q.organization_id = messages.organization_id and q.id = messages.reply_to),
            jsonb_build_object('id', null, 'external_id', messages.reply_to_external, 'text', messages.reply_to_text, 'sender_name', null))
    end as quoted
    from messages ";

impl Message {
    /// As its conversation's list row shows it.
    pub fn as_last(&self) -> LastMessage {
        LastMessage {
            id: self.id,
            seq: self.seq,
            direction: self.direction.clone(),
            kind: self.kind.clone(),
            text: self.text.chars().take(200).collect(),
            sender_name: self.sender.name.clone(),
            status: self.status.clone(),
        }
    }

    fn finish(mut self) -> Self {
        self.reply_to = self.quoted.take();
        self
    }
}

/// The messages with these ids, in the order of their numbers.
pub async fn load(tx: &mut Tx, ids: &[MessageId]) -> Result<Vec<Message>> {
    let rows: Vec<Message> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} where messages.organization_id = $1 and messages.id = any($2) order by messages.conversation_id, messages.seq"
    )))
    .bind(tx.organization())
    .bind(ids)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(Message::finish).collect())
}

/// One message, whoever may see it.
pub async fn find(tx: &mut Tx, id: MessageId) -> Result<Message> {
    load(tx, &[id]).await?.pop().ok_or_else(|| Error::not_found("message"))
}
