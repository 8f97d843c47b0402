//! Payments and their refunds: `/v1/payments`.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    books::{Account, Payment, Refund, new_number},
    decimal,
    preferences::CURRENCY,
    refused::Refused,
    view,
};
use crate::cashier::{amount::digits, pix, qr};

/// Hours that a Pix code lives, and days that a boleto does.
const PIX_HOURS: i64 = 24;
const BOLETO_DAYS: i64 = 3;
/// Days after which nothing is given back.
const REFUND_DAYS: i64 = 180;

/// A payment that the hub makes itself.
pub(super) fn create(account: &mut Account, body: &Value) -> Result<Value, Refused> {
    let parts = digits(CURRENCY);
    let amount = decimal::minor(&body["transaction_amount"], parts).filter(|amount| *amount > 0);
    let amount = amount.ok_or_else(|| Refused::bad(4037, "Invalid transaction_amount"))?;
    let method = match body["payment_method_id"].as_str() {
        Some(method @ ("pix" | "bolbradesco")) => method,
        Some(_) => return Err(Refused::bad(2006, "Card Token not found")),
        None => return Err(Refused::bad(1, "payment_method_id is required")),
    };
    let payer = &body["payer"];
    if !payer["email"].as_str().is_some_and(|email| email.contains('@')) {
        return Err(Refused::bad(4050, "payer.email must be a valid email"));
    }
    let named = ["first_name", "last_name"].iter().all(|name| payer[name].is_string());
    if method == "bolbradesco" && !(named && payer["identification"].is_object()) {
        return Err(Refused::bad(
            4051,
            "payer.first_name, payer.last_name and payer.identification are required",
        ));
    }
    let expires = match body["date_of_expiration"].as_str() {
        None => None,
        Some(text) => match DateTime::parse_from_rfc3339(text) {
            Ok(at) if at > Utc::now() => Some(at.to_utc()),
            _ => return Err(Refused::bad(4020, "Invalid date_of_expiration")),
        },
    };
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let made = Made {
        preference: None,
        amount,
        method,
        description: text("description"),
        external_reference: text("external_reference"),
        metadata: body["metadata"].clone(),
        notification_url: text("notification_url"),
        payer: payer.clone(),
        expires,
    };
    let id = add(account, made);
    show(account, id)
}

/// What a new payment is made of.
pub(super) struct Made<'a> {
    pub(super) preference: Option<(String, i64)>,
    pub(super) amount: i64,
    pub(super) method: &'a str,
    pub(super) description: Option<String>,
    pub(super) external_reference: Option<String>,
    pub(super) metadata: Value,
    pub(super) notification_url: Option<String>,
    pub(super) payer: Value,
    pub(super) expires: Option<DateTime<Utc>>,
}

/// Waits to be paid; it is told of.
pub(super) fn add(account: &mut Account, made: Made<'_>) -> i64 {
    let (id, now) = (new_number(), Utc::now());
    let lives = match made.method {
        "pix" => Some(TimeDelta::hours(PIX_HOURS)),
        "bolbradesco" => Some(TimeDelta::days(BOLETO_DAYS)),
        _ => None,
    };
    let location = format!("qr.mercadopago.example/pix/{id}");
    let code = (made.method == "pix").then(|| pix::code(&location, made.amount, &account.name, "Sao Paulo"));
    let (preference, order) = made.preference.unzip();
    let payment = Payment {
        id,
        preference,
        order,
        status: "pending",
        detail: if made.method == "pix" { "pending_waiting_transfer" } else { "pending_waiting_payment" },
        amount: made.amount,
        currency: CURRENCY.to_owned(),
        method: made.method.to_owned(),
        description: made.description,
        external_reference: made.external_reference,
        metadata: made.metadata,
        notification_url: made.notification_url,
        payer: made.payer,
        created: now,
        updated: now,
        approved: None,
        expires: made.expires.or(lives.map(|lives| now + lives)),
        picture: code.as_deref().map(|code| STANDARD.encode(qr::png(code))),
        code,
        refunds: vec![],
        unseen: account.unseen,
    };
    account.payments.insert(id, payment);
    account.tell(id, "payment.created");
    id
}

pub(super) fn find(account: &Account, id: &str) -> Result<i64, Refused> {
    let found = id.parse().ok().filter(|id: &i64| account.payments.contains_key(id));
    found.ok_or_else(|| Refused::new(404, "not_found", "Payment not found"))
}

fn show(account: &Account, id: i64) -> Result<Value, Refused> {
    let found = account.payments.get(&id).map(|one| view::payment(account, one));
    found.ok_or_else(|| Refused::not_found("Payment not found"))
}

