//! Statuses in every order that the platform may tell them.

use simulator::{Act, Player, whatsapp::StatusOrder};

use crate::hub::{Hub, ada};

#[tokio::test]
async fn sent_delivered_and_read_when_the_chat_is_opened() {
    let hub = Hub::start().await;
    hub.greeted().await;
    let sent = hub.text("one").await.unwrap().external_ids.remove(0);
    assert_eq!(hub.statuses_of(&sent, 2).await, ["sent", "delivered"]);
    assert_eq!(hub.act(&ada(), Act::Read).await, sent);
    assert_eq!(hub.statuses_of(&sent, 3).await, ["sent", "delivered", "read"]);
    assert!(hub.statuses().iter().all(|status| status.message_id == Some(hub.id)));
    assert_eq!(hub.simulator.whatsapp.chat(hub.key(), &ada().id)[1].status, "read");
    assert_eq!(hub.act(&ada(), Act::Read).await, "", "there is nothing more to read");
}

#[tokio::test]
async fn reversed() {
    let hub = Hub::start().await;
    hub.greeted().await;
    hub.simulator.whatsapp.set_status_order(StatusOrder::Reversed);
    let sent = hub.text("one").await.unwrap().external_ids.remove(0);
    assert_eq!(hub.statuses_of(&sent, 2).await, ["delivered", "sent"]);
    let chat = || hub.simulator.whatsapp.chat(hub.key(), &ada().id);
    assert_eq!(chat()[1].status, "delivered", "the phone knows better");
}

#[tokio::test]
async fn duplicated() {
    let hub = Hub::start().await;
    hub.greeted().await;
    hub.simulator.whatsapp.set_status_order(StatusOrder::Duplicated);
    let sent = hub.text("one").await.unwrap().external_ids.remove(0);
    assert_eq!(hub.statuses_of(&sent, 4).await, ["sent", "sent", "delivered", "delivered"]);
}

#[tokio::test]
async fn before_the_answer() {
    let hub = Hub::start().await;
    hub.greeted().await;
    hub.simulator.whatsapp.set_status_order(StatusOrder::BeforeAnswer);
    let sent = hub.text("one").await.unwrap().external_ids.remove(0);
    let seen: Vec<_> =
        hub.statuses().into_iter().map(|status| (status.external_id, status.message_id)).collect();
    assert_eq!(seen, vec![(sent, Some(hub.id)); 2]);
}

#[tokio::test]
async fn a_blocked_business_hears_no_more_than_sent() {
    let hub = Hub::start().await;
    hub.greeted().await;
    hub.act(&ada(), Act::Block).await;
    let sent = hub.text("one").await.unwrap().external_ids.remove(0);
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    assert_eq!(hub.statuses_of(&sent, 1).await, ["sent"]);
    hub.act(&ada(), Act::Unblock).await;
    let sent = hub.text("two").await.unwrap().external_ids.remove(0);
    assert_eq!(hub.statuses_of(&sent, 2).await, ["sent", "delivered"]);
}
