//! Agents' replies leave, and what happened to them comes back: the promises about what goes out.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Act, Fault, whatsapp::StatusOrder};

use crate::harness::{client::Session, hub::Hub, platform::Played};

const CUSTOMER: &str = "4915100000001";

async fn start(channel: &str, customer: &str) -> (Hub, Session, Played, String) {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, channel).await;
    let conversation = played.write(&owner, customer, "hello").await;
    let path = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
    (hub, owner, played, path)
}

async fn send(session: &Session, path: &str, text: &str) -> String {
    let body = json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": text});
    session.post(path, &body).await.expect(201).id()
}

async fn look(session: &Session, message: &str) -> Value {
    session.get(&format!("/messages/{message}")).await.expect(200).body
}

/// Waits until the message has one of these statuses.
async fn until(session: &Session, message: &str, wanted: &[&str]) -> Value {
    for _ in 0..400 {
        let now = look(session, message).await;
        if wanted.iter().any(|status| now["status"] == *status) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("still {}", look(session, message).await);
}

fn history(message: &Value) -> Vec<&str> {
    message["status_history"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_reply_arrives_and_is_read() {
    for (channel, customer) in [("whatsapp", CUSTOMER)] {
        let (hub, owner, played, path) = start(channel, customer).await;
        let _work = hub.work();
        let id = send(&owner, &path, "good morning").await;
        let sent = until(&owner, &id, &["sent", "delivered"]).await;
        assert!(sent["external_id"].is_string());
        let received = played.received(customer);
        assert_eq!(received.len(), 1, "{channel}");
        assert_eq!(received[0].text, "good morning");
        if channel == "whatsapp" {
            until(&owner, &id, &["delivered"]).await;
            played.act(customer, Act::Read).await;
            assert_eq!(
                history(&until(&owner, &id, &["read"]).await),
                ["queued", "sent", "delivered", "read"]
            );
        }
    }
}

#[tokio::test]
async fn statuses_that_overtake_the_answer_are_not_lost() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    played.simulator.whatsapp.set_status_order(StatusOrder::BeforeAnswer);
    let _work = hub.work();
    let id = send(&owner, &path, "fast").await;
    let message = until(&owner, &id, &["delivered"]).await;
    assert!(message["external_id"].is_string());
    assert!(message["error"].is_null());
}

#[tokio::test]
async fn statuses_only_move_forward() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    played.simulator.whatsapp.set_status_order(StatusOrder::Reversed);
    let _work = hub.work();
    let id = send(&owner, &path, "backwards").await;
    until(&owner, &id, &["delivered"]).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(look(&owner, &id).await["status"], "delivered");
}

#[tokio::test]
async fn one_conversation_is_one_lane() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    // The first call fails twice; what was written after it must not overtake it.
    for _ in 0..2 {
        played.simulator.whatsapp.faults().next("messages", Fault::Status(503));
    }
    let mut ids = Vec::new();
    for n in 0..6 {
        ids.push(send(&owner, &path, &format!("number {n}")).await);
    }
    let _work = hub.work();
    until(&owner, ids.last().unwrap(), &["sent", "delivered"]).await;
    let received: Vec<_> = played.received(CUSTOMER).into_iter().map(|message| message.text).collect();
    assert_eq!(received, (0..6).map(|n| format!("number {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_may_not_is_explained() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    let _work = hub.work();
    let faults = played.simulator.whatsapp.faults();
    faults.next("messages", Fault::Refuse { code: 130_429, retry_after: None });
    let id = send(&owner, &path, "throttled once").await;
    until(&owner, &id, &["sent", "delivered"]).await;

    faults.next("messages", Fault::Refuse { code: 131_026, retry_after: None });
    let id = send(&owner, &path, "nobody there").await;
    let failed = until(&owner, &id, &["failed"]).await;
    assert_eq!(failed["error"]["platform_code"], "131026");
    assert_eq!(failed["error"]["next_step"], "fix_recipient");
    assert!(!failed["error"]["detail"].as_str().unwrap().is_empty());
    assert_eq!(played.received(CUSTOMER).len(), 1);

    owner.post(&format!("/messages/{id}/retry"), &json!({})).await.expect(200);
    until(&owner, &id, &["sent", "delivered"]).await;
    assert_eq!(played.received(CUSTOMER).len(), 2);
}

#[tokio::test]
async fn a_status_resolves_what_was_unknown() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    let _work = hub.work();
    played.simulator.whatsapp.faults().next("messages", Fault::CutAfter);
    let id = send(&owner, &path, "carried by its own id").await;
    let message = until(&owner, &id, &["delivered"]).await;
    assert!(message["external_id"].is_string());
    assert!(message["error"].is_null());
    assert_eq!(played.received(CUSTOMER).len(), 1);
}

#[tokio::test]
async fn a_refused_account_stops_and_says_why() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    let _work = hub.work();
    played.simulator.whatsapp.revoke_token(&played.account);
    let id = send(&owner, &path, "with a dead token").await;
    let failed = until(&owner, &id, &["failed"]).await;
    assert_eq!(failed["error"]["next_step"], "reconnect");
    let status: String =
        sqlx::query_scalar("select status from integrations").fetch_one(&mut hub.sql().await).await.unwrap();
    assert_eq!(status, "broken");
}

#[tokio::test]
async fn a_closed_window_is_refused_with_templates() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    let _work = hub.work();
    sqlx::query("update conversations set window_closes_at = now() - interval '1 minute'")
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    let body = json!({"client_id": "late", "text": "too late"});
    owner.post(&path, &body).await.expect_problem(422, "window_closed");
    assert!(played.received(CUSTOMER).is_empty());
}
