//! What the hub sends is on the customer's screen.

use bytes::Bytes;
use channels::{
    Connection, SendError,
    abilities::MediaKind,
    message::{Content, MediaSource, OutboundMedia},
};
use simulator::{Act, Fault, Player};

use crate::house::{House, slack};

fn text(text: &str) -> Content {
    Content::Text { text: text.into() }
}

#[tokio::test]
async fn words_edits_reactions_and_deletions() {
    let house = House::start().await;
    let theirs = house.act(Act::Text { text: "hi".into(), reply_to: None }).await;
    let receipt = house.send("D0GRETA", text("good *morning* & more")).await.unwrap();
    let ours = receipt.external_ids[0].clone();
    let react = |emoji: &str| Content::Reaction { external_id: theirs.clone(), emoji: emoji.into() };
    house.send("D0GRETA", react("👍")).await.unwrap();
    house.send("D0GRETA", react("🎉")).await.unwrap();
    house
        .send(
            "D0GRETA",
            Content::Edit { external_id: ours.clone(), text: "good evening".into(), caption: false },
        )
        .await
        .unwrap();
    let chat = house.simulator.slack.chat(&house.key, "U0GRETA");
    assert_eq!(chat[0].reactions, [("🎉".to_owned(), "business".to_owned())]);
    assert_eq!((chat[1].text.as_str(), chat[1].edited), ("good evening", true));
    house.send("D0GRETA", react("")).await.unwrap();
    house.send("D0GRETA", Content::Delete { external_id: ours }).await.unwrap();
    let chat = house.simulator.slack.chat(&house.key, "U0GRETA");
    assert!(chat[0].reactions.is_empty() && chat[1].deleted);
    let not_ours = house.send("D0GRETA", Content::Delete { external_id: theirs }).await;
    assert!(matches!(not_ours, Err(SendError::Refused(why)) if why.code == "message_too_old"));
}

#[tokio::test]
async fn a_first_word_opens_the_direct_message() {
    let house = House::start().await;
    let receipt = house.send("", text("hello")).await.unwrap();
    assert_eq!(receipt.moved_to.as_deref(), Some("D0GRETA"));
    house.act(Act::Text { text: "hi".into(), reply_to: None }).await;
    assert_eq!(house.last_message().thread, "D0GRETA");
}

#[tokio::test]
async fn files_are_one_message() {
    let house = House::start().await;
    let file = |name: &str| OutboundMedia {
        kind: MediaKind::Document,
        file_name: name.into(),
        mime: "text/plain".into(),
        source: MediaSource::Bytes(Bytes::from_static(b"words")),
    };
    let content = Content::Media { files: vec![file("a.txt"), file("b.txt")], caption: Some("two".into()) };
    let receipt = house.send("U0GRETA", content).await.unwrap();
    assert_eq!(receipt.moved_to.as_deref(), Some("D0GRETA"));
    let chat = house.simulator.slack.chat(&house.key, "U0GRETA");
    assert_eq!((chat.len(), chat[0].text.as_str()), (1, "two"));
    assert_eq!(receipt.external_ids, [chat[0].id.clone()]);
}

#[tokio::test]
async fn trouble_is_told_apart() {
    let house = House::start().await;
    house.act(Act::Text { text: "hi".into(), reply_to: None }).await;
    let faults = house.simulator.slack.faults();
    faults.next("chat.postMessage", Fault::Refuse { code: 429, retry_after: Some(9) });
    let limited = house.send("D0GRETA", text("a")).await;
    assert!(matches!(limited, Err(SendError::Later { after: Some(after), .. }) if after.as_secs() == 9));
    faults.next("chat.postMessage", Fault::CutAfter);
    assert!(matches!(house.send("D0GRETA", text("b")).await, Err(SendError::Unknown(_))));
    house.simulator.slack.grant(&house.key, "im:history");
    let refused = house.send("D0GRETA", text("c")).await;
    assert!(matches!(refused, Err(SendError::Refused(why)) if why.detail.contains("chat:write")));
    let elsewhere = house.send("C0NOWHERE:1.1", text("d")).await;
    assert!(matches!(elsewhere, Err(SendError::Refused(_))));
}

#[tokio::test]
async fn an_admin_is_told_what_is_missing() {
    let house = House::start().await;
    let connection = Connection { webhook_url: "https://hub.example/webhooks/slack/1".parse().unwrap() };
    slack().connect(&house.account, &connection, &house.net).await.unwrap();
    let checks = slack().check(&house.account, &connection, &house.net).await;
    assert!(checks.iter().all(|check| check.ok), "{checks:?}");
    house.simulator.slack.grant(&house.key, "chat:write,im:history,users:read");
    let checks = slack().check(&house.account, &connection, &house.net).await;
    let permissions = checks.iter().find(|check| check.name == "permissions").unwrap();
    assert!(
        !permissions.ok && permissions.detail.contains("files:read (files of customers)"),
        "{permissions:?}"
    );

    let mut wrong = house.account.clone();
    wrong.set("team_id", "T0OTHER".into());
    assert!(matches!(
        slack().connect(&wrong, &connection, &house.net).await,
        Err(SendError::AccountBroken(_))
    ));
    wrong.set("bot_token", "xoxb-nonsense".into());
    let checks = slack().check(&wrong, &connection, &house.net).await;
    assert_eq!((checks.len(), checks[0].ok), (1, false));
}
