//! Wrong amounts, wrong currencies, forgeries, other tenants' money: a clear answer, and nothing in the books.

use serde_json::{Value, json};

use super::{Shop, at_each, cashier, connect};
use crate::harness::{
    inbox::{id, ids},
    platform::Played,
};

at_each!(
    what_cannot_be_asked_for_is_said,
    no_more_goes_back_than_came,
    forgeries_and_foreign_callbacks_change_nothing,
    who_does_not_see_the_conversation_does_not_see_its_money,
    a_repeated_wish_is_the_same,
);

async fn what_cannot_be_asked_for_is_said(provider: &str) {
    let shop = Shop::open(provider).await;
    let with = |field: &str, value: Value| {
        let mut body = shop.cake();
        body[field] = value;
        body
    };
    for (minor, currency, field) in
        [(0, "BRL", "amount"), (-100, "BRL", "amount"), (i64::MAX, "BRL", "amount")]
    {
        let body = with("amount", json!({"minor": minor, "currency": currency}));
        shop.owner.post("/payments", &body).await.expect_field(field);
    }
    for wrong in ["XXX", "R$", "", "brlx"] {
        let body = with("amount", json!({"minor": 100, "currency": wrong}));
        assert_eq!(shop.owner.post("/payments", &body).await.status, 422, "{wrong}");
    }
    shop.owner
        .post("/payments", &with("amount", json!({"minor": 10.5, "currency": "BRL"})))
        .await
        .expect(422);
    shop.owner.post("/payments", &with("methods", json!([]))).await.expect(422);
    let mut pix_in_dollars = with("amount", json!({"minor": 100, "currency": "USD"}));
    pix_in_dollars["methods"] = json!(["pix"]);
    assert_eq!(shop.owner.post("/payments", &pix_in_dollars).await.status, 422);
    shop.owner
        .post("/payments", &with("expires_in_minutes", json!(1)))
        .await
        .expect_field("expires_in_minutes");
    shop.owner.post("/payments", &with("deal_lines", json!(true))).await.expect_field("amount");
    shop.owner
        .post("/payments", &with("account_id", shop.conversation["id"].clone()))
        .await
        .expect_field("account_id");
    let listed = shop.owner.get("/payments").await.expect(200).body;
    assert!(ids(&listed).is_empty(), "nothing was written down");
}

async fn no_more_goes_back_than_came(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let (payment, _) = shop.sold().await;
    let path = format!("/payments/{}/refund", id(&payment));
    let wish =
        |minor: i64, currency: &str| json!({"amount": {"minor": minor, "currency": currency}, "reason": "x"});
    shop.owner.post(&path, &wish(1051, "BRL")).await.expect_field("amount");
    shop.owner.post(&path, &wish(0, "BRL")).await.expect_field("amount");
    shop.owner.post(&path, &wish(-5, "BRL")).await.expect_field("amount");
    shop.owner.post(&path, &wish(5, "USD")).await.expect_field("amount.currency");
    shop.owner
        .post(&path, &json!({"amount": {"minor": 5, "currency": "BRL"}, "reason": ""}))
        .await
        .expect(422);
    let agent = shop.hub.invite(&shop.owner, "bia", "agent").await;
    assert_eq!(agent.post(&path, &wish(5, "BRL")).await.status, 403);
    // Twice at once: one of them.
    let all = wish(1050, "BRL");
    let (one, other) = tokio::join!(shop.owner.post(&path, &all), shop.owner.post(&path, &all));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422]);
    shop.until(&payment, "refunded").await;
    shop.at_rest().await;
    shop.owner.post(&path, &json!({"reason": "more"})).await.expect_problem(422, "nothing_left");
    assert_eq!(shop.books().await[..2], [1050, 1050]);
}

