//! Telephone calls: one message each, whatever order their news comes in.

use channels::{
    Party, PartyId,
    abilities::MediaKind,
    call::{CallChange, CallDirection, CallState},
    event::{InboundMedia, What},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::harness::inbox::{Inbox, id};

fn begun() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap()
}

fn news(state: CallState, second: i64) -> CallChange {
    let person = Party { ids: vec![PartyId::plain("wa_id", "4915100000001")], ..Party::default() };
    CallChange {
        external_id: "CA1".into(),
        thread: String::new(),
        contact: Some(person),
        direction: CallDirection::Inbound,
        state: Some(state),
        at: begun() + TimeDelta::seconds(second),
        duration_seconds: None,
        answered_by: None,
        recording: None,
        transcript: None,
        reason: None,
        message_id: None,
    }
}

fn recording() -> CallChange {
    let media = InboundMedia {
        kind: MediaKind::Audio,
        reference: json!({"recording": "RE1"}),
        mime: Some("audio/mpeg".into()),
        file_name: None,
        size: None,
        sha256: None,
        width: None,
        height: None,
        duration_seconds: Some(65),
        unavailable: None,
    };
    CallChange {
        contact: None,
        state: None,
        recording: Some(media),
        transcript: Some("about the invoice".into()),
        ..news(CallState::Completed, 99)
    }
}

fn told(change: CallChange) -> What {
    What::Call(Box::new(change))
}

async fn call(inbox: &Inbox) -> Value {
    let conversation = inbox.conversations().await.remove(0);
    let messages = inbox.messages(&conversation).await;
    let calls: Vec<_> = messages.into_iter().filter(|one| one["kind"] == "call").collect();
    assert_eq!(calls.len(), 1);
    calls[0].clone()
}

#[tokio::test]
async fn a_call_is_one_message_that_moves_forward() {
    let inbox = Inbox::start().await;
    inbox.hear([told(news(CallState::Ringing, 0))]).await;
    let ringing = call(&inbox).await;
    assert_eq!((&ringing["direction"], &ringing["text"]), (&json!("inbound"), &json!("Incoming call")));
    assert_eq!(ringing["parts"][0]["state"], "ringing");
    let answered = CallChange { answered_by: Some("Ada".into()), ..news(CallState::InProgress, 4) };
    let ended = CallChange { duration_seconds: Some(65), ..news(CallState::Completed, 69) };
    // The end overtakes the beginning, and everything comes twice.
    inbox.hear([told(ended.clone()), told(answered.clone())]).await;
    inbox.hear([told(news(CallState::Ringing, 0)), told(ended), told(answered), told(recording())]).await;
    inbox.hear([told(recording())]).await;
    let call = call(&inbox).await;
    assert_eq!(call["text"], "Incoming call, 1:05 min\nabout the invoice");
    assert_eq!(
        (&call["parts"][0]["state"], &call["parts"][0]["answered_by"]),
        (&json!("completed"), &json!("Ada"))
    );
    assert_eq!(call["attachments"].as_array().map(Vec::len), Some(1));
    assert_eq!(inbox.conversations().await[0]["last_seq"], 1);
    let found = inbox.owner.get("/messages?q=invoice").await.expect(200).body;
    assert_eq!(found["data"][0]["id"], call["id"]);
}

#[tokio::test]
async fn a_recording_that_comes_before_its_call_waits_for_it() {
    let inbox = Inbox::start().await;
    inbox.hear([told(recording())]).await;
    assert!(inbox.conversations().await.is_empty());
    inbox.hear([told(news(CallState::Completed, 60))]).await;
    let call = call(&inbox).await;
    assert_eq!(call["parts"][0]["transcript"], "about the invoice");
    assert_eq!(call["attachments"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_missed_call_leaves_the_conversation_open_unread_and_with_a_hint() {
    let inbox = Inbox::start().await;
    inbox.hear([told(news(CallState::Ringing, 0))]).await;
    let conversation = inbox.conversations().await.remove(0);
    let path = format!("/conversations/{}", id(&conversation));
    // Somebody looks at it and closes it while the telephone rings.
    inbox.owner.post(&format!("{path}/read"), &json!({"seq": 1})).await;
    inbox.owner.patch(&path, &json!({"status": "closed"})).await.expect(200);
    for _ in 0..2 {
        inbox.hear([told(news(CallState::NoAnswer, 30))]).await;
    }
    let after = inbox.owner.get(&path).await.expect(200).body;
    assert_eq!((&after["status"], &after["unread_count"]), (&json!("open"), &json!(1)));
    let messages = inbox.messages(&conversation).await;
    let texts: Vec<_> = messages
        .iter()
        .filter(|one| one["direction"] != "outbound")
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts.iter().filter(|text| text.contains("A call was missed")).count(), 1);
    assert!(texts.contains(&"Missed call"));
    assert_eq!(inbox.conversations().await.len(), 1);
}

#[tokio::test]
async fn news_of_our_own_call_finds_it_by_our_id() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive("4915100000001", "wamid.1", "call me").await;
    let path = format!("/conversations/{}/messages", id(&conversation));
    let ours = inbox.owner.post(&path, &json!({"client_id": "1", "text": "x"})).await.expect(201).id();
    let mut change = CallChange { direction: CallDirection::Outbound, ..news(CallState::InProgress, 3) };
    change.message_id = Some(ours.parse().unwrap());
    inbox.hear([told(change.clone())]).await;
    change.state = Some(CallState::Completed);
    change.message_id = None;
    inbox.hear([told(change)]).await;
    let message = inbox.owner.get(&format!("/messages/{ours}")).await.expect(200).body;
    assert_eq!((&message["external_id"], &message["status"]), (&json!("CA1"), &json!("sent")));
    assert_eq!(message["parts"][0]["state"], "completed");
    assert_eq!(inbox.messages(&conversation).await.len(), 2);
}

#[tokio::test]
async fn a_channel_without_calls_says_so() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive("4915100000001", "wamid.1", "call me").await;
    let path = format!("/conversations/{}/calls", id(&conversation));
    inbox.owner.post(&path, &json!({"client_id": "1"})).await.expect_problem(422, "no_calls");
    inbox.owner.post(&path, &json!({"client_id": "1", "to": "0151"})).await.expect_problem(422, "invalid");
    inbox.hear([told(CallChange { external_id: "CA2".into(), ..news(CallState::Ringing, 0) })]).await;
    let call = call(&inbox).await;
    let hang_up = format!("/calls/{}/hangup", id(&call));
    inbox.owner.post(&hang_up, &json!({})).await.expect_problem(422, "call_refused");
    inbox.hear([told(CallChange { external_id: "CA2".into(), ..news(CallState::Completed, 9) })]).await;
    inbox.owner.post(&hang_up, &json!({})).await.expect_problem(409, "call_ended");
    let text = &inbox.messages(&conversation).await[0];
    inbox
        .owner
        .post(&format!("/calls/{}/hold", id(text)), &json!({}))
        .await
        .expect_problem(422, "not_a_call");
}
