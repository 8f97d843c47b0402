//! No signature header panics, and none passes that was not made with the key.
#![no_main]

use bytes::Bytes;
use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use webhooks::{Scheme, Unverified};

fuzz_target!(|input: (&[u8], &[u8])| {
    let (header, body) = input;
    let scheme = Scheme::hmac_sha256_hex("x-hub-signature-256", "sha256=", "a key that nobody guesses".into());
    let headers = [("x-hub-signature-256", header)];
    let request = Unverified::new("POST", "", vec![], headers, Bytes::copy_from_slice(body));
    assert!(request.verify(&scheme, DateTime::UNIX_EPOCH).is_err());
});
