//! Everything as the API shows it.

use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::{
    books::{Account, Chargeback, Payment, Preference, Refund, date},
    decimal::number,
};
use crate::cashier::amount::digits;

/// What is printed on every boleto here.
pub(super) const LINE: &str = "23791.11103 60000.000103 01000.222206 1 00000000000000";

pub(super) fn preference(account: &Account, one: &Preference) -> Value {
    let mut shown = json!({
        "id": one.id, "client_id": "7712345678901234", "collector_id": account.id, "date_created": date(one.created), "site_id": "MLB",
        "operation_type": "regular_payment", "init_point": page(account, one), "sandbox_init_point": page(account, one),
        "additional_info": "", "auto_return": "", "back_urls": { "failure": "", "pending": "", "success": "" },
        "binary_mode": false, "expires": false, "expiration_date_from": null, "expiration_date_to": null, "date_of_expiration": null,
        "external_reference": "", "marketplace": "NONE", "marketplace_fee": 0, "metadata": {}, "notification_url": null,
        "payment_methods": { "excluded_payment_methods": [], "excluded_payment_types": [], "installments": null },
        "statement_descriptor": null, "total_amount": null, "last_updated": null,
    });
    if let Value::Object(said) = &one.said {
        for (name, value) in said {
            shown[name] = value.clone();
        }
    }
    let parts = digits(&one.currency);
    for item in shown["items"].as_array_mut().into_iter().flatten() {
        if let Some(price) = super::decimal::minor(&item["unit_price"], parts) {
            item["unit_price"] = number(price, parts);
        }
    }
    shown
}

pub(super) fn page(account: &Account, one: &Preference) -> String {
    format!("{}/checkout/v1/redirect?pref_id={}", account.base_url, one.id)
}

pub(super) fn ticket(account: &Account, payment: i64) -> String {
    format!("{}/payments/{payment}/ticket", account.base_url)
}

pub(super) fn payment(account: &Account, one: &Payment) -> Value {
    let amount = |minor| number(minor, one.digits());
    let fee = one.fee();
    let fees = match fee {
        0 => vec![],
        fee => vec![json!({ "type": "mercadopago_fee", "amount": amount(fee), "fee_payer": "collector" })],
    };
    let paid = one.approved.is_some();
    let refunded: i64 = one.refunds.iter().filter(|one| one.status == "approved").map(|one| one.amount).sum();
    let pix = one.code.as_ref().map(|code| {
        json!({
            "type": "OPENPLATFORM",
            "transaction_data": {
                "qr_code": code, "qr_code_base64": one.picture, "ticket_url": ticket(account, one.id),
            },
        })
    });
    let boleto = (one.kind() == "ticket").then(|| ticket(account, one.id));
    let line = boleto.as_ref().map(|_| LINE);
    json!({
        "id": one.id, "status": one.status, "status_detail": one.detail, "transaction_amount": amount(one.amount),
        "transaction_amount_refunded": amount(refunded), "currency_id": one.currency, "payment_method_id": one.method,
        "payment_type_id": one.kind(), "external_reference": one.external_reference, "metadata": snake(&one.metadata),
        "description": one.description, "collector_id": account.id, "operation_type": "regular_payment", "live_mode": false,
        "captured": true, "installments": 1, "date_created": date(one.created), "date_approved": one.approved.map(date),
        "date_last_updated": date(one.updated), "date_of_expiration": one.expires.map(date),
        "money_release_date": one.approved.map(|at| date(at + TimeDelta::days(14))), "notification_url": one.notification_url,
        "order": one.order.map(|id| json!({ "id": id.to_string(), "type": "mercadopago" })), "payer": one.payer,
        "refunds": one.refunds.iter().map(|refund| self::refund(account, one, refund)).collect::<Vec<_>>(), "fee_details": fees,
        "transaction_details": {
            "net_received_amount": amount(if paid { one.amount - fee } else { 0 }), "total_paid_amount": amount(one.amount),
            "overpaid_amount": 0, "installment_amount": 0, "external_resource_url": boleto, "digitable_line": line,
        },
        "point_of_interaction": pix.unwrap_or_else(|| json!({ "type": "CHECKOUT" })),
    })
}

