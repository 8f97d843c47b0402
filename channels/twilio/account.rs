//! The fields that both channels have, where Twilio's API lives, and the proof of its callbacks.

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use webhooks::{Digest, Scheme, Unverified};

use super::number;
use crate::{
    Account, Field, SendError,
    error::{NextStep, Refusal},
};

pub(super) const ACCOUNT_SID: &str = "account_sid";
pub(super) const AUTH_TOKEN: &str = "auth_token";
pub(super) const PHONE_NUMBER: &str = "phone_number";
const SIGNING_KEY_ID: &str = "signing_key_id";
const SIGNING_KEY: &str = "signing_key";

/// Connection overrides, for the fragment of an address: without them Twilio repeats a callback only if no connection came
/// about. <https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>
pub(super) const REPEAT: &str = "rc=3&rp=all&ct=2000&rt=4000";

const SIGNATURE: &str = "X-Twilio-Signature";
/// Present where an account signs with a key of its own instead of the auth token.
const SETTINGS: &str = "X-Twilio-Webhooks-Signature-Settings";

pub(super) fn fields() -> Vec<Field> {
    vec![
        Field::text(ACCOUNT_SID, "Account SID", "Twilio Console, Account info: it begins with AC."),
        Field::secret(
            AUTH_TOKEN,
            "Auth token",
            "Twilio Console, Account info: the primary token. It also proves Twilio's callbacks.",
        ),
        Field::text(
            PHONE_NUMBER,
            "Phone number",
            "Twilio Console, Phone numbers, Active numbers: with + and country code.",
        ),
    ]
}

/// For accounts whose callbacks are signed with a key of their own.
pub(super) fn signing_fields() -> Vec<Field> {
    Field::section(
        "Signatures with a shared key",
        [
            Field::text(
                SIGNING_KEY_ID,
                "Signing key ID",
                "Only if webhook signatures use a shared key: the key's id, as Twilio's signature settings show it.",
            )
            .optional(),
            Field::secret(SIGNING_KEY, "Signing key", "The secret of that key.").optional(),
        ],
    )
    .collect()
}

/// A number is one account on a channel, in one writing.
pub(super) fn key(account: &Account) -> String {
    number::normal(account.text(PHONE_NUMBER))
}

/// An address of the account's own resources: `Messages.json`, `Calls/CA….json`.
pub(super) fn resource(account: &Account, path: &[&str]) -> Result<Url, SendError> {
    let mut all = vec!["2010-04-01", "Accounts", account.text(ACCOUNT_SID)];
    all.extend(path);
    url(account, "https://api.twilio.com", &all)
}

/// An address of another product's API, below `official` unless the account's API address stands in for all of them.
pub(super) fn url(account: &Account, official: &str, path: &[&str]) -> Result<Url, SendError> {
    let broken =
        |why: String| SendError::AccountBroken(Refusal::new("address_invalid", why, NextStep::Reconnect));
    let mut url = account.api_base(official).map_err(|error| broken(error.to_string()))?;
    url.path_segments_mut()
        .map_err(|()| broken("the API address cannot carry a path".into()))?
        .pop_if_empty()
        .extend(path);
    Ok(url)
}

/// HTTP basic, as every one of Twilio's APIs takes it.
pub(super) fn authorization(account: &Account) -> String {
    let token = account.secret(AUTH_TOKEN);
    let pair = format!("{}:{}", account.text(ACCOUNT_SID), token.expose_secret());
    format!("Basic {}", STANDARD.encode(pair))
}

