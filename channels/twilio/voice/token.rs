//! The token with which a browser becomes a telephone: a JWT of Twilio's kind, signed with an API key's secret.
//! <https://www.twilio.com/docs/iam/access-tokens>

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use webhooks::sign;

use super::{
    super::account::ACCOUNT_SID,
    form::{API_KEY_SID, Desk, TWIML_APP_SID, desk_identity, member_identity},
};
use crate::{
    Account,
    account::API_BASE_URL,
    call::{BrowserPhone, PhoneToken},
};

/// Twilio takes a day at most.
const LIFETIME: TimeDelta = TimeDelta::hours(1);

/// A token for what rings in all browsers, and one for the member's own calls; `None` without an API key.
pub(super) fn phone(account: &Account, member: &str, now: DateTime<Utc>) -> Option<BrowserPhone> {
    let secret = Desk(account).api_key_secret()?;
    let of = |identity: String| PhoneToken { token: token(account, &secret, &identity, now), identity };
    Some(BrowserPhone {
        own: of(member_identity(member)),
        shared: of(desk_identity(account)),
        expires_at: now + LIFETIME,
        library: (!account.has(API_BASE_URL)).then_some("twilio"),
    })
}

fn token(account: &Account, secret: &SecretString, identity: &str, now: DateTime<Utc>) -> SecretString {
    let key = account.text(API_KEY_SID);
    let mut voice = json!({ "incoming": { "allow": true } });
    if account.has(TWIML_APP_SID) {
        voice["outgoing"] = json!({ "application_sid": account.text(TWIML_APP_SID) });
    }
    let head = json!({ "typ": "JWT", "alg": "HS256", "cty": "twilio-fpa;v=1" });
    let claims = json!({
        "jti": format!("{key}-{}", now.timestamp()),
        "iss": key,
        "sub": account.text(ACCOUNT_SID),
        "iat": now.timestamp(),
        "exp": (now + LIFETIME).timestamp(),
        "grants": { "identity": identity, "voice": voice },
    });
    let encode = |part: String| URL_SAFE_NO_PAD.encode(part);
    let signed = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
    let signature = sign::hmac_sha256(secret.expose_secret().as_bytes(), signed.as_bytes());
    SecretString::from(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn account(fields: &[(&str, &str)]) -> Account {
        Account::new(fields.iter().map(|(name, value)| ((*name).to_owned(), SecretString::from(*value))))
    }

    #[test]
    fn a_token_says_who_rings_and_is_signed_with_the_keys_secret() {
        let account = account(&[
            (ACCOUNT_SID, "AC1"),
            ("phone_number", "+15005550006"),
            (API_KEY_SID, "SK1"),
            ("api_key_secret", "key-secret"),
        ]);
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        let phone = phone(&account, "019b0000-0000-7000-8000-000000000001", now).unwrap();
        assert_eq!(phone.expires_at.to_rfc3339(), "2026-01-02T04:04:05+00:00");
        assert_eq!((phone.shared.identity.as_str(), phone.library), ("desk_15005550006", Some("twilio")));
        let token = phone.own.token.expose_secret();
        let parts: Vec<&str> = token.split('.').collect();
        let json =
            |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
        assert_eq!(json(parts[0]), json!({ "alg": "HS256", "typ": "JWT", "cty": "twilio-fpa;v=1" }));
        assert_eq!(
            json(parts[1]),
            json!({
                "jti": "SK1-1767323045", "iss": "SK1", "sub": "AC1", "iat": 1_767_323_045, "exp": 1_767_326_645,
                "grants": { "identity": phone.own.identity, "voice": { "incoming": { "allow": true } } },
            })
        );
        let signature = sign::hmac_sha256(b"key-secret", format!("{}.{}", parts[0], parts[1]).as_bytes());
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[2]).unwrap(), signature);
    }

    #[test]
    fn without_a_key_no_browser_is_a_telephone() {
        assert!(phone(&account(&[(API_KEY_SID, "SK1")]), "x", DateTime::UNIX_EPOCH).is_none());
    }
}
