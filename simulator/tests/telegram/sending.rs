//! Everything that the channel sends, as the customer sees it.

use bytes::Bytes;
use channels::{
    Abilities,
    abilities::{MediaKind, Reactions},
    message::{Button, Content, MediaSource, OutboundMedia},
};
use simulator::{Act, ChatMessage, Player as _};

use crate::{Stage, ada, channel, official, refusal};

fn file(kind: MediaKind, file_name: &str, mime: &str) -> OutboundMedia {
    let source = MediaSource::Bytes(Bytes::from(format!("the bytes of {file_name}")));
    OutboundMedia { kind, file_name: file_name.into(), mime: mime.into(), source }
}

fn media(files: Vec<OutboundMedia>, caption: Option<&str>) -> Content {
    Content::Media { files, caption: caption.map(str::to_owned) }
}

fn last(stage: &Stage) -> ChatMessage {
    stage.chat().last().unwrap().clone()
}

#[tokio::test]
async fn texts_buttons_and_places_arrive() {
    let stage = Stage::connected().await;
    let question = stage.says("Which size?").await;

    let reply = Content::Text { text: "👋 We have *three*".into() };
    let receipt = stage.try_send(&ada().id, Some(&question), reply).await.unwrap();
    let seen = last(&stage);
    assert_eq!(receipt.external_ids, std::slice::from_ref(&seen.id));
    assert_eq!((seen.text.as_str(), seen.reply_to.as_deref()), ("👋 We have three", Some(question.as_str())));

    let button =
        |id: &str, title: &str| Button { id: id.into(), title: title.into(), description: None, url: None };
    stage
        .send(Content::Buttons {
            body: "Choose".into(),
            header: Some("Sizes".into()),
            footer: None,
            buttons: vec![button("s", "Small"), button("l", "Large")],
            list: false,
        })
        .await;
    let seen = last(&stage);
    assert_eq!(seen.text, "Sizes\n\nChoose");
    assert_eq!(seen.buttons.iter().map(|button| button.id.as_str()).collect::<Vec<_>>(), ["s", "l"]);

    stage
        .send(Content::Location {
            latitude: 51.5,
            longitude: -0.08,
            name: Some("Our shop".into()),
            address: Some("1 Analytical Row".into()),
        })
        .await;
    let seen = last(&stage);
    assert_eq!((seen.kind.as_str(), seen.text.as_str()), ("location", "Our shop"));
    stage.send(Content::Location { latitude: 51.5, longitude: -0.08, name: None, address: None }).await;
    official::hold(&stage.telegram().calls());
}

#[tokio::test]
async fn every_kind_of_file_arrives_with_its_bytes() {
    let stage = Stage::connected().await;
    stage.says("Send me things").await;
    for (kind, name, mime, seen_as) in [
        (MediaKind::Image, "shop.jpg", "image/jpeg", "image"),
        (MediaKind::Video, "clip.mp4", "video/mp4", "video"),
        (MediaKind::Audio, "song.mp3", "audio/mpeg", "audio"),
        (MediaKind::Voice, "note.ogg", "audio/ogg", "voice"),
        (MediaKind::Document, "März 1.pdf", "application/pdf", "document"),
        (MediaKind::Document, "cat.gif", "image/gif", "video"),
        (MediaKind::Sticker, "wave.webp", "image/webp", "sticker"),
    ] {
        let caption = (kind != MediaKind::Sticker).then_some("For _you_");
        let receipt = stage.send(media(vec![file(kind, name, mime)], caption)).await;
        let seen = last(&stage);
        assert_eq!((seen.kind.as_str(), seen.file_name.as_deref()), (seen_as, Some(name)));
        assert_eq!(receipt.external_ids, std::slice::from_ref(&seen.id));
        assert_eq!(seen.text, caption.map_or("", |_| "For you"), "{name}");
        let bytes =
            stage.net.send(net::Request::get(seen.media_url.unwrap().parse().unwrap())).await.unwrap().body;
        assert_eq!(bytes, format!("the bytes of {name}"), "{name}");
    }
    official::hold(&stage.telegram().calls());
}

#[tokio::test]
async fn files_by_link_are_fetched_by_the_platform() {
    let stage = Stage::connected().await;
    stage.says("Send me things").await;
    stage.send(media(vec![file(MediaKind::Image, "shop.jpg", "image/jpeg")], None)).await;
    let link = |url: &str| {
        let source = MediaSource::Link(url.parse().unwrap());
        OutboundMedia {
            kind: MediaKind::Document,
            file_name: "x.jpg".into(),
            mime: "image/jpeg".into(),
            source,
        }
    };
    let there = last(&stage).media_url.unwrap();
    stage.send(media(vec![link(&there)], Some("Again"))).await;
    assert_eq!(last(&stage).kind, "document");
    let gone = format!("{}/telegram/media/none", stage.simulator.base_url());
    let refused = stage.try_send(&ada().id, None, media(vec![link(&gone)], None)).await;
    assert_eq!(refusal(refused), "link_unreachable");
    official::hold(&stage.telegram().calls());
}

