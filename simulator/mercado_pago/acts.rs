//! What payers do on Mercado Pago's pages, and the seller in the panel.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    books::{Account, Chargeback, News, date, random_digits},
    payments::{self, Made},
};
use crate::cashier::{Deed, DeedError, Means, Sale};

type Done = Result<String, DeedError>;

pub(super) fn run(account: &mut Account, about: &str, deed: Deed) -> Done {
    match deed {
        Deed::Pay { means, amount } => {
            let paid = |id: &i64| account.payments.get(id).is_some_and(|one| one.approved.is_some());
            if account.payments_on(about).iter().any(paid) {
                return Err(DeedError::NotNow("it was paid already"));
            }
            pay(account, about, means, amount)
        }
        Deed::PayAgain => pay(account, about, None, None),
        Deed::Decline => decline(account, about),
        Deed::Expire => expire(account, about),
        Deed::StartBoleto => Ok(attempt(account, about, Some(Means::Boleto))?.to_string()),
        Deed::SettleBoleto => end_boleto(account, about, true),
        Deed::LapseBoleto => end_boleto(account, about, false),
        Deed::Dispute => dispute(account, about),
        Deed::EndDispute { won } => end_dispute(account, about, won),
        Deed::Refund { amount } => {
            let id = payments::find(account, about).map_err(|_| DeedError::NoSuchOffer)?;
            let refund = payments::give_back(account, id, amount);
            refund.map(|id| id.to_string()).map_err(|_| DeedError::NotNow("so much cannot be given back"))
        }
        Deed::EndRefund { arrives } => {
            let ended = payments::end_refund(account, about, arrives);
            ended.map(|id| id.to_string()).ok_or(DeedError::NoSuchOffer)
        }
    }
}

/// Whether that is something of this account's.
pub(super) fn knows(account: &Account, about: &str) -> bool {
    account.preference(about).is_some()
        || payments::find(account, about).is_ok()
        || account.chargebacks.iter().any(|one| one.id == about)
        || account.payments.values().flat_map(|one| &one.refunds).any(|one| one.id.to_string() == about)
}

const ALL: [(&str, Means); 3] =
    [("credit_card", Means::Card), ("bank_transfer", Means::Pix), ("ticket", Means::Boleto)];

/// What the preference does not exclude.
pub(super) fn means(account: &Account, preference: &str) -> Vec<Means> {
    let said =
        account.preference(preference).map(|one| &one.said["payment_methods"]["excluded_payment_types"]);
    let excluded: Vec<_> =
        said.and_then(Value::as_array).into_iter().flatten().filter_map(|one| one["id"].as_str()).collect();
    ALL.into_iter().filter(|(kind, _)| !excluded.contains(kind)).map(|(_, means)| means).collect()
}

/// A payment on the preference that waits; or the payment itself, where `about` is one.
fn attempt(account: &mut Account, about: &str, means: Option<Means>) -> Result<i64, DeedError> {
    if let Ok(id) = payments::find(account, about) {
        let waits = account.payments.get(&id).is_some_and(|one| one.status == "pending");
        return if waits { Ok(id) } else { Err(DeedError::NotNow("it cannot be paid any more")) };
    }
    let allowed = self::means(account, about);
    let preference = account.preference(about).ok_or(DeedError::NoSuchOffer)?;
    if preference.over() {
        return Err(DeedError::NotNow("it cannot be paid any more"));
    }
    let means = means.or(allowed.first().copied()).unwrap_or(Means::Card);
    if !allowed.contains(&means) {
        return Err(DeedError::NotNow("the offer does not take that means"));
    }
    // A preference can say how long its codes and boletos live.
    let until = preference.text("date_of_expiration").filter(|_| means != Means::Card);
    let until = until.and_then(|at| DateTime::parse_from_rfc3339(&at).ok()).map(|at| at.to_utc());
    let title = preference.said["items"][0]["title"].as_str().map(str::to_owned);
    let given = &preference.said["payer"];
    let text = |name: &str, usual: &str| given[name].as_str().unwrap_or(usual).to_owned();
    let payer = json!({
        "id": "44004400", "type": "guest", "email": text("email", "ana.souza@example.com"), "first_name": text("name", "Ana"),
        "last_name": text("surname", "Souza"), "identification": { "type": "CPF", "number": "19119119100" },
    });
    let made = Made {
        preference: Some((preference.id.clone(), preference.order)),
        amount: preference.amount,
        method: match means {
            Means::Card => "visa",
            Means::Pix => "pix",
            Means::Boleto => "bolbradesco",
        },
        description: title,
        external_reference: preference.text("external_reference"),
        metadata: preference.said["metadata"].clone(),
        notification_url: preference.text("notification_url"),
        payer,
        expires: until,
    };
    Ok(payments::add(account, made))
}