/// The auth token with SHA-1, unless the callback names the account's own key and digest. Naming them proves nothing, so a
/// forger gains nothing by it.
pub(super) fn proof(account: &Account, request: &Unverified) -> Scheme {
    let Some(settings) = request.header(SETTINGS) else {
        return signed(Digest::Sha1, account.secret(AUTH_TOKEN));
    };
    let settings = String::from_utf8_lossy(settings);
    let setting = |name: &str| {
        let pairs = settings.split([',', ';']).filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(key, value)| (key.trim(), value.trim()))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let digest = match setting("algorithm") {
        Some("HMAC_SHA1") => Digest::Sha1,
        Some("HMAC_SHA256") => Digest::Sha256,
        _ => return Scheme::Refuse("the callback names no known algorithm"),
    };
    match setting("key") {
        None => signed(digest, account.secret(AUTH_TOKEN)),
        Some(key) if account.has(SIGNING_KEY_ID) && key == account.text(SIGNING_KEY_ID) => {
            signed(digest, account.secret(SIGNING_KEY))
        }
        Some(_) => Scheme::Refuse("the callback is signed with a key that the account does not have"),
    }
}

fn signed(digest: Digest, secret: SecretString) -> Scheme {
    Scheme::SignedForm { digest, header: SIGNATURE, secrets: vec![secret] }
}

/// The integration's own address with a query, and Twilio told to repeat what was not taken.
pub(super) fn callback(account: &Account, query: &[(&str, &str)]) -> Option<Url> {
    Some(repeated(with_query(account.webhook_url()?, query)))
}

pub(super) fn with_query(url: &Url, query: &[(&str, &str)]) -> Url {
    let mut url = url.clone();
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

pub(super) fn repeated(mut url: Url) -> Url {
    url.set_fragment(Some(REPEAT));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        let field = |name: &str, value: &str| (name.to_owned(), SecretString::from(value));
        Account::new([
            field(ACCOUNT_SID, "AC00000000000000000000000000000001"),
            field(AUTH_TOKEN, "token"),
            field(PHONE_NUMBER, "+1 (500) 555-0006"),
            field(SIGNING_KEY_ID, "key-1"),
            field(SIGNING_KEY, "shared"),
        ])
    }

    fn scheme(settings: Option<&str>) -> Scheme {
        let headers = settings.map(|value| (SETTINGS, value.as_bytes()));
        let request = Unverified::new("POST", "https://hub.example/", vec![], headers, bytes::Bytes::new());
        proof(&account(), &request)
    }

    #[test]
    fn the_callback_says_which_key_and_digest() {
        let of = |settings| match scheme(settings) {
            Scheme::SignedForm { digest, secrets, .. } => {
                Some((digest, secrets[0].expose_secret().to_owned()))
            }
            _ => None,
        };
        let expected = |digest, secret: &str| Some((digest, secret.to_owned()));
        assert_eq!(of(None), expected(Digest::Sha1, "token"));
        assert_eq!(of(Some("key=key-1,algorithm=HMAC_SHA256")), expected(Digest::Sha256, "shared"));
        assert_eq!(of(Some("key=key-1, algorithm=HMAC_SHA1")), expected(Digest::Sha1, "shared"));
        assert_eq!(of(Some("algorithm=HMAC_SHA256")), expected(Digest::Sha256, "token"));
        for refused in ["key=key-2,algorithm=HMAC_SHA256", "key=key-1,algorithm=MD5", "key=key-1", "", "=,="]
        {
            assert_eq!(of(Some(refused)), None, "{refused}");
        }
    }

    #[test]
    fn addresses_keep_the_account_in_its_place() {
        let url = resource(&account(), &["Messages.json"]).unwrap();
        assert_eq!(
            url.as_str(),
            "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json"
        );
        let odd = resource(&account(), &["Calls", "CA1/../x?y.json"]).unwrap();
        assert!(odd.as_str().ends_with("/Calls/CA1%2F..%2Fx%3Fy.json"), "{odd}");
        let base = account().called_at("https://hub.example/webhooks/sms/1".parse().unwrap());
        let callback = callback(&base, &[("message", "a b")]).unwrap();
        assert_eq!(
            callback.as_str(),
            "https://hub.example/webhooks/sms/1?message=a+b#rc=3&rp=all&ct=2000&rt=4000"
        );
        assert_eq!(key(&account()), "+15005550006");
    }
}
