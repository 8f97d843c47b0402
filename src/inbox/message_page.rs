//! Pages of one conversation's messages, by their numbers.

use crate::{
    db::Tx,
    error::Result,
    ids::{ConversationId, MessageId},
    inbox::message::{self, Message},
};

/// Which messages, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Below this number, newest first.
    Older(i64),
    /// Above this number, oldest first.
    Newer(i64),
    /// On both sides of this number, oldest first.
    Around(i64),
}

/// Up to `rows` messages; who may see the conversation was asked before.
pub async fn page(
    tx: &mut Tx,
    conversation: ConversationId,
    window: Window,
    rows: i64,
) -> Result<Vec<Message>> {
    let mut ids = match window {
        Window::Older(below) => older(tx, conversation, below, rows).await?,
        Window::Newer(above) => newer(tx, conversation, above, rows).await?,
        Window::Around(seq) => {
            let older = older(tx, conversation, seq.saturating_add(1), rows / 2 + 1).await?;
            let newer = newer(tx, conversation, seq, rows / 2).await?;
            [older, newer].concat()
        }
    };
    ids.dedup();
    let mut messages = message::load(tx, &ids).await?;
    if matches!(window, Window::Older(_)) {
        messages.reverse();
    }
    Ok(messages)
}

async fn older(tx: &mut Tx, conversation: ConversationId, below: i64, rows: i64) -> Result<Vec<MessageId>> {
    Ok(sqlx::query_scalar(
        "select id from messages where organization_id = $1 and conversation_id = $2 and seq < $3 order by seq desc limit $4",
    )
    .bind(tx.organization())
    .bind(conversation)
    .bind(below)
    .bind(rows)
    .fetch_all(tx.sql())
    .await?)
}

async fn newer(tx: &mut Tx, conversation: ConversationId, above: i64, rows: i64) -> Result<Vec<MessageId>> {
    Ok(sqlx::query_scalar(
        "select id from messages where organization_id = $1 and conversation_id = $2 and seq > $3 order by seq limit $4",
    )
    .bind(tx.organization())
    .bind(conversation)
    .bind(above)
    .bind(rows)
    .fetch_all(tx.sql())
    .await?)
}
