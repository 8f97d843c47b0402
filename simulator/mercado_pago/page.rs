//! The pages on which people pay: a preference's, and the ticket of a Pix code or a boleto.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde_json::Value;
use url::Url;

use super::{
    Shared, acts,
    books::{Account, Payment, Preference},
    decimal, payments, view,
};
use crate::cashier::{
    Deed, Means,
    amount::{digits, shown},
    sheet::Sheet,
};

type Playing = State<Arc<Shared>>;
type Fields = BTreeMap<String, String>;

pub(super) fn address(account: &Account, offer: &str) -> Option<String> {
    match account.preference(offer) {
        Some(preference) => Some(view::page(account, preference)),
        None => payments::find(account, offer).ok().map(|id| view::ticket(account, id)),
    }
}

pub(super) async fn show_preference(State(shared): Playing, Query(query): Query<Fields>) -> Response {
    sheet(&shared, query.get("pref_id").map(String::as_str).unwrap_or_default(), None)
}

pub(super) async fn show_payment(State(shared): Playing, Path(id): Path<String>) -> Response {
    sheet(&shared, &id, None)
}

pub(super) async fn press_preference(
    State(shared): Playing,
    Query(query): Query<Fields>,
    Form(form): Form<Fields>,
) -> Response {
    press(&shared, query.get("pref_id").map(String::as_str).unwrap_or_default(), &form)
}

pub(super) async fn press_payment(
    State(shared): Playing,
    Path(id): Path<String>,
    Form(form): Form<Fields>,
) -> Response {
    press(&shared, &id, &form)
}

