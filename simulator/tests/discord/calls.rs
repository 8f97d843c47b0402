//! What the hub asks of Discord, and what it hears of it.

use std::time::Duration;

use channels::{
    Connection, MediaLimit, SendError,
    abilities::MediaKind,
    event::What,
    message::{Button, Content, MediaSource, OutboundMedia, Part},
};
use simulator::{Act, Fault, Media, Player, discord::Limit};
use uuid::Uuid;
use webhooks::{Unverified, Verified};

use crate::place::{Place, ada, discord, until};

fn text(text: &str) -> Content {
    Content::Text { text: text.into() }
}

#[tokio::test]
async fn messages_go_out_and_change() {
    let place = Place::start().await;
    let channel = place.player().direct(&place.app, &ada()).unwrap();
    let sent = place.send(&channel, text("*bold* @everyone")).await.unwrap();
    let id = sent.external_ids[0].clone();
    let edit = Content::Edit { external_id: id.clone(), text: "_quiet_".into(), caption: false };
    place.send(&channel, edit).await.unwrap();
    for emoji in ["👍", "❤️", ""] {
        place
            .send(&channel, Content::Reaction { external_id: id.clone(), emoji: emoji.into() })
            .await
            .unwrap();
        let chat = place.player().chat(&place.app, &ada().id);
        let reactions: Vec<_> = chat[0].reactions.iter().map(|(emoji, _)| emoji.as_str()).collect();
        assert_eq!(reactions, [emoji].into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>());
    }
    let file = OutboundMedia {
        kind: MediaKind::Image,
        file_name: "a b.png".into(),
        mime: "image/png".into(),
        source: MediaSource::Bytes("PNG".into()),
    };
    place.send(&channel, Content::Media { files: vec![file], caption: Some("look".into()) }).await.unwrap();
    place.send(&channel, Content::Typing { external_id: None }).await.unwrap();
    let chat = place.player().chat(&place.app, &ada().id);
    assert_eq!((chat[0].text.as_str(), chat[0].edited), ("_quiet_", true));
    assert_eq!((chat[1].text.as_str(), chat[1].file_name.as_deref()), ("look", Some("a b.png")));
    for _ in 0..2 {
        place.send(&channel, Content::Delete { external_id: id.clone() }).await.unwrap();
    }
    assert_eq!(place.player().chat(&place.app, &ada().id).len(), 1);
}

#[tokio::test]
async fn we_write_first() {
    let place = Place::start().await;
    assert!(matches!(place.send("", text("hello")).await, Err(SendError::Refused(_))), "nobody of that id");
    let channel = place.player().direct(&place.app, &ada()).unwrap();
    let sent = place.send("", text("hello")).await.unwrap();
    assert_eq!(sent.moved_to, Some(channel));
    assert_eq!(place.player().chat(&place.app, &ada().id)[0].text, "hello");
}

#[tokio::test]
async fn a_lost_answer_is_found_by_its_echo() {
    let place = Place::start().await;
    let _connection = place.connected().await;
    let channel = place.player().direct(&place.app, &ada()).unwrap();
    place.player().faults().next("create_message", Fault::CutAfter);
    let id = Uuid::now_v7();
    assert!(matches!(place.send_as(id, &channel, text("once")).await, Err(SendError::Unknown(_))));
    until("the echo", || {
        place
            .hub
            .heard
            .lock()
            .unwrap()
            .iter()
            .any(|what| matches!(what, What::Status(status) if status.message_id == Some(id)))
    })
    .await;
    let again = place.send_as(id, &channel, text("once")).await.unwrap();
    let chat = place.player().chat(&place.app, &ada().id);
    assert_eq!(chat.iter().map(|one| &one.id).collect::<Vec<_>>(), [&again.external_ids[0]], "taken once");
}

#[tokio::test]
async fn limits_are_kept_before_they_are_met() {
    let place = Place::start().await;
    let channel = place.player().direct(&place.app, &ada()).unwrap();
    place.player().set_limit(Limit { calls: 2, within: Duration::from_secs(3) });
    for _ in 0..2 {
        place.send(&channel, text("hello")).await.unwrap();
    }
    let Err(SendError::Later { after: Some(after), .. }) = place.send(&channel, text("hello")).await else {
        panic!("it was sent")
    };
    assert!(after <= Duration::from_secs(3) && after > Duration::from_secs(1), "{after:?}");
    tokio::time::sleep(after + Duration::from_millis(50)).await;
    place.send(&channel, text("hello")).await.unwrap();

    let other = Place::start().await;
    other.player().direct(&other.app, &ada()).unwrap();
    other.player().faults().next("create_message", Fault::Refuse { code: 429, retry_after: Some(7) });
    let channel = other.player().direct(&other.app, &ada()).unwrap();
    for _ in 0..2 {
        let Err(SendError::Later { after: Some(after), .. }) = other.send(&channel, text("hello")).await
        else {
            panic!("it was sent")
        };
        assert!(after > Duration::from_secs(5), "the second is not even asked: {after:?}");
    }
}

