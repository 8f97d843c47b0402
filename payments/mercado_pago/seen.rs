//! Mercado Pago's objects as charges, refunds and disputes. Pure.

use crate::{
    charge::{Charge, Dispute, DisputeState, Failure, Progress, RefundState, Refunded},
    currency::{Currency, UnknownCurrency},
    mercado_pago::{
        look,
        wire::{Chargeback, Payment, PaymentPayer, PaymentRefund},
    },
    money::{Money, MoneyError},
    provider::{OfferSeen, OfferState},
};

/// Why an amount of Mercado Pago's is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SeenError {
    #[error(transparent)]
    Currency(#[from] UnknownCurrency),
    #[error(transparent)]
    Amount(#[from] MoneyError),
}

fn progress(payment: &Payment) -> Progress {
    match (payment.status.as_str(), payment.status_detail.as_deref()) {
        ("approved" | "refunded" | "charged_back" | "in_mediation", _) => Progress::Captured,
        ("authorized", _) => Progress::Authorized,
        ("in_process", _) => Progress::Processing,
        // A printed boleto and its like; a Pix code or a challenge waits for the payer.
        ("pending", Some("pending_waiting_payment")) => Progress::Processing,
        ("pending", Some("pending_contingency" | "pending_review_manual")) => Progress::Processing,
        ("rejected", _) => Progress::Failed,
        ("cancelled", Some("expired")) => Progress::Expired,
        ("cancelled", _) => Progress::Cancelled,
        _ => Progress::Open,
    }
}

/// Whether something went back by a refund; a dispute that was lost is none.
pub(super) fn is_refunded(payment: &Payment) -> bool {
    let currency = payment.currency_id.parse::<Currency>();
    let told = payment.transaction_amount_refunded.as_ref().zip(currency.ok());
    payment.status == "refunded"
        || told
            .is_some_and(|(amount, currency)| amount.money(currency).is_ok_and(|money| money.is_positive()))
}

pub(super) fn charge(
    payment: &Payment,
    refunds: &[PaymentRefund],
    chargeback: Option<&Chargeback>,
) -> Result<Charge, SeenError> {
    let currency: Currency = payment.currency_id.parse()?;
    let nothing = Money::zero(currency);
    let amount = payment.transaction_amount.money(currency)?;
    let progress = progress(payment);
    // A payment that was only reserved is `approved` once it is captured.
    let captured =
        if progress == Progress::Captured && payment.captured != Some(false) { amount } else { nothing };
    let told =
        payment.transaction_amount_refunded.as_ref().map(|number| number.money(currency)).transpose()?;
    let refunded = match told {
        Some(told) if told.is_positive() => told,
        _ if payment.status == "refunded" => captured,
        _ => nothing,
    };
    Ok(Charge {
        id: payment.id.0.clone(),
        request: look::request(payment),
        progress,
        amount,
        captured,
        refunded,
        fee: fee(payment, amount).filter(|_| captured.is_positive()),
        method: look::method(
            payment.payment_type_id.as_deref(),
            payment.payment_method_id.as_deref(),
            currency,
        ),
        failure: failure(payment, progress),
        dispute: dispute(payment, chargeback),
        refunds: refunds.iter().map(|one| refund(one, currency)).collect::<Result<_, _>>()?,
        receipt_url: None,
        payer: payment.payer.as_ref().and_then(who),
        created_at: payment.date_created.unwrap_or_default(),
        paid_at: payment.date_approved.filter(|_| captured.is_positive()),
    })
}

/// What the account pays, not what its customer pays for instalments.
fn fee(payment: &Payment, amount: Money) -> Option<Money> {
    let ours = payment.fee_details.iter().filter(|fee| fee.fee_payer.as_deref() != Some("payer"));
    let told: Vec<_> = ours.filter_map(|fee| fee.amount.as_ref()).collect();
    if !told.is_empty() {
        let each: Result<Vec<_>, _> = told.iter().map(|number| number.money(amount.currency)).collect();
        return Money::sum(amount.currency, each.ok()?).ok();
    }
    let net =
        payment.transaction_details.as_ref()?.net_received_amount.as_ref()?.money(amount.currency).ok()?;
    amount.minus(net).ok().filter(|_| net.is_positive())
}

fn failure(payment: &Payment, progress: Progress) -> Option<Failure> {
    matches!(progress, Progress::Failed | Progress::Expired).then(|| {
        let code = payment.status_detail.clone().unwrap_or_else(|| payment.status.clone());
        // The API has no sentence for people.
        Failure { detail: code.trim_start_matches("cc_rejected_").replace('_', " "), code }
    })
}

/// A chargeback has the payment's id, which both the payment and the chargeback know. A payment alone says no more than that there is a
/// dispute; amount, reason and deadline are the chargeback's.
fn dispute(payment: &Payment, chargeback: Option<&Chargeback>) -> Option<Dispute> {
    let documents = chargeback.and_then(|chargeback| chargeback.documentation_status.as_deref());
    let wanted = chargeback.and_then(|chargeback| chargeback.documentation_required);
    let state = match (payment.status.as_str(), payment.status_detail.as_deref()) {
        (_, Some("settled")) if payment.status == "charged_back" => DisputeState::Lost,
        (_, Some("reimbursed")) => DisputeState::Won,
        // The payer complains to Mercado Pago, which keeps the money meanwhile. A chargeback may still follow.
        ("in_mediation", _) => DisputeState::NeedsResponse,
        ("charged_back", _) => match (documents, wanted) {
            (None | Some("pending"), None | Some(true)) => DisputeState::NeedsResponse,
            _ => DisputeState::UnderReview,
        },
        _ if chargeback.is_some() => DisputeState::UnderReview,
        _ => return None,
    };
    let amount = chargeback.and_then(|chargeback| {
        let code = chargeback.currency.as_ref().or(chargeback.currency_id.as_ref());
        let currency = code.unwrap_or(&payment.currency_id).parse().ok()?;
        chargeback.amount.as_ref()?.money(currency).ok()
    });
    let claim = if payment.status == "in_mediation" { "-claim" } else { "" };
    Some(Dispute {
        id: format!("{}{claim}", payment.id.0),
        state,
        amount,
        reason: chargeback.and_then(|chargeback| chargeback.reason.clone()),
        due: chargeback.and_then(|chargeback| chargeback.date_documentation_deadline),
    })
}

pub(super) fn refund(refund: &PaymentRefund, currency: Currency) -> Result<Refunded, SeenError> {
    let state = match refund.status.as_deref() {
        // Payments list theirs without one, once they are done.
        Some("approved") | None => RefundState::Done,
        Some("rejected" | "cancelled") => RefundState::Failed,
        _ => RefundState::Pending,
    };
    Ok(Refunded {
        id: refund.id.0.clone(),
        request: None,
        amount: refund.amount.money(currency)?,
        state,
        detail: refund.reason.clone().filter(|_| state == RefundState::Failed),
    })
}

fn who(payer: &PaymentPayer) -> Option<String> {
    let names = [&payer.first_name, &payer.last_name];
    let names: Vec<_> =
        names.into_iter().flatten().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        payer.email.clone().filter(|email| !email.is_empty())
    } else {
        Some(names.join(" "))
    }
}

/// Whether it was not made on a preference's page (those come with an order) but as a Pix code of a request of ours.
pub(super) fn is_code(payment: &Payment) -> bool {
    let on_a_page = payment.order.as_ref().is_some_and(|order| !order.id.0.is_empty());
    payment.payment_method_id.as_deref() == Some("pix") && !on_a_page && look::request(payment).is_some()
}

/// A payment as the offer that it is itself.
pub(super) fn code(payment: &Payment) -> OfferSeen {
    let state = match progress(payment) {
        Progress::Open => OfferState::Open,
        Progress::Expired | Progress::Failed => OfferState::Expired,
        Progress::Cancelled => OfferState::Closed,
        Progress::Processing | Progress::Authorized | Progress::Captured => OfferState::Complete,
    };
    OfferSeen { id: payment.id.0.clone(), request: look::request(payment), state }
}
