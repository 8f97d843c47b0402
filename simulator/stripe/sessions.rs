//! Checkout sessions: `POST /v1/checkout/sessions` and what follows from them.

use serde_json::{Value, json};
use url::Url;

use super::{
    books::{Account, new_id, now, number, text, with_nulls},
    form, intents, lists, money,
    refused::Refused,
};

pub(super) const TAKES: &[&str] = &[
    "mode",
    "ui_mode",
    "success_url",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "customer_creation",
    "locale",
    "submit_type",
    "expires_at",
    "metadata[*]",
    "payment_method_types[#]",
    "payment_intent_data[metadata][*]",
    "payment_intent_data[description]",
    "payment_intent_data[receipt_email]",
    "payment_intent_data[statement_descriptor_suffix]",
    "payment_method_options[boleto][expires_after_days]",
    "payment_method_options[pix][expires_after_seconds]",
    "after_expiration[recovery][enabled]",
    "line_items[#][quantity]",
    "line_items[#][price_data][currency]",
    "line_items[#][price_data][unit_amount]",
    "line_items[#][price_data][product_data][name]",
    "line_items[#][price_data][product_data][description]",
    "expand[#]",
];
const SHORTEST: i64 = 30 * 60;
const LONGEST: i64 = 24 * 60 * 60;

pub(super) fn create(account: &mut Account, form: &Value) -> Result<Value, Refused> {
    let mode = form::needed(form, "mode")?;
    if mode != "payment" {
        return Err(Refused::invalid(
            "mode",
            format!("The played Stripe sells once, and does not do mode={mode}"),
        ));
    }
    form::word(form, "ui_mode", &["hosted_page", "hosted"])?;
    form::word(form, "submit_type", &["auto", "book", "donate", "pay", "subscribe"])?;
    let success = address(form, "success_url")?.ok_or_else(|| Refused::missing("success_url"))?;
    let cancel = address(form, "cancel_url")?;
    let (items, currency, amount) = items(form)?;
    let means = money::means(form, &currency)?;
    let reference = form::text(form, "client_reference_id")?;
    if reference.is_some_and(|text| text.len() > 200) {
        return Err(Refused::invalid(
            "client_reference_id",
            "Invalid string: must be at most 200 characters".into(),
        ));
    }
    let email = form::text(form, "customer_email")?;
    if email.is_some_and(|email| !email.contains('@') || email.contains(char::is_whitespace)) {
        let said = format!("Invalid email address: {}", email.unwrap_or_default());
        return Err(Refused::coded("email_invalid", "customer_email", said));
    }
    let expires_at = expiry(form)?;
    let metadata = form::metadata(form, "metadata")?;
    let intent_metadata = form::metadata(form, "payment_intent_data[metadata]")?;
    let id = new_id("cs_test_a1", 56);
    let session = with_nulls(
        json!({
            "id": id, "object": "checkout.session", "amount_subtotal": amount,
            "amount_total": amount, "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
            "cancel_url": cancel, "client_reference_id": reference,
            "created": now(), "currency": currency, "custom_fields": [],
            "customer_creation": "if_required", "customer_email": email,
            "expires_at": expires_at, "livemode": false, "locale": form::text(form, "locale")?, "metadata": metadata,
            "mode": "payment", "payment_method_collection": "if_required",
            "payment_method_options": {}, "payment_method_types": means, "payment_status": "unpaid",
            "phone_number_collection": { "enabled": false },
            "shipping_options": [], "status": "open", "submit_type": form::text(form, "submit_type")?,
            "success_url": success,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 }, "ui_mode": "hosted_page",
            "url": format!("{}/c/pay/{id}", account.base_url),
        }),
        &[
            "after_expiration",
            "allow_promotion_codes",
            "billing_address_collection",
            "client_secret",
            "consent",
            "consent_collection",
            "customer",
            "customer_details",
            "invoice",
            "payment_intent",
            "payment_link",
            "recovered_from",
            "setup_intent",
            "shipping_address_collection",
            "shipping_cost",
            "subscription",
        ],
    );
    let said = json!({
        "items": items, "metadata": intent_metadata,
        "description": form::text(form, "payment_intent_data[description]")?,
        "receipt_email": form::text(form, "payment_intent_data[receipt_email]")?,
    });
    account.said.insert(id, said);
    account.add(session.clone());
    Ok(session)
}

/// Texts in templates such as `{CHECKOUT_SESSION_ID}` may stand in it.
fn address(form: &Value, name: &str) -> Result<Option<String>, Refused> {
    let Some(text) = form::text(form, name)? else { return Ok(None) };
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && text.len() <= 5000 => {
            Ok(Some(text.to_owned()))
        }
        _ => Err(Refused::coded("url_invalid", name, "Not a valid URL".to_owned())),
    }
}

