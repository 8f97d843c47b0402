//! A crash at any point leaves neither a second charge nor a lost payment: of the worker, of the provider, of the connection between
//! them, before and after the deed.

use std::time::Duration;

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::json;
use simulator::{Fault, Order};

use super::{Shop, at_each};
use crate::harness::inbox::id;

at_each!(
    a_page_is_made_once_whatever_is_cut,
    money_goes_back_once_whatever_is_cut,
    a_worker_that_dies_in_the_middle_is_made_good,
    a_provider_that_is_away_comes_back_to_everything,
    the_books_add_up_after_anything,
);

fn creation(provider: &str) -> &'static str {
    if provider == "stripe" { "checkout.sessions.create" } else { "preferences.create" }
}

fn faults() -> [Fault; 4] {
    [Fault::CutBefore, Fault::CutAfter, Fault::Status(500), Fault::Status(503)]
}

fn keys(shop: &Shop, method: &str) -> Vec<Option<String>> {
    let calls = shop.cashier.calls();
    calls.into_iter().filter(|call| call.method == method).map(|call| call.idempotency_key).collect()
}

async fn a_page_is_made_once_whatever_is_cut(provider: &str) {
    for fault in faults() {
        let shop = Shop::open(provider).await;
        let _work = shop.work();
        shop.cashier.faults().next(creation(provider), fault.clone());
        let payment = shop.offered().await;
        let keys = keys(&shop, creation(provider));
        assert!(
            keys.len() >= 2 && keys.iter().all(|key| key.is_some() && *key == keys[0]),
            "{fault:?} {keys:?}"
        );
        shop.cashier.pay(&shop.offer(&payment).await).await.unwrap();
        shop.until(&payment, "paid").await;
        shop.at_rest().await;
        let orphans = shop.reconciliation().await["orphans"].clone();
        assert_eq!((shop.books().await[0], orphans), (1050, json!([])), "{fault:?}");
    }
}

async fn money_goes_back_once_whatever_is_cut(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    for fault in faults() {
        let (payment, _) = shop.sold().await;
        let before = shop.books().await[1];
        shop.cashier.faults().next("refunds.create", fault.clone());
        shop.refund(&payment, 500).await;
        let now = shop.until(&payment, "partially_refunded").await;
        shop.at_rest().await;
        assert_eq!(shop.books().await[1] - before, 500, "{fault:?}");
        let settled = shop.payment(&payment).await["refunds"].clone();
        assert_eq!(
            (settled[0]["state"].as_str(), settled.as_array().unwrap().len()),
            (Some("done"), 1),
            "{now}"
        );
    }
}

/// The claim of a job that was being worked on is given back, as it is when its lease ends.
async fn let_go(shop: &Shop) {
    sqlx::query("update jobs set run_at = now() where state = 'ready'")
        .execute(&mut shop.hub.sql().await)
        .await
        .unwrap();
}

async fn a_worker_that_dies_in_the_middle_is_made_good(provider: &str) {
    let shop = Shop::open(provider).await;
    let slow = || Fault::Slow(Duration::from_millis(700));
    // While the page is made: the provider makes it, nobody hears of it.
    shop.cashier.faults().next(creation(provider), slow());
    let work = shop.hub.mortal_worker();
    let payment = shop.ask(&shop.cake()).await;
    while keys(&shop, creation(provider)).is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(work);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(shop.payment(&payment).await["state"], "preparing");
    let_go(&shop).await;
    let work = shop.hub.mortal_worker();
    let payment = shop.until(&payment, "pending").await;
    let made = keys(&shop, creation(provider));
    assert!(made.len() == 2 && made[0] == made[1], "{made:?}");
    // Paid while nobody works.
    shop.at_rest().await;
    drop(work);
    shop.cashier.pay(&shop.offer(&payment).await).await.unwrap();
    assert_eq!(shop.payment(&payment).await["state"], "pending");
    let work = shop.hub.mortal_worker();
    shop.until(&payment, "paid").await;
    shop.at_rest().await;
    // While money goes back.
    shop.cashier.faults().next("refunds.create", slow());
    shop.refund(&payment, 300).await;
    while keys(&shop, "refunds.create").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(work);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let_go(&shop).await;
    let _work = shop.work();
    shop.until_that(&payment, "given back", |now| now["refunds"][0]["state"] == "done").await;
    shop.at_rest().await;
    assert_eq!(shop.books().await[..2], [1050, 300]);
}

async fn a_provider_that_is_away_comes_back_to_everything(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let simulator = &shop.played.simulator;
    simulator.pause().await;
    let payment = shop.ask(&shop.cake()).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.payment(&payment).await["state"], "preparing");
    simulator.resume().await.unwrap();
    let payment = shop.until(&payment, "pending").await;
    shop.cashier.deliveries().hold();
    shop.cashier.pay(&shop.offer(&payment).await).await.unwrap();
    simulator.pause().await;
    simulator.resume().await.unwrap();
    shop.cashier.deliveries().release(Order::Made).await.unwrap();
    shop.until(&payment, "paid").await;
    simulator.pause().await;
    shop.refund(&payment, 1050).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.payment(&payment).await["refunds"][0]["state"], "asked");
    simulator.resume().await.unwrap();
    shop.until(&payment, "refunded").await;
    shop.at_rest().await;
    assert_eq!(shop.books().await[..3], [1050, 1050, 0]);
}

