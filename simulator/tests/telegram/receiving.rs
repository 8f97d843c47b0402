//! What customers do, as the hub reads it.

use bytes::Bytes;
use channels::{
    MediaLimit, SendError,
    event::What,
    message::{Button, Content, Kind, Part},
};
use simulator::{Act, ActError, Media, Player as _};

use crate::{Stage, ada, channel, official};

#[tokio::test]
async fn a_text_arrives_with_the_secret_and_a_name() {
    let stage = Stage::connected().await;
    let id = stage.says("Hello 👋").await;
    let messages = stage.messages();
    let [message] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!((message.external_id.as_str(), message.text.as_str()), (id.as_str(), "Hello 👋"));
    assert_eq!(message.thread, ada().id);
    assert_eq!(message.contact.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(message.contact.username.as_deref(), Some("ada"));
}

fn medium(kind: &str, file_name: &str, mime: &str) -> Act {
    let bytes = Bytes::from(format!("the bytes of {file_name}"));
    Act::Media(Media {
        kind: kind.into(),
        file_name: file_name.into(),
        mime: mime.into(),
        bytes,
        caption: Some("Look".into()),
    })
}

#[tokio::test]
async fn files_arrive_and_can_be_fetched() {
    let stage = Stage::connected().await;
    let cases = [
        ("image", "cat.jpg", "image/jpeg", Kind::Image),
        ("video", "cat.mp4", "video/mp4", Kind::Video),
        ("audio", "cat.mp3", "audio/mpeg", Kind::Audio),
        ("voice", "meow.ogg", "audio/ogg", Kind::Audio),
        ("document", "cat facts.pdf", "application/pdf", Kind::Document),
        ("sticker", "cat.webp", "image/webp", Kind::Sticker),
    ];
    for (kind, name, mime, _) in cases {
        stage.act(medium(kind, name, mime)).await;
    }
    for (message, (_, name, mime, kind)) in stage.messages().iter().zip(cases) {
        assert_eq!((message.kind, message.media.len()), (kind, 1));
        let file = &message.media[0];
        assert_eq!(file.mime.as_deref(), Some(mime));
        let fetch =
            |limit| channel().fetch_media(&stage.account, &file.reference, MediaLimit(limit), &stage.net);
        let fetched = fetch(1 << 20).await.unwrap();
        assert_eq!(fetched.bytes, format!("the bytes of {name}"));
        let Err(SendError::Refused(refusal)) = fetch(4).await else { panic!("{name}") };
        assert_eq!(refusal.code, "media_too_large");
    }
    official::hold(&stage.telegram().calls());
}

#[tokio::test]
async fn a_file_that_telegram_does_not_know_is_refused() {
    let stage = Stage::connected().await;
    let reference = serde_json::json!({ "file_id": "unknown" });
    let fetched = channel().fetch_media(&stage.account, &reference, MediaLimit(1 << 20), &stage.net).await;
    let Err(SendError::Refused(refusal)) = fetched else { panic!("{fetched:?}") };
    assert_eq!(refusal.code, "media_rejected");
}

#[tokio::test]
async fn a_pressed_button_is_told_and_acknowledged() {
    let stage = Stage::connected().await;
    stage.says("Hello").await;
    let buttons = vec![Button { id: "size:l".into(), title: "Large".into(), description: None, url: None }];
    let content = Content::Buttons { body: "Size?".into(), header: None, footer: None, buttons, list: true };
    let carrier = stage.send(content).await.external_ids.remove(0);

    let id = stage.act(Act::Press { message: carrier.clone(), button: "size:l".into() }).await;
    let press = stage.messages().pop().unwrap();
    assert_eq!((press.external_id.as_str(), press.text.as_str()), (id.as_str(), "Large"));
    assert_eq!(press.reply_to.unwrap().external_id, carrier);
    assert!(matches!(&press.parts[..], [Part::Choice { id, .. }] if id == "size:l"));

    let token = press.acknowledge.unwrap();
    for _ in 0..2 {
        // The second time Telegram says that the query is too old, which is as good as done.
        channel().acknowledge(&stage.account, &token, &stage.net).await.unwrap();
    }
    let nowhere = Act::Press { message: carrier, button: "x".into() };
    assert_eq!(stage.telegram().act(&stage.bot, &ada(), nowhere).await, Err(ActError::NoSuchMessage));
    official::hold(&stage.telegram().calls());
}

#[tokio::test]
async fn edits_replies_reactions_places_and_contacts_arrive() {
    let stage = Stage::connected().await;
    let first = stage.says("Helo").await;
    let ours = stage.send_text("Yes?").await.unwrap().external_ids.remove(0);
    stage.act(Act::Edit { message: first.clone(), text: "Hello".into() }).await;
    stage.act(Act::React { message: ours.clone(), emoji: "👍".into() }).await;
    stage.act(Act::React { message: ours.clone(), emoji: String::new() }).await;
    stage.act(Act::Text { text: "This".into(), reply_to: Some(ours.clone()) }).await;
    stage.act(Act::Location { latitude: 1.5, longitude: 2.5, name: None }).await;
    stage.act(Act::Contact { name: "Charles".into(), phone: "+15550001111".into() }).await;
    stage.says("/start order_7").await;

    let mut reactions = Vec::new();
    for event in stage.events() {
        match event.what {
            What::Edit(edit) => assert_eq!((edit.external_id, edit.text.as_str()), (first.clone(), "Hello")),
            What::Reaction(reaction) => {
                assert_eq!(reaction.external_id, ours);
                reactions.push(reaction.emoji);
            }
            _ => {}
        }
    }
    assert_eq!(reactions, [vec!["👍".to_owned()], vec![]]);
    let messages = stage.messages();
    let kinds: Vec<_> = messages.iter().map(|message| message.kind).collect();
    assert_eq!(kinds, [Kind::Text, Kind::Text, Kind::Location, Kind::Contacts, Kind::Text]);
    let reply = messages[1].reply_to.as_ref().unwrap();
    assert_eq!((reply.external_id.as_str(), reply.text.as_deref()), (ours.as_str(), Some("Yes?")));
    assert_eq!(messages[4].referral.as_ref().unwrap()["payload"], "order_7");
}

#[tokio::test]
async fn blocking_is_told_and_stops_us() {
    let stage = Stage::connected().await;
    stage.says("Hello").await;
    stage.act(Act::Block).await;
    assert_eq!(crate::refusal(stage.send_text("Hello?").await), "recipient_blocked");
    stage.act(Act::Unblock).await;
    stage.send_text("Welcome back").await.unwrap();
    let reachable: Vec<_> = stage
        .events()
        .into_iter()
        .filter_map(|event| match event.what {
            What::Contact(change) => change.reachable,
            _ => None,
        })
        .collect();
    assert_eq!(reachable, [false, true]);
}

#[tokio::test]
async fn what_bots_are_not_told_is_not_told() {
    let stage = Stage::connected().await;
    let message = stage.says("Hello").await;
    stage.send_text("Yes?").await.unwrap();
    stage.act(Act::Read).await;
    assert_eq!(stage.chat()[1].status, "read");
    let deleted = stage.telegram().act(&stage.bot, &ada(), Act::Delete { message }).await;
    assert!(matches!(deleted, Err(ActError::Unsupported(_))));
    assert_eq!(stage.hub.requests().len(), 1);
}

#[tokio::test]
async fn any_update_can_be_delivered() {
    let stage = Stage::connected().await;
    let message = serde_json::json!({
        "message_id": 3, "date": 1_767_322_800, "text": "Is it open?", "business_connection_id": "bc1",
        "from": { "id": 5, "is_bot": false, "first_name": "Eve" }, "chat": { "id": 5, "type": "private" },
    });
    stage.telegram().update(&stage.bot, "business_message", message).await.unwrap();
    assert_eq!(stage.messages()[0].external_id, "5:3:bbc1");
}
