//! Text messages through Twilio, from end to end: what the channel asks of the hub beyond what other channels do.

use std::time::Duration;

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use simulator::{Act, Media};

use crate::harness::{
    client::{Answer, Session},
    hub::Hub,
    platform::Played,
};

const CUSTOMER: &str = "4915100000001";

async fn start() -> (Hub, Session, Played, Value) {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, "sms").await;
    let conversation = played.write(&owner, CUSTOMER, "hello").await;
    (hub, owner, played, conversation)
}

fn messages(conversation: &Value) -> String {
    format!("/conversations/{}/messages", conversation["id"].as_str().unwrap())
}

fn draft(text: &str) -> Value {
    json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": text})
}

/// Waits until what `look` finds is there.
async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..1200 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it did not happen")
}

async fn until(owner: &Session, message: &str, status: &str) -> Value {
    eventually(async || {
        let now = owner.get(&format!("/messages/{message}")).await.expect(200).body;
        (now["status"] == status).then_some(now)
    })
    .await
}

#[tokio::test]
async fn a_text_message_is_answered_and_arrives() {
    let (hub, owner, played, conversation) = start().await;
    let _work = hub.work();
    assert_eq!(conversation["contact"]["phone"], "+4915100000001");
    let id = owner.post(&messages(&conversation), &draft("good morning")).await.expect(201).id();
    let message = until(&owner, &id, "delivered").await;
    assert!(message["external_id"].as_str().unwrap().starts_with("SM"));
    let received = played.received(CUSTOMER);
    assert_eq!((received.len(), received[0].text.as_str()), (1, "good morning"));
}

#[tokio::test]
async fn nothing_is_sent_after_stop_until_start() {
    let (hub, owner, played, conversation) = start().await;
    let _work = hub.work();
    let path = messages(&conversation);
    let says = async |text: &str| {
        played.act(CUSTOMER, Act::Text { text: text.into(), reply_to: None }).await;
    };
    says("Stop").await;
    owner.post(&path, &draft("one more thing")).await.expect_problem(422, "contact_opted_out");
    says("why do you ask?").await;
    owner.post(&path, &draft("because")).await.expect_problem(422, "contact_opted_out");
    owner
        .post(&path, &json!({"client_id": "note", "text": "leave them alone", "note": true}))
        .await
        .expect(201);
    let contact = conversation["contact"]["id"].as_str().unwrap();
    let contact = owner.get(&format!("/contacts/{contact}")).await.expect(200).body;
    assert!(contact["identities"][0]["opted_out_at"].is_string(), "{contact}");
    says("START").await;
    let id = owner.post(&path, &draft("welcome back")).await.expect(201).id();
    until(&owner, &id, "delivered").await;
    let all = owner.get(&path).await.expect(200).body;
    let lines = all["data"].as_array().unwrap().iter().filter(|message| message["kind"] == "system");
    assert_eq!(lines.count(), 2, "both words leave a line");
}

#[tokio::test]
async fn a_word_that_only_the_platform_knows_is_told_by_its_refusal() {
    let (hub, owner, played, conversation) = start().await;
    let _work = hub.work();
    played
        .simulator
        .twilio
        .faults()
        .next("messages", simulator::Fault::Refuse { code: 21610, retry_after: None });
    let id = owner.post(&messages(&conversation), &draft("hi")).await.expect(201).id();
    let message = until(&owner, &id, "failed").await;
    assert_eq!(message["error"]["code"], "recipient_opted_out");
    assert!(played.received(CUSTOMER).is_empty());
}

#[tokio::test]
async fn pictures_go_both_ways() {
    let (hub, owner, played, conversation) = start().await;
    let _work = hub.work();
    let picture = Media {
        kind: "image".into(),
        file_name: "label.png".into(),
        mime: "image/png".into(),
        bytes: png().into(),
        caption: Some("the label".into()),
    };
    played.act(CUSTOMER, Act::Media(picture)).await;
    let attachment = eventually(async || {
        let all = owner.get(&messages(&conversation)).await.expect(200).body;
        let all = all["data"].as_array().unwrap().clone();
        let found = all.into_iter().find(|message| message["text"] == "the label")?["attachments"][0].clone();
        (found["state"] == "stored").then_some(found)
    })
    .await;
    assert_eq!(attachment["mime"], "image/png");
    let part = Part::bytes(png()).file_name("map.png").mime_str("image/png").unwrap();
    let upload = owner.request(Method::POST, "/attachments").multipart(Form::new().part("file", part));
    let file = Answer::of(upload).await.expect(201).id();
    let body = json!({"client_id": "with", "text": "here we are", "attachments": [file]});
    let id = owner.post(&messages(&conversation), &body).await.expect(201).id();
    until(&owner, &id, "delivered").await;
    let received = played.received(CUSTOMER).remove(0);
    assert_eq!((received.text.as_str(), received.kind.as_str()), ("here we are", "image"));
    let shown = hub.client().http().get(received.media_url.unwrap()).send().await.unwrap();
    assert_eq!(shown.bytes().await.unwrap(), png(), "fetched from the hub's own address");
}

