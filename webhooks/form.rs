//! Twilio's signature: the address as it was called, then the names and values of the form in byte order, each pair once,
//! without separators. A body that is no form stands in the address instead, as `bodySHA256`.
//! <https://www.twilio.com/docs/usage/security#validating-requests>

use std::{borrow::Cow, collections::BTreeSet};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    Digest,
    request::{Claim, Forged},
};

/// The query parameter with the digest of a body that is no form.
const BODY_DIGEST: &str = "bodySHA256";

pub(crate) fn check(
    digest: Digest,
    secrets: &[SecretString],
    claim: &Claim<'_>,
    given: &[u8],
) -> Result<(), Forged> {
    let called = claim.url();
    if let Some(told) = body_digest(&called) {
        let ours = hex::encode(Sha256::digest(claim.body()));
        if !bool::from(ours.as_bytes().ct_eq(told.to_ascii_lowercase().as_bytes())) {
            return Err(Forged::Mismatch);
        }
    }
    let matched = addresses(&called).iter().fold(false, |matched, url| {
        let message = [Cow::Owned(message(url, claim.body()))];
        secrets.iter().fold(matched, |matched, secret| {
            let key = secret.expose_secret().as_bytes();
            // An empty key is an unset one; anybody could sign with it.
            matched | (!key.is_empty() && digest.matches(key, &message, given))
        })
    });
    if matched { Ok(()) } else { Err(Forged::Mismatch) }
}

/// The signed bytes. Whatever the body is, it is covered: by its digest in the address, or as a form.
pub(crate) fn message(url: &str, body: &[u8]) -> Vec<u8> {
    let mut message = url.as_bytes().to_vec();
    if body_digest(url).is_none() {
        let pairs: BTreeSet<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(body).collect();
        for (name, value) in pairs {
            message.extend_from_slice(name.as_bytes());
            message.extend_from_slice(value.as_bytes());
        }
    }
    message
}

pub(crate) fn with_body_digest(url: &str, body: &[u8]) -> String {
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{BODY_DIGEST}={}", hex::encode(Sha256::digest(body)))
}

fn body_digest(url: &str) -> Option<Cow<'_, str>> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == BODY_DIGEST).map(|(_, value)| value)
}

/// The writings of one address that Twilio has been seen to sign: with and without the port, and with characters in the query
/// that browsers escape.
fn addresses(url: &str) -> Vec<String> {
    let mut all = ports(url);
    let escaped = escaped(url);
    if escaped != url {
        all.extend(ports(&escaped));
    }
    all
}

