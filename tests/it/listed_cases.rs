//! Cases of `fixtures/channels/*/cases.txt` that hold in the whole hub only: what a fixture reads is here stored, refused, repeated, fetched.

mod files;

use std::time::Duration;

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Act, Fault};

use crate::harness::{
    client::Session,
    hub::Hub,
    inbox::{Inbox, id},
    platform::{Played, SECRET_TOKEN, Telegram, WhatsApp, signature},
};

const CUSTOMER: &str = "4915100000001";
const ADA: i64 = 5_000_000_001;

async fn conversations(owner: &Session) -> Vec<Value> {
    owner.get("/conversations?limit=50").await.expect(200).body["data"].as_array().unwrap().clone()
}

/// Of the newest conversation, oldest first.
async fn messages(owner: &Session) -> Vec<Value> {
    let newest = conversations(owner).await.remove(0);
    let path = format!("/conversations/{}/messages?limit=50", id(&newest));
    let mut all = owner.get(&path).await.expect(200).body["data"].as_array().unwrap().clone();
    all.sort_by_key(|message| message["seq"].as_i64());
    all
}

async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..800 {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it never happened: {what}");
}

fn update(number: i64, kind: &str, more: &Value) -> Value {
    let mut message = json!({"message_id": number, "date": 1_767_322_800 + number,
        "chat": {"id": ADA, "type": "private", "first_name": "Ada"},
        "from": {"id": ADA, "is_bot": false, "first_name": "Ada"}});
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"update_id": 900_000_000 + number, kind: message})
}

fn text(number: i64, text: &str) -> Value {
    update(number, "message", &json!({ "text": text }))
}

#[tokio::test]
async fn telegram_tells_one_update_fifty_times_and_it_is_one_message() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let telegram = Telegram::connect(&hub, &owner).await;
    let answers = join_all((0..50).map(async |_| telegram.post(&text(1, "only once")).await)).await;
    assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
    // The update once more under a number of its own: the message decides.
    let mut again = text(1, "only once");
    again["update_id"] = json!(1);
    assert_eq!(telegram.post(&again).await, 200);
    assert_eq!(messages(&owner).await.len(), 1);
    assert_eq!(conversations(&owner).await[0]["unread_count"], 1);
}

#[tokio::test]
async fn a_closed_telegram_chat_goes_on_or_begins_anew() {
    for (single_thread, expected) in [(true, 1), (false, 2)] {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let telegram = Telegram::connect(&hub, &owner).await;
        sqlx::query("update organizations set single_thread = $1")
            .bind(single_thread)
            .execute(&mut hub.sql().await)
            .await
            .unwrap();
        telegram.post(&text(1, "first")).await;
        telegram.post(&text(2, "while it is open")).await;
        let open = conversations(&owner).await;
        assert_eq!((open.len(), &open[0]["last_seq"]), (1, &json!(2)), "not closed, the same, either way");
        owner
            .patch(&format!("/conversations/{}", id(&open[0])), &json!({"status": "closed"}))
            .await
            .expect(200);
        telegram.post(&text(3, "again")).await;
        let all = conversations(&owner).await;
        assert_eq!(all.len(), expected);
        assert_eq!(all.iter().filter(|one| one["status"] == "open").count(), 1);
    }
}

#[tokio::test]
async fn an_edit_of_what_telegram_never_told_makes_nothing_and_waits() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let telegram = Telegram::connect(&hub, &owner).await;
    let edit = json!({"text": "good evening", "edit_date": 1_767_322_900});
    let mut edited = update(7, "edited_message", &edit);
    edited["update_id"] = json!(1);
    assert_eq!(telegram.post(&edited).await, 200);
    assert!(conversations(&owner).await.is_empty());
    assert_eq!(telegram.post(&text(7, "good morning")).await, 200);
    let shown = messages(&owner).await.remove(0);
    assert_eq!(shown["text"], "good evening", "the update that was overtaken");
    assert!(shown["edited_at"].is_string());
}

#[tokio::test]
async fn a_deletion_on_whatsapp_waits_for_its_message() {
    let inbox = Inbox::start().await;
    let revoke = json!({"from": CUSTOMER, "id": "wamid.R", "timestamp": "1767322900", "type": "revoke",
        "revoke": {"original_message_id": "wamid.1"}});
    assert_eq!(inbox.whatsapp.post(&inbox.whatsapp.change(json!({"messages": [revoke]}))).await, 200);
    assert!(inbox.conversations().await.is_empty());
    inbox.receive(CUSTOMER, "wamid.1", "a slip").await;
    let shown = messages(&inbox.owner).await.remove(0);
    assert!(shown["deleted_at"].is_string(), "{shown}");
}

