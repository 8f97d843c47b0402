//! Comparing our books with the provider's: money that belongs to no request, and what people decide about it.

use chrono::{DateTime, Utc};
use payments::{Charge, Method, Money};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{account_admin, books, charge, history, show::Payment};
use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ChargeId, PaymentAccountId, PaymentId},
};

/// Money that belongs to no request.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = OrphanCharge)]
pub struct Orphan {
    pub charge_id: ChargeId,
    pub account_id: PaymentAccountId,
    pub provider: String,
    /// The provider's.
    pub external_id: String,
    #[sqlx(json)]
    pub amount: Money,
    #[sqlx(json)]
    pub captured: Money,
    pub payer: Option<String>,
    #[sqlx(json)]
    pub method: Method,
    pub paid_at: Option<DateTime<Utc>>,
    /// Open requests for as much, newest first.
    #[schema(value_type = Vec<Suggestion>)]
    pub suggestions: Value,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrphanSuggestion)]
pub struct Suggestion {
    pub payment_id: PaymentId,
    pub description: String,
    pub contact_name: Option<String>,
    pub amount: Money,
}

/// When an account was compared last, and what came of it.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = PaymentReview)]
pub struct Reviewed {
    pub account_id: PaymentAccountId,
    pub at: Option<DateTime<Utc>>,
    /// How many the provider listed.
    pub charges: Option<i64>,
    /// Of them, how many our books had otherwise.
    pub repaired: Option<i64>,
    pub error: Option<String>,
}

/// Newest first, at most a hundred.
pub async fn orphans(tx: &mut Tx) -> Result<Vec<Orphan>> {
    Ok(sqlx::query_as(
        "select c.id as charge_id, c.account_id, a.provider, c.external_id, c.charge->'amount' as amount, c.charge->'captured' as captured,
                c.charge->>'payer' as payer, c.charge->'method' as method, (c.charge->>'paid_at')::timestamptz as paid_at,
                coalesce((select jsonb_agg(s order by s.created_at desc)
                          from (select p.id as payment_id, p.description, k.name as contact_name, p.created_at,
                                       jsonb_build_object('minor', p.amount, 'currency', p.currency) as amount
                                from payments p
                                left join contacts k on k.organization_id = p.organization_id and k.id = p.contact_id
                                where p.organization_id = c.organization_id and p.account_id = c.account_id and p.currency = c.currency
                                  and p.amount = c.captured and p.captured = 0 and p.created_at > c.created_at - interval '60 days'
                                order by p.created_at desc limit 5) as s), '[]') as suggestions
         from payment_charges c
         join payment_accounts a on a.organization_id = c.organization_id and a.id = c.account_id
         where c.organization_id = $1 and c.payment_id is null and c.captured > 0 and c.dismissed_at is null
         order by c.created_at desc, c.id desc limit 100",
    )
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?)
}

pub async fn reviewed(tx: &mut Tx) -> Result<Vec<Reviewed>> {
    Ok(sqlx::query_as(
        "select id as account_id, (review->>'at')::timestamptz as at, (review->>'charges')::bigint as charges,
                (review->>'repaired')::bigint as repaired, review->>'error' as error
         from payment_accounts where organization_id = $1 and deleted_at is null order by created_at, id",
    )
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?)
}

/// What the comparison came to; `error`: it was not finished.
pub async fn note(
    tx: &mut Tx,
    account: PaymentAccountId,
    charges: usize,
    repaired: usize,
    error: Option<&str>,
) -> Result<()> {
    let review = json!({"at": Utc::now(), "charges": charges, "repaired": repaired, "error": error});
    account_admin::note_review(tx, account, &review).await
}

/// Money for which there is no request here.
pub async fn keep(
    tx: &mut Tx,
    account: PaymentAccountId,
    charges: &[Charge],
    began: DateTime<Utc>,
) -> Result<()> {
    charge::record(tx, account, None, charges, began).await
}

/// Says to which request money belongs.
pub async fn link(tx: &mut Tx, member: &Member, id: ChargeId, payment: &Payment) -> Result<Payment> {
    sqlx::query("select from payments where organization_id = $1 and id = $2 for update")
        .bind(tx.organization())
        .bind(payment.id)
        .execute(tx.sql())
        .await?;
    let (account, currency) = orphan(tx, id).await?;
    if account != payment.account_id {
        let detail = "This was paid to another account than was asked for.";
        return Err(Error::invalid_field("payment_id", detail));
    }
    if currency != payment.amount.currency.as_str() {
        return Err(Error::invalid_field("payment_id", "This was paid in another currency."));
    }
    sqlx::query(
        "update payment_charges set payment_id = $3, dismissed_at = null where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(payment.id)
    .execute(tx.sql())
    .await?;
    history::note(tx, payment.id, Some(member.user_id), "linked", &json!({"charge_id": id})).await?;
    books::reckon(tx, payment.id).await
}

/// Says that money belongs to no request, and why.
pub async fn dismiss(tx: &mut Tx, member: &Member, id: ChargeId, reason: &str) -> Result<()> {
    orphan(tx, id).await?;
    sqlx::query(
        "update payment_charges set dismissed_at = now(), dismissed_by = $3, dismissed_reason = $4
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(member.user_id)
    .bind(reason)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Locks it; 409 when it belongs to a request meanwhile.
async fn orphan(tx: &mut Tx, id: ChargeId) -> Result<(PaymentAccountId, String)> {
    let found: Option<(PaymentAccountId, String, Option<PaymentId>)> = sqlx::query_as(
        "select account_id, currency, payment_id from payment_charges where organization_id = $1 and id = $2 for update",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    match found {
        None => Err(Error::invalid_field("charge_id", "There is no such charge.")),
        Some((_, _, Some(_))) => {
            Err(Error::conflict("charge_linked", "This money belongs to a request already."))
        }
        Some((account, currency, None)) => Ok((account, currency)),
    }
}