fn expiry(form: &Value) -> Result<i64, Refused> {
    let now = now();
    let Some(at) = form::integer(form, "expires_at")? else { return Ok(now + LONGEST) };
    // The second in which the call was under way is forgiven.
    if at < now + SHORTEST - 1 {
        let said = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.";
        return Err(Refused::invalid("expires_at", said.to_owned()));
    }
    if at > now + LONGEST {
        let said = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.";
        return Err(Refused::invalid("expires_at", said.to_owned()));
    }
    Ok(at)
}

/// Line items, their currency, and what they come to.
fn items(form: &Value) -> Result<(Vec<Value>, String, i64), Refused> {
    let count = form::find(form, "line_items").and_then(Value::as_array).map_or(0, Vec::len);
    if count == 0 {
        return Err(Refused::missing("line_items"));
    }
    let mut items = Vec::new();
    let mut total: i64 = 0;
    let mut common: Option<String> = None;
    for at in 0..count {
        let name = |rest: &str| format!("line_items[{at}]{rest}");
        let quantity = form::integer(form, &name("[quantity]"))?.unwrap_or(1);
        if !(1..=999_999).contains(&quantity) {
            let said = "This value must be greater than or equal to 1.".to_owned();
            return Err(Refused::coded("parameter_invalid_integer", &name("[quantity]"), said));
        }
        let currency = money::currency(form, &name("[price_data][currency]"))?.to_ascii_lowercase();
        if common.get_or_insert_with(|| currency.clone()) != &currency {
            let said = "All prices on a Checkout Session must have the same currency.".to_owned();
            return Err(Refused::invalid(&name("[price_data][currency]"), said));
        }
        let price_name = name("[price_data][unit_amount]");
        let price = form::integer(form, &price_name)?.ok_or_else(|| Refused::missing(&price_name))?;
        if price < 0 {
            let said = "Invalid non-negative integer".to_owned();
            return Err(Refused::coded("parameter_invalid_integer", &price_name, said));
        }
        let title = form::needed(form, &name("[price_data][product_data][name]"))?;
        let amount = price.saturating_mul(quantity);
        total = total.saturating_add(amount);
        items.push(json!({
            "id": new_id("li_1", 23), "object": "item", "amount_discount": 0, "amount_subtotal": amount, "amount_tax": 0,
            "amount_total": amount, "currency": currency, "description": title, "quantity": quantity,
        }));
    }
    let currency = common.unwrap_or_default();
    money::chargeable(total, &currency, "line_items")?;
    Ok((items, currency, total))
}

pub(super) fn retrieve(account: &mut Account, id: &str) -> Result<Value, Refused> {
    let found = account.get_as("checkout.session", id).cloned();
    found.ok_or_else(|| Refused::no_such("checkout.session", id, "session"))
}

pub(super) fn list(account: &mut Account, form: &Value) -> Result<Value, Refused> {
    lists::page(account, "checkout.session", "/v1/checkout/sessions", form, &["payment_intent", "status"])
}

pub(super) fn line_items(account: &mut Account, id: &str) -> Result<Value, Refused> {
    retrieve(account, id)?;
    let data = account.said.get(id).map(|said| said["items"].clone());
    let url = format!("/v1/checkout/sessions/{id}/line_items");
    Ok(json!({ "object": "list", "data": data, "has_more": false, "url": url }))
}

/// Asked for by the merchant.
pub(super) fn expire(account: &mut Account, id: &str) -> Result<Value, Refused> {
    let session = retrieve(account, id)?;
    let status = text(&session, "status");
    if status != "open" {
        let said = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of {status}."
        );
        return Err(Refused::state(None, said));
    }
    end(account, &session);
    retrieve(account, id)
}

/// It can no longer be paid, and neither can its intent.
pub(super) fn end(account: &mut Account, session: &Value) {
    let id = text(session, "id");
    account.set(id, json!({ "status": "expired", "url": null }));
    if let Some(intent) = session["payment_intent"].as_str() {
        intents::void(account, intent, "automatic");
    }
    account.tell("checkout.session.expired", id);
}

/// Sessions whose time is over end by themselves.
pub(super) fn end_overdue(account: &mut Account) {
    let now = now();
    let over = |one: &&Value| one["status"] == "open" && number(one, "expires_at") <= now;
    let overdue: Vec<_> = account.all("checkout.session").filter(over).cloned().collect();
    for session in overdue {
        end(account, &session);
    }
}
