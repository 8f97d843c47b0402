//! Callbacks into events: every entry, every item, each for itself.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;
use webhooks::Verified;

use super::{Product, item, wire};
use crate::{
    Account, InboundEvent, Incoming, ReadError, body,
    event::{Answer, Notice, Severity, What},
};

/// What all items of an entry share.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub product: Product,
    /// Our own id in this entry.
    pub us: &'a str,
    /// The time of what Meta did not date.
    pub received_at: DateTime<Utc>,
}

pub(super) fn read(product: Product, account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
    if request.method() == "GET" {
        return Ok(handshake(request));
    }
    let envelope = body::json(request.body())?;
    if !envelope.is_object() {
        return Err(ReadError("the body is no object".into()));
    }
    let wanted = product.object();
    match envelope.get("object").and_then(Value::as_str) {
        Some(object) if object == wanted => {}
        None => {}
        Some(other) => return Err(ReadError(format!("the object is {other:?}, not {wanted:?}"))),
    }
    let Some(Value::Array(entries)) = envelope.get("entry") else {
        return Ok(Incoming::events(vec![ignored("the callback has no list of entries").into()]));
    };
    let received_at = request.received_at();
    Ok(Incoming::events(entries.iter().flat_map(|one| entry(product, account, one, received_at)).collect()))
}

/// Meta asks whether this address is ours; the verify token was checked as the request's proof.
fn handshake(request: &Verified) -> Incoming {
    match (request.query("hub.mode"), request.query("hub.challenge")) {
        (Some("subscribe"), Some(challenge)) => {
            Incoming::answer("text/plain", Bytes::copy_from_slice(challenge.as_bytes()))
        }
        _ => {
            let body = Bytes::from_static(b"not a subscription");
            Incoming {
                events: Vec::new(),
                answer: Some(Answer { status: 403, content_type: "text/plain", body }),
            }
        }
    }
}

fn entry(
    product: Product,
    account: &Account,
    entry: &Value,
    received_at: DateTime<Utc>,
) -> Vec<InboundEvent> {
    // The dashboard's test events come from an account 0, which is nobody's.
    let named = wire::id(entry, &["id"]).filter(|id| id != "0");
    let us = named.clone().unwrap_or_else(|| account.text(product.account_field()).to_owned());
    let received_at = wire::time(entry, &["time"]).unwrap_or(received_at);
    let beside = Beside { product, us: &us, received_at };
    let mut found = Vec::new();
    // In standby another app answers the customer; what is said is seen all the same.
    for list in ["messaging", "standby"] {
        found.extend(wire::list(entry, &[list]).iter().flat_map(|one| item::read(one, beside)));
    }
    for change in wire::list(entry, &["changes"]) {
        found.extend(changed(change, beside));
    }
    if found.is_empty() {
        found.push(match entry.is_object() {
            true => ignored("the entry holds nothing we know"),
            false => unreadable("entry", "An entry is no object."),
        });
    }
    found.into_iter().map(|what| InboundEvent { account: named.clone(), what }).collect()
}

/// Test events of the dashboard carry a messaging item as a change; other changes are of posts and comments.
fn changed(change: &Value, beside: Beside<'_>) -> Vec<What> {
    let value = wire::at(change, &["value"]);
    if wire::given(value, "sender") && wire::given(value, "recipient") {
        return item::read(value, beside);
    }
    let field = wire::text(change, &["field"]).unwrap_or_else(|| "a change without a name".into());
    vec![ignored(format!("{field} is no message"))]
}

/// Something of Meta's form that lacks what we need: told to the admin, so that it is never silently lost.
pub(super) fn unreadable(topic: &str, text: impl Into<String>) -> What {
    What::Notice(Notice { topic: topic.to_owned(), severity: Severity::Warning, text: text.into() })
}

pub(super) fn ignored(reason: impl Into<String>) -> What {
    What::Ignored { reason: reason.into() }
}
