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
    for _ in 0..1200 {
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
    for (channel, customer) in [("whatsapp", CUSTOMER), ("telegram", "5000000001")] {
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
async fn a_status_that_came_by_callback_tells_the_platform_s_id() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    let mut socket = crate::realtime::socket::Socket::of(&hub, &owner).await;
    let _work = hub.work();
    let id = send(&owner, &path, "on its way").await;
    let wanted = until(&owner, &id, &["delivered"]).await["external_id"].clone();
    played.act(CUSTOMER, Act::Read).await;
    let mut told = std::collections::BTreeMap::new();
    while told.len() < 3 {
        let frame = socket.next_of("message_status").await;
        if frame["data"]["message_id"] == id.as_str() {
            let status = frame["data"]["status"].as_str().unwrap().to_owned();
            told.insert(status, frame["data"]["external_id"].clone());
        }
    }
    for status in ["sent", "delivered", "read"] {
        assert_eq!(told.get(status), Some(&wanted), "{status} of {told:?}");
    }
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

/// A worker that holds on to what needs no sending any more never ends.
#[tokio::test]
async fn what_needs_no_sending_any_more_holds_up_neither_its_lane_nor_the_worker() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    let gone = send(&owner, &path, "never mind").await;
    let next = send(&owner, &path, "but this").await;
    let withdraw = format!("update messages set deleted_at = now() where id = '{gone}'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(withdraw)).execute(&mut hub.sql().await).await.unwrap();
    let work = hub.work();
    until(&owner, &next, &["sent", "delivered"]).await;
    assert_eq!(played.received(CUSTOMER).len(), 1);
    tokio::time::timeout(Duration::from_secs(20), work.end()).await.expect("the worker ends");
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
async fn the_pause_that_a_platform_names_is_kept() {
    for (channel, customer, method) in
        [("slack", "U0GRETA", "chat.postMessage"), ("whatsapp", CUSTOMER, "messages")]
    {
        let (hub, owner, played, path) = start(channel, customer).await;
        let faults = played.player.trouble().unwrap();
        faults.next(
            method,
            Fault::Refuse { code: if channel == "slack" { 429 } else { 130_429 }, retry_after: Some(3) },
        );
        let begun = std::time::Instant::now();
        let _work = hub.work();
        let id = send(&owner, &path, "patience").await;
        until(&owner, &id, &["sent", "delivered", "read"]).await;
        let waited = begun.elapsed().as_secs_f64();
        assert!((3.0..20.0).contains(&waited), "{channel} waited {waited} s");
        let received = played.received(customer);
        assert_eq!(received.iter().filter(|one| one.text == "patience").count(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_never_came_is_unknown_and_is_not_sent_again() {
    let (hub, owner, played, path) = start("telegram", "5000000001").await;
    let _work = hub.work();
    played.simulator.telegram.faults().next("sendMessage", Fault::CutAfter);
    let id = send(&owner, &path, "did it arrive?").await;
    let unknown = until(&owner, &id, &["unknown"]).await;
    assert_eq!(unknown["error"]["code"], "unknown");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(played.received("5000000001").len(), 1);
    // The lane goes on.
    let next = send(&owner, &path, "and this?").await;
    until(&owner, &next, &["sent"]).await;
}

#[tokio::test]
async fn a_platform_s_own_fault_holds_up_no_lane() {
    let (hub, owner, played, path) = start("telegram", "5000000001").await;
    let _work = hub.work();
    for status in [500, 502, 503, 504] {
        played.simulator.telegram.faults().next("sendMessage", Fault::Status(status));
        let begun = std::time::Instant::now();
        let lost = send(&owner, &path, &format!("{status}?")).await;
        let next = send(&owner, &path, &format!("after {status}")).await;
        // It may have been carried out before the fault: never sent again unasked.
        assert_eq!(until(&owner, &lost, &["unknown"]).await["error"]["code"], "unknown");
        until(&owner, &next, &["sent"]).await;
        assert!(begun.elapsed() < Duration::from_secs(8), "the lane waited {:?}", begun.elapsed());
    }
    assert_eq!(played.received("5000000001").len(), 4);
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
async fn a_worker_that_dies_while_sending_leaves_unknown() {
    let (hub, owner, played, path) = start("telegram", "5000000001").await;
    played.simulator.telegram.faults().next("sendMessage", Fault::Slow(Duration::from_secs(30)));
    let work = hub.work();
    let id = send(&owner, &path, "half way").await;
    until(&owner, &id, &["sending"]).await;
    drop(work);
    // The dead worker's lease ends.
    sqlx::query("update jobs set run_at = now()").execute(&mut hub.sql().await).await.unwrap();
    let twin = hub.twin().await;
    let _work = twin.work();
    until(&owner, &id, &["unknown"]).await;
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

#[tokio::test]
async fn a_button_press_is_acknowledged_and_read() {
    let (hub, owner, played, path) = start("telegram", "5000000001").await;
    let _work = hub.work();
    let body = json!({"client_id": "buttons", "text": "Which size?",
        "buttons": [{"id": "s", "title": "Small"}, {"id": "l", "title": "Large"}]});
    let id = owner.post(&path, &body).await.expect(201).id();
    until(&owner, &id, &["sent"]).await;
    let shown = played.received("5000000001").pop().unwrap();
    assert_eq!(shown.buttons.len(), 2);
    played.act("5000000001", Act::Press { message: shown.id, button: shown.buttons[1].id.clone() }).await;
    let newest = owner.get(&format!("{path}?limit=1")).await.expect(200).body["data"][0].clone();
    assert_eq!(newest["text"], "Large");
    assert_eq!(newest["kind"], "interactive");
}

#[tokio::test]
async fn media_is_fetched_after_commit_and_a_failure_can_be_retried() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(900, 300).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let picture = |caption: &str| {
        Act::Media(simulator::Media {
            kind: "image".into(),
            file_name: "tent.png".into(),
            mime: "image/png".into(),
            bytes: png.get_ref().clone().into(),
            caption: Some(caption.into()),
        })
    };
    let _work = hub.work();
    played.act(CUSTOMER, picture("my tent")).await;
    let stored = attachment(&owner, &path, "stored").await;
    assert_eq!((stored["width"].as_i64(), stored["height"].as_i64()), (Some(900), Some(300)));
    assert_eq!(stored["thumbnail"], true);
    let address = owner.get(&format!("/attachments/{}", stored["id"].as_str().unwrap())).await.expect(302);
    let location = address.headers["location"].to_str().unwrap().to_owned();
    let file = hub.client().http().get(format!("{}{location}", hub.url)).send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap(), png.get_ref().as_slice());
}

#[tokio::test]
async fn a_file_with_another_checksum_is_not_kept() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    let _work = hub.work();
    let file = simulator::Media {
        kind: "document".into(),
        file_name: "bill.pdf".into(),
        mime: "application/pdf".into(),
        bytes: b"%PDF-1.4 the bill".to_vec().into(),
        caption: None,
    };
    played.act(CUSTOMER, Act::Media(file)).await;
    attachment(&owner, &path, "stored").await;
    let mut sql = hub.sql().await;
    let media: Value =
        sqlx::query_scalar("select reference from attachments").fetch_one(&mut sql).await.unwrap();
    let message = json!({"from": CUSTOMER, "id": "wamid.DAMAGED", "timestamp": "1760000000", "type": "document",
        "document": {"id": media["id"], "mime_type": "application/pdf", "filename": "other.pdf", "sha256": "00".repeat(32)}});
    let value = json!({"contacts": [{"wa_id": CUSTOMER}], "messages": [message]});
    played.simulator.whatsapp.tell(&played.account, "messages", value).await.unwrap();
    // It may have been damaged on its way: it is fetched again, and again.
    let mut tries = 0;
    while tries == 0 {
        tries = sqlx::query_scalar(
            "select coalesce(max(attempts), 0) from jobs where kind = 'fetch_media' and last_error is not null",
        )
        .fetch_one(&mut sql)
        .await
        .unwrap();
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    sqlx::query(
        "update jobs set attempts = 8, run_at = now() - interval '1 second' where kind = 'fetch_media'",
    )
    .execute(&mut sql)
    .await
    .unwrap();
    let failed = attachment(&owner, &path, "failed").await;
    assert!(failed["error"].as_str().unwrap().contains("checksum does not match"), "{failed}");
    let kept: Option<String> =
        sqlx::query_scalar("select storage_key from attachments where state = 'failed'")
            .fetch_one(&mut sql)
            .await
            .unwrap();
    assert_eq!(kept, None);
    owner.get(&format!("/attachments/{}", failed["id"].as_str().unwrap())).await.expect(409);
}

async fn attachment(session: &Session, path: &str, state: &str) -> Value {
    for _ in 0..200 {
        let newest = session.get(&format!("{path}?limit=1")).await.expect(200).body["data"][0].clone();
        if newest["attachments"][0]["state"] == state {
            return newest["attachments"][0].clone();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no attachment became {state}");
}

#[tokio::test]
async fn more_choices_than_buttons_become_a_list() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    let _work = hub.work();
    for (choices, list) in [(3, false), (4, true)] {
        let buttons: Vec<_> =
            (0..choices).map(|at| json!({"id": at.to_string(), "title": format!("Choice {at}")})).collect();
        let body = json!({"client_id": choices.to_string(), "text": "Which?", "buttons": buttons});
        let id = owner.post(&path, &body).await.expect(201).id();
        let sent = until(&owner, &id, &["sent", "delivered"]).await;
        assert_eq!(sent["parts"][0]["list"], list);
        assert_eq!(played.received(CUSTOMER).pop().unwrap().buttons.len(), choices);
    }
}

#[tokio::test]
async fn an_album_s_ids_are_learned_in_one_statement_and_lead_to_the_message() {
    let (hub, owner, played, path) = start("telegram", "5000000001").await;
    sqlx::raw_sql(
        "create table learned (at timestamptz default clock_timestamp());
         grant insert on learned to switchboard_app;
         create function count_learned() returns trigger language plpgsql as $$ begin insert into learned default values; return null; end $$;
         create trigger learned after insert on message_aliases for each statement execute function count_learned()",
    )
    .execute(&mut hub.sql().await)
    .await
    .unwrap();
    let mut attachments = Vec::new();
    for at in 0..4_u8 {
        let mut png = std::io::Cursor::new(Vec::new());
        let picture = image::RgbImage::from_pixel(40, 40, image::Rgb([at, 0, 0]));
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let part = reqwest::multipart::Part::bytes(png.into_inner()).file_name("a.png").mime_str("image/png");
        let form = reqwest::multipart::Form::new().part("file", part.unwrap());
        let upload = owner.request(reqwest::Method::POST, "/attachments").multipart(form);
        attachments.push(crate::harness::client::Answer::of(upload).await.expect(201).id());
    }
    let _work = hub.work();
    let body = json!({"client_id": "album", "text": "four of them", "attachments": attachments});
    let id = owner.post(&path, &body).await.expect(201).id();
    until(&owner, &id, &["sent"]).await;
    let shown = played.received("5000000001");
    assert_eq!(shown.len(), 4);
    let statements: i64 =
        sqlx::query_scalar("select count(*) from learned").fetch_one(&mut hub.sql().await).await.unwrap();
    assert_eq!(statements, 1);
    let answer = Act::Text { text: "the third one".to_owned(), reply_to: Some(shown[2].id.clone()) };
    played.act("5000000001", answer).await;
    let newest = owner.get(&format!("{path}?limit=1")).await.expect(200).body["data"][0].clone();
    assert_eq!(newest["reply_to"]["id"], id.as_str());
}

#[tokio::test]
async fn a_template_takes_its_header_s_file_from_the_message() {
    let (hub, owner, played, path) = start("whatsapp", CUSTOMER).await;
    let _work = hub.work();
    let sync = format!("/integrations/{}/templates/sync", played.id);
    owner.post(&sync, &json!({})).await.expect(200);
    let template = json!({
        "name": "seasonal_offer",
        "language": "en_US",
        "body": [{"name": "1", "type": "text", "text": "Ada"}, {"name": "2", "type": "text", "text": "20 %"}],
        "buttons": [{"index": 0, "type": "copy_code", "code": "SAVE20"}],
    });
    let body = json!({"client_id": "without", "template": template});
    owner.post(&path, &body).await.expect(422);

    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(90, 30).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let file =
        reqwest::multipart::Part::bytes(png.get_ref().clone()).file_name("sale.png").mime_str("image/png");
    let form = reqwest::multipart::Form::new().part("file", file.unwrap());
    let upload = owner.request(reqwest::Method::POST, "/attachments").multipart(form);
    let attachment = crate::harness::client::Answer::of(upload).await.expect(201).id();
    let body = json!({"client_id": "with", "template": template, "attachments": [attachment]});
    let id = owner.post(&path, &body).await.expect(201).id();
    until(&owner, &id, &["sent", "delivered"]).await;
    let seen = played.received(CUSTOMER).pop().unwrap();
    assert_eq!(
        (seen.kind.as_str(), seen.text.as_str()),
        ("template", "Ada, this week everything is 20 % off.")
    );
    let picture = hub.client().http().get(seen.media_url.unwrap()).send().await.unwrap();
    assert_eq!(picture.bytes().await.unwrap(), png.get_ref().as_slice());
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_ends_what_it_began() {
    let (hub, owner, played, path) = start("telegram", "5000000001").await;
    played.simulator.telegram.faults().next("sendMessage", Fault::Slow(Duration::from_millis(700)));
    let work = hub.work();
    let id = send(&owner, &path, "on its way").await;
    until(&owner, &id, &["sending"]).await;
    work.end().await;
    assert_eq!(look(&owner, &id).await["status"], "sent");
    let left: i64 = sqlx::query_scalar("select count(*) from jobs where payload->>'order' = 'deliver'")
        .fetch_one(&mut hub.sql().await)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_long_text_leaves_in_pieces_each_with_its_own_fate() {
    for (channel, customer) in [("whatsapp", CUSTOMER), ("telegram", "5000000001")] {
        let (hub, owner, played, path) = start(channel, customer).await;
        let _work = hub.work();
        let text = format!("*{}*\n\n{}", "bold words ".repeat(300).trim(), "and more 👋 ".repeat(200).trim());
        let body = json!({"client_id": "long", "text": text});
        let first = owner.post(&path, &body).await.expect(201).id();
        assert_eq!(owner.post(&path, &body).await.expect(200).id(), first, "a repeat sends nothing");
        let page = owner.get(&path).await.expect(200).body;
        let ours = |message: &&Value| message["direction"] == "outbound";
        let pieces: Vec<_> = page["data"].as_array().unwrap().iter().filter(ours).cloned().collect();
        assert_eq!(pieces.len(), 2, "{channel}");
        for piece in &pieces {
            until(&owner, piece["id"].as_str().unwrap(), &["sent", "delivered"]).await;
        }
        let received: Vec<_> = played.received(customer).into_iter().map(|message| message.text).collect();
        assert_eq!(received.len(), 2, "{channel}");
        assert!(received[0].contains("bold words") && received[1].ends_with('👋'), "{channel}");
        assert!(received[1].starts_with("and more"), "cut between the paragraphs");
    }
}
