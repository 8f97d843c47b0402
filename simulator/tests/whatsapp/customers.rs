//! What customers do, as the channel reads it.

use channels::{
    abilities::MediaKind,
    event::What,
    message::{Button, Content, Kind, Part},
    party::PartyId,
};
use simulator::{Act, ActError, Customer, Media, Player};

use crate::hub::{Hub, ada};

#[tokio::test]
async fn a_text_and_its_answer() {
    let hub = Hub::start().await;
    let first = hub.greeted().await;
    let message = hub.last_message();
    assert_eq!((message.external_id.as_str(), message.text.as_str()), (first.as_str(), "hello"));
    assert_eq!(message.contact.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(message.contact.phone.as_deref(), Some("+4915100000001"));
    assert!(
        message.opens_window && message.contact.ids.len() == 2,
        "user id and phone: {:?}",
        message.contact
    );
    assert_eq!(hub.events()[0].account.as_deref(), Some(hub.key()));

    let text = "wörtlich 👋 a/b \"q\"".to_owned();
    hub.act(&ada(), Act::Text { text: text.clone(), reply_to: Some(first.clone()) }).await;
    let reply = hub.last_message();
    assert_eq!((reply.text, reply.reply_to.unwrap().external_id), (text, first));
    assert_eq!(hub.forged(), 0);
}

#[tokio::test]
async fn files_places_and_cards() {
    let hub = Hub::start().await;
    for (kind, expected) in [
        ("image", MediaKind::Image),
        ("video", MediaKind::Video),
        ("audio", MediaKind::Audio),
        ("voice", MediaKind::Voice),
        ("document", MediaKind::Document),
        ("sticker", MediaKind::Sticker),
    ] {
        let media = Media {
            kind: kind.into(),
            file_name: format!("a {kind}"),
            mime: "application/octet-stream".into(),
            bytes: bytes::Bytes::from_static(b"bytes"),
            caption: Some("look".into()),
        };
        hub.act(&ada(), Act::Media(media)).await;
        let message = hub.last_message();
        assert_eq!(message.media[0].kind, expected);
        let captioned = !matches!(kind, "audio" | "voice" | "sticker");
        assert_eq!(message.text, if captioned { "look" } else { "" }, "{kind}");
    }
    hub.act(&ada(), Act::Location { latitude: 52.5, longitude: 13.4, name: Some("Gate".into()) }).await;
    assert!(matches!(&hub.last_message().parts[0], Part::Location { latitude, .. } if *latitude == 52.5));
    hub.act(&ada(), Act::Contact { name: "Grace".into(), phone: "+1 202-555-0123".into() }).await;
    assert_eq!(hub.last_message().text, "Grace, +1 202-555-0123");
    assert_eq!(hub.simulator.whatsapp.chat(hub.key(), &ada().id).len(), 8);
}

#[tokio::test]
async fn reactions_edits_and_deletions_open_no_window() {
    let hub = Hub::start().await;
    let first = hub.greeted().await;
    let messages = hub.messages().len();
    hub.act(&ada(), Act::React { message: first.clone(), emoji: "👍".into() }).await;
    assert!(
        matches!(hub.last(), What::Reaction(change) if change.emoji == ["👍"] && change.external_id == first)
    );
    hub.act(&ada(), Act::React { message: first.clone(), emoji: String::new() }).await;
    assert!(matches!(hub.last(), What::Reaction(change) if change.emoji.is_empty()));
    hub.act(&ada(), Act::Edit { message: first.clone(), text: "hallo".into() }).await;
    assert!(
        matches!(hub.last(), What::Edit(change) if change.text == "hallo" && change.external_id == first)
    );
    hub.act(&ada(), Act::Delete { message: first.clone() }).await;
    assert!(matches!(hub.last(), What::Delete(change) if change.external_ids == [first.clone()]));
    assert_eq!(hub.messages().len(), messages);
    let bubble = hub.simulator.whatsapp.chat(hub.key(), &ada().id).remove(0);
    assert!(bubble.edited && bubble.deleted && bubble.reactions.is_empty());
}

#[tokio::test]
async fn a_caption_is_edited() {
    let hub = Hub::start().await;
    let media = Media {
        kind: "image".into(),
        file_name: "a.jpg".into(),
        mime: "image/jpeg".into(),
        bytes: bytes::Bytes::from_static(b"jpeg"),
        caption: None,
    };
    let image = hub.act(&ada(), Act::Media(media)).await;
    hub.act(&ada(), Act::Edit { message: image.clone(), text: "the valve".into() }).await;
    assert!(
        matches!(hub.last(), What::Edit(change) if change.text == "the valve" && change.external_id == image)
    );
}

#[tokio::test]
async fn pressed_buttons_and_rows_come_back() {
    let hub = Hub::start().await;
    hub.greeted().await;
    for (count, list) in [(2, false), (5, true)] {
        let buttons = (0..count).map(|at| Button {
            id: format!("id-{at}"),
            title: format!("Choice {at}"),
            description: None,
            url: None,
        });
        let content = Content::Buttons {
            body: "Which?".into(),
            header: None,
            footer: None,
            buttons: buttons.collect(),
            list,
        };
        let sent = hub.send(&ada().id, content).await.unwrap().external_ids.remove(0);
        hub.act(&ada(), Act::Press { message: sent.clone(), button: "id-1".into() }).await;
        let message = hub.last_message();
        assert_eq!((message.kind, message.text.as_str()), (Kind::Interactive, "Choice 1"));
        assert!(matches!(&message.parts[0], Part::Choice { id, .. } if id == "id-1"));
        assert_eq!(message.reply_to.unwrap().external_id, sent);
    }
}

#[tokio::test]
async fn a_customer_without_a_phone_is_answered_by_user_id() {
    let hub = Hub::start().await;
    let grace =
        Customer { id: "4915100000002".into(), name: "Grace".into(), username: Some("grace.h".into()) };
    hub.simulator.whatsapp.hide_phone(&grace.id);
    hub.act(&grace, Act::Text { text: "incognito".into(), reply_to: None }).await;
    let contact = hub.last_message().contact;
    assert_eq!((contact.phone, contact.username.as_deref()), (None, Some("grace.h")));
    let [PartyId { kind, address, .. }] = contact.ids.as_slice() else { panic!("{:?}", contact.ids) };
    assert_eq!(kind, "bsuid");
    let receipt = hub.send(address, Content::Text { text: "hello, whoever".into() }).await.unwrap();
    assert_eq!(receipt.learned, contact.ids, "the answer names no phone");
    assert_eq!(hub.statuses_of(&receipt.external_ids[0], 2).await, ["sent", "delivered"]);
    assert_eq!(hub.simulator.whatsapp.chat(hub.key(), &grace.id)[1].text, "hello, whoever");
    let known = hub.statuses().pop().unwrap().contact.unwrap();
    assert_eq!(known.ids, contact.ids);
}

#[tokio::test]
async fn the_shop_s_own_phone_echoes() {
    let hub = Hub::start().await;
    let id = hub.simulator.whatsapp.echo(hub.key(), &ada(), "from the counter").await.unwrap();
    let message = hub.last_message();
    assert_eq!((message.external_id, message.text.as_str(), message.echo), (id, "from the counter", true));
    assert!(!message.opens_window);
    assert_eq!(message.contact.phone.as_deref(), Some("+4915100000001"));
}

#[tokio::test]
async fn callbacks_are_repeated_until_taken() {
    let hub = Hub::start().await;
    hub.be_busy(2);
    hub.greeted().await;
    assert_eq!(hub.messages().len(), 1);
    hub.simulator.whatsapp.set_attempts(1);
    hub.be_busy(1);
    let act = Act::Text { text: "lost".into(), reply_to: None };
    let refused = hub.simulator.whatsapp.act(hub.key(), &ada(), act).await;
    assert_eq!(refused, Err(ActError::NotTaken(503)));
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let hub = Hub::unconnected().await;
    let player = &hub.simulator.whatsapp;
    let text = || Act::Text { text: "x".into(), reply_to: None };
    assert_eq!(player.act(hub.key(), &ada(), text()).await, Err(ActError::NoWebhook));
    assert_eq!(player.act("1", &ada(), text()).await, Err(ActError::NoSuchAccount));
    let hub = Hub::start().await;
    let sent = hub.greeted().await;
    let player = &hub.simulator.whatsapp;
    for act in [
        Act::React { message: "wamid.X".into(), emoji: "👍".into() },
        Act::Press { message: sent.clone(), button: "x".into() },
        Act::Edit { message: "wamid.X".into(), text: "x".into() },
        Act::Delete { message: "wamid.X".into() },
        Act::Text { text: "x".into(), reply_to: Some("wamid.X".into()) },
    ] {
        assert_eq!(player.act(hub.key(), &ada(), act).await, Err(ActError::NoSuchMessage));
    }
}
