//! The one place that decides what a visitor sees: public messages of conversations in the visitor's own thread. Everything that
//! is shown to a visitor is read here.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::{
    db::Tx,
    error::Result,
    ids::{ConversationId, IntegrationId, MessageId},
    inbox::message::{self, Message},
    ingest::Stored,
};

/// Never notes and lines of the inbox, and what an agent wrote only once it was sent.
const PUBLIC: &str =
    "(m.direction = 'inbound' or (m.direction = 'outbound' and m.status in ('sent', 'delivered', 'read')))";

/// Whose conversations.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Own {
    pub integration_id: IntegrationId,
    pub thread: String,
}

/// A conversation as its visitor knows it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OwnConversation {
    pub id: ConversationId,
    pub status: String,
    /// Everything up to here was read by somebody of the business.
    pub read_seq: i64,
}

/// A message's place among all that a visitor sees, oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub conversation: uuid::Uuid,
    pub seq: i64,
}

/// Which messages.
#[derive(Clone, Copy, Debug)]
pub enum Window {
    /// The newest before a position.
    Before(Option<Position>),
    /// The oldest after a position, and those that were changed since.
    After(Position, DateTime<Utc>),
}

/// Oldest first.
pub async fn conversations(tx: &mut Tx, own: &Own) -> Result<Vec<OwnConversation>> {
    Ok(sqlx::query_as(
        "select id, status, read_seq from conversations
         where organization_id = $1 and integration_id = $2 and thread = $3 and channel = 'webchat' and deleted_at is null
         order by id",
    )
    .bind(tx.organization())
    .bind(own.integration_id)
    .bind(&own.thread)
    .fetch_all(tx.sql())
    .await?)
}

/// Up to `rows` messages, oldest first.
pub async fn messages(tx: &mut Tx, own: &Own, window: Window, rows: i64) -> Result<Vec<Message>> {
    let ids: Vec<_> = conversations(tx, own).await?.into_iter().map(|one| one.id).collect();
    let (sql, at, since) = match window {
        Window::Before(at) => {
            let last = Position { conversation: uuid::Uuid::max(), seq: i64::MAX };
            (
                "(m.conversation_id, m.seq) < ($3, $4) and $5::timestamptz is null
                 order by m.conversation_id desc, m.seq desc",
                at.unwrap_or(last),
                None,
            )
        }
        Window::After(at, since) => (
            "((m.conversation_id, m.seq) > ($3, $4) or m.created_at >= $5 or m.edited_at >= $5 or m.deleted_at >= $5
               or (m.status_history -> -1 ->> 'at')::timestamptz >= $5)
             order by m.conversation_id, m.seq",
            at,
            Some(since),
        ),
    };
    let found: Vec<MessageId> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "select m.id from messages m
         where m.organization_id = $1 and m.conversation_id = any($2) and {PUBLIC} and {sql} limit $6"
    )))
    .bind(tx.organization())
    .bind(ids)
    .bind(at.conversation)
    .bind(at.seq)
    .bind(since)
    .bind(rows)
    .fetch_all(tx.sql())
    .await?;
    message::load(tx, &found).await
}

/// Of each of these messages, it, if it is that visitor's to see.
pub async fn find_each(tx: &mut Tx, asked: &[(&Own, MessageId)]) -> Result<Vec<Option<Message>>> {
    let found: Vec<(i64, MessageId)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "select asked.place, m.id
         from unnest($2::uuid[], $3::uuid[], $4::text[]) with ordinality as asked (id, integration_id, thread, place)
         join messages m on m.organization_id = $1 and m.id = asked.id
         join conversations c on c.organization_id = m.organization_id and c.id = m.conversation_id
         where {PUBLIC}
           and c.integration_id = asked.integration_id and c.thread = asked.thread and c.channel = 'webchat' and c.deleted_at is null"
    )))
    .bind(tx.organization())
    .bind(asked.iter().map(|one| one.1).collect::<Vec<_>>())
    .bind(asked.iter().map(|one| one.0.integration_id).collect::<Vec<_>>())
    .bind(asked.iter().map(|one| one.0.thread.as_str()).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    let ids: Vec<_> = found.iter().map(|one| one.1).collect();
    let loaded: HashMap<_, _> =
        message::load(tx, &ids).await?.into_iter().map(|message| (message.id, message)).collect();
    let mut each = vec![None; asked.len()];
    for (place, id) in found {
        let at = usize::try_from(place - 1).ok().and_then(|at| each.get_mut(at));
        if let Some(at) = at {
            *at = loaded.get(&id).cloned();
        }
    }
    Ok(each)
}

/// The message that was stored a moment ago, as it was written, if it is the visitor's own word.
pub fn just_stored(own: &Own, stored: Stored) -> Option<Message> {
    let theirs = stored.integration_id == own.integration_id && stored.thread == own.thread;
    (theirs && stored.message.direction == "inbound").then_some(stored.message)
}