/// A PNG of 2 × 1 pixels.
fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(2, 1).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The attachment of the message with that caption, once it is fetched or given up.
async fn settled(owner: &Session, conversation: &Value, caption: &str) -> Value {
    eventually(async || {
        let all = owner.get(&messages(conversation)).await.expect(200).body;
        let all = all["data"].as_array().unwrap().clone();
        let found = all.into_iter().find(|message| message["text"] == caption)?["attachments"][0].clone();
        (found["state"] != "pending").then_some(found)
    })
    .await
}

#[tokio::test]
async fn a_file_that_the_token_does_not_open_may_lie_open_or_stays_named() {
    let (hub, owner, played, conversation) = start().await;
    let _work = hub.work();
    let twilio = played.simulator.twilio.clone();
    for (caption, protected, state) in [("lies open", false, "stored"), ("is locked", true, "failed")] {
        twilio.protect_media(protected);
        twilio.faults().next("media", simulator::Fault::Refuse { code: 20003, retry_after: None });
        let picture = Media {
            kind: "image".into(),
            file_name: "label.png".into(),
            mime: "image/png".into(),
            bytes: png().into(),
            caption: Some(caption.into()),
        };
        if protected {
            twilio.faults().next("media", simulator::Fault::Refuse { code: 20003, retry_after: None });
        }
        played.act(CUSTOMER, Act::Media(picture)).await;
        assert_eq!(settled(&owner, &conversation, caption).await["state"], state, "{caption}");
    }
}

/// Twilio's content templates: fetched, sent by their id with their variables, on WhatsApp also when the window is shut.
#[tokio::test]
async fn templates_are_fetched_sent_by_their_id_and_answered_by_a_button() {
    const WHATSAPP: &str = "whatsapp:+4915100000001";
    let (hub, owner, played, _) = start().await;
    let conversation = played.write(&owner, WHATSAPP, "hello on WhatsApp").await;
    let sync = format!("/integrations/{}/templates/sync", played.id);
    let known = owner.post(&sync, &Value::Null).await.expect(200).body["data"].clone();
    let named =
        |name: &str| known.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
    assert_eq!(known.as_array().unwrap().len(), 4, "over two lists: {known}");
    let order = named("order_ready");
    assert!(order["external_id"].as_str().unwrap().starts_with("HX"));
    assert_eq!((&order["status"], &order["parameters"]), (&json!("approved"), &json!(["1", "2"])));
    assert_eq!(named("spring_sale")["status"], "rejected");
    assert_eq!(named("rate_us")["buttons"][1]["text"], "Bad");

    let _work = hub.work();
    played.simulator.twilio.close_window(&played.account, WHATSAPP);
    let path = messages(&conversation);
    let free = owner.post(&path, &draft("good morning")).await.expect(201).id();
    let failed = until(&owner, &free, "failed").await;
    assert_eq!(
        (&failed["error"]["code"], &failed["error"]["next_step"]),
        (&json!("window_closed"), &json!("use_template"))
    );

    let value = |name: &str, text: &str| json!({"name": name, "type": "text", "text": text});
    let template = |name: &str, body: Value| {
        // Whose id it is is not for the sender to say.
        json!({"client_id": uuid::Uuid::now_v7().to_string(),
            "template": {"name": name, "language": "en", "external_id": "HXforged", "body": body}})
    };
    let sent = template("order_ready", json!([value("1", "Ana"), value("2", "4711")]));
    let sent = owner.post(&path, &sent).await.expect(201).body;
    assert_eq!(sent["text"], "Hi Ana, your order 4711 is ready.");
    until(&owner, sent["id"].as_str().unwrap(), "delivered").await;
    let shown = played.received(WHATSAPP);
    assert_eq!(shown.last().unwrap().text, "Hi Ana, your order 4711 is ready.");
    let short = template("order_ready", json!([value("1", "Ana")]));
    owner.post(&path, &short).await.expect_problem(422, "invalid");
    owner.post(&path, &template("spring_sale", json!([]))).await.expect_problem(422, "invalid");

    let rate = owner.post(&path, &template("rate_us", json!([value("1", "Ana")]))).await.expect(201).id();
    until(&owner, &rate, "delivered").await;
    let shown = played.received(WHATSAPP).pop().unwrap();
    played.act(WHATSAPP, Act::Press { message: shown.id, button: "good".into() }).await;
    let newest = owner.get(&format!("{path}?limit=1")).await.expect(200).body["data"][0].clone();
    assert_eq!((&newest["kind"], &newest["text"]), (&json!("interactive"), &json!("Good")));
    assert_eq!(newest["parts"][0]["id"], "good");
    assert_eq!(newest["reply_to"]["id"], rate.as_str());

    let place = Act::Location { latitude: 52.5, longitude: 13.4, name: Some("Café Nord".into()) };
    played.act(WHATSAPP, place).await;
    let newest = owner.get(&format!("{path}?limit=1")).await.expect(200).body["data"][0].clone();
    assert_eq!((&newest["kind"], &newest["parts"][0]["name"]), (&json!("location"), &json!("Café Nord")));
}

