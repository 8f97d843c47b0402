//! The flight recorder: every callback that was believed can be found again, without its secrets, and replayed.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{
    client::Session,
    hub::Hub,
    inbox::{Inbox, id, ids},
    platform::{APP_SECRET, BOT_TOKEN, SECRET_TOKEN, Telegram, VERIFY_TOKEN, signature},
};

/// Newest first.
async fn list(session: &Session, query: &str) -> Value {
    session.get(&format!("/callbacks?{query}")).await.expect(200).body
}

async fn newest(session: &Session) -> Value {
    let listed = list(session, "limit=1").await;
    session.get(&format!("/callbacks/{}", id(&listed["data"][0]))).await.expect(200).body
}

async fn replay(session: &Session, id: &str) -> Value {
    session.post(&format!("/callbacks/{id}/replay"), &Value::Null).await.expect(200).body
}

async fn messages(session: &Session, conversation: &str) -> Vec<Value> {
    let path = format!("/conversations/{conversation}/messages");
    session.get(&path).await.expect(200).body["data"].as_array().unwrap().clone()
}

/// While it lasts, no message whose text is `poison` can be stored.
async fn poison(hub: &Hub) {
    sqlx::query("alter table messages add constraint poison check (text is distinct from 'poison')")
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
}

async fn cure(hub: &Hub) {
    sqlx::query("alter table messages drop constraint poison").execute(&mut hub.sql().await).await.unwrap();
}

fn update(update: i64, text: &str) -> Value {
    let ada = json!({"id": 77, "first_name": "Ada", "type": "private"});
    json!({"update_id": update, "message": {"message_id": update, "date": 1_760_000_000, "text": text,
        "from": ada, "chat": ada}})
}

#[tokio::test]
async fn callbacks_are_listed_by_what_they_are() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let telegram = Telegram::connect(&inbox.hub, owner).await;
    inbox.receive("491", "wamid.1", "one").await;
    inbox.receive("491", "wamid.1", "one").await;
    assert_eq!(inbox.whatsapp.post_raw(b"not json".to_vec()).await, 200);
    assert_eq!(telegram.post(&update(1, "hi")).await, 200);
    assert_eq!(telegram.post(&json!({"update_id": 2, "poll": {}})).await, 200);
    let all = list(owner, "").await;
    assert_eq!(ids(&all).len(), 5);
    assert_eq!(all["next_cursor"], Value::Null);
    replay(owner, id(&all["data"][4])).await;

    let whatsapp = format!("integration_id={}", inbox.whatsapp.id);
    for (query, outcomes) in [
        ("channel=telegram", vec!["ignored", "stored"]),
        ("channel=whatsapp", vec!["repeated", "unreadable", "repeated", "stored"]),
        (&whatsapp, vec!["repeated", "unreadable", "repeated", "stored"]),
        ("verdict=replayed", vec!["repeated"]),
        ("verdict=verified&channel=whatsapp", vec!["unreadable", "repeated", "stored"]),
        ("outcome=repeated", vec!["repeated", "repeated"]),
        ("outcome=failed", vec![]),
    ] {
        let page = list(owner, query).await;
        let found: Vec<_> =
            page["data"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
        assert_eq!(found, outcomes, "{query}");
        assert!(page["data"].as_array().unwrap().iter().all(|one| one["request"]["body"].is_null()));
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let inbox = Inbox::start().await;
    for number in 0..7 {
        inbox.receive("491", &format!("wamid.{number}"), "x").await;
    }
    let whole = ids(&list(&inbox.owner, "").await);
    let (mut read, mut query) = (Vec::new(), "limit=3".to_owned());
    loop {
        let page = list(&inbox.owner, &query).await;
        read.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("limit=3&cursor={cursor}");
    }
    assert_eq!(read, whole);
    assert_eq!(read.len(), 7);
}

#[tokio::test]
async fn a_callback_shows_its_request_without_secrets_and_what_it_became() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let body = inbox.whatsapp.texts(&[("491", "wamid.1", "hello there")]);
    let bytes = serde_json::to_vec(&body).unwrap();
    let url = format!("{}/webhooks/whatsapp/{}", inbox.hub.url, inbox.whatsapp.id);
    let request = inbox.hub.client().http().post(url).body(bytes.clone());
    let sent = request
        .query(&[("hub.verify_token", VERIFY_TOKEN), ("trace", "7")])
        .header("x-hub-signature-256", signature(&bytes))
        .header("authorization", "Bearer test-bearer-0001")
        .header("cookie", "session=test-cookie-0001")
        .header("user-agent", "facebookexternalua")
        .send();
    assert_eq!(sent.await.unwrap().status(), 200);

    let shown = newest(owner).await;
    assert_eq!((&shown["verdict"], &shown["outcome"]), (&json!("verified"), &json!("stored")));
    assert_eq!(shown["request"]["method"], "POST");
    assert_eq!(shown["request"]["body"], String::from_utf8(bytes.clone()).unwrap());
    assert_eq!(shown["request"]["body_bytes"], bytes.len());
    assert_eq!(shown["request"]["query"], json!([["trace", "7"]]));
    let headers = shown["request"]["headers"].as_array().unwrap();
    assert!(headers.contains(&json!(["user-agent", "facebookexternalua"])), "{headers:?}");
    let conversation = owner.get("/conversations").await.expect(200).body["data"][0].clone();
    let message = messages(owner, id(&conversation)).await[0].clone();
    assert_eq!(
        shown["events"],
        json!([{"type": "message", "external_id": "wamid.1", "conversation_id": conversation["id"],
            "message_id": message["id"], "effect": "stored"}])
    );
    let signature = signature(&bytes);
    let secrets = [APP_SECRET, VERIFY_TOKEN, "test-bearer-0001", "test-cookie-0001", &signature[7..]];
    for secret in secrets {
        assert!(!shown.to_string().contains(secret), "{secret} shows");
    }
}

