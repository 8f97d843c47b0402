//! Asking Mercado Pago how things stand, and giving money back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use net::Method as Verb;
use uuid::Uuid;

use crate::{
    charge::{Charge, Method, Progress, Refunded},
    currency::Currency,
    error::ProviderError,
    mercado_pago::{
        client::Client,
        number::Number,
        seen::{self, SeenError},
        sent::{Moment, NewRefund},
        wire::{Chargeback, MerchantOrder, Payment, PaymentRefund, Preference},
    },
    provider::{About, Charges, Look, OfferSeen, OfferState, Refund},
};

/// Tells the id of a payment from a preference's: `<collector>-<uuid>`.
pub(super) fn is_payment(id: &str) -> bool {
    !id.is_empty() && id.chars().all(|c| c.is_ascii_digit())
}

pub(super) fn is_over(preference: &Preference, now: DateTime<Utc>) -> bool {
    preference.expires == Some(true) && preference.expiration_date_to.is_some_and(|end| end <= now)
}

/// `kind` is the API's type of payment, `id` its method.
pub(super) fn method(kind: Option<&str>, id: Option<&str>, currency: Currency) -> Method {
    let brazil = currency.as_str() == "BRL";
    match (kind, id) {
        (Some("credit_card" | "debit_card" | "prepaid_card"), _) => Method::Card,
        (_, Some("pix")) => Method::Pix,
        (Some("bank_transfer"), None) if brazil => Method::Pix,
        (Some("ticket"), Some(id)) if id.starts_with("bol") => Method::Boleto,
        (Some("ticket"), None) if brazil => Method::Boleto,
        _ => Method::Other,
    }
}

pub(super) async fn look(client: &Client<'_>, about: &About) -> Result<Look, ProviderError> {
    match about {
        About::Offer(id) if is_payment(id) => one(client, id, true).await,
        About::Charge(id) if is_payment(id) => one(client, id, false).await,
        About::Offer(id) => offer(client, id, Vec::new()).await,
        About::Order(id) => order(client, id).await,
        About::Dispute(id) => disputed(client, id).await,
        About::Charge(_) => Ok(Look { offer: None, charges: Vec::new() }),
    }
}

/// A payment, which is an offer itself where it is a Pix code that we asked for; `offered`, where that is certain.
async fn one(client: &Client<'_>, id: &str, offered: bool) -> Result<Look, ProviderError> {
    let Some(payment) = payment(client, id).await? else {
        return Ok(Look { offer: None, charges: Vec::new() });
    };
    let offer = (offered || seen::is_code(&payment)).then(|| seen::code(&payment));
    Ok(Look { offer, charges: vec![charge(client, &payment, None).await?] })
}

/// A preference and all who paid it, or tried to. `named` are payments that something else named: the search may lag behind.
async fn offer(client: &Client<'_>, id: &str, named: Vec<Payment>) -> Result<Look, ProviderError> {
    let preference: Preference = client.get(&["checkout", "preferences", id], &[]).await?;
    let found = of_request(client, preference.external_reference.as_deref()).await?;
    let all: BTreeMap<_, _> =
        found.into_iter().chain(named).map(|payment| (payment.id.clone(), payment)).collect();
    let mut charges = Vec::with_capacity(all.len());
    for payment in all.values() {
        charges.push(charge(client, payment, None).await?);
    }
    let request = preference.external_reference.as_deref().and_then(|id| id.parse().ok());
    let offer =
        OfferSeen { id: preference.id.clone(), request, state: state(&preference, &charges, client.now) };
    Ok(Look { offer: Some(offer), charges })
}

/// The page stays open after it was paid; who has paid is through with it all the same. A boleto that runs out leaves it open.
fn state(preference: &Preference, charges: &[Charge], now: DateTime<Utc>) -> OfferState {
    if charges.iter().any(|charge| charge.progress == Progress::Captured) {
        OfferState::Complete
    } else if is_over(preference, now) {
        OfferState::Expired
    } else {
        OfferState::Open
    }
}

/// All charges on one offer.
async fn order(client: &Client<'_>, id: &str) -> Result<Look, ProviderError> {
    let Some(order) = client.find::<MerchantOrder>(&["merchant_orders", id]).await? else {
        return Ok(Look { offer: None, charges: Vec::new() });
    };
    let mut named = Vec::new();
    for of_it in &order.payments {
        named.extend(payment(client, &of_it.id.0).await?);
    }
    match order.preference_id.as_deref().filter(|id| !id.is_empty()) {
        Some(preference) => offer(client, preference, named).await,
        None => {
            let mut charges = Vec::new();
            for payment in &named {
                charges.push(charge(client, payment, None).await?);
            }
            Ok(Look { offer: None, charges })
        }
    }
}

