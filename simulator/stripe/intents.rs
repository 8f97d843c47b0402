//! Payment intents: `POST /v1/payment_intents`, made by the hub for a Pix code, or by a checkout session when its payer begins.

use serde_json::{Value, json};

use super::{
    books::{Account, new_id, now, text, with_nulls},
    form, lists, money,
    refused::Refused,
};
use crate::cashier::pix;

pub(super) const TAKES: &[&str] = &[
    "amount",
    "currency",
    "confirm",
    "description",
    "receipt_email",
    "capture_method",
    "return_url",
    "metadata[*]",
    "payment_method_types[#]",
    "payment_method_data[type]",
    "payment_method_data[billing_details][name]",
    "payment_method_data[billing_details][email]",
    "payment_method_data[billing_details][tax_id]",
    "payment_method_options[pix][expires_after_seconds]",
    "payment_method_options[pix][expires_at]",
    "automatic_payment_methods[enabled]",
    "expand[#]",
];
const PIX_SECONDS: i64 = 24 * 60 * 60;

pub(super) fn create(account: &mut Account, form: &Value) -> Result<Value, Refused> {
    let amount = form::integer(form, "amount")?.ok_or_else(|| Refused::missing("amount"))?;
    let currency = money::currency(form, "currency")?.to_ascii_lowercase();
    money::chargeable(amount, &currency, "amount")?;
    let means = money::means(form, &currency)?;
    form::word(form, "capture_method", &["automatic", "automatic_async"])?;
    let confirm = form::word(form, "confirm", &["true", "false"])? == Some("true");
    let given = form::text(form, "payment_method_data[type]")?;
    let expires_at = pix_expiry(form)?;
    let metadata = form::metadata(form, "metadata")?;
    if confirm && given != Some("pix") {
        let said = "The played Stripe confirms intents on its pages, except those of Pix: give payment_method_data[type]=pix";
        return Err(Refused::invalid("confirm", said.to_owned()));
    }
    if given.is_some_and(|given| !means.iter().any(|one| one == given)) {
        let said = "The payment method type given is not among `payment_method_types`.".to_owned();
        return Err(Refused::invalid("payment_method_data[type]", said));
    }
    let said = json!({
        "description": form::text(form, "description")?, "receipt_email": form::text(form, "receipt_email")?, "metadata": metadata,
        "payer": form::find(form, "payment_method_data[billing_details]"),
    });
    let id = begin(account, amount, &currency, &means, &said);
    account.said.insert(id.clone(), said);
    if confirm {
        show_pix(account, &id, expires_at);
    }
    retrieve(account, &id)
}

fn pix_expiry(form: &Value) -> Result<i64, Refused> {
    let seconds = form::integer(form, "payment_method_options[pix][expires_after_seconds]")?;
    let at = form::integer(form, "payment_method_options[pix][expires_at]")?;
    let name = if at.is_some() { "expires_at" } else { "expires_after_seconds" };
    let name = format!("payment_method_options[pix][{name}]");
    let left = at.map(|at| at - now()).or(seconds).unwrap_or(PIX_SECONDS);
    // Pix codes live from ten seconds to a fortnight.
    if !(10..=1_209_600).contains(&left) {
        return Err(Refused::invalid(&name, "Pix codes expire after 10 to 1209600 seconds.".to_owned()));
    }
    Ok(now() + left)
}

