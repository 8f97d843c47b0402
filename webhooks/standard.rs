//! Standard Webhooks (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>): how the
//! hub signs what it tells other systems, and how they sign what they tell the hub. `v1` is HMAC-SHA256 over
//! `id.timestamp.body`.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    digest::Digest,
    request::{Claim, Forged},
    sign,
};

pub const ID: &str = "webhook-id";
/// Unix seconds of the attempt.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// A list parted by spaces, so that a secret can be exchanged: `v1,<base64> v1,<base64>`.
pub const SIGNATURE: &str = "webhook-signature";

const PREFIX: &str = "whsec_";
const VERSION: &str = "v1,";
/// Seconds, either way.
const TOLERANCE: u64 = 300;

/// The key in a secret as people see it: base64 behind `whsec_`. A text that is no base64 is no key.
pub fn key(secret: &SecretString) -> Option<Vec<u8>> {
    let text = secret.expose_secret();
    let key = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).ok()?;
    (!key.is_empty()).then_some(key)
}

/// A secret as people see it.
pub fn secret(key: &[u8]) -> SecretString {
    SecretString::from(format!("{PREFIX}{}", STANDARD.encode(key)))
}

/// The value of [`SIGNATURE`], with one entry for each secret that is a key.
pub fn signature(secrets: &[SecretString], id: &str, timestamp: i64, body: &[u8]) -> String {
    let message = message(id.as_bytes(), timestamp.to_string().as_bytes(), body);
    let entries = secrets.iter().filter_map(key).map(|key| {
        let digest = STANDARD.encode(sign::hmac_sha256(&key, &message));
        format!("{VERSION}{digest}")
    });
    entries.collect::<Vec<_>>().join(" ")
}

/// Any entry may match any of the secrets; entries of other versions are passed over.
pub(crate) fn check(secrets: &[SecretString], claim: &Claim<'_>) -> Result<(), Forged> {
    let header = |name| claim.header(name).ok_or(Forged::Missing);
    let (id, stamp, given) = (header(ID)?, header(TIMESTAMP)?, header(SIGNATURE)?);
    let seconds: i64 =
        std::str::from_utf8(stamp).ok().and_then(|text| text.parse().ok()).ok_or(Forged::Malformed)?;
    let given = std::str::from_utf8(given).map_err(|_| Forged::Malformed)?;
    let digests: Vec<_> = given
        .split(' ')
        .filter_map(|entry| entry.strip_prefix(VERSION))
        .filter_map(|digest| STANDARD.decode(digest).ok())
        .collect();
    if digests.is_empty() {
        return Err(Forged::Malformed);
    }
    let message = message(id, stamp, claim.body());
    let keys: Vec<_> = secrets.iter().filter_map(key).collect();
    let message = [Cow::Borrowed(&message[..])];
    let matched = keys.iter().fold(false, |matched, key| {
        digests
            .iter()
            .fold(matched, |matched, digest| matched | Digest::Sha256.matches(key, &message, digest))
    });
    if !matched {
        return Err(Forged::Mismatch);
    }
    if claim.now.timestamp().abs_diff(seconds) > TOLERANCE { Err(Forged::Stale) } else { Ok(()) }
}

fn message(id: &[u8], stamp: &[u8], body: &[u8]) -> Vec<u8> {
    [id, b".", stamp, b".", body].concat()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::{Scheme, Unverified};

    fn verdict(secrets: &[&str], headers: &[(&str, &str)], body: &[u8], now: i64) -> Result<(), Forged> {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let request = Unverified::new("POST", "", vec![], headers, Bytes::copy_from_slice(body));
        let scheme = Scheme::Standard { secrets: secrets.iter().map(|text| (*text).into()).collect() };
        request.verify(&scheme, DateTime::from_timestamp(now, 0).unwrap()).map(|_| ())
    }

    /// Secret, id, time, body and signature out of the specification's libraries.
    const PUBLISHED: [(&str, &str, i64, &str, &str); 2] = [
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ];

    #[test]
    fn published_vectors_agree() {
        for (secret, id, at, body, expected) in PUBLISHED {
            assert_eq!(signature(&[secret.into()], id, at, body.as_bytes()), expected);
            let stamp = at.to_string();
            let headers = [(ID, id), (TIMESTAMP, &stamp), (SIGNATURE, expected)];
            assert_eq!(verdict(&[secret], &headers, body.as_bytes(), at + 300), Ok(()));
            assert_eq!(verdict(&[secret], &headers, body.as_bytes(), at + 301), Err(Forged::Stale));
            assert_eq!(verdict(&[secret], &headers, body.as_bytes(), at - 301), Err(Forged::Stale));
            assert_eq!(verdict(&[secret], &headers, b"{}", at), Err(Forged::Mismatch));
            assert_eq!(verdict(&[secret], &headers[1..], body.as_bytes(), at), Err(Forged::Missing));
        }
    }

    #[test]
    fn a_secret_is_exchanged_without_a_gap() {
        let (old, new) = (secret(b"the old key of 24 bytes."), secret(b"the new key of 24 bytes."));
        let both = signature(&[new.clone(), old.clone()], "id", 1_000, b"body");
        let (old, new) = (old.expose_secret(), new.expose_secret());
        for accepted in [&[old][..], &[new], &[new, old]] {
            let headers = [(ID, "id"), (TIMESTAMP, "1000"), (SIGNATURE, both.as_str())];
            assert_eq!(verdict(accepted, &headers, b"body", 1_000), Ok(()));
        }
    }

    #[test]
    fn no_key_believes_nobody() {
        for secret in ["", "whsec_", "whsec_no base64", "whsec_AA=A"] {
            let empty = format!("v1,{}", STANDARD.encode(sign::hmac_sha256(b"", b"id.1000.body")));
            let headers = [(ID, "id"), (TIMESTAMP, "1000"), (SIGNATURE, empty.as_str())];
            assert_eq!(verdict(&[secret], &headers, b"body", 1_000), Err(Forged::Mismatch), "{secret:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics_or_passes(given in "[v1a, =A-Za-z0-9+/]{0,80}", stamp in "[-0-9a]{0,12}") {
            let headers = [(ID, "id"), (TIMESTAMP, stamp.as_str()), (SIGNATURE, given.as_str())];
            prop_assert!(verdict(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], &headers, b"body", 0).is_err());
        }
    }
}
