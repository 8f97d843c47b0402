//! What happened to a payment and by whom. Nothing in it is ever changed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::show::Person;
use crate::{
    db::Tx,
    error::Result,
    ids::{PaymentId, UserId},
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
    #[schema(value_type = Object)]
    pub data: Value,
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
