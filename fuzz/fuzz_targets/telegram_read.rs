//! A believed callback with any body is read without a panic.
#![no_main]

use bytes::Bytes;
use channels::Account;
use libfuzzer_sys::fuzz_target;
use webhooks::Verified;

fuzz_target!(|body: &[u8]| {
    let channel = channels::find("telegram").expect("a channel");
    let account = Account::new([]);
    let body = Bytes::copy_from_slice(body);
    let request = Verified::from_record("POST", vec![], vec![], body, chrono::DateTime::UNIX_EPOCH);
    let _ = channel.read(&account, &request);
});
