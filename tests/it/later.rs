//! Messages that are sent at a later time.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::harness::{
    client::Answer,
    inbox::{Inbox, id},
};

fn in_hours(hours: i64) -> DateTime<Utc> {
    Utc::now() + TimeDelta::hours(hours)
}

fn later(client_id: &str, text: &str, at: DateTime<Utc>) -> Value {
    json!({"send_at": at, "message": {"client_id": client_id, "text": text}})
}

fn path(conversation: &Value) -> String {
    format!("/conversations/{}/scheduled-messages", id(conversation))
}

async fn start() -> (Inbox, Value) {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive("4915100000001", "wamid.1", "call me").await;
    (inbox, conversation)
}

async fn make_due(inbox: &Inbox) {
    sql(inbox, "update scheduled_messages set send_at = now() - interval '1 second' where fault is null")
        .await;
}

/// As if the time had come.
async fn pass_time(inbox: &Inbox) {
    make_due(inbox).await;
    switchboard::inbox::later::send_due(&inbox.hub.app.db).await.unwrap();
}

/// Writes to the database past every wall.
async fn sql(inbox: &Inbox, statement: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut inbox.hub.sql().await).await.unwrap();
}

async fn upload(inbox: &Inbox) -> String {
    let file = reqwest::multipart::Part::bytes(b"the offer".to_vec()).file_name("offer.txt");
    let form = reqwest::multipart::Form::new().part("file", file);
    let request = inbox.owner.request(reqwest::Method::POST, "/attachments").multipart(form);
    Answer::of(request).await.expect(201).id()
}

async fn waiting(inbox: &Inbox, conversation: &Value) -> Vec<Value> {
    let listed = inbox.owner.get(&path(conversation)).await.expect(200).body;
    listed["data"].as_array().unwrap().clone()
}

fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_message_for_later_is_numbered_when_it_is_sent() {
    let (inbox, conversation) = start().await;
    let kept = inbox.owner.post(&path(&conversation), &later("1", "good morning", in_hours(9))).await;
    let kept = kept.expect(201).body;
    assert_eq!(
        (&kept["text"], &kept["fault"], &kept["files"]),
        (&json!("good morning"), &Value::Null, &json!(0))
    );
    let again = inbox.owner.post(&path(&conversation), &later("1", "good morning", in_hours(9))).await;
    assert_eq!(again.expect(201).body["id"], kept["id"]);
    let now = json!({"client_id": "2", "text": "until tomorrow"});
    let messages = format!("/conversations/{}/messages", id(&conversation));
    inbox.owner.post(&messages, &now).await.expect(201);
    inbox.receive("4915100000001", "wamid.2", "thanks").await;
    switchboard::inbox::later::send_due(&inbox.hub.app.db).await.unwrap();
    assert_eq!(waiting(&inbox, &conversation).await.len(), 1, "its time has not come");
    pass_time(&inbox).await;
    pass_time(&inbox).await;
    assert!(waiting(&inbox, &conversation).await.is_empty());
    let all = inbox.messages(&conversation).await;
    let mut sorted = all.clone();
    sorted.sort_by_key(|one| one["seq"].as_i64());
    assert_eq!(texts(&sorted), ["call me", "until tomorrow", "thanks", "good morning"]);
    let last = sorted.last().unwrap();
    assert_eq!(
        (&last["status"], &last["client_id"], &last["seq"]),
        (&json!("queued"), &json!("1"), &json!(4))
    );
    assert_eq!(last["sender"]["id"], inbox.owner.user_id.as_str());
}

