//! What was seen at a provider becomes how a payment stands: under its lock, from the sums of its charges. Everybody who sees it is
//! told, its message shows it, its deal moves.

use channels::message::PaymentCard;
use chrono::{DateTime, Utc};
use payments::{Charge, Money, OfferState, RefundState, Standing, State};
use serde_json::{Value, json};
use sqlx::types::Json;

use super::{
    charge, history,
    show::{self, Payment},
    words,
};
use crate::{
    db::Tx,
    deals::deal_paid,
    error::{Error, Result},
    ids::{ChargeId, PaymentId},
    inbox::{
        conversation, payment_message, tell,
        timeline::{self, Line},
    },
    realtime::event::{EventKind, NewEvent},
};

/// A look at one payment.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    pub offer: Option<OfferState>,
    pub charges: &'a [Charge],
    /// When the provider was asked.
    pub began: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Locked {
    closing: bool,
    offer_state: String,
    offer_id: Option<String>,
}

/// Brings the payment to where the provider has it. The same look again changes nothing.
pub async fn apply(tx: &mut Tx, id: PaymentId, seen: &Seen<'_>) -> Result<Payment> {
    let locked = lock(tx, id).await?;
    let before = show::load(tx, id).await?;
    charge::record(tx, before.account_id, Some(id), seen.charges, seen.began).await?;
    let charges = charge::of_payment(tx, id).await?;
    settle_refunds(tx, &charges).await?;
    let offer = offer(&locked, seen.offer);
    restand(tx, &before, &locked, offer, &charges).await
}

/// The payment's row, for as long as the transaction lasts.
async fn lock(tx: &mut Tx, id: PaymentId) -> Result<Locked> {
    let found: Option<Locked> = sqlx::query_as(
        "select closing, offer_state, offer_id from payments where organization_id = $1 and id = $2 for update",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    found.ok_or_else(|| Error::not_found("payment"))
}

/// A page that ran out after somebody wanted it closed is closed. What has ended does not open again.
fn offer(locked: &Locked, seen: Option<OfferState>) -> OfferState {
    let known = match locked.offer_state.as_str() {
        "complete" => OfferState::Complete,
        "expired" => OfferState::Expired,
        "closed" => OfferState::Closed,
        _ => OfferState::Open,
    };
    match seen.unwrap_or(known) {
        OfferState::Open if known != OfferState::Open => known,
        OfferState::Expired if locked.closing => OfferState::Closed,
        other => other,
    }
}

async fn restand(
    tx: &mut Tx,
    before: &Payment,
    locked: &Locked,
    offer: OfferState,
    charges: &[(ChargeId, Charge)],
) -> Result<Payment> {
    let seen: Vec<Charge> = charges.iter().map(|(_, charge)| charge.clone()).collect();
    let standing =
        Standing::of(before.amount, offer, &seen).map_err(|error| Error::Internal(error.to_string()))?;
    let state = match standing.state {
        State::Pending if locked.offer_id.is_none() => before.state.clone(),
        state => word(state),
    };
    let newest = seen.iter().max_by_key(|charge| charge.created_at);
    let failure = newest.and_then(|charge| charge.failure.as_ref()).filter(|_| standing.captured.minor == 0);
    let changed = sqlx::query(
        "update payments set state = $3, offer_state = $4, captured = $5, refunded = $6, lost = $7, fee = $8, dispute = $9, mismatch = $10,
             error = case when $11::jsonb is null and offer_id is null then error else $11 end, paid_at = coalesce(paid_at, $12),
             receipt_url = coalesce($13, receipt_url), version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2
           and ((state, offer_state, captured, refunded, lost) is distinct from ($3, $4, $5::bigint, $6::bigint, $7::bigint)
                or (fee, dispute, mismatch) is distinct from ($8::bigint, $9::jsonb, $10)
                or error is distinct from (case when $11::jsonb is null and offer_id is null then error else $11 end)
                or receipt_url is distinct from coalesce($13, receipt_url))",
    )
    .bind(tx.organization())
    .bind(before.id)
    .bind(&state)
    .bind(word(offer))
    .bind(standing.captured.minor)
    .bind(standing.refunded.minor)
    .bind(standing.lost.minor)
    .bind(seen.iter().any(|charge| charge.fee.is_some()).then_some(standing.fee.minor))
    .bind(standing.dispute.as_ref().map(|dispute| json!(dispute)))
    .bind(standing.mismatch.map(word))
    .bind(failure.map(|failure| json!(failure)))
    .bind(seen.iter().filter(|charge| charge.captured.is_positive()).filter_map(|charge| charge.paid_at).min())
    .bind(seen.iter().find_map(|charge| charge.receipt_url.as_deref()))
    .execute(tx.sql())
    .await?;
    let after = show::load(tx, before.id).await?;
    if changed.rows_affected() > 0 {
        follow(tx, before, &after).await?;
    }
    Ok(after)
}

/// As the state is written in the table and on the wire.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Everything that has to do with a change of it.
async fn follow(tx: &mut Tx, before: &Payment, after: &Payment) -> Result<()> {
    let disputed = after.dispute.as_ref().filter(|dispute| before.dispute.as_ref() != Some(dispute));
    if before.state != after.state {
        let facts = json!({"from": before.state, "to": after.state});
        history::note(tx, after.id, None, "state", &facts).await?;
    }
    if let Some(dispute) = disputed {
        history::note(tx, after.id, None, "dispute", &json!(dispute)).await?;
    }
    let paid = before.captured.minor == 0 && after.captured.minor > 0;
    if let Some(deal) = after.deal_id.filter(|_| paid && after.state == "paid") {
        deal_paid::paid(tx, deal, after.captured).await?;
    }
    write_lines(tx, before, after, disputed.is_some()).await?;
    if let (Some(place), Some(message)) = (after.conversation_id, after.message_id) {
        payment_message::show(tx, place, message, card(after)).await?;
    }
    if let (Some(kind), Some(by)) = (notification(before, after, disputed.is_some()), &after.created_by) {
        tell::notify(tx, by.id, &json!({"kind": kind, "payment": after}));
    }
    tell(tx, after);
    Ok(())
}

fn notification(before: &Payment, after: &Payment, disputed: bool) -> Option<&'static str> {
    let turned = |state: &str| before.state != after.state && after.state == state;
    let open = |payment: &Payment| payment.captured.minor == 0;
    match () {
        () if disputed => Some("payment_disputed"),
        () if open(before) && !open(after) => Some("payment_paid"),
        () if turned("failed") => Some("payment_failed"),
        () if turned("expired") => Some("payment_expired"),
        () => None,
    }
}

