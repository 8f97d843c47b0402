//! Recorded callbacks and objects, what is read from them, and what is sent.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use webhooks::{Unverified, Verified, manifest};

use super::{
    MercadoPago, ask, seen,
    wire::{Chargeback, Payment},
};
use crate::{
    charge::Method,
    fixtures,
    money::Money,
    provider::{Ask, Item, Look, OfferSeen, OfferState, Payer, Provider},
};

const SECRET: &str = "mp_secret_0123456789abcdef";
const REQUEST_ID: &str = "bb56a2f1-6aae-46ac-982e-9dcd3581d08e";

/// A callback as it is recorded: its query and its body.
#[derive(Deserialize)]
struct Callback {
    query: Vec<(String, String)>,
    body: Value,
}

#[test]
fn callbacks_say_where_to_look() {
    let fields = [("access_token", "APP_USR-1"), ("webhook_secret", SECRET)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let account = MercadoPago.account_form().fill(fields.into()).unwrap();
    fixtures::walk("mercado_pago/callbacks", |given| {
        let Callback { query, body } = serde_json::from_str(given).unwrap();
        let resource = query.iter().find(|(name, _)| name == "data.id").map(|(_, id)| id.as_str());
        let signature = manifest::signature(&SECRET.into(), resource, Some(REQUEST_ID), 1_742_505_638_683);
        let headers =
            [(manifest::SIGNATURE, signature.as_bytes()), (manifest::REQUEST_ID, REQUEST_ID.as_bytes())];
        let body = Bytes::from(body.to_string());
        let request = Unverified::new("POST", "https://hub.example/x", query.clone(), headers, body);
        let proof = MercadoPago.proof(&account, &request);
        fixtures::noticed(&MercadoPago.read(&request.verify(&proof, Utc::now()).unwrap()).unwrap())
    });
}

/// What one offer has: its payments, and a chargeback of the last.
#[derive(Deserialize)]
struct Given {
    asked: String,
    offer: Option<OfferState>,
    payments: Vec<Payment>,
    chargeback: Option<Chargeback>,
}

#[test]
fn objects_are_charges() {
    fixtures::walk("mercado_pago/objects", |given| {
        let given: Given = serde_json::from_str(given).unwrap();
        let last = given.payments.len().saturating_sub(1);
        let chargeback = |at| given.chargeback.as_ref().filter(|_| at == last);
        let charge = |(at, payment): (usize, &Payment)| {
            seen::charge(payment, &payment.refunds, chargeback(at)).unwrap()
        };
        let charges: Vec<_> = given.payments.iter().enumerate().map(charge).collect();
        let request = charges.first().and_then(|charge| charge.request);
        let page = given.offer.map(|state| OfferSeen { id: "44444-5b1f".into(), request, state });
        let offer = page.or_else(|| given.payments.first().filter(|one| seen::is_code(one)).map(seen::code));
        fixtures::shown(&Look { offer, charges }, &given.asked)
    });
}

fn request(methods: &[Method], amount: Money) -> Ask {
    Ask {
        id: "019ab3d2-7c1e-7a10-9c55-0a4de1f2b301".parse().unwrap(),
        amount,
        description: "Consultation".into(),
        items: Vec::new(),
        methods: methods.to_vec(),
        expires_at: DateTime::from_timestamp(1_767_312_000, 0).unwrap(),
        payer: Payer { name: Some("Ana".into()), email: Some("ana@example.com".into()) },
        return_url: "https://hub.example/paid".parse().unwrap(),
        callback_url: "https://hub.example/webhooks/mercado_pago/7?a=b".parse().unwrap(),
    }
}

fn real(minor: i64) -> Money {
    Money::new(minor, "BRL".parse().unwrap())
}

#[test]
fn a_preference_says_all_of_the_request() {
    let sent =
        serde_json::to_value(ask::preference(&request(&[Method::Card, Method::Pix], real(15_990)))).unwrap();
    let id = "019ab3d2-7c1e-7a10-9c55-0a4de1f2b301";
    assert_eq!(
        sent,
        json!({
            "items": [{ "id": "1", "title": "Consultation", "quantity": 1, "currency_id": "BRL", "unit_price": 159.9 }],
            "payer": { "name": "Ana", "email": "ana@example.com" },
            "external_reference": id,
            "metadata": { "switchboard_payment": id },
            "notification_url": "https://hub.example/webhooks/mercado_pago/7?a=b&source_news=webhooks",
            "back_urls": {
                "success": "https://hub.example/paid", "pending": "https://hub.example/paid", "failure": "https://hub.example/paid",
            },
            "auto_return": "approved",
            "expires": true,
            "expiration_date_to": "2026-01-02T00:00:00.000+00:00",
            "date_of_expiration": "2026-01-02T00:00:00.000+00:00",
            "payment_methods": { "excluded_payment_types": [{ "id": "ticket" }, { "id": "digital_currency" }] },
            "binary_mode": false,
        })
    );
}

#[test]
fn amounts_are_written_digit_by_digit() {
    let text = |ask: &Ask| serde_json::to_string(&ask::preference(ask)).unwrap();
    assert!(
        text(&request(&[Method::Card], real(9_007_199_254_740_993)))
            .contains(r#""unit_price":90071992547409.93"#)
    );
    let pesos = Money::new(15_990, "CLP".parse().unwrap());
    assert!(text(&request(&[Method::Card], pesos)).contains(r#""unit_price":15990}"#));
    let pix = request(&[Method::Pix], real(10));
    assert!(
        serde_json::to_string(&ask::pix(&pix, "a@b.c")).unwrap().contains(r#""transaction_amount":0.1,"#)
    );
}

#[test]
fn what_is_not_wanted_is_shut_out() {
    let excluded = |methods: &[Method], code: &str| {
        let ask = request(methods, Money::new(100, code.parse().unwrap()));
        let types = ask::preference(&ask).payment_methods.excluded_payment_types;
        types.iter().map(|excluded| excluded.id).collect::<Vec<_>>().join(" ")
    };
    let cards = "credit_card debit_card prepaid_card";
    assert_eq!(excluded(&[Method::Card], "BRL"), "bank_transfer ticket digital_currency");
    assert_eq!(excluded(&[Method::Boleto], "BRL"), format!("{cards} bank_transfer digital_currency"));
    assert_eq!(excluded(&[Method::Card, Method::Pix, Method::Boleto, Method::Other], "BRL"), "");
    // In other countries both are something else.
    assert_eq!(excluded(&[Method::Card, Method::Other], "COP"), "");
    assert_eq!(excluded(&[Method::Card], "COP"), "bank_transfer ticket digital_currency");
}

#[test]
fn lines_are_items_and_a_plain_address_is_not_returned_to_by_itself() {
    let items = vec![
        Item { title: "Tea".into(), quantity: 2, price: real(500) },
        Item { title: "Cup".into(), quantity: 1, price: real(1_001) },
    ];
    let ask = Ask {
        items,
        payer: Payer::default(),
        return_url: "http://localhost/paid".parse().unwrap(),
        ..request(&[Method::Card], real(2_001))
    };
    let sent = serde_json::to_value(ask::preference(&ask)).unwrap();
    assert_eq!(
        sent["items"][1],
        json!({ "id": "2", "title": "Cup", "quantity": 1, "currency_id": "BRL", "unit_price": 10.01 })
    );
    assert!(sent.get("auto_return").is_none() && sent.get("payer").is_none());
}

fn from_network(query: Vec<(String, String)>, body: impl Into<Bytes>) -> Verified {
    Verified::from_record("POST", query, vec![], body.into(), Utc::now() - TimeDelta::seconds(1))
}

proptest! {
    #[test]
    fn any_body_gets_an_answer(body: Vec<u8>, id in ".{0,80}") {
        let _ = MercadoPago.read(&from_network(vec![("data.id".into(), id)], body));
    }

    #[test]
    fn any_callback_names_a_plain_id_or_nothing(kind in "payment|topic_[a-z]{0,9}|topic_chargebacks_wh", id in ".{0,20}", inner in ".{0,20}") {
        let body = json!({ "id": inner, "type": kind, "action": inner, "data": { "id": inner } }).to_string();
        for query in [vec![("data.id".into(), id)], vec![]] {
            for notice in MercadoPago.read(&from_network(query, body.clone())).unwrap() {
                let about = serde_json::to_value(&notice.about).unwrap();
                let id = about["id"].as_str().unwrap();
                prop_assert!(!id.is_empty() && !id.contains(['/', '.', ' ', '?']));
            }
        }
    }
}
