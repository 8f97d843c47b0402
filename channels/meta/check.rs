//! An account's health, asked of Meta and told in an admin's words.

use serde_json::Value;

use super::{
    Product,
    account::{self, APP_ID, INSTAGRAM_ACCOUNT_ID, PAGE_ACCESS_TOKEN, PAGE_ID},
    connect,
    graph::Call,
    wire,
};
use crate::{Account, Check, Connection, SendError};

pub(super) async fn check(
    product: Product,
    account: &Account,
    connection: &Connection,
    net: &net::Client,
) -> Vec<Check> {
    let query = [("fields", "id,name,instagram_business_account{id,username}")];
    let (page, apps, granted, address) = tokio::join!(
        get(account, &["me"], &query, net),
        get(account, &connect::SUBSCRIPTION, &[], net),
        granted(account, net),
        subscriptions(account, net),
    );
    let mut checks = vec![match &page {
        Ok(page) => token(product, account, page),
        Err(error) => refused("token", error),
    }];
    checks.extend(granted.map(|granted| match &granted {
        Ok(granted) => permissions(product, granted),
        Err(error) => refused("permissions", error),
    }));
    checks.push(match &apps {
        Ok(apps) => subscription(account, apps),
        Err(error) => refused("subscription", error),
    });
    checks.push(match address {
        Some(Ok(found)) => webhook(product, connection, &found),
        Some(Err(error)) => refused("webhook", &error),
        None => {
            let text = format!(
                "Without the app ID the hub cannot ask where callbacks go. In the app's dashboard it must be {}.",
                connection.shared_url()
            );
            Check::passed("webhook", text)
        }
    });
    checks
}

async fn get(
    account: &Account,
    path: &[&str],
    query: &[(&str, &str)],
    net: &net::Client,
) -> Result<Value, SendError> {
    Call::get(account, path, query)?.run(net).await
}

/// What the token may do; `None` where the app's keys are not known.
async fn granted(account: &Account, net: &net::Client) -> Option<Result<Value, SendError>> {
    let token = account::app_token(account)?;
    let query = [("input_token", account.text(PAGE_ACCESS_TOKEN))];
    Some(match Call::get_as(account, &token, &["debug_token"], &query) {
        Ok(call) => call.run(net).await,
        Err(error) => Err(error),
    })
}

/// Where the app's callbacks go.
async fn subscriptions(account: &Account, net: &net::Client) -> Option<Result<Value, SendError>> {
    let token = account::app_token(account)?;
    Some(match Call::get_as(account, &token, &[account.text(APP_ID), "subscriptions"], &[]) {
        Ok(call) => call.run(net).await,
        Err(error) => Err(error),
    })
}

fn token(product: Product, account: &Account, page: &Value) -> Check {
    let name = wire::text(page, &["name"]).unwrap_or_else(|| "the Page".into());
    let (found, wanted, what) = match product {
        Product::Messenger => (wire::id(page, &["id"]), account.text(PAGE_ID), "Page"),
        Product::Instagram => (
            wire::id(page, &["instagram_business_account", "id"]),
            account.text(INSTAGRAM_ACCOUNT_ID),
            "Instagram account",
        ),
    };
    match found {
        Some(id) if id == wanted => {
            Check::passed("token", format!("The access token and the app secret work for {name}."))
        }
        Some(id) => Check::failed("token", format!("The token belongs to the {what} {id}, not to {wanted}.")),
        None => Check::failed("token", format!("{name} has no {what}: link it in the Page's settings.")),
    }
}

fn permissions(product: Product, granted: &Value) -> Check {
    let wanted = match product {
        Product::Messenger => "pages_messaging",
        Product::Instagram => "instagram_manage_messages",
    };
    if !wire::flag(granted, &["data", "is_valid"]) {
        return Check::failed("permissions", "Meta no longer takes the token. Authorise again.");
    }
    let scopes = wire::list(granted, &["data", "scopes"]);
    if !scopes.iter().any(|scope| scope.as_str() == Some(wanted)) {
        return Check::failed("permissions", format!("The token lacks {wanted}. Authorise again, with it."));
    }
    match wire::time(granted, &["data", "expires_at"]) {
        Some(at) => {
            Check::passed("permissions", format!("The token may send until {}.", at.format("%Y-%m-%d")))
        }
        None => Check::passed("permissions", "The token may send, and does not expire."),
    }
}

fn subscription(account: &Account, apps: &Value) -> Check {
    let mut apps = wire::list(apps, &["data"]).iter();
    let ours = match account.has(APP_ID) {
        true => apps.find(|app| wire::id(app, &["id"]).as_deref() == Some(account.text(APP_ID))),
        false => apps.next(),
    };
    let Some(app) = ours else {
        return Check::failed("subscription", "The app is not subscribed to the Page. Connect again.");
    };
    let fields = wire::list(app, &["subscribed_fields"]);
    if fields.iter().any(|field| field.as_str() == Some("messages")) {
        Check::passed("subscription", "The Page sends its messages to the app.")
    } else {
        Check::failed(
            "subscription",
            "The app is subscribed to the Page, but not to messages. Connect again.",
        )
    }
}

fn webhook(product: Product, connection: &Connection, found: &Value) -> Check {
    let ours = connection.shared_url();
    let of_product = wire::list(found, &["data"])
        .iter()
        .find(|one| wire::text(one, &["object"]).as_deref() == Some(product.object()));
    match of_product.and_then(|one| wire::text(one, &["callback_url"])) {
        Some(url) if [ours.as_str(), connection.webhook_url.as_str()].contains(&url.as_str()) => {
            Check::passed("webhook", format!("Meta sends callbacks to {url}."))
        }
        Some(other) => Check::failed("webhook", format!("Meta sends callbacks to {other}. Connect again.")),
        None => Check::failed("webhook", "The app has no callback address for this product. Connect again."),
    }
}

fn refused(name: &str, error: &SendError) -> Check {
    match error {
        SendError::Refused(reason) | SendError::AccountBroken(reason) | SendError::Later { reason, .. } => {
            Check::refused(name, reason)
        }
        SendError::Unknown(detail) => Check::failed(name, detail.clone()),
    }
}
