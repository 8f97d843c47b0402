//! Whatever stands in the content of a Telegram message, the message is seen: as itself, or as one that is not supported.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use channels::{Account, Channel, Incoming, event::What};
use proptest::prelude::*;
use serde_json::{Value, json};
use webhooks::Verified;

/// What says whose message it is, and when; the rest is content.
const HEAD: [&str; 8] = [
    "message_id",
    "chat",
    "from",
    "sender_chat",
    "date",
    "business_connection_id",
    // A notice of a group that moves is no message of its own.
    "migrate_to_chat_id",
    "migrate_from_chat_id",
];

fn telegram() -> &'static dyn Channel {
    channels::find("telegram").unwrap()
}

static ACCOUNT: LazyLock<Account> = LazyLock::new(|| {
    let text = fs::read(folder().join("account.json")).unwrap();
    let fields: BTreeMap<String, String> = serde_json::from_slice(&text).unwrap();
    telegram().account_form().fill(fields).unwrap()
});

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/channels/telegram")
}

fn read(body: &Value) -> Option<Incoming> {
    let now = "2026-01-02T03:04:05Z".parse().unwrap();
    let request = Verified::from_record("POST", vec![], vec![], body.to_string().into(), now);
    telegram().read(&ACCOUNT, &request).ok()
}

fn message_id(incoming: &Incoming) -> Option<&str> {
    incoming.events.iter().find_map(|event| match &event.what {
        What::Message(message) => Some(message.external_id.as_str()),
        _ => None,
    })
}

/// Updates that are read as messages, each with the message's id.
static MESSAGES: LazyLock<Vec<(Value, String)>> = LazyLock::new(|| {
    let cases = fs::read_dir(folder().join("inbound")).unwrap();
    let bodies = cases
        .filter_map(|case| fs::read(case.unwrap().path().join("callback.json")).ok())
        .filter_map(|body| serde_json::from_slice::<Value>(&body).ok());
    bodies
        .filter(|body| body.get("message").is_some_and(Value::is_object))
        .filter_map(|body| message_id(&read(&body)?).map(str::to_owned).map(|id| (body, id)))
        .collect()
});

fn intruder() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{"file_id": 7}, null])),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(|text| json!(text)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_message_with_odd_content_is_seen(
        which: prop::sample::Index, key: prop::sample::Index, gone: bool, with in intruder(), more in "[a-z_]{3,12}",
    ) {
        let (body, id) = &MESSAGES[which.index(MESSAGES.len())];
        let mut body = body.clone();
        let message = body["message"].as_object_mut().unwrap();
        let content: Vec<String> =
            message.keys().filter(|key| !HEAD.contains(&key.as_str())).cloned().collect();
        if let Some(key) = (!content.is_empty()).then(|| &content[key.index(content.len())]) {
            message.remove(key);
            if !gone {
                message.insert(key.clone(), with.clone());
            }
        }
        if !HEAD.contains(&more.as_str()) {
            message.entry(more).or_insert(with);
        }
        let incoming = read(&body).unwrap();
        prop_assert_eq!(message_id(&incoming), Some(id.as_str()), "{} became {:?}", body, incoming.events);
    }
}

#[test]
fn there_are_messages_to_change() {
    assert!(MESSAGES.len() > 40, "{}", MESSAGES.len());
}
