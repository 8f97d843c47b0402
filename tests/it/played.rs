//! What played platforms do beside writing: business accounts that a bot answers for, albums, voice messages that are heard, and
//! the pace that a platform allows with one customer.

use std::time::Duration;

use channels::message::MessageStatus;
use serde_json::{Value, json};
use simulator::{Act, Customer, Media};

use crate::harness::{client::Session, hub::Hub, inbox::id, platform::Played};

fn person(id: &str, name: &str) -> Customer {
    Customer { id: id.to_owned(), name: name.to_owned(), username: None }
}

fn says(text: &str) -> Act {
    Act::Text { text: text.to_owned(), reply_to: None }
}

async fn conversations(owner: &Session) -> Vec<Value> {
    owner.get("/conversations?limit=50").await.expect(200).body["data"].as_array().unwrap().clone()
}

async fn messages(owner: &Session, conversation: &str) -> Vec<Value> {
    let path = format!("/conversations/{conversation}/messages?direction=newer&limit=200");
    owner.get(&path).await.expect(200).body["data"].as_array().unwrap().clone()
}

async fn send(owner: &Session, conversation: &str, text: &str) -> String {
    let body = json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": text});
    owner.post(&format!("/conversations/{conversation}/messages"), &body).await.expect(201).id()
}

async fn until(owner: &Session, message: &str, wanted: &[&str]) -> Value {
    for _ in 0..1200 {
        let now = owner.get(&format!("/messages/{message}")).await.expect(200).body;
        if wanted.iter().any(|status| now["status"] == *status) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never {wanted:?}: {}", owner.get(&format!("/messages/{message}")).await.body);
}

#[tokio::test]
async fn a_bot_answers_for_a_business_account() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, "telegram").await;
    let telegram = &played.simulator.telegram;
    let (customer, boss) = (person("5000000001", "Greta Lindqvist"), person("5000000009", "Bea Boss"));
    let connection = telegram.connect_business(&played.account, &boss).await.unwrap();
    let act =
        async |act: Act| telegram.business_act(&played.account, &connection, &customer, act).await.unwrap();

    played.act(&customer.id, says("to the bot")).await;
    let first = act(says("to the business")).await;
    let second = act(says("one word too many")).await;
    let all = conversations(&owner).await;
    assert_eq!(all.len(), 2, "the same person, two chats");
    let business = all.iter().find(|one| one["last_message"]["text"] == "one word too many").unwrap();
    let with = id(business).to_owned();
    assert_eq!(business["unread_count"], 2);

    let answer = send(&owner, &with, "hello from all of us").await;
    until(&owner, &answer, &["sent", "delivered"]).await;
    telegram.owner_writes(&played.account, &connection, &customer, "and from me").await.unwrap();
    act(Act::Edit { message: first, text: "to the business, please".into() }).await;
    act(Act::Delete { message: second }).await;

    let said = messages(&owner, &with).await;
    let texts: Vec<_> = said.iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!(
        texts,
        ["to the business, please", "", "hello from all of us", "and from me"],
        "nothing twice"
    );
    assert!(said[0]["edited_at"].is_string() && said[1]["deleted_at"].is_string());
    assert_eq!((&said[3]["direction"], &said[3]["sender"]["kind"]), (&json!("outbound"), &json!("business")));
    let seen = telegram.business_chat(&played.account, &connection, &customer);
    let seen: Vec<_> = seen.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(seen, ["to the business, please", "hello from all of us", "and from me"]);
    assert!(played.received(&customer.id).is_empty(), "the bot's own chat is another");

    telegram.disconnect_business(&played.account, &connection).await.unwrap();
    let refused = send(&owner, &with, "too late").await;
    let refused = until(&owner, &refused, &["failed"]).await;
    assert_eq!(refused["error"]["code"], "business_disconnected");
    let shown = owner.get(&format!("/integrations/{}", played.id)).await.expect(200).body;
    let notices = shown["notices"].to_string();
    assert!(notices.contains("Bea Boss connected") && notices.contains("Bea Boss disconnected"), "{notices}");
}

fn file(kind: &str, mime: &str) -> Media {
    Media {
        kind: kind.into(),
        file_name: format!("{kind}.bin"),
        mime: mime.into(),
        bytes: kind.as_bytes().to_vec().into(),
        caption: None,
    }
}

#[tokio::test]
async fn files_sent_quickly_are_one_conversation() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, "whatsapp").await;
    let files =
        (0..10).map(|n| if n == 4 { file("audio", "audio/ogg") } else { file("image", "image/jpeg") });
    let greta = person("4915100000001", "Greta Lindqvist");
    let sent = played.simulator.whatsapp.album(&played.account, &greta, files.collect()).await.unwrap();
    let all = conversations(&owner).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["unread_count"], 10);
    let mut came: Vec<_> = messages(&owner, id(&all[0]))
        .await
        .iter()
        .map(|one| (one["seq"].as_i64().unwrap(), one["external_id"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(came.iter().map(|one| one.0).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    came.sort_by(|a, b| a.1.cmp(&b.1));
    let mut sent = sent;
    sent.sort();
    assert_eq!(came.into_iter().map(|one| one.1).collect::<Vec<_>>(), sent);
}

#[tokio::test]
async fn a_voice_message_that_was_heard_was_read() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, "whatsapp").await;
    let conversation = played.write(&owner, "4915100000001", "send me a voice message").await;
    let form = reqwest::multipart::Form::new().text("kind", "voice").part(
        "file",
        reqwest::multipart::Part::bytes(b"OggS\0\x02voice".to_vec())
            .file_name("voice.ogg")
            .mime_str("audio/ogg")
            .unwrap(),
    );
    let request = owner.request(reqwest::Method::POST, "/attachments").multipart(form);
    let upload = crate::harness::client::Answer::of(request).await.expect(201);
    assert_eq!(upload.body["kind"], "voice", "{}", upload.body);
    let body = json!({"client_id": "v", "attachments": [upload.body["id"]]});
    let message =
        owner.post(&format!("/conversations/{}/messages", id(&conversation)), &body).await.expect(201).id();
    let delivered = until(&owner, &message, &["delivered"]).await;
    let external = delivered["external_id"].as_str().unwrap();
    played.simulator.whatsapp.listen(&played.account, "4915100000001", external).await.unwrap();
    let read = until(&owner, &message, &[MessageStatus::Read.as_str()]).await;
    let ways: Vec<_> =
        read["status_history"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
    assert_eq!(ways.iter().filter(|one| *one == "read").count(), 1, "{ways:?}");
}

/// Beyond the pace that WhatsApp allows with one customer the message waits, and goes.
#[tokio::test]
async fn the_pace_with_one_customer_is_obeyed() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, "whatsapp").await;
    let conversation = played.write(&owner, "4915100000001", "hello").await;
    played.simulator.whatsapp.set_pair_rate(Duration::from_millis(400), 2);
    let mut sent = Vec::new();
    for number in 0..4 {
        sent.push(send(&owner, id(&conversation), &format!("answer {number}")).await);
    }
    for message in &sent {
        until(&owner, message, &["delivered"]).await;
    }
    let received: Vec<_> = played.received("4915100000001").into_iter().map(|one| one.text).collect();
    assert_eq!(received, ["answer 0", "answer 1", "answer 2", "answer 3"]);
}
