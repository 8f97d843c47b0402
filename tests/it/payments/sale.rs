//! From the first word to the books: what the customer gets, what colleagues see, what the deal does.

use serde_json::{Value, json};
use simulator::Order;

use super::{CUSTOMER, Shop, at_each};
use crate::{
    harness::inbox::{id, ids},
    realtime::socket::Socket,
};

at_each!(
    a_cake_is_sold_and_half_of_it_given_back,
    callbacks_may_come_in_any_order_and_twice,
    disputes_are_lost_or_won,
    who_is_not_paid_is_told,
    a_request_is_taken_back,
    a_request_without_a_conversation_has_a_link,
    the_provider_s_own_refunds_are_seen,
);

async fn messages(shop: &Shop) -> Vec<Value> {
    let path = format!("/conversations/{}/messages?direction=newer&limit=200", id(&shop.conversation));
    shop.owner.get(&path).await.expect(200).body["data"].as_array().unwrap().clone()
}

async fn a_cake_is_sold_and_half_of_it_given_back(provider: &str) {
    let shop = Shop::open(provider).await;
    let owner = &shop.owner;
    let _work = shop.work();
    let pipeline =
        owner.post("/pipelines", &json!({"name": "Sales", "currency": "BRL"})).await.expect(201).body;
    let won = pipeline["stages"].as_array().unwrap().iter().find(|stage| stage["name"] == "Won").unwrap();
    let path = format!("/pipelines/{}", id(&pipeline));
    owner.patch(&path, &json!({"on_paid_stage_id": id(won)})).await.expect(200);
    let lines = json!([{"name": "Cake", "quantity": "2", "unit_minor": 500}, {"name": "Candle", "quantity": "0.5", "unit_minor": 100}]);
    let deal = json!({"title": "Cake for Greta", "value": {"minor": 0, "currency": "BRL"}, "lines": lines});
    let deal = owner.post("/deals", &deal).await.expect(201).body;
    let colleague = shop.hub.invite(owner, "bia", "agent").await;
    let mut theirs = Socket::of(&shop.hub, &colleague).await;
    let mut mine = Socket::of(&shop.hub, owner).await;

    let mut body = shop.cake();
    body["deal_id"] = json!(id(&deal));
    body["deal_lines"] = json!(true);
    body.as_object_mut().unwrap().remove("amount");
    let payment = shop.ask(&body).await;
    assert_eq!(
        (payment["state"].as_str(), payment["amount"]["minor"].as_i64()),
        (Some("preparing"), Some(1050))
    );
    let payment = shop.until(&payment, "pending").await;
    let url = payment["url"].as_str().unwrap().to_owned();
    // The customer has the way to pay.
    for _ in 0..2400 {
        if !shop.played.received(CUSTOMER).is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let got = &shop.played.received(CUSTOMER)[0];
    assert!(got.text.contains("Cake") && got.text.contains("R$ 10,50"), "{got:?}");
    assert!(format!("{got:?}").contains(&url), "{got:?}");

    shop.cashier.pay(&shop.offer(&payment).await).await.unwrap();
    let paid = shop.until(&payment, "paid").await;
    assert_eq!(paid["captured"], json!({"minor": 1050, "currency": "BRL"}));
    assert!(paid["paid_at"].is_string() && paid["fee"]["minor"].as_i64().unwrap() > 0, "{paid}");
    let fee = paid["fee"]["minor"].as_i64().unwrap();
    assert_eq!(paid["net"]["minor"], 1050 - fee);
    // A colleague sees it happen; who asked for it is told.
    loop {
        let event = theirs.next_of("payment_status").await;
        if event["data"]["payment"]["state"] == "paid" {
            break;
        }
    }
    let notice = mine.next_of("notification").await;
    assert_eq!(notice["data"]["kind"], "payment_paid");
    let said = messages(&shop).await;
    let card = said.iter().find(|message| message["kind"] == "payment").unwrap();
    assert_eq!((&card["parts"][0]["state"], &card["parts"][0]["url"]), (&json!("paid"), &json!(url)));
    assert!(
        said.iter()
            .any(|message| message["kind"] == "system" && message["text"] == "R$ 10,50 was paid: Cake")
    );
    let deal = owner.get(&format!("/deals/{}", id(&deal))).await.expect(200).body;
    assert_eq!((&deal["status"], &deal["stage_id"]), (&json!("won"), &won["id"]));
    let happened = owner.get(&format!("/deals/{}/activities", id(&deal))).await.expect(200).body;
    let kinds: Vec<_> = happened["data"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert!(kinds.contains(&json!("paid")) && kinds.contains(&json!("stage")), "{kinds:?}");

    shop.refund(&paid, 525).await;
    let half = shop.until(&paid, "partially_refunded").await;
    assert_eq!(
        (half["refunded"]["minor"].as_i64(), half["refunds"][0]["state"].as_str()),
        (Some(525), Some("done"))
    );
    assert_eq!(half["refunds"][0]["by"]["name"], "ada");
    let rest = json!({"reason": "all of it"});
    owner.post(&format!("/payments/{}/refund", id(&paid)), &rest).await.expect(201);
    let all = shop.until(&paid, "refunded").await;
    assert_eq!(all["refunded"]["minor"], 1050);
    let what: Vec<_> =
        all["history"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    for step in ["asked", "offered", "state", "refund_asked", "refund"] {
        assert!(what.contains(&step), "{what:?}");
    }
    let [captured, refunded, lost, _] = shop.books().await;
    assert_eq!([captured, refunded, lost], [1050, 1050, 0]);
    assert_eq!(
        ids(&owner.get(&format!("/payments?deal_id={}", id(&deal))).await.expect(200).body),
        [id(&paid)]
    );
    assert_eq!(ids(&owner.get("/payments?state=refunded").await.expect(200).body), [id(&paid)]);
}

async fn callbacks_may_come_in_any_order_and_twice(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    for order in [Order::Reversed, Order::Shuffled, Order::Made] {
        let payment = shop.offered().await;
        let offer = shop.offer(&payment).await;
        shop.cashier.deliveries().hold();
        let charge = shop.cashier.pay(&offer).await.unwrap();
        shop.cashier.refund_elsewhere(&charge, Some(50)).await.unwrap();
        shop.cashier.deliveries().release(order).await.unwrap();
        let now = shop.until(&payment, "partially_refunded").await;
        shop.at_rest().await;
        assert_eq!(shop.payment(&payment).await["refunded"]["minor"], 50, "{order:?}");
        assert_eq!(now["captured"]["minor"], 1050);
    }
    let before = shop.books().await;
    assert_eq!(before[..3], [3150, 150, 0]);
    shop.cashier.deliveries().set_copies(3);
    let (payment, _) = shop.sold().await;
    shop.at_rest().await;
    let said = messages(&shop).await;
    let lines = said.iter().filter(|message| message["text"] == "R$ 10,50 was paid: Cake").count();
    assert_eq!(lines, 4, "each sale is told once");
    assert_eq!(shop.payment(&payment).await["charges"].as_array().unwrap().len(), 1);
    assert_eq!(shop.books().await[..3], [4200, 150, 0]);
}

async fn disputes_are_lost_or_won(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    for (won, state, lost) in [(true, "paid", 0), (false, "charged_back", 1050)] {
        let (payment, charge) = shop.sold().await;
        let before = shop.books().await[2];
        shop.cashier.dispute(&charge).await.unwrap();
        let disputed = shop.until_that(&payment, "disputed", |now| now["dispute"]["due"].is_string()).await;
        assert_eq!(disputed["state"], "paid", "nothing is lost yet");
        shop.cashier.end_dispute(&charge, won).await.unwrap();
        let word = if won { "won" } else { "lost" };
        let ended = shop.until_that(&payment, word, |now| now["dispute"]["state"] == word).await;
        assert_eq!(ended["state"], state);
        assert_eq!(shop.books().await[2] - before, lost);
    }
}

async fn who_is_not_paid_is_told(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let payment = shop.offered().await;
    let offer = shop.offer(&payment).await;
    shop.cashier.fail(&offer).await.unwrap();
    let failed = shop.until_that(&payment, "refused", |now| now["error"].is_object()).await;
    assert_eq!(failed["state"], "pending", "the payer may try again");
    shop.cashier.expire(&offer).await.unwrap();
    // Mercado Pago tells nobody that a page's time is over; the hub looks when it should be.
    shop.owner.post(&format!("/payments/{}/refresh", id(&payment)), &json!({})).await.expect(200);
    shop.until(&payment, "expired").await;
    shop.at_rest().await;
    assert_eq!(shop.books().await, [0; 4]);
}

async fn a_request_is_taken_back(provider: &str) {
    let shop = Shop::open(provider).await;
    // Before the provider heard of it: it never does.
    let early = shop.ask(&shop.cake()).await;
    let cancel = |payment: &Value| format!("/payments/{}/cancel", id(payment));
    shop.owner.post(&cancel(&early), &json!({})).await.expect(200);
    let _work = shop.work();
    let early = shop.until(&early, "cancelled").await;
    assert!(early["url"].is_null());
    assert_eq!(messages(&shop).await.last().unwrap()["status"], "failed");
    assert!(shop.played.received(CUSTOMER).is_empty());
    // While it can be paid.
    let open = shop.offered().await;
    shop.owner.post(&cancel(&open), &json!({})).await.expect(200);
    shop.until(&open, "cancelled").await;
    assert!(shop.cashier.pay(&shop.offer(&open).await).await.is_err(), "nobody can pay it");
    shop.owner.post(&cancel(&open), &json!({})).await.expect_problem(409, "payment_ended");
    // When it was paid.
    let (paid, _) = shop.sold().await;
    shop.owner.post(&cancel(&paid), &json!({})).await.expect_problem(409, "payment_ended");
}

async fn a_request_without_a_conversation_has_a_link(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let mut body = shop.cake();
    body.as_object_mut().unwrap().remove("conversation_id");
    let payment = shop.ask(&body).await;
    let payment = shop.until(&payment, "pending").await;
    assert!(payment["url"].is_string() && payment["message_id"].is_null());
    shop.cashier.pay(&shop.offer(&payment).await).await.unwrap();
    shop.until(&payment, "paid").await;
}

async fn the_provider_s_own_refunds_are_seen(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let (payment, charge) = shop.sold().await;
    shop.cashier.refund_elsewhere(&charge, Some(1000)).await.unwrap();
    shop.until(&payment, "partially_refunded").await;
    shop.cashier.refund_elsewhere(&charge, None).await.unwrap();
    shop.until(&payment, "refunded").await;
    assert_eq!(shop.books().await[..3], [1050, 1050, 0]);
}

/// A printed boleto is no money.
#[tokio::test]
async fn a_boleto_is_paid_when_the_bank_books_it() {
    for provider in ["stripe", "mercado_pago"] {
        let shop = Shop::open(provider).await;
        let _work = shop.work();
        let mut body = shop.cake();
        body["methods"] = json!(["card", "boleto"]);
        let payment = shop.ask(&body).await;
        let payment = shop.until(&payment, "pending").await;
        let offer = shop.offer(&payment).await;
        shop.cashier.start_boleto(&offer).await.unwrap();
        shop.until_that(&payment, "printed", |now| {
            now["charges"].as_array().is_some_and(|all| !all.is_empty()) || now["state"] == "processing"
        })
        .await;
        shop.at_rest().await;
        let printed = shop.payment(&payment).await;
        assert_eq!(printed["captured"]["minor"], 0, "{provider}");
        shop.cashier.settle_boleto(&offer).await.unwrap();
        shop.until(&payment, "paid").await;
    }
}

/// Pix has a code to copy and paste.
#[tokio::test]
async fn pix_alone_is_a_code() {
    for provider in ["stripe", "mercado_pago"] {
        let shop = Shop::open(provider).await;
        let _work = shop.work();
        let contact = &shop.conversation["contact"];
        let email = json!({"email": "greta@example.org"});
        shop.owner.patch(&format!("/contacts/{}", id(contact)), &email).await.expect(200);
        let mut body = shop.cake();
        body["methods"] = json!(["pix"]);
        let payment = shop.ask(&body).await;
        let payment = shop.until(&payment, "pending").await;
        let code = payment["pix_code"].as_str().unwrap().to_owned();
        for _ in 0..2400 {
            if !shop.played.received(CUSTOMER).is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        let got = &shop.played.received(CUSTOMER)[0];
        assert!(got.text.contains(&code) && got.media_url.is_some(), "{provider}: {got:?}");
        shop.cashier.pay(&shop.offer(&payment).await).await.unwrap();
        shop.until(&payment, "paid").await;
    }
}

/// Yen have no cents: 1,500 of them are 1,500 units on both sides.
#[tokio::test]
async fn currencies_without_cents_are_exact() {
    let shop = Shop::open("stripe").await;
    let _work = shop.work();
    let mut body = shop.cake();
    body["amount"] = json!({"minor": 1500, "currency": "JPY"});
    let payment = shop.ask(&body).await;
    let payment = shop.until(&payment, "pending").await;
    let calls = shop.cashier.calls();
    let made = calls.iter().find(|call| call.method == "checkout.sessions.create").unwrap();
    let amount =
        made.fields.iter().find(|(name, _)| name == "line_items[0][price_data][unit_amount]").unwrap();
    assert_eq!(amount.1, "1500");
    shop.cashier.pay(&shop.offer(&payment).await).await.unwrap();
    let paid = shop.until(&payment, "paid").await;
    assert_eq!(paid["captured"], json!({"minor": 1500, "currency": "JPY"}));
    let days = shop.owner.get("/payments/balance").await.expect(200).body["data"].clone();
    let day = days.as_array().unwrap().iter().find(|day| day["captured"] == 1500).unwrap();
    assert_eq!(day["currency"], "JPY");
}

/// What the provider does not take is said in its words, on the message and to who asked.
#[tokio::test]
async fn what_the_provider_refuses_is_said_on_the_message() {
    let shop = Shop::open("stripe").await;
    let _work = shop.work();
    let mut body = shop.cake();
    body["amount"] = json!({"minor": 1_000_000_000, "currency": "BRL"});
    let payment = shop.ask(&body).await;
    let failed = shop.until(&payment, "failed").await;
    assert!(!failed["error"]["detail"].as_str().unwrap().is_empty() && failed["url"].is_null());
    let message = messages(&shop).await.pop().unwrap();
    assert_eq!(
        (&message["status"], &message["error"]["code"]),
        (&json!("failed"), &json!("payment_not_offered"))
    );
    let retry = format!("/messages/{}/retry", id(&message));
    shop.owner.post(&retry, &json!({})).await.expect_problem(409, "no_offer");
    assert!(shop.played.received(CUSTOMER).is_empty());
}