#[tokio::test]
async fn somebody_blocks_the_bot() {
    let place = Place::start().await;
    let _connection = place.connected().await;
    let channel = place.player().act(&place.app, &ada(), Act::Block).await.unwrap();
    let Err(SendError::Refused(why)) = place.send(&channel, text("hello")).await else {
        panic!("it was sent")
    };
    assert_eq!((why.code.as_str(), why.platform_code.as_deref()), ("recipient_refuses", Some("50007")));
}

#[tokio::test]
async fn files_come_in() {
    let place = Place::start().await;
    let _connection = place.connected().await;
    let media = Media {
        kind: "image".into(),
        file_name: "a.png".into(),
        mime: "image/png".into(),
        bytes: "PNG".into(),
        caption: Some("look".into()),
    };
    place.player().act(&place.app, &ada(), Act::Media(media)).await.unwrap();
    place.heard(&["look"]).await;
    let media = place.hub.messages()[0].media[0].clone();
    let fetch = async |reference| {
        discord().fetch_media(&place.account, &reference, MediaLimit(1000), &place.net).await
    };
    assert_eq!(&fetch(media.reference.clone()).await.unwrap().bytes[..], b"PNG");
    let mut old = media.reference.clone();
    old["url"] = serde_json::json!(old["url"].as_str().unwrap().replace("ex=7fffffff", "ex=5fffffff"));
    assert_eq!(&fetch(old).await.unwrap().bytes[..], b"PNG", "a new address is asked for");
}

#[tokio::test]
async fn buttons_come_back_through_either_door() {
    let place = Place::start().await;
    let _connection = place.connected().await;
    let channel = place.player().direct(&place.app, &ada()).unwrap();
    let button = |id: &str| Button { id: id.into(), title: id.to_uppercase(), description: None, url: None };
    let offer = |list| Content::Buttons {
        body: "Which?".into(),
        header: None,
        footer: None,
        buttons: vec![button("yes"), button("no")],
        list,
    };
    for (at, list) in [false, true].into_iter().enumerate() {
        let sent = place.send(&channel, offer(list)).await.unwrap();
        let press = Act::Press { message: sent.external_ids[0].clone(), button: "no".into() };
        place.player().act(&place.app, &ada(), press).await.unwrap();
        until("a choice", || place.hub.messages().len() == at + 1).await;
        let choice = place.hub.messages().pop().unwrap();
        assert!(matches!(&choice.parts[0], Part::Choice { id, title, .. } if id == "no" && title == "NO"));
        for _ in 0..2 {
            discord()
                .acknowledge(&place.account, choice.acknowledge.as_ref().unwrap(), &place.net)
                .await
                .unwrap();
        }
        assert_eq!(place.player().confirmed(&place.app), at + 1);
    }
    assert!(channels::find("discord").is_some_and(|channel| channel.streams(&place.account)));

    let endpoint = Endpoint::start(&place).await;
    place.player().set_interactions(&place.app, Some(&endpoint));
    let sent = place.send(&channel, offer(false)).await.unwrap();
    let press = Act::Press { message: sent.external_ids[0].clone(), button: "yes".into() };
    place.player().act(&place.app, &ada(), press).await.unwrap();
    assert_eq!(place.player().confirmed(&place.app), 3, "by the answer itself");
}

struct Endpoint;

impl Endpoint {
    /// The hub's callback address, as far as signatures and answers go.
    async fn start(place: &Place) -> String {
        let account = place.account.clone();
        let take = async move |head: axum::http::HeaderMap, body: bytes::Bytes| {
            let headers: Vec<_> =
                head.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
            let request = Unverified::new("POST", "http://hub.example/", vec![], headers, body);
            let scheme = discord().proof(&account, &request);
            let Ok(request) = request.verify(&scheme, chrono::Utc::now()) else {
                return (axum::http::StatusCode::UNAUTHORIZED, bytes::Bytes::new());
            };
            let request: Verified = request;
            let answer = discord().read(&account, &request).unwrap().answer.unwrap();
            (axum::http::StatusCode::from_u16(answer.status).unwrap(), answer.body)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/", axum::routing::post(take));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }
}

#[tokio::test]
async fn the_test_button_says_what_is_so() {
    let place = Place::start().await;
    let webhook_url: url::Url = "https://hub.example/webhooks/discord/1".parse().unwrap();
    let connection = Connection { webhook_url };
    let checks = async || discord().check(&place.account, &connection, &place.net).await;
    discord().connect(&place.account, &connection, &place.net).await.unwrap();
    let all = checks().await;
    assert!(all.iter().all(|check| check.ok), "{all:?}");
    place.player().set_content_intent(&place.app, false);
    place.player().set_interactions(&place.app, Some("https://elsewhere.example/"));
    let failed: Vec<_> =
        checks().await.into_iter().filter(|check| !check.ok).map(|check| check.name).collect();
    assert_eq!(failed, ["message_content", "interactions"]);
    place.player().revoke(&place.app);
    let failed = checks().await;
    assert_eq!((failed.len(), failed[0].name.as_str(), failed[0].ok), (1, "token", false));
}
