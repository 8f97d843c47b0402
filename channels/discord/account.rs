//! The fields of an application's account.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    Account, Field, Form, SendError,
    error::{NextStep, Refusal},
};

const APPLICATION_ID: &str = "application_id";
const PUBLIC_KEY: &str = "public_key";
const BOT_TOKEN: &str = "bot_token";
const OFFICIAL: &str = "https://discord.com";

pub(super) fn form() -> Form {
    Form::new(vec![
        Field::text(
            APPLICATION_ID,
            "Application ID",
            "discord.com/developers → your application → General Information.",
        ),
        Field::text(PUBLIC_KEY, "Public key", "On the same page, 64 digits and letters."),
        Field::secret(
            BOT_TOKEN,
            "Bot token",
            "Your application → Bot → Reset Token. Switch on the Message Content Intent on that page, too.",
        ),
    ])
}

pub(super) fn application_id(account: &Account) -> &str {
    account.text(APPLICATION_ID)
}

pub(super) fn public_key(account: &Account) -> String {
    account.text(PUBLIC_KEY).to_owned()
}

/// Tokens are pasted with and without the word that stands before them in the header.
pub(super) fn token(account: &Account) -> SecretString {
    let token = account.text(BOT_TOKEN);
    SecretString::from(token.strip_prefix("Bot ").unwrap_or(token).trim())
}

/// The bot's own user id: what the token begins with, in base64. Applications of before 2016 have another id than their bots.
pub(super) fn bot_id(account: &Account) -> String {
    let token = token(account);
    let first = token.expose_secret().split('.').next().unwrap_or_default();
    STANDARD_NO_PAD
        .decode(first.trim_end_matches('='))
        .ok()
        .and_then(|id| String::from_utf8(id).ok())
        .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
        .unwrap_or_else(|| application_id(account).to_owned())
}

/// The API's origin, checked by the door.
pub(super) fn base(account: &Account, net: &net::Client) -> Result<Url, SendError> {
    let broken =
        |why: String| SendError::AccountBroken(Refusal::new("address_refused", why, NextStep::Reconnect));
    let base = account.api_base(OFFICIAL).map_err(|error| broken(format!("the API address: {error}")))?;
    net.check(&base).map_err(|error| broken(error.to_string()))?;
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(token: &str) -> Account {
        let fields = [("application_id", "42"), ("public_key", "aa"), ("bot_token", token)];
        form().fill(fields.map(|(name, value)| (name.into(), value.into())).into()).unwrap()
    }

    #[test]
    fn a_token_begins_with_the_bots_id() {
        // base64 of 900000000000000099
        let token = "OTAwMDAwMDAwMDAwMDAwMDk5.Gabcde.secret";
        assert_eq!(bot_id(&account(token)), "900000000000000099");
        assert_eq!(bot_id(&account(&format!("Bot {token}"))), "900000000000000099");
        for other in ["secret", "c2VjcmV0.a.b", ".."] {
            assert_eq!(bot_id(&account(other)), "42", "no piece of a secret becomes an id");
        }
    }
}
