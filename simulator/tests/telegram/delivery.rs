//! How updates travel: in order within a chat, side by side across chats, repeated until taken.

use std::time::{Duration, Instant};

use simulator::{Act, ActError, Player as _};

use crate::{Stage, ada, bob, channel};

fn text(text: &str) -> Act {
    Act::Text { text: text.into(), reply_to: None }
}

#[tokio::test]
async fn a_chat_waits_for_what_was_not_taken_and_others_do_not() {
    let stage = Stage::connected().await;
    stage.telegram().set_pace(Duration::from_millis(40));
    stage.hub.answer([(500, None), (503, None)]);
    let telegram = stage.telegram();
    let (ada, bob) = (ada(), bob());
    let (first, second, other) = tokio::join!(
        telegram.act(&stage.bot, &ada, text("one")),
        telegram.act(&stage.bot, &ada, text("two")),
        async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            telegram.act(&stage.bot, &bob, text("other")).await
        },
    );
    first.and(second).and(other).unwrap();
    let seen: Vec<_> = stage
        .hub
        .requests()
        .iter()
        .map(|request| (request.json()["message"]["text"].as_str().unwrap().to_owned(), request.answered))
        .collect();
    let seen: Vec<_> = seen.iter().map(|(text, answered)| (text.as_str(), *answered)).collect();
    assert_eq!(seen, [("one", 500), ("one", 503), ("other", 200), ("one", 200), ("two", 200)]);
}

#[tokio::test]
async fn chats_are_delivered_side_by_side() {
    let stage = Stage::connected().await;
    stage.hub.pause(Duration::from_millis(60));
    let customers: Vec<_> = (1..=8).map(|id| simulator::Customer { id: id.to_string(), ..bob() }).collect();
    let acts = customers.iter().map(|customer| stage.telegram().act(&stage.bot, customer, text("hi")));
    futures::future::try_join_all(acts).await.unwrap();
    assert!(stage.hub.most_at_once() >= 4, "{}", stage.hub.most_at_once());
}

#[tokio::test]
async fn a_named_wait_is_kept() {
    let stage = Stage::connected().await;
    stage.telegram().set_pace(Duration::from_millis(10));
    stage.hub.answer([(503, Some(20))]);
    let start = Instant::now();
    stage.says("hi").await;
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn an_update_that_is_never_taken_is_reported_and_kept() {
    let stage = Stage::connected().await;
    stage.hub.answer([(401, None); 5]);
    assert_eq!(stage.telegram().act(&stage.bot, &ada(), text("hi")).await, Err(ActError::NotTaken(401)));
    let checks = channel().check(&stage.account, &stage.connection(), &stage.net).await;
    let delivery = checks.iter().find(|check| check.name == "delivery").unwrap();
    assert!(!delivery.ok && delivery.detail.contains("401"), "{delivery:?}");
    stage.says("and another").await;
    let taken: Vec<_> = stage.messages().into_iter().map(|message| message.text).collect();
    assert_eq!(taken.last().map(String::as_str), Some("and another"));
    assert_eq!(
        taken.iter().filter(|text| *text == "hi").count(),
        6,
        "taken at the sixth attempt, before the next"
    );
}

#[tokio::test]
async fn what_happened_before_the_address_was_set_comes_afterwards() {
    let stage = Stage::new().await;
    assert_eq!(stage.telegram().act(&stage.bot, &ada(), text("early")).await, Err(ActError::NoWebhook));
    stage.connect().await;
    stage.says("late").await;
    let texts: Vec<_> = stage.messages().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["early", "late"]);
}

#[tokio::test]
async fn a_disconnected_bot_hears_nothing() {
    let stage = Stage::connected().await;
    channel().disconnect(&stage.account, &stage.net).await.unwrap();
    assert_eq!(stage.telegram().act(&stage.bot, &ada(), text("hi")).await, Err(ActError::NoWebhook));
    assert!(stage.hub.requests().is_empty());
}
