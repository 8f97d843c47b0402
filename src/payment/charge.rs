//! Charges in the table, and what each look at them changes in the books.

use chrono::{DateTime, Utc};
use payments::{Charge, merged};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;

use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{ChargeId, PaymentAccountId, PaymentId},
};

/// A charge as it was known before a look.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Known {
    id: ChargeId,
    payment_id: Option<PaymentId>,
    external_id: String,
    #[sqlx(json)]
    charge: Charge,
    seen_at: DateTime<Utc>,
}

/// A line in the books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub kind: &'static str,
    pub currency: String,
    /// In the smallest unit; negative where something was taken back.
    pub amount: i64,
}

/// What a look changes: of each kind, how much more than before.
pub fn entries(before: Option<&Charge>, after: &Charge) -> Vec<Entry> {
    let sums = |charge: &Charge| {
        let fee =
            charge.fee.filter(|fee| fee.currency == charge.captured.currency).map_or(0, |fee| fee.minor);
        [charge.captured.minor, charge.refunded.minor, charge.lost().minor, fee]
    };
    let before = before.map_or([0; 4], sums);
    let kinds = ["captured", "refunded", "lost", "fee"].into_iter();
    kinds
        .zip(before.into_iter().zip(sums(after)))
        .filter(|(_, (before, after))| before != after)
        .map(|(kind, (before, now))| Entry {
            kind,
            currency: after.captured.currency.as_str().to_owned(),
            amount: now - before,
        })
        .collect()
}

/// Writes down what was seen of charges in a look that began then, and what that changes in the books. Without a payment they are
/// orphans; one that belongs to another payment stays with it. What a look that began later has told is not told anew.
///
/// Nobody else writes down the same charges until the transaction ends.
pub async fn record(
    tx: &mut Tx,
    account: PaymentAccountId,
    payment: Option<PaymentId>,
    charges: &[Charge],
    began: DateTime<Utc>,
) -> Result<()> {
    if charges.is_empty() {
        return Ok(());
    }
    lock(tx, account, charges).await?;
    let known = known(tx, account, charges).await?;
    let mut rows = Vec::new();
    let mut lines = Vec::new();
    for seen in charges {
        let before = known.iter().find(|one| one.external_id == seen.id);
        let owner = before.and_then(|one| one.payment_id);
        if owner.is_some() && owner != payment {
            continue;
        }
        let late = before.filter(|one| one.seen_at > began);
        if late.is_some() && owner == payment {
            continue;
        }
        // What is known already may still find the payment that it belongs to.
        let after =
            late.map_or_else(|| merged(before.map(|one| &one.charge), seen), |one| one.charge.clone());
        let id = before.map_or_else(ChargeId::new, |one| one.id);
        lines.extend(
            entries(before.map(|one| &one.charge), &after)
                .into_iter()
                .map(|entry| json!({"charge_id": id, "entry": entry})),
        );
        rows.push(json!({"id": id, "payment_id": payment, "charge": after}));
    }
    write(tx, account, &rows, began).await?;
    enter(tx, account, &lines).await
}

