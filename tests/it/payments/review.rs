//! The comparison with the provider's list: what was lost on the way is found, what nobody asked for is shown.

use serde_json::json;
use simulator::Sale;
use switchboard::checkout;

use super::{Shop, at_each};
use crate::harness::inbox::id;

at_each!(
    lost_callbacks_are_made_good,
    money_that_nobody_asked_for_is_linked_or_dismissed,
    another_amount_is_a_mismatch
);

async fn lost_callbacks_are_made_good(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let payment = shop.offered().await;
    shop.cashier.deliveries().set_dropping(true);
    let charge = shop.cashier.pay(&shop.offer(&payment).await).await.unwrap();
    shop.at_rest().await;
    assert_eq!(shop.payment(&payment).await["state"], "pending", "nobody was told");
    shop.owner.post("/payments/reconciliation", &json!({})).await.expect(202);
    shop.until(&payment, "paid").await;
    shop.cashier.refund_elsewhere(&charge, Some(50)).await.unwrap();
    shop.owner.post("/payments/reconciliation", &json!({})).await.expect(202);
    shop.until(&payment, "partially_refunded").await;
    shop.at_rest().await;
    let checked = shop.reconciliation().await["checked"][0].clone();
    assert_eq!((checked["charges"].as_i64(), checked["repaired"].as_i64()), (Some(1), Some(1)), "{checked}");
    assert!(checked["error"].is_null());
    shop.owner.post("/payments/reconciliation", &json!({})).await.expect(202);
    shop.at_rest().await;
    assert_eq!(shop.reconciliation().await["checked"][0]["repaired"], 0, "nothing is left to repair");
    assert_eq!(shop.books().await[..3], [1050, 50, 0]);
}

async fn money_that_nobody_asked_for_is_linked_or_dismissed(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let asked = shop.offered().await;
    let sale = |amount| Sale {
        amount,
        currency: "BRL".into(),
        description: "At the counter".into(),
        reference: Some("till 7".into()),
        payer: "Greta Lindqvist".into(),
    };
    let key = shop.cashier.accounts()[0].clone();
    shop.cashier.sell_elsewhere(&key, sale(1050)).await.unwrap();
    shop.cashier.sell_elsewhere(&key, sale(99)).await.unwrap();
    shop.owner.post("/payments/reconciliation", &json!({})).await.expect(202);
    for _ in 0..2400 {
        if shop.reconciliation().await["orphans"].as_array().unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    shop.at_rest().await;
    assert_eq!(shop.books().await[0], 1149, "it is in the books all the same");
    let orphans = shop.reconciliation().await["orphans"].as_array().unwrap().clone();
    let of = |minor: i64| orphans.iter().find(|one| one["captured"]["minor"] == minor).unwrap();
    let suggested = &of(1050)["suggestions"][0];
    assert_eq!(suggested["payment_id"], asked["id"], "{orphans:?}");
    assert!(of(99)["suggestions"].as_array().unwrap().is_empty());

    let link = json!({"charge_id": of(1050)["charge_id"], "payment_id": asked["id"]});
    let agent = shop.hub.invite(&shop.owner, "bia", "agent").await;
    assert_eq!(agent.post("/payments/reconciliation/link", &link).await.status, 403);
    let linked = shop.owner.post("/payments/reconciliation/link", &link).await.expect(200).body;
    assert_eq!(linked["state"], "paid");
    shop.owner.post("/payments/reconciliation/link", &link).await.expect_problem(409, "charge_linked");
    let dismissal = json!({"charge_id": of(99)["charge_id"], "reason": "A tip"});
    shop.owner.post("/payments/reconciliation/dismiss", &dismissal).await.expect(204);
    assert!(shop.reconciliation().await["orphans"].as_array().unwrap().is_empty());
    assert_eq!(shop.books().await[0], 1149);
    // What was linked goes back like any other.
    shop.refund(&asked, 1050).await;
    shop.until(&asked, "refunded").await;
}

async fn another_amount_is_a_mismatch(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    for (amount, word) in [(1000, "too_little"), (1100, "too_much")] {
        let payment = shop.offered().await;
        let deed = simulator::Deed::Pay { means: None, amount: Some(amount) };
        shop.cashier.act(&shop.offer(&payment).await, deed).await.unwrap();
        let now = shop.until_that(&payment, word, |now| now["mismatch"] == word).await;
        assert_eq!(now["captured"]["minor"], amount);
        let mismatches = shop.reconciliation().await["mismatches"].clone();
        assert!(mismatches.as_array().unwrap().iter().any(|one| id(one) == id(&payment)));
    }
    assert_eq!(shop.books().await[0], 2100);
}

/// What is open is looked at now and then, accounts are compared by themselves, old notices go.
#[tokio::test]
async fn upkeep_finds_what_no_callback_told() {
    let shop = Shop::open("stripe").await;
    let app = &shop.hub.app;
    let mut sql = shop.hub.sql().await;
    let first = {
        let _work = shop.work();
        shop.offered().await
    };
    shop.cashier.deliveries().set_dropping(true);
    shop.cashier.pay(&shop.offer(&first).await).await.unwrap();
    sqlx::raw_sql("update payments set looked_at = now() - interval '11 minutes'")
        .execute(&mut sql)
        .await
        .unwrap();
    let _work = shop.work();
    shop.until(&first, "paid").await;
    // Whose time has just run out.
    let second = shop.offered().await;
    shop.cashier.expire(&shop.offer(&second).await).await.unwrap();
    let over = "update payments set looked_at = now() - interval '1 minute', expires_at = now() - interval '30 seconds' where captured = 0";
    sqlx::raw_sql(over).execute(&mut sql).await.unwrap();
    shop.until(&second, "expired").await;
    // Compared by itself.
    let third = shop.offered().await;
    shop.cashier.pay(&shop.offer(&third).await).await.unwrap();
    sqlx::raw_sql("update payment_accounts set reviewed_at = now() - interval '61 minutes'")
        .execute(&mut sql)
        .await
        .unwrap();
    checkout::ask_reviews(app).await.unwrap();
    shop.until(&third, "paid").await;
    // Taken long ago.
    shop.cashier.deliveries().set_dropping(false);
    shop.sold().await;
    let count = "select count(*) from payment_notices";
    let all: i64 = sqlx::query_scalar(count).fetch_one(&mut sql).await.unwrap();
    checkout::forget_notices(app).await.unwrap();
    assert!(all > 1 && sqlx::query_scalar::<_, i64>(count).fetch_one(&mut sql).await.unwrap() == all);
    let old = "update payment_notices set received_at = now() - interval '31 days' where ctid = (select min(ctid) from payment_notices)";
    sqlx::raw_sql(old).execute(&mut sql).await.unwrap();
    checkout::forget_notices(app).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut sql).await.unwrap(), all - 1);
}
