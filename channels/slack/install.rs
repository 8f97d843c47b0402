//! "Add to Slack": an admin consents on Slack's page, and the code that comes back is traded for a workspace's token. One app, many
//! workspaces. <https://docs.slack.dev/authentication/installing-with-oauth>

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use slack_morphism::{
    ClientResult, SlackClientHttpConnector,
    prelude::{SlackClientId, SlackClientSecret},
};
use url::Url;

use super::{account, api, check::SCOPES, errors};
use crate::{
    Account, AccountChanges, Installed, SendError,
    account::API_BASE_URL,
    error::{NextStep, Refusal},
};

/// Tokens live twelve hours and are renewed in their last two.
const BEFORE: TimeDelta = TimeDelta::hours(2);

/// What Slack gives for a code or a refresh token.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<i64>,
    #[serde(default)]
    app_id: String,
    #[serde(default)]
    team: Option<Team>,
}

#[derive(Default, Deserialize)]
struct Team {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: Option<String>,
}

pub(super) fn address(app: &Account, redirect: &Url, state: &str) -> Option<Url> {
    let origin = app.api_base("https://slack.com").ok()?;
    let scopes: Vec<_> = SCOPES.iter().map(|(scope, _)| *scope).collect();
    let mut url = origin.join("/oauth/v2/authorize").ok()?;
    url.query_pairs_mut()
        .append_pair("client_id", app.text(account::CLIENT))
        .append_pair("scope", &scopes.join(","))
        .append_pair("redirect_uri", redirect.as_str())
        .append_pair("state", state);
    Some(url)
}

pub(super) async fn install(
    app: &Account,
    code: &str,
    redirect: &Url,
    net: &net::Client,
) -> Result<Vec<Installed>, SendError> {
    let fields = [("code", code), ("redirect_uri", redirect.as_str())];
    // A code is good once: asking again would be refused, not doubled.
    let granted = trade(app, &fields, net).await?;
    let Some(team) = granted.team.as_ref().filter(|team| !team.id.is_empty()) else {
        let detail = "The app was given to a whole organization. Install it in one workspace.";
        return Err(SendError::Refused(Refusal::new("not_supported", detail, NextStep::Reconnect)));
    };
    let mut account = Account::new([]);
    for name in [account::CLIENT, account::CLIENT_SECRET, account::SIGNING_SECRET, API_BASE_URL] {
        if app.has(name) {
            account.set(name, app.secret(name));
        }
    }
    account.set(account::APP, SecretString::from(granted.app_id.as_str()));
    account.set(account::TEAM, SecretString::from(team.id.as_str()));
    let name = team.name.clone().unwrap_or_else(|| team.id.clone());
    for (field, value) in changes(granted, Utc::now()) {
        account.set(&field, value);
    }
    Ok(vec![Installed { name, account }])
}

fn changes(granted: Granted, now: DateTime<Utc>) -> AccountChanges {
    let mut changes =
        AccountChanges::from([(account::BOT_TOKEN.to_owned(), SecretString::from(granted.access_token))]);
    if let (Some(token), Some(seconds)) = (granted.refresh_token, granted.expires_in) {
        let expires = now + TimeDelta::try_seconds(seconds.clamp(0, 1 << 31)).unwrap_or_default();
        changes.insert(account::REFRESH_TOKEN.to_owned(), SecretString::from(token));
        changes.insert(account::EXPIRES.to_owned(), SecretString::from(expires.to_rfc3339()));
    }
    changes
}

pub(super) fn refresh_at(account: &Account) -> Option<DateTime<Utc>> {
    account::expires_at(account).map(|expires| expires - BEFORE)
}

pub(super) async fn refresh(
    account: &Account,
    net: &net::Client,
) -> Result<Option<AccountChanges>, SendError> {
    if !account.has(account::REFRESH_TOKEN) {
        return Ok(None);
    }
    let token = account.secret(account::REFRESH_TOKEN);
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())];
    let granted = trade(account, &fields, net).await?;
    Ok(Some(changes(granted, Utc::now())))
}

async fn trade(app: &Account, fields: &[(&str, &str)], net: &net::Client) -> Result<Granted, SendError> {
    let client = api::client(app, net)?;
    let id = SlackClientId(app.text(account::CLIENT).to_owned());
    let secret = SlackClientSecret(app.secret(account::CLIENT_SECRET).expose_secret().to_owned());
    let connector = &client.http_api.connector;
    let traded: ClientResult<Granted> = match connector.create_method_uri_path("oauth.v2.access") {
        Ok(mut url) => {
            url.query_pairs_mut().extend_pairs(fields);
            connector.http_get_with_client_secret(url, &id, &secret).await
        }
        Err(error) => Err(error),
    };
    traded.map_err(|error| errors::of(&error))
}
