//! Callbacks into events: every entry, every change, every item, each for itself.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;
use webhooks::Verified;

use super::{messages, notices, statuses, wire};
use crate::{
    InboundEvent, Incoming, ReadError, body,
    event::{Answer, Notice, Severity, What},
};

const OBJECT: &str = "whatsapp_business_account";

pub(super) fn read(request: &Verified) -> Result<Incoming, ReadError> {
    if request.method() == "GET" {
        return Ok(handshake(request));
    }
    let mut envelope = match body::json(request.body())? {
        Value::Object(envelope) => envelope,
        _ => return Err(ReadError("the body is no object".into())),
    };
    match envelope.get("object").and_then(Value::as_str) {
        Some(OBJECT) | None => {}
        Some(other) => return Err(ReadError(format!("the object is {other:?}, not {OBJECT:?}"))),
    }
    let Some(Value::Array(entries)) = envelope.remove("entry") else {
        return Ok(Incoming::events(vec![ignored("the callback has no list of entries").into()]));
    };
    let received_at = request.received_at();
    Ok(Incoming::events(entries.into_iter().flat_map(|item| entry(item, received_at)).collect()))
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

fn entry(entry: Value, received_at: DateTime<Utc>) -> Vec<InboundEvent> {
    let changes = match entry {
        Value::Object(mut fields) => fields.remove("changes"),
        _ => None,
    };
    match changes {
        Some(Value::Array(changes)) => {
            changes.into_iter().flat_map(|item| change(item, received_at)).collect()
        }
        _ => vec![unreadable("entry", "An entry has no list of changes.").into()],
    }
}

fn change(value: Value, received_at: DateTime<Utc>) -> Vec<InboundEvent> {
    let Some(wire::Change { field, value }) = wire::item(value) else {
        return vec![unreadable("changes", "A change is no object.").into()];
    };
    let field = field.unwrap_or_else(|| "messages".into());
    if let Some(found) = notices::read(&field, &value) {
        return found;
    }
    let Some(updates) = wire::item::<wire::Updates>(value) else {
        return vec![unreadable(&field, "A change has no value.").into()];
    };
    let account = updates.metadata.phone_number_id.clone();
    let mut found = batch(updates, received_at);
    if found.is_empty() {
        found.push(match field.as_str() {
            "messages" | "smb_message_echoes" | "message_echoes" | "calls" | "user_preferences" => {
                ignored("the change holds nothing we know")
            }
            _ => unreadable(&field, "WhatsApp sent a kind of update that is not known here."),
        });
    }
    found.into_iter().map(|what| InboundEvent { account: account.clone(), what }).collect()
}

/// What all items of a change share.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub contacts: &'a [wire::Contact],
    /// The time of what Meta did not date.
    pub received_at: DateTime<Utc>,
}

fn batch(updates: wire::Updates, received_at: DateTime<Utc>) -> Vec<What> {
    let beside = Beside { contacts: &updates.contacts, received_at };
    let mut found = Vec::new();
    found.extend(updates.messages.into_iter().map(|item| messages::message(item, beside)));
    found.extend(updates.message_echoes.into_iter().map(|item| messages::echo(item, beside)));
    found.extend(updates.calls.into_iter().map(|item| messages::call(item, beside)));
    found.extend(updates.statuses.into_iter().map(|item| statuses::status(item, beside)));
    found.extend(updates.user_preferences.into_iter().map(|item| notices::preference(item, beside)));
    found.extend(updates.errors.iter().map(notices::fault));
    found
}

/// Something of Meta's form that lacks what we need: told to the admin, so that it is never silently lost.
pub(super) fn unreadable(topic: &str, text: impl Into<String>) -> What {
    What::Notice(Notice { topic: topic.to_owned(), severity: Severity::Warning, text: text.into() })
}

pub(super) fn ignored(reason: impl Into<String>) -> What {
    What::Ignored { reason: reason.into() }
}
