//! Callbacks into events: every entry, every change, every item, each for itself.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;
use webhooks::Verified;

use super::{history, messages, notices, statuses, wire};
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
    let mut found = match field.as_str() {
        "history" => history::read(updates, received_at),
        "smb_app_state_sync" => history::address_book(updates),
        _ => batch(updates, received_at),
    };
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

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::{prelude::*, sample::Index};
    use serde_json::json;

    use super::*;

    fn read_body(body: impl Into<Bytes>) -> Result<Incoming, ReadError> {
        read(&Verified::from_record("POST", vec![], vec![], body.into(), DateTime::UNIX_EPOCH))
    }

    /// Bodies of all fixtures that are JSON.
    fn fixtures() -> Vec<Value> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/channels/whatsapp/inbound");
        let bodies = fs::read_dir(folder).unwrap().filter_map(|case| {
            let text = fs::read(case.unwrap().path().join("callback.json")).ok()?;
            body::json(&text).ok()
        });
        bodies.collect()
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            "[a-z_]{1,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("[a-z_]{1,8}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// Puts `new` in the place of some value inside; the path is chosen by `at`.
    fn replace(value: &mut Value, at: &[Index], new: Value) {
        let Some((first, rest)) = at.split_first() else {
            *value = new;
            return;
        };
        match value {
            Value::Array(items) if !items.is_empty() => {
                let length = items.len();
                replace(&mut items[first.index(length)], rest, new);
            }
            Value::Object(fields) if !fields.is_empty() => {
                let length = fields.len();
                let key = fields.keys().nth(first.index(length)).cloned().unwrap_or_default();
                replace(&mut fields[&key], rest, new);
            }
            _ => *value = new,
        }
    }

    /// Every message or echo of a body.
    fn items(body: &Value) -> Vec<Value> {
        let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
        let changes = list(body, "entry").into_iter().flat_map(move |entry| list(&entry, "changes"));
        changes.flat_map(|change| list(&change["value"], "messages")).collect()
    }

    fn good(id: &str) -> Value {
        json!({"from": "4915100000007", "id": id, "timestamp": "1767225600", "type": "text", "text": {"body": id}})
    }

    fn has(incoming: &Incoming, id: &str) -> bool {
        incoming.events.iter().any(|event| match &event.what {
            What::Message(message) => message.external_id == id && message.text == id,
            _ => false,
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), value in any_json()) {
            let _ = read_body(bytes);
            let _ = read_body(value.to_string());
        }

        #[test]
        fn a_changed_callback_is_survived(which: Index, at in prop::collection::vec(any::<Index>(), 1..9), new in any_json()) {
            let all = fixtures();
            let mut body = all[which.index(all.len())].clone();
            replace(&mut body, &at, new);
            let _ = read_body(body.to_string());
        }

        #[test]
        fn a_bad_item_never_costs_its_neighbours(
            which: Index,
            at in prop::collection::vec(any::<Index>(), 0..6),
            new in any_json(),
            spoiled in any_json(),
        ) {
            let all: Vec<Value> = fixtures().iter().flat_map(items).collect();
            let mut odd = all[which.index(all.len())].clone();
            replace(&mut odd, &at, new);
            let body = json!({"object": OBJECT, "entry": [
                {"id": "1", "changes": [
                    {"field": "messages", "value": {"contacts": [spoiled.clone()], "messages": [good("g1"), odd, good("g2")]}},
                    spoiled.clone(),
                    {"field": "messages", "value": {"statuses": [spoiled.clone()], "messages": [good("g3")]}},
                ]},
                spoiled,
                {"id": "2", "changes": [{"field": "messages", "value": {"messages": [good("g4")]}}]},
            ]});
            let incoming = read_body(body.to_string());
            let incoming = incoming.map_err(|error| TestCaseError::fail(error.to_string()))?;
            for id in ["g1", "g2", "g3", "g4"] {
                prop_assert!(has(&incoming, id), "{id} was lost");
            }
        }
    }
}
