//! Every case and every kind of update that a channel's lists name has a fixture, or a test that shows it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn folder(channel: &str) -> PathBuf {
    root().join("fixtures/channels").join(channel)
}

/// Names of all case folders, both directions.
fn fixtures(channel: &str) -> BTreeSet<String> {
    ["inbound", "outbound"]
        .iter()
        .flat_map(|direction| fs::read_dir(folder(channel).join(direction)).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

const LISTED: [&str; 10] = [
    "whatsapp",
    "telegram",
    "email",
    "slack",
    "sms",
    "voice",
    "webchat",
    "messenger",
    "instagram",
    "discord",
];

#[test]
fn every_listed_case_is_shown() {
    let mut missing = Vec::new();
    for channel in LISTED {
        let fixtures = fixtures(channel);
        let list = fs::read_to_string(folder(channel).join("cases.txt")).unwrap();
        let mut ids = BTreeSet::new();
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            let [id, _, place] = line.split(" | ").collect::<Vec<_>>().try_into().unwrap();
            assert!(ids.insert(id.to_lowercase()), "{id} is listed twice");
            let shown = match place.split_once("::") {
                None if place.contains('/') => folder(channel).join(place).is_dir(),
                None => fixtures.iter().any(|name| name.starts_with(&format!("{}-", id.to_lowercase()))),
                Some((file, test)) => fs::read_to_string(root().join(file))
                    .is_ok_and(|source| source.contains(&format!("fn {test}("))),
            };
            if !shown {
                missing.push(format!("{id}: {place}"));
            }
        }
        let numbered = |name: &&String| {
            ["wa-", "tg-", "sl-", "tw-", "dc-"].iter().any(|prefix| name.starts_with(prefix))
        };
        let unlisted = fixtures
            .iter()
            .filter(numbered)
            .filter(|name| !ids.iter().any(|id| name.starts_with(&format!("{id}-"))));
        missing.extend(unlisted.map(|name| format!("{name} is not listed")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// All bodies of a channel's inbound fixtures.
fn bodies(channel: &str) -> Vec<Value> {
    fs::read_dir(folder(channel).join("inbound"))
        .unwrap()
        .filter_map(|entry| fs::read(entry.unwrap().path().join("callback.json")).ok())
        .filter_map(|body| serde_json::from_slice(&body).ok())
        .collect()
}

#[test]
fn every_kind_of_telegrams_updates_has_a_fixture() {
    let bodies = bodies("telegram");
    let missing: Vec<_> = "message edited_message channel_post edited_channel_post business_connection business_message
        edited_business_message deleted_business_messages guest_message message_reaction message_reaction_count inline_query
        chosen_inline_result callback_query shipping_query pre_checkout_query purchased_paid_media poll poll_answer
        my_chat_member chat_member chat_join_request chat_boost removed_chat_boost managed_bot"
        .split_whitespace()
        .filter(|kind| !bodies.iter().any(|body| body.get(kind).is_some()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_kind_of_whatsapps_changes_and_messages_has_a_fixture() {
    let bodies = bodies("whatsapp");
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let changes: Vec<_> = bodies
        .iter()
        .flat_map(|body| list(body, "entry"))
        .flat_map(|entry| list(&entry, "changes"))
        .collect();
    let fields: BTreeSet<_> = changes.iter().filter_map(|change| change["field"].as_str()).collect();
    let messages: Vec<_> = changes.iter().flat_map(|change| list(&change["value"], "messages")).collect();
    let types: BTreeSet<_> = messages.iter().filter_map(|message| message["type"].as_str()).collect();
    let known = "messages smb_message_echoes history smb_app_state_sync message_template_status_update
        message_template_quality_update template_category_update message_template_components_update account_update
        account_alerts phone_number_quality_update business_capability_update user_preferences calls";
    let kinds = "text image video audio document sticker location contacts reaction interactive button order system edit
        revoke request_welcome unsupported unknown";
    let missing: Vec<_> = known
        .split_whitespace()
        .filter(|field| !fields.contains(field))
        .chain(kinds.split_whitespace().filter(|kind| !types.contains(kind)))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