#[tokio::test]
async fn an_album_is_one_call_with_a_message_for_each_file() {
    let stage = Stage::connected().await;
    stage.says("Send me pictures").await;
    let files =
        || vec![file(MediaKind::Image, "1.jpg", "image/jpeg"), file(MediaKind::Video, "2.mp4", "video/mp4")];
    let receipt = stage.send(media(files(), Some("Both"))).await;
    let seen: Vec<_> = stage.chat().into_iter().skip(1).collect();
    assert_eq!(receipt.external_ids, seen.iter().map(|message| message.id.clone()).collect::<Vec<_>>());
    assert_eq!(seen.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), ["Both", ""]);
    let calls = stage.telegram().calls();
    assert_eq!(calls.iter().filter(|call| call.method == "sendmediagroup").count(), 1);
    official::hold(&calls);
}

#[tokio::test]
async fn reactions_edits_deletions_and_typing_show() {
    let stage = Stage::connected().await;
    let theirs = stage.says("Hello").await;
    let ours = stage.send_text("Helo").await.unwrap().external_ids.remove(0);
    let react = |emoji: &str| Content::Reaction { external_id: theirs.clone(), emoji: emoji.into() };
    let edit = |text: &str| Content::Edit { external_id: ours.clone(), text: text.into(), caption: false };
    let mut changes = stage.telegram().changes();

    stage.send(react("❤️")).await;
    assert_eq!(stage.chat()[0].reactions, [("❤".to_owned(), "business".to_owned())]);
    stage.send(react("")).await;
    assert_eq!(stage.chat()[0].reactions, []);
    assert_eq!(refusal(stage.try_send(&ada().id, None, react("🦖")).await), "reaction_invalid");

    stage.send(edit("Hello")).await;
    assert_eq!((last(&stage).text.as_str(), last(&stage).edited), ("Hello", true));
    stage.send(edit("Hello")).await;
    let of_theirs = Content::Edit { external_id: theirs.clone(), text: "x".into(), caption: false };
    assert_eq!(refusal(stage.try_send(&ada().id, None, of_theirs).await), "message_too_old");

    while changes.try_recv().is_ok() {}
    stage.send(Content::Typing { external_id: None }).await;
    assert!(changes.recv().await.unwrap().typing);

    for _ in 0..2 {
        stage.send(Content::Delete { external_id: ours.clone() }).await;
        assert_eq!(stage.chat().len(), 1);
    }
    official::hold(&stage.telegram().calls());
}

#[tokio::test]
async fn captions_are_edited_as_captions() {
    let stage = Stage::connected().await;
    stage.says("Hello").await;
    let picture = file(MediaKind::Image, "shop.jpg", "image/jpeg");
    let external_id = stage.send(media(vec![picture], Some("Our shp"))).await.external_ids.remove(0);
    stage.send(Content::Edit { external_id, text: "Our shop".into(), caption: true }).await;
    assert_eq!(last(&stage).text, "Our shop");
    official::hold(&stage.telegram().calls());
}

#[tokio::test]
async fn groups_take_messages_in_their_topics_and_move() {
    let stage = Stage::connected().await;
    let telegram = stage.telegram();
    let text = || Content::Text { text: "Hello, group".into() };
    telegram.open_group(&stage.bot, -1_002_000_000_001, "Forum", &[12]);
    stage.try_send("-1002000000001:t12", None, text()).await.unwrap();
    let elsewhere = stage.try_send("-1002000000001:t13", None, text()).await;
    assert_eq!(refusal(elsewhere), "topic_not_found");

    telegram.open_group(&stage.bot, -4_000_000_001, "Engines", &[]);
    telegram.move_group(&stage.bot, -4_000_000_001, -1_002_000_000_077);
    let receipt = stage.try_send("-4000000001", None, text()).await.unwrap();
    assert_eq!(receipt.moved_to.as_deref(), Some("-1002000000077"));
    let seen = telegram.chat(&stage.bot, "-1002000000077");
    assert_eq!(receipt.external_ids, [seen[0].id.clone()]);
    assert_eq!(telegram.chat(&stage.bot, "-4000000001").len(), 0, "nothing went to the old group");
}

/// The two lists are written apart; the played platform takes what the channel offers.
#[tokio::test]
async fn every_offered_reaction_is_taken() {
    let stage = Stage::connected().await;
    let Abilities { reactions: Reactions::Listed(offered), .. } = channel().abilities() else { panic!() };
    let message = stage.says("Hello").await;
    for emoji in offered {
        stage.send(Content::Reaction { external_id: message.clone(), emoji: emoji.into() }).await;
        stage.act(Act::React { message: message.clone(), emoji: emoji.into() }).await;
    }
}