#[tokio::test]
async fn a_message_for_later_can_be_moved_and_cancelled() {
    let (inbox, conversation) = start().await;
    let kept = inbox.owner.post(&path(&conversation), &later("1", "good morning", in_hours(9))).await;
    let one = format!("/scheduled-messages/{}", kept.expect(201).id());
    let at = in_hours(12);
    let moved = inbox.owner.patch(&one, &json!({"send_at": at})).await.expect(200).body;
    assert_eq!(
        moved["send_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap().timestamp(),
        at.timestamp()
    );
    inbox.owner.patch(&one, &json!({"send_at": in_hours(-1)})).await.expect_problem(422, "invalid");
    let viewer = inbox.hub.invite(&inbox.owner, "vera", "viewer").await;
    assert_eq!(viewer.get(&path(&conversation)).await.expect(200).body["data"].as_array().unwrap().len(), 1);
    viewer.delete(&one).await.expect_problem(403, "forbidden");
    inbox.owner.delete(&one).await.expect(204);
    inbox.owner.delete(&one).await.expect_problem(404, "not_found");
    pass_time(&inbox).await;
    assert_eq!(inbox.messages(&conversation).await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_at_once() {
    let (inbox, conversation) = start().await;
    let path = path(&conversation);
    let post = async |body: &Value| inbox.owner.post(&path, body).await;
    post(&later("1", "yesterday", in_hours(-1))).await.expect_problem(422, "invalid");
    post(&later("1", "in ten years", in_hours(24 * 3650))).await.expect_problem(422, "invalid");
    post(&later("1", "", in_hours(1))).await.expect_problem(422, "invalid");
    // WhatsApp's window is open now and closed then.
    post(&later("1", "in two days", in_hours(48))).await.expect_problem(422, "window_closed");
    let note = json!({"send_at": in_hours(1), "message": {"client_id": "1", "text": "hm", "note": true}});
    post(&note).await.expect_problem(422, "invalid");
    assert!(waiting(&inbox, &conversation).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_sent_at_its_time_stays_with_the_reason_and_its_author_is_told() {
    let (inbox, conversation) = start().await;
    let bia = inbox.hub.invite(&inbox.owner, "bia", "agent").await;
    bia.post(&path(&conversation), &later("1", "first", in_hours(1))).await.expect(201);
    inbox.owner.post(&path(&conversation), &later("2", "second", in_hours(2))).await.expect(201);
    let contact = conversation["contact"]["id"].as_str().unwrap();
    inbox.owner.post(&format!("/contacts/{contact}/block"), &json!({"blocked": true})).await.expect(200);
    pass_time(&inbox).await;
    let left = waiting(&inbox, &conversation).await;
    assert_eq!(left.len(), 2);
    assert_eq!(left[0]["fault"], "This contact is blocked. Unblock it to write to it.");
    let told: Vec<(String, Vec<uuid::Uuid>)> = sqlx::query_as(
        "select payload::jsonb ->> 'kind', audience from events where kind = 'notification' order by id",
    )
    .fetch_all(&mut inbox.hub.sql().await)
    .await
    .unwrap();
    let audience: Vec<_> = told.iter().map(|(kind, to)| (kind.as_str(), to[0].to_string())).collect();
    assert_eq!(
        audience,
        [("scheduled_failed", bia.user_id.clone()), ("scheduled_failed", inbox.owner.user_id.clone())]
    );
    // Another time for the one, once the reason is gone.
    inbox.owner.post(&format!("/contacts/{contact}/block"), &json!({"blocked": false})).await.expect(200);
    let again = format!("/scheduled-messages/{}", id(&left[0]));
    inbox.owner.patch(&again, &json!({"send_at": in_hours(1)})).await.expect(200);
    pass_time(&inbox).await;
    assert_eq!(waiting(&inbox, &conversation).await.len(), 1);
    assert_eq!(
        texts(&inbox.messages(&conversation).await).iter().filter(|text| **text == "first").count(),
        1
    );
}

#[tokio::test]
async fn files_wait_with_their_message() {
    let (inbox, conversation) = start().await;
    let (with, without) = (upload(&inbox).await, upload(&inbox).await);
    let mut body = later("1", "our offer", in_hours(9));
    body["message"]["attachments"] = json!([with]);
    inbox.owner.post(&path(&conversation), &body).await.expect(201);
    sql(&inbox, "update attachments set created_at = now() - interval '2 days'").await;
    assert_eq!(switchboard::upload::forget_unsent(&inbox.hub.app).await.unwrap(), 1);
    inbox.owner.get(&format!("/attachments/{without}")).await.expect(404);
    pass_time(&inbox).await;
    assert!(waiting(&inbox, &conversation).await.is_empty());
    let sent = inbox.messages(&conversation).await.pop().unwrap();
    assert_eq!((&sent["text"], &sent["attachments"][0]["id"]), (&json!("our offer"), &json!(with)));
    assert_eq!(switchboard::upload::forget_unsent(&inbox.hub.app).await.unwrap(), 0);
    inbox.owner.get(&format!("/attachments/{with}")).await.expect(302);
}

#[tokio::test]
async fn files_of_a_cancelled_message_go_like_all_that_were_not_sent() {
    let (inbox, conversation) = start().await;
    let mut body = later("1", "our offer", in_hours(9));
    body["message"]["attachments"] = json!([upload(&inbox).await]);
    let kept = inbox.owner.post(&path(&conversation), &body).await.expect(201).id();
    sql(&inbox, "update attachments set created_at = now() - interval '2 days'").await;
    assert_eq!(switchboard::upload::forget_unsent(&inbox.hub.app).await.unwrap(), 0);
    inbox.owner.delete(&format!("/scheduled-messages/{kept}")).await.expect(204);
    assert_eq!(switchboard::upload::forget_unsent(&inbox.hub.app).await.unwrap(), 1);
}

#[tokio::test]
async fn one_that_the_database_refuses_holds_up_no_other() {
    let (inbox, conversation) = start().await;
    for (number, text) in ["poison", "unreadable", "good morning"].into_iter().enumerate() {
        let client_id = number.to_string();
        let at = in_hours(1 + i64::try_from(number).unwrap());
        inbox.owner.post(&path(&conversation), &later(&client_id, text, at)).await.expect(201);
    }
    sql(&inbox, "alter table messages add constraint broken check (text <> 'poison') not valid").await;
    sql(&inbox, "update scheduled_messages set request = '{\"attachments\": 7}' where client_id = '1'").await;
    pass_time(&inbox).await;
    let left = waiting(&inbox, &conversation).await;
    assert_eq!(left.len(), 2);
    for one in &left {
        let fault = one["fault"].as_str().unwrap();
        assert!(fault.starts_with("Something went wrong on our side."), "{fault}");
    }
    assert_eq!(texts(&inbox.messages(&conversation).await), ["call me", "good morning"]);
    // Once it is mended, another time is enough.
    sql(&inbox, "alter table messages drop constraint broken").await;
    let again = format!("/scheduled-messages/{}", id(&left[0]));
    inbox.owner.patch(&again, &json!({"send_at": in_hours(1)})).await.expect(200);
    pass_time(&inbox).await;
    assert_eq!(texts(&inbox.messages(&conversation).await), ["call me", "good morning", "poison"]);
}

#[tokio::test]
async fn who_may_only_read_by_then_or_is_gone_sends_nothing() {
    let (inbox, conversation) = start().await;
    let bia = inbox.hub.invite(&inbox.owner, "bia", "agent").await;
    let caio = inbox.hub.invite(&inbox.owner, "caio", "agent").await;
    bia.post(&path(&conversation), &later("1", "from Bia", in_hours(1))).await.expect(201);
    caio.post(&path(&conversation), &later("2", "from Caio", in_hours(2))).await.expect(201);
    let role = json!({"role": "viewer"});
    inbox.owner.patch(&format!("/users/{}", bia.user_id), &role).await.expect(200);
    inbox.owner.patch(&format!("/users/{}", caio.user_id), &json!({"active": false})).await.expect(200);
    pass_time(&inbox).await;
    let left = waiting(&inbox, &conversation).await;
    let faults: Vec<_> = left.iter().map(|one| one["fault"].as_str().unwrap()).collect();
    assert_eq!(faults, ["Its author may only read by now.", "Who wrote it is no longer a member."]);
    assert_eq!(texts(&inbox.messages(&conversation).await), ["call me"]);
}

#[tokio::test]
async fn who_cancels_what_is_being_sent_is_told_that_it_is_too_late() {
    let (inbox, conversation) = start().await;
    let kept = inbox.owner.post(&path(&conversation), &later("1", "good morning", in_hours(1))).await;
    let kept = kept.expect(201).id();
    // Whoever sends it has it in hand.
    let mut sending = inbox.hub.sql().await;
    let taken = format!("begin; delete from scheduled_messages where id = '{kept}'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(taken)).execute(&mut sending).await.unwrap();
    let one = format!("/scheduled-messages/{kept}");
    let (cancelled, ()) = tokio::join!(inbox.owner.delete(&one), async {
        let waits = "select exists (select from pg_stat_activity
                                    where datname = current_database() and wait_event_type = 'Lock')";
        let mut watching = inbox.hub.sql().await;
        while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut watching).await.unwrap() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        sqlx::raw_sql("commit").execute(&mut sending).await.unwrap();
    });
    cancelled.expect_problem(404, "not_found");
}
