//! An account's health, asked of Meta and told in an admin's words.

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    account::{BUSINESS_ACCOUNT_ID, HIGH_PACE, PHONE_NUMBER_ID, STANDARD_PACE, messages_per_second},
    connect,
    graph::Call,
};
use crate::{Account, Check, Connection, SendError};

pub(super) async fn check(account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
    let number = [account.text(PHONE_NUMBER_ID)];
    let numbers = [account.text(BUSINESS_ACCOUNT_ID), "phone_numbers"];
    let subscription = connect::subscription(account);
    let (number, numbers, subscription) = tokio::join!(
        get(account, &number, NUMBER_FIELDS, net),
        get(account, &numbers, "id", net),
        get(account, &subscription, "", net),
    );
    let mut checks: Vec<Check> = match &number {
        Ok(number) => [token(number), health(number)].into_iter().chain(pace(account, number)).collect(),
        Err(error) => vec![refused("token", error)],
    };
    checks.push(match &numbers {
        Ok(numbers) => permissions(account, numbers),
        Err(error) => refused("permissions", error),
    });
    checks.push(match &subscription {
        Ok(apps) => webhook(connection, apps),
        Err(error) => refused("webhook", error),
    });
    checks
}

const NUMBER_FIELDS: &str = "id,display_phone_number,verified_name,quality_rating,status,throughput";

async fn get(account: &Account, path: &[&str], fields: &str, net: &net::Client) -> Result<Value, SendError> {
    let query = [("fields", fields)];
    let query = if fields.is_empty() { &query[..0] } else { &query[..] };
    Call::get(account, path, query)?.run(net).await
}

fn token(number: &Value) -> Check {
    let name = word(number, "verified_name").unwrap_or("the number");
    let phone = word(number, "display_phone_number").unwrap_or("no phone number");
    Check::passed("token", format!("The access token and the app secret work for {name} ({phone})."))
}

fn health(number: &Value) -> Check {
    let quality = word(number, "quality_rating").unwrap_or("UNKNOWN");
    let status = word(number, "status").unwrap_or("CONNECTED");
    if status != "CONNECTED" {
        return Check::failed(
            "number",
            format!("The number's status is {status}: look into WhatsApp Manager."),
        );
    }
    if quality == "RED" {
        let detail =
            "The number's quality is low (RED): customers block or report it, and Meta may limit it.";
        return Check::failed("number", detail);
    }
    Check::passed("number", format!("The number is connected; its quality is {quality}."))
}

/// Whether the hub uses what Meta allows the number; silent where Meta does not say.
fn pace(account: &Account, number: &Value) -> Option<Check> {
    let ours = messages_per_second(account);
    let theirs = match word(number.get("throughput")?, "level")? {
        "HIGH" => HIGH_PACE,
        "STANDARD" => STANDARD_PACE,
        _ => return None,
    };
    Some(match ours.cmp(&theirs) {
        Ordering::Greater => Check::failed(
            "pace",
            format!(
                "Meta takes {theirs} messages per second from this number, not {ours}: lower “Messages per second”."
            ),
        ),
        Ordering::Less => Check::passed(
            "pace",
            format!("The hub sends up to {ours} messages per second; Meta takes {theirs} from this number."),
        ),
        Ordering::Equal => {
            Check::passed("pace", format!("The hub sends up to {ours} messages per second, as Meta allows."))
        }
    })
}

fn permissions(account: &Account, numbers: &Value) -> Check {
    let ours = account.text(PHONE_NUMBER_ID);
    let known = list(numbers).iter().any(|number| word(number, "id") == Some(ours));
    if known {
        Check::passed(
            "permissions",
            "The token may manage the WhatsApp Business account, which has this number.",
        )
    } else {
        let detail = "The WhatsApp Business account does not have this number: compare the two ids.";
        Check::failed("permissions", detail)
    }
}

fn webhook(connection: &Connection, apps: &Value) -> Check {
    let ours = connection.webhook_url.as_str();
    let addresses: Vec<&str> =
        list(apps).iter().filter_map(|app| word(app, "override_callback_uri")).collect();
    if addresses.contains(&ours) {
        return Check::passed("webhook", format!("Meta sends callbacks to {ours}."));
    }
    match (addresses.first(), list(apps).len()) {
        (Some(other), _) => {
            Check::failed("webhook", format!("Meta sends callbacks to {other}. Connect again."))
        }
        (None, 0) => Check::failed("webhook", "No app is subscribed to the account. Connect again."),
        (None, _) => Check::failed(
            "webhook",
            format!("Callbacks go to the app's own address. Connect again, or set it to {ours} in the app."),
        ),
    }
}

fn list(answer: &Value) -> &[Value] {
    answer.get("data").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn word<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

fn refused(name: &str, error: &SendError) -> Check {
    match error {
        SendError::Refused(reason) | SendError::AccountBroken(reason) | SendError::Later { reason, .. } => {
            Check::refused(name, reason)
        }
        SendError::Unknown(detail) => Check::failed(name, detail.clone()),
    }
}
