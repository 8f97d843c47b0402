//! What we sign ourselves: proofs for platforms' APIs, and the simulator's callbacks.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{Digest, form};

/// Lower-case hexadecimal HMAC-SHA256. A key of any length is allowed.
pub fn hmac_sha256_hex(key: &[u8], message: &[u8]) -> String {
    hex::encode(hmac_sha256(key, message))
}

/// The raw 32 bytes of an HMAC-SHA256.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length, so the error cannot occur.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

/// HMAC-SHA1 in base64: Trello's over the body and the address behind it.
pub fn hmac_sha1_base64(key: &[u8], message: &[u8]) -> String {
    STANDARD.encode(Digest::Sha1.mac(key, message))
}

/// What [`crate::Scheme::SignedForm`] expects in its header for this address, exactly as it is written, and this body.
pub fn signed_form(digest: Digest, key: &[u8], url: &str, body: &[u8]) -> String {
    STANDARD.encode(digest.mac(key, &form::message(url, body)))
}

/// The address under which a body that is no form is signed: its SHA-256 is added to the query.
pub fn with_body_digest(url: &str, body: &[u8]) -> String {
    form::with_body_digest(url, body)
}

#[cfg(test)]
mod tests {
    #[test]
    fn proof_of_a_token_matches_the_published_vector() {
        assert_eq!(
            super::hmac_sha256_hex(b"test-app-secret-0001", b"EAATESTTOKEN"),
            "c185e5167d87d35263cdb8cbe419b482a03c99878ec33457bd33eee37da8026a"
        );
    }
}
