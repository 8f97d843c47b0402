//! Stripe's signature (<https://docs.stripe.com/webhooks#verify-manually>): one header, `t=<Unix seconds>,v1=<hexadecimal>`, with one
//! `v1` for each secret that is valid while one is exchanged. `v1` is HMAC-SHA256 over `t.body`; the key is the secret as it is
//! written, `whsec_` included.

use std::borrow::Cow;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    digest::Digest,
    request::{Claim, Forged},
    sign,
};

/// Seconds, either way. A repeated delivery is signed anew.
const TOLERANCE: u64 = 300;
/// Entries of the header that are looked at; a forger may send any number.
const MOST: usize = 16;

/// The header's value for this body, with one `v1` per secret.
pub fn signature(secrets: &[SecretString], timestamp: i64, body: &[u8]) -> String {
    let message = [timestamp.to_string().as_bytes(), b".", body].concat();
    let entries = secrets
        .iter()
        .map(|secret| format!(",v1={}", sign::hmac_sha256_hex(secret.expose_secret().as_bytes(), &message)));
    format!("t={timestamp}{}", entries.collect::<String>())
}

/// Any `v1` may match any of the secrets; entries of other schemes are passed over.
pub(crate) fn check(header: &str, secrets: &[SecretString], claim: &Claim<'_>) -> Result<(), Forged> {
    let value = claim.header(header).ok_or(Forged::Missing)?;
    let text = std::str::from_utf8(value).map_err(|_| Forged::Malformed)?;
    let entries = || text.split(',').take(MOST).filter_map(|entry| entry.trim().split_once('='));
    let stamp =
        entries().find_map(|(name, value)| (name == "t").then_some(value)).ok_or(Forged::Malformed)?;
    let seconds: i64 = stamp.parse().map_err(|_| Forged::Malformed)?;
    let digests: Vec<_> = entries()
        .filter(|(name, _)| *name == "v1")
        .filter_map(|(_, value)| hex::decode(value).ok())
        .collect();
    if digests.is_empty() {
        return Err(Forged::Malformed);
    }
    let message =
        [Cow::Borrowed(stamp.as_bytes()), Cow::Borrowed(b".".as_slice()), Cow::Borrowed(claim.body())];
    let mut matched = false;
    for secret in secrets.iter().map(|secret| secret.expose_secret()).filter(|secret| !secret.is_empty()) {
        for digest in &digests {
            matched |= Digest::Sha256.matches(secret.as_bytes(), &message, digest);
        }
    }
    if !matched {
        return Err(Forged::Mismatch);
    }
    if claim.now.timestamp().abs_diff(seconds) > TOLERANCE { Err(Forged::Stale) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::{Scheme, Unverified};

    const AT: i64 = 1_735_689_600;
    const BODY: &str = r#"{"id":"evt_1TestHub","object":"event","type":"checkout.session.completed","data":{"object":{"id":"cs_test_1","object":"checkout.session"}}}"#;
    const NEW: &str = "whsec_test_0123456789abcdef";
    const OLD: &str = "whsec_old_secret_being_rolled";
    const OF_NEW: &str = "16ba6eda1251a28b63d9adac421467c79f4f51bfb687ac2c8f772911acfa0942";
    const OF_OLD: &str = "8e2af2fb78f9fd8a2a06562ad06c6aff5f8882ad71e17255135071c333e27e11";

    fn verdict(secrets: &[&str], header: Option<&str>, body: &[u8], now: i64) -> Result<(), Forged> {
        let headers = header.map(|value| ("stripe-signature", value.as_bytes()));
        let request = Unverified::new("POST", "", vec![], headers, Bytes::copy_from_slice(body));
        let secrets = secrets.iter().map(|text| (*text).into()).collect();
        let scheme = Scheme::Stamped { header: "Stripe-Signature", secrets };
        request.verify(&scheme, DateTime::from_timestamp(now, 0).unwrap()).map(|_| ())
    }

    #[test]
    fn published_vectors_agree() {
        for (secret, digest) in [(NEW, OF_NEW), (OLD, OF_OLD)] {
            assert_eq!(signature(&[secret.into()], AT, BODY.as_bytes()), format!("t={AT},v1={digest}"));
        }
        let rolled = format!("t={AT},v1={OF_OLD},v1={OF_NEW},v0=00");
        for secrets in [&[NEW][..], &[OLD], &[NEW, OLD], &["", OLD]] {
            assert_eq!(verdict(secrets, Some(&rolled), BODY.as_bytes(), AT), Ok(()));
        }
    }

    #[test]
    fn every_other_signature_is_refused() {
        let right = format!("t={AT},v1={OF_NEW}");
        let body = BODY.as_bytes();
        assert_eq!(verdict(&[NEW], None, body, AT), Err(Forged::Missing));
        for malformed in
            ["", "t=1735689600", "v1=00", "t=x,v1=00", "t=1735689600,v1=zz", "t=1735689600,v0=00"]
        {
            assert_eq!(verdict(&[NEW], Some(malformed), body, AT), Err(Forged::Malformed), "{malformed}");
        }
        assert_eq!(verdict(&[OLD], Some(&right), body, AT), Err(Forged::Mismatch));
        assert_eq!(verdict(&[], Some(&right), body, AT), Err(Forged::Mismatch));
        assert_eq!(verdict(&[NEW], Some(&right), b"{}", AT), Err(Forged::Mismatch));
        let earlier = right.replace("1735689600", "1735689601");
        assert_eq!(verdict(&[NEW], Some(&earlier), body, AT), Err(Forged::Mismatch), "the time is signed");
        assert_eq!(verdict(&[NEW], Some(&right), body, AT + 300), Ok(()));
        assert_eq!(verdict(&[NEW], Some(&right), body, AT + 301), Err(Forged::Stale));
        assert_eq!(verdict(&[NEW], Some(&right), body, AT - 301), Err(Forged::Stale));
    }

    #[test]
    fn an_unset_secret_believes_nobody() {
        let header = signature(&["".into()], AT, b"{}");
        assert_eq!(verdict(&[""], Some(&header), b"{}", AT), Err(Forged::Mismatch));
    }

    proptest! {
        #[test]
        fn any_header_gets_a_verdict(header in ".{0,200}", body: Vec<u8>) {
            prop_assert!(verdict(&[NEW], Some(&header), &body, AT).is_err());
        }

        #[test]
        fn what_is_signed_verifies(body: Vec<u8>, at in 0_i64..4_000_000_000) {
            let header = signature(&[NEW.into(), OLD.into()], at, &body);
            prop_assert_eq!(verdict(&[OLD], Some(&header), &body, at), Ok(()));
        }
    }
}
