//! Giving money back: the wish is written down under the payment's lock, so that no two take the same money, and a job carries it to
//! the provider under a key of its own.

use chrono::{DateTime, Utc};
use payments::{Charge, Money};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    charge, history,
    order::PaymentOrder,
    show::{Payment, Person},
};
use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ChargeId, PaymentId, RefundId},
};

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = Refund)]
pub struct RefundView {
    pub id: RefundId,
    pub payment_id: PaymentId,
    pub charge_id: ChargeId,
    #[sqlx(json)]
    pub amount: Money,
    pub reason: String,
    /// `asked`: the provider has not answered yet. `pending`: on its way. `done`, `failed`. `unknown`: the provider never answered;
    /// look there before asking again.
    pub state: String,
    /// The provider's words, where it failed.
    pub detail: Option<String>,
    #[sqlx(json(nullable))]
    pub by: Option<Person>,
    pub created_at: DateTime<Utc>,
}

/// What is to be given back.
pub struct Wish {
    /// `None`: all that is left.
    pub amount: Option<Money>,
    pub reason: String,
    /// Where it was paid in several parts.
    pub charge_id: Option<ChargeId>,
}

const SELECT: &str = "select r.id, r.payment_id, r.charge_id, r.reason, r.state, r.detail, r.created_at,
    jsonb_build_object('minor', r.amount, 'currency', p.currency) as amount,
    case when u.id is not null then jsonb_build_object('id', u.id, 'name', u.name) end as by
    from refunds r
    join payments p on p.organization_id = r.organization_id and p.id = r.payment_id
    left join users u on u.id = r.created_by
    where r.organization_id = $1";

/// Oldest first.
pub async fn of_payment(tx: &mut Tx, id: PaymentId) -> Result<Vec<RefundView>> {
    let select = format!("{SELECT} and r.payment_id = $2 order by r.created_at, r.id");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(select))
        .bind(tx.organization())
        .bind(id)
        .fetch_all(tx.sql())
        .await?)
}

/// Those that failed in the last days, or were never answered; newest first.
pub async fn unsettled(tx: &mut Tx) -> Result<Vec<RefundView>> {
    let select = format!(
        "{SELECT} and r.state in ('unknown', 'failed') and r.created_at > now() - interval '30 days' order by r.created_at desc limit 100"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(select)).bind(tx.organization()).fetch_all(tx.sql()).await?)
}

pub async fn find(tx: &mut Tx, id: RefundId) -> Result<RefundView> {
    let found: Option<RefundView> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and r.id = $2")))
        .bind(tx.organization())
        .bind(id)
        .fetch_optional(tx.sql())
        .await?;
    found.ok_or_else(|| Error::not_found("refund"))
}

/// 422 for more than is left, what is on its way back already included.
pub async fn ask(tx: &mut Tx, member: &Member, payment: &Payment, wish: Wish) -> Result<RefundView> {
    sqlx::query("select from payments where organization_id = $1 and id = $2 for update")
        .bind(tx.organization())
        .bind(payment.id)
        .execute(tx.sql())
        .await?;
    let charges = charge::of_payment(tx, payment.id).await?;
    let under_way = under_way(tx, payment.id).await?;
    let left: Vec<(ChargeId, i64)> = charges
        .iter()
        .filter(|(id, _)| wish.charge_id.is_none_or(|wanted| wanted == *id))
        .map(|(id, charge)| (*id, left(charge) - of(&under_way, *id)))
        .filter(|(_, left)| *left > 0)
        .collect();
    let (charge, amount) = choose(payment, &left, wish.amount)?;
    let id = RefundId::new();
    sqlx::query(
        "insert into refunds (organization_id, id, payment_id, charge_id, amount, reason, created_by) values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(payment.id)
    .bind(charge)
    .bind(amount)
    .bind(&wish.reason)
    .bind(member.user_id)
    .execute(tx.sql())
    .await?;
    let facts = json!({"refund_id": id, "minor": amount, "reason": wish.reason});
    history::note(tx, payment.id, Some(member.user_id), "refund_asked", &facts).await?;
    tx.enqueue(PaymentOrder::Refund { refund_id: id }.job());
    find(tx, id).await
}

fn left(charge: &Charge) -> i64 {
    charge.captured.minor - charge.refunded.minor - charge.lost().minor
}

fn of(sums: &[(ChargeId, i64)], id: ChargeId) -> i64 {
    sums.iter().find(|(charge, _)| *charge == id).map_or(0, |(_, sum)| *sum)
}

fn choose(payment: &Payment, left: &[(ChargeId, i64)], wanted: Option<Money>) -> Result<(ChargeId, i64)> {
    let currency = payment.amount.currency;
    if let Some(wrong) = wanted.filter(|wanted| wanted.currency != currency) {
        let detail = format!("This was paid in {currency}, not in {}.", wrong.currency);
        return Err(Error::invalid_field("amount.currency", detail));
    }
    if wanted.is_some_and(|wanted| wanted.minor <= 0) {
        return Err(Error::invalid_field("amount", "Give back more than nothing."));
    }
    let total: i64 = left.iter().map(|(_, left)| left).sum();
    if total == 0 {
        return Err(Error::unprocessable("nothing_left", "There is nothing left to give back."));
    }
    let amount = wanted.map_or(total, |wanted| wanted.minor);
    if amount > total {
        let detail = format!("At most {} is left.", Money::new(total, currency));
        return Err(Error::invalid_field("amount", detail));
    }
    let enough = left.iter().rev().find(|(_, left)| *left >= amount);
    enough.map(|(id, _)| (*id, amount)).ok_or_else(|| {
        let detail = "It was paid in several parts: name one of its charges and at most what is left of it.";
        Error::unprocessable("several_charges", detail)
    })
}

/// What was asked for and does not show at the provider yet, by charge.
async fn under_way(tx: &mut Tx, payment: PaymentId) -> Result<Vec<(ChargeId, i64)>> {
    Ok(sqlx::query_as(
        "select r.charge_id, sum(r.amount)::bigint
         from refunds r join payment_charges c on c.organization_id = r.organization_id and c.id = r.charge_id
         where r.organization_id = $1 and r.payment_id = $2 and r.state in ('asked', 'pending', 'unknown')
           and not exists (select from jsonb_array_elements(c.charge->'refunds') as shown
                           where shown->>'id' = r.external_id or shown->>'request' = r.id::text)
         group by r.charge_id",
    )
    .bind(tx.organization())
    .bind(payment)
    .fetch_all(tx.sql())
    .await?)
}

/// How it went at the provider.
pub async fn note(
    tx: &mut Tx,
    id: RefundId,
    state: &str,
    external_id: Option<&str>,
    detail: Option<&str>,
) -> Result<()> {
    sqlx::query(
        "with turned as (
             update refunds set state = $3, external_id = coalesce($4, external_id), detail = $5, updated_at = now()
             where organization_id = $1 and id = $2 and state in ('asked', 'pending', 'unknown') and state <> $3
             returning id, payment_id, amount)
         insert into payment_history (organization_id, id, payment_id, what, data)
         select $1, gen_random_uuid(), payment_id, 'refund',
                jsonb_build_object('refund_id', id, 'state', $3::text, 'minor', amount, 'detail', $5::text) from turned",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(state)
    .bind(external_id)
    .bind(detail)
    .execute(tx.sql())
    .await?;
    Ok(())
}
