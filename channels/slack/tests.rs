//! Slack's signature: its documented example, and vectors made with its own library for Python.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use slack_morphism::{prelude::SlackSigningSecret, signature_verifier::SlackEventSignatureVerifier};
use webhooks::{Forged, Unverified};

use super::Slack;
use crate::{Account, Channel};

const EXAMPLE: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const SECRET: &str = "test-signing-secret-0001";

fn account(secret: &str) -> Account {
    Account::new([("signing_secret".to_owned(), secret.into())])
}

fn request(signature: &str, timestamp: i64, body: &[u8]) -> Unverified {
    let timestamp = timestamp.to_string();
    let headers =
        [("X-Slack-Signature", signature.as_bytes()), ("X-Slack-Request-Timestamp", timestamp.as_bytes())];
    Unverified::new(
        "POST",
        "https://hub.example/webhooks/slack",
        vec![],
        headers,
        Bytes::copy_from_slice(body),
    )
}

fn verify(secret: &str, signature: &str, timestamp: i64, body: &[u8], now: i64) -> Result<(), Forged> {
    let request = request(signature, timestamp, body);
    let scheme = Slack.proof(&account(secret), &request);
    request.verify(&scheme, DateTime::from_timestamp(now, 0).unwrap()).map(|_| ())
}

#[test]
fn known_signatures_are_believed() {
    let cases: [(&str, i64, &[u8], &str); 3] = [
        (
            "8f742231b10e8888abcd99yyyzzz85a5",
            1_531_420_618,
            EXAMPLE.as_bytes(),
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        ),
        (
            SECRET,
            1_700_000_000,
            br#"{"token":"t","challenge":"3eZbrw1a","type":"url_verification"}"#,
            "v0=fb0bfb9c109aae037818f7b7a19b3dd6b483cb11bb2bc998cc407705db4fd13c",
        ),
        (
            SECRET,
            1_700_000_000,
            "{\"type\":\"event_callback\",\"text\":\"café 👋\"}".as_bytes(),
            "v0=191f1f8aa61c91ebc89db3b26157953deb5d2981eb3dce22af30e1a380226b89",
        ),
    ];
    for (secret, timestamp, body, signature) in cases {
        assert_eq!(verify(secret, signature, timestamp, body, timestamp + 300), Ok(()));
        assert_eq!(verify(secret, signature, timestamp, body, timestamp + 301), Err(Forged::Stale));
        assert_eq!(verify(secret, signature, timestamp, body, timestamp - 301), Err(Forged::Stale));
        assert_eq!(verify(secret, signature, timestamp + 1, body, timestamp), Err(Forged::Mismatch));
        assert_eq!(verify("another secret", signature, timestamp, body, timestamp), Err(Forged::Mismatch));
        assert_eq!(verify("", signature, timestamp, body, timestamp), Err(Forged::Mismatch));
        let unversioned = signature.trim_start_matches("v0=");
        assert_eq!(verify(secret, unversioned, timestamp, body, timestamp), Err(Forged::Malformed));
    }
}

/// The library's own verifier says the same of a request made now.
#[test]
fn the_library_agrees() {
    let now = Utc::now().timestamp();
    let message = format!("v0:{now}:{EXAMPLE}");
    let signature = format!("v0={}", webhooks::sign::hmac_sha256_hex(SECRET.as_bytes(), message.as_bytes()));
    let library = SlackEventSignatureVerifier::new(&SlackSigningSecret(SECRET.to_owned()));
    assert!(library.verify(&signature, EXAMPLE, &now.to_string()).is_ok());
    assert_eq!(verify(SECRET, &signature, now, EXAMPLE.as_bytes(), now), Ok(()));
    assert!(library.verify(&signature, "other", &now.to_string()).is_err());
    assert_eq!(verify(SECRET, &signature, now, b"other", now), Err(Forged::Mismatch));
}
