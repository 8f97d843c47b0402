//! Sending, notes, edits, reactions and pages of messages. What reaches the platform is `reply.rs`' matter.

use serde_json::{Value, json};

use crate::harness::{
    client::Session,
    inbox::{Inbox, id, ids},
};

const ANA: &str = "4915100000001";

fn messages(conversation: &Value) -> String {
    format!("/conversations/{}/messages", id(conversation))
}

async fn send(session: &Session, conversation: &Value, body: Value) -> crate::harness::client::Answer {
    let mut body = body;
    if body["client_id"].is_null() {
        body["client_id"] = json!(uuid::Uuid::now_v7());
    }
    session.post(&messages(conversation), &body).await
}

async fn jobs(inbox: &Inbox, order: &str) -> i64 {
    sqlx::query_scalar("select count(*) from jobs where kind = 'order' and payload->>'order' = $1")
        .bind(order)
        .fetch_one(&mut inbox.hub.sql().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_repeated_send_is_the_same_message() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive(ANA, "wamid.1", "hello").await;
    let body = json!({"client_id": "c-1", "text": "  good morning  "});
    let first = send(&inbox.owner, &conversation, body.clone()).await.expect(201).body;
    assert_eq!(
        (&first["seq"], &first["status"], &first["text"]),
        (&json!(2), &json!("queued"), &json!("good morning"))
    );
    assert_eq!(first["sender"], json!({"kind": "member", "id": inbox.owner.user_id, "name": "ada"}));
    let path = messages(&conversation);
    let repeats = futures::future::join_all((0..10).map(|_| inbox.owner.post(&path, &body))).await;
    for repeat in repeats {
        assert_eq!(repeat.expect(200).id(), id(&first));
    }
    assert_eq!(jobs(&inbox, "deliver").await, 1);
}

#[tokio::test]
async fn messages_sent_at_once_are_numbered_without_gaps() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive(ANA, "wamid.1", "hello").await;
    let sent = futures::future::join_all(
        (0..20).map(|n| send(&inbox.owner, &conversation, json!({"text": format!("m{n}")}))),
    )
    .await;
    let mut numbers: Vec<_> =
        sent.into_iter().map(|one| one.expect(201).body["seq"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=21).collect::<Vec<_>>());
    let lanes: Vec<(i64, i64)> = sqlx::query_as(
        "select m.seq, j.id from jobs j join messages m on m.id = (j.payload->>'message_id')::uuid order by j.id",
    )
    .fetch_all(&mut inbox.hub.sql().await)
    .await
    .unwrap();
    assert!(lanes.is_sorted_by_key(|(seq, _)| *seq), "jobs are in the order of the messages");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_a_reason() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let conversation = inbox.receive(ANA, "wamid.1", "hello").await;
    let refused = async |body: Value, code: &str| {
        send(owner, &conversation, body).await.expect_problem(422, code);
    };
    refused(json!({"text": "   "}), "invalid").await;
    refused(json!({"text": "x".repeat(70_000)}), "invalid").await;
    refused(json!({"text": "x", "attachments": [uuid::Uuid::now_v7()]}), "invalid").await;
    refused(json!({"text": "x", "reply_to": uuid::Uuid::now_v7()}), "invalid").await;
    refused(json!({"text": "x", "mentions": [owner.user_id]}), "invalid").await;
    refused(
        json!({"text": "x", "buttons": [{"id": "a", "title": "A"}, {"id": "a", "title": "B"}]}),
        "invalid",
    )
    .await;
    refused(json!({"template": {"name": "nope", "language": "en"}}), "invalid").await;
    refused(json!({"location": {"latitude": 200.0, "longitude": 0.0}}), "invalid").await;
    refused(json!({"location": {"latitude": 2.0, "longitude": 0.0}, "buttons": [{"id": "a", "title": "A"}], "text": "x"}), "one_content").await;
    let contact = id(&conversation["contact"]);
    owner.post(&format!("/contacts/{contact}/block"), &json!({"blocked": true})).await.expect(200);
    refused(json!({"text": "x"}), "contact_blocked").await;
    owner.post(&format!("/contacts/{contact}/block"), &json!({"blocked": false})).await.expect(200);
    owner.post(&format!("/integrations/{}/pause", inbox.whatsapp.id), &Value::Null).await.expect(200);
    refused(json!({"text": "x"}), "integration_paused").await;
    assert_eq!(
        owner.get(&messages(&conversation)).await.expect(200).body["data"].as_array().unwrap().len(),
        1
    );
    assert_eq!(jobs(&inbox, "deliver").await, 0);
}

