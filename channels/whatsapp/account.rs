//! What an admin fills in for a WhatsApp number, and what is derived from it.

use secrecy::{ExposeSecret, SecretString};
use url::Url;
use uuid::Uuid;
use webhooks::sign;

use crate::{Account, Field, Form};

pub(super) const OFFICIAL: &str = "https://graph.facebook.com";
pub(super) const VERSION: &str = "v25.0";

pub(super) const PHONE_NUMBER_ID: &str = "phone_number_id";
pub(super) const BUSINESS_ACCOUNT_ID: &str = "business_account_id";
pub(super) const ACCESS_TOKEN: &str = "access_token";
pub(super) const APP_SECRET: &str = "app_secret";
pub(super) const VERIFY_TOKEN: &str = "verify_token";
pub(super) const MESSAGES_PER_SECOND: &str = "messages_per_second";

/// What Meta takes from a number unless it was upgraded, in messages per second.
pub(super) const STANDARD_PACE: u32 = 80;
/// What Meta takes from an upgraded number.
pub(super) const HIGH_PACE: u32 = 1_000;

pub(super) fn form() -> Form {
    Form::new(vec![
        Field::text(
            PHONE_NUMBER_ID,
            "Phone number ID",
            "Meta app dashboard, WhatsApp, API setup: the number below “From”, not the phone number itself.",
        ),
        Field::text(
            BUSINESS_ACCOUNT_ID,
            "WhatsApp Business account ID",
            "Meta app dashboard, WhatsApp, API setup: shown beside the phone number ID.",
        ),
        Field::secret(
            ACCESS_TOKEN,
            "Access token",
            "Business settings, System users: a permanent token with whatsapp_business_messaging and \
             whatsapp_business_management.",
        ),
        Field::secret(
            APP_SECRET,
            "App secret",
            "Meta app dashboard, App settings, Basic: callbacks are verified with it.",
        ),
        Field::secret(
            VERIFY_TOKEN,
            "Verify token",
            "Any phrase of yours, repeated in Meta's callback settings; made here when left empty.",
        )
        .optional(),
        Field::number(
            MESSAGES_PER_SECOND,
            "Messages per second",
            "80 when left empty; 1000 for a number with upgraded throughput; 20 for one that is shared with the \
             WhatsApp Business app.",
        )
        .optional(),
    ])
}

/// The number's throughput as its admin knows it. Nobody has more than Meta's highest.
pub(super) fn messages_per_second(account: &Account) -> u32 {
    account.text(MESSAGES_PER_SECOND).parse().map_or(STANDARD_PACE, |number: u32| number.clamp(1, HIGH_PACE))
}

pub(super) fn complete(account: &mut Account) {
    if !account.has(VERIFY_TOKEN) {
        account.set(VERIFY_TOKEN, SecretString::from(Uuid::new_v4().simple().to_string()));
    }
}

/// An address of the Graph API: version and `path` below the account's base.
pub(super) fn url(account: &Account, path: &[&str]) -> Result<Url, url::ParseError> {
    let mut url = account.api_base(OFFICIAL)?;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(VERSION).extend(path);
    }
    Ok(url)
}

/// Meta's proof that a call comes from a holder of the app secret: HMAC-SHA256 of the token, in hexadecimal.
pub(super) fn appsecret_proof(account: &Account) -> Option<String> {
    let secret = account.secret(APP_SECRET);
    let token = account.secret(ACCESS_TOKEN);
    account
        .has(APP_SECRET)
        .then(|| sign::hmac_sha256_hex(secret.expose_secret().as_bytes(), token.expose_secret().as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn filled(pairs: &[(&str, &str)]) -> Account {
        let given: BTreeMap<_, _> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        form().fill(given).unwrap()
    }

    #[test]
    fn the_verify_token_is_made_once() {
        let given = [
            (PHONE_NUMBER_ID, "1"),
            (BUSINESS_ACCOUNT_ID, "2"),
            (ACCESS_TOKEN, "EAATESTTOKEN"),
            (APP_SECRET, "test-app-secret-0001"),
        ];
        let mut account = filled(&given);
        complete(&mut account);
        let made = account.text(VERIFY_TOKEN).to_owned();
        assert!(made.len() >= 32);
        complete(&mut account);
        assert_eq!(account.text(VERIFY_TOKEN), made);
        assert_eq!(
            appsecret_proof(&account).as_deref(),
            Some("c185e5167d87d35263cdb8cbe419b482a03c99878ec33457bd33eee37da8026a")
        );
        assert_eq!(
            url(&account, &["1", "messages"]).unwrap().as_str(),
            "https://graph.facebook.com/v25.0/1/messages"
        );
    }

    #[test]
    fn the_pace_is_the_numbers_own() {
        let with = |given: &str| {
            Account::new([(MESSAGES_PER_SECOND.to_owned(), SecretString::from(given.to_owned()))])
        };
        assert_eq!(messages_per_second(&Account::new([])), 80);
        assert_eq!(messages_per_second(&with("1000")), 1_000);
        assert_eq!(messages_per_second(&with("20")), 20);
        assert_eq!(messages_per_second(&with("4000000000")), 1_000);
        for wrong in ["0", "-3", "many", "80.5"] {
            let given = BTreeMap::from([(MESSAGES_PER_SECOND.to_owned(), wrong.to_owned())]);
            let faults = form().fill(given).unwrap_err();
            assert!(faults.iter().any(|fault| fault.field == MESSAGES_PER_SECOND), "{wrong}");
        }
    }

    #[test]
    fn an_odd_id_cannot_leave_its_place_in_the_path() {
        let account = filled(&[
            (PHONE_NUMBER_ID, "1"),
            (BUSINESS_ACCOUNT_ID, "2"),
            (ACCESS_TOKEN, "t"),
            (APP_SECRET, "s"),
            ("api_base_url", "http://127.0.0.1:9/"),
        ]);
        let url = url(&account, &["1/../../x?y#z", "messages"]).unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:9/v25.0/1%2F..%2F..%2Fx%3Fy%23z/messages");
    }
}
