//! The API: amounts, preferences, payments, search.

use serde_json::{Value, json};
use simulator::{Cashier, Means};

use crate::house::House;

#[tokio::test]
async fn amounts_are_written_exactly() {
    let house = House::start().await;
    for (price, written) in
        [("159.90", "159.9"), ("0.1", "0.1"), ("1050", "1050"), ("999999.99", "999999.99")]
    {
        let payment = house.paid(price).await;
        let answer = house.get(&format!("v1/payments/{payment}")).await;
        assert!(answer.text.contains(&format!("\"transaction_amount\":{written},")), "{}", answer.text);
    }
    let payment = house.paid("159.90").await;
    let details = house.get(&format!("v1/payments/{payment}")).await;
    assert!(details.text.contains("\"amount\":7.96,"), "{}", details.text);
    assert!(details.text.contains("\"net_received_amount\":151.94"), "{}", details.text);
}

#[tokio::test]
async fn a_preference_is_made_seen_changed_and_refused() {
    let house = House::start().await;
    let id = house.preference("159.90").await;
    let path = format!("checkout/preferences/{id}");
    let seen = house.get(&path).await.json;
    assert!(seen["init_point"].as_str().unwrap().contains(&id));
    assert_eq!(
        (&seen["items"][0]["unit_price"], &seen["external_reference"]),
        (&json!(159.9), &json!("pay-42"))
    );
    let past = json!({ "expires": true, "expiration_date_to": "2026-01-31T23:59:59.000-03:00" });
    assert_eq!(house.put(&path, past).await.status, 200);
    assert!(house.simulator.mercado_pago.pay(&id).await.is_err(), "it is closed");
    let change = |name: &str, value: Value| {
        let mut body = house.preference_body("10");
        body[name] = value;
        body
    };
    let item = |field: &str, value: Value| {
        let mut item = json!({ "title": "A", "quantity": 1, "currency_id": "BRL", "unit_price": 10 });
        item[field] = value;
        json!([item])
    };
    for bad in [
        change("items", json!([])),
        change("items", item("unit_price", json!(0))),
        change("items", item("unit_price", json!(-1))),
        change("items", item("unit_price", json!(1.005))),
        change("items", item("unit_price", json!("10"))),
        change("items", item("quantity", json!(0))),
        change("items", item("currency_id", json!("USD"))),
        change("back_urls", json!({})),
        change("notification_url", json!("nowhere")),
        change("expiration_date_to", json!("tomorrow")),
    ] {
        let refused = house.post("checkout/preferences", bad, "bad").await;
        assert_eq!((refused.status, &refused.json["status"]), (400, &json!(400)), "{}", refused.text);
        assert!(refused.json["message"].is_string() && refused.json["cause"].is_array());
    }
    let stranger = house.http.get(format!("{}/users/me", house.fields["api_base_url"]));
    assert_eq!(stranger.bearer_auth("APP_USR-nobody").send().await.unwrap().status(), 401);
    assert_eq!(house.get("users/me").await.json["site_id"], "MLB");
}

#[tokio::test]
async fn one_preference_is_paid_twice_after_a_refusal() {
    let house = House::start().await;
    let id = house.preference("50").await;
    let mercado_pago = &house.simulator.mercado_pago;
    let rejected = mercado_pago.fail(&id).await.unwrap();
    let first = mercado_pago.pay_by(&id, Means::Pix).await.unwrap();
    assert!(mercado_pago.pay(&id).await.is_err());
    let second = mercado_pago.pay_again(&id).await.unwrap();
    let found =
        house.get("v1/payments/search?external_reference=pay-42&sort=date_created&criteria=asc").await.json;
    let ids: Vec<_> = found["results"].as_array().unwrap().iter().map(|one| one["id"].to_string()).collect();
    assert_eq!(ids, [rejected, first.clone(), second]);
    assert_eq!(found["results"][0]["status_detail"], "cc_rejected_insufficient_amount");
    let payment = house.get(&format!("v1/payments/{first}")).await.json;
    assert_eq!(payment["metadata"], json!({ "request_id": "42" }), "keys come back in snake case");
    let order = payment["order"]["id"].as_str().unwrap();
    let order = house.get(&format!("merchant_orders/{order}")).await.json;
    assert_eq!((&order["preference_id"], &order["paid_amount"]), (&json!(id), &json!(100)));
    assert_eq!((&order["total_amount"], order["payments"].as_array().unwrap().len()), (&json!(50), 3));
}

