//! Events: which ones, signed how, in which order.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Cashier, DeedError, Order};

use crate::house::{House, id};

const PAID: [&str; 4] =
    ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"];

#[tokio::test]
async fn a_payment_is_told_in_four_events() {
    let house = House::start().await;
    let (session, intent) = house.paid(1000).await;
    assert_eq!(house.kinds(), PAID);
    let heard = house.ear.heard.lock().unwrap().clone();
    let completed = &heard[3]["data"]["object"];
    assert_eq!((&completed["id"], &completed["payment_intent"]), (&json!(session), &json!(intent)));
    assert_eq!((&completed["payment_status"], &completed["status"]), (&json!("paid"), &json!("complete")));
    assert!(heard.iter().all(|event| event["livemode"] == false && event["api_version"].is_string()));
    let listed = house.get("events?types[]=checkout.session.completed").await.json;
    assert_eq!(listed["data"], json!([heard[3]]));
}

#[tokio::test]
async fn boletos_are_completed_before_they_are_paid() {
    let house = House::start().await;
    let stripe = &house.simulator.stripe;
    for paid in [true, false] {
        let session = id(&house.session(1000).await);
        stripe.start_boleto(&session).await.unwrap();
        let seen = house.get(&format!("checkout/sessions/{session}?expand[]=payment_intent")).await.json;
        assert_eq!((&seen["status"], &seen["payment_status"]), (&json!("complete"), &json!("unpaid")));
        assert_eq!(seen["payment_intent"]["next_action"]["type"], "boleto_display_details");
        let (end, told) = match paid {
            true => (simulator::Deed::SettleBoleto, "checkout.session.async_payment_succeeded"),
            false => (simulator::Deed::LapseBoleto, "checkout.session.async_payment_failed"),
        };
        stripe.act(&session, end).await.unwrap();
        assert_eq!(house.kinds().last().unwrap(), told);
        let seen = house.get(&format!("checkout/sessions/{session}")).await.json;
        assert_eq!(seen["payment_status"] == "paid", paid);
        assert!(stripe.settle_boleto(&session).await.is_err());
    }
}

#[tokio::test]
async fn refunds_and_disputes_are_told_and_end() {
    let house = House::start().await;
    let stripe = &house.simulator.stripe;
    let (_, intent) = house.paid(5000).await;
    house.forget();
    let refund = stripe.refund_elsewhere(&intent, Some(2000)).await.unwrap();
    assert_eq!(house.kinds(), ["refund.created", "charge.refunded"]);
    let told = house.ear.heard.lock().unwrap()[1]["data"].clone();
    assert_eq!(
        (&told["object"]["amount_refunded"], &told["object"]["refunded"]),
        (&json!(2000), &json!(false))
    );
    assert_eq!(told["previous_attributes"], json!({ "amount_refunded": 0 }));
    stripe.end_refund(&refund, false).await.unwrap();
    let charge = |intent: Value| intent["latest_charge"].clone();
    let path = format!("payment_intents/{intent}?expand[]=latest_charge");
    assert_eq!(charge(house.get(&path).await.json)["amount_refunded"], 0, "failed refunds come back");
    house.forget();
    let dispute = stripe.dispute(&intent).await.unwrap();
    assert_eq!(house.get(&format!("disputes?payment_intent={intent}")).await.json["data"][0]["id"], dispute);
    assert_eq!(house.get(&format!("disputes/{dispute}")).await.json["status"], "needs_response");
    let refused = house.post("refunds", &[("payment_intent", intent.as_str())]).await;
    assert_eq!(refused.json["error"]["code"], "charge_disputed");
    stripe.end_dispute(&intent, true).await.unwrap();
    assert_eq!(
        house.kinds(),
        [
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.closed",
            "charge.dispute.funds_reinstated"
        ]
    );
    assert_eq!(house.get(&format!("disputes/{dispute}")).await.json["status"], "won");
}

#[tokio::test]
async fn events_come_in_any_order_twice_late_or_never() {
    let house = House::start().await;
    let deliveries = house.simulator.stripe.deliveries();
    deliveries.set_order(Order::Reversed);
    house.paid(1000).await;
    let mut reversed = PAID;
    reversed.reverse();
    assert_eq!(house.kinds(), reversed);
    house.forget();
    deliveries.set_order(Order::Made);
    deliveries.set_copies(2);
    house.paid(1000).await;
    assert_eq!(house.kinds().len(), 8);
    deliveries.set_copies(1);
    house.forget();
    deliveries.hold();
    house.paid(1000).await;
    assert!(house.kinds().is_empty() && deliveries.held() == PAID);
    deliveries.release(Order::Shuffled).await.unwrap();
    let mut kinds = house.kinds();
    kinds.sort();
    let mut expected = PAID;
    expected.sort();
    assert_eq!(kinds, expected);
    house.forget();
    deliveries.drop_kinds(&["checkout.session.completed"]);
    house.paid(1000).await;
    assert_eq!(house.kinds(), PAID[..3]);
    deliveries.set_dropping(true);
    house.paid(1000).await;
    assert_eq!(house.kinds(), PAID[..3]);
    assert_eq!(
        house.get("events?type=checkout.session.completed").await.json["data"].as_array().unwrap().len(),
        5
    );
}

#[tokio::test]
async fn what_is_not_taken_comes_again_with_a_new_signature() {
    let house = House::start().await;
    let stripe = &house.simulator.stripe;
    stripe.deliveries().set_patience(Duration::from_millis(5), 5);
    *house.ear.refuse.lock().unwrap() = vec![500, 302, 404];
    house.paid(1000).await;
    let mut kinds = house.kinds();
    kinds.sort();
    assert_eq!(kinds.len(), 4);
    // An ear that believes none of it hears nothing.
    *house.ear.secrets.lock().unwrap() = vec!["whsec_another".into()];
    let session = id(&house.session(1000).await);
    assert_eq!(stripe.pay(&session).await, Err(DeedError::NotTaken(400)));
    assert_eq!(house.kinds().len(), 4);
}

#[tokio::test]
async fn while_a_secret_is_rolled_both_are_good() {
    let house = House::start().await;
    let stripe = &house.simulator.stripe;
    let new = stripe.roll_secret(&house.fields["secret_key"]).unwrap();
    house.paid(1000).await;
    assert_eq!(house.kinds().len(), 4, "the old one signs still");
    *house.ear.secrets.lock().unwrap() = vec![new];
    house.paid(1000).await;
    stripe.retire_secret(&house.fields["secret_key"]);
    house.paid(1000).await;
    assert_eq!(house.kinds().len(), 12);
}

#[tokio::test]
async fn an_expired_session_cannot_be_paid() {
    let house = House::start().await;
    let stripe = &house.simulator.stripe;
    let (one, other) = (id(&house.session(1000).await), id(&house.session(1000).await));
    stripe.fail(&one).await.unwrap();
    stripe.expire(&one).await.unwrap();
    assert_eq!(house.kinds()[3..], ["payment_intent.canceled", "checkout.session.expired"]);
    assert!(stripe.pay(&one).await.is_err());
    let expired = house.post(&format!("checkout/sessions/{other}/expire"), &[]).await;
    assert_eq!((&expired.json["status"], &expired.json["url"]), (&json!("expired"), &Value::Null));
    assert_eq!(house.post(&format!("checkout/sessions/{other}/expire"), &[]).await.status, 400);
    stripe.deliveries().quiet().await;
    assert_eq!(house.kinds().len(), 6);
}
