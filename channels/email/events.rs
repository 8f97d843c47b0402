//! What providers tell of letters that they took: delivered, read, come back.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{account, address::clean, bounce, provider::text};
use crate::{
    Account, Refusal,
    error::NextStep,
    event::{StatusChange, What},
    message::MessageStatus,
};

pub(super) fn sendgrid(account: &Account, event: &Value, at: DateTime<Utc>) -> What {
    let at =
        event["timestamp"].as_i64().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or(at);
    let status = match text(event, "event") {
        "delivered" => MessageStatus::Delivered,
        "open" => MessageStatus::Read,
        "bounce" | "dropped" => MessageStatus::Failed,
        other => return What::Ignored { reason: format!("SendGrid's event: {other}") },
    };
    status_change(
        account,
        text(event, "switchboard_message"),
        text(event, "smtp-id"),
        status,
        text(event, "reason"),
        at,
    )
}

pub(super) fn mailgun(account: &Account, event: &Value, at: DateTime<Utc>) -> What {
    let at = event["timestamp"]
        .as_f64()
        .and_then(|seconds| DateTime::from_timestamp(seconds as i64, 0))
        .unwrap_or(at);
    let status = match (text(event, "event"), text(event, "severity")) {
        ("delivered", _) => MessageStatus::Delivered,
        ("opened", _) => MessageStatus::Read,
        ("failed", "permanent") | ("rejected", _) => MessageStatus::Failed,
        (other, _) => return What::Ignored { reason: format!("Mailgun's event: {other}") },
    };
    let delivery = &event["delivery-status"];
    let why = [text(delivery, "message"), text(delivery, "description"), text(event, "reason")];
    let why = why.into_iter().find(|why| !why.is_empty()).unwrap_or_default();
    let id = event["message"]["headers"]["message-id"].as_str().unwrap_or_default();
    status_change(account, "", id, status, why, at)
}

pub(super) fn postmark(account: &Account, event: &Value, at: DateTime<Utc>) -> What {
    let told = ["DeliveredAt", "BouncedAt", "ReceivedAt"]
        .into_iter()
        .find_map(|field| text(event, field).parse().ok());
    let status = match text(event, "RecordType") {
        "Delivery" => MessageStatus::Delivered,
        "Open" => MessageStatus::Read,
        // Soft bounces are tried again by Postmark itself.
        "Bounce" if !matches!(text(event, "Type"), "SoftBounce" | "Transient" | "AutoResponder") => {
            MessageStatus::Failed
        }
        other => return What::Ignored { reason: format!("Postmark's event: {other}") },
    };
    let mark = event["Metadata"]["switchboard_message"].as_str().unwrap_or_default();
    let why = [text(event, "Details"), text(event, "Description")].into_iter().find(|why| !why.is_empty());
    status_change(account, mark, "", status, why.unwrap_or_default(), told.unwrap_or(at))
}

/// `mark` is the hub's id as the provider carried it; `message_id` the letter's.
pub(super) fn status_change(
    account: &Account,
    mark: &str,
    message_id: &str,
    status: MessageStatus,
    why: &str,
    at: DateTime<Utc>,
) -> What {
    let message_id = message_id.trim_matches(['<', '>', ' ']);
    let ours = uuid::Uuid::parse_str(mark).ok().or_else(|| bounce::ours(message_id));
    let Some(ours) = ours else {
        return What::Ignored { reason: "an event about a letter that is not the hub's".to_owned() };
    };
    let error = (status == MessageStatus::Failed).then(|| came_back(why));
    What::Status(StatusChange {
        external_id: format!("{ours}@{}", account::domain(account)),
        status,
        at,
        error,
        message_id: Some(ours),
        contact: None,
    })
}

pub(super) fn came_back(why: &str) -> Refusal {
    let detail = match clean(why) {
        why if why.is_empty() => "The letter came back.".to_owned(),
        why => format!("The letter came back: {why}"),
    };
    Refusal::new("bounced", detail, NextStep::FixRecipient)
}
