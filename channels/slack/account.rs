//! The fields of an account: one app in one workspace.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use url::Url;

use crate::{
    Account, Field, Form, SendError,
    error::{NextStep, Refusal},
};

pub(super) const APP: &str = "app_id";
pub(super) const TEAM: &str = "team_id";
pub(super) const BOT_TOKEN: &str = "bot_token";
pub(super) const SIGNING_SECRET: &str = "signing_secret";
pub(super) const APP_TOKEN: &str = "app_token";
pub(super) const CLIENT: &str = "client_id";
pub(super) const CLIENT_SECRET: &str = "client_secret";
pub(super) const REFRESH_TOKEN: &str = "refresh_token";
pub(super) const EXPIRES: &str = "token_expires_at";

const OFFICIAL: &str = "https://slack.com";

pub(super) fn form() -> Form {
    let keys = [
        Field::text(
            APP,
            "App ID",
            "On api.slack.com/apps, under Basic Information: it looks like A0123456789.",
        ),
        Field::text(
            TEAM,
            "Workspace ID",
            "Open the workspace in a browser: the part of the address that looks like T0123456789.",
        ),
        Field::secret(
            BOT_TOKEN,
            "Bot token",
            "Under OAuth & Permissions, after the app was installed: it begins with xoxb-.",
        ),
        signing_secret(),
    ];
    let socket = Field::section(
        "Socket Mode",
        [Field::secret(
            APP_TOKEN,
            "App-level token",
            "Only for Socket Mode, where Slack cannot reach this hub: begins with xapp- and has the scope connections:write.",
        )
        .optional()],
    );
    let consent = Field::section("Consent and token rotation", [
        client_id().optional(),
        client_secret().optional(),
        Field::secret(
            REFRESH_TOKEN,
            "Refresh token",
            "Only for apps with token rotation: begins with xoxe-. Filled in by Add to Slack.",
        )
        .optional(),
        Field::text(
            EXPIRES,
            "Token expires at",
            "Only for apps with token rotation: a time such as 2026-01-02T15:04:05Z. Filled in by Add to Slack.",
        )
        .optional(),
    ]);
    Form::new(keys.into_iter().chain(socket).chain(consent).collect())
}

/// The app's own keys, for "Add to Slack".
pub(super) fn install_form() -> Form {
    Form::new(vec![client_id(), client_secret(), signing_secret()])
}

fn signing_secret() -> Field {
    Field::secret(
        SIGNING_SECRET,
        "Signing secret",
        "On api.slack.com/apps, under Basic Information: proves that callbacks come from Slack.",
    )
}

fn client_id() -> Field {
    Field::text(
        CLIENT,
        "Client ID",
        "On api.slack.com/apps, under Basic Information: two numbers with a dot.",
    )
}

fn client_secret() -> Field {
    Field::secret(CLIENT_SECRET, "Client secret", "On api.slack.com/apps, under Basic Information.")
}

/// A workspace may have several apps, and an app many workspaces.
pub(super) fn key(account: &Account) -> String {
    key_of(account.text(TEAM), account.text(APP))
}

pub(super) fn key_of(team: &str, app: &str) -> String {
    format!("{team}:{app}")
}

/// The API's origin, checked by the door. Without a slash at its end.
pub(super) fn base(account: &Account, net: &net::Client) -> Result<Url, SendError> {
    let broken =
        |why: String| SendError::AccountBroken(Refusal::new("address_refused", why, NextStep::Reconnect));
    let base = account.api_base(OFFICIAL).map_err(|error| broken(format!("the API address: {error}")))?;
    net.check(&base).map_err(|error| broken(error.to_string()))?;
    Ok(base)
}

/// An address of Slack's own, on the origin that stands in for it if there is one; `None` for anybody else's address.
pub(super) fn own_address(base: &Url, address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    if url.origin() == base.origin() {
        return Some(url);
    }
    let host = url.host_str().filter(|_| url.scheme() == "https")?;
    if host != "slack.com" && !host.ends_with(".slack.com") {
        return None;
    }
    if is_official(base) {
        return Some(url);
    }
    base.join(&url[url::Position::BeforePath..]).ok()
}

fn is_official(base: &Url) -> bool {
    base.host_str() == Some("slack.com")
}

pub(super) fn bot_token(account: &Account) -> SecretString {
    account.secret(BOT_TOKEN)
}

/// When a rotating token expires.
pub(super) fn expires_at(account: &Account) -> Option<DateTime<Utc>> {
    account.text(EXPIRES).parse().ok().filter(|_| account.has(REFRESH_TOKEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slacks_own_addresses_are_followed() {
        let official: Url = OFFICIAL.parse().unwrap();
        let played: Url = "http://127.0.0.1:9".parse().unwrap();
        let file = "https://files.slack.com/files-pri/T1-F1/a.png?x=1";
        assert_eq!(own_address(&official, file).unwrap().as_str(), file);
        assert_eq!(
            own_address(&played, file).unwrap().as_str(),
            "http://127.0.0.1:9/files-pri/T1-F1/a.png?x=1"
        );
        assert!(own_address(&played, "http://127.0.0.1:9/x").is_some());
        for foreign in ["https://evil.example/x", "http://files.slack.com/x", "https://notslack.com/x", "x"] {
            assert_eq!(own_address(&official, foreign), None, "{foreign}");
        }
    }
}