/// A new one, as yet without a way to pay it. `said` has `description`, `receipt_email` and `metadata`.
pub(super) fn begin(
    account: &mut Account,
    amount: i64,
    currency: &str,
    means: &[String],
    said: &Value,
) -> String {
    let id = new_id("pi_3", 23);
    account.add(with_nulls(json!({
        "id": id, "object": "payment_intent", "amount": amount, "amount_capturable": 0, "amount_details": { "tip": {} },
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": format!("{id}_secret_{}", new_id("", 25)), "confirmation_method": "automatic", "created": now(),
        "currency": currency, "description": said["description"],
        "livemode": false, "metadata": said["metadata"],
        "payment_method_options": {}, "payment_method_types": means, "receipt_email": said["receipt_email"],

        "status": "requires_payment_method",
    }), &["application", "application_fee_amount", "automatic_payment_methods", "canceled_at", "cancellation_reason", "customer", "last_payment_error", "latest_charge", "next_action", "on_behalf_of", "payment_method", "processing", "review", "setup_future_usage", "shipping", "source", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group"]));
    account.tell("payment_intent.created", &id);
    id
}

fn show_pix(account: &mut Account, id: &str, expires_at: i64) {
    let page = format!("{}/payment_methods/instructions/{id}", account.base_url);
    let amount = account.get(id).and_then(|intent| intent["amount"].as_i64()).unwrap_or_default();
    let code = pix::code(&format!("qr.stripe.example/pix/{}", &id[3..]), amount, &account.name, "Sao Paulo");
    let shown = json!({
        "data": code, "expires_at": expires_at, "hosted_instructions_url": page,
        "image_url_png": format!("{page}.png"), "image_url_svg": format!("{page}.svg"),
    });
    let next = json!({ "type": "pix_display_qr_code", "pix_display_qr_code": shown });
    let method = new_id("pm_1", 23);
    account.set(id, json!({ "status": "requires_action", "next_action": next, "payment_method": method }));
    account.tell("payment_intent.requires_action", id);
}

pub(super) fn retrieve(account: &mut Account, id: &str) -> Result<Value, Refused> {
    let found = account.get_as("payment_intent", id).cloned();
    found.ok_or_else(|| Refused::no_such("payment_intent", id, "intent"))
}

pub(super) fn list(account: &mut Account, form: &Value) -> Result<Value, Refused> {
    lists::page(account, "payment_intent", "/v1/payment_intents", form, &["customer"])
}

pub(super) fn cancel(account: &mut Account, id: &str, form: &Value) -> Result<Value, Refused> {
    let reasons = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];
    let reason = form::word(form, "cancellation_reason", &reasons)?;
    let intent = retrieve(account, id)?;
    let status = text(&intent, "status");
    if matches!(status, "succeeded" | "canceled") {
        let said = format!(
            "You cannot cancel this PaymentIntent because it has a status of {status}. Only a PaymentIntent with one of the following statuses \
             may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing."
        );
        return Err(Refused::state(Some("payment_intent_unexpected_state"), said));
    }
    if account.all("checkout.session").any(|one| one["payment_intent"] == id && one["status"] == "open") {
        let said = "You cannot cancel a PaymentIntent that was created by a Checkout Session: expire the session instead.";
        return Err(Refused::state(None, said.to_owned()));
    }
    void(account, id, reason.unwrap_or_default());
    retrieve(account, id)
}

pub(super) fn void(account: &mut Account, id: &str, reason: &str) {
    let reason = (!reason.is_empty()).then_some(reason);
    let fields = json!({
        "status": "canceled", "canceled_at": now(), "cancellation_reason": reason, "next_action": null,
    });
    account.set(id, fields);
    account.tell("payment_intent.canceled", id);
}

/// A Pix code whose time is over.
pub(super) fn lapse(account: &mut Account, id: &str) {
    let error = json!({
        "type": "invalid_request_error", "code": "payment_intent_payment_attempt_expired",
        "message": "The payment attempt for this PaymentIntent has expired. You can provide a new payment method and try to confirm again.",
    });
    let fields = json!({
        "status": "requires_payment_method", "next_action": null, "payment_method": null, "last_payment_error": error,
    });
    account.set(id, fields);
    account.tell("payment_intent.payment_failed", id);
}

pub(super) fn lapse_overdue(account: &mut Account) {
    let now = now();
    let over = |one: &&Value| {
        one["status"] == "requires_action"
            && one["next_action"]["pix_display_qr_code"]["expires_at"].as_i64().is_some_and(|at| at <= now)
    };
    let overdue: Vec<_> =
        account.all("payment_intent").filter(over).map(|one| text(one, "id").to_owned()).collect();
    for id in overdue {
        lapse(account, &id);
    }
}
