//! Conversations as clients see them, and the lock that orders what happens in one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId, IntegrationId, LabelId, MessageId, TeamId, UserId},
    realtime::event::Subject,
};

/// One thread with a contact on an integration.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Conversation {
    pub id: ConversationId,
    pub channel: String,
    pub integration_id: IntegrationId,
    /// `open`, `pending`, `snoozed` or `closed`.
    pub status: String,
    #[sqlx(flatten)]
    pub contact: ConversationContact,
    pub assignee_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    pub labels: Vec<LabelId>,
    /// `none`, `low`, `medium`, `high` or `urgent`.
    pub priority: String,
    pub snoozed_until: Option<DateTime<Utc>>,
    /// Inbound messages that nobody has read.
    pub unread_count: i32,
    pub last_seq: i64,
    /// Everything up to this number was read by somebody.
    pub read_seq: i64,
    #[sqlx(flatten, try_from = "Newest")]
    pub last_message: Option<LastMessage>,
    pub last_message_at: DateTime<Utc>,
    /// Until when free text may be sent; `null` where the channel has no window, or nobody has written yet.
    pub window_closes_at: Option<DateTime<Utc>>,
    /// What a letter was about; `null` on other channels.
    pub subject: Option<String>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub struct ConversationContact {
    #[sqlx(rename = "contact_id")]
    pub id: ContactId,
    #[sqlx(rename = "contact_name")]
    pub name: String,
    #[sqlx(rename = "contact_phone")]
    pub phone: Option<String>,
    #[sqlx(rename = "contact_email")]
    pub email: Option<String>,
    #[sqlx(rename = "contact_username")]
    pub username: Option<String>,
    #[sqlx(rename = "contact_blocked")]
    pub blocked: bool,
    #[sqlx(rename = "contact_reachable")]
    pub reachable: bool,
    #[sqlx(rename = "contact_is_group")]
    pub is_group: bool,
}

/// The newest message as a list row shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastMessage {
    pub id: MessageId,
    pub seq: i64,
    pub direction: String,
    pub kind: String,
    /// The first 200 characters.
    pub text: String,
    pub sender_name: Option<String>,
    pub status: Option<String>,
}

/// Columns of [`LastMessage`], all null where there is no message yet.
#[derive(sqlx::FromRow)]
struct Newest {
    newest_id: Option<MessageId>,
    newest_seq: Option<i64>,
    newest_direction: Option<String>,
    newest_kind: Option<String>,
    newest_text: Option<String>,
    newest_sender_name: Option<String>,
    newest_status: Option<String>,
}

impl From<Newest> for Option<LastMessage> {
    fn from(newest: Newest) -> Self {
        Some(LastMessage {
            id: newest.newest_id?,
            seq: newest.newest_seq?,
            direction: newest.newest_direction?,
            kind: newest.newest_kind?,
            text: newest.newest_text?,
            sender_name: newest.newest_sender_name,
            status: newest.newest_status,
        })
    }
}

/// Columns of [`Conversation`] from `conversations` joined with its contact and newest message; end with a `where`.
pub const SELECT: &str = "select conversations.id, conversations.channel, conversations.integration_id, conversations.status,
    conversations.assignee_id, conversations.team_id, conversations.priority, conversations.snoozed_until,
    conversations.unread_count, conversations.last_seq, conversations.read_seq, conversations.last_message_at,
    conversations.window_closes_at, conversations.subject, conversations.version, conversations.created_at,
    contacts.id as contact_id, contacts.name as contact_name, contacts.phone as contact_phone, contacts.email as contact_email,
    contacts.username as contact_username, contacts.blocked as contact_blocked, contacts.reachable as contact_reachable,
    contacts.is_group as contact_is_group,
    array(select label_id from conversation_labels l
          where l.organization_id = conversations.organization_id and l.conversation_id = conversations.id
          order by label_id) as labels,
    newest.id as newest_id, newest.seq as newest_seq, newest.direction as newest_direction, newest.kind as newest_kind,
    left(newest.text, 200) as newest_text, newest.sender_name as newest_sender_name, newest.status as newest_status
    from conversations
    join contacts on contacts.organization_id = conversations.organization_id and contacts.id = conversations.contact_id
    left join messages newest on newest.organization_id = conversations.organization_id
        and newest.id = conversations.last_message_id ";

/// What ordering and permission checks need of a conversation, under its row lock.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Locked {
    pub id: ConversationId,
    pub integration_id: IntegrationId,
    pub channel: String,
    pub contact_id: ContactId,
    pub thread: String,
    pub status: String,
    pub assignee_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    pub last_seq: i64,
    pub read_seq: i64,
    pub window_closes_at: Option<DateTime<Utc>>,
    pub subject: Option<String>,
    pub version: i32,
}

impl Conversation {
    pub fn subject(&self) -> Subject {
        Subject { conversation_id: self.id, assignee_id: self.assignee_id, team_id: self.team_id }
    }
}

impl Locked {
    pub fn subject(&self) -> Subject {
        Subject { conversation_id: self.id, assignee_id: self.assignee_id, team_id: self.team_id }
    }
}

/// The conversations with these ids, without asking who may see them.
pub async fn load(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<Conversation>> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} where conversations.organization_id = $1 and conversations.id = any($2) and conversations.deleted_at is null"
    )))
    .bind(tx.organization())
    .bind(ids)
    .fetch_all(tx.sql())
    .await?)
}

/// One conversation that the member sees; 404 otherwise.
pub async fn find(tx: &mut Tx, member: &Member, id: ConversationId) -> Result<Conversation> {
    load(tx, &[id])
        .await?
        .pop()
        .filter(|conversation| member.sees(conversation.assignee_id, conversation.team_id))
        .ok_or_else(|| Error::not_found("conversation"))
}

/// Locks the conversation's row until the transaction ends; 404 if the member does not see it. Whoever writes a message, a
/// status or a lane job of a conversation holds this lock, which makes the order of ids the order of commits.
pub async fn lock(tx: &mut Tx, member: &Member, id: ConversationId) -> Result<Locked> {
    let locked = lock_for_all(tx, id).await?;
    Some(locked)
        .filter(|locked| member.sees(locked.assignee_id, locked.team_id))
        .ok_or_else(|| Error::not_found("conversation"))
}

/// For what the hub does itself, whoever may see the conversation.
pub async fn lock_for_all(tx: &mut Tx, id: ConversationId) -> Result<Locked> {
    let locked: Option<Locked> = sqlx::query_as(
        "select id, integration_id, channel, contact_id, thread, status, assignee_id, team_id, last_seq, read_seq,
                window_closes_at, subject, version
         from conversations
         where organization_id = $1 and id = $2 and deleted_at is null
         for no key update",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    locked.ok_or_else(|| Error::not_found("conversation"))
}
