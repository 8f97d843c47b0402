//! Taking a request back: wished for here, done by the provider.

use serde_json::json;

use super::{
    books, history,
    order::PaymentOrder,
    show::{self, Payment},
};
use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
};

/// 409 for one that has ended. Asked again it changes nothing.
pub async fn cancel(tx: &mut Tx, member: &Member, payment: &Payment) -> Result<Payment> {
    let open: Option<(bool, bool)> = sqlx::query_as(
        "select closing, offer_id is not null from payments
         where organization_id = $1 and id = $2 and state in ('preparing', 'pending', 'processing', 'authorized') for update",
    )
    .bind(tx.organization())
    .bind(payment.id)
    .fetch_optional(tx.sql())
    .await?;
    let Some((closing, offered)) = open else {
        return Err(Error::conflict("payment_ended", "This request has ended already."));
    };
    if !closing {
        sqlx::query(
            "update payments set closing = true, version = version + 1, updated_at = now() where organization_id = $1 and id = $2",
        )
        .bind(tx.organization())
        .bind(payment.id)
        .execute(tx.sql())
        .await?;
        history::note(tx, payment.id, Some(member.user_id), "cancel_asked", &json!({})).await?;
    }
    if offered {
        tx.enqueue(PaymentOrder::Close { payment_id: payment.id }.job());
    }
    let payment = show::load(tx, payment.id).await?;
    books::tell(tx, &payment);
    Ok(payment)
}
