//! What customers do comes in as it was done.

use bytes::Bytes;
use channels::{
    MediaLimit, SendError,
    event::What,
    message::{Kind, MessageStatus, Part},
};
use serde_json::json;
use simulator::{Act, ActError, Fault, Media, Player, meta::Product};

use crate::house::{House, greta, text};

fn picture(caption: Option<&str>) -> Act {
    Act::Media(Media {
        kind: "image".into(),
        file_name: "photo.png".into(),
        mime: "image/png".into(),
        bytes: Bytes::from_static(b"png"),
        caption: caption.map(str::to_owned),
    })
}

async fn words<P: Product>(house: House<P>) {
    let first = house.writes("good *morning*").await;
    let message = house.last_message();
    assert_eq!((message.external_id.as_str(), message.text.as_str()), (first.as_str(), "good *morning*"));
    assert_eq!((message.thread.as_str(), message.contact.ids[0].key.as_str()), (&*greta().id, &*greta().id));
    assert!(message.opens_window && !message.echo);

    let act = Act::Text { text: "and this".into(), reply_to: Some(first.clone()) };
    house.act(act).await;
    assert_eq!(house.last_message().reply_to.unwrap().external_id, first);

    house.act(Act::Edit { message: first.clone(), text: "good evening".into() }).await;
    assert!(
        matches!(house.last(), What::Edit(edit) if edit.external_id == first && edit.text == "good evening")
    );

    house.act(Act::React { message: first.clone(), emoji: "❤".into() }).await;
    assert!(matches!(house.last(), What::Reaction(one) if one.external_id == first && one.emoji == ["❤"]));
    house.act(Act::React { message: first.clone(), emoji: "🦔".into() }).await;
    assert!(matches!(house.last(), What::Reaction(one) if one.emoji == ["🦔"]), "kinds Meta has no word for");
    house.act(Act::React { message: first.clone(), emoji: String::new() }).await;
    assert!(matches!(house.last(), What::Reaction(one) if one.emoji.is_empty()));

    house.act(Act::Delete { message: first.clone() }).await;
    assert!(matches!(house.last(), What::Delete(gone) if gone.external_ids == [first.clone()]));
    assert!(house.player.chat(&house.key, &greta().id)[0].deleted);
}

#[tokio::test]
async fn words_answers_edits_reactions_and_unsent_messages() {
    words(House::messenger().await).await;
    words(House::instagram().await).await;
}

async fn files<P: Product>(house: House<P>) {
    house.act(picture(Some("look"))).await;
    let message = house.last_message();
    assert_eq!((message.kind, message.text.as_str()), (Kind::Image, "look"));
    let reference = &message.media[0].reference;
    let fetch = async |limit| {
        house.channel().fetch_media(&house.account, reference, MediaLimit(limit), &house.net).await
    };
    let file = fetch(100).await.unwrap();
    assert_eq!((file.bytes.as_ref(), file.mime.as_deref()), (&b"png"[..], Some("image/png")));
    assert!(matches!(fetch(2).await, Err(SendError::Refused(why)) if why.code == "media_too_large"));
}

#[tokio::test]
async fn files_are_fetched() {
    files(House::messenger().await).await;
    files(House::instagram().await).await;
}

async fn names<P: Product>(house: House<P>) {
    house.writes("hi").await;
    let id = house.last_message().contact.ids[0].clone();
    let profile = house.channel().profile(&house.account, &id, &house.net).await.unwrap().unwrap();
    assert_eq!(profile.name.as_deref(), Some("Greta Lindqvist"));
    assert_eq!(profile.username.as_deref(), (!P::WATERMARKS).then_some("greta.l"));
    // An app may speak with people whose names it is not given.
    house.player.faults().next("profile", Fault::Refuse { code: 230, retry_after: None });
    assert_eq!(house.channel().profile(&house.account, &id, &house.net).await, Ok(None));
    house.player.faults().next("profile", Fault::Refuse { code: 190, retry_after: None });
    let ended = house.channel().profile(&house.account, &id, &house.net).await;
    assert!(matches!(ended, Err(SendError::AccountBroken(_))), "{ended:?}");
    let nobody = channels::PartyId::plain(&id.kind, "999");
    assert!(matches!(
        house.channel().profile(&house.account, &nobody, &house.net).await,
        Err(SendError::Refused(_))
    ));
}

#[tokio::test]
async fn names_are_told_when_asked_for() {
    names(House::messenger().await).await;
    names(House::instagram().await).await;
}

#[tokio::test]
async fn messenger_tells_a_reading_by_a_moment() {
    let house = House::messenger().await;
    house.writes("hi").await;
    house.send(text("one")).await.unwrap();
    let last = house.send(text("two")).await.unwrap().external_ids.remove(0);
    house.status(|told| told.status == MessageStatus::Delivered && told.external_id == last).await;
    house.act(Act::Read).await;
    let read = house.watermark(|told| told.status == MessageStatus::Read).await;
    let sent = house.player.chat(&house.key, &greta().id).last().unwrap().at;
    assert_eq!((read.thread.as_str(), read.external_id), (greta().id.as_str(), None));
    assert!(read.up_to.timestamp_millis() >= sent.timestamp_millis());
}