async fn forgeries_and_foreign_callbacks_change_nothing(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let other = shop.hub.found("Globex", "hank").await;
    let played = Played::connect(&shop.hub, &other, "whatsapp").await;
    let theirs = cashier(&played, provider);
    let foreign = connect(&shop.hub, &other, &theirs).await;
    let payment = shop.offered().await;
    let offer = shop.offer(&payment).await;
    // Ours, taken to them: their secret is another.
    shop.cashier.deliveries().hold();
    shop.cashier.pay(&offer).await.unwrap();
    let callback = json!({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {"id": offer, "object": "checkout.session"}}});
    let http = shop.hub.client().http();
    for account in [&shop.account, &foreign] {
        let url = format!("{}/webhooks/{provider}/{}?data.id=1&type=payment", shop.hub.url, id(account));
        for (name, value) in [
            ("stripe-signature", "t=1735689600,v1=00"),
            ("x-signature", "ts=1742505638683,v1=00"),
            ("x-nothing", "x"),
        ] {
            let answer = http.post(&url).header(name, value).json(&callback).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{name}");
        }
    }
    let nobody = format!("{}/webhooks/{provider}/{}", shop.hub.url, id(&payment));
    assert_eq!(http.post(&nobody).json(&callback).send().await.unwrap().status(), 404);
    // Coming back from the provider's page proves nothing, whatever the address says.
    for query in ["", "?status=approved&payment_id=1", "?s=cs_test_1&payment_status=paid"] {
        let page = http.get(format!("{}/pay/done{query}", shop.hub.url)).send().await.unwrap();
        assert_eq!(page.status(), 200);
    }
    shop.at_rest().await;
    assert_eq!(shop.payment(&payment).await["state"], "pending");
    // Their own provider names our payment: it is none of theirs, and ours does not hear of it.
    let key = theirs.accounts()[0].clone();
    let sale = simulator::Sale {
        amount: 1050,
        currency: "BRL".into(),
        description: "Cake".into(),
        reference: Some(id(&payment).to_owned()),
        payer: "Hank".into(),
    };
    theirs.sell_elsewhere(&key, sale).await.unwrap();
    other.post("/payments/reconciliation", &json!({})).await.expect(202);
    shop.at_rest().await;
    assert_eq!(shop.payment(&payment).await["state"], "pending");
    assert_eq!(shop.books().await, [0; 4]);
    let found = other.get("/payments/reconciliation").await.expect(200).body;
    assert_eq!(found["orphans"].as_array().unwrap().len(), 1);
    let link = json!({"charge_id": found["orphans"][0]["charge_id"], "payment_id": id(&payment)});
    other.post("/payments/reconciliation/link", &link).await.expect_field("payment_id");
    shop.cashier.deliveries().release(simulator::Order::Made).await.unwrap();
    shop.until(&payment, "paid").await;
}

async fn who_does_not_see_the_conversation_does_not_see_its_money(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let (mine, theirs) = (
        shop.hub.invite(&shop.owner, "bia", "agent").await,
        shop.hub.invite(&shop.owner, "cid", "agent").await,
    );
    let path = format!("/conversations/{}", id(&shop.conversation));
    shop.owner.patch(&path, &json!({"assignee_id": mine.user_id})).await.expect(200);
    let payment = mine.post("/payments", &shop.cake()).await.expect(201).body;
    shop.until(&payment, "pending").await;
    let at = format!("/payments/{}", id(&payment));
    mine.get(&at).await.expect(200);
    assert_eq!(theirs.get(&at).await.status, 404);
    assert!(ids(&theirs.get("/payments").await.expect(200).body).is_empty());
    assert_eq!(theirs.post(&format!("{at}/cancel"), &json!({})).await.status, 404);
    assert_eq!(theirs.post("/payments", &shop.cake()).await.expect_field("conversation_id").status, 422);
    assert_eq!(mine.get("/payments/balance").await.status, 403, "the books are the managers'");
}

async fn a_repeated_wish_is_the_same(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let mut body = shop.cake();
    body["client_id"] = json!("once");
    let (first, second) = (shop.ask(&body).await, shop.ask(&body).await);
    assert_eq!(first["id"], second["id"]);
    shop.until(&first, "pending").await;
    shop.at_rest().await;
    assert_eq!(ids(&shop.owner.get("/payments").await.expect(200).body), [id(&first)]);
}
