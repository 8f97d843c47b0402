//! Keyed digests, and how they are written in a header.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use crate::request::Forged;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    Sha1,
    Sha256,
}

/// How a digest is written in the header. Hexadecimal is accepted in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Hex,
    Base64,
}

impl Digest {
    pub(crate) fn matches(self, key: &[u8], message: &[Cow<'_, [u8]>], given: &[u8]) -> bool {
        match self {
            Self::Sha1 => verify::<Hmac<Sha1>>(key, message, given),
            Self::Sha256 => verify::<Hmac<Sha256>>(key, message, given),
        }
    }

    /// The raw bytes of an HMAC.
    pub(crate) fn mac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => mac::<Hmac<Sha1>>(key, message),
            Self::Sha256 => mac::<Hmac<Sha256>>(key, message),
        }
    }
}

fn verify<M: Mac + KeyInit>(key: &[u8], message: &[Cow<'_, [u8]>], given: &[u8]) -> bool {
    <M as KeyInit>::new_from_slice(key).is_ok_and(|mut mac| {
        message.iter().for_each(|piece| mac.update(piece));
        mac.verify_slice(given).is_ok()
    })
}

/// HMAC takes keys of any length, so that the error cannot occur.
fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    <M as KeyInit>::new_from_slice(key)
        .map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

impl Encoding {
    pub(crate) fn decode(self, header: &[u8], prefix: &str) -> Result<Vec<u8>, Forged> {
        let text = std::str::from_utf8(header).map_err(|_| Forged::Malformed)?;
        let digits = text.strip_prefix(prefix).ok_or(Forged::Malformed)?;
        match self {
            Self::Hex => hex::decode(digits).map_err(|_| Forged::Malformed),
            Self::Base64 => STANDARD.decode(digits).map_err(|_| Forged::Malformed),
        }
    }
}
