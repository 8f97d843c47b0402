//! Calls that are repeated, cut off or refused.

use reqwest::Method;
use serde_json::json;
use simulator::{Cashier, Fault};

use crate::house::House;

#[tokio::test]
async fn a_refund_needs_a_key_and_is_made_once_by_it() {
    let house = House::start().await;
    let id = house.paid("100").await;
    let path = format!("v1/payments/{id}/refunds");
    let body = json!({ "amount": 10 });
    let keyless = house.call(Method::POST, &path, Some(body.clone()), None).await.unwrap();
    assert_eq!(keyless.status, 400);
    let first = house.post(&path, body.clone(), "key").await;
    let second = house.post(&path, body.clone(), "key").await;
    assert_eq!((first.status, &first.json), (second.status, &second.json));
    assert_eq!(house.post(&path, json!({ "amount": 11 }), "key").await.status, 409);
    let faults = house.simulator.mercado_pago.faults();
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        faults.next("refunds.create", fault);
        assert!(house.call(Method::POST, &path, Some(body.clone()), Some("cut")).await.is_err());
    }
    house.post(&path, body.clone(), "cut").await;
    faults.next("refunds.create", Fault::Refuse { code: 429, retry_after: Some(2) });
    assert_eq!(house.post(&path, body.clone(), "late").await.json["error"], "too_many_requests");
    assert_eq!(house.get(&path).await.json.as_array().unwrap().len(), 2);
    let refused = house.post(&path, json!({ "amount": 500 }), "much").await.status;
    assert_eq!(
        (refused, house.post(&path, body, "much").await.status),
        (400, 201),
        "a refusal leaves the key free"
    );
}

#[tokio::test]
async fn a_preference_is_made_once_by_its_key() {
    let house = House::start().await;
    let body = house.preference_body("10");
    let first = house.post("checkout/preferences", body.clone(), "key").await.json;
    assert_eq!(house.post("checkout/preferences", body, "key").await.json, first);
    let calls = house.simulator.mercado_pago.calls();
    assert_eq!(calls.iter().filter(|call| call.method == "preferences.create").count(), 2);
}
