//! Connecting, and an account's health.

use channels::{Check, Connection, SendError};
use simulator::Player;

use crate::hub::{Hub, whatsapp};

fn ok(checks: &[Check], name: &str) -> bool {
    checks.iter().find(|check| check.name == name).unwrap().ok
}

#[tokio::test]
async fn connecting_shakes_hands_and_sets_the_address() {
    let hub = Hub::unconnected().await;
    let checks = whatsapp().check(&hub.account, &hub.connection, &hub.net).await;
    assert!(ok(&checks, "token") && ok(&checks, "permissions") && ok(&checks, "number"));
    assert!(!ok(&checks, "webhook"), "nothing is subscribed yet");

    whatsapp().connect(&hub.account, &hub.connection, &hub.net).await.unwrap();
    let set = hub.simulator.whatsapp.callback_url(hub.key());
    assert_eq!(set.as_deref(), Some(hub.connection.webhook_url.as_str()));
    whatsapp().connect(&hub.account, &hub.connection, &hub.net).await.unwrap();
    let checks = whatsapp().check(&hub.account, &hub.connection, &hub.net).await;
    assert!(checks.iter().all(|check| check.ok), "{checks:?}");

    whatsapp().disconnect(&hub.account, &hub.net).await.unwrap();
    assert_eq!(hub.simulator.whatsapp.callback_url(hub.key()), None);
}

#[tokio::test]
async fn an_address_that_does_not_answer_is_not_taken() {
    let hub = Hub::unconnected().await;
    let elsewhere = Connection { webhook_url: "http://127.0.0.1:9/x".parse().unwrap() };
    let refused = whatsapp().connect(&hub.account, &elsewhere, &hub.net).await;
    let Err(SendError::Refused(reason)) = refused else { panic!("{refused:?}") };
    assert_eq!(reason.code, "callback_not_verified");
    assert_eq!(hub.simulator.whatsapp.callback_url(hub.key()), None);
}

#[tokio::test]
async fn a_wrong_verify_token_fails_the_handshake() {
    let hub = Hub::unconnected().await;
    let mut account = hub.account.clone();
    account.set("verify_token", "another".into());
    let refused = whatsapp().connect(&account, &hub.connection, &hub.net).await;
    assert!(matches!(refused, Err(SendError::Refused(_))), "{refused:?}");
    assert_eq!(hub.forged(), 1);
}

#[tokio::test]
async fn another_address_is_noticed() {
    let hub = Hub::start().await;
    let moved = Connection { webhook_url: "https://hub.example/webhooks/whatsapp/1".parse().unwrap() };
    let checks = whatsapp().check(&hub.account, &moved, &hub.net).await;
    assert!(!ok(&checks, "webhook"));
}

#[tokio::test]
async fn a_revoked_token_breaks_the_account() {
    let hub = Hub::start().await;
    hub.simulator.whatsapp.revoke_token(hub.key());
    let refused = hub.text("hello").await;
    let Err(SendError::AccountBroken(reason)) = refused else { panic!("{refused:?}") };
    assert_eq!((reason.code.as_str(), reason.platform_code.as_deref()), ("token_rejected", Some("190")));
    let checks = whatsapp().check(&hub.account, &hub.connection, &hub.net).await;
    assert!(checks.iter().all(|check| !check.ok), "{checks:?}");
}

#[tokio::test]
async fn a_wrong_app_secret_shows_in_the_check() {
    let hub = Hub::start().await;
    let mut account = hub.account.clone();
    account.set("app_secret", "another".into());
    let checks = whatsapp().check(&account, &hub.connection, &hub.net).await;
    assert!(!ok(&checks, "token"), "{checks:?}");
}

#[tokio::test]
async fn ids_that_do_not_belong_together_show_in_the_check() {
    let hub = Hub::start().await;
    let mut account = hub.account.clone();
    account.set("business_account_id", "102290129340398".into());
    let checks = whatsapp().check(&account, &hub.connection, &hub.net).await;
    assert!(ok(&checks, "token") && !ok(&checks, "permissions"), "{checks:?}");
}

#[tokio::test]
async fn an_account_of_an_earlier_start_goes_on() {
    let hub = Hub::unconnected().await;
    let again = simulator::Simulator::start(std::net::SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    again.whatsapp.adopt_account(&hub.fields, hub.connection.webhook_url.as_str());
    assert_eq!(again.whatsapp.accounts(), [hub.key()]);
    let mut account = hub.account.clone();
    account.set("api_base_url", again.base_url().into());
    let message =
        hub.outbound("4915100000001", channels::message::Content::Text { text: "still here".into() });
    let receipt = whatsapp().send(&account, &message, &hub.net).await.unwrap();
    let statuses = hub.statuses_of(&receipt.external_ids[0], 2).await;
    assert_eq!(
        statuses,
        ["sent", "delivered"],
        "what was said before is unknown, so the window counts as open"
    );
}
