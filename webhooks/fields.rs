//! A proof that stands in the body itself, among a form's fields: Mailgun signs a time and a token, and nothing else. It tells that
//! the sender holds the key, not that the rest of the body is theirs.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::{
    posted,
    request::{Claim, Forged},
};

/// Longest time for which a platform repeats a callback with its first signature.
const TOLERANCE_SECONDS: u64 = 9 * 3600;

/// `signature` is the hexadecimal HMAC-SHA256 of `timestamp` and `token`, each a field of the form or of the JSON's `signature`. Of a
/// repeated field the last one counts.
pub(crate) fn check(secret: &SecretString, claim: &Claim<'_>) -> Result<(), Forged> {
    let [timestamp, token, signature] = found(claim).ok_or(Forged::Missing)?;
    let given = hex::decode(&signature).map_err(|_| Forged::Malformed)?;
    let key = secret.expose_secret().as_bytes();
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).map_err(|_| Forged::Mismatch)?;
    mac.update(timestamp.as_bytes());
    mac.update(token.as_bytes());
    if key.is_empty() || mac.verify_slice(&given).is_err() {
        return Err(Forged::Mismatch);
    }
    let seconds: i64 = timestamp.parse().map_err(|_| Forged::Malformed)?;
    let near = claim.now.timestamp().abs_diff(seconds) <= TOLERANCE_SECONDS;
    if near { Ok(()) } else { Err(Forged::Stale) }
}

fn found(claim: &Claim<'_>) -> Option<[String; 3]> {
    const NAMES: [&str; 3] = ["timestamp", "token", "signature"];
    let kind = claim.header("content-type").unwrap_or_default();
    if kind.starts_with(b"application/json") {
        let body: serde_json::Value = serde_json::from_slice(claim.body()).ok()?;
        let signature = body.get("signature")?;
        let [a, b, c] =
            NAMES.map(|name| signature.get(name).and_then(|value| value.as_str()).map(str::to_owned));
        return Some([a?, b?, c?]);
    }
    let fields = posted::fields(kind, claim.body());
    let [a, b, c] = NAMES.map(|name| {
        let field = fields.iter().rev().find(|field| field.name == name)?;
        String::from_utf8(field.value.clone()).ok()
    });
    Some([a?, b?, c?])
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;

    use crate::{Forged, Scheme, Unverified};

    const TOKEN: &str = "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0";
    const SIGNATURE: &str = "7bc83a0f6c89d99c23b75dc7ac1cb6c23903140a643945374b65a4f0dcdfa7fa";

    fn verdict(kind: &str, body: String, now: i64) -> Result<(), Forged> {
        let scheme = Scheme::SignedFields { secret: "key-test-signing".into() };
        let headers = [("content-type", kind.as_bytes())];
        let request = Unverified::new("POST", "", vec![], headers, Bytes::from(body));
        request.verify(&scheme, DateTime::from_timestamp(now, 0).unwrap()).map(|_| ())
    }

    #[test]
    fn a_known_signature_verifies_in_every_form() {
        const FORM: &str = "application/x-www-form-urlencoded";
        let form =
            |token: &str| format!("subject=x&timestamp=1735689600&token={token}&signature={SIGNATURE}");
        assert_eq!(verdict(FORM, form(TOKEN), 1_735_689_700), Ok(()));
        assert_eq!(verdict(FORM, form(&TOKEN.replace('a', "b")), 1_735_689_700), Err(Forged::Mismatch));
        assert_eq!(verdict(FORM, form(TOKEN), 1_735_789_700), Err(Forged::Stale));
        assert_eq!(verdict(FORM, "subject=x".into(), 0), Err(Forged::Missing));
        let json = format!(
            r#"{{"signature":{{"timestamp":"1735689600","token":"{TOKEN}","signature":"{SIGNATURE}"}},"event-data":{{}}}}"#
        );
        assert_eq!(verdict("application/json", json, 1_735_689_700), Ok(()));
        assert_eq!(verdict("application/json", "{".into(), 0), Err(Forged::Missing));
    }
}
