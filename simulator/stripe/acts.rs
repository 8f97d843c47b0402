//! What payers do on Stripe's pages, and the merchant in Stripe's dashboard.

use serde_json::{Value, json};

use super::{
    books::{Account, new_id, now, number, text},
    charges::{self, Payer},
    disputes, intents, refunds, sessions,
};
use crate::cashier::{Deed, DeedError, Means, Sale};

type Done = Result<String, DeedError>;

pub(super) fn run(account: &mut Account, about: &str, deed: Deed) -> Done {
    match deed {
        Deed::Pay { means, amount } => pay(account, about, means, amount),
        Deed::PayAgain => Err(DeedError::NotNow("Stripe lets an offer be paid once")),
        Deed::Decline => decline(account, about),
        Deed::Expire => expire(account, about),
        Deed::StartBoleto => start_boleto(account, about),
        Deed::SettleBoleto => end_boleto(account, about, true),
        Deed::LapseBoleto => end_boleto(account, about, false),
        Deed::Dispute => disputes::open(account, about).map_err(DeedError::NotNow),
        Deed::EndDispute { won } => disputes::close(account, about, won).map_err(DeedError::NotNow),
        Deed::Refund { amount } => {
            let charge = charges::of(account, about).ok_or(DeedError::NotNow("nothing was paid"))?;
            let refund = refunds::make(account, &charge, amount, Some("requested_by_customer"), json!({}));
            refund.map_err(|_| DeedError::NotNow("so much cannot be given back"))
        }
        Deed::EndRefund { arrives } => {
            refunds::end(account, about, arrives).map_err(DeedError::NotNow)?;
            Ok(about.to_owned())
        }
    }
}

const fn word(means: Means) -> &'static str {
    match means {
        Means::Card => "card",
        Means::Pix => "pix",
        Means::Boleto => "boleto",
    }
}

/// What is offered: a session that is open, or an intent with a Pix code.
fn open(account: &Account, about: &str) -> Result<Value, DeedError> {
    let offer = account.get(about).ok_or(DeedError::NoSuchOffer)?;
    match (text(offer, "object"), text(offer, "status")) {
        ("checkout.session", "open") | ("payment_intent", "requires_action") => Ok(offer.clone()),
        ("checkout.session" | "payment_intent", _) => Err(DeedError::NotNow("it cannot be paid any more")),
        _ => Err(DeedError::NoSuchOffer),
    }
}

fn pay(account: &mut Account, about: &str, means: Option<Means>, amount: Option<i64>) -> Done {
    let offer = open(account, about)?;
    if offer["object"] == "payment_intent" {
        set_amount(account, about, amount);
        charges::take(account, about, "pix", &payer(account, &offer));
        return Ok(about.to_owned());
    }
    let types = offer["payment_method_types"].as_array().cloned().unwrap_or_default();
    let allowed: Vec<_> = types.iter().filter_map(Value::as_str).collect();
    let first = allowed.iter().find(|one| **one != "boleto").or(allowed.first()).copied().unwrap_or("card");
    let means = match means {
        Some(means) => word(means),
        None => first,
    };
    if !allowed.contains(&means) {
        return Err(DeedError::NotNow("the offer does not take that means"));
    }
    if means == "boleto" {
        start_boleto(account, about)?;
        return end_boleto(account, about, true);
    }
    let intent = attempt(account, &offer);
    set_amount(account, &intent, amount);
    if let Some(amount) = amount {
        account.set(about, json!({ "amount_total": amount, "amount_subtotal": amount }));
    }
    let payer = payer(account, &offer);
    charges::take(account, &intent, means, &payer);
    complete(account, about, "paid", &payer);
    account.tell("checkout.session.completed", about);
    Ok(intent)
}

fn set_amount(account: &mut Account, intent: &str, amount: Option<i64>) {
    if let Some(amount) = amount {
        account.set(intent, json!({ "amount": amount }));
    }
}

/// The session's intent, made when its payer first tries.
fn attempt(account: &mut Account, session: &Value) -> String {
    if let Some(intent) = session["payment_intent"].as_str() {
        return intent.to_owned();
    }
    let id = text(session, "id");
    let said = account.said.get(id).cloned().unwrap_or_default();
    let means: Vec<_> = session["payment_method_types"].as_array().into_iter().flatten().collect();
    let means: Vec<_> = means.into_iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let (amount, currency) = (number(session, "amount_total"), text(session, "currency"));
    let intent = intents::begin(account, amount, currency, &means, &said);
    account.set(id, json!({ "payment_intent": intent }));
    intent
}