fn approve(account: &mut Account, id: i64) {
    account.change(id, |one| {
        (one.status, one.detail) = ("approved", "accredited");
        one.approved = Some(Utc::now());
    });
}

fn pay(account: &mut Account, about: &str, means: Option<Means>, amount: Option<i64>) -> Done {
    let id = attempt(account, about, means)?;
    if let (Some(amount), Some(payment)) = (amount, account.payments.get_mut(&id)) {
        payment.amount = amount;
    }
    approve(account, id);
    Ok(id.to_string())
}

fn decline(account: &mut Account, about: &str) -> Done {
    if payments::find(account, about).is_ok() {
        return Err(DeedError::NotNow("nobody refuses a transfer"));
    }
    let id = attempt(account, about, Some(Means::Card))?;
    account.change(id, |one| (one.status, one.detail) = ("rejected", "cc_rejected_insufficient_amount"));
    Ok(id.to_string())
}

/// Of a preference, or of a payment that waits.
fn expire(account: &mut Account, about: &str) -> Done {
    let mut waiting = account.payments_on(about);
    if let Some(preference) = account.preferences.iter_mut().find(|one| one.id == about) {
        preference.said["expires"] = json!(true);
        preference.said["expiration_date_to"] = json!(date(Utc::now() - TimeDelta::seconds(1)));
    } else {
        waiting.push(payments::find(account, about).map_err(|_| DeedError::NoSuchOffer)?);
    }
    waiting.retain(|id| account.payments.get(id).is_some_and(|one| one.status == "pending"));
    for id in waiting {
        account.change(id, |one| (one.status, one.detail) = ("cancelled", "expired"));
    }
    Ok(about.to_owned())
}

/// `about` is the payment, or the preference it is on.
fn end_boleto(account: &mut Account, about: &str, paid: bool) -> Done {
    let mut waiting = account.payments_on(about);
    waiting.extend(payments::find(account, about));
    let boleto = |id: &i64| {
        account.payments.get(id).is_some_and(|one| one.status == "pending" && one.kind() == "ticket")
    };
    let id = waiting.into_iter().find(boleto).ok_or(DeedError::NotNow("no boleto waits to be paid"))?;
    match paid {
        true => approve(account, id),
        false => account.change(id, |one| (one.status, one.detail) = ("cancelled", "expired")),
    }
    Ok(id.to_string())
}

fn dispute(account: &mut Account, about: &str) -> Done {
    let id = payments::find(account, about).map_err(|_| DeedError::NoSuchOffer)?;
    let payment = account.payments.get(&id).filter(|one| one.status == "approved");
    let amount =
        payment.map(|one| one.amount - one.refunded()).ok_or(DeedError::NotNow("nothing was paid"))?;
    let chargeback = random_digits(18);
    let now = Utc::now();
    let opened =
        Chargeback { id: chargeback.clone(), payment: id, amount, created: now, updated: now, won: None };
    account.chargebacks.push(opened);
    account.change(id, |one| (one.status, one.detail) = ("charged_back", "in_process"));
    tell_chargeback(account, &chargeback, id, "new_case");
    Ok(chargeback)
}

/// `about` is the chargeback or its payment.
fn end_dispute(account: &mut Account, about: &str, won: bool) -> Done {
    let of_it = |one: &&mut Chargeback| one.id == about || one.payment.to_string() == about;
    let found = account.chargebacks.iter_mut().filter(|one| one.won.is_none()).find(of_it);
    let chargeback = found.ok_or(DeedError::NotNow("there is no dispute"))?;
    (chargeback.won, chargeback.updated) = (Some(won), Utc::now());
    let (id, payment) = (chargeback.id.clone(), chargeback.payment);
    let detail = if won { "reimbursed" } else { "settled" };
    account.change(payment, |one| one.detail = detail);
    tell_chargeback(account, &id, payment, "changed_case_status");
    Ok(id)
}

fn tell_chargeback(account: &mut Account, id: &str, payment: i64, action: &'static str) {
    let url = account.payments.get(&payment).and_then(|one| one.notification_url.clone());
    let beside = json!({ "payment_id": payment, "site_id": "MLB" });
    let kind = "topic_chargebacks_wh";
    account.news.push(News { kind, action, beside, resource: id.to_owned(), url });
}

/// A sale in which the hub has no part.
pub(super) fn sell(account: &mut Account, sale: &Sale) -> i64 {
    let (first, last) = sale.payer.split_once(' ').unwrap_or((sale.payer.as_str(), ""));
    let made = Made {
        preference: None,
        amount: sale.amount,
        method: "visa",
        description: Some(sale.description.clone()),
        external_reference: sale.reference.clone(),
        metadata: json!({}),
        notification_url: None,
        payer: json!({ "id": "44004401", "email": "buyer@example.com", "first_name": first, "last_name": last }),
        expires: None,
    };
    let id = payments::add(account, made);
    approve(account, id);
    id
}