/// An address that was removed or never given; an account that stands still or is refused hears all the same, so that nothing is lost.
#[tokio::test]
async fn nobodys_address_takes_nothing_and_an_account_that_stands_still_hears() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let whatsapp = WhatsApp::connect(&hub, &owner, "PN_1").await;
    let telegram = Telegram::connect(&hub, &owner).await;
    let body = serde_json::to_vec(&whatsapp.texts(&[(CUSTOMER, "wamid.0", "hi")])).unwrap();
    let post = async |path: &str| {
        let request = hub.client().http().post(format!("{}{path}", hub.url)).body(body.clone());
        let request = request.header("x-hub-signature-256", signature(&body));
        request
            .header("x-telegram-bot-api-secret-token", SECRET_TOKEN)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let nobody = uuid::Uuid::now_v7();
    assert_eq!(post(&format!("/webhooks/whatsapp/{nobody}")).await, 404);
    assert_eq!(post(&format!("/webhooks/telegram/{nobody}")).await, 404);
    assert_eq!(post("/webhooks/telegram/123456789:a-token").await, 404);
    assert_eq!(post(&format!("/webhooks/telegram/{}", whatsapp.id)).await, 404, "another channel's");
    assert_eq!(post("/webhooks/smoke-signals").await, 404);
    assert!(conversations(&owner).await.is_empty());

    for (number, status) in [(1, "paused"), (2, "broken")] {
        sqlx::query("update integrations set status = $1")
            .bind(status)
            .execute(&mut hub.sql().await)
            .await
            .unwrap();
        [whatsapp.id, telegram.id].iter().for_each(|one| hub.app.integrations.forget(*one));
        let wamid = format!("wamid.{number}");
        assert_eq!(whatsapp.post(&whatsapp.texts(&[(CUSTOMER, &wamid, status)])).await, 200);
        assert_eq!(telegram.post(&text(number, status)).await, 200);
        let all = conversations(&owner).await;
        assert_eq!(all.len(), 2);
        for one in &all {
            assert_eq!(one["last_message"]["text"], status);
            let path = format!("/conversations/{}/messages", id(one));
            let answer = owner.post(&path, &json!({"client_id": wamid, "text": "hello"})).await;
            answer.expect_problem(422, &format!("integration_{status}"));
        }
    }
    for one in [whatsapp.id, telegram.id] {
        owner.delete(&format!("/integrations/{one}")).await.expect(204);
    }
    assert_eq!(whatsapp.post(&whatsapp.texts(&[(CUSTOMER, "wamid.3", "gone")])).await, 404);
    assert_eq!(telegram.post(&text(3, "gone")).await, 404);
}

