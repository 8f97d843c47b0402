//! What the hub sends is on the customer's screen.

use bytes::Bytes;
use channels::{
    SendError,
    abilities::MediaKind,
    message::{Button, Content, MediaSource, OutboundMedia},
};
use simulator::{Player, meta::Product};

use crate::house::{House, greta, message, text};

fn code(result: Result<channels::Receipt, SendError>) -> String {
    match result {
        Err(SendError::Refused(why)) => why.code,
        other => panic!("{other:?}"),
    }
}

async fn words<P: Product>(house: House<P>) {
    let theirs = house.writes("hi").await;
    let mut answer = message::<P>(text("good *morning*"));
    answer.reply_to = Some(theirs.clone());
    let ours = house.send_message(&house.account, answer).await.unwrap().external_ids.remove(0);
    let shown = house.player.chat(&house.key, &greta().id)[1].clone();
    assert_eq!(
        (shown.id, shown.text.as_str(), shown.reply_to),
        (ours.clone(), "good morning", Some(theirs.clone()))
    );

    let react = |emoji: &str| Content::Reaction { external_id: theirs.clone(), emoji: emoji.into() };
    house.send(react("❤")).await.unwrap();
    let reactions = || house.player.chat(&house.key, &greta().id)[0].reactions.clone();
    assert_eq!(reactions(), [("❤".to_owned(), "business".to_owned())]);
    let thumb = house.send(react("👍")).await;
    // On Instagram a business has a heart only.
    assert_eq!(thumb.is_ok(), P::WATERMARKS, "{thumb:?}");
    house.send(react("")).await.unwrap();
    assert!(reactions().is_empty());

    house.send(Content::Read { external_id: theirs }).await.unwrap();
    assert_eq!(house.player.chat(&house.key, &greta().id)[0].status, "read");
    let mut changes = house.player.changes();
    house.send(Content::Typing { external_id: None }).await.unwrap();
    assert!(changes.recv().await.unwrap().typing);
    assert_eq!(
        code(house.send(Content::Edit { external_id: ours.clone(), text: "x".into(), caption: false }).await),
        "not_supported"
    );
    assert_eq!(code(house.send(Content::Delete { external_id: ours }).await), "not_supported");
}

#[tokio::test]
async fn words_reactions_and_signs() {
    words(House::messenger().await).await;
    words(House::instagram().await).await;
}

fn file(kind: MediaKind, name: &str, mime: &str, source: MediaSource) -> Content {
    let file = OutboundMedia { kind, file_name: name.into(), mime: mime.into(), source };
    Content::Media { files: vec![file], caption: None }
}

async fn files<P: Product>(house: House<P>) {
    house.writes("hi").await;
    let pdf = MediaSource::Bytes(Bytes::from_static(b"%PDF"));
    let sent = house.send(file(MediaKind::Document, "offer.pdf", "application/pdf", pdf)).await.unwrap();
    let link = "https://shop.example/red.png";
    let link = MediaSource::Link(link.parse().unwrap());
    house.send(file(MediaKind::Image, "red.png", "image/png", link)).await.unwrap();
    let chat = house.player.chat(&house.key, &greta().id);
    assert_eq!((chat[1].id.clone(), chat[1].kind.as_str()), (sent.external_ids[0].clone(), "document"));
    assert_eq!(
        (chat[2].kind.as_str(), chat[2].media_url.as_deref()),
        ("image", Some("https://shop.example/red.png"))
    );
    // The bytes lie where the platform serves them.
    let url = chat[1].media_url.clone().unwrap();
    let served = house.net.send(net::Request::get(url.parse().unwrap())).await.unwrap();
    assert_eq!(served.body.as_ref(), b"%PDF");
}

#[tokio::test]
async fn files_by_upload_and_by_link() {
    files(House::messenger().await).await;
    files(House::instagram().await).await;
}

async fn offers<P: Product>(house: House<P>) {
    house.writes("hi").await;
    let button = |id: &str, url: Option<&str>| Button {
        id: id.into(),
        title: id.into(),
        description: None,
        url: url.map(str::to_owned),
    };
    let offer = |buttons| Content::Buttons {
        body: "Which?".into(),
        header: Some("Colours".into()),
        footer: None,
        buttons,
        list: false,
    };
    house.send(offer((1..=13).map(|n| button(&format!("c{n}"), None)).collect())).await.unwrap();
    house.send(offer(vec![button("red", None), button("all", Some("https://shop.example"))])).await.unwrap();
    let chat = house.player.chat(&house.key, &greta().id);
    assert_eq!((chat[1].text.as_str(), chat[1].buttons.len()), ("Colours\n\nWhich?", 13));
    let addresses: Vec<_> = chat[2].buttons.iter().map(|one| one.url.as_deref()).collect();
    assert_eq!(addresses, [None, Some("https://shop.example")]);
    let many = (1..=14).map(|n| button(&format!("c{n}"), None)).collect();
    assert_eq!(code(house.send(offer(many)).await), "too_many_buttons");
}

#[tokio::test]
async fn quick_replies_and_a_template_with_an_address() {
    offers(House::messenger().await).await;
    offers(House::instagram().await).await;
}

/// A text at the limit is taken by both sides, one beyond by neither.
#[tokio::test]
async fn hub_and_platform_count_alike() {
    let house = House::messenger().await;
    house.writes("hi").await;
    house.send(text(&"ä".repeat(2000))).await.unwrap();
    assert_eq!(code(house.send(text(&"ä".repeat(2001))).await), "too_long");
    let house = House::instagram().await;
    house.writes("hi").await;
    house.send(text(&"ä".repeat(500))).await.unwrap();
    assert_eq!(code(house.send(text(&"ä".repeat(501))).await), "too_long");
}
