//! Calls that are repeated, cut off, slow or refused, and a Stripe that is away for a while.

use std::time::Duration;

use simulator::{Cashier, Fault};

use crate::house::{House, id};

const REFUND: &str = "refunds.create";

#[tokio::test]
async fn a_key_makes_one_refund_however_often_it_is_used() {
    let house = House::start().await;
    let (_, intent) = house.paid(5000).await;
    let form = [("payment_intent", intent.as_str()), ("amount", "1000")];
    let first = house.post_with("refunds", &form, Some("key-1")).await.unwrap();
    let second = house.post_with("refunds", &form, Some("key-1")).await.unwrap();
    assert_eq!((first.replayed, second.replayed), (false, true));
    assert_eq!(first.json, second.json);
    let other = [("payment_intent", intent.as_str()), ("amount", "1001")];
    let refused = house.post_with("refunds", &other, Some("key-1")).await.unwrap();
    assert_eq!((refused.status, &refused.json["error"]["type"]), (400, &"idempotency_error".into()));
    house.post_with("refunds", &form, Some("key-2")).await.unwrap();
    let list = house.get(&format!("refunds?payment_intent={intent}")).await.json;
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    // What was refused before it was carried out leaves its key free.
    let bad = [("payment_intent", intent.as_str()), ("amount", "x")];
    assert_eq!(house.post_with("refunds", &bad, Some("key-3")).await.unwrap().status, 400);
    assert_eq!(house.post_with("refunds", &form, Some("key-3")).await.unwrap().status, 200);
    // What was refused while it was carried out does not.
    let much = [("payment_intent", intent.as_str()), ("amount", "9000")];
    house.post_with("refunds", &much, Some("key-4")).await.unwrap();
    assert!(house.post_with("refunds", &much, Some("key-4")).await.unwrap().replayed);
}

#[tokio::test]
async fn a_key_is_in_use_while_its_first_call_is_under_way() {
    let house = House::start().await;
    let (_, intent) = house.paid(5000).await;
    let form = [("payment_intent", intent.as_str())];
    house.simulator.stripe.faults().next(REFUND, Fault::Slow(Duration::from_millis(300)));
    let slow = house.post_with("refunds", &form, Some("key"));
    let quick = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        house.post_with("refunds", &form, Some("key")).await.unwrap()
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!((slow.unwrap().status, quick.status), (200, 409));
    assert_eq!(quick.json["error"]["code"], "idempotency_key_in_use");
    assert!(house.post_with("refunds", &form, Some("key")).await.unwrap().replayed);
}

#[tokio::test]
async fn a_call_that_was_cut_off_was_carried_out_or_not() {
    let house = House::start().await;
    let (_, intent) = house.paid(5000).await;
    let form = [("payment_intent", intent.as_str()), ("amount", "1000")];
    let faults = house.simulator.stripe.faults();
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        faults.next(REFUND, fault);
        assert!(house.post_with("refunds", &form, Some("key")).await.is_err());
    }
    assert!(house.post_with("refunds", &form, Some("key")).await.unwrap().replayed);
    faults.next(REFUND, Fault::Status(503));
    assert_eq!(house.post_with("refunds", &form, Some("other")).await.unwrap().status, 503);
    faults.next(REFUND, Fault::Refuse { code: 429, retry_after: Some(1) });
    let refused = house.post_with("refunds", &form, Some("other")).await.unwrap();
    assert_eq!(refused.json["error"]["code"], "rate_limit");
    let list = house.get(&format!("refunds?payment_intent={intent}")).await.json;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn stripe_can_be_away_and_come_back_with_its_books() {
    let house = House::start().await;
    let session = id(&house.session(1000).await);
    house.simulator.pause().await;
    let path = format!("checkout/sessions/{session}");
    let url = format!("{}/v1/{path}", house.fields["api_base_url"]);
    assert!(house.http.get(&url).send().await.is_err());
    let stripe = house.simulator.stripe.clone();
    let paying = {
        let session = session.clone();
        tokio::spawn(async move { stripe.pay(&session).await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(house.kinds().is_empty(), "it tells nothing while it is away");
    house.simulator.resume().await.unwrap();
    paying.await.unwrap().unwrap();
    assert_eq!(house.kinds().len(), 4);
    assert_eq!(house.get(&path).await.json["payment_status"], "paid");
}

/// A call that is under way when Stripe goes away ends, too.
#[tokio::test]
async fn going_away_cuts_calls_that_are_under_way() {
    let house = House::start().await;
    let (_, intent) = house.paid(5000).await;
    let form = [("payment_intent", intent.as_str())];
    house.simulator.stripe.faults().next(REFUND, Fault::Slow(Duration::from_secs(60)));
    let away = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        house.simulator.pause().await;
    };
    let (cut, ()) = tokio::join!(house.post_with("refunds", &form, Some("key")), away);
    assert!(cut.is_err());
    house.simulator.resume().await.unwrap();
    let again = house.post_with("refunds", &form, Some("key")).await.unwrap();
    assert_eq!((again.status, again.replayed), (200, false));
}