#[tokio::test]
async fn a_direct_pix_payment_shows_its_code_and_can_be_cancelled() {
    let house = House::start().await;
    let body = json!({
        "transaction_amount": 49.9, "payment_method_id": "pix", "description": "Consulta", "external_reference": "pay-43",
        "payer": { "email": "ana@example.com" },
    });
    let made = house.post("v1/payments", body.clone(), "one").await;
    assert_eq!((made.status, &made.json["status"]), (201, &json!("pending")));
    let shown = &made.json["point_of_interaction"]["transaction_data"];
    assert!(shown["qr_code"].as_str().unwrap().contains("540549.90"));
    let picture = shown["qr_code_base64"].as_str().unwrap();
    assert!(picture.starts_with("iVBORw0KGgo"), "a PNG");
    let path = format!("v1/payments/{}", made.json["id"]);
    let cancelled = house.put(&path, json!({ "status": "cancelled" })).await.json;
    assert_eq!(cancelled["status_detail"], "by_collector");
    assert_eq!(house.put(&path, json!({ "status": "cancelled" })).await.status, 400);
    let paid = house.post("v1/payments", body.clone(), "two").await.json["id"].to_string();
    house.simulator.mercado_pago.pay(&paid).await.unwrap();
    assert_eq!(house.get(&format!("v1/payments/{paid}")).await.json["status_detail"], "accredited");
    let lapsed = house.post("v1/payments", body.clone(), "three").await.json["id"].to_string();
    house.simulator.mercado_pago.expire(&lapsed).await.unwrap();
    assert_eq!(house.get(&format!("v1/payments/{lapsed}")).await.json["status_detail"], "expired");
    for (name, value) in [
        ("transaction_amount", json!(0)),
        ("transaction_amount", json!(1.001)),
        ("payment_method_id", json!("visa")),
        ("payer", json!({})),
        ("date_of_expiration", json!("2020-01-01T00:00:00.000-03:00")),
    ] {
        let mut bad = body.clone();
        bad[name] = value;
        assert_eq!(house.post("v1/payments", bad, "bad").await.status, 400, "{name}");
    }
}

#[tokio::test]
async fn partly_refunded_payments_stay_approved() {
    let house = House::start().await;
    let id = house.paid("100").await;
    let refunds = format!("v1/payments/{id}/refunds");
    let made = house.post(&refunds, json!({ "amount": 30.5 }), "a").await;
    assert_eq!(
        (made.status, &made.json["amount"], &made.json["status"]),
        (201, &json!(30.5), &json!("approved"))
    );
    let seen = house.get(&format!("v1/payments/{id}")).await.json;
    assert_eq!((&seen["status"], &seen["status_detail"]), (&json!("approved"), &json!("partially_refunded")));
    assert_eq!(seen["transaction_amount_refunded"], 30.5);
    assert_eq!(house.post(&refunds, json!({ "amount": 69.51 }), "b").await.status, 400);
    assert_eq!(house.post(&refunds, json!({}), "c").await.json["amount"], 69.5);
    let seen = house.get(&format!("v1/payments/{id}")).await.json;
    assert_eq!((&seen["status"], seen["refunds"].as_array().unwrap().len()), (&json!("refunded"), 2));
    assert_eq!(house.post(&refunds, json!({}), "d").await.status, 400);
    assert_eq!(house.get(&refunds).await.json.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn search_has_pages_and_dates() {
    let house = House::start().await;
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(house.paid("10").await);
    }
    all.reverse();
    let mut seen = Vec::new();
    for offset in [0, 2, 4] {
        let path = format!(
            "v1/payments/search?range=date_last_updated&begin_date=NOW-1DAYS&end_date=NOW&sort=date_last_updated&limit=2&offset={offset}"
        );
        let page = house.get(&path).await.json;
        assert_eq!(page["paging"], json!({ "total": 5, "limit": 2, "offset": offset }));
        seen.extend(page["results"].as_array().unwrap().iter().map(|one| one["id"].to_string()));
    }
    assert_eq!(seen, all);
    let none =
        "v1/payments/search?range=date_created&begin_date=2020-01-01T00:00:00.000-03:00&end_date=NOW-1HOURS";
    assert_eq!(house.get(none).await.json["paging"]["total"], 0);
    for bad in ["begin_date=yesterday", "range=birthday", "limit=many", "criteria=sideways"] {
        assert_eq!(house.get(&format!("v1/payments/search?{bad}")).await.status, 400, "{bad}");
    }
}