async fn lock(tx: &mut Tx, account: PaymentAccountId, charges: &[Charge]) -> Result<()> {
    sqlx::query(
        "select pg_advisory_xact_lock(hashtextextended($1 || ' ' || id, 0)) from (select id from unnest($2::text[]) as id order by id) as ids",
    )
    .bind(account.to_string())
    .bind(charges.iter().map(|charge| charge.id.as_str()).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

async fn known(tx: &mut Tx, account: PaymentAccountId, charges: &[Charge]) -> Result<Vec<Known>> {
    Ok(sqlx::query_as(
        "select id, payment_id, external_id, charge, seen_at from payment_charges
         where organization_id = $1 and account_id = $2 and external_id = any($3)",
    )
    .bind(tx.organization())
    .bind(account)
    .bind(charges.iter().map(|charge| charge.id.as_str()).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?)
}

async fn write(tx: &mut Tx, account: PaymentAccountId, rows: &[Value], began: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "insert into payment_charges (organization_id, id, account_id, payment_id, external_id, currency, captured, charge, seen_at, created_at)
         select $1, id, $2, payment_id, charge->>'id', charge->'captured'->>'currency', (charge->'captured'->>'minor')::bigint, charge, $4,
                (charge->>'created_at')::timestamptz
         from jsonb_to_recordset($3) as news (id uuid, payment_id uuid, charge jsonb)
         on conflict (organization_id, id) do update
         set payment_id = excluded.payment_id, captured = excluded.captured, charge = excluded.charge,
             seen_at = greatest(payment_charges.seen_at, excluded.seen_at)",
    )
    .bind(tx.organization())
    .bind(account)
    .bind(Json(rows))
    .bind(began)
    .execute(tx.sql())
    .await?;
    Ok(())
}

async fn enter(tx: &mut Tx, account: PaymentAccountId, lines: &[Value]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into payment_entries (organization_id, account_id, charge_id, kind, currency, amount)
         select $1, $2, charge_id, entry->>'kind', entry->>'currency', (entry->>'amount')::bigint
         from jsonb_to_recordset($3) as news (charge_id uuid, entry jsonb)",
    )
    .bind(tx.organization())
    .bind(account)
    .bind(Json(lines))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// All of a payment, with their ids here.
pub async fn of_payment(tx: &mut Tx, payment: PaymentId) -> Result<Vec<(ChargeId, Charge)>> {
    let rows: Vec<(ChargeId, Value)> = sqlx::query_as(
        "select id, charge from payment_charges where organization_id = $1 and payment_id = $2 order by created_at, id",
    )
    .bind(tx.organization())
    .bind(payment)
    .fetch_all(tx.sql())
    .await?;
    let read = |(id, charge)| serde_json::from_value(charge).map(|charge| (id, charge));
    rows.into_iter()
        .map(read)
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::Internal(error.to_string()))
}

/// The payments that these charges belong to already, by the provider's ids.
pub async fn owners(
    tx: &mut Tx,
    account: PaymentAccountId,
    external_ids: &[String],
) -> Result<Vec<(String, Option<PaymentId>, Charge)>> {
    let rows: Vec<(String, Option<PaymentId>, Value)> = sqlx::query_as(
        "select external_id, payment_id, charge from payment_charges where organization_id = $1 and account_id = $2 and external_id = any($3)",
    )
    .bind(tx.organization())
    .bind(account)
    .bind(external_ids)
    .fetch_all(tx.sql())
    .await?;
    let read = |(id, payment, charge)| serde_json::from_value(charge).map(|charge| (id, payment, charge));
    rows.into_iter()
        .map(read)
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use payments::{Dispute, DisputeState, Method, Money, Progress};
    use proptest::prelude::*;

    use super::*;

    fn charge(captured: i64, refunded: i64, fee: Option<i64>, lost: bool) -> Charge {
        let money = |minor| Money::new(minor, "BRL".parse().unwrap());
        let state = DisputeState::Lost;
        Charge {
            id: "pay_1".into(),
            request: None,
            progress: if captured > 0 { Progress::Captured } else { Progress::Open },
            amount: money(1000),
            captured: money(captured),
            refunded: money(refunded),
            fee: fee.map(money),
            method: Method::Card,
            failure: None,
            dispute: lost.then(|| Dispute {
                id: "dp_1".into(),
                state,
                amount: None,
                reason: None,
                due: None,
            }),
            refunds: Vec::new(),
            receipt_url: None,
            payer: None,
            created_at: DateTime::UNIX_EPOCH,
            paid_at: None,
        }
    }

    fn looks() -> impl Strategy<Value = Vec<Charge>> {
        let look = (0_i64..1000, 0_i64..1000, prop::option::of(0_i64..50), any::<bool>())
            .prop_map(|(captured, refunded, fee, lost)| charge(captured, refunded.min(captured), fee, lost));
        prop::collection::vec(look, 1..20)
    }

    proptest! {
        /// However often it is looked at, and whatever each look shows.
        #[test]
        fn the_books_add_up_to_what_is_known(looks in looks()) {
            let mut known: Option<Charge> = None;
            let mut books = std::collections::BTreeMap::<&str, i64>::new();
            for seen in &looks {
                let after = merged(known.as_ref(), seen);
                for entry in entries(known.as_ref(), &after) {
                    *books.entry(entry.kind).or_default() += entry.amount;
                }
                known = Some(after);
            }
            let known = known.unwrap();
            let sum = |kind| books.get(kind).copied().unwrap_or_default();
            prop_assert_eq!(sum("captured"), known.captured.minor);
            prop_assert_eq!(sum("refunded"), known.refunded.minor);
            prop_assert_eq!(sum("lost"), known.lost().minor);
            prop_assert_eq!(sum("fee"), known.fee.map_or(0, |fee| fee.minor));
            prop_assert!(sum("captured") - sum("refunded") - sum("lost") >= 0);
        }
    }

    #[test]
    fn the_same_look_again_enters_nothing() {
        let seen = charge(1000, 300, Some(39), false);
        assert_eq!(entries(Some(&seen), &seen), []);
        assert_eq!(entries(None, &seen).len(), 3);
    }
}