#[tokio::test]
async fn a_closed_window_takes_templates_only() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive(ANA, "wamid.1", "hello").await;
    let mut sql = inbox.hub.sql().await;
    sqlx::query("update conversations set window_closes_at = now() - interval '1 minute'")
        .execute(&mut sql)
        .await
        .unwrap();
    let template = json!({"external_id": "1", "name": "order_ready", "language": "en", "category": "utility", "status": "approved",
        "body": "Hi {{1}}, your order is ready.", "buttons": [], "parameters": ["1"]});
    sqlx::query(
        "insert into templates (organization_id, integration_id, name, language, external_id, category, status, body)
         select organization_id, id, 'order_ready', 'en', '1', 'utility', 'approved', $1 from integrations",
    )
    .bind(&template)
    .execute(&mut sql)
    .await
    .unwrap();
    let closed =
        send(&inbox.owner, &conversation, json!({"text": "hi"})).await.expect_problem(422, "window_closed");
    assert_eq!(closed.body["current"]["templates"][0]["name"], "order_ready");
    let empty = json!({"template": {"name": "order_ready", "language": "en"}});
    send(&inbox.owner, &conversation, empty).await.expect_problem(422, "invalid");
    let filled = json!({"template": {"name": "order_ready", "language": "en", "body": [{"name": "1", "type": "text", "text": "Ana"}]}});
    let sent = send(&inbox.owner, &conversation, filled).await.expect(201).body;
    assert_eq!((&sent["kind"], &sent["text"]), (&json!("template"), &json!("Hi Ana, your order is ready.")));
}

#[tokio::test]
async fn notes_call_colleagues_and_never_leave() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let dan = inbox.hub.invite(owner, "dan", "agent").await;
    let conversation = inbox.receive(ANA, "wamid.1", "hello").await;
    let note = json!({"text": "dan, please look", "note": true, "mentions": [dan.user_id]});
    let note = send(owner, &conversation, note).await.expect(201).body;
    assert_eq!((&note["direction"], &note["status"]), (&json!("internal"), &Value::Null));
    assert_eq!(jobs(&inbox, "deliver").await, 0);
    assert_eq!(ids(&dan.get("/conversations?mentioned=true").await.expect(200).body), [id(&conversation)]);
    assert_eq!(dan.get("/conversations/counts").await.expect(200).body["mentions"], 1);
    let audience: Vec<uuid::Uuid> =
        sqlx::query_scalar("select audience from events where kind = 'notification'")
            .fetch_one(&mut inbox.hub.sql().await)
            .await
            .unwrap();
    assert_eq!(audience, [dan.user_id.parse::<uuid::Uuid>().unwrap()]);
    dan.post(&format!("/conversations/{}/read", id(&conversation)), &json!({"seq": 2})).await.expect(200);
    assert_eq!(dan.get("/conversations/counts").await.expect(200).body["mentions"], 0);
    let stranger = json!({"text": "x", "note": true, "mentions": [uuid::Uuid::now_v7()]});
    send(owner, &conversation, stranger).await.expect_problem(422, "invalid");
    let people =
        owner.get(&format!("/conversations/{}/participants", id(&conversation))).await.expect(200).body;
    assert_eq!(people["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn edits_and_deletions_keep_what_was_said() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let dan = inbox.hub.invite(owner, "dan", "agent").await;
    let conversation = inbox.receive(ANA, "wamid.1", "hello").await;
    let note = send(&dan, &conversation, json!({"text": "frist", "note": true})).await.expect(201).id();
    let path = format!("/messages/{note}");
    let edited = dan.patch(&path, &json!({"text": "first"})).await.expect(200).body;
    assert_eq!(edited["text"], "first");
    assert!(edited["edited_at"].is_string());
    let eve = inbox.hub.invite(owner, "eve", "agent").await;
    eve.patch(&path, &json!({"text": "mine"})).await.expect_problem(403, "forbidden");
    let deleted = owner.delete(&path).await.expect(200).body;
    assert!(deleted["deleted_at"].is_string());
    assert_eq!(deleted["text"], "");
    let history = owner.get(&format!("{path}/history")).await.expect(200).body;
    let texts: Vec<_> =
        history["versions"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["frist", "first"]);
    let inbound = owner.get(&messages(&conversation)).await.expect(200).body["data"][1]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    owner.delete(&format!("/messages/{inbound}")).await.expect_problem(403, "forbidden");
    let sent = send(owner, &conversation, json!({"text": "hi"})).await.expect(201).id();
    owner
        .patch(&format!("/messages/{sent}"), &json!({"text": "ho"}))
        .await
        .expect_problem(422, "not_changeable");
    let cancelled = owner.delete(&format!("/messages/{sent}")).await.expect(200).body;
    assert!(cancelled["deleted_at"].is_string(), "what has not left can be taken back");
}

#[tokio::test]
async fn the_business_has_one_reaction() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive(ANA, "wamid.1", "hello").await;
    let inbound = inbox.owner.get(&messages(&conversation)).await.expect(200).body["data"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/messages/{inbound}/reactions");
    inbox.owner.post(&path, &json!({"emoji": "👍"})).await.expect(200);
    let second = inbox.owner.post(&path, &json!({"emoji": "❤️"})).await.expect(200).body;
    assert_eq!(second["reactions"].as_array().unwrap().len(), 1);
    assert_eq!(second["reactions"][0]["emoji"], "❤️");
    let none = inbox.owner.post(&path, &json!({"emoji": ""})).await.expect(200).body;
    assert_eq!(none["reactions"], json!([]));
    assert_eq!(jobs(&inbox, "react").await, 3);
}

#[tokio::test]
async fn only_failed_messages_are_sent_again() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive(ANA, "wamid.1", "hello").await;
    let sent = send(&inbox.owner, &conversation, json!({"text": "hi"})).await.expect(201).id();
    let retry = format!("/messages/{sent}/retry");
    inbox.owner.post(&retry, &Value::Null).await.expect_problem(409, "not_failed");
    for status in ["failed", "unknown"] {
        sqlx::query(
            "update messages set status = $1, error = '{\"code\": \"x\"}' where direction = 'outbound'",
        )
        .bind(status)
        .execute(&mut inbox.hub.sql().await)
        .await
        .unwrap();
        let again = inbox.owner.post(&retry, &Value::Null).await.expect(200).body;
        assert_eq!((&again["status"], &again["error"]), (&json!("queued"), &Value::Null));
    }
    assert_eq!(jobs(&inbox, "deliver").await, 3);
}