/// Keys as the platform gives them back: `requestId` becomes `request_id`.
fn snake(metadata: &Value) -> Value {
    let Value::Object(map) = metadata else { return json!({}) };
    let snaked = |key: &String| {
        key.chars().fold(String::new(), |mut out, letter| {
            if letter.is_uppercase() && !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
            out.extend(letter.to_lowercase());
            out
        })
    };
    Value::Object(map.iter().map(|(key, value)| (snaked(key), value.clone())).collect::<Map<_, _>>())
}

pub(super) fn refund(account: &Account, payment: &Payment, one: &Refund) -> Value {
    let amount = number(one.amount, payment.digits());
    let source = json!({ "id": account.id.to_string(), "name": account.name, "type": "collector" });
    json!({
        "id": one.id, "payment_id": payment.id, "amount": amount, "metadata": {}, "source": source, "date_created": date(one.created),
        "unique_sequence_number": null, "refund_mode": "standard", "adjustment_amount": 0, "status": one.status, "reason": null,
        "amount_refunded_to_payer": amount, "labels": [], "partition_details": [],
    })
}

pub(super) fn order(account: &Account, preference: &Preference) -> Value {
    let parts = digits(&preference.currency);
    let payments: Vec<_> =
        account.payments_on(&preference.id).into_iter().filter_map(|id| account.payments.get(&id)).collect();
    let sum = |amount: fn(&Payment) -> i64| {
        number(payments.iter().filter(|one| one.approved.is_some()).map(|one| amount(one)).sum(), parts)
    };
    let paid: i64 = payments.iter().filter(|one| one.status == "approved").map(|one| one.amount).sum();
    let status = if payments.is_empty() { "opened" } else { "closed" };
    let standing = match (paid >= preference.amount, payments.is_empty()) {
        (true, _) => "paid",
        (false, true) => "payment_required",
        (false, false) => "payment_in_process",
    };
    let short = |one: &&Payment| {
        json!({
            "id": one.id, "transaction_amount": number(one.amount, parts), "total_paid_amount": number(one.amount, parts),
            "shipping_cost": 0, "currency_id": one.currency, "status": one.status, "status_detail": one.detail,
            "operation_type": "regular_payment", "date_approved": one.approved.map(date), "date_created": date(one.created),
            "last_modified": date(one.updated), "amount_refunded": number(one.refunded(), parts),
        })
    };
    json!({
        "id": preference.order, "status": status, "external_reference": preference.text("external_reference"),
        "preference_id": preference.id, "payments": payments.iter().map(short).collect::<Vec<_>>(), "shipments": [], "payouts": [],
        "collector": { "id": account.id }, "marketplace": "NONE", "notification_url": preference.text("notification_url"),
        "date_created": date(preference.created), "last_updated": date(chrono::Utc::now()), "shipping_cost": 0,
        "total_amount": number(preference.amount, parts), "site_id": "MLB", "paid_amount": sum(|one| one.amount),
        "refunded_amount": sum(Payment::refunded), "items": preference.said["items"], "cancelled": false,
        "order_status": standing,
    })
}

pub(super) fn chargeback(account: &Account, one: &Chargeback) -> Value {
    let currency = account.payments.get(&one.payment).map_or("BRL", |payment| payment.currency.as_str());
    json!({
        "id": one.id, "payments": [one.payment], "currency": currency, "amount": number(one.amount, digits(currency)),
        "coverage_applied": one.won, "coverage_eligible": true, "documentation_required": one.won.is_none(),
        "documentation_status": if one.won.is_none() { "pending" } else { "valid" }, "documentation": [],
        "date_documentation_deadline": date(one.created + TimeDelta::days(10)), "date_created": date(one.created),
        "date_last_updated": date(one.updated), "live_mode": false,
    })
}
