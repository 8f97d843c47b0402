//! What the business sends, as the customer sees it.

use std::time::Duration;

use channels::{
    SendError,
    message::{Button, Content, MessageStatus},
};
use simulator::{Act, Player};

use crate::hub::{Hub, ada};

#[tokio::test]
async fn a_text_arrives_with_its_quote() {
    let hub = Hub::start().await;
    let question = hub.greeted().await;
    let mut message = hub.outbound(&ada().id, Content::Text { text: "Guten Tag 👋".into() });
    message.reply_to = Some(question.clone());
    let receipt = crate::hub::whatsapp().send(&hub.account, &message, &hub.net).await.unwrap();
    let bubble = hub.simulator.whatsapp.chat(hub.key(), &ada().id).pop().unwrap();
    assert_eq!((bubble.id, bubble.text.as_str()), (receipt.external_ids[0].clone(), "Guten Tag 👋"));
    assert_eq!(bubble.reply_to, Some(question));
    let learned: Vec<_> = receipt.learned.iter().map(|id| id.kind.as_str()).collect();
    assert_eq!(learned, ["bsuid", "wa_id"]);
}

#[tokio::test]
async fn places_buttons_lists_and_links_are_seen() {
    let hub = Hub::start().await;
    hub.greeted().await;
    let place =
        Content::Location { latitude: 52.5, longitude: 13.4, name: Some("Gate".into()), address: None };
    hub.send(&ada().id, place).await.unwrap();
    let button = |at: usize| Button {
        id: format!("id-{at}"),
        title: format!("Choice {at}"),
        description: None,
        url: None,
    };
    let offer = |buttons| Content::Buttons {
        body: "Which?".into(),
        header: Some("Delivery".into()),
        footer: None,
        buttons,
        list: false,
    };
    hub.send(&ada().id, offer((0..3).map(button).collect())).await.unwrap();
    hub.send(&ada().id, offer((0..10).map(button).collect())).await.unwrap();
    let link = Button { url: Some("https://example.org/pay".into()), ..button(0) };
    hub.send(&ada().id, offer(vec![link])).await.unwrap();
    let chat = hub.simulator.whatsapp.chat(hub.key(), &ada().id);
    let counts: Vec<_> = chat.iter().map(|bubble| bubble.buttons.len()).collect();
    assert_eq!(counts, [0, 0, 3, 10, 1]);
    assert_eq!(chat[2].text, "Delivery\nWhich?");
    assert_eq!(chat[4].buttons[0].url.as_deref(), Some("https://example.org/pay"));
}

#[tokio::test]
async fn reactions_are_set_and_taken_back() {
    let hub = Hub::start().await;
    let message = hub.greeted().await;
    let react = |emoji: &str| Content::Reaction { external_id: message.clone(), emoji: emoji.into() };
    let receipt = hub.send(&ada().id, react("👍")).await.unwrap();
    assert!(receipt.external_ids.is_empty());
    let reactions = || hub.simulator.whatsapp.chat(hub.key(), &ada().id)[0].reactions.clone();
    assert_eq!(reactions(), [("👍".to_owned(), "business".to_owned())]);
    hub.send(&ada().id, react("")).await.unwrap();
    assert_eq!(reactions(), []);
}

#[tokio::test]
async fn reading_and_typing_are_seen() {
    let hub = Hub::start().await;
    hub.greeted().await;
    let second = hub.act(&ada(), Act::Text { text: "anybody?".into(), reply_to: None }).await;
    let mut changes = hub.simulator.whatsapp.changes();
    hub.send(&ada().id, Content::Typing { external_id: Some(second.clone()) }).await.unwrap();
    let change = tokio::time::timeout(Duration::from_secs(1), changes.recv()).await.unwrap().unwrap();
    assert!(change.typing && change.customer == ada().id);
    let read = |at: usize| hub.simulator.whatsapp.chat(hub.key(), &ada().id)[at].status.clone();
    assert_eq!((read(0).as_str(), read(1).as_str()), ("read", "read"), "typing reads everything before it");
    hub.send(&ada().id, Content::Read { external_id: second }).await.unwrap();
}

#[tokio::test]
async fn a_closed_window_is_told_afterwards() {
    let hub = Hub::start().await;
    hub.greeted().await;
    hub.simulator.whatsapp.close_window(hub.key(), &ada().id);
    let receipt = hub.text("too late").await.unwrap();
    assert_eq!(hub.statuses_of(&receipt.external_ids[0], 1).await, ["failed"]);
    let status = hub.statuses().pop().unwrap();
    assert_eq!((status.status, status.message_id), (MessageStatus::Failed, Some(hub.id)));
    assert_eq!(status.error.unwrap().code, "window_closed");
    assert_eq!(hub.simulator.whatsapp.chat(hub.key(), &ada().id).len(), 1, "the customer sees nothing of it");
    hub.act(&ada(), Act::Text { text: "again".into(), reply_to: None }).await;
    let receipt = hub.text("in time").await.unwrap();
    assert_eq!(hub.statuses_of(&receipt.external_ids[0], 2).await, ["sent", "delivered"]);
}

#[tokio::test]
async fn strangers_and_phones_without_whatsapp_fail_afterwards() {
    let hub = Hub::start().await;
    let text = || Content::Text { text: "hello?".into() };
    let stranger = hub.send("4915100000077", text()).await.unwrap().external_ids.remove(0);
    assert_eq!(hub.statuses_of(&stranger, 1).await, ["failed"]);
    hub.simulator.whatsapp.set_unreachable("+49 151 00000088");
    let nobody = hub.send("4915100000088", text()).await.unwrap().external_ids.remove(0);
    assert_eq!(hub.statuses_of(&nobody, 1).await, ["failed"]);
    let codes: Vec<_> = hub.statuses().into_iter().map(|status| status.error.unwrap().code).collect();
    assert_eq!(codes, ["window_closed", "recipient_unreachable"]);
}

#[tokio::test]
async fn what_whatsapp_cannot_do_is_refused_here() {
    let hub = Hub::start().await;
    let message = hub.greeted().await;
    let edit = Content::Edit { external_id: message.clone(), text: "x".into(), caption: false };
    for content in [edit, Content::Delete { external_id: message }] {
        let refused = hub.send(&ada().id, content).await;
        assert!(matches!(&refused, Err(SendError::Refused(reason)) if reason.code == "not_supported"));
    }
}