async fn disputed(client: &Client<'_>, id: &str) -> Result<Look, ProviderError> {
    let found: Option<Chargeback> = client.find(&["v1", "chargebacks", id]).await?;
    let mut charges = Vec::new();
    if let Some(chargeback) = &found {
        for of_it in &chargeback.payments {
            if let Some(payment) = payment(client, &of_it.0).await? {
                charges.push(charge(client, &payment, Some(chargeback)).await?);
            }
        }
    }
    Ok(Look { offer: None, charges })
}

async fn payment(client: &Client<'_>, id: &str) -> Result<Option<Payment>, ProviderError> {
    client.find(&["v1", "payments", id]).await
}

/// Every payment that names the request.
pub(super) async fn of_request(
    client: &Client<'_>,
    reference: Option<&str>,
) -> Result<Vec<Payment>, ProviderError> {
    /// Far beyond what one page collects; an end even if the answers make no sense.
    const MOST: usize = 500;
    let Some(reference) = reference.filter(|reference| !reference.is_empty()) else { return Ok(Vec::new()) };
    let wanted = [("external_reference", reference), ("sort", "date_created"), ("criteria", "asc")];
    let mut all = Vec::new();
    while all.len() < MOST {
        let (page, more) = client.search(&wanted, all.len()).await?;
        all.extend(page);
        if !more {
            break;
        }
    }
    Ok(all)
}

/// Searches may leave out refunds: those are asked for.
async fn charge(
    client: &Client<'_>,
    payment: &Payment,
    chargeback: Option<&Chargeback>,
) -> Result<Charge, ProviderError> {
    let mut refunds = Vec::new();
    if payment.refunds.is_empty() && seen::is_refunded(payment) {
        let path = ["v1", "payments", payment.id.0.as_str(), "refunds"];
        refunds = client.find::<Vec<PaymentRefund>>(&path).await?.unwrap_or_default();
    }
    let refunds = if refunds.is_empty() { &payment.refunds } else { &refunds };
    seen::charge(payment, refunds, chargeback).map_err(unreadable)
}

fn unreadable(error: SeenError) -> ProviderError {
    ProviderError::Refused { code: "amount_unreadable".to_owned(), detail: error.to_string() }
}

/// Payments that were made or changed since then, by when they were made: that order does not move while pages are turned, so none is
/// passed over. One that changes meanwhile may come twice, or with the next list.
pub(super) async fn charges(
    client: &Client<'_>,
    since: DateTime<Utc>,
    cursor: Option<&str>,
) -> Result<Charges, ProviderError> {
    let offset = cursor.map_or(Ok(0), str::parse::<usize>).map_err(|_| ProviderError::Refused {
        code: "cursor_invalid".to_owned(),
        detail: "The cursor is none of Mercado Pago's.".to_owned(),
    })?;
    let begin = Moment(since).text();
    let wanted = [
        ("range", "date_last_updated"),
        ("begin_date", begin.as_str()),
        ("end_date", "NOW"),
        ("sort", "date_created"),
        ("criteria", "asc"),
    ];
    let (page, more) = client.search(&wanted, offset).await?;
    let mut charges = Vec::with_capacity(page.len());
    for payment in &page {
        match charge(client, payment, None).await {
            Ok(charge) => charges.push(charge),
            // Of a currency that we do not know: nothing was asked for in it here.
            Err(ProviderError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Charges { charges, next: more.then(|| (offset + page.len()).to_string()) })
}

/// Refunds carry no word of ours: the key alone makes a repetition the same refund, and its answer says which one it is.
pub(super) async fn refund(client: &Client<'_>, refund: &Refund) -> Result<Refunded, ProviderError> {
    let path = ["v1", "payments", refund.charge.as_str(), "refunds"];
    let body = NewRefund { amount: Number::of(refund.amount) };
    let made: PaymentRefund = client.write(Verb::POST, &path, &refund.id.to_string(), &body).await?;
    let read = seen::refund(&made, refund.amount.currency)
        .map_err(|error| ProviderError::Unknown(error.to_string()))?;
    Ok(Refunded { request: Some(refund.id), ..read })
}

pub(super) fn request(payment: &Payment) -> Option<Uuid> {
    let named = payment.metadata.as_ref().and_then(|metadata| metadata.switchboard_payment.as_deref());
    payment.external_reference.as_deref().and_then(|id| id.parse().ok()).or_else(|| named?.parse().ok())
}
