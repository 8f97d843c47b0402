//! What an admin is told of a window's settings.

use net::Request;
use serde_json::json;
use url::Url;

use super::{account, hours, origins, widget};
use crate::{
    Account, Check, Connection,
    account::{API_BASE_URL, is_colour},
};

pub(super) fn check(account: &Account) -> Vec<Check> {
    let mut checks = vec![origins(account)];
    if let Err(piece) = hours::parse(account.text(account::HOURS)) {
        let detail = format!("\"{piece}\" is not understood. Write for instance Mon-Fri 09:00-18:00.");
        checks.push(Check::failed("business_hours", detail));
    }
    if let Some(Err(entry)) =
        widget::pre_chat(account.text(account::PRE_CHAT)).into_iter().find(Result::is_err)
    {
        let detail = format!("\"{entry}\" cannot be asked. Name, email and phone can.");
        checks.push(Check::failed("pre_chat", detail));
    }
    if account.has(account::COLOUR) && !is_colour(account.text(account::COLOUR)) {
        checks.push(Check::failed("colour", "Write the colour as #rrggbb, for instance #2563eb."));
    }
    checks
}

fn origins(account: &Account) -> Check {
    let list = account.text(account::ORIGINS);
    match origins::faults(list).first() {
        Some(entry) => Check::failed(
            "allowed_origins",
            format!(
                "\"{entry}\" is not an origin. Write scheme and host and nothing else: https://shop.example."
            ),
        ),
        None if list.split([',', ' ', ';']).any(|entry| entry == "*") => {
            Check::passed("allowed_origins", "Every site may show this window.")
        }
        None => Check::passed("allowed_origins", "Only the sites that you named may show this window."),
    }
}

/// Tells the played site of tests and demo where its window's hub is. Without an API address there is nobody to tell.
pub(super) async fn announce(account: &Account, connection: &Connection, net: &net::Client) {
    if !account.has(API_BASE_URL) {
        return;
    }
    let Ok(url) = Url::parse(account.text(API_BASE_URL)).and_then(|url| url.join("/webchat-site/hub")) else {
        return;
    };
    let told = json!({ "widget": account.text(account::WIDGET), "hub": connection.webhook_url });
    let request = Request::post(url).bytes("application/json", told.to_string().into_bytes());
    let _ = net.send(request).await;
}