/// Whether an event's new message is the visitor's own word, and whole as the event tells it: one without files, whose id the
/// visitor's client made.
pub fn just_said(own: &Own, message: &Message) -> bool {
    let id = message.external_id.as_deref().and_then(|id| id.strip_prefix(own.thread.as_str()));
    message.direction == "inbound"
        && message.attachments.is_empty()
        && id.is_some_and(|id| id.starts_with('/'))
}

/// Those of these that are the visitor's to see, oldest first.
pub async fn find(tx: &mut Tx, own: &Own, ids: &[MessageId]) -> Result<Vec<Message>> {
    let found: Vec<MessageId> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "select m.id from messages m
         join conversations c on c.organization_id = m.organization_id and c.id = m.conversation_id
         where m.organization_id = $1 and m.id = any($2) and {PUBLIC}
           and c.integration_id = $3 and c.thread = $4 and c.channel = 'webchat' and c.deleted_at is null"
    )))
    .bind(tx.organization())
    .bind(ids)
    .bind(own.integration_id)
    .bind(&own.thread)
    .fetch_all(tx.sql())
    .await?;
    message::load(tx, &found).await
}

/// The visitor's message that has one of these external ids.
pub async fn by_external_id(tx: &mut Tx, own: &Own, external_ids: &[String]) -> Result<Option<Message>> {
    let ids: Vec<MessageId> = sqlx::query_scalar(
        "select id from messages where organization_id = $1 and integration_id = $2 and external_id = any($3)",
    )
    .bind(tx.organization())
    .bind(own.integration_id)
    .bind(external_ids)
    .fetch_all(tx.sql())
    .await?;
    Ok(find(tx, own, &ids).await?.pop())
}

/// Ids of agents' messages up to one of the visitor's own, which `status` is news for.
pub async fn unseen(tx: &mut Tx, own: &Own, up_to: MessageId, status: &str) -> Result<Vec<MessageId>> {
    Ok(sqlx::query_scalar(
        "select m.id from messages m
         join messages last on last.organization_id = $1 and last.id = $2 and last.conversation_id = m.conversation_id
         join conversations c on c.organization_id = $1 and c.id = m.conversation_id
         where m.organization_id = $1 and m.direction = 'outbound' and m.seq <= last.seq
           and (m.status = 'sent' or (m.status = 'delivered' and $5 = 'read'))
           and c.integration_id = $3 and c.thread = $4 and c.channel = 'webchat' and c.deleted_at is null
         order by m.seq desc limit 200",
    )
    .bind(tx.organization())
    .bind(up_to)
    .bind(own.integration_id)
    .bind(&own.thread)
    .bind(status)
    .fetch_all(tx.sql())
    .await?)
}

impl Position {
    pub fn of(message: &Message) -> Self {
        Self { conversation: message.conversation_id.0, seq: message.seq }
    }
}

/// Text form: `{conversation}.{seq}`.
impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.conversation, self.seq)
    }
}

impl std::str::FromStr for Position {
    type Err = crate::realtime::cursor::NoCursor;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let none = crate::realtime::cursor::NoCursor;
        let (conversation, seq) = text.split_once('.').ok_or(none)?;
        Ok(Self {
            conversation: conversation.parse().map_err(|_| none)?,
            seq: seq.parse().map_err(|_| none)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(direction: &str, external_id: Option<&str>, attachments: serde_json::Value) -> Message {
        let now = Utc::now();
        serde_json::from_value(json!({
            "id": MessageId::new(), "seq": 1, "conversation_id": ConversationId::new(), "direction": direction, "kind": "text",
            "text": "hello", "parts": [], "attachments": attachments, "reactions": [], "reply_to": null,
            "sender": {"kind": "contact", "id": null, "name": null}, "status": null, "status_history": [], "error": null,
            "external_id": external_id, "client_id": null, "album": null, "forwarded": false, "late": false, "past": false,
            "sent_at": now, "created_at": now, "edited_at": null, "deleted_at": null,
        }))
        .unwrap()
    }

    #[test]
    fn only_the_visitors_own_words_are_shown_unread() {
        let own = Own { integration_id: IntegrationId::new(), thread: "v.1".to_owned() };
        let said = |direction, id| just_said(&own, &message(direction, id, json!([])));
        assert!(said("inbound", Some("v.1/a")));
        assert!(!said("inbound", Some("v.12/a")), "another visitor whose name begins alike");
        assert!(!said("inbound", Some("v.2/a")));
        assert!(!said("inbound", Some("v.1")));
        assert!(!said("inbound", None));
        assert!(!said("outbound", Some("v.1/a")));
        assert!(!said("internal", Some("v.1/a")));
        let file = json!([{"id": crate::ids::AttachmentId::new(), "kind": "image", "file_name": null, "mime": null, "size": null,
            "width": null, "height": null, "duration_seconds": null, "state": "pending", "error": null, "thumbnail": false}]);
        assert!(
            !just_said(&own, &message("inbound", Some("v.1/a"), file)),
            "its file's address is in the table"
        );
    }
}