#[tokio::test]
async fn a_press_on_telegram_is_answered() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, "telegram").await;
    let conversation = played.write(&owner, "5000000001", "hello").await;
    let body = json!({"client_id": "b", "text": "Which size?", "buttons": [{"id": "s", "title": "Small"}]});
    owner.post(&format!("/conversations/{}/messages", id(&conversation)), &body).await.expect(201);
    let shown = until("the buttons are there", async || played.received("5000000001").pop()).await;
    played.act("5000000001", Act::Press { message: shown.id, button: shown.buttons[0].id.clone() }).await;
    until("the press is answered", async || {
        let calls = played.simulator.telegram.calls();
        calls.iter().any(|call| call.method.eq_ignore_ascii_case("answerCallbackQuery")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn people_of_argentina_mexico_and_brazil_are_one_contact_under_both_spellings() {
    for (one, other) in [
        ("5491123456789", "541123456789"),
        ("5215512345678", "525512345678"),
        ("5511987654321", "551187654321"),
    ] {
        let inbox = Inbox::start().await;
        inbox.receive(one, "wamid.1", "with it").await;
        inbox.receive(other, "wamid.2", "without").await;
        assert_eq!(inbox.conversations().await.len(), 1, "{one} and {other}");
        let contacts = inbox.owner.get("/contacts").await.expect(200).body;
        assert_eq!(contacts["data"].as_array().unwrap().len(), 1, "{contacts}");
    }
}

fn echo(whatsapp: &WhatsApp, external_id: &str, text: &str) -> Value {
    let echo = json!({"from": "15550001111", "to": CUSTOMER, "id": external_id, "timestamp": "1767225600",
        "type": "text", "text": {"body": text}});
    let mut callback = whatsapp.change(json!({"message_echoes": [echo]}));
    callback["entry"][0]["changes"][0]["field"] = json!("smb_message_echoes");
    callback
}

#[tokio::test]
async fn an_echo_of_what_was_sent_here_is_no_second_message() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive(CUSTOMER, "wamid.1", "hi").await;
    let path = format!("/conversations/{}/messages", id(&conversation));
    let sent = inbox.owner.post(&path, &json!({"client_id": "1", "text": "hello"})).await.expect(201).id();
    sqlx::query("update messages set external_id = 'wamid.B1', status = 'sent' where id = $1::uuid")
        .bind(&sent)
        .execute(&mut inbox.hub.sql().await)
        .await
        .unwrap();
    assert_eq!(inbox.whatsapp.post(&echo(&inbox.whatsapp, "wamid.B1", "hello")).await, 200);
    assert_eq!(messages(&inbox.owner).await.len(), 2);
    assert_eq!(inbox.whatsapp.post(&echo(&inbox.whatsapp, "wamid.B2", "from the phone")).await, 200);
    let all = messages(&inbox.owner).await;
    assert_eq!((all.len(), &all[2]["sender"]["kind"]), (3, &json!("business")));
}

#[tokio::test]
async fn of_a_blocked_contact_only_what_we_wrote_is_kept() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive(CUSTOMER, "wamid.1", "hi").await;
    let contact = format!("/contacts/{}/block", conversation["contact"]["id"].as_str().unwrap());
    inbox.owner.post(&contact, &json!({"blocked": true})).await.expect(200);
    inbox.receive(CUSTOMER, "wamid.2", "hello?").await;
    assert_eq!(inbox.whatsapp.post(&echo(&inbox.whatsapp, "wamid.E1", "we are sorry")).await, 200);
    let texts: Vec<_> = messages(&inbox.owner).await.iter().map(|one| one["text"].clone()).collect();
    assert_eq!(texts, ["hi", "we are sorry"]);
}

#[tokio::test]
async fn what_comes_late_keeps_its_platforms_time_and_says_so() {
    let inbox = Inbox::start().await;
    let now = chrono::Utc::now();
    let message = |wamid: &str, minutes: i64| {
        let at = now - chrono::TimeDelta::minutes(minutes);
        inbox.whatsapp.change(json!({"contacts": [{"profile": {"name": "Ada"}, "wa_id": CUSTOMER}],
            "messages": [{"from": CUSTOMER, "id": wamid, "timestamp": at.timestamp().to_string(), "type": "text",
                "text": {"body": wamid}}]}))
    };
    for (wamid, minutes) in [("first", 30), ("third", 1), ("second, an hour late", 20)] {
        assert_eq!(inbox.whatsapp.post(&message(wamid, minutes)).await, 200);
    }
    let all = messages(&inbox.owner).await;
    let shown: Vec<_> = all.iter().map(|one| (one["text"].as_str().unwrap(), one["late"] == true)).collect();
    assert_eq!(shown, [("first", false), ("third", false), ("second, an hour late", true)]);
    let at: chrono::DateTime<chrono::Utc> = all[2]["sent_at"].as_str().unwrap().parse().unwrap();
    assert!((now - at).num_minutes() >= 19, "{at}");
}

#[tokio::test]
async fn a_status_moves_forward_only_also_from_failed_and_read() {
    let inbox = Inbox::start().await;
    let conversation = inbox.receive(CUSTOMER, "wamid.1", "hi").await;
    let path = format!("/conversations/{}/messages", id(&conversation));
    for (steps, expected) in [
        (["delivered", "sent"].as_slice(), "delivered"),
        (&["read", "delivered"], "read"),
        (&["failed", "sent"], "failed"),
        (&["sent", "levitated", "delivered"], "delivered"),
    ] {
        let wamid = format!("wamid.{}", steps.join("."));
        let body = json!({"client_id": wamid, "text": "hello"});
        let sent = inbox.owner.post(&path, &body).await.expect(201).id();
        sqlx::query("update messages set external_id = $2, status = 'sent' where id = $1::uuid")
            .bind(&sent)
            .bind(&wamid)
            .execute(&mut inbox.hub.sql().await)
            .await
            .unwrap();
        for step in steps {
            assert_eq!(inbox.whatsapp.post(&inbox.whatsapp.statuses(&[(&wamid, step)])).await, 200);
        }
        let now = inbox.owner.get(&format!("/messages/{sent}")).await.expect(200).body;
        assert_eq!(now["status"], expected, "{steps:?}");
    }
}

#[tokio::test]
async fn templates_that_cannot_be_fetched_leave_what_is_known() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, "whatsapp").await;
    let path = format!("/integrations/{}/templates", played.id);
    let known = owner.post(&format!("{path}/sync"), &Value::Null).await.expect(200).body["data"].clone();
    assert!(!known.as_array().unwrap().is_empty());
    let faults = played.simulator.whatsapp.faults();
    faults.next("message_templates", Fault::Status(503));
    let failed = owner.post(&format!("{path}/sync"), &Value::Null).await;
    assert!(failed.status.is_server_error() || failed.status.is_client_error(), "{}", failed.status);
    assert!(failed.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", failed.body);
    assert_eq!(owner.get(&path).await.expect(200).body["data"], known);
}
