//! What the inbox's page may talk to: to the hub, and to a telephone platform only while an account is connected for it.

use std::time::Duration;

use serde_json::json;

use crate::harness::{hub::Hub, platform::Played};

/// The policy of a page, as a browser is told.
async fn policy(hub: &Hub, path: &str) -> String {
    let answer = reqwest::get(format!("{}{path}", hub.url)).await.unwrap();
    answer.headers()["content-security-policy"].to_str().unwrap().to_owned()
}

async fn until_policy(hub: &Hub, holds: impl Fn(&str) -> bool) -> String {
    for _ in 0..150 {
        let now = policy(hub, "/inbox").await;
        if holds(&now) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the policy stays {}", policy(hub, "/inbox").await)
}

#[tokio::test]
async fn the_inbox_may_reach_the_telephone_platform_while_an_account_is_there() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    // A played platform stands behind an address of its own: nothing of it is heard in the browser.
    let voice = Played::connect(&hub, &owner, "voice").await;
    let plain = policy(&hub, "/inbox").await;
    assert!(plain.contains("connect-src 'self' ws://") && !plain.contains("twilio"), "{plain}");
    assert!(!plain.contains("ws: ") && !plain.contains("wss:"), "sockets go to the hub only: {plain}");

    let real =
        format!("update integrations set account = account - 'api_base_url' where id = '{}'", voice.id);
    sqlx::raw_sql(sqlx::AssertSqlSafe(real)).execute(&mut hub.sql().await).await.unwrap();
    let with_calls = until_policy(&hub, |policy| policy.contains("twilio")).await;
    assert!(with_calls.contains("https://*.twilio.com wss://*.twilio.com; "), "{with_calls}");
    assert!(with_calls.contains("media-src 'self' blob: https://sdk.twilio.com; "), "{with_calls}");
    assert_eq!(policy(&hub, "/").await, with_calls);
    for other in ["/api/docs", "/webchat.js", "/api/openapi.json", "/health/live", "/assets/none.js"] {
        assert!(!policy(&hub, other).await.contains("twilio"), "{other} uses no telephone");
    }
    owner.post(&format!("/integrations/{}/pause", voice.id), &json!({})).await.expect(200);
    until_policy(&hub, |policy| !policy.contains("twilio")).await;
}
