//! Money given back: `POST /v1/refunds`.

use serde_json::{Value, json};

use super::{
    books::{Account, new_id, now, number, text},
    charges, form, lists,
    refused::Refused,
};

pub(super) const TAKES: &[&str] =
    &["payment_intent", "charge", "amount", "reason", "metadata[*]", "instructions_email", "expand[#]"];

pub(super) fn create(account: &mut Account, form: &Value) -> Result<Value, Refused> {
    let intent = form::text(form, "payment_intent")?;
    let charge = form::text(form, "charge")?;
    let (id, param) = match (intent, charge) {
        (Some(intent), _) => (intent, "payment_intent"),
        (None, Some(charge)) => (charge, "charge"),
        (None, None) => {
            let said =
                "One of the following params should be provided for this request: payment_intent or charge.";
            return Err(Refused::coded("parameter_missing", "charge", said.to_owned()));
        }
    };
    let reason = form::word(form, "reason", &["duplicate", "fraudulent", "requested_by_customer"])?;
    let metadata = form::metadata(form, "metadata")?;
    let amount = form::integer(form, "amount")?;
    if account.get_as(param, id).is_none() {
        return Err(Refused::no_such(param, id, param));
    }
    let Some(charge) = charges::of(account, id) else {
        let said = format!("This PaymentIntent ({id}) does not have a successful charge to refund.");
        return Err(Refused::state(Some("payment_intent_unexpected_state"), said));
    };
    let refund = make(account, &charge, amount, reason, metadata)?;
    account.get(&refund).cloned().ok_or_else(|| Refused::no_such("refund", &refund, "id"))
}

pub(super) fn make(
    account: &mut Account,
    charge: &Value,
    amount: Option<i64>,
    reason: Option<&str>,
    metadata: Value,
) -> Result<String, Refused> {
    let charge_id = text(charge, "id");
    let left = number(charge, "amount_captured") - number(charge, "amount_refunded");
    if charge["disputed"] == true {
        let said = format!("Charge {charge_id} has been charged back; cannot issue a refund.");
        return Err(Refused::state(Some("charge_disputed"), said));
    }
    if left == 0 {
        let said = format!("Charge {charge_id} has already been refunded.");
        return Err(Refused::state(Some("charge_already_refunded"), said));
    }
    let amount = amount.unwrap_or(left);
    if amount < 1 {
        let said = "This value must be greater than or equal to 1.".to_owned();
        return Err(Refused::coded("parameter_invalid_integer", "amount", said));
    }
    if amount > left {
        let said = format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
        let mut refused = Refused::state(None, said);
        refused.error["param"] = json!("amount");
        return Err(refused);
    }
    let boleto = charge["payment_method_details"]["type"] == "boleto";
    let status = match (boleto, account.slow_refunds) {
        (true, _) => "requires_action",
        (false, true) => "pending",
        (false, false) => "succeeded",
    };
    let id = new_id(if charge_id.starts_with("py_") { "pyr_1" } else { "re_3" }, 23);
    account.add(json!({
        "id": id, "object": "refund", "amount": amount, "balance_transaction": null, "charge": charge_id, "created": now(),
        "currency": charge["currency"], "metadata": metadata, "payment_intent": charge["payment_intent"], "reason": reason,
        "receipt_number": null, "source_transfer_reversal": null, "status": status, "transfer_reversal": null,
        "destination_details": destination(charge),
    }));
    let transaction = charges::transaction(account, "refund", &id, -amount, 0);
    account.set(&id, json!({ "balance_transaction": transaction }));
    account.tell("refund.created", &id);
    let before = recount(account, charge_id);
    account.tell_with("charge.refunded", charge_id, Some(before));
    Ok(id)
}

fn destination(charge: &Value) -> Value {
    match charge["payment_method_details"]["type"].as_str() {
        Some("card") => json!({
            "type": "card",
            "card": { "type": "refund", "reference": "pending", "reference_status": "pending", "reference_type": "acquirer_reference_number" },
        }),
        Some("pix") => json!({ "type": "pix", "pix": {} }),
        _ => Value::Null,
    }
}

/// What the charge says of its refunds, from them; what it said before.
fn recount(account: &mut Account, charge: &str) -> Value {
    let counts = |refund: &&Value| {
        refund["charge"] == charge && !matches!(text(refund, "status"), "failed" | "canceled")
    };
    let refunded: i64 = account.all("refund").filter(counts).map(|refund| number(refund, "amount")).sum();
    let captured = account.get(charge).map_or(0, |charge| number(charge, "amount_captured"));
    let fields = json!({ "amount_refunded": refunded, "refunded": captured > 0 && refunded == captured });
    account.set(charge, fields)
}

/// The payer's bank has it, or sends it back.
pub(super) fn end(account: &mut Account, id: &str, arrives: bool) -> Result<(), &'static str> {
    let refund = account.get_as("refund", id).cloned().ok_or("no such refund")?;
    match (text(&refund, "status"), arrives) {
        ("pending" | "requires_action", true) => {
            let before = account.set(id, json!({ "status": "succeeded" }));
            account.tell_with("refund.updated", id, Some(before.clone()));
            account.tell_with("charge.refund.updated", id, Some(before));
        }
        ("pending" | "requires_action" | "succeeded", false) => {
            let transaction =
                charges::transaction(account, "refund_failure", id, number(&refund, "amount"), 0);
            let fields = json!({
                "status": "failed", "failure_reason": "expired_or_canceled_card", "failure_balance_transaction": transaction,
            });
            let before = account.set(id, fields);
            recount(account, text(&refund, "charge"));
            account.tell("refund.failed", id);
            account.tell_with("refund.updated", id, Some(before.clone()));
            account.tell_with("charge.refund.updated", id, Some(before));
        }
        _ => return Err("the refund has ended already"),
    }
    Ok(())
}

pub(super) fn retrieve(account: &mut Account, id: &str) -> Result<Value, Refused> {
    account.get_as("refund", id).cloned().ok_or_else(|| Refused::no_such("refund", id, "refund"))
}

pub(super) fn list(account: &mut Account, form: &Value) -> Result<Value, Refused> {
    lists::page(account, "refund", "/v1/refunds", form, &["payment_intent", "charge"])
}
