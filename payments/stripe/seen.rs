//! Stripe's objects as charges, refunds and disputes. Pure.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    charge::{Charge, Dispute, DisputeState, Failure, Method, Progress, RefundState, Refunded},
    money::Money,
    provider::{OfferSeen, OfferState},
    stripe::{
        ask::{REQUEST, at},
        units::{self, UnitsError},
        wire::{Intent, Metadata, Person, Session, StripeCharge, StripeDispute, StripeRefund},
    },
};

/// The field of Stripe's metadata that names a refund of ours.
pub(super) const REFUND: &str = "switchboard_refund";
/// A boleto or a Pix code whose time is over.
const LAPSED: &str = "payment_intent_payment_attempt_expired";

fn named(metadata: Option<&Metadata>, field: &str) -> Option<Uuid> {
    metadata?.get(field)?.parse().ok()
}

pub(super) fn session(session: &Session) -> OfferSeen {
    let reference = session.client_reference_id.as_deref().and_then(|id| id.parse().ok());
    let state = match session.status.as_deref() {
        Some("complete") => OfferState::Complete,
        Some("expired") => OfferState::Expired,
        _ => OfferState::Open,
    };
    let request = named(session.metadata.as_ref(), REQUEST).or(reference);
    OfferSeen { id: session.id.clone(), request, state }
}

/// An intent that is an offer itself, as those are that we make for Pix.
pub(super) fn code(intent: &Intent) -> Option<OfferSeen> {
    let request = request(intent)?;
    if intent.payment_method_types != ["pix"] {
        return None;
    }
    let state = match progress(intent) {
        Progress::Open => OfferState::Open,
        Progress::Cancelled => OfferState::Closed,
        // A code is not shown a second time.
        Progress::Expired | Progress::Failed => OfferState::Expired,
        Progress::Processing | Progress::Authorized | Progress::Captured => OfferState::Complete,
    };
    Some(OfferSeen { id: intent.id.clone(), request: Some(request), state })
}

pub(super) fn request(intent: &Intent) -> Option<Uuid> {
    named(intent.metadata.as_ref(), REQUEST)
}

fn progress(intent: &Intent) -> Progress {
    let printed = || intent.next_action.as_ref().is_some_and(|next| next.boleto_display_details.is_some());
    match intent.status.as_str() {
        "succeeded" => Progress::Captured,
        "processing" => Progress::Processing,
        "requires_capture" => Progress::Authorized,
        "canceled" if intent.cancellation_reason.as_deref() == Some("expired") => Progress::Expired,
        "canceled" => Progress::Cancelled,
        "requires_action" if printed() => Progress::Processing,
        "requires_payment_method" => match &intent.last_payment_error {
            Some(error) if error.code.as_deref() == Some(LAPSED) => Progress::Expired,
            Some(_) => Progress::Failed,
            None => Progress::Open,
        },
        _ => Progress::Open,
    }
}

/// With what was asked for besides: its refunds and its disputes, newest first or in any order.
pub(super) fn charge(
    intent: &Intent,
    refunds: &[StripeRefund],
    disputes: &[StripeDispute],
    payer: Option<&Person>,
) -> Result<Charge, UnitsError> {
    let money = |units| units::money(units, &intent.currency);
    let latest = intent.latest_charge.as_ref().and_then(|charge| charge.whole());
    let progress = progress(intent);
    let captured = progress == Progress::Captured;
    let units = match latest {
        _ if !captured => 0,
        Some(charge) if charge.amount_captured > 0 => charge.amount_captured,
        _ => intent.amount_received,
    };
    let fee = latest.and_then(|charge| charge.balance_transaction.as_ref()?.whole());
    Ok(Charge {
        id: intent.id.clone(),
        request: request(intent),
        progress,
        amount: money(intent.amount)?,
        captured: money(units)?,
        refunded: money(latest.map_or(0, |charge| charge.amount_refunded))?,
        fee: fee.and_then(|transaction| units::money(transaction.fee, &transaction.currency).ok()),
        method: method(intent, latest),
        failure: failure(intent, progress),
        dispute: disputes.iter().max_by_key(|dispute| dispute.created).map(dispute),
        refunds: refunds.iter().map(refund).collect::<Result<_, _>>()?,
        receipt_url: latest.and_then(|charge| charge.receipt_url.clone()),
        payer: who(intent, latest, payer),
        created_at: time(intent.created),
        paid_at: latest.filter(|_| captured).map(|charge| time(charge.created)),
    })
}