/// What anybody may do next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Sell,
    Fail,
    RefundHere(i64),
    RefundThere(i64),
    Dispute(bool),
    Elsewhere(i64),
    Lose(bool),
    Compare,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use proptest::prelude::*;
    let step = prop_oneof![
        3 => Just(Step::Sell),
        1 => Just(Step::Fail),
        3 => (1_i64..1100).prop_map(Step::RefundHere),
        2 => (1_i64..1100).prop_map(Step::RefundThere),
        1 => any::<bool>().prop_map(Step::Dispute),
        1 => (1_i64..5000).prop_map(Step::Elsewhere),
        1 => any::<bool>().prop_map(Step::Lose),
        1 => Just(Step::Compare),
    ];
    prop::collection::vec(step, 12..20)
}

/// To the cent, what the hub's books say is what the provider's charges say.
async fn the_books_add_up_after_anything(provider: &str) {
    let shop = Shop::open(provider).await;
    let _work = shop.work();
    let mut runner = TestRunner::deterministic();
    let steps = steps().new_tree(&mut runner).unwrap().current();
    let account = shop.cashier.accounts()[0].clone();
    let mut sold = Vec::new();
    for step in &steps {
        match *step {
            Step::Sell => {
                let payment = shop.offered().await;
                let charge = shop.cashier.pay(&shop.offer(&payment).await).await.unwrap();
                sold.push((payment, charge));
            }
            Step::Fail => {
                let payment = shop.offered().await;
                shop.cashier.fail(&shop.offer(&payment).await).await.unwrap();
            }
            Step::RefundHere(minor) => {
                let Some((payment, _)) = sold.last() else { continue };
                let body = json!({"amount": {"minor": minor, "currency": "BRL"}, "reason": "x"});
                let answer = shop.owner.post(&format!("/payments/{}/refund", id(payment)), &body).await;
                assert!([201, 422].contains(&answer.status.as_u16()), "{:?}", answer.body);
            }
            Step::RefundThere(minor) => {
                let Some((_, charge)) = sold.last() else { continue };
                let _ = shop.cashier.refund_elsewhere(charge, Some(minor)).await;
            }
            Step::Dispute(won) => {
                let Some((_, charge)) = sold.first() else { continue };
                if shop.cashier.dispute(charge).await.is_ok() {
                    let _ = shop.cashier.end_dispute(charge, won).await;
                }
            }
            Step::Elsewhere(amount) => {
                let sale = simulator::Sale {
                    amount,
                    currency: "BRL".into(),
                    description: "x".into(),
                    reference: None,
                    payer: "somebody".into(),
                };
                shop.cashier.sell_elsewhere(&account, sale).await.unwrap();
            }
            Step::Lose(lose) => shop.cashier.deliveries().set_dropping(lose),
            Step::Compare => {
                shop.owner.post("/payments/reconciliation", &json!({})).await.expect(202);
            }
        }
        if matches!(step, Step::RefundHere(_) | Step::Sell) {
            shop.at_rest().await;
        }
    }
    shop.cashier.deliveries().set_dropping(false);
    shop.owner.post("/payments/reconciliation", &json!({})).await.expect(202);
    shop.at_rest().await;
    // What each charge says of itself, against the sum of all entries.
    let known: (i64, i64) = sqlx::query_as(
        "select coalesce(sum((charge->'captured'->>'minor')::bigint), 0)::bigint,
                coalesce(sum((charge->'refunded'->>'minor')::bigint), 0)::bigint from payment_charges",
    )
    .fetch_one(&mut shop.hub.sql().await)
    .await
    .unwrap();
    let [captured, refunded, lost, fees] = shop.books().await;
    assert_eq!((captured, refunded), known, "{steps:?}");
    assert!(captured >= refunded + lost && fees >= 0);
    assert_eq!((captured, refunded), listed(&shop).await, "{steps:?}");
}

/// What the provider lists now.
async fn listed(shop: &Shop) -> (i64, i64) {
    let id = id(&shop.account).parse().unwrap();
    let account = shop.hub.app.payment_accounts.find(id).await.unwrap().unwrap();
    let since = chrono::Utc::now() - chrono::TimeDelta::days(1);
    let (mut sums, mut cursor) = ((0, 0), None::<String>);
    loop {
        let net = &shop.hub.app.net;
        let page = account.provider.charges(&account.account, since, cursor.as_deref(), net).await.unwrap();
        for charge in &page.charges {
            sums = (sums.0 + charge.captured.minor, sums.1 + charge.refunded.minor);
        }
        cursor = page.next;
        if cursor.is_none() {
            return sums;
        }
    }
}
