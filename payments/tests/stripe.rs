//! Stripe, against the played one.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod described;
mod desk;

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use desk::{Desk, scenes};
use payments::{About, Ask, Item, Method, ProviderError};
use simulator::Fault;

async fn open() -> Desk {
    Desk::open("stripe").await
}

/// The scene on a desk of its own, and what was sent held to Stripe's description.
macro_rules! scenes {
    ($($name:ident $(($($argument:expr),*))?;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let desk = open().await;
            scenes::$name(&desk $($(, $argument)*)?).await;
            described::hold(&desk.cashier.calls());
        })*
    };
}

scenes! {
    asking_twice_makes_one("checkout.sessions.create");
    a_request_is_paid_with_its_fee;
    a_decline_can_be_paid_after_all;
    a_boleto_is_printed_and_booked;
    a_boleto_runs_out;
    nobody_pays_after_the_end;
    what_is_closed_cannot_be_paid;
    refunds_are_made_once("refunds.create");
    a_refund_made_elsewhere_is_seen;
    a_look_that_fails_is_taken_again("checkout.sessions.retrieve");
    a_dispute_has_a_deadline_and_an_end;
    every_charge_is_listed(130);
    a_wrong_key_breaks_the_account("secret_key");
    a_pix_code_is_shown_and_paid;
    another_amount_is_a_mismatch;
}

#[tokio::test]
async fn lines_are_items_and_any_method_is_the_dashboards() {
    let desk = open().await;
    let items = vec![
        Item { title: "Bolo".into(), quantity: 3, price: desk::real(5_000) },
        Item { title: "Vela".into(), quantity: 1, price: desk::real(990) },
    ];
    let ask = Ask { items, ..desk.request(&[Method::Card, Method::Other]) };
    let offer = desk.ask(&ask).await.unwrap();
    let calls = desk.cashier.calls();
    assert!(!calls[0].fields.iter().any(|(name, _)| name.starts_with("payment_method_types")));
    described::hold(&calls);
    desk.cashier.pay(&offer.id).await.unwrap();
    assert_eq!(desk.look(&ask, &offer.id).await.0.captured, ask.amount);
}

#[tokio::test]
async fn what_changed_since_is_listed_though_it_is_older() {
    let desk = open().await;
    let (_, _, charge) = desk.paid().await;
    // Made before the time that is asked for, refunded after it.
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let since = Utc::now() - TimeDelta::milliseconds(500);
    desk.cashier.refund_elsewhere(&charge, Some(990)).await.unwrap();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = desk.provider.charges(&desk.account, since, cursor.as_deref(), &desk.net).await.unwrap();
        seen.extend(page.charges);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let seen: BTreeSet<_> = seen.iter().map(|one| (one.id.as_str(), one.refunded.minor)).collect();
    assert_eq!(seen, [(charge.as_str(), 990)].into());
    described::hold(&desk.cashier.calls());
}

#[tokio::test]
async fn too_many_calls_wait_and_what_is_not_there_is_refused() {
    let desk = open().await;
    desk.cashier.faults().next("checkout.sessions.create", Fault::Refuse { code: 429, retry_after: Some(3) });
    let ask = desk.request(&[Method::Card]);
    assert!(matches!(desk.ask(&ask).await, Err(ProviderError::Later { .. })));
    let missing = About::Offer("cs_test_nothing".into());
    let refused = desk.provider.look(&desk.account, &missing, &desk.net).await;
    assert!(
        matches!(&refused, Err(ProviderError::Refused { code, .. }) if code == "resource_missing"),
        "{refused:?}"
    );
    let changed = Ask { amount: desk::real(1_000), ..ask.clone() };
    desk.ask(&ask).await.unwrap();
    let refused = desk.ask(&changed).await;
    assert!(
        matches!(&refused, Err(ProviderError::Refused { code, .. }) if code == "idempotency_error"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_refund_that_fails_leaves_it_paid() {
    let desk = open().await;
    desk.simulator.stripe.set_slow_refunds(&desk.merchant(), true);
    scenes::a_refund_that_fails_leaves_it_paid(&desk).await;
}

#[tokio::test]
async fn both_secrets_are_believed_while_one_is_rolled() {
    let desk = open().await;
    desk.simulator.stripe.roll_secret(&desk.merchant()).unwrap();
    desk.paid().await;
    assert!(!desk.heard().is_empty(), "signed with both");
    desk.simulator.stripe.retire_secret(&desk.merchant());
    let (_, offer) = desk.offer().await;
    desk.cashier.deliveries().hold();
    desk.cashier.pay(&offer.id).await.unwrap();
    desk.cashier.deliveries().set_patience(std::time::Duration::from_millis(10), 1);
    assert!(desk.cashier.deliveries().release(simulator::Order::Made).await.is_err());
    assert!(desk.heard().is_empty(), "the new secret alone is not ours");
}
