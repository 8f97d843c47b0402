//! "Add to Slack": one app, many workspaces.

use channels::{Account, SendError};
use secrecy::{ExposeSecret, SecretString};
use simulator::Player;

use crate::house::{House, slack};

#[tokio::test]
async fn a_consent_becomes_an_account_of_its_workspace() {
    let house = House::start().await;
    let played = &house.simulator.slack;
    let second = played.open_workspace(&house.key, "Bolt").unwrap();
    let keys = played.app_keys(&house.key);
    let app = Account::new(keys.into_iter().map(|(name, value)| (name, SecretString::from(value))));
    let redirect = "https://hub.example/oauth/slack/callback".parse().unwrap();

    let page = slack().install_address(&app, &redirect, "state-1").unwrap();
    assert_eq!(page.path(), "/oauth/v2/authorize");
    let query: Vec<_> = page.query_pairs().collect();
    assert!(query.iter().any(|(name, value)| name == "state" && value == "state-1"));
    assert!(query.iter().any(|(name, value)| name == "scope" && value.contains("chat:write")));

    let code = played.consent(&second);
    let installed = slack().install(&app, &code, &redirect, &house.net).await.unwrap();
    assert_eq!(installed[0].name, "Bolt");
    assert_eq!(slack().account_key(&installed[0].account), second);
    assert!(installed[0].account.secret("bot_token").expose_secret().starts_with("xoxb-"));
    let given = installed[0]
        .account
        .fields()
        .map(|(name, value)| (name.to_owned(), value.expose_secret().to_owned()));
    assert!(slack().account_form().fill(given.collect()).is_ok());
    assert_eq!(slack().refresh_at(&installed[0].account), None);
    assert_eq!(played.accounts().len(), 2);

    let again = slack().install(&app, &code, &redirect, &house.net).await;
    assert!(matches!(again, Err(SendError::Refused(_))), "a code is good once");
    let mut forger = app.clone();
    forger.set("client_secret", SecretString::from("guessed"));
    let code = played.consent(&second);
    assert!(slack().install(&forger, &code, &redirect, &house.net).await.is_err());
}