/// A payer presses a button.
fn press(shared: &Shared, id: &str, form: &Fields) -> Response {
    let button = form.get("act").map(String::as_str).unwrap_or_default();
    let Some(deed) = Deed::pressed(button, form.get("means").map(String::as_str)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Some(account) = shared.place(id) else { return StatusCode::NOT_FOUND.into_response() };
    let done = shared.in_account(account, |account| {
        // Disputes are about a payment; the last one that was made on the preference.
        let on_it = account.payments_on(id);
        let about = match deed {
            Deed::Dispute | Deed::EndDispute { .. } => on_it.last().map_or(id.to_owned(), i64::to_string),
            _ => id.to_owned(),
        };
        let done = acts::run(account, &about, deed)?;
        let leaves = matches!(deed, Deed::Pay { .. } | Deed::PayAgain | Deed::StartBoleto);
        let back = leaves.then(|| back(account, id, &done)).flatten();
        Ok::<_, crate::DeedError>(back.or_else(|| address(account, id)))
    });
    match done {
        Some(Ok(_)) if deed == Deed::Decline => {
            sheet(shared, id, Some("Your card has insufficient funds. Try another one.".to_owned()))
        }
        Some(Ok(Some(url))) => Redirect::to(&url).into_response(),
        Some(Err(error)) => sheet(shared, id, Some(format!("That cannot be done: {error}."))),
        Some(Ok(None)) | None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Where the payer's browser goes, with what the platform adds to the address.
fn back(account: &Account, preference: &str, payment: &str) -> Option<String> {
    let preference = account.preference(preference)?;
    let payment = account.payments.get(&payment.parse().ok()?)?;
    let name = match payment.status {
        "approved" => "success",
        "pending" | "in_process" => "pending",
        _ => "failure",
    };
    let mut url = Url::parse(preference.said["back_urls"][name].as_str()?).ok()?;
    let reference = payment.external_reference.clone().unwrap_or_else(|| "null".to_owned());
    let id = payment.id.to_string();
    url.query_pairs_mut()
        .append_pair("collection_id", &id)
        .append_pair("collection_status", payment.status)
        .append_pair("payment_id", &id)
        .append_pair("status", payment.status)
        .append_pair("external_reference", &reference)
        .append_pair("payment_type", payment.kind())
        .append_pair("merchant_order_id", &preference.order.to_string())
        .append_pair("preference_id", &preference.id)
        .append_pair("site_id", "MLB")
        .append_pair("processing_mode", "aggregator")
        .append_pair("merchant_account_id", "null");
    Some(url.into())
}

fn sheet(shared: &Shared, id: &str, alert: Option<String>) -> Response {
    let sheet = shared.place(id).and_then(|account| {
        shared.in_account(account, |account| match account.preference(id) {
            Some(preference) => Some(offered(account, preference)),
            None => Some(ticket(account, account.payments.get(&id.parse().ok()?)?)),
        })
    });
    match sheet.flatten() {
        Some(sheet) => Sheet { alert, ..sheet }.answer(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn blank(account: &Account, amount: i64, currency: &str) -> Sheet {
    Sheet {
        brand: "Mercado Pago",
        colour: "#0a6fb8",
        merchant: account.name.clone(),
        amount: shown(amount, currency),
        ..Sheet::default()
    }
}

fn offered(account: &Account, preference: &Preference) -> Sheet {
    let mut sheet = blank(account, preference.amount, &preference.currency);
    let line = |item: &Value| {
        let what = format!("{} × {}", item["quantity"], item["title"].as_str().unwrap_or_default());
        let price = decimal::minor(&item["unit_price"], digits(&preference.currency)).unwrap_or_default();
        (what, shown(price * item["quantity"].as_i64().unwrap_or(1), &preference.currency))
    };
    sheet.lines = preference.said["items"].as_array().into_iter().flatten().map(line).collect();
    let on_it: Vec<_> =
        account.payments_on(&preference.id).into_iter().filter_map(|id| account.payments.get(&id)).collect();
    let returning = |name: &str| {
        let url = preference.said["back_urls"][name].as_str().filter(|url| !url.is_empty())?;
        Some((url.to_owned(), format!("Return to {}", account.name)))
    };
    let last = on_it.iter().rev().find(|one| one.status != "rejected");
    match last {
        Some(paid) if paid.approved.is_some() => {
            settled(paid, &mut sheet);
            if !preference.over() && paid.status == "approved" {
                sheet.buttons.push(("pay_again", "Pay a second time"));
            }
            sheet.back = returning("success");
        }
        Some(boleto) if boleto.status == "pending" && boleto.kind() == "ticket" => {
            waiting(boleto, &mut sheet);
            sheet.back = returning("pending");
        }
        _ if preference.over() => {
            sheet.state = "This link has expired. Nothing was charged.".to_owned();
            sheet.back = returning("failure");
        }
        _ => {
            sheet.state = "Choose how to pay.".to_owned();
            let names = [
                (Means::Card, ("card", "Card")),
                (Means::Pix, ("pix", "Pix")),
                (Means::Boleto, ("boleto", "Boleto")),
            ];
            let allowed = acts::means(account, &preference.id);
            sheet.means = names
                .into_iter()
                .filter(|(means, _)| allowed.contains(means))
                .map(|(_, name)| name)
                .collect();
            sheet.buttons = vec![("pay", "Pay")];
            if allowed.contains(&Means::Boleto) {
                sheet.buttons.push(("boleto", "Pay by boleto"));
            }
            if allowed.contains(&Means::Card) {
                sheet.buttons.push(("decline", "Decline the card"));
            }
            sheet.buttons.push(("expire", "Let it expire"));
            sheet.back = returning("failure");
        }
    }
    sheet
}

fn ticket(account: &Account, payment: &Payment) -> Sheet {
    let mut sheet = blank(account, payment.amount, &payment.currency);
    if let Some(what) = &payment.description {
        sheet.lines = vec![(what.clone(), sheet.amount.clone())];
    }
    match payment.status {
        "pending" => waiting(payment, &mut sheet),
        "cancelled" if payment.detail == "expired" => {
            sheet.state = "Its time is over. Nothing was charged.".to_owned();
        }
        "cancelled" => sheet.state = "This payment was cancelled.".to_owned(),
        _ => settled(payment, &mut sheet),
    }
    sheet
}

fn waiting(payment: &Payment, sheet: &mut Sheet) {
    match &payment.code {
        Some(code) => {
            sheet.state = "Paste this code into your bank's app.".to_owned();
            sheet.code = Some(("Pix copy and paste", code.clone()));
            sheet.picture = true;
            sheet.buttons = vec![("pay", "Pay"), ("expire", "Let it expire")];
        }
        None => {
            sheet.state = "Take the boleto to your bank within three days.".to_owned();
            sheet.code = Some(("The boleto's number", view::LINE.to_owned()));
            sheet.buttons = vec![("settle", "Bank books it"), ("lapse", "Never pay it")];
        }
    }
}

/// What can still happen to money that was paid.
fn settled(payment: &Payment, sheet: &mut Sheet) {
    let (state, buttons) = match (payment.status, payment.detail) {
        ("approved", _) => ("Paid. Thank you!", vec![("dispute", "Dispute it")]),
        ("refunded", _) => ("Paid, and given back.", vec![]),
        ("charged_back", "in_process") => {
            ("Paid, and disputed.", vec![("won", "The seller wins"), ("lost", "The payer wins")])
        }
        ("charged_back", "reimbursed") => ("Paid. The dispute was decided for the seller.", vec![]),
        ("charged_back", _) => ("The bank took the money back.", vec![]),
        _ => ("The payment was refused.", vec![]),
    };
    sheet.state = state.to_owned();
    sheet.buttons = buttons;
}
