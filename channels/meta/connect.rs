//! Telling Meta where to send callbacks. The address belongs to the app and is set with the app's own token; the Page then sends its
//! events to the app.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    Product,
    account::{self, APP_ID, VERIFY_TOKEN},
    graph::Call,
    wire,
};
use crate::{Account, Connection, SendError};

pub(super) const SUBSCRIPTION: [&str; 2] = ["me", "subscribed_apps"];

/// What the app hears of, by product.
pub(super) fn fields(product: Product) -> &'static [&'static str] {
    match product {
        Product::Messenger => &[
            "messages",
            "messaging_postbacks",
            "message_deliveries",
            "message_reads",
            "message_echoes",
            "message_reactions",
            "message_edits",
            "messaging_referrals",
            "messaging_handovers",
            "messaging_policy_enforcement",
            "standby",
        ],
        Product::Instagram => &[
            "messages",
            "messaging_postbacks",
            "messaging_seen",
            "message_echoes",
            "message_reactions",
            "message_edit",
            "messaging_referral",
            "messaging_handover",
            "standby",
        ],
    }
}

/// What the Page itself is subscribed to: without one of the Page's fields Instagram's events do not come either.
fn of_page(product: Product) -> &'static [&'static str] {
    match product {
        Product::Messenger => fields(product),
        Product::Instagram => &["messages"],
    }
}

pub(super) async fn connect(
    product: Product,
    account: &Account,
    connection: &Connection,
    net: &net::Client,
) -> Result<(), SendError> {
    if let Some(token) = account::app_token(account) {
        let body = json!({
            "object": product.object(),
            "callback_url": connection.shared_url(),
            "verify_token": account.text(VERIFY_TOKEN),
            "fields": fields(product).join(","),
        });
        let path = [account.text(APP_ID), "subscriptions"];
        Call::post_as(account, &token, &path, &body)?.run::<Value>(net).await?;
    }
    let held: Value = Call::get(account, &SUBSCRIPTION, &[])?.run(net).await?;
    let body = json!({ "subscribed_fields": wanted(product, account, &held).join(",") });
    Call::post(account, &SUBSCRIPTION, &body)?.repeatable().run::<Value>(net).await.map(|_| ())
}

/// Ours beside those that the app hears of already: a Page may answer on Messenger and stand behind an Instagram account, and Meta keeps what was
/// said last.
fn wanted(product: Product, account: &Account, held: &Value) -> Vec<String> {
    let ours = |app: &&Value| {
        !account.has(APP_ID) || wire::id(app, &["id"]).as_deref() == Some(account.text(APP_ID))
    };
    let apps = wire::list(held, &["data"]).iter().filter(ours);
    let held = apps.flat_map(|app| wire::list(app, &["subscribed_fields"])).filter_map(Value::as_str);
    let mut fields: Vec<_> = of_page(product).iter().copied().chain(held).map(str::to_owned).collect();
    let mut seen = HashSet::new();
    fields.retain(|field| seen.insert(field.clone()));
    fields
}

pub(super) async fn disconnect(account: &Account, net: &net::Client) -> Result<(), SendError> {
    Call::delete(account, &SUBSCRIPTION)?.run::<Value>(net).await.map(|_| ())
}
