//! Money taken: a charge with its balance transaction, and what becomes of intent and session.

use serde_json::{Value, json};

use super::{
    books::{Account, new_id, now, number, text, with_nulls},
    lists, money,
    refused::Refused,
};

/// Who pays, as pages and sales know them.
pub(super) struct Payer {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
}

pub(super) fn retrieve(account: &mut Account, id: &str) -> Result<Value, Refused> {
    account.get_as("charge", id).cloned().ok_or_else(|| Refused::no_such("charge", id, "id"))
}

pub(super) fn list(account: &mut Account, form: &Value) -> Result<Value, Refused> {
    lists::page(account, "charge", "/v1/charges", form, &["payment_intent", "customer"])
}

/// The intent's money is taken: the charge's id.
pub(super) fn take(account: &mut Account, intent: &str, means: &str, payer: &Payer) -> String {
    let id = add(account, intent, means, payer, None);
    let amount = account.get(&id).map_or(0, |charge| number(charge, "amount"));
    let transaction = transaction(account, "charge", &id, amount, money::fee(means, amount));
    account.set(&id, json!({ "balance_transaction": transaction }));
    let method = account.get(&id).map(|charge| charge["payment_method"].clone());
    let fields = json!({
        "status": "succeeded", "amount_received": amount, "latest_charge": id, "next_action": null, "last_payment_error": null,
        "payment_method": method,
    });
    account.set(intent, fields);
    account.tell("charge.succeeded", &id);
    account.tell("payment_intent.succeeded", intent);
    id
}

/// The bank says no: the intent waits for another card.
pub(super) fn decline(account: &mut Account, intent: &str, payer: &Payer) -> String {
    let id = add(account, intent, "card", payer, Some("insufficient_funds"));
    let error = json!({
        "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "charge": id,
        "message": "Your card has insufficient funds.", "doc_url": "https://stripe.com/docs/error-codes/card-declined",
    });
    let fields = json!({
        "status": "requires_payment_method", "last_payment_error": error, "latest_charge": id, "payment_method": null,
    });
    account.set(intent, fields);
    account.tell("charge.failed", &id);
    account.tell("payment_intent.payment_failed", intent);
    id
}

fn add(account: &mut Account, intent: &str, means: &str, payer: &Payer, failure: Option<&str>) -> String {
    let id = new_id(if means == "card" { "ch_3" } else { "py_3" }, 23);
    let about = account.get(intent).cloned().unwrap_or_default();
    let paid = failure.is_none();
    let amount = number(&about, "amount");
    let outcome = json!({
        "type": if paid { "authorized" } else { "issuer_declined" }, "reason": failure, "risk_level": "normal",
        "network_status": if paid { "approved_by_network" } else { "declined_by_network" },
        "seller_message": if paid { "Payment complete." } else { "The bank returned the decline code `insufficient_funds`." },
    });
    account.add(with_nulls(json!({
        "id": id, "object": "charge", "amount": amount, "amount_captured": if paid { amount } else { 0 }, "amount_refunded": 0,
        "billing_details": { "address": null, "email": payer.email, "name": payer.name, "phone": null, "tax_id": null },
        "calculated_statement_descriptor": "SWITCHBOARD", "captured": paid, "created": now(), "currency": about["currency"],
        "description": about["description"], "disputed": false,
        "failure_code": failure.map(|_| "card_declined"), "failure_message": failure.map(|_| "Your card has insufficient funds."),
        "fraud_details": {}, "livemode": false, "metadata": about["metadata"], "outcome": outcome, "paid": paid,
        "payment_intent": intent, "payment_method": new_id("pm_1", 23), "payment_method_details": details(means),
        "receipt_email": about["receipt_email"],
        "receipt_url": paid.then(|| format!("{}/receipts/payment/{id}", account.base_url)), "refunded": false,
        "status": if paid { "succeeded" } else { "failed" },
    }), &["application", "application_fee", "application_fee_amount", "balance_transaction", "customer", "failure_balance_transaction", "on_behalf_of", "receipt_number", "review", "shipping", "source", "source_transfer", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group"]));
    id
}

fn details(means: &str) -> Value {
    match means {
        "pix" => json!({ "type": "pix", "pix": { "bank_transaction_id": new_id("E", 31) } }),
        "boleto" => json!({ "type": "boleto", "boleto": { "tax_id": "00000000000" } }),
        _ => json!({
            "type": "card",
            "card": {
                "brand": "visa", "country": "BR", "exp_month": 12, "exp_year": 2030, "funding": "credit", "last4": "4242",
                "network": "visa", "three_d_secure": null, "wallet": null,
            },
        }),
    }
}

/// A line in the account's balance: its id. `amount` before the fee; money that leaves is negative.
pub(super) fn transaction(account: &mut Account, kind: &str, source: &str, amount: i64, fee: i64) -> String {
    let id = new_id("txn_3", 23);
    let currency = account.get(source).map(|source| source["currency"].clone());
    let details = json!({
        "amount": fee, "application": null, "currency": currency, "description": "Stripe processing fees", "type": "stripe_fee",
    });
    let details = if fee == 0 { vec![] } else { vec![details] };
    account.add(json!({
        "id": id, "object": "balance_transaction", "amount": amount, "available_on": now() + 2 * 86_400, "created": now(),
        "currency": currency, "description": null, "exchange_rate": null, "fee": fee, "fee_details": details, "net": amount - fee,
        "reporting_category": kind, "source": source, "status": "pending", "type": kind,
    }));
    id
}

/// By an intent's id or its own.
pub(super) fn of(account: &Account, id: &str) -> Option<Value> {
    match account.get(id) {
        Some(intent) if intent["object"] == "payment_intent" => {
            account.get(text(intent, "latest_charge")).filter(|charge| charge["paid"] == true).cloned()
        }
        found => found.filter(|found| found["object"] == "charge").cloned(),
    }
}
