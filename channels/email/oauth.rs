//! Mailboxes of Google and Microsoft take no password but a token that lasts an hour, for which a refresh token is traded.

use chrono::{DateTime, TimeDelta, Utc};
use net::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{account::OAUTH, errors};
use crate::{Account, AccountChanges, Refusal, SendError, error::NextStep};

/// Before it expires.
const EARLY: TimeDelta = TimeDelta::minutes(10);
/// Where the answer does not say.
const LIFE_SECONDS: i64 = 3600;

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    expires_in: Option<i64>,
    /// Microsoft gives a new one each time.
    refresh_token: Option<SecretString>,
}

pub(super) fn refresh_at(account: &Account) -> Option<DateTime<Utc>> {
    account.has(OAUTH[3]).then_some(())?;
    let expires: Option<DateTime<Utc>> =
        account.text(OAUTH[5]).parse().ok().filter(|_| account.has(OAUTH[4]));
    Some(expires.map_or_else(Utc::now, |at| at - EARLY))
}

pub(super) async fn refresh(
    account: &Account,
    net: &net::Client,
) -> Result<Option<AccountChanges>, SendError> {
    let broken = |detail: String| {
        SendError::AccountBroken(Refusal::new("token_rejected", detail, NextStep::Reconnect))
    };
    let (origin, path) = match account.text(OAUTH[0]).to_ascii_lowercase().as_str() {
        "google" => ("https://oauth2.googleapis.com", "/token"),
        "microsoft" => ("https://login.microsoftonline.com", "/common/oauth2/v2.0/token"),
        other => return Err(broken(format!("The OAuth provider is google or microsoft, not {other}."))),
    };
    let url = account
        .api_base(origin)
        .and_then(|base| base.join(path))
        .map_err(|error| broken(error.to_string()))?;
    let fields = [("grant_type", "refresh_token".to_owned())].into_iter().chain(
        [("client_id", OAUTH[1]), ("client_secret", OAUTH[2]), ("refresh_token", OAUTH[3])]
            .map(|(name, field)| (name, account.secret(field).expose_secret().to_owned())),
    );
    let form =
        fields.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value)).collect();
    let answer =
        net.send(Request::post(url).form(form)).await.map_err(|failure| SendError::from_failure(&failure))?;
    if answer.status.as_u16() == 400 {
        return Err(broken("The consent for this mailbox has ended. Give it again.".to_owned()));
    }
    if !answer.status.is_success() {
        return Err(errors::http(&answer, None, ""));
    }
    let granted: Granted = answer.json().map_err(|_| broken("The answer held no token.".to_owned()))?;
    let expires =
        Utc::now() + TimeDelta::try_seconds(granted.expires_in.unwrap_or(LIFE_SECONDS)).unwrap_or_default();
    let mut changes = AccountChanges::from([
        (OAUTH[4].to_owned(), granted.access_token),
        (OAUTH[5].to_owned(), SecretString::from(expires.to_rfc3339())),
    ]);
    changes.extend(granted.refresh_token.map(|token| (OAUTH[3].to_owned(), token)));
    Ok(Some(changes))
}
