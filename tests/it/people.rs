//! Customers whose numbers and groups change stay who they are.

use serde_json::{Value, json};

use crate::harness::{
    hub::Hub,
    inbox::{Inbox, id, ids},
    platform::Telegram,
};

#[tokio::test]
async fn a_new_number_takes_the_place_of_the_old_one() {
    let inbox = Inbox::start().await;
    let (owner, whatsapp) = (&inbox.owner, &inbox.whatsapp);
    let before = inbox.receive("4915100000001", "wamid.1", "my old number").await;
    let system = json!({"from": "4915100000001", "id": "wamid.2", "timestamp": "1760000010", "type": "system",
        "system": {"type": "user_changed_number", "wa_id": "4915100000099",
            "body": "User Ada changed from 4915100000001 to 4915100000099"}});
    let told = whatsapp.change(json!({"messages": [system]}));
    for _ in 0..2 {
        assert_eq!(whatsapp.post(&told).await, 200);
    }

    let contact = owner.get(&format!("/contacts/{}", id(&before["contact"]))).await.expect(200).body;
    assert_eq!(contact["phone"], "+4915100000099");
    let addresses: Vec<_> = contact["identities"].as_array().unwrap().iter().collect();
    assert_eq!(addresses.len(), 1, "the old number has left: {addresses:?}");
    assert_eq!(addresses[0]["external_id"], "4915100000099");

    let page = owner.get(&format!("/conversations/{}/messages", id(&before))).await.expect(200).body;
    let lines: Vec<_> =
        page["data"].as_array().unwrap().iter().filter(|one| one["kind"] == "system").collect();
    assert_eq!(lines.len(), 1, "told twice, written once: {page}");
    assert_eq!(lines[0]["seq"], 2);
    assert!(lines[0]["text"].as_str().unwrap().contains("4915100000099"));

    let after = inbox.receive("4915100000099", "wamid.3", "my new number").await;
    assert_eq!(id(&after), id(&before), "the same conversation goes on");
    let stranger = inbox.receive("4915100000001", "wamid.4", "I have this number now").await;
    assert_ne!(id(&stranger["contact"]), id(&before["contact"]));
    assert_eq!(ids(&owner.get("/conversations").await.expect(200).body).len(), 2);
}

/// A group that becomes a supergroup gets another id; its conversation stays, whichever of the two notices comes first.
#[tokio::test]
async fn a_group_that_moves_stays_one_conversation() {
    const OLD: i64 = -4_000_000_001;
    const NEW: i64 = -1_002_000_000_077;
    let group = |chat: i64| {
        let kind = if chat == OLD { "group" } else { "supergroup" };
        json!({"id": chat, "title": "Engines", "type": kind})
    };
    let update = |number: i64, chat: i64, more: Value| {
        let mut message = json!({"message_id": number, "date": 1_767_322_800 + number, "chat": group(chat),
            "from": {"id": 5_000_000_002_i64, "is_bot": false, "first_name": "Bob"}});
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"update_id": 900_000_000 + number, "message": message})
    };
    let to = update(2, OLD, json!({"migrate_to_chat_id": NEW}));
    let from = update(3, NEW, json!({"migrate_from_chat_id": OLD}));
    for notices in [[&to, &from], [&from, &to]] {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let telegram = Telegram::connect(&hub, &owner).await;
        assert_eq!(telegram.post(&update(1, OLD, json!({"text": "before"}))).await, 200);
        let before = owner.get("/conversations").await.expect(200).body["data"][0].clone();
        for notice in notices {
            assert_eq!(telegram.post(notice).await, 200);
        }
        assert_eq!(telegram.post(&update(4, NEW, json!({"text": "after"}))).await, 200);

        let listed = owner.get("/conversations").await.expect(200).body;
        assert_eq!(ids(&listed), [id(&before)]);
        assert_eq!(listed["data"][0]["contact"]["id"], before["contact"]["id"]);
        let path = format!("/conversations/{}/messages", id(&before));
        let messages = owner.get(&path).await.expect(200).body;
        let texts: Vec<_> =
            messages["data"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
        assert!(texts.contains(&"before") && texts.contains(&"after"), "{texts:?}");
    }
}

/// A message of somebody whom the platform names by both ids, or by one of them.
fn written(inbox: &Inbox, number: u32, phone: Option<&str>, user: Option<&str>) -> Value {
    let mut message = json!({"id": format!("wamid.{number}"), "timestamp": (1_760_000_000 + number).to_string(),
        "type": "text", "text": {"body": format!("message {number}")}});
    let mut contact = json!({"profile": {"name": "Ada"}});
    if let Some(phone) = phone {
        message["from"] = json!(phone);
        contact["wa_id"] = json!(phone);
    }
    if let Some(user) = user {
        message["from_user_id"] = json!(user);
        contact["user_id"] = json!(user);
    }
    inbox.whatsapp.change(json!({"contacts": [contact], "messages": [message]}))
}