/// What belongs into the conversation's story.
async fn write_lines(tx: &mut Tx, before: &Payment, after: &Payment, disputed: bool) -> Result<()> {
    let Some(place) = after.conversation_id else { return Ok(()) };
    let currency = after.amount.currency;
    let line = |text: String| Line::new(text, "payment", before.state.as_str(), after.state.as_str());
    let more = |after: Money, before: Money| Money::new(after.minor - before.minor, currency);
    let (paid, given_back) = (more(after.captured, before.captured), more(after.refunded, before.refunded));
    let mut lines = Vec::new();
    if paid.is_positive() {
        lines.push(line(format!("{} was paid: {}", words::amount(paid), after.description)));
    }
    if given_back.is_positive() {
        lines.push(line(format!("{} was given back: {}", words::amount(given_back), after.description)));
    }
    if disputed {
        lines.push(line(format!("The payment is disputed: {}", after.description)));
    }
    if lines.is_empty() {
        return Ok(());
    }
    let mut locked = conversation::lock_for_all(tx, place).await?;
    let ids = timeline::append(tx, &mut locked, None, &lines).await?;
    for conversation in conversation::load(tx, &[place]).await? {
        tell::updated(tx, None, &conversation);
        tell::new_messages(tx, &conversation, &ids).await?;
    }
    Ok(())
}

/// `payment_status`, to who sees it.
pub fn tell(tx: &mut Tx, payment: &Payment) {
    let data = json!({"payment": payment});
    tx.tell(match payment.subject() {
        Some(subject) => NewEvent::about(EventKind::PaymentStatus, subject, &data),
        None => NewEvent::everybody(EventKind::PaymentStatus, &data),
    });
}

/// As its message shows it.
pub fn card(payment: &Payment) -> PaymentCard {
    PaymentCard {
        payment_id: payment.id.0,
        description: payment.description.clone(),
        minor: payment.amount.minor,
        currency: payment.amount.currency.as_str().to_owned(),
        state: payment.state.clone(),
        url: payment.url.clone(),
        pix_code: payment.pix_code.clone(),
        methods: payment.methods.clone(),
        expires_at: Some(payment.expires_at),
        refunded_minor: payment.refunded.minor,
    }
}

/// What the provider says of refunds that were asked for here.
async fn settle_refunds(tx: &mut Tx, charges: &[(ChargeId, Charge)]) -> Result<()> {
    let state = |state: RefundState| match state {
        RefundState::Pending => "pending",
        RefundState::Done => "done",
        RefundState::Failed => "failed",
    };
    let rows: Vec<Value> = charges
        .iter()
        .flat_map(|(charge, seen)| {
            seen.refunds.iter().map(move |one| {
                json!({"charge_id": charge, "id": one.request, "external_id": one.id, "state": state(one.state), "detail": one.detail})
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "with turned as (
             update refunds r set state = news.state, external_id = news.external_id, detail = news.detail, updated_at = now()
             from jsonb_to_recordset($2) as news (charge_id uuid, id uuid, external_id text, state text, detail text)
             where r.organization_id = $1 and r.charge_id = news.charge_id and (r.id = news.id or r.external_id = news.external_id)
               and (r.state, r.external_id) is distinct from (news.state, news.external_id)
             returning r.id, r.payment_id, r.state, r.amount, r.detail)
         insert into payment_history (organization_id, id, payment_id, what, data)
         select $1, gen_random_uuid(), payment_id, 'refund',
                jsonb_build_object('refund_id', id, 'state', state, 'minor', amount, 'detail', detail) from turned",
    )
    .bind(tx.organization())
    .bind(Json(rows))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// An orphan turned out to be a payment's: it is reckoned anew.
pub async fn reckon(tx: &mut Tx, id: PaymentId) -> Result<Payment> {
    apply(tx, id, &Seen { offer: None, charges: &[], began: Utc::now() }).await
}
