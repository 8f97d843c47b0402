//! What the channel makes of a platform in trouble.

use std::time::{Duration, Instant};

use channels::{Scope, SendError, message::Content};
use simulator::{
    Fault,
    telegram::{Rate, Rates},
};

use crate::{Stage, ada, channel, fill, refusal};

#[tokio::test]
async fn a_cut_connection_is_unknown_whether_or_not_it_went_through() {
    let stage = Stage::connected().await;
    stage.says("Hello").await;
    for (fault, arrived) in [(Fault::CutBefore, 0), (Fault::CutAfter, 1)] {
        let before = stage.chat().len();
        stage.telegram().faults().next("sendMessage", fault);
        let sent = stage.send_text("Hi").await;
        assert!(matches!(sent, Err(SendError::Unknown(_))), "{sent:?}");
        assert_eq!(stage.chat().len() - before, arrived);
    }
}

#[tokio::test]
async fn a_cut_edit_may_be_tried_again() {
    let stage = Stage::connected().await;
    stage.says("Hello").await;
    let external_id = stage.send_text("Hi").await.unwrap().external_ids.remove(0);
    stage.telegram().faults().next("editMessageText", Fault::CutAfter);
    let edit = || Content::Edit { external_id: external_id.clone(), text: "Hi!".into(), caption: false };
    let first = stage.try_send(&ada().id, None, edit()).await;
    assert!(matches!(first, Err(SendError::Later { .. })), "{first:?}");
    stage.send(edit()).await;
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_for_later() {
    let mut stage = Stage::connected().await;
    let mut fields: std::collections::BTreeMap<_, _> = stage.telegram_fields();
    fields.insert("api_base_url".into(), "http://127.0.0.1:9".into());
    stage.account = fill(fields);
    let sent = stage.send_text("Hi").await;
    let Err(SendError::Later { reason, .. }) = sent else { panic!("{sent:?}") };
    assert_eq!(reason.code, "platform_unreachable");
    let token = stage.account.text("bot_token").split_once(':').unwrap().1.to_owned();
    assert!(!reason.detail.contains(&token), "no address in errors: {}", reason.detail);
}

#[tokio::test]
async fn waits_that_telegram_names_are_passed_on() {
    let stage = Stage::connected().await;
    stage.says("Hello").await;
    stage.telegram().faults().next("sendmessage", Fault::Refuse { code: 429, retry_after: Some(17) });
    let Err(SendError::Later { after, scope, .. }) = stage.send_text("Hi").await else { panic!() };
    assert_eq!((after, scope), (Some(Duration::from_secs(17)), Scope::Account));
    assert_eq!(stage.chat().len(), 1);
}

#[tokio::test]
async fn writing_too_fast_is_refused_with_a_wait() {
    let stage = Stage::connected().await;
    stage.says("Hello").await;
    let rate = Rate { burst: 2.0, per_second: 0.5 };
    stage.telegram().set_rates(Rates { private_chat: rate, ..Rates::default() });
    stage.send_text("1").await.unwrap();
    stage.send_text("2").await.unwrap();
    let Err(SendError::Later { after: Some(after), .. }) = stage.send_text("3").await else { panic!() };
    assert!((1..=2).contains(&after.as_secs()), "{after:?}");
    stage.telegram().set_rates(Rates::unlimited());
    stage.send_text("4").await.unwrap();
}

#[tokio::test]
async fn tokens_and_chats_that_do_not_exist_are_told_apart() {
    let mut stage = Stage::connected().await;
    assert_eq!(refusal(stage.send_text("Hi").await), "chat_not_found");
    for token in [format!("{}:another", stage.bot), "nonsense".to_owned()] {
        let mut fields = stage.telegram_fields();
        fields.insert("bot_token".into(), token);
        stage.account = fill(fields);
        let sent = stage.send_text("Hi").await;
        assert!(matches!(sent, Err(SendError::AccountBroken(_))), "{sent:?}");
    }
}

#[tokio::test]
async fn a_slow_platform_is_waited_for() {
    let stage = Stage::connected().await;
    stage.says("Hello").await;
    stage.telegram().faults().next("sendMessage", Fault::Slow(Duration::from_millis(300)));
    let start = Instant::now();
    stage.send_text("Hi").await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn trouble_while_connecting_is_told() {
    let stage = Stage::new().await;
    for (fault, broken) in [
        (Fault::Refuse { code: 401, retry_after: None }, true),
        (Fault::Status(502), false),
        (Fault::CutBefore, false),
    ] {
        stage.telegram().faults().next("setWebhook", fault);
        let connected = channel().connect(&stage.account, &stage.connection(), &stage.net).await;
        match connected {
            Err(SendError::AccountBroken(_)) if broken => {}
            Err(SendError::Later { .. }) if !broken => {}
            other => panic!("{other:?}"),
        }
    }
    stage.connect().await;
}
