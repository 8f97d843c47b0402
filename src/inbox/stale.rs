//! An answer written before its author saw what came last: the customer's next message, or a colleague's answer.

use axum::http::StatusCode;
use serde::Serialize;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Problem, Result},
    ids::MessageId,
    inbox::{
        conversation::Locked,
        message::{self, Message},
    },
};

/// Messages that the problem shows; the newest.
const MOST: i64 = 20;

/// The problem's `current`.
#[derive(Serialize)]
struct Newer {
    /// What to say as `last_seen_seq` once these were seen.
    last_seq: i64,
    /// In the order of their numbers.
    messages: Vec<Message>,
}

/// Under the conversation's lock.
///
/// # Errors
/// 409 `stale` with the messages that the author had not seen. Their own, notes and notices count as seen.
pub async fn check(tx: &mut Tx, member: &Member, locked: &Locked, seen: Option<i64>) -> Result<()> {
    let Some(seen) = seen.filter(|seen| *seen < locked.last_seq) else { return Ok(()) };
    let ids: Vec<MessageId> = sqlx::query_scalar(
        "select id from messages
         where organization_id = $1 and conversation_id = $2 and seq > $3 and deleted_at is null
           and (direction = 'inbound' or (direction = 'outbound' and sender_id is distinct from $4))
         order by seq desc limit $5",
    )
    .bind(tx.organization())
    .bind(locked.id)
    .bind(seen)
    .bind(member.user_id)
    .bind(MOST)
    .fetch_all(tx.sql())
    .await?;
    if ids.is_empty() {
        return Ok(());
    }
    let messages = message::load(tx, &ids).await?;
    let problem = Problem::new(
        StatusCode::CONFLICT,
        "stale",
        "There are newer messages. Look at them, and send it again if it still fits.",
    );
    Err(problem.with_current(Newer { last_seq: locked.last_seq, messages }).into())
}
