//! Recorded callbacks and objects, and what is read from them.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use webhooks::{Unverified, Verified, stamped};

use super::{
    Stripe,
    client::VERSION,
    seen,
    wire::{Intent, Linked, Session, StripeDispute, StripeRefund},
};
use crate::{
    fixtures,
    provider::{Look, Provider},
};

const SECRET: &str = "whsec_test_0123456789abcdef";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap()
}

/// As Stripe sends it, while the old secret is rolled.
fn verified(body: &str) -> Verified {
    let fields = [("secret_key", "sk_test_1"), ("webhook_secret", SECRET)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let account = Stripe.account_form().fill(fields.into()).unwrap();
    let signature =
        stamped::signature(&["whsec_old".into(), SECRET.into()], now().timestamp(), body.as_bytes());
    let headers = [("Stripe-Signature", signature.as_bytes()), ("Content-Type", b"application/json")];
    let request = Unverified::new(
        "POST",
        "https://hub.example/x",
        vec![],
        headers,
        Bytes::copy_from_slice(body.as_bytes()),
    );
    let proof = Stripe.proof(&account, &request);
    request.verify(&proof, now()).unwrap()
}

#[test]
fn callbacks_say_where_to_look() {
    fixtures::walk("stripe/callbacks", |body| {
        let version = serde_json::from_str::<Value>(body).unwrap()["api_version"].clone();
        assert!(version.is_null() || version == VERSION, "{version} is not what accounts are told to choose");
        fixtures::noticed(&Stripe.read(&verified(body)).unwrap())
    });
}

/// Objects as they are expanded, and what is listed beside them.
#[derive(Deserialize)]
struct Given {
    asked: String,
    session: Option<Session>,
    intent: Option<Intent>,
    #[serde(default)]
    refunds: Vec<StripeRefund>,
    #[serde(default)]
    disputes: Vec<StripeDispute>,
}

#[test]
fn objects_are_charges() {
    fixtures::walk("stripe/objects", |given| {
        let given: Given = serde_json::from_str(given).unwrap();
        let whole = given.session.as_ref().and_then(|session| session.payment_intent.as_ref());
        let intent = given.intent.as_ref().or_else(|| whole.and_then(Linked::whole));
        let payer = given.session.as_ref().and_then(|session| session.customer_details.as_ref());
        let charge =
            intent.map(|intent| seen::charge(intent, &given.refunds, &given.disputes, payer).unwrap());
        let page = given.session.as_ref().map(seen::session);
        let offer = page.or_else(|| intent.and_then(seen::code));
        fixtures::shown(&Look { offer, charges: charge.into_iter().collect() }, &given.asked)
    });
}

proptest! {
    #[test]
    fn any_body_gets_an_answer(body: Vec<u8>) {
        let request = Verified::from_record("POST", vec![], vec![], body.into(), now());
        let _ = Stripe.read(&request);
    }

    #[test]
    fn any_event_gets_an_answer(kind in "[a-z_.]{0,40}", id in ".{0,20}", cut in 0_usize..200) {
        let body = serde_json::json!({
            "id": id, "object": "event", "type": kind, "data": { "object": { "id": id, "payment_intent": id } },
        });
        let body = body.to_string();
        let cut = (0..=cut.min(body.len())).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
        for body in [body.as_bytes(), &body.as_bytes()[..cut]] {
            let request = Verified::from_record("POST", vec![], vec![], Bytes::copy_from_slice(body), now());
            let _ = Stripe.read(&request);
        }
    }
}