fn method(intent: &Intent, latest: Option<&StripeCharge>) -> Method {
    let used = latest.and_then(|charge| charge.payment_method_details.as_ref()?.kind.as_deref());
    let tried = || intent.last_payment_error.as_ref()?.payment_method.as_ref()?.kind.as_deref();
    let shown = || {
        let next = intent.next_action.as_ref()?;
        next.boleto_display_details
            .as_ref()
            .map(|_| "boleto")
            .or_else(|| next.pix_display_qr_code.as_ref().map(|_| "pix"))
    };
    let only = || match intent.payment_method_types.as_slice() {
        [only] => Some(only.as_str()),
        _ => None,
    };
    match used.or_else(shown).or_else(tried).or_else(only) {
        Some("card") => Method::Card,
        Some("pix") => Method::Pix,
        Some("boleto") => Method::Boleto,
        _ => Method::Other,
    }
}

fn failure(intent: &Intent, progress: Progress) -> Option<Failure> {
    if !matches!(progress, Progress::Failed | Progress::Expired) {
        return None;
    }
    let error = intent.last_payment_error.as_ref()?;
    let code = error.decline_code.as_ref().or(error.code.as_ref());
    Some(Failure {
        code: code.map_or_else(|| "unknown".to_owned(), Clone::clone),
        detail: error.message.clone().unwrap_or_default(),
    })
}

fn who(intent: &Intent, latest: Option<&StripeCharge>, payer: Option<&Person>) -> Option<String> {
    let of = |person: Option<&Person>| {
        let person = person?;
        person.name.clone().or_else(|| person.email.clone()).filter(|text| !text.is_empty())
    };
    of(latest.and_then(|charge| charge.billing_details.as_ref()))
        .or_else(|| of(payer))
        .or_else(|| latest.and_then(|charge| charge.receipt_email.clone()))
        .or_else(|| intent.receipt_email.clone())
}

pub(super) fn refund(refund: &StripeRefund) -> Result<Refunded, UnitsError> {
    let state = match refund.status.as_deref() {
        Some("succeeded") => RefundState::Done,
        Some("failed" | "canceled") => RefundState::Failed,
        // `requires_action`: the payer has still to say where to, as with boleto.
        _ => RefundState::Pending,
    };
    Ok(Refunded {
        id: refund.id.clone(),
        request: named(refund.metadata.as_ref(), REFUND),
        amount: money(refund.amount, &refund.currency)?,
        state,
        detail: refund.failure_reason.clone(),
    })
}

fn money(units: i64, currency: &str) -> Result<Money, UnitsError> {
    units::money(units, currency)
}

fn dispute(dispute: &StripeDispute) -> Dispute {
    let state = match dispute.status.as_str() {
        "warning_needs_response" | "warning_under_review" => DisputeState::Inquiry,
        "needs_response" | "appeal_needs_response" => DisputeState::NeedsResponse,
        // An inquiry that was closed, and what the networks settled before it began, took no money.
        "warning_closed" | "prevented" | "won" => DisputeState::Won,
        "lost" => DisputeState::Lost,
        _ => DisputeState::UnderReview,
    };
    Dispute {
        id: dispute.id.clone(),
        state,
        amount: money(dispute.amount, &dispute.currency).ok(),
        reason: dispute.reason.clone(),
        due: at(dispute.evidence_details.as_ref().and_then(|evidence| evidence.due_by)),
    }
}

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}
