//! Mercado Pago's signature (<https://www.mercadopago.com.br/developers/en/docs/your-integrations/notifications/webhooks>): `x-signature`
//! is `ts=<time>,v1=<hexadecimal>`, an HMAC-SHA256 over a line that names the resource, the request and the time. The body is not
//! covered: nothing in it may be believed but that there is something to fetch.

use std::borrow::Cow;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    digest::Digest,
    request::{Claim, Forged},
    sign,
};

pub const SIGNATURE: &str = "x-signature";
pub const REQUEST_ID: &str = "x-request-id";
/// The resource's id, in the query.
pub const RESOURCE: &str = "data.id";

/// What is signed. A part that is not there has no place in it.
fn line(resource: Option<&str>, request_id: Option<&str>, ts: &str) -> String {
    let part = |name, value: Option<&str>| value.map(|value| format!("{name}:{value};")).unwrap_or_default();
    [part("id", resource), part("request-id", request_id), part("ts", Some(ts))].concat()
}

/// The value of [`SIGNATURE`]. `ts` is seconds or milliseconds: the platform writes both.
pub fn signature(secret: &SecretString, resource: Option<&str>, request_id: Option<&str>, ts: i64) -> String {
    let line = line(resource, request_id, &ts.to_string());
    format!("ts={ts},v1={}", sign::hmac_sha256_hex(secret.expose_secret().as_bytes(), line.as_bytes()))
}

/// Without a tolerance for the time: a delivery that is repeated after a quarter of an hour may carry its first signature, and what it
/// leads to is fetched anew each time.
pub(crate) fn check(secrets: &[SecretString], claim: &Claim<'_>) -> Result<(), Forged> {
    let value = claim.header(SIGNATURE).ok_or(Forged::Missing)?;
    let text = std::str::from_utf8(value).map_err(|_| Forged::Malformed)?;
    let entry = |wanted: &str| {
        let named = text.split(',').filter_map(|entry| entry.split_once('='));
        named
            .map(|(name, value)| (name.trim(), value.trim()))
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let (_, ts) = entry("ts").ok_or(Forged::Malformed)?;
    let (_, digest) = entry("v1").ok_or(Forged::Malformed)?;
    let digest = hex::decode(digest).map_err(|_| Forged::Malformed)?;
    let request_id = match claim.header(REQUEST_ID).map(std::str::from_utf8) {
        Some(Err(_)) => return Err(Forged::Malformed),
        Some(Ok(id)) => Some(id),
        None => None,
    };
    let resource = claim.query(RESOURCE);
    // Ids with letters are signed in lower case by some of the platform's senders and as they are by others.
    let lower = resource.map(str::to_lowercase);
    let mut matched = false;
    for resource in [resource, lower.as_deref()] {
        let line = [Cow::Owned(line(resource, request_id, ts).into_bytes())];
        for secret in secrets.iter().map(|secret| secret.expose_secret()).filter(|secret| !secret.is_empty())
        {
            matched |= Digest::Sha256.matches(secret.as_bytes(), &line, &digest);
        }
    }
    if matched { Ok(()) } else { Err(Forged::Mismatch) }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::{Scheme, Unverified};

    const SECRET: &str = "mp_secret_0123456789abcdef";
    const REQUEST: &str = "bb56a2f1-6aae-46ac-982e-9dcd3581d08e";
    const TS: i64 = 1_742_505_638_683;

    fn verdict(
        signature: Option<&str>,
        resource: Option<&str>,
        request_id: Option<&str>,
    ) -> Result<(), Forged> {
        let headers =
            [signature.map(|value| (SIGNATURE, value)), request_id.map(|value| (REQUEST_ID, value))];
        let headers = headers.into_iter().flatten().map(|(name, value)| (name, value.as_bytes()));
        let query = resource.map(|id| (RESOURCE.to_owned(), id.to_owned())).into_iter().collect();
        let request = Unverified::new("POST", "", query, headers, Bytes::from_static(b"{}"));
        let scheme = Scheme::Manifest { secrets: vec!["".into(), SECRET.into()] };
        request.verify(&scheme, DateTime::UNIX_EPOCH).map(|_| ())
    }

    #[test]
    fn published_vectors_agree() {
        for (resource, request_id, digest) in [
            (
                Some("123456789"),
                Some(REQUEST),
                "8684da4d1f9c3bc66c0c1804b23bb1fb7a1de5cc20b0d5fcb5deba4618e57e7a",
            ),
            (
                Some("ordtst01jq4s4ky8hwq6na5pxb65b3d3"),
                Some(REQUEST),
                "eea8143576274f2f1d64f0b65a0f690f98aeb1167d9b71c4aa7851de1450cb41",
            ),
            (Some("123456789"), None, "ea4a3e5d11aec91bd9318166a1f42fc404f68363ce061d23331cf3f684c68205"),
            (None, Some(REQUEST), "281163887ec97e3975a6d0f2e3deb9d5a1cbfec813e4a1b2b7d830f86b3ce946"),
        ] {
            let header = format!("ts={TS},v1={digest}");
            assert_eq!(signature(&SECRET.into(), resource, request_id, TS), header);
            assert_eq!(verdict(Some(&header), resource, request_id), Ok(()));
            let upper = resource.map(str::to_uppercase);
            assert_eq!(
                verdict(Some(&header), upper.as_deref(), request_id),
                Ok(()),
                "an id's case is not signed"
            );
        }
    }

    #[test]
    fn every_other_signature_is_refused() {
        let right = signature(&SECRET.into(), Some("1"), Some(REQUEST), TS);
        assert_eq!(
            verdict(Some(&right.replace(',', " , ").replace("ts", "TS")), Some("1"), Some(REQUEST)),
            Ok(())
        );
        assert_eq!(verdict(None, Some("1"), Some(REQUEST)), Err(Forged::Missing));
        for malformed in ["", "ts=1", "v1=00", "ts=1,v1=zz"] {
            assert_eq!(verdict(Some(malformed), Some("1"), None), Err(Forged::Malformed), "{malformed}");
        }
        assert_eq!(verdict(Some(&right), Some("2"), Some(REQUEST)), Err(Forged::Mismatch));
        assert_eq!(verdict(Some(&right), Some("1"), None), Err(Forged::Mismatch));
        assert_eq!(
            verdict(Some(&right.replace("ts=17", "ts=18")), Some("1"), Some(REQUEST)),
            Err(Forged::Mismatch)
        );
        let unset = signature(&"".into(), Some("1"), None, TS);
        assert_eq!(verdict(Some(&unset), Some("1"), None), Err(Forged::Mismatch));
    }

    proptest! {
        #[test]
        fn any_header_gets_a_verdict(header in ".{0,200}", resource in ".{0,40}") {
            prop_assert!(verdict(Some(&header), Some(&resource), None).is_err());
        }
    }
}
