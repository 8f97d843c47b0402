//! Trouble on request, and what the channel makes of it.

use std::time::Duration;

use channels::{Scope, SendError};
use serde_json::json;
use simulator::{Fault, Player};

use crate::hub::{Hub, ada, whatsapp};

#[tokio::test]
async fn a_cut_answer_is_unknown_and_resolved_by_the_status() {
    let hub = Hub::start().await;
    hub.greeted().await;
    hub.simulator.whatsapp.faults().next("messages", Fault::CutAfter);
    let unknown = hub.text("did it leave?").await;
    assert!(matches!(unknown, Err(SendError::Unknown(_))), "{unknown:?}");
    let chat = hub.simulator.whatsapp.chat(hub.key(), &ada().id);
    assert_eq!(chat[1].text, "did it leave?");
    hub.statuses_of(&chat[1].id, 1).await;
    assert_eq!(hub.statuses()[0].message_id, Some(hub.id));
}

#[tokio::test]
async fn a_call_that_was_cut_before_is_unknown_too() {
    let hub = Hub::start().await;
    hub.greeted().await;
    hub.simulator.whatsapp.faults().next("messages", Fault::CutBefore);
    let unknown = hub.text("did it leave?").await;
    assert!(matches!(unknown, Err(SendError::Unknown(_))), "nobody can know: {unknown:?}");
    assert_eq!(hub.simulator.whatsapp.chat(hub.key(), &ada().id).len(), 1);
}

#[tokio::test]
async fn a_slow_answer_runs_out_of_time() {
    let hub = Hub::start().await;
    hub.greeted().await;
    let limits = net::Limits { total: Duration::from_millis(100), ..net::Limits::default() };
    let hasty = net::Client::new(net::guard::Private::Allowed, limits).unwrap();
    hub.simulator.whatsapp.faults().next("messages", Fault::Slow(Duration::from_millis(400)));
    let content = channels::message::Content::Text { text: "slow".into() };
    let unknown = whatsapp().send(&hub.account, &hub.outbound(&ada().id, content), &hasty).await;
    assert!(matches!(unknown, Err(SendError::Unknown(_))), "{unknown:?}");
}

#[tokio::test]
async fn nobody_there_is_later() {
    let hub = Hub::start().await;
    let mut account = hub.account.clone();
    account.set("api_base_url", "http://127.0.0.1:9".into());
    let content = channels::message::Content::Text { text: "anybody?".into() };
    let later = whatsapp().send(&account, &hub.outbound(&ada().id, content), &hub.net).await;
    assert!(matches!(later, Err(SendError::Later { .. })), "{later:?}");
}

#[tokio::test]
async fn refusals_by_code() {
    let hub = Hub::start().await;
    hub.greeted().await;
    let faults = hub.simulator.whatsapp.faults();
    faults.next("messages", Fault::Refuse { code: 130429, retry_after: Some(3) });
    let throttled = hub.text("x").await;
    let Err(SendError::Later { after, scope, .. }) = throttled else { panic!("{throttled:?}") };
    assert_eq!((after, scope), (Some(Duration::from_secs(3)), Scope::Account));
    faults.next("messages", Fault::Refuse { code: 131056, retry_after: None });
    assert!(matches!(hub.text("x").await, Err(SendError::Later { scope: Scope::Conversation, .. })));
    faults.next("messages", Fault::Refuse { code: 131031, retry_after: None });
    assert!(matches!(hub.text("x").await, Err(SendError::AccountBroken(_))));
    faults.next("messages", Fault::Status(503));
    assert!(matches!(hub.text("x").await, Err(SendError::Later { .. })));
    hub.text("and now it works").await.unwrap();
}

#[tokio::test]
async fn more_than_the_rate_is_refused() {
    let hub = Hub::start().await;
    hub.greeted().await;
    hub.simulator.whatsapp.set_rate(2);
    hub.text("1").await.unwrap();
    hub.text("2").await.unwrap();
    let third = hub.text("3").await;
    assert!(
        matches!(&third, Err(SendError::Later { reason, .. }) if reason.code == "rate_limited"),
        "{third:?}"
    );
    tokio::time::sleep(Duration::from_millis(1050)).await;
    hub.text("3").await.unwrap();
}

#[tokio::test]
async fn more_than_one_customer_should_get_is_refused_for_that_customer_only() {
    let hub = Hub::start().await;
    hub.greeted().await;
    hub.simulator.whatsapp.set_pair_rate(Duration::from_millis(400), 2);
    hub.text("1").await.unwrap();
    hub.text("2").await.unwrap();
    let third = hub.text("3").await;
    assert!(
        matches!(&third, Err(SendError::Later { scope: Scope::Conversation, reason, .. })
            if reason.platform_code.as_deref() == Some("131056")),
        "{third:?}"
    );
    tokio::time::sleep(Duration::from_millis(450)).await;
    hub.text("3").await.unwrap();
}

#[tokio::test]
async fn calls_that_meta_would_refuse() {
    let hub = Hub::start().await;
    hub.greeted().await;
    let base = hub.simulator.base_url();
    let post = |path: &str, token: &str, body: serde_json::Value| {
        let url = format!("{base}/v25.0/{path}").parse().unwrap();
        hub.net.send(net::Request::post(url).bearer(&token.into()).json(&body))
    };
    let path = format!("{}/messages", hub.key());
    let token = hub.fields["access_token"].clone();
    let text =
        json!({ "messaging_product": "whatsapp", "to": ada().id, "type": "text", "text": { "body": "x" } });
    let without = |key: &str| {
        let mut body = text.clone();
        body.as_object_mut().unwrap().remove(key);
        body
    };
    let long = json!({ "messaging_product": "whatsapp", "to": ada().id, "type": "text", "text": { "body": "x".repeat(4097) } });
    for (path, token, body, code) in [
        (path.as_str(), "EAAWRONG", text.clone(), 190),
        ("1234567/messages", token.as_str(), text.clone(), 100),
        (path.as_str(), token.as_str(), without("messaging_product"), 100),
        (path.as_str(), token.as_str(), without("to"), 100),
        (path.as_str(), token.as_str(), without("text"), 100),
        (path.as_str(), token.as_str(), long, 100),
        ("nothing/like/this", token.as_str(), text.clone(), 100),
    ] {
        let answer = post(path, token, body).await.unwrap();
        let error: serde_json::Value = answer.json().unwrap();
        assert_eq!(error["error"]["code"], code, "{path}: {error}");
    }
    assert_eq!(hub.simulator.whatsapp.chat(hub.key(), &ada().id).len(), 1, "nothing of it was sent");
}