const PHONE: &str = "4915100000001";
const USER: &str = "DE.99887766";

/// Known by the phone and known by the user id, in either order; then one message carries both.
#[tokio::test]
async fn two_contacts_that_the_platform_names_together_become_one() {
    for phone_first in [true, false] {
        let inbox = Inbox::start().await;
        let owner = &inbox.owner;
        let mut callbacks = [written(&inbox, 1, Some(PHONE), None), written(&inbox, 2, None, Some(USER))];
        if !phone_first {
            callbacks.reverse();
        }
        let mut before = Vec::new();
        for callback in &callbacks {
            assert_eq!(inbox.whatsapp.post(callback).await, 200);
            before.push(owner.get("/conversations?limit=1").await.expect(200).body["data"][0].clone());
        }
        assert_ne!(id(&before[0]["contact"]), id(&before[1]["contact"]));
        for _ in 0..2 {
            assert_eq!(inbox.whatsapp.post(&written(&inbox, 3, Some(PHONE), Some(USER))).await, 200);
        }

        let listed = owner.get("/conversations").await.expect(200).body;
        assert_eq!(ids(&listed), [id(&before[0])], "the older one's conversation goes on");
        assert_eq!(listed["data"][0]["unread_count"], 3);
        let contact = owner.get(&format!("/contacts/{}", id(&before[0]["contact"]))).await.expect(200).body;
        assert_eq!(contact["identities"].as_array().unwrap().len(), 2);
        assert_eq!(contact["phone"], "+4915100000001");
        let gone = owner.get(&format!("/contacts/{}", id(&before[1]["contact"]))).await;
        assert_eq!(gone.expect_problem(404, "merged").body["current"]["merged_into"], contact["id"]);
        let path = format!("/conversations/{}/messages?direction=newer", id(&before[0]));
        let page = owner.get(&path).await.expect(200).body;
        let messages = page["data"].as_array().unwrap();
        let seqs: Vec<_> = messages.iter().map(|one| one["seq"].as_i64().unwrap()).collect();
        assert_eq!(seqs, [1, 2, 3, 4]);
        assert_eq!(messages.iter().filter(|one| one["direction"] == "inbound").count(), 3);
    }
}

/// A number with a new owner is no evidence: both contacts have a user id of their own.
#[tokio::test]
async fn a_number_with_a_new_owner_merges_nobody() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    for callback in [
        written(&inbox, 1, Some(PHONE), Some("DE.1")),
        written(&inbox, 2, None, Some("DE.2")),
        written(&inbox, 3, Some(PHONE), Some("DE.2")),
    ] {
        assert_eq!(inbox.whatsapp.post(&callback).await, 200);
    }
    let listed = owner.get("/conversations").await.expect(200).body;
    assert_eq!(ids(&listed).len(), 2);
    assert_eq!(listed["data"][0]["last_message"]["text"], "message 3");
    assert_eq!(listed["data"][0]["unread_count"], 2, "the user id tells who writes");
}

/// A block outlives the merge.
#[tokio::test]
async fn whoever_was_blocked_under_one_id_stays_blocked() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    for callback in [written(&inbox, 1, Some(PHONE), None), written(&inbox, 2, None, Some(USER))] {
        assert_eq!(inbox.whatsapp.post(&callback).await, 200);
    }
    let newest = owner.get("/conversations?limit=1").await.expect(200).body["data"][0].clone();
    let path = format!("/contacts/{}", id(&newest["contact"]));
    owner.post(&format!("{path}/block"), &json!({"blocked": true})).await.expect(200);
    assert_eq!(inbox.whatsapp.post(&written(&inbox, 3, Some(PHONE), Some(USER))).await, 200);
    let listed = owner.get("/conversations").await.expect(200).body;
    assert_eq!(ids(&listed).len(), 1);
    assert_eq!(listed["data"][0]["contact"]["blocked"], true);
    assert_eq!(listed["data"][0]["unread_count"], 2, "what a blocked contact writes is not stored");
}

/// Names are anybody's word: one that is too long for an index must not cost the message, nor the mailbox behind it.
#[tokio::test]
async fn a_name_without_end_costs_no_message() {
    let inbox = Inbox::start().await;
    // Nothing that compresses.
    let name: String =
        (0..5_000_u32).map(|n| webhooks::sign::hmac_sha256_hex(b"name", &n.to_be_bytes())).collect();
    let mut body = inbox.whatsapp.texts(&[("4915100000001", "wamid.1", "who am I?")]);
    body["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = json!(name);
    assert_eq!(inbox.whatsapp.post(&body).await, 200);
    let conversation = inbox.conversations().await.remove(0);
    assert_eq!(conversation["contact"]["name"], name[..200]);
    assert_eq!(inbox.messages(&conversation).await[0]["text"], "who am I?");
}
