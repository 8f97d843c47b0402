//! Requests for money as messages: delivered once there is something to pay by, and shown as the payment stands.

use channels::{
    Refusal,
    message::{Part, PaymentCard},
};
use serde_json::{Value, json};

use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{ConversationId, MessageId},
    inbox::{
        message::Message,
        order::{Extras, Order},
        tell,
    },
};

/// What the customer gets.
#[derive(Clone, Debug)]
pub struct Offered {
    pub text: String,
    pub extras: Extras,
    pub card: PaymentCard,
}

/// Whether there was never anything to pay by.
pub fn lacks_offer(message: &Message) -> bool {
    message.kind == "payment"
        && message.parts.as_array().into_iter().flatten().all(|part| part["url"].is_null())
}

/// Gives the message its link, and orders its delivery. Called once for each message.
pub async fn offer(
    tx: &mut Tx,
    conversation: ConversationId,
    message: MessageId,
    offered: Offered,
) -> Result<()> {
    let request =
        serde_json::to_value(&offered.extras).map_err(|error| Error::Internal(error.to_string()))?;
    sqlx::query(
        "update messages set text = $3, parts = $4, request = $5, words = message_words($1, $3)
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(message)
    .bind(offered.text)
    .bind(parts(offered.card)?)
    .bind(request)
    .execute(tx.sql())
    .await?;
    tx.enqueue(Order::Deliver { message_id: message }.job(conversation));
    tell::message_updated(tx, conversation, message).await?;
    Ok(())
}

/// There will be nothing to pay by.
pub async fn fail(
    tx: &mut Tx,
    conversation: ConversationId,
    message: MessageId,
    card: PaymentCard,
    why: &Refusal,
) -> Result<()> {
    sqlx::query(
        "update messages
         set status = 'failed', error = $3, parts = $4,
             status_history = status_history || jsonb_build_array(jsonb_build_object('status', 'failed', 'at', now()))
         where organization_id = $1 and id = $2 and status = 'queued'",
    )
    .bind(tx.organization())
    .bind(message)
    .bind(json!(why))
    .bind(parts(card)?)
    .execute(tx.sql())
    .await?;
    tell::message_updated(tx, conversation, message).await?;
    Ok(())
}

/// As the payment stands now.
pub async fn show(
    tx: &mut Tx,
    conversation: ConversationId,
    message: MessageId,
    card: PaymentCard,
) -> Result<()> {
    let done = sqlx::query(
        "update messages set parts = $3 where organization_id = $1 and id = $2 and deleted_at is null and parts is distinct from $3",
    )
    .bind(tx.organization())
    .bind(message)
    .bind(parts(card)?)
    .execute(tx.sql())
    .await?;
    if done.rows_affected() > 0 {
        tell::message_updated(tx, conversation, message).await?;
    }
    Ok(())
}

fn parts(card: PaymentCard) -> Result<Value> {
    serde_json::to_value([Part::Payment(card)]).map_err(|error| Error::Internal(error.to_string()))
}
