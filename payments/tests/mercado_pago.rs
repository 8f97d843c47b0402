//! Mercado Pago, against the played one.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;

use desk::{Desk, scenes};
use payments::{About, Ask, Method, Mismatch, Payer, ProviderError, State};
use simulator::Fault;

async fn open() -> Desk {
    Desk::open("mercado_pago").await
}

macro_rules! scenes {
    ($($name:ident $(($($argument:expr),*))?;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let desk = open().await;
            scenes::$name(&desk $($(, $argument)*)?).await;
        })*
    };
}

scenes! {
    asking_twice_makes_one("preferences.create");
    a_request_is_paid_with_its_fee;
    a_decline_can_be_paid_after_all;
    a_boleto_is_printed_and_booked;
    a_boleto_runs_out;
    nobody_pays_after_the_end;
    what_is_closed_cannot_be_paid;
    refunds_are_made_once("refunds.create");
    a_refund_made_elsewhere_is_seen;
    a_look_that_fails_is_taken_again("payments.search");
    a_dispute_has_a_deadline_and_an_end;
    every_charge_is_listed(70);
    a_wrong_key_breaks_the_account("access_token");
    a_pix_code_is_shown_and_paid;
    another_amount_is_a_mismatch;
}

#[tokio::test]
async fn two_who_pay_one_preference_have_paid_too_much() {
    let desk = open().await;
    let (ask, offer, first) = desk.paid().await;
    let second = desk.cashier.pay_again(&offer.id).await.unwrap();
    assert_ne!(first, second);
    let (standing, charges) = desk.look(&ask, &offer.id).await;
    assert_eq!((standing.captured, standing.mismatch), (desk::real(31_980), Some(Mismatch::TooMuch)));
    assert_eq!(charges.len(), 2);
}

#[tokio::test]
async fn an_order_leads_to_all_of_its_preference() {
    let desk = open().await;
    desk.simulator.mercado_pago.set_tells_orders(&desk.merchant(), true);
    let (ask, offer, charge) = desk.paid().await;
    let orders: Vec<_> =
        desk.heard().into_iter().filter(|notice| matches!(notice.about, About::Order(_))).collect();
    let look = desk.provider.look(&desk.account, &orders[0].about, &desk.net).await.unwrap();
    let seen = look.offer.unwrap();
    assert_eq!((seen.id, seen.request), (offer.id, Some(ask.id)));
    assert_eq!(look.charges.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [charge]);
}

#[tokio::test]
async fn pix_without_an_address_is_a_page_that_takes_nothing_else() {
    let desk = open().await;
    let ask = Ask { payer: Payer::default(), ..desk.request(&[Method::Pix]) };
    let offer = desk.ask(&ask).await.unwrap();
    assert_eq!(offer.pix, None);
    desk.cashier.pay_by(&offer.id, simulator::Means::Pix).await.unwrap();
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Paid);
}

#[tokio::test]
async fn closing_cancels_what_was_begun() {
    let desk = open().await;
    let (ask, offer) = desk.offer().await;
    desk.cashier.start_boleto(&offer.id).await.unwrap();
    desk.close(&offer.id).await.unwrap();
    assert!(matches!(desk.stands(&ask, &offer.id).await, State::Expired | State::Cancelled));
    assert!(desk.cashier.settle_boleto(&offer.id).await.is_err());
}

#[tokio::test]
async fn a_payment_that_is_not_there_yet_is_no_charge() {
    let desk = open().await;
    for about in [About::Charge("123456".into()), About::Dispute("1".into()), About::Order("1".into())] {
        let look = desk.provider.look(&desk.account, &about, &desk.net).await.unwrap();
        assert_eq!((look.offer, look.charges.len()), (None, 0));
    }
    desk.cashier.faults().next("preferences.create", Fault::Refuse { code: 429, retry_after: Some(3) });
    assert!(matches!(desk.ask(&desk.request(&[Method::Card])).await, Err(ProviderError::Later { .. })));
}

#[tokio::test]
async fn a_refund_that_fails_leaves_it_paid() {
    let desk = open().await;
    desk.simulator.mercado_pago.set_slow_refunds(&desk.merchant(), true);
    scenes::a_refund_that_fails_leaves_it_paid(&desk).await;
}

#[tokio::test]
async fn right_after_its_notice_a_payment_may_be_missing() {
    let desk = open().await;
    desk.simulator.mercado_pago.set_unseen(&desk.merchant(), 1);
    let (_, _, charge) = desk.paid().await;
    let about = About::Charge(charge.clone());
    let look = || desk.provider.look(&desk.account, &about, &desk.net);
    assert_eq!(look().await.unwrap().charges, []);
    assert_eq!(look().await.unwrap().charges[0].id, charge);
}

#[tokio::test]
async fn a_boleto_that_ran_out_leaves_the_page_open() {
    let desk = open().await;
    let (ask, offer) = desk.offer().await;
    desk.cashier.start_boleto(&offer.id).await.unwrap();
    desk.cashier.act(&offer.id, simulator::Deed::LapseBoleto).await.unwrap();
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Pending);
    desk.cashier.pay(&offer.id).await.unwrap();
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Paid);
}
