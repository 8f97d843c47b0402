//! The fields of a bot's account.

use rand::{Rng, distr::Alphanumeric};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    Account, Field, Form, SendError,
    error::{NextStep, Refusal},
};

const BOT_TOKEN: &str = "bot_token";
const SECRET_TOKEN: &str = "secret_token";
const OFFICIAL: &str = "https://api.telegram.org";

pub(super) fn form() -> Form {
    Form::new(vec![
        Field::secret(
            BOT_TOKEN,
            "Bot token",
            "Write /newbot or /token to @BotFather in Telegram; it looks like 123456789:AAE….",
        ),
        Field::secret(
            SECRET_TOKEN,
            "Secret token",
            "Proves that callbacks come from Telegram: up to 256 of A-Z a-z 0-9 _ -. Leave it empty to have one made.",
        )
        .optional(),
    ])
}

/// The bot's own user id: the part of the token before the colon. Empty for what is no token, so that no piece of a
/// secret becomes an id.
pub(super) fn bot_id(account: &Account) -> String {
    let id = account.text(BOT_TOKEN).split_once(':').map(|(id, _)| id).unwrap_or_default();
    if id.chars().all(|c| c.is_ascii_digit()) { id.to_owned() } else { String::new() }
}

pub(super) fn token(account: &Account) -> SecretString {
    account.secret(BOT_TOKEN)
}

/// Telegram's own word for the secret that it repeats with every callback.
pub(super) fn secret_token(account: &Account) -> SecretString {
    account.secret(SECRET_TOKEN)
}

/// Makes the secret token when the admin gave none.
pub(super) fn complete(account: &mut Account) {
    if !account.has(SECRET_TOKEN) {
        let token: String = rand::rng().sample_iter(Alphanumeric).take(48).map(char::from).collect();
        account.set(SECRET_TOKEN, SecretString::from(token));
    }
}

/// The API's origin, checked by the door.
pub(super) fn base(account: &Account, net: &net::Client) -> Result<Url, SendError> {
    let broken =
        |why: String| SendError::AccountBroken(Refusal::new("address_refused", why, NextStep::Reconnect));
    let base = account.api_base(OFFICIAL).map_err(|error| broken(format!("the API address: {error}")))?;
    net.check(&base).map_err(|error| broken(error.to_string()))?;
    Ok(base)
}

/// An address below the base: `bot<token>/<method>` or `file/bot<token>/<path>`.
pub(super) fn address(base: &Url, account: &Account, front: &str, path: &str) -> Result<Url, SendError> {
    let mut url = base.clone();
    let token = format!("{front}{}", token(account).expose_secret());
    url.path_segments_mut()
        .map_err(|()| {
            let why = "the API address cannot carry a path";
            SendError::AccountBroken(Refusal::new("address_refused", why, NextStep::Reconnect))
        })?
        .pop_if_empty()
        .extend(token.split('/'))
        .extend(path.split('/'));
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(token: &str) -> Account {
        form().fill([("bot_token".into(), token.into())].into()).unwrap()
    }

    #[test]
    fn a_secret_token_is_made_once() {
        let mut account = account("123456789:AAF");
        complete(&mut account);
        let made = secret_token(&account).expose_secret().to_owned();
        assert_eq!(made.len(), 48);
        assert!(made.chars().all(|c| c.is_ascii_alphanumeric()));
        complete(&mut account);
        assert_eq!(secret_token(&account).expose_secret(), made);
        assert_eq!(bot_id(&account), "123456789");
    }

    #[test]
    fn what_is_no_token_gives_no_id() {
        for token in ["AAF-secret", "secret:1", "12x:AAF"] {
            assert_eq!(bot_id(&account(token)), "", "{token}");
        }
    }

    #[test]
    fn addresses_keep_a_prefix_and_escape_odd_tokens() {
        let base: Url = "http://127.0.0.1:9/tg/".parse().unwrap();
        let url = address(&base, &account("1:A?b#c d"), "bot", "getMe").unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:9/tg/bot1:A%3Fb%23c%20d/getMe");
        let url = address(&base, &account("1:A"), "file/bot", "photos/file 1%.jpg").unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:9/tg/file/bot1:A/photos/file%201%25.jpg");
    }
}
