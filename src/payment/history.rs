//! What happened to a payment and by whom. Nothing in it is ever changed.

use chrono::{DateTime, Utc};
use payments::Money;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::show::Person;
use crate::{
    db::Tx,
    error::Result,
    ids::{ChargeId, DealId, PaymentId, RefundId, UserId},
};

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = PaymentHappening)]
pub struct Happening {
    pub at: DateTime<Utc>,
    /// `asked`, `offered`, `not_offered`, `state`, `cancel_asked`, `refund_asked`, `refund`, `dispute`, `linked`
    pub what: String,
    /// `null`: the hub or the provider.
    #[sqlx(json(nullable))]
    pub by: Option<Person>,
    #[schema(value_type = Facts)]
    pub data: Value,
}

/// What there is to say about it; each kind has some of these.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentFacts)]
pub struct Facts {
    /// States, of `state`.
    pub from: Option<String>,
    pub to: Option<String>,
    /// Of `refund` and `refund_asked`, in the smallest unit.
    pub minor: Option<i64>,
    pub refund_id: Option<RefundId>,
    pub state: Option<String>,
    pub reason: Option<String>,
    /// The provider's words.
    pub code: Option<String>,
    pub detail: Option<String>,
    /// The provider's, of `offered`.
    pub offer_id: Option<String>,
    pub url: Option<String>,
    /// Of `linked`.
    pub charge_id: Option<ChargeId>,
    /// Of `asked`.
    pub amount: Option<Money>,
    pub deal_id: Option<DealId>,
    /// Of `dispute`: the provider's id, and until when evidence is taken.
    pub id: Option<String>,
    pub due: Option<DateTime<Utc>>,
}

pub async fn note(tx: &mut Tx, id: PaymentId, by: Option<UserId>, what: &str, data: &Value) -> Result<()> {
    sqlx::query(
        "insert into payment_history (organization_id, id, payment_id, what, data, by_id, at) values ($1, $2, $3, $4, $5, $6, clock_timestamp())",
    )
    .bind(tx.organization())
    .bind(Uuid::now_v7())
    .bind(id)
    .bind(what)
    .bind(data)
    .bind(by)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Oldest first.
pub async fn list(tx: &mut Tx, id: PaymentId) -> Result<Vec<Happening>> {
    Ok(sqlx::query_as(
        "select h.at, h.what, h.data, case when u.id is not null then jsonb_build_object('id', u.id, 'name', u.name) end as by
         from payment_history h left join users u on u.id = h.by_id
         where h.organization_id = $1 and h.payment_id = $2 order by h.at, h.id",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?)
}
