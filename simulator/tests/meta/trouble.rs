//! Windows, tokens, rates, faults: each failure is told apart.

use channels::{SendError, error::NextStep};
use simulator::{Act, ActError, Fault, Player, meta::Product};

use crate::house::{House, greta, text};

async fn window<P: Product>(house: House<P>) {
    house.writes("hi").await;
    house.player.close_window(&house.key, &greta().id);
    let shut = house.send(text("too late")).await;
    assert!(matches!(shut, Err(SendError::Refused(why))
        if (why.code.as_str(), why.next_step) == ("window_closed", NextStep::Wait)));
    assert_eq!(house.player.chat(&house.key, &greta().id).len(), 1);
    house.writes("hello again").await;
    house.send(text("in time")).await.unwrap();
}

#[tokio::test]
async fn a_closed_window_is_said_and_opens_with_the_next_word() {
    window(House::messenger().await).await;
    window(House::instagram().await).await;
}

async fn human<P: Product>(house: House<P>) {
    house.writes("hi").await;
    house.player.wrote_before(&house.key, &greta().id, chrono::TimeDelta::days(3));
    let plain = house.send(text("after three days")).await;
    assert!(matches!(plain, Err(SendError::Refused(why)) if why.code == "window_closed"));
    let approved = house.changed(&[("answer_days", "7")]);
    house.send_from(&approved, text("from a person")).await.unwrap();
    house.player.wrote_before(&house.key, &greta().id, chrono::TimeDelta::days(8));
    let late = house.send_from(&approved, text("after eight days")).await;
    assert!(matches!(late, Err(SendError::Refused(why)) if why.code == "window_closed"));
}

#[tokio::test]
async fn a_person_has_seven_days_if_meta_allows_it() {
    human(House::messenger().await).await;
    human(House::instagram().await).await;
}

async fn token<P: Product>(house: House<P>) {
    house.writes("hi").await;
    let wrong = house.send_from(&house.changed(&[("page_access_token", "EAAwrong")]), text("x")).await;
    assert!(matches!(wrong, Err(SendError::AccountBroken(why)) if why.code == "token_rejected"));
    let forged = house.changed(&[("app_secret", "another secret")]);
    assert!(house.send_from(&forged, text("x")).await.is_err(), "the proof of another secret");
    house.player.revoke_token(&house.key);
    let expired = house.send(text("x")).await;
    assert!(matches!(expired, Err(SendError::AccountBroken(why)) if why.next_step == NextStep::Reconnect));
    let checks = house.channel().check(&house.account, &house.connection, &house.net).await;
    assert!(!checks.iter().find(|check| check.name == "token").unwrap().ok);
    let permissions = checks.iter().find(|check| check.name == "permissions").unwrap();
    assert!(permissions.detail.contains("Authorise again"), "{permissions:?}");
}

#[tokio::test]
async fn a_token_that_is_no_longer_taken_breaks_the_account() {
    token(House::messenger().await).await;
    token(House::instagram().await).await;
}

async fn faults<P: Product>(house: House<P>) {
    house.writes("hi").await;
    let faults = house.player.faults();
    faults.next("messages", Fault::Refuse { code: 613, retry_after: Some(9) });
    let limited = house.send(text("a")).await;
    assert!(matches!(limited, Err(SendError::Later { after: Some(after), .. }) if after.as_secs() == 9));
    faults.next("messages", Fault::Refuse { code: 2, retry_after: None });
    assert!(matches!(house.send(text("b")).await, Err(SendError::Later { .. })));
    faults.next("messages", Fault::Status(503));
    assert!(matches!(house.send(text("c")).await, Err(SendError::Later { .. })));
    faults.next("messages", Fault::Refuse { code: 551, retry_after: None });
    let gone = house.send(text("d")).await;
    assert!(matches!(gone, Err(SendError::Refused(why)) if why.code == "recipient_unreachable"));
    faults.next("messages", Fault::Refuse { code: 230, retry_after: None });
    assert!(matches!(house.send(text("e")).await, Err(SendError::AccountBroken(_))));
    assert_eq!(house.player.chat(&house.key, &greta().id).len(), 1, "nothing was sent");
    faults.next("messages", Fault::CutAfter);
    assert!(matches!(house.send(text("f")).await, Err(SendError::Unknown(_))));
    let chat = house.player.chat(&house.key, &greta().id);
    assert_eq!(chat[1].text, "f", "it had gone through, and its echo will say so");
    let echo = house.status(|told| told.external_id == chat[1].id).await;
    assert!(echo.message_id.is_some());
}

#[tokio::test]
async fn trouble_is_told_apart() {
    faults(House::messenger().await).await;
    faults(House::instagram().await).await;
}

#[tokio::test]
async fn beyond_the_rate_messages_wait() {
    let house = House::messenger().await;
    house.writes("hi").await;
    house.player.set_rate(2);
    house.send(text("1")).await.unwrap();
    house.send(text("2")).await.unwrap();
    let third = house.send(text("3")).await;
    assert!(matches!(third, Err(SendError::Later { reason, .. }) if reason.code == "rate_limited"));
    tokio::time::sleep(std::time::Duration::from_millis(1050)).await;
    house.send(text("3")).await.unwrap();
}

async fn people<P: Product>(house: House<P>) {
    let stranger = house.send(text("first word")).await;
    assert!(
        matches!(stranger, Err(SendError::Refused(why)) if why.code == "recipient_unknown"),
        "people begin"
    );
    house.writes("hi").await;
    house.act(Act::Block).await;
    let blocked = house.send(text("x")).await;
    assert!(matches!(blocked, Err(SendError::Refused(why)) if why.code == "recipient_unreachable"));
    house.act(Act::Unblock).await;
    house.send(text("x")).await.unwrap();
}

#[tokio::test]
async fn people_begin_and_may_block() {
    people(House::messenger().await).await;
    people(House::instagram().await).await;
}

async fn left<P: Product>(house: House<P>) {
    let checks = house.channel().check(&house.account, &house.connection, &house.net).await;
    assert!(checks.len() == 4 && checks.iter().all(|check| check.ok), "{checks:?}");
    house.channel().disconnect(&house.account, &house.net).await.unwrap();
    assert!(!house.player.subscribed(&house.key));
    let act = Act::Text { text: "hi".into(), reply_to: None };
    assert_eq!(house.player.act(&house.key, &greta(), act).await, Err(ActError::NoWebhook));
    let checks = house.channel().check(&house.account, &house.connection, &house.net).await;
    let bad: Vec<_> = checks.iter().filter(|check| !check.ok).map(|check| check.name.clone()).collect();
    assert_eq!(bad, ["subscription"]);
}

#[tokio::test]
async fn disconnecting_ends_the_subscription_and_the_check_says_so() {
    left(House::messenger().await).await;
    left(House::instagram().await).await;
}