/// Content that is made for the message: WhatsApp shows it, a text message says it in words.
#[tokio::test]
async fn buttons_lists_and_places_go_over_whatsapp_without_a_template() {
    const WHATSAPP: &str = "whatsapp:+4915100000001";
    let (hub, owner, played, by_sms) = start().await;
    let _work = hub.work();
    let conversation = played.write(&owner, WHATSAPP, "hello on WhatsApp").await;
    let (path, plain) = (messages(&conversation), messages(&by_sms));
    let with = |more: Value| {
        let mut body = json!({"client_id": uuid::Uuid::now_v7().to_string()});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let sizes = json!({"text": "Which size?", "buttons": [{"id": "s", "title": "Small"}, {"id": "l", "title": "Large"}]});
    let mut contents = Vec::new();
    for _ in 0..2 {
        let sent = owner.post(&path, &with(sizes.clone())).await.expect(201).id();
        until(&owner, &sent, "delivered").await;
        contents.push(played.simulator.twilio.contents(&played.account));
    }
    assert_eq!(contents[0], contents[1], "what is said again is not made again");
    let shown = played.received(WHATSAPP).pop().unwrap();
    let titles: Vec<_> = shown.buttons.iter().map(|button| button.title.as_str()).collect();
    assert_eq!((shown.text.as_str(), titles), ("Which size?", vec!["Small", "Large"]));
    played.act(WHATSAPP, Act::Press { message: shown.id, button: "l".into() }).await;
    let newest = owner.get(&format!("{path}?limit=1")).await.expect(200).body["data"][0].clone();
    assert_eq!((&newest["kind"], &newest["parts"][0]["id"]), (&json!("interactive"), &json!("l")));

    let days: Vec<_> = (1..=5).map(|n| json!({"id": n.to_string(), "title": format!("Day {n}")})).collect();
    let list = with(json!({"text": "When?", "buttons": days, "list": true}));
    let sent = owner.post(&path, &list).await.expect(201).id();
    until(&owner, &sent, "delivered").await;
    assert_eq!(played.received(WHATSAPP).pop().unwrap().buttons.len(), 5);
    let place = json!({"location": {"latitude": 52.5, "longitude": 13.4, "name": "Café Nord"}});
    let sent = owner.post(&path, &with(place.clone())).await.expect(201).id();
    until(&owner, &sent, "delivered").await;
    let shown = played.received(WHATSAPP).pop().unwrap();
    assert_eq!((shown.kind.as_str(), shown.text.as_str()), ("location", "Café Nord"));
    // They are no templates that somebody could choose.
    let sync = format!("/integrations/{}/templates/sync", played.id);
    let known = owner.post(&sync, &Value::Null).await.expect(200).body["data"].clone();
    assert_eq!(known.as_array().unwrap().len(), 4, "{known}");
    // Nobody has approved them.
    played.simulator.twilio.close_window(&played.account, WHATSAPP);
    let late = owner.post(&path, &with(sizes.clone())).await.expect(201).id();
    assert_eq!(until(&owner, &late, "failed").await["error"]["code"], "window_closed");

    for (more, said) in [
        (sizes, "Which size?\n1. Small\n2. Large"),
        (place, "Café Nord\nhttps://maps.google.com/?q=52.5,13.4"),
    ] {
        let sent = owner.post(&plain, &with(more)).await.expect(201).id();
        until(&owner, &sent, "delivered").await;
        let shown = played.received(CUSTOMER).pop().unwrap();
        assert_eq!((shown.text.as_str(), shown.buttons.len()), (said, 0));
    }
}