pub(super) fn get(account: &mut Account, id: &str) -> Result<Value, Refused> {
    let id = find(account, id)?;
    let seen = account.payments.get_mut(&id).is_none_or(|one| {
        let unseen = one.unseen > 0;
        one.unseen = one.unseen.saturating_sub(1);
        !unseen
    });
    if seen { show(account, id) } else { Err(Refused::not_found("Payment not found")) }
}

/// Only cancelling.
pub(super) fn update(account: &mut Account, id: &str, body: &Value) -> Result<Value, Refused> {
    let id = find(account, id)?;
    if body["status"] != "cancelled" {
        return Err(Refused::bad(2007, "The status cannot be changed to that"));
    }
    let status = account.payments.get(&id).map_or("", |one| one.status);
    if !matches!(status, "pending" | "in_process" | "authorized") {
        return Err(Refused::bad(2018, format!("The payment cannot be cancelled: its status is {status}")));
    }
    account.change(id, |one| (one.status, one.detail) = ("cancelled", "by_collector"));
    show(account, id)
}

pub(super) fn refund(account: &mut Account, id: &str, body: &Value) -> Result<Value, Refused> {
    let id = find(account, id)?;
    let parts = digits(CURRENCY);
    let amount = match &body["amount"] {
        Value::Null => None,
        given => {
            let amount = decimal::minor(given, parts).filter(|amount| *amount > 0);
            Some(amount.ok_or_else(|| Refused::bad(4040, "Invalid refund amount"))?)
        }
    };
    let refund = give_back(account, id, amount)?;
    one_refund(account, &id.to_string(), &refund.to_string())
}

pub(super) fn give_back(account: &mut Account, id: i64, amount: Option<i64>) -> Result<i64, Refused> {
    let slow = account.slow_refunds;
    let payment = account.payments.get(&id).ok_or_else(|| Refused::not_found("Payment not found"))?;
    let age = payment.approved.map(|at| Utc::now() - at);
    if payment.status != "approved" || age.is_none_or(|age| age > TimeDelta::days(REFUND_DAYS)) {
        return Err(Refused::bad(2063, "The action requested is not valid for the current payment state"));
    }
    let left = payment.amount - payment.refunded();
    let amount = amount.unwrap_or(left);
    if amount > left || amount == 0 {
        return Err(Refused::bad(2017, "The amount to refund exceeds the payment's amount"));
    }
    let refund = Refund {
        id: new_number(),
        amount,
        status: if slow { "in_process" } else { "approved" },
        created: Utc::now(),
    };
    let number = refund.id;
    account.change(id, |one| {
        one.refunds.push(refund);
        recount(one);
    });
    Ok(number)
}

/// The payer's bank has it, or sends it back.
pub(super) fn end_refund(account: &mut Account, refund: &str, arrives: bool) -> Option<i64> {
    let of_it = |one: &Refund| one.id.to_string() == refund;
    let id = account.payments.values().find(|one| one.refunds.iter().any(of_it))?.id;
    account.change(id, |one| {
        if let Some(refund) = one.refunds.iter_mut().find(|one| of_it(one)) {
            refund.status = if arrives { "approved" } else { "rejected" };
        }
        recount(one);
    });
    refund.parse().ok()
}

/// A payment of which a part was given back is approved still.
fn recount(one: &mut Payment) {
    let done: i64 = one.refunds.iter().filter(|one| one.status == "approved").map(|one| one.amount).sum();
    (one.status, one.detail) = match done {
        0 => ("approved", "accredited"),
        done if done < one.amount => ("approved", "partially_refunded"),
        _ => ("refunded", "refunded"),
    };
}

pub(super) fn refunds(account: &mut Account, id: &str) -> Result<Value, Refused> {
    let id = find(account, id)?;
    let Some(payment) = account.payments.get(&id) else { return Ok(json!([])) };
    Ok(payment.refunds.iter().map(|one| view::refund(account, payment, one)).collect())
}

pub(super) fn one_refund(account: &mut Account, id: &str, refund: &str) -> Result<Value, Refused> {
    let id = find(account, id)?;
    let found = account.payments.get(&id).and_then(|payment| {
        let one = payment.refunds.iter().find(|one| one.id.to_string() == refund)?;
        Some(view::refund(account, payment, one))
    });
    found.ok_or_else(|| Refused::not_found("Refund not found"))
}

/// Codes and boletos whose time is over.
pub(super) fn end_overdue(account: &mut Account) {
    let now = Utc::now();
    let over = |one: &&Payment| one.status == "pending" && one.expires.is_some_and(|at| at <= now);
    let overdue: Vec<_> = account.payments.values().filter(over).map(|one| one.id).collect();
    for id in overdue {
        account.change(id, |one| (one.status, one.detail) = ("cancelled", "expired"));
    }
}
