//! The payer's bank wants the money back, and how that ends.

use serde_json::{Value, json};

use super::{
    books::{Account, new_id, now, number, text},
    charges, lists,
    refused::Refused,
};

/// Days in which evidence is taken, and what a dispute costs.
const DAYS: i64 = 9;
const FEE: i64 = 5500;

pub(super) fn open(account: &mut Account, about: &str) -> Result<String, &'static str> {
    let charge = charges::of(account, about).ok_or("nothing was paid")?;
    let charge_id = text(&charge, "id");
    if charge["disputed"] == true {
        return Err("it is disputed already");
    }
    let amount = number(&charge, "amount_captured") - number(&charge, "amount_refunded");
    if amount == 0 {
        return Err("all of it was given back");
    }
    let id = new_id(if charge_id.starts_with("py_") { "du_1" } else { "dp_1" }, 23);
    account.add(json!({
        "id": id, "object": "dispute", "amount": amount, "balance_transactions": [], "charge": charge_id, "created": now(),
        "currency": charge["currency"], "enhanced_eligibility_types": [], "evidence": {},
        "evidence_details": {
            "due_by": now() + DAYS * 86_400, "enhanced_eligibility": {}, "has_evidence": false, "past_due": false, "submission_count": 0,
        },
        "is_charge_refundable": false, "livemode": false, "metadata": {}, "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "type": "card", "card": { "brand": "visa", "case_type": "chargeback", "network_reason_code": "13.1" },
        },
        "reason": "product_not_received", "status": "needs_response",
    }));
    let line = charges::transaction(account, "adjustment", &id, -amount, FEE);
    let lines = json!({ "balance_transactions": [account.get(&line)] });
    account.set(charge_id, json!({ "disputed": true }));
    account.tell("charge.dispute.created", &id);
    let before = account.set(&id, lines);
    account.tell_with("charge.dispute.funds_withdrawn", &id, Some(before));
    Ok(id)
}

/// `about` is the dispute, its charge or its intent.
pub(super) fn close(account: &mut Account, about: &str, won: bool) -> Result<String, &'static str> {
    let of_it =
        |one: &&Value| [&one["id"], &one["charge"], &one["payment_intent"]].iter().any(|id| **id == about);
    let dispute = account.all("dispute").find(of_it).cloned().ok_or("there is no dispute")?;
    if matches!(text(&dispute, "status"), "won" | "lost") {
        return Err("the dispute has ended already");
    }
    let id = text(&dispute, "id").to_owned();
    let before = account.set(&id, json!({ "status": if won { "won" } else { "lost" } }));
    account.tell_with("charge.dispute.closed", &id, Some(before));
    if won {
        let line = charges::transaction(account, "adjustment", &id, number(&dispute, "amount"), 0);
        let mut lines = dispute["balance_transactions"].as_array().cloned().unwrap_or_default();
        lines.extend(account.get(&line).cloned());
        let before = account.set(&id, json!({ "balance_transactions": lines }));
        account.tell_with("charge.dispute.funds_reinstated", &id, Some(before));
    }
    Ok(id)
}

pub(super) fn retrieve(account: &mut Account, id: &str) -> Result<Value, Refused> {
    account.get_as("dispute", id).cloned().ok_or_else(|| Refused::no_such("dispute", id, "dispute"))
}

pub(super) fn list(account: &mut Account, form: &Value) -> Result<Value, Refused> {
    lists::page(account, "dispute", "/v1/disputes", form, &["payment_intent", "charge"])
}