#[tokio::test]
async fn pages_go_both_ways_and_around() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive(ANA, "wamid.1", "1").await;
    for n in 2..=9 {
        send(&inbox.owner, &conversation, json!({"text": n.to_string(), "note": true})).await.expect(201);
    }
    let page = async |query: &str| {
        inbox.owner.get(&format!("{}?{query}", messages(&conversation))).await.expect(200).body
    };
    let numbers = |page: &Value| {
        page["data"].as_array().unwrap().iter().map(|one| one["seq"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let newest = page("limit=4").await;
    assert_eq!(numbers(&newest), [9, 8, 7, 6]);
    let next = page(&format!("limit=4&cursor={}", newest["next_cursor"].as_str().unwrap())).await;
    assert_eq!(numbers(&next), [5, 4, 3, 2]);
    let forward = page("direction=newer&limit=3&from=4").await;
    assert_eq!(numbers(&forward), [5, 6, 7]);
    let onward =
        page(&format!("direction=newer&limit=3&cursor={}", forward["next_cursor"].as_str().unwrap())).await;
    assert_eq!((numbers(&onward), &onward["next_cursor"]), (vec![8, 9], &Value::Null));
    assert_eq!(numbers(&page("around=5&limit=4").await), [3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn an_answer_to_less_than_everything_is_refused_with_what_is_new() {
    let inbox = Inbox::start().await;
    let colleague = inbox.hub.invite(&inbox.owner, "bo", "agent").await;
    let conversation = inbox.receive(ANA, "wamid.1", "where is my order?").await;
    inbox.receive(ANA, "wamid.2", "never mind, it came").await;
    let body = |text: &str, seen: i64| json!({"client_id": text, "text": text, "last_seen_seq": seen});

    let stale =
        send(&inbox.owner, &conversation, body("on its way", 1)).await.expect_problem(409, "stale").body;
    let newer = &stale["current"]["messages"];
    assert_eq!(stale["current"]["last_seq"], 2);
    assert_eq!(newer.as_array().unwrap().len(), 1);
    assert_eq!(
        (&newer[0]["seq"], &newer[0]["text"], &newer[0]["sender"]["kind"]),
        (&json!(2), &json!("never mind, it came"), &json!("contact"))
    );
    assert!(newer[0]["sent_at"].is_string());
    assert_eq!(jobs(&inbox, "deliver").await, 0, "nothing of it is on its way");

    // What was seen, and what one has written oneself, is nothing new; a note disturbs nobody.
    send(&inbox.owner, &conversation, body("good to hear", 2)).await.expect(201);
    send(&inbox.owner, &conversation, body("anything else?", 2)).await.expect(201);
    let mut note = body("he is happy", 1);
    note["note"] = json!(true);
    send(&colleague, &conversation, note).await.expect(201);

    // A colleague's answer counts, a note does not.
    let stale = send(&colleague, &conversation, body("hello", 2)).await.expect_problem(409, "stale").body;
    let texts: Vec<_> = stale["current"]["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["good to hear", "anything else?"]);
    assert_eq!(stale["current"]["messages"][0]["sender"]["name"], "ada");

    let mut forced = body("hello", 2);
    forced["force"] = json!(true);
    let first = send(&colleague, &conversation, forced).await.expect(201).body;
    let repeated = send(&colleague, &conversation, body("hello", 2)).await.expect(200).body;
    assert_eq!(repeated["id"], first["id"], "a repeat is never stale");
    send(&inbox.owner, &conversation, json!({"text": "says nothing of what it saw"})).await.expect(201);
}
