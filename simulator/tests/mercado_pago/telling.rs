//! Notifications: signed, in any order, before the books know, and about disputes.

use std::time::Duration;

use serde_json::json;
use simulator::{Cashier, DeedError, Order};

use crate::house::House;

#[tokio::test]
async fn a_payment_is_told_by_its_number_alone() {
    let house = House::start().await;
    let id = house.paid("10").await;
    assert_eq!(house.heard(), ["payment.created", "payment.updated"]);
    let (query, body) = house.ear.heard.lock().unwrap()[0].clone();
    assert_eq!((query["data.id"].as_str(), query["type"].as_str()), (id.as_str(), "payment"));
    assert_eq!(query["source_news"], "webhooks", "the address keeps its own query");
    assert_eq!((&body["data"], &body["type"]), (&json!({ "id": id }), &json!("payment")));
}

#[tokio::test]
async fn without_an_address_of_its_own_the_panels_is_called() {
    let house = House::start().await;
    let mercado_pago = &house.simulator.mercado_pago;
    mercado_pago.enter_webhook(&house.fields["access_token"], &house.url);
    let sale = simulator::Sale {
        amount: 2500,
        currency: "BRL".into(),
        description: "At the counter".into(),
        reference: None,
        payer: "Bruno Lima".into(),
    };
    let id = mercado_pago.sell_elsewhere(&house.fields["access_token"], sale).await.unwrap();
    assert_eq!(house.heard().len(), 2);
    assert_eq!(house.get(&format!("v1/payments/{id}")).await.json["transaction_amount"], 25);
}

#[tokio::test]
async fn notifications_race_with_each_other_and_with_the_books() {
    let house = House::start().await;
    let mercado_pago = &house.simulator.mercado_pago;
    mercado_pago.set_unseen(&house.fields["access_token"], 2);
    mercado_pago.deliveries().set_order(Order::Reversed);
    mercado_pago.deliveries().set_copies(2);
    let id = house.paid("10").await;
    assert_eq!(house.heard(), ["payment.updated", "payment.updated", "payment.created", "payment.created"]);
    let path = format!("v1/payments/{id}");
    let statuses =
        [house.get(&path).await.status, house.get(&path).await.status, house.get(&path).await.status];
    assert_eq!(statuses, [404, 404, 200]);
    let ids: Vec<_> = house.ear.heard.lock().unwrap().iter().map(|(_, body)| body["id"].clone()).collect();
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "a repetition has the same number");
}

#[tokio::test]
async fn what_is_not_taken_comes_again() {
    let house = House::start().await;
    let deliveries = house.simulator.mercado_pago.deliveries();
    deliveries.set_patience(Duration::from_millis(5), 4);
    *house.ear.refuse.lock().unwrap() = vec![500, 500, 302];
    house.paid("10").await;
    assert_eq!(house.heard().len(), 2);
    *house.ear.secret.lock().unwrap() = "another".into();
    let preference = house.preference("11").await;
    let paid = house.simulator.mercado_pago.pay(&preference).await;
    assert_eq!(paid, Err(DeedError::NotTaken(400)));
}

#[tokio::test]
async fn boletos_wait_for_the_bank() {
    let house = House::start().await;
    let mercado_pago = &house.simulator.mercado_pago;
    let preference = house.preference("10").await;
    let id = mercado_pago.start_boleto(&preference).await.unwrap();
    let seen = house.get(&format!("v1/payments/{id}")).await.json;
    assert_eq!((&seen["status"], &seen["payment_type_id"]), (&json!("pending"), &json!("ticket")));
    mercado_pago.settle_boleto(&preference).await.unwrap();
    assert_eq!(house.get(&format!("v1/payments/{id}")).await.json["status"], "approved");
    assert!(mercado_pago.settle_boleto(&preference).await.is_err());
}

#[tokio::test]
async fn a_chargeback_is_told_and_decided() {
    let house = House::start().await;
    let mercado_pago = &house.simulator.mercado_pago;
    for (won, detail) in [(true, "reimbursed"), (false, "settled")] {
        let id = house.paid("10").await;
        house.forget();
        let chargeback = mercado_pago.dispute(&id).await.unwrap();
        assert_eq!(house.heard(), ["payment.updated", "topic_chargebacks_wh"]);
        let (query, body) = house.ear.heard.lock().unwrap()[1].clone();
        assert_eq!((&query["data.id"], body["data"]["payment_id"].to_string()), (&chargeback, id.clone()));
        assert!(body["actions"].is_array());
        let seen = house.get(&format!("v1/chargebacks/{chargeback}")).await.json;
        assert_eq!((&seen["amount"], seen["payments"][0].to_string()), (&json!(10), id.clone()));
        let found = house.get(&format!("v1/chargebacks/search?payment_id={id}")).await.json;
        assert_eq!(found["results"], json!([seen]));
        mercado_pago.end_dispute(&id, won).await.unwrap();
        let payment = house.get(&format!("v1/payments/{id}")).await.json;
        assert_eq!((&payment["status"], &payment["status_detail"]), (&json!("charged_back"), &json!(detail)));
    }
}

#[tokio::test]
async fn slow_refunds_arrive_or_are_rejected() {
    let house = House::start().await;
    let mercado_pago = &house.simulator.mercado_pago;
    mercado_pago.set_slow_refunds(&house.fields["access_token"], true);
    for (arrives, status) in [(true, "refunded"), (false, "approved")] {
        let id = house.paid("10").await;
        let refund = mercado_pago.refund_elsewhere(&id, None).await.unwrap();
        let seen = house.get(&format!("v1/payments/{id}/refunds/{refund}")).await.json;
        assert_eq!(seen["status"], "in_process");
        assert_eq!(house.get(&format!("v1/payments/{id}")).await.json["transaction_amount_refunded"], 0);
        mercado_pago.end_refund(&refund, arrives).await.unwrap();
        assert_eq!(house.get(&format!("v1/payments/{id}")).await.json["status"], status);
    }
}
