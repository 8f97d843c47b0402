//! A played Slack and the whole hub: channels and their writers' names, one address for many workspaces, Socket Mode.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Act, Customer, Player, Simulator};

use crate::harness::{client::Session, hub::Hub, platform};

fn greta() -> Customer {
    Customer { id: "U0GRETA".into(), name: "Greta Lindqvist".into(), username: Some("greta".into()) }
}

/// Asks again and again, for half a minute.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never happened: {what}");
}

async fn conversations(session: &Session) -> Vec<Value> {
    session.get("/conversations").await.expect(200).body["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_channels_thread_is_a_conversation_of_named_people() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let played = platform::Played::connect(&hub, &owner, "slack").await;
    let slack = &played.simulator.slack;
    slack.open_channel(&played.account, "C0SHOP", "shop");
    let root = slack.say_in(&played.account, &greta(), "C0SHOP", "anybody?", None).await.unwrap();
    slack.say_in(&played.account, &greta(), "C0SHOP", "hello?", Some(&root)).await.unwrap();
    let conversation = until("the channel has its name", async || {
        let one = conversations(&owner).await.pop()?;
        (one["contact"]["name"] == "#shop").then_some(one)
    })
    .await;
    let path = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
    until("the writer has a name", async || {
        let page = owner.get(&path).await.expect(200).body;
        let messages = page["data"].as_array().unwrap();
        assert_eq!(messages.len(), 2);
        messages.iter().all(|one| one["sender"]["name"] == "Greta Lindqvist").then_some(())
    })
    .await;
    assert_eq!(conversations(&owner).await.len(), 1);
    let body = json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": "here we are"});
    owner.post(&path, &body).await.expect(201);
    until("the answer is in the thread", async || {
        let calls = slack.calls();
        let post = calls.iter().find(|call| call.method == "chat.postMessage")?;
        assert_eq!(format!("C0SHOP:{}", post.fields["thread_ts"].as_str().unwrap()), root);
        Some(())
    })
    .await;
}

#[tokio::test]
async fn one_address_serves_the_workspaces_of_an_app_apart() {
    let hub = Hub::start().await;
    let (acme, bolt) = (hub.found("Acme", "ada").await, hub.found("Bolt", "ben").await);
    let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let slack = &simulator.slack;
    let channel = channels::find("slack").unwrap();
    let fields = slack.open_account("Acme");
    let first = channel.account_key(&channel.account_form().fill(fields.clone()).unwrap());
    let second = slack.open_workspace(&first, "Bolt").unwrap();
    let mut others = fields.clone();
    others.insert("team_id".to_owned(), second.split(':').next().unwrap().to_owned());
    platform::connect(&hub, &acme, channel, fields).await;
    platform::connect(&hub, &bolt, channel, others).await;
    for key in [&first, &second] {
        slack.enter_webhook(key, &format!("{}/webhooks/slack", hub.url));
        let act = Act::Text { text: format!("from {key}"), reply_to: None };
        slack.act(key, &greta(), act).await.unwrap();
    }
    for (session, key) in [(&acme, &first), (&bolt, &second)] {
        let listed = conversations(session).await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["last_message"]["text"], format!("from {key}"));
    }
}

#[tokio::test]
async fn over_socket_mode_no_address_is_needed() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let slack = &simulator.slack;
    let channel = channels::find("slack").unwrap();
    let fields = slack.open_socket_account("Acme");
    let key = channel.account_key(&channel.account_form().fill(fields.clone()).unwrap());
    platform::connect(&hub, &owner, channel, fields).await;
    until("the hub listens", async || (slack.sockets(&key) == 1).then_some(())).await;
    slack.act(&key, &greta(), Act::Text { text: "hi".into(), reply_to: None }).await.unwrap();
    assert_eq!(conversations(&owner).await[0]["last_message"]["text"], "hi");
}

/// A command is answered in a direct message; if there is a conversation in it already, both go on.
#[tokio::test]
async fn a_command_is_answered_beside_a_direct_message() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let played = platform::Played::connect(&hub, &owner, "slack").await;
    let slack = &played.simulator.slack;
    slack.act(&played.account, &greta(), Act::Text { text: "hi".into(), reply_to: None }).await.unwrap();
    slack.command(&played.account, &greta(), "where is my parcel?").await.unwrap();
    let listed = conversations(&owner).await;
    let asked = listed.iter().find(|one| one["last_message"]["text"] == "where is my parcel?").unwrap();
    let path = format!("/conversations/{}/messages", asked["id"].as_str().unwrap());
    let body = json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": "on its way"});
    let message = owner.post(&path, &body).await.expect(201).id();
    until("the answer is sent", async || {
        let now = owner.get(&format!("/messages/{message}")).await.expect(200).body;
        (now["status"] == "sent").then_some(())
    })
    .await;
    let received = played.received("U0GRETA");
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].text, "on its way");
}

#[tokio::test]
async fn a_removed_app_stops_the_account() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = platform::Played::connect(&hub, &owner, "slack").await;
    let event = json!({"type": "app_uninstalled", "event_ts": "1760000000.000100"});
    played.simulator.slack.event(&played.account, event).await.unwrap();
    let one = owner.get(&format!("/integrations/{}", played.id)).await.expect(200).body;
    assert_eq!((&one["status"], &one["fault"]["code"]), (&json!("broken"), &json!("token_rejected")));
}

/// Whoever has a `response_url` may write into the conversation for half an hour: it is kept nowhere.
#[tokio::test]
async fn addresses_to_answer_at_are_not_kept() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = platform::Played::connect(&hub, &owner, "slack").await;
    let slack = &played.simulator.slack;
    slack.command(&played.account, &greta(), "where is my parcel?").await.unwrap();
    slack.act(&played.account, &greta(), Act::Text { text: "hi".into(), reply_to: None }).await.unwrap();
    let listed = owner.get("/callbacks").await.expect(200).body;
    let mut seen = 0;
    for one in listed["data"].as_array().unwrap() {
        let path = format!("/callbacks/{}", one["id"].as_str().unwrap());
        let shown = owner.get(&path).await.expect(200).body;
        let body = shown["request"]["body"].as_str().unwrap();
        assert!(body.contains("parcel") || body.contains("event"), "{body}");
        for secret in ["response_url", "hooks.slack.com", "deprecated"] {
            assert!(!body.contains(secret), "{secret} shows in {body}");
        }
        let again = owner.post(&format!("{path}/replay"), &Value::Null).await.expect(200).body;
        assert_eq!(again["outcome"], "repeated", "what is kept can be read again");
        seen += 1;
    }
    assert_eq!(seen, 2);
}