#[tokio::test]
async fn a_bots_secrets_do_not_show() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let telegram = Telegram::connect(&hub, &owner).await;
    assert_eq!(telegram.post(&update(1, "hi")).await, 200);
    let shown = newest(&owner).await;
    assert_eq!(shown["outcome"], "stored");
    assert_eq!(shown["integration_id"], telegram.id.to_string());
    for secret in [SECRET_TOKEN, BOT_TOKEN, "x-telegram-bot-api-secret-token"] {
        assert!(!shown.to_string().contains(secret), "{secret} shows");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_with_the_reason() {
    let inbox = Inbox::start().await;
    assert_eq!(inbox.whatsapp.post_raw(b"{\"entry\": [".to_vec()).await, 200);
    let kept = newest(&inbox.owner).await;
    assert_eq!((&kept["outcome"], &kept["events"]), (&json!("unreadable"), &json!([])));
    assert_eq!(kept["request"]["body"], "{\"entry\": [");
    assert!(!kept["error"].as_str().unwrap().is_empty());
    assert_eq!(replay(&inbox.owner, id(&kept)).await["outcome"], "unreadable");
}

#[tokio::test]
async fn what_could_not_be_stored_is_kept_and_replayed_when_the_cause_is_gone() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let conversation = inbox.receive("491", "wamid.1", "before").await;
    poison(&inbox.hub).await;
    inbox.receive("491", "wamid.2", "poison").await;
    let failed = newest(owner).await;
    assert_eq!((&failed["outcome"], &failed["verdict"]), (&json!("failed"), &json!("verified")));
    assert!(!failed["error"].as_str().unwrap().is_empty());
    assert!(failed["request"]["body"].as_str().unwrap().contains("wamid.2"));
    assert_eq!(replay(owner, id(&failed)).await["outcome"], "failed", "the cause is still there");
    assert_eq!(messages(owner, id(&conversation)).await.len(), 1, "nothing half-written");

    cure(&inbox.hub).await;
    let replayed = replay(owner, id(&failed)).await;
    assert_eq!((&replayed["outcome"], &replayed["verdict"]), (&json!("stored"), &json!("replayed")));
    assert_eq!(replay(owner, id(&failed)).await["outcome"], "repeated");
    let messages = messages(owner, id(&conversation)).await;
    assert_eq!(messages.iter().filter(|one| one["text"] == "poison").count(), 1);
    assert_eq!(messages.len(), 2);
}

#[tokio::test]
async fn what_a_database_that_goes_away_did_not_store_is_refused_and_comes_again() {
    let inbox = Inbox::start().await;
    inbox.receive("491", "wamid.1", "before").await;
    let mut sql = inbox.hub.sql().await;
    // As a server answers that is being stopped. It takes the flight recorder's row a moment later.
    sqlx::raw_sql(
        "create function going_away() returns trigger language plpgsql
             as $$ begin raise exception 'terminating connection' using errcode = '57P01'; end $$;
         create trigger going_away before insert on messages for each row execute function going_away()",
    )
    .execute(&mut sql)
    .await
    .unwrap();
    let callback = inbox.whatsapp.texts(&[("491", "wamid.2", "while it went away")]);
    assert_eq!(inbox.whatsapp.post(&callback).await, 503);
    assert_eq!(list(&inbox.owner, "outcome=failed").await["data"], json!([]), "nobody has to replay it");

    sqlx::raw_sql("drop trigger going_away on messages").execute(&mut sql).await.unwrap();
    assert_eq!(inbox.whatsapp.post(&callback).await, 200);
    let conversation = inbox.conversations().await.remove(0);
    assert_eq!(messages(&inbox.owner, id(&conversation)).await.len(), 2);
}

