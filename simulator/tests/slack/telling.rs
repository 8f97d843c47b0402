//! What customers do comes in as it was done.

use bytes::Bytes;
use channels::{
    MediaLimit, PartyId, SendError,
    event::What,
    message::{Kind, Part},
};
use simulator::{Act, ActError, Media, Player};

use crate::house::{House, greta, slack};

#[tokio::test]
async fn words_edits_deletions_and_reactions() {
    let house = House::start().await;
    let id = house.act(Act::Text { text: "2 < 3 & *bold*".into(), reply_to: None }).await;
    let message = house.last_message();
    assert_eq!((message.external_id.as_str(), message.text.as_str()), (id.as_str(), "2 < 3 & bold"));
    assert_eq!((message.thread.as_str(), message.contact.name), ("D0GRETA", None));

    house.act(Act::Edit { message: id.clone(), text: "better".into() }).await;
    let heard = house.ear.heard.lock().unwrap().pop();
    assert!(matches!(heard, Some(What::Edit(edit)) if edit.external_id == id && edit.text == "better"));

    house.act(Act::React { message: id.clone(), emoji: "🎉".into() }).await;
    let heard = house.ear.heard.lock().unwrap().pop();
    assert!(
        matches!(heard, Some(What::Reaction(change)) if change.external_id == id && change.emoji == ["🎉"])
    );

    house.act(Act::Delete { message: id.clone() }).await;
    let heard = house.ear.heard.lock().unwrap().pop();
    assert!(matches!(heard, Some(What::Delete(change)) if change.external_ids == [id]));
}

#[tokio::test]
async fn names_are_told_when_asked_for() {
    let house = House::start().await;
    house.act(Act::Text { text: "hi".into(), reply_to: None }).await;
    house.simulator.slack.open_channel(&house.key, "C0SHOP", "shop");
    let ask = async |kind: &str, id: &str| {
        slack().profile(&house.account, &PartyId::plain(kind, id), &house.net).await
    };
    let greta = ask("user_id", "U0GRETA").await.unwrap().unwrap();
    assert_eq!((greta.name.as_deref(), greta.language.as_deref()), (Some("Greta Lindqvist"), Some("en")));
    assert_eq!(ask("channel_id", "C0SHOP").await.unwrap().unwrap().name.as_deref(), Some("#shop"));
    assert!(matches!(ask("user_id", "U0NOBODY").await, Err(SendError::Refused(_))));
    assert_eq!(ask("bot_id", "B0OTHER").await, Ok(None));
}

#[tokio::test]
async fn files_are_fetched_with_the_right_to_them() {
    let house = House::start().await;
    let media = Media {
        kind: "image".into(),
        file_name: "photo.png".into(),
        mime: "image/png".into(),
        bytes: Bytes::from_static(b"png"),
        caption: Some("look".into()),
    };
    house.act(Act::Media(media)).await;
    let message = house.last_message();
    assert_eq!((message.kind, message.text.as_str()), (Kind::Image, "look"));
    let reference = message.media[0].reference.clone();
    let fetch = async || slack().fetch_media(&house.account, &reference, MediaLimit(100), &house.net).await;
    let fetched = fetch().await.unwrap();
    assert_eq!((fetched.bytes.as_ref(), fetched.mime.as_deref()), (&b"png"[..], Some("image/png")));
    house.simulator.slack.grant(&house.key, "chat:write");
    assert!(matches!(fetch().await, Err(SendError::Refused(why)) if why.code == "permission_missing"));
}

#[tokio::test]
async fn threads_of_channels_and_commands() {
    let house = House::start().await;
    let played = &house.simulator.slack;
    played.open_channel(&house.key, "C0SHOP", "shop");
    let root = played.say_in(&house.key, &greta(), "C0SHOP", "anybody?", None).await.unwrap();
    assert_eq!(house.last_message().thread, root);
    played.say_in(&house.key, &greta(), "C0SHOP", "hello?", Some(&root)).await.unwrap();
    let answer = house.last_message();
    assert_eq!((answer.thread, answer.contact.group), (root, true));
    assert_eq!(answer.author.unwrap().ids[0].key, "U0GRETA");

    let told = played.command(&house.key, &greta(), "where is my parcel?").await.unwrap();
    assert!(told.starts_with("Thank you"), "{told}");
    let message = house.last_message();
    assert_eq!((message.thread.as_str(), message.text.as_str()), ("U0GRETA", "where is my parcel?"));
}

#[tokio::test]
async fn events_are_repeated_and_presses_are_not() {
    let house = House::start().await;
    *house.ear.refuse.lock().unwrap() = vec![503, 500];
    house.act(Act::Text { text: "hi".into(), reply_to: None }).await;
    let retries = house.ear.retries.lock().unwrap().clone();
    assert_eq!(retries, [None, Some("1".to_owned()), Some("2".to_owned())]);

    let buttons = vec![channels::message::Button {
        id: "red".into(),
        title: "Red".into(),
        description: None,
        url: None,
    }];
    let content = channels::message::Content::Buttons {
        body: "Which?".into(),
        header: None,
        footer: None,
        buttons,
        list: false,
    };
    let message = house.send("D0GRETA", content).await.unwrap().external_ids.remove(0);
    let press = || Act::Press { message: message.clone(), button: "red".into() };
    house.act(press()).await;
    let pressed = house.last_message();
    let part = Part::Choice { id: "red".into(), title: "Red".into(), description: None, data: None };
    assert_eq!((pressed.kind, pressed.parts), (Kind::Interactive, vec![part]));
    assert_eq!(pressed.answers, std::slice::from_ref(&message));
    *house.ear.refuse.lock().unwrap() = vec![503];
    let refused = house.simulator.slack.act(&house.key, &greta(), press()).await;
    assert_eq!(refused, Err(ActError::NotTaken(503)));
}
