//! What came in and went out, day by day. Days are those of UTC, on which the hub learned of it.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{db::Tx, error::Result, ids::PaymentAccountId};

/// The sums of one day, account and currency, in the currency's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = PaymentDay)]
pub struct Day {
    pub day: NaiveDate,
    pub account_id: PaymentAccountId,
    pub provider: String,
    pub currency: String,
    pub captured: i64,
    pub refunded: i64,
    /// By disputes.
    pub lost: i64,
    pub fees: i64,
    /// What is left of it all.
    pub net: i64,
    /// Charges that were captured.
    pub count: i64,
}

/// Both days included, newest first.
pub async fn days(
    tx: &mut Tx,
    from: NaiveDate,
    to: NaiveDate,
    account: Option<PaymentAccountId>,
) -> Result<Vec<Day>> {
    Ok(sqlx::query_as(
        "select e.day, e.account_id, a.provider, e.currency,
                coalesce(sum(e.amount) filter (where e.kind = 'captured'), 0)::bigint as captured,
                coalesce(sum(e.amount) filter (where e.kind = 'refunded'), 0)::bigint as refunded,
                coalesce(sum(e.amount) filter (where e.kind = 'lost'), 0)::bigint as lost,
                coalesce(sum(e.amount) filter (where e.kind = 'fee'), 0)::bigint as fees,
                sum(case when e.kind = 'captured' then e.amount else -e.amount end)::bigint as net,
                count(distinct e.charge_id) filter (where e.kind = 'captured') as count
         from payment_entries e
         join payment_accounts a on a.organization_id = e.organization_id and a.id = e.account_id
         where e.organization_id = $1 and e.day between $2 and $3 and ($4::uuid is null or e.account_id = $4)
         group by e.day, e.account_id, a.provider, e.currency
         order by e.day desc, e.account_id, e.currency",
    )
    .bind(tx.organization())
    .bind(from)
    .bind(to)
    .bind(account)
    .fetch_all(tx.sql())
    .await?)
}