fn payer(account: &Account, offer: &Value) -> Payer {
    let told = |name: &str| {
        let said = account.said.get(text(offer, "id"))?;
        said["payer"][name].as_str().map(str::to_owned)
    };
    let email = offer["customer_email"].as_str().map(str::to_owned).or_else(|| told("email"));
    Payer {
        name: Some(told("name").unwrap_or_else(|| "Ana Souza".to_owned())),
        email: Some(email.unwrap_or_else(|| "ana.souza@example.com".to_owned())),
    }
}

fn complete(account: &mut Account, session: &str, payment_status: &str, payer: &Payer) {
    let details = json!({
        "address": { "city": null, "country": "BR", "line1": null, "line2": null, "postal_code": null, "state": null },
        "business_name": null, "email": payer.email, "individual_name": null, "name": payer.name, "phone": null, "tax_exempt": "none",
        "tax_ids": [],
    });
    let fields = json!({
        "status": "complete", "payment_status": payment_status, "url": null, "customer_details": details,
    });
    account.set(session, fields);
}

fn decline(account: &mut Account, about: &str) -> Done {
    let offer = open(account, about)?;
    if offer["object"] != "checkout.session" {
        return Err(DeedError::NotNow("nobody refuses a Pix transfer"));
    }
    let intent = attempt(account, &offer);
    charges::decline(account, &intent, &payer(account, &offer));
    Ok(intent)
}

fn expire(account: &mut Account, about: &str) -> Done {
    let offer = open(account, about)?;
    match text(&offer, "object") {
        "checkout.session" => {
            account.set(about, json!({ "expires_at": now() }));
            let offer = account.get(about).cloned().unwrap_or(offer);
            sessions::end(account, &offer);
        }
        _ => intents::lapse(account, about),
    }
    Ok(about.to_owned())
}

fn start_boleto(account: &mut Account, about: &str) -> Done {
    let offer = open(account, about)?;
    let allowed = offer["payment_method_types"].as_array();
    if offer["object"] != "checkout.session"
        || allowed.is_none_or(|list| !list.iter().any(|one| one == "boleto"))
    {
        return Err(DeedError::NotNow("the offer does not take boletos"));
    }
    let intent = attempt(account, &offer);
    let page = format!("{}/c/pay/{about}", account.base_url);
    let boleto = json!({
        "expires_at": now() + 3 * 86_400, "hosted_voucher_url": page, "pdf": format!("{page}?boleto"),
        "number": "34191.09008 61207.727308 71140.970001 1 00000000000000",
    });
    let fields = json!({
        "status": "requires_action", "payment_method": new_id("pm_1", 23),
        "next_action": { "type": "boleto_display_details", "boleto_display_details": boleto },
    });
    account.set(&intent, fields);
    let payer = payer(account, &offer);
    complete(account, about, "unpaid", &payer);
    account.tell("payment_intent.requires_action", &intent);
    account.tell("checkout.session.completed", about);
    Ok(intent)
}

/// `about` is the session or its intent.
fn end_boleto(account: &mut Account, about: &str, paid: bool) -> Done {
    let waiting = |one: &&Value| {
        (one["id"] == about || one["payment_intent"] == about)
            && one["status"] == "complete"
            && one["payment_status"] == "unpaid"
    };
    let session = account.all("checkout.session").find(waiting).cloned();
    let session = session.ok_or(DeedError::NotNow("no boleto waits to be paid"))?;
    let (id, intent) = (text(&session, "id"), text(&session, "payment_intent").to_owned());
    if account.get(&intent).is_none_or(|intent| intent["status"] != "requires_action") {
        return Err(DeedError::NotNow("no boleto waits to be paid"));
    }
    if paid {
        charges::take(account, &intent, "boleto", &payer(account, &session));
        account.set(id, json!({ "payment_status": "paid" }));
        account.tell("checkout.session.async_payment_succeeded", id);
    } else {
        intents::lapse(account, &intent);
        account.tell("checkout.session.async_payment_failed", id);
    }
    Ok(intent)
}

/// A sale in which the hub has no part.
pub(super) fn sell(account: &mut Account, sale: &Sale) -> String {
    let metadata = sale.reference.as_ref().map_or_else(|| json!({}), |id| json!({ "order": id }));
    let said = json!({ "description": sale.description, "receipt_email": null, "metadata": metadata });
    let currency = sale.currency.to_ascii_lowercase();
    let intent = intents::begin(account, sale.amount, &currency, &["card".to_owned()], &said);
    let payer = Payer { name: Some(sale.payer.clone()), email: None };
    charges::take(account, &intent, "card", &payer);
    intent
}
