//! The pages on which people pay: a checkout session's, and that of a Pix code.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Form,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::Value;

use super::{
    Shared, acts,
    books::{Account, number, text},
    charges,
};
use crate::cashier::{
    Deed,
    amount::shown,
    qr,
    sheet::{Sheet, escaped},
};

type Playing = State<Arc<Shared>>;

pub(super) fn address(account: &Account, offer: &str) -> Option<String> {
    let base = &account.base_url;
    match text(account.get(offer)?, "object") {
        "checkout.session" => Some(format!("{base}/c/pay/{offer}")),
        "payment_intent" => Some(format!("{base}/payment_methods/instructions/{offer}")),
        _ => None,
    }
}

pub(super) async fn show(State(shared): Playing, Path(id): Path<String>) -> Response {
    match id.split_once('.') {
        Some((id, kind)) => picture(&shared, id, kind),
        None => sheet(&shared, &id, None),
    }
}

/// A Pix code's, as the intent names it: `png` or `svg`.
fn picture(shared: &Shared, id: &str, kind: &str) -> Response {
    let code = shared.place(id).and_then(|account| {
        let code = |account: &mut Account| {
            let shown = &account.get(id)?["next_action"]["pix_display_qr_code"]["data"];
            shown.as_str().map(str::to_owned)
        };
        shared.look(&account, code).flatten()
    });
    match (code, kind) {
        (Some(code), "png") => ([(header::CONTENT_TYPE, "image/png")], qr::png(&code)).into_response(),
        (Some(code), "svg") => ([(header::CONTENT_TYPE, "image/svg+xml")], qr::svg(&code)).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A payer presses a button.
pub(super) async fn press(
    State(shared): Playing,
    Path(id): Path<String>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let button = form.get("act").map(String::as_str).unwrap_or_default();
    let Some(deed) = Deed::pressed(button, form.get("means").map(String::as_str)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Some(account) = shared.place(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let done = shared.in_account(&account, (None, None), |account| {
        let offer = account.get(&id).cloned().unwrap_or_default();
        // Disputes are about the intent; sessions know theirs.
        let about = match deed {
            Deed::Dispute | Deed::EndDispute { .. } => {
                offer["payment_intent"].as_str().unwrap_or(&id).to_owned()
            }
            _ => id.clone(),
        };
        acts::run(account, &about, deed).map(|_| back(&offer, deed))
    });
    match done {
        Some(Ok(Some(url))) => Redirect::to(&url).into_response(),
        Some(Ok(None)) if deed == Deed::Decline => {
            sheet(&shared, &id, Some("Your card has insufficient funds. Try another one.".to_owned()))
        }
        // The same page, asked for anew: reloading it does nothing twice.
        Some(Ok(None)) => Redirect::to(&id).into_response(),
        Some(Err(error)) => sheet(&shared, &id, Some(format!("That cannot be done: {error}."))),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Where the payer's browser goes.
fn back(offer: &Value, deed: Deed) -> Option<String> {
    let paid = matches!(deed, Deed::Pay { .. });
    let url = offer["success_url"].as_str().filter(|_| paid)?;
    Some(url.replace("{CHECKOUT_SESSION_ID}", text(offer, "id")))
}

fn sheet(shared: &Shared, id: &str, alert: Option<String>) -> Response {
    let account = shared.place(id);
    let sheet = account.and_then(|account| {
        shared.in_account(&account, (None, None), |account| {
            let offer = account.get(id)?;
            match text(offer, "object") {
                "checkout.session" => Some(session(account, offer, alert)),
                "payment_intent" => Some(pix(account, offer, alert)),
                _ => None,
            }
        })
    });
    sheet.flatten().map_or_else(|| StatusCode::NOT_FOUND.into_response(), |sheet| sheet.answer())
}

fn blank(account: &Account, amount: String, alert: Option<String>) -> Sheet {
    let merchant = account.name.clone();
    Sheet { brand: "Stripe", colour: "#5b4fe0", merchant, amount, alert, ..Sheet::default() }
}

fn session(account: &Account, offer: &Value, alert: Option<String>) -> Sheet {
    let currency = text(offer, "currency");
    let mut sheet = blank(account, shown(number(offer, "amount_total"), currency), alert);
    let items = account.said.get(text(offer, "id")).and_then(|said| said["items"].as_array());
    let line = |item: &Value| {
        let what = format!("{} × {}", number(item, "quantity"), text(item, "description"));
        (what, shown(number(item, "amount_total"), currency))
    };
    sheet.lines = items.into_iter().flatten().map(line).collect();
    let home =
        |name: &str| offer[name].as_str().map(|url| url.replace("{CHECKOUT_SESSION_ID}", text(offer, "id")));
    let returning = format!("Return to {}", account.name);
    match (text(offer, "status"), text(offer, "payment_status")) {
        ("open", _) => {
            sheet.state = "Choose how to pay.".to_owned();
            let names = [("card", "Card"), ("pix", "Pix"), ("boleto", "Boleto")];
            let allowed = offer["payment_method_types"].as_array().cloned().unwrap_or_default();
            sheet.means =
                names.into_iter().filter(|(value, _)| allowed.iter().any(|one| one == value)).collect();
            sheet.buttons =
                vec![("pay", "Pay"), ("decline", "Decline the card"), ("expire", "Let it expire")];
            if sheet.means.iter().any(|(value, _)| *value == "boleto") {
                sheet.buttons.insert(1, ("boleto", "Pay by boleto"));
            }
            sheet.back = home("cancel_url").map(|url| (url, returning));
        }
        ("complete", "unpaid") => {
            let waits = account.get(text(offer, "payment_intent"));
            let waits = waits.filter(|intent| intent["status"] == "requires_action");
            if let Some(intent) = waits {
                let number = text(&intent["next_action"]["boleto_display_details"], "number").to_owned();
                sheet.code = Some(("The boleto's number", number));
                sheet.state = "Take the boleto to your bank within three days.".to_owned();
                sheet.buttons = vec![("settle", "Bank books it"), ("lapse", "Never pay it")];
            } else {
                sheet.state = "The boleto was not paid in time.".to_owned();
            }
            sheet.back = home("success_url").map(|url| (url, returning));
        }
        ("complete", _) => {
            settled(account, text(offer, "payment_intent"), &mut sheet);
            sheet.back = home("success_url").map(|url| (url, returning));
        }
        _ => {
            sheet.state = "This page has expired. Nothing was charged.".to_owned();
            sheet.back = home("cancel_url").or(home("success_url")).map(|url| (url, returning));
        }
    }
    sheet
}

fn pix(account: &Account, intent: &Value, alert: Option<String>) -> Sheet {
    let mut sheet = blank(account, shown(number(intent, "amount"), text(intent, "currency")), alert);
    let description = text(intent, "description");
    if !description.is_empty() {
        sheet.lines = vec![(description.to_owned(), sheet.amount.clone())];
    }
    match text(intent, "status") {
        "requires_action" => {
            let code = text(&intent["next_action"]["pix_display_qr_code"], "data").to_owned();
            sheet.state = "Paste this code into your bank's app.".to_owned();
            sheet.code = Some(("Pix copy and paste", code));
            sheet.picture = true;
            sheet.buttons = vec![("pay", "Pay"), ("expire", "Let it expire")];
        }
        "succeeded" => settled(account, text(intent, "id"), &mut sheet),
        "canceled" => sheet.state = "This payment was cancelled.".to_owned(),
        _ => sheet.state = "The code has expired. Nothing was charged.".to_owned(),
    }
    sheet
}

/// What can still happen to money that was paid.
fn settled(account: &Account, intent: &str, sheet: &mut Sheet) {
    sheet.state = "Paid. Thank you!".to_owned();
    let charge = charges::of(account, intent).unwrap_or_default();
    if charge["refunded"] == true {
        sheet.state = "Paid, and given back.".to_owned();
        return;
    }
    let dispute = account.all("dispute").find(|one| one["payment_intent"] == intent);
    match dispute.map(|one| text(one, "status")) {
        None => sheet.buttons = vec![("dispute", "Dispute it")],
        Some("won") => sheet.state = "Paid. The dispute was decided for the merchant.".to_owned(),
        Some("lost") => sheet.state = "The bank took the money back.".to_owned(),
        Some(_) => {
            sheet.state = "Paid, and disputed.".to_owned();
            sheet.buttons = vec![("won", "The merchant wins"), ("lost", "The payer wins")];
        }
    }
}

/// What the charge's `receipt_url` shows.
pub(super) async fn receipt(State(shared): Playing, Path(id): Path<String>) -> Response {
    let account = shared.place(&id);
    let shown = account.and_then(|account| {
        shared.look(&account, |account| {
            let charge = account.get_as("charge", &id)?;
            let amount = shown(number(charge, "amount_captured"), text(charge, "currency"));
            let mut sheet = blank(account, amount, None);
            sheet.state = format!("Receipt {}", escaped(&id));
            let back = number(charge, "amount_refunded");
            if back > 0 {
                sheet.lines = vec![("Given back".to_owned(), shown_back(back, charge))];
            }
            Some(sheet)
        })
    });
    shown.flatten().map_or_else(|| StatusCode::NOT_FOUND.into_response(), |sheet| sheet.answer())
}

fn shown_back(amount: i64, charge: &Value) -> String {
    shown(amount, text(charge, "currency"))
}