#[tokio::test]
async fn replaying_what_is_stored_changes_nothing() {
    let inbox = Inbox::start().await;
    let before = inbox.receive("491", "wamid.1", "once").await;
    let stored = newest(&inbox.owner).await;
    for _ in 0..3 {
        let replayed = replay(&inbox.owner, id(&stored)).await;
        assert_eq!(replayed["outcome"], "repeated");
        assert_eq!(replayed["events"][0]["effect"], "repeated");
    }
    let after = inbox.owner.get(&format!("/conversations/{}", id(&before))).await.expect(200).body;
    for field in ["last_seq", "unread_count", "last_message", "last_message_at", "version"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(newest(&inbox.owner).await["verdict"], "replayed");
}

#[tokio::test]
async fn a_poisoned_callback_among_twenty_fails_alone() {
    let inbox = Inbox::start().await;
    poison(&inbox.hub).await;
    let posts = (0..21).map(|number| {
        let whatsapp = &inbox.whatsapp;
        async move {
            let text = if number == 10 { "poison" } else { "fine" };
            whatsapp.post(&whatsapp.texts(&[("491", &format!("wamid.{number}"), text)])).await
        }
    });
    let answers = join_all(posts).await;
    assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
    let failed = list(&inbox.owner, "outcome=failed").await;
    assert_eq!(ids(&failed).len(), 1);
    assert_eq!(ids(&list(&inbox.owner, "outcome=stored").await).len(), 20);
    let listed = inbox.owner.get("/conversations").await.expect(200).body;
    assert_eq!(ids(&listed).len(), 1);
    let messages = messages(&inbox.owner, id(&listed["data"][0])).await;
    assert_eq!(messages.len(), 20);
    assert!(messages.iter().all(|message| message["text"] == "fine"));
}

#[tokio::test]
async fn forgeries_are_counted_where_an_admin_sees_them_and_not_kept() {
    let inbox = Inbox::start().await;
    let body = serde_json::to_vec(&inbox.whatsapp.texts(&[("491", "wamid.1", "hi")])).unwrap();
    for forged in ["sha256=00", "sha256=zz", &format!("{}0", signature(b"another body"))] {
        assert_eq!(inbox.whatsapp.post_signed(body.clone(), forged).await, 401);
    }
    inbox.hub.app.forgeries.flush(&inbox.hub.app.db).await.unwrap();
    let detail = inbox.owner.get(&format!("/integrations/{}", inbox.whatsapp.id)).await.expect(200).body;
    let forgeries = detail["forgeries"].as_array().unwrap();
    assert_eq!(forgeries.iter().map(|one| one["count"].as_i64().unwrap()).sum::<i64>(), 3, "{forgeries:?}");
    assert!(forgeries.iter().all(|one| one["last_address"] == "127.0.0.1"), "{forgeries:?}");
    assert!(ids(&list(&inbox.owner, "").await).is_empty());
    assert!(ids(&inbox.owner.get("/conversations").await.expect(200).body).is_empty());
}

#[tokio::test]
async fn managers_read_the_recorder_and_admins_replay() {
    let inbox = Inbox::start().await;
    inbox.receive("491", "wamid.1", "hi").await;
    let path = format!("/callbacks/{}", id(&newest(&inbox.owner).await));
    for (role, reads, replays) in
        [("viewer", 403, 403), ("agent", 403, 403), ("manager", 200, 403), ("admin", 200, 200)]
    {
        let member = inbox.hub.invite(&inbox.owner, role, role).await;
        assert_eq!(member.get("/callbacks").await.status.as_u16(), reads, "{role}");
        assert_eq!(member.get(&path).await.status.as_u16(), reads, "{role}");
        let replayed = member.post(&format!("{path}/replay"), &Value::Null).await;
        assert_eq!(replayed.status.as_u16(), replays, "{role}");
    }
    let other = inbox.hub.found("Other", "bob").await;
    other.get(&path).await.expect_problem(404, "not_found");
    other.post(&format!("{path}/replay"), &Value::Null).await.expect_problem(404, "not_found");
}
