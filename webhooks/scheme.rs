//! Signature schemes as data: a channel says which one applies, this file checks it.

use std::borrow::Cow;

use ed25519_dalek::{Signature, VerifyingKey};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::{
    digest::{Digest, Encoding},
    fields, form, manifest, public_key,
    request::{Claim, Forged},
    sns, stamped, standard,
};

/// How a platform proves that a request is its own. Every comparison is in constant time.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// An HMAC over `message`, put into `header` behind `prefix`. Any of `secrets` may match, so that
    /// a secret can be rotated.
    Hmac {
        digest: Digest,
        header: &'static str,
        prefix: &'static str,
        encoding: Encoding,
        secrets: Vec<SecretString>,
        message: Vec<Part>,
        /// Where the platform signs a time, how far it may lie from now.
        stamp: Option<Stamp>,
    },
    /// Twilio's: an HMAC, in base64, over the address that was called and the form in the body; see [`crate::form`]. Any of
    /// `secrets` may match.
    SignedForm { digest: Digest, header: &'static str, secrets: Vec<SecretString> },
    /// Standard Webhooks; see [`crate::standard`]. Any of `secrets` may match.
    Standard { secrets: Vec<SecretString> },
    /// Stripe's: a time and HMACs over it and the body in one header; see [`crate::stamped`]. Any of `secrets` may match.
    Stamped { header: &'static str, secrets: Vec<SecretString> },
    /// Mercado Pago's: the address and the time are signed, the body is not; see [`crate::manifest`]. Any of `secrets` may match.
    Manifest { secrets: Vec<SecretString> },
    /// A signature in hexadecimal over the time in `stamp`'s header and the body: Discord. `public_key` is hexadecimal, too.
    Ed25519 { header: &'static str, public_key: String, stamp: Stamp },
    /// A signature in base64 over the time in `stamp`'s header and the body: SendGrid. Any of `public_keys` may match, each base64 of a
    /// SubjectPublicKeyInfo.
    EcdsaP256 { header: &'static str, public_keys: Vec<String>, stamp: Stamp },
    /// A message of that topic, signed by the certificate that it names; see [`crate::sns`]. `origin` stands in for Amazon's own.
    Sns { topic: String, origin: Option<String> },
    /// A shared secret repeated in a header with every request.
    HeaderToken { header: &'static str, secret: SecretString },
    /// A time and a token signed in fields of the body; see [`crate::posted`]. The rest of the body is not covered.
    SignedFields { secret: SecretString },
    /// A shared secret repeated in the query: the handshakes that carry no body.
    QueryToken { parameter: &'static str, secret: SecretString },
    /// Nothing can be proved, with the reason: every request is refused.
    Refuse(&'static str),
}

/// A piece of the signed message, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Literal(&'static str),
    Header(&'static str),
    Url,
    Body,
}

/// A header with Unix seconds that must lie within `tolerance_seconds` of now, either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub header: &'static str,
    pub tolerance_seconds: u32,
}

impl Scheme {
    /// HMAC-SHA256 of the raw body, in hexadecimal: Meta, GitHub and many others.
    pub fn hmac_sha256_hex(header: &'static str, prefix: &'static str, secret: SecretString) -> Self {
        Self::Hmac {
            digest: Digest::Sha256,
            header,
            prefix,
            encoding: Encoding::Hex,
            secrets: vec![secret],
            message: vec![Part::Body],
            stamp: None,
        }
    }

    pub(crate) fn check(&self, claim: &Claim<'_>) -> Result<(), Forged> {
        match self {
            Self::Hmac { digest, header, prefix, encoding, secrets, message, stamp } => {
                let given = encoding.decode(claim.header(header).ok_or(Forged::Missing)?, prefix)?;
                let message = assemble(message, claim)?;
                let matched = secrets.iter().fold(false, |matched, secret| {
                    let key = secret.expose_secret();
                    // An empty key is an unset one; anybody could sign with it.
                    matched | (!key.is_empty() && digest.matches(key.as_bytes(), &message, &given))
                });
                if !matched {
                    return Err(Forged::Mismatch);
                }
                stamp.map_or(Ok(()), |stamp| stamp.check(claim))
            }
            Self::SignedForm { digest, header, secrets } => {
                let given = Encoding::Base64.decode(claim.header(header).ok_or(Forged::Missing)?, "")?;
                form::check(*digest, secrets, claim, &given)
            }
            Self::Standard { secrets } => standard::check(secrets, claim),
            Self::Stamped { header, secrets } => stamped::check(header, secrets, claim),
            Self::Manifest { secrets } => manifest::check(secrets, claim),
            Self::Ed25519 { header, public_key, stamp } => ed25519(header, public_key, *stamp, claim),
            Self::EcdsaP256 { header, public_keys, stamp } => ecdsa(header, public_keys, *stamp, claim),
            Self::Sns { topic, origin } => sns::check(topic, origin.as_deref(), claim),
            Self::HeaderToken { header, secret } => {
                equal(claim.header(header).ok_or(Forged::Missing)?, secret)
            }
            Self::QueryToken { parameter, secret } => {
                equal(claim.query(parameter).ok_or(Forged::Missing)?.as_bytes(), secret)
            }
            Self::SignedFields { secret } => fields::check(secret, claim),
            Self::Refuse(why) => Err(Forged::Unconfigured(why)),
        }
    }
}

fn ed25519(header: &str, public_key: &str, stamp: Stamp, claim: &Claim<'_>) -> Result<(), Forged> {
    let key = hex::decode(public_key).ok().and_then(|key| <[u8; 32]>::try_from(key).ok());
    let key = key.and_then(|key| VerifyingKey::from_bytes(&key).ok());
    let key = key.ok_or(Forged::Unconfigured("its public key is malformed"))?;
    let given = Encoding::Hex.decode(claim.header(header).ok_or(Forged::Missing)?, "")?;
    let signature = Signature::from_slice(&given).map_err(|_| Forged::Malformed)?;
    let time = claim.header(stamp.header).ok_or(Forged::Missing)?;
    let message = [time, claim.body()].concat();
    key.verify_strict(&message, &signature).map_err(|_| Forged::Mismatch)?;
    stamp.check(claim)
}

fn ecdsa(header: &str, public_keys: &[String], stamp: Stamp, claim: &Claim<'_>) -> Result<(), Forged> {
    let keys: Vec<_> = public_keys.iter().filter_map(|key| public_key::p256(key)).collect();
    if keys.is_empty() {
        return Err(Forged::Unconfigured("its public key is malformed"));
    }
    let given = Encoding::Base64.decode(claim.header(header).ok_or(Forged::Missing)?, "")?;
    let time = claim.header(stamp.header).ok_or(Forged::Missing)?;
    let message = [time, claim.body()].concat();
    if !keys.iter().any(|key| public_key::p256_signed(key, &message, &given)) {
        return Err(Forged::Mismatch);
    }
    stamp.check(claim)
}

fn equal(given: &[u8], secret: &SecretString) -> Result<(), Forged> {
    let secret = secret.expose_secret().as_bytes();
    if !secret.is_empty() && bool::from(given.ct_eq(secret)) { Ok(()) } else { Err(Forged::Mismatch) }
}

/// The pieces of the signed message, none of them copied.
fn assemble<'a>(parts: &'a [Part], claim: &'a Claim<'_>) -> Result<Vec<Cow<'a, [u8]>>, Forged> {
    let piece = |part: &'a Part| match part {
        Part::Literal(text) => Ok(Cow::Borrowed(text.as_bytes())),
        Part::Header(name) => claim.header(name).map(Cow::Borrowed).ok_or(Forged::Missing),
        Part::Url => Ok(match claim.url() {
            Cow::Borrowed(url) => Cow::Borrowed(url.as_bytes()),
            Cow::Owned(url) => Cow::Owned(url.into_bytes()),
        }),
        Part::Body => Ok(Cow::Borrowed(claim.body())),
    };
    parts.iter().map(piece).collect()
}

impl Stamp {
    fn check(self, claim: &Claim<'_>) -> Result<(), Forged> {
        let header = claim.header(self.header).ok_or(Forged::Missing)?;
        let seconds: i64 =
            std::str::from_utf8(header).ok().and_then(|text| text.parse().ok()).ok_or(Forged::Malformed)?;
        if claim.now.timestamp().abs_diff(seconds) > u64::from(self.tolerance_seconds) {
            return Err(Forged::Stale);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::{Unverified, sign};

    const HEADER: &str = "X-Hub-Signature-256";
    const SECRET: &str = "test-app-secret-0001";

    fn meta() -> Scheme {
        Scheme::hmac_sha256_hex(HEADER, "sha256=", SECRET.into())
    }

    fn request(signature: Option<&[u8]>, body: &[u8]) -> Unverified {
        let headers = signature.map(|value| (HEADER, value));
        Unverified::new("POST", "https://hub.example/x", vec![], headers, Bytes::copy_from_slice(body))
    }

    fn verdict(signature: Option<&[u8]>, body: &[u8]) -> Result<(), Forged> {
        request(signature, body).verify(&meta(), DateTime::<Utc>::UNIX_EPOCH).map(|_| ())
    }

    #[test]
    fn published_vectors_verify() {
        let vectors: [(&[u8], &str); 2] = [
            (
                br#"{"object":"whatsapp_business_account","entry":[]}"#,
                "sha256=6c7d563c694361f705fbaae1cc200fe77ac07b50943250a6931917db3ee09a78",
            ),
            (
                br#"{"object":"whatsapp_business_account","entry":[{"id":"1","text":"caf\u00e9 \ud83d\udc4b"}]}"#,
                "sha256=a18158359ed41517a45290860a851e8fce78a6a042146a54f52554839a2a0c7a",
            ),
        ];
        for (body, signature) in vectors {
            assert_eq!(verdict(Some(signature.as_bytes()), body), Ok(()));
            let upper = signature.to_uppercase().replace("SHA256=", "sha256=");
            assert_eq!(verdict(Some(upper.as_bytes()), body), Ok(()), "hexadecimal has no case");
        }
    }

    #[test]
    fn every_other_signature_is_refused() {
        let body = br#"{"object":"whatsapp_business_account","entry":[]}"#;
        let right = format!("sha256={}", sign::hmac_sha256_hex(SECRET.as_bytes(), body));
        assert_eq!(verdict(None, body), Err(Forged::Missing));
        assert_eq!(verdict(Some(&right.as_bytes()[7..]), body), Err(Forged::Malformed));
        assert_eq!(verdict(Some(b"sha256=zz"), body), Err(Forged::Malformed));
        assert_eq!(verdict(Some(b"sha256=\xff\xfe"), body), Err(Forged::Malformed));
        assert_eq!(verdict(Some(b"sha256="), body), Err(Forged::Mismatch));
        let mut altered = body.to_vec();
        altered[3] ^= 1;
        assert_eq!(verdict(Some(right.as_bytes()), &altered), Err(Forged::Mismatch));
    }

    #[test]
    fn an_unset_secret_believes_nobody() {
        let body = b"{}";
        let signature = format!("sha256={}", sign::hmac_sha256_hex(b"", body));
        let scheme = Scheme::hmac_sha256_hex(HEADER, "sha256=", "".into());
        let verdict = request(Some(signature.as_bytes()), body).verify(&scheme, DateTime::UNIX_EPOCH);
        assert_eq!(verdict.map(|_| ()), Err(Forged::Mismatch));
    }

    #[test]
    fn tokens_compare_exactly() {
        let scheme = Scheme::HeaderToken { header: "X-Token", secret: "Secret-1".into() };
        for (given, expected) in [
            (Some("Secret-1"), Ok(())),
            (Some("secret-1"), Err(Forged::Mismatch)),
            (Some("Secret-"), Err(Forged::Mismatch)),
            (None, Err(Forged::Missing)),
        ] {
            let headers = given.map(|value| ("x-token", value.as_bytes()));
            let request = Unverified::new("POST", "", vec![], headers, Bytes::new());
            assert_eq!(request.verify(&scheme, DateTime::UNIX_EPOCH).map(|_| ()), expected);
        }
    }

    #[test]
    fn a_signed_time_must_be_near() {
        let scheme = Scheme::Hmac {
            digest: Digest::Sha256,
            header: "x-signature",
            prefix: "v0=",
            encoding: Encoding::Hex,
            secrets: vec!["old".into(), "new".into()],
            message: vec![Part::Literal("v0:"), Part::Header("x-time"), Part::Literal(":"), Part::Body],
            stamp: Some(Stamp { header: "x-time", tolerance_seconds: 300 }),
        };
        for (now, expected) in
            [(1_000, Ok(())), (1_300, Ok(())), (1_301, Err(Forged::Stale)), (699, Err(Forged::Stale))]
        {
            let signature = format!("v0={}", sign::hmac_sha256_hex(b"new", b"v0:1000:body"));
            let headers = [("x-signature", signature.as_bytes()), ("x-time", b"1000".as_slice())];
            let request = Unverified::new("POST", "", vec![], headers, Bytes::from_static(b"body"));
            let now = DateTime::from_timestamp(now, 0).expect("a time");
            assert_eq!(request.verify(&scheme, now).map(|_| ()), expected);
        }
    }

    #[test]
    fn ed25519_signatures_by_published_vectors() {
        let scheme = |public_key: &str| Scheme::Ed25519 {
            header: "X-Signature-Ed25519",
            public_key: public_key.to_owned(),
            stamp: Stamp { header: "X-Signature-Timestamp", tolerance_seconds: 300 },
        };
        let key = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
        let signatures = [
            "c1098e97d711377f30225d53d94b89d43537f92e5b3afaddc590781b1f9f9d4b2eeab335d370be3b9a090bc61a85b86448bc140dcd195f1569c2bff181257607",
            "75023258e983f4e7ee1407fbe9bfe5eafa4cadb58a14a1d097afa1e6fa0331fd3f948c94a5333726ea7e3044461888b462e6f8f65f56f95b721809c730027800",
        ];
        let bodies = [r#"{"type":1}"#, r#"{"type":1,"x":"café"}"#];
        let verdict = |signature: &str, time: &str, body: &str, key: &str, now: i64| {
            let headers =
                [("x-signature-ed25519", signature.as_bytes()), ("x-signature-timestamp", time.as_bytes())];
            let request = Unverified::new("POST", "", vec![], headers, body.to_owned().into());
            request.verify(&scheme(key), DateTime::from_timestamp(now, 0).expect("a time")).map(|_| ())
        };
        let (at, now) = ("1700000000", 1_700_000_000);
        for (signature, body) in signatures.into_iter().zip(bodies) {
            assert_eq!(verdict(signature, at, body, key, now), Ok(()));
            assert_eq!(verdict(&signature.to_uppercase(), at, body, &key.to_uppercase(), now + 300), Ok(()));
            assert_eq!(verdict(signature, at, body, key, now + 301), Err(Forged::Stale));
            assert_eq!(verdict(signature, "1700000001", body, key, now), Err(Forged::Mismatch));
            assert_eq!(verdict(signature, at, "{}", key, now), Err(Forged::Mismatch));
            assert_eq!(verdict(&signature[2..], at, body, key, now), Err(Forged::Malformed));
            let other = key.replacen("03", "04", 1);
            assert!(verdict(signature, at, body, &other, now).is_err());
            assert!(matches!(verdict(signature, at, body, "", now), Err(Forged::Unconfigured(_))));
        }
        assert_eq!(verdict(signatures[0], at, bodies[1], key, now), Err(Forged::Mismatch));
    }

    /// Out of SendGrid's library.
    #[test]
    fn ecdsa_signatures_by_a_published_vector() {
        const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
        const SIGNATURE: &str = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
        const BODY: &str = "[{\"email\":\"hello@world.com\",\"event\":\"dropped\",\"reason\":\"Bounced Address\",\"sg_event_id\":\"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\",\"sg_message_id\":\"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\"smtp-id\":\"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>\",\"timestamp\":1600112492}]\r\n";
        let verdict = |keys: &[&str], signature: &str, time: &str, body: &str, now: i64| {
            let scheme = Scheme::EcdsaP256 {
                header: "X-Signature",
                public_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
                stamp: Stamp { header: "X-Timestamp", tolerance_seconds: 300 },
            };
            let headers = [("x-signature", signature.as_bytes()), ("x-timestamp", time.as_bytes())];
            let request = Unverified::new("POST", "", vec![], headers, body.to_owned().into());
            request.verify(&scheme, DateTime::from_timestamp(now, 0).expect("a time")).map(|_| ())
        };
        let (at, now) = ("1600112502", 1_600_112_502);
        assert_eq!(verdict(&[KEY], SIGNATURE, at, BODY, now + 300), Ok(()));
        assert_eq!(verdict(&["no key", KEY], SIGNATURE, at, BODY, now), Ok(()));
        assert_eq!(verdict(&[KEY], SIGNATURE, at, BODY, now + 301), Err(Forged::Stale));
        assert_eq!(verdict(&[KEY], SIGNATURE, "1600112503", BODY, now), Err(Forged::Mismatch));
        assert_eq!(verdict(&[KEY], SIGNATURE, at, BODY.trim_end(), now), Err(Forged::Mismatch));
        assert_eq!(verdict(&[KEY], "MEUC", at, BODY, now), Err(Forged::Mismatch));
        assert_eq!(verdict(&[KEY], "no base64", at, BODY, now), Err(Forged::Malformed));
        let other = KEY.replacen("E83T4", "E83T5", 1);
        assert_eq!(verdict(&[&other], SIGNATURE, at, BODY, now), Err(Forged::Mismatch));
        for none in ["", "AAAA", &KEY[4..]] {
            assert!(matches!(verdict(&[none], SIGNATURE, at, BODY, now), Err(Forged::Unconfigured(_))));
        }
    }

    proptest! {
        #[test]
        fn no_header_panics_or_passes(signature in proptest::collection::vec(any::<u8>(), 0..120), body: Vec<u8>) {
            prop_assert!(verdict(Some(&signature), &body).is_err());
        }

        #[test]
        fn what_we_sign_verifies(body: Vec<u8>) {
            let signature = format!("sha256={}", sign::hmac_sha256_hex(SECRET.as_bytes(), &body));
            prop_assert_eq!(verdict(Some(signature.as_bytes()), &body), Ok(()));
        }
    }
}