#[tokio::test]
async fn instagram_tells_a_reading_by_the_newest_message() {
    let house = House::instagram().await;
    house.writes("hi").await;
    house.send(text("one")).await.unwrap();
    let last = house.send(text("two")).await.unwrap().external_ids.remove(0);
    house.act(Act::Read).await;
    let read = house.watermark(|told| told.status == MessageStatus::Read).await;
    assert_eq!(read.external_id.as_deref(), Some(last.as_str()));
    assert!(
        house
            .player
            .chat(&house.key, &greta().id)
            .iter()
            .all(|one| one.from_customer || one.status == "read")
    );
}

async fn echoes<P: Product>(house: House<P>) {
    house.writes("hi").await;
    let ours = house.send(text("from the hub")).await.unwrap().external_ids.remove(0);
    let told = house.status(|told| told.external_id == ours && told.status == MessageStatus::Sent).await;
    assert!(told.message_id.is_some(), "the echo of ours names our message");

    let theirs = house.player.echo(&house.key, &greta(), "from the inbox").await.unwrap();
    let heard = house.heard();
    let echo = heard.iter().rev().find_map(|(_, what)| match what {
        What::Message(message) if message.external_id == theirs => Some(message),
        _ => None,
    });
    let echo = echo.unwrap();
    assert_eq!((echo.echo, echo.opens_window, echo.text.as_str()), (true, false, "from the inbox"));
    assert_eq!(echo.thread, greta().id, "of the customer's conversation");
    let again =
        heard.iter().filter(|(_, what)| matches!(what, What::Message(one) if one.text == "from the hub"));
    assert_eq!(again.count(), 0, "ours is no second message");
}

#[tokio::test]
async fn echoes_of_ours_are_proofs_and_others_are_messages() {
    echoes(House::messenger().await).await;
    echoes(House::instagram().await).await;
}

async fn standby<P: Product>(house: House<P>) {
    house.player.set_standby(&house.key, true);
    house.writes("is anybody there?").await;
    assert_eq!(house.last_message().text, "is anybody there?");
    house.player.set_standby(&house.key, false);
    let handed = json!({ "pass_thread_control": { "new_owner_app_id": "1" } });
    house.player.tell(&house.key, &greta().id, handed).await.unwrap();
    let What::Contact(change) = house.last() else { panic!("{:?}", house.last()) };
    assert_eq!(change.line.unwrap().text, "Another app handed the conversation over.");
}

#[tokio::test]
async fn in_standby_the_conversation_is_seen() {
    standby(House::messenger().await).await;
    standby(House::instagram().await).await;
}

async fn presses<P: Product>(house: House<P>) {
    house.writes("hi").await;
    let offer = |id: &str, url: Option<&str>| channels::message::Button {
        id: id.into(),
        title: id.to_uppercase(),
        description: None,
        url: url.map(str::to_owned),
    };
    for buttons in [
        vec![offer("red", None), offer("blue", None)],
        vec![offer("red", None), offer("site", Some("https://shop.example/red"))],
    ] {
        let content = channels::message::Content::Buttons {
            body: "Which?".into(),
            header: None,
            footer: None,
            buttons,
            list: false,
        };
        let message = house.send(content).await.unwrap().external_ids.remove(0);
        house.act(Act::Press { message: message.clone(), button: "red".into() }).await;
        let pressed = house
            .heard()
            .into_iter()
            .rev()
            .find_map(|(_, what)| match what {
                What::Message(message) => Some(message),
                _ => None,
            })
            .unwrap();
        let choice = Part::Choice { id: "red".into(), title: "RED".into(), description: None, data: None };
        assert_eq!((pressed.kind, pressed.parts.as_slice()), (Kind::Interactive, &[choice][..]));
        assert!(pressed.opens_window);
        let other = Act::Press { message, button: "green".into() };
        assert_eq!(house.player.act(&house.key, &greta(), other).await, Err(ActError::NoSuchMessage));
    }
}

#[tokio::test]
async fn quick_replies_and_buttons_are_choices() {
    presses(House::messenger().await).await;
    presses(House::instagram().await).await;
}

#[tokio::test]
async fn callbacks_are_repeated_until_taken() {
    let house = House::messenger().await;
    *house.ear.refuse.lock().unwrap() = vec![503, 500];
    house.writes("hi").await;
    assert_eq!(house.last_message().text, "hi");
    assert_eq!(*house.ear.attempts.lock().unwrap(), 3);
    house.player.set_attempts(1);
    *house.ear.refuse.lock().unwrap() = vec![503];
    let act = Act::Text { text: "again".into(), reply_to: None };
    assert_eq!(house.player.act(&house.key, &greta(), act).await, Err(ActError::NotTaken(503)));
}

#[tokio::test]
async fn meta_has_no_places_and_no_cards() {
    let house = House::messenger().await;
    let place = Act::Location { latitude: 1.0, longitude: 2.0, name: None };
    assert!(matches!(house.player.act(&house.key, &greta(), place).await, Err(ActError::Unsupported(_))));
    let card = Act::Contact { name: "Bo".into(), phone: "+491".into() };
    assert!(matches!(house.player.act(&house.key, &greta(), card).await, Err(ActError::Unsupported(_))));
}