/// The address without its port and with it: its own one, or that of its scheme.
fn ports(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host_from = authority.rfind('@').map_or(0, |at| at + 1);
    let port_at = authority[host_from..].rfind(':').map(|at| host_from + at).filter(|at| {
        let digits = &authority[at + 1..];
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    match port_at {
        Some(at) => vec![format!("{scheme}://{}{path}", &authority[..at]), url.to_owned()],
        None => {
            let port = if scheme.eq_ignore_ascii_case("http") { 80 } else { 443 };
            vec![url.to_owned(), format!("{scheme}://{authority}:{port}{path}")]
        }
    }
}

/// As the URL standard writes a query.
fn escaped(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let mut out = format!("{path}?");
    for byte in query.bytes() {
        match byte {
            b'\'' | b'"' | b'<' | b'>' | 0..=0x20 | 0x7f.. => out.push_str(&format!("%{byte:02X}")),
            _ => out.push(char::from(byte)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::{Scheme, Unverified, sign};

    const HEADER: &str = "X-Twilio-Signature";
    const CALL: &str =
        "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
    const MESSAGE: &str = "MessageSid=SM00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001\
        &From=%2B5511987654321&To=%2B15005550006&Body=Ol%C3%A1%2C+tudo+bem%3F+%F0%9F%91%8D&NumMedia=0&NumSegments=1\
        &FromCity=";
    const TOKEN: &str = "test_auth_token_0123456789abcdef";

    fn verdict(
        digest: Digest,
        key: &str,
        url: &str,
        signature: Option<&str>,
        body: &[u8],
    ) -> Result<(), Forged> {
        let scheme = Scheme::SignedForm { digest, header: HEADER, secrets: vec![key.into()] };
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let headers = signature.map(|value| (HEADER, value.as_bytes()));
        Unverified::new("POST", url, query, headers, Bytes::copy_from_slice(body))
            .verify(&scheme, DateTime::<Utc>::UNIX_EPOCH)
            .map(|_| ())
    }

    #[test]
    fn published_vectors_verify() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let json = r#"{"property": "value", "boolean": true}"#;
        let json_url =
            format!("{url}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620");
        let amazing = format!("{url}&Body=It's+amazing");
        let vectors = [
            (url, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            // Signed with the port that the address leaves out, and the other way round.
            (url, CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
            ("https://mycompany.com:443/myapp.php?foo=1&bar=2", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            ("https://mycompany.com:8443/myapp.php?foo=1&bar=2", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            ("http://mycompany.com/myapp.php?foo=1&bar=2", CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
            ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
            ("https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", CALL, "CukzLTc1tT5dXEDIHm/tKBanW10="),
            (&amazing, CALL, "dsq4Ehbj6cs+KdTkpF5sSSplOWw="),
            (&amazing, CALL, "TfZzewPq8wqrGlMfyAud8+/IvJ0="),
            (
                url,
                "MessagingBinding.Address=%2B1325xxxxxxx&MessagingBinding.Address=%2B1415xxxxxxx",
                "83O6e2vORAoJHUNzJjDWN1jz+BA=",
            ),
            (
                url,
                "MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx",
                "83O6e2vORAoJHUNzJjDWN1jz+BA=",
            ),
            (
                url,
                "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
                "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
            ),
            (&json_url, json, "a9nBmqA0ju/hNViExpshrM61xv4="),
        ];
        for (url, body, signature) in vectors {
            let verdict = verdict(Digest::Sha1, "12345", url, Some(signature), body.as_bytes());
            assert_eq!(verdict, Ok(()), "{url} {body} {signature}");
        }
    }

    #[test]
    fn vectors_of_the_python_library_verify() {
        let sms = "https://hub.example.com/hooks/twilio/sms?inbox=42";
        let json_url = "https://hub.example.com/hooks/twilio/json?bodySHA256=\
            9239c422a41b555493841e492401a13c6081045f49bd7223f575c7e1f7d86f7f";
        let voice = "https://hub.example.com/hooks/twilio/voice?CallSid=CA1&From=%2B15551230000";
        for (digest, url, body, signature) in [
            (Digest::Sha1, sms, MESSAGE, "hH9/9EVI2SMEdlQ2qvuqfLCFMvc="),
            (Digest::Sha1, sms, MESSAGE, "dSvEqa45iRcStLU0w7xTH1pJfV0="),
            (Digest::Sha256, sms, MESSAGE, "ZlJKcclAkdsCUgUZrlenL6bHj2k0LhsYVuT65yy1Tpk="),
            (Digest::Sha1, json_url, r#"{"event":"ping","n":1}"#, "9dV49HgopPw8B0ZcHPPLVmG8E0Y="),
            (Digest::Sha1, voice, "", "GER4nLv8rcA6YVHt+C+JTTGGA6M="),
        ] {
            assert_eq!(verdict(digest, TOKEN, url, Some(signature), body.as_bytes()), Ok(()), "{url}");
        }
        let signed = sign::signed_form(Digest::Sha1, TOKEN.as_bytes(), sms, MESSAGE.as_bytes());
        assert_eq!(signed, "hH9/9EVI2SMEdlQ2qvuqfLCFMvc=");
        let base = "https://hub.example.com/hooks/twilio/json";
        assert_eq!(sign::with_body_digest(base, br#"{"event":"ping","n":1}"#), json_url);
    }

    #[test]
    fn every_other_request_is_refused() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let right = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        let check = |url: &str, signature: Option<&str>, body: &str| {
            verdict(Digest::Sha1, "12345", url, signature, body.as_bytes())
        };
        assert_eq!(check(url, None, CALL), Err(Forged::Missing));
        assert_eq!(check(url, Some("not base64"), CALL), Err(Forged::Malformed));
        assert_eq!(check(url, Some(""), CALL), Err(Forged::Mismatch));
        assert_eq!(check(url, Some(right), &CALL.replace("1234&", "1235&")), Err(Forged::Mismatch));
        assert_eq!(check(url, Some(right), &format!("{CALL}&x=y")), Err(Forged::Mismatch));
        assert_eq!(check(&url.replace("foo=1", "foo=2"), Some(right), CALL), Err(Forged::Mismatch));
        assert_eq!(check(&url.replace("https", "http"), Some(right), CALL), Err(Forged::Mismatch));
        // A body that is no form is not overlooked.
        assert_eq!(check(url, Some(right), r#"{"a":1}"#), Err(Forged::Mismatch));
        let signed = |url: &str, body: &str| sign::signed_form(Digest::Sha1, b"12345", url, body.as_bytes());
        let json_url = sign::with_body_digest(url, b"{}");
        let signature = signed(&json_url, "{}");
        assert_eq!(check(&json_url, Some(&signature), "{}"), Ok(()));
        assert_eq!(check(&json_url, Some(&signature), "{ }"), Err(Forged::Mismatch));
        let unset =
            verdict(Digest::Sha1, "", url, Some(&sign::signed_form(Digest::Sha1, b"", url, b"")), b"");
        assert_eq!(unset, Err(Forged::Mismatch), "an unset secret believes nobody");
    }

    proptest! {
        #[test]
        fn nothing_panics_or_passes(
            url in ".{0,40}",
            signature in "[A-Za-z0-9+/=]{0,40}",
            body in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            prop_assert!(verdict(Digest::Sha1, TOKEN, &url, Some(&signature), &body).is_err());
        }

        #[test]
        fn what_we_sign_verifies(path in "[a-z/]{0,12}(\\?[a-z]=[a-z']{0,5})?", body: Vec<u8>) {
            let url = format!("https://hub.example/{path}");
            let signature = sign::signed_form(Digest::Sha256, TOKEN.as_bytes(), &url, &body);
            prop_assert_eq!(verdict(Digest::Sha256, TOKEN, &url, Some(&signature), &body), Ok(()));
        }
    }
}
