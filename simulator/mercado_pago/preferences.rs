//! Preferences: a link that is paid, possibly several times.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    books::{Account, Preference, new_number},
    decimal,
    refused::Refused,
    view,
};
use crate::cashier::amount::digits;

/// What accounts in Brazil sell in.
pub(super) const CURRENCY: &str = "BRL";
const MOST: i64 = 10_000_000_000;

pub(super) fn create(account: &mut Account, body: &Value) -> Result<Value, Refused> {
    if !body.is_object() {
        return Err(Refused::new(400, "invalid_json", "The body must be a JSON object."));
    }
    let (amount, currency) = amount(body)?;
    check(body)?;
    if until(body)?.is_some_and(|until| until <= Utc::now()) && body["expires"] == true {
        return Err(Refused::new(
            400,
            "invalid_expiration_date_to",
            "expiration_date_to must be a future date",
        ));
    }
    let made = Preference {
        id: format!("{}-{}", account.id, Uuid::new_v4()),
        said: body.clone(),
        amount,
        currency,
        created: Utc::now(),
        order: new_number(),
    };
    let shown = view::preference(account, &made);
    account.preferences.push(made);
    Ok(shown)
}

fn amount(body: &Value) -> Result<(i64, String), Refused> {
    let items = body["items"].as_array().filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| Refused::new(400, "invalid_items", "items needed"))?;
    let mut total: i64 = 0;
    for item in items {
        let title = item["title"].as_str().unwrap_or_default();
        if title.is_empty() || title.chars().count() > 256 {
            return Err(Refused::new(400, "invalid_items", "title invalid"));
        }
        let quantity = item["quantity"].as_i64().filter(|quantity| (1..=999_999).contains(quantity));
        let quantity = quantity.ok_or_else(|| Refused::new(400, "invalid_items", "quantity invalid"))?;
        let currency = item["currency_id"].as_str().unwrap_or(CURRENCY);
        if currency != CURRENCY {
            return Err(Refused::new(400, "invalid_items", "currency_id invalid"));
        }
        let price = decimal::minor(&item["unit_price"], digits(currency)).filter(|price| *price > 0);
        let price = price.ok_or_else(|| Refused::new(400, "invalid_items", "unit_price invalid"))?;
        total = total.saturating_add(price.saturating_mul(quantity));
    }
    if total > MOST {
        return Err(Refused::new(400, "invalid_items", "unit_price invalid: the amount is too large"));
    }
    Ok((total, CURRENCY.to_owned()))
}

/// Addresses, dates and lengths.
fn check(body: &Value) -> Result<(), Refused> {
    let success = &body["back_urls"]["success"];
    if body["auto_return"].is_string() && !success.as_str().is_some_and(secure) {
        let said = "auto_return invalid. back_url.success must be defined";
        return Err(Refused::new(400, "invalid_auto_return", said));
    }
    for address in
        [&body["notification_url"], success, &body["back_urls"]["pending"], &body["back_urls"]["failure"]]
    {
        let text = address.as_str().unwrap_or_default();
        if !text.is_empty() && (!text.starts_with("http") || Url::parse(text).is_err()) {
            return Err(Refused::new(400, "invalid_url", "notification_url or back_urls invalid"));
        }
    }
    if body["external_reference"].as_str().is_some_and(|text| text.len() > 256) {
        return Err(Refused::new(400, "invalid_external_reference", "external_reference invalid"));
    }
    for name in ["expiration_date_from", "expiration_date_to", "date_of_expiration"] {
        let text = body[name].as_str();
        if text.is_some_and(|text| DateTime::parse_from_rfc3339(text).is_err()) {
            return Err(Refused::new(400, "invalid_date", format!("{name} invalid")));
        }
    }
    Ok(())
}

/// Only https is returned to; the machine that the simulator runs on may do without.
fn secure(text: &str) -> bool {
    let url = Url::parse(text).ok();
    let local = |url: &Url| matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
    url.is_some_and(|url| url.scheme() == "https" || local(&url))
}

fn until(body: &Value) -> Result<Option<DateTime<Utc>>, Refused> {
    let text = body["expiration_date_to"].as_str();
    Ok(text.and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|at| at.to_utc()))
}

pub(super) fn get(account: &mut Account, id: &str) -> Result<Value, Refused> {
    let found = account.preference(id).ok_or_else(|| Refused::not_found("Preference not found"))?;
    Ok(view::preference(account, found))
}

/// Fields that are given replace those that were.
pub(super) fn update(account: &mut Account, id: &str, body: &Value) -> Result<Value, Refused> {
    let known = account.preference(id).ok_or_else(|| Refused::not_found("Preference not found"))?;
    let Value::Object(changes) = body else {
        return Err(Refused::new(400, "invalid_json", "The body must be a JSON object."));
    };
    let mut said = known.said.clone();
    for (name, value) in changes {
        if !matches!(
            name.as_str(),
            "id" | "collector_id" | "date_created" | "init_point" | "sandbox_init_point"
        ) {
            said[name] = value.clone();
        }
    }
    let (amount, currency) = amount(&said)?;
    check(&said)?;
    if let Some(known) = account.preferences.iter_mut().find(|one| one.id == id) {
        (known.said, known.amount, known.currency) = (said, amount, currency);
    }
    get(account, id)
}

pub(super) fn order(account: &mut Account, id: &str) -> Result<Value, Refused> {
    let found = account.preferences.iter().find(|one| one.order.to_string() == id);
    found.map(|one| view::order(account, one)).ok_or_else(|| Refused::not_found("Merchant order not found"))
}

pub(super) fn chargeback(account: &mut Account, id: &str) -> Result<Value, Refused> {
    let found = account.chargebacks.iter().find(|one| one.id == id);
    found.map(|one| view::chargeback(account, one)).ok_or_else(|| Refused::not_found("Chargeback not found"))
}

pub(super) fn chargebacks(account: &mut Account, query: &[(String, String)]) -> Result<Value, Refused> {
    let payment = query.iter().find(|(name, _)| name == "payment_id").map(|(_, value)| value.as_str());
    let of_it = |one: &&super::books::Chargeback| payment.is_none_or(|id| id == one.payment.to_string());
    let results: Vec<_> =
        account.chargebacks.iter().filter(of_it).map(|one| view::chargeback(account, one)).collect();
    let total = results.len();
    Ok(json!({ "paging": { "total": total, "limit": 50, "offset": 0 }, "results": results }))
}
