//! Letters: who answers what, and what a conversation is about.

use channels::{
    Party, PartyId,
    event::{InboundMessage, What},
    mail::Letter,
    message::{Kind, Part},
};
use chrono::Utc;
use serde_json::json;

use crate::harness::{
    inbox::{Inbox, hear, id},
    platform::WhatsApp,
};

/// A letter by `from` in the thread of its own id.
fn letter(from: &str, external_id: &str, answers: &[&str]) -> InboundMessage {
    let person =
        Party { ids: vec![PartyId::plain("wa_id", from)], name: Some(from.into()), ..Party::default() };
    InboundMessage {
        text: format!("letter {external_id}"),
        answers: answers.iter().map(|id| (*id).to_owned()).collect(),
        subject: Some(format!("About {external_id}")),
        parts: vec![Part::Email(Letter::default())],
        ..InboundMessage::new(
            external_id.into(),
            format!("root:{external_id}"),
            person,
            Kind::Text,
            Utc::now(),
        )
    }
}

fn told(letter: InboundMessage) -> What {
    What::Message(Box::new(letter))
}

#[tokio::test]
async fn an_answer_goes_on_with_the_conversation_whoever_writes_it() {
    let inbox = Inbox::start().await;
    inbox.hear([told(letter("1", "<a@x>", &[]))]).await;
    let first = inbox.conversations().await.remove(0);
    assert_eq!(first["subject"], "About <a@x>");
    // In one callback: an answer by somebody else, and an answer to that answer.
    inbox
        .hear([
            told(letter("2", "<b@x>", &["<unknown@x>", "<a@x>"])),
            told(letter("1", "<c@x>", &["<b@x>"])),
            told(letter("2", "<d@x>", &[])),
        ])
        .await;
    let conversations = inbox.conversations().await;
    assert_eq!(conversations.len(), 2);
    let going = conversations.iter().find(|one| one["id"] == first["id"]).unwrap();
    assert_eq!(
        (&going["subject"], &going["last_seq"], &going["unread_count"]),
        (&json!("About <a@x>"), &json!(3), &json!(3))
    );
    let senders: Vec<_> =
        inbox.messages(going).await.iter().map(|one| one["sender"]["name"].clone()).collect();
    assert_eq!(senders, [json!("1"), json!("2"), json!("1")]);
}

#[tokio::test]
async fn an_answer_reopens_a_closed_conversation_and_a_repeat_changes_nothing() {
    let inbox = Inbox::start().await;
    inbox.hear([told(letter("1", "<a@x>", &[]))]).await;
    let first = inbox.conversations().await.remove(0);
    let path = format!("/conversations/{}", id(&first));
    inbox.owner.patch(&path, &json!({"status": "closed"})).await.expect(200);
    inbox.hear([told(letter("1", "<a@x>", &[]))]).await;
    let all = inbox.owner.get("/conversations?status=open,pending,snoozed,closed").await.body["data"]
        .as_array()
        .map(Vec::len);
    assert_eq!(all.unwrap_or(1), 1, "a repeat makes no conversation");
    assert_eq!(inbox.owner.get(&path).await.body["status"], "closed");
    inbox.hear([told(letter("1", "<b@x>", &["<a@x>"]))]).await;
    let after = inbox.owner.get(&path).await.expect(200).body;
    assert_eq!(after["status"], "open");
    let letters = inbox.messages(&after).await.into_iter().filter(|one| one["kind"] == "text").count();
    assert_eq!((letters, inbox.conversations().await.len()), (2, 1));
}

#[tokio::test]
async fn another_integrations_messages_cannot_be_answered() {
    let inbox = Inbox::start().await;
    let other = WhatsApp::connect(&inbox.hub, &inbox.owner, "PN_2").await;
    inbox.hear([told(letter("1", "<a@x>", &[]))]).await;
    hear(&inbox.hub, other.id, [told(letter("2", "<b@x>", &["<a@x>"]))]).await;
    let conversations = inbox.conversations().await;
    assert_eq!(conversations.len(), 2);
    assert_ne!(conversations[0]["integration_id"], conversations[1]["integration_id"]);
    assert!(conversations.iter().all(|one| one["last_seq"] == 1));
}

#[tokio::test]
async fn a_chat_ignores_subjects_and_refuses_copies() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive("4915100000001", "wamid.1", "hello").await;
    assert!(conversation["subject"].is_null());
    let path = format!("/conversations/{}/messages", id(&conversation));
    let body = json!({"client_id": "1", "text": "Hi", "subject": "Hello", "html": "<p>Hi</p>"});
    let sent = inbox.owner.post(&path, &body).await.expect(201).body;
    assert_eq!(sent["parts"], json!([]));
    let copy = json!({"client_id": "2", "text": "Hi", "cc": [{"address": "ada@example.org"}]});
    inbox.owner.post(&path, &copy).await.expect_problem(422, "invalid");
}
