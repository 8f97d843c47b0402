//! What an admin is told about an account.

use channels::{Check, Connection};
use simulator::telegram::Player;

use crate::{Stage, channel, fill, official};

async fn check(stage: &Stage) -> Vec<Check> {
    channel().check(&stage.account, &stage.connection(), &stage.net).await
}

fn failed(checks: &[Check]) -> Vec<(&str, &str)> {
    checks
        .iter()
        .filter(|check| !check.ok)
        .map(|check| (check.name.as_str(), check.detail.as_str()))
        .collect()
}

#[tokio::test]
async fn a_connected_account_passes_every_check() {
    let stage = Stage::connected().await;
    let checks = check(&stage).await;
    assert_eq!(failed(&checks), []);
    let names: Vec<_> = checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["token", "groups", "webhook", "delivery"]);
    assert!(checks[0].detail.contains("Engine shop"), "{checks:?}");
    stage.connect().await;
    assert_eq!(failed(&check(&stage).await), [], "connecting again changes nothing");
    channel().disconnect(&stage.account, &stage.net).await.unwrap();
    official::hold(&stage.telegram().calls());
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do() {
    let mut stage = Stage::new().await;
    let checks = check(&stage).await;
    assert!(matches!(failed(&checks)[..], [("webhook", detail)] if detail.contains("Connect the account")));

    let elsewhere = Connection { webhook_url: "https://another.example/secret-path".parse().unwrap() };
    channel().connect(&stage.account, &elsewhere, &stage.net).await.unwrap();
    let checks = check(&stage).await;
    let [("webhook", detail)] = failed(&checks)[..] else { panic!("{checks:?}") };
    assert!(detail.contains("another.example") && !detail.contains("secret-path"), "{detail}");

    let mut fields = stage.telegram_fields();
    fields.insert("bot_token".into(), format!("{}:revoked", stage.bot));
    stage.account = fill(fields);
    let checks = check(&stage).await;
    assert!(
        matches!(failed(&checks)[..], [("token", detail)] if detail.contains("@BotFather")),
        "{checks:?}"
    );
}

#[tokio::test]
async fn kinds_that_telegram_withholds_are_named() {
    let stage = Stage::connected().await;
    let telegram: &Player = stage.telegram();
    assert_eq!(telegram.calls().last().unwrap().fields["allowed_updates"].as_array().unwrap().len(), 25);
    let url = format!("{}/bot{}/setWebhook", stage.simulator.base_url(), stage.account.text("bot_token"));
    let form =
        vec![("url".into(), stage.hub.url.clone()), ("allowed_updates".into(), "[\"message\"]".into())];
    stage.net.send(net::Request::post(url.parse().unwrap()).form(form)).await.unwrap();
    let checks = check(&stage).await;
    let [("updates", detail)] = failed(&checks)[..] else { panic!("{checks:?}") };
    assert!(detail.contains("message_reaction") && detail.contains("callback_query"), "{detail}");
}
