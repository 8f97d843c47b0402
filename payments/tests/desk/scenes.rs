//! What every provider must do, whatever it is called there.

use std::collections::BTreeSet;

use payments::{DisputeState, Method, Mismatch, Progress, ProviderError, RefundState, State};
use secrecy::SecretString;
use simulator::{Deed, Fault, Sale};
use uuid::Uuid;

use super::{Desk, real};

/// `creates` is the provider's call, by the simulator's name.
pub async fn asking_twice_makes_one(desk: &Desk, creates: &str) {
    let ask = desk.request(&[Method::Card]);
    desk.cashier.faults().next(creates, Fault::Status(503));
    assert!(matches!(desk.ask(&ask).await, Err(ProviderError::Unknown(_))), "an answer that says nothing");
    desk.cashier.faults().next(creates, Fault::CutAfter);
    assert!(matches!(desk.ask(&ask).await, Err(ProviderError::Unknown(_))), "an answer that was cut off");
    let offer = desk.ask(&ask).await.unwrap();
    assert_eq!(desk.ask(&ask).await.unwrap().id, offer.id);
    assert!(offer.url.starts_with("http") && offer.expires_at.is_some());
    let keys: BTreeSet<_> = desk
        .cashier
        .calls()
        .into_iter()
        .filter(|call| call.method == creates)
        .map(|call| call.idempotency_key)
        .collect();
    assert_eq!(keys, [Some(ask.id.to_string())].into());
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Pending);
}

pub async fn a_request_is_paid_with_its_fee(desk: &Desk) {
    let (ask, offer, charge) = desk.paid().await;
    let (standing, charges) = desk.look(&ask, &offer.id).await;
    assert_eq!((standing.state, standing.captured, standing.mismatch), (State::Paid, ask.amount, None));
    assert_eq!(charges[0].id, charge);
    assert_eq!(charges[0].method, Method::Card);
    assert!(standing.fee.is_positive() && standing.fee.minor < ask.amount.minor);
    assert!(charges[0].paid_at.is_some() && charges[0].payer.is_some());
    let followed = desk.follow().await;
    assert!(!followed.is_empty() && followed.iter().all(|one| one.id == charge));
    assert_eq!(followed.last().unwrap().captured, ask.amount);
}

pub async fn a_decline_can_be_paid_after_all(desk: &Desk) {
    let (ask, offer) = desk.offer().await;
    desk.cashier.fail(&offer.id).await.unwrap();
    let (standing, charges) = desk.look(&ask, &offer.id).await;
    assert_eq!((standing.state, charges[0].progress), (State::Pending, Progress::Failed));
    let failure = charges[0].failure.clone().unwrap();
    assert!(!failure.code.is_empty() && !failure.detail.is_empty());
    desk.cashier.pay(&offer.id).await.unwrap();
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Paid);
}

pub async fn a_boleto_is_printed_and_booked(desk: &Desk) {
    let (ask, offer) = desk.offer().await;
    desk.cashier.start_boleto(&offer.id).await.unwrap();
    let (standing, charges) = desk.look(&ask, &offer.id).await;
    assert_eq!((standing.state, standing.captured), (State::Processing, real(0)));
    assert_eq!((charges[0].method, charges[0].paid_at), (Method::Boleto, None));
    desk.cashier.settle_boleto(&offer.id).await.unwrap();
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Paid);
}

pub async fn a_boleto_runs_out(desk: &Desk) {
    let (ask, offer) = desk.offer().await;
    desk.cashier.start_boleto(&offer.id).await.unwrap();
    desk.cashier.act(&offer.id, Deed::LapseBoleto).await.unwrap();
    let (standing, charges) = desk.look(&ask, &offer.id).await;
    assert_eq!((charges[0].progress, standing.captured), (Progress::Expired, real(0)));
    assert!(!matches!(standing.state, State::Paid | State::Processing));
}

pub async fn nobody_pays_after_the_end(desk: &Desk) {
    let (ask, offer) = desk.offer().await;
    desk.cashier.expire(&offer.id).await.unwrap();
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Expired);
    assert!(desk.cashier.pay(&offer.id).await.is_err());
}

pub async fn what_is_closed_cannot_be_paid(desk: &Desk) {
    let (ask, offer) = desk.offer().await;
    desk.close(&offer.id).await.unwrap();
    desk.close(&offer.id).await.unwrap();
    assert!(matches!(desk.stands(&ask, &offer.id).await, State::Expired | State::Cancelled));
    assert!(desk.cashier.pay(&offer.id).await.is_err());
    let (ask, offer, _) = desk.paid().await;
    desk.close(&offer.id).await.unwrap();
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Paid);
}

/// `creates` as above, of refunds.
pub async fn refunds_are_made_once(desk: &Desk, creates: &str) {
    let (ask, offer, charge) = desk.paid().await;
    let id = Uuid::now_v7();
    desk.cashier.faults().next(creates, Fault::CutAfter);
    assert!(matches!(desk.refund(id, &charge, 5_000).await, Err(ProviderError::Unknown(_))));
    let first = desk.refund(id, &charge, 5_000).await.unwrap();
    assert_eq!((first.request, first.amount, first.state), (Some(id), real(5_000), RefundState::Done));
    assert_eq!(desk.refund(id, &charge, 5_000).await.unwrap().id, first.id);
    let (standing, charges) = desk.look(&ask, &offer.id).await;
    assert_eq!((standing.state, standing.refunded), (State::PartiallyRefunded, real(5_000)));
    let refunds: Vec<_> = charges[0].refunds.iter().map(|refund| refund.id.as_str()).collect();
    assert_eq!(refunds, [first.id.as_str()]);
    let over = desk.refund(Uuid::now_v7(), &charge, 15_000).await;
    assert!(
        matches!(&over, Err(ProviderError::Refused { code, detail }) if !code.is_empty() && !detail.is_empty())
    );
    desk.refund(Uuid::now_v7(), &charge, 10_990).await.unwrap();
    let (standing, charges) = desk.look(&ask, &offer.id).await;
    assert_eq!((standing.state, standing.kept().unwrap()), (State::Refunded, real(0)));
    assert_eq!(charges[0].refunds.len(), 2);
    assert!(desk.refund(Uuid::now_v7(), &charge, 1).await.is_err());
}

/// The played provider takes its time with refunds.
pub async fn a_refund_that_fails_leaves_it_paid(desk: &Desk) {
    let (ask, offer, charge) = desk.paid().await;
    let refund = desk.refund(Uuid::now_v7(), &charge, 5_000).await.unwrap();
    assert_eq!(refund.state, RefundState::Pending);
    desk.heard();
    desk.cashier.end_refund(&refund.id, false).await.unwrap();
    assert!(desk.follow().await.iter().any(|one| one.id == charge));
    let (standing, charges) = desk.look(&ask, &offer.id).await;
    assert_eq!((standing.state, standing.kept().unwrap()), (State::Paid, ask.amount));
    assert_eq!(charges[0].refunds[0].state, RefundState::Failed);
}

/// `looks` are the provider's calls by which an offer is looked at.
pub async fn a_look_that_fails_is_taken_again(desk: &Desk, looks: &str) {
    let (ask, offer, _) = desk.paid().await;
    let about = payments::About::Offer(offer.id.clone());
    for fault in [
        Fault::Status(500),
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::Refuse { code: 429, retry_after: None },
    ] {
        desk.cashier.faults().next(looks, fault.clone());
        let look = desk.provider.look(&desk.account, &about, &desk.net).await;
        assert!(matches!(look, Err(ProviderError::Later { .. })), "{fault:?}: {look:?}");
    }
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Paid);
}

pub async fn a_refund_made_elsewhere_is_seen(desk: &Desk) {
    let (ask, offer, charge) = desk.paid().await;
    desk.heard();
    desk.cashier.refund_elsewhere(&charge, Some(990)).await.unwrap();
    let followed = desk.follow().await;
    assert!(followed.iter().any(|one| one.refunded == real(990)), "{followed:?}");
    let (standing, charges) = desk.look(&ask, &offer.id).await;
    assert_eq!((standing.state, charges[0].refunds[0].request), (State::PartiallyRefunded, None));
}

pub async fn a_dispute_has_a_deadline_and_an_end(desk: &Desk) {
    for (won, end, state) in
        [(true, DisputeState::Won, State::Paid), (false, DisputeState::Lost, State::ChargedBack)]
    {
        let (ask, offer, charge) = desk.paid().await;
        desk.heard();
        desk.cashier.dispute(&charge).await.unwrap();
        let seen = desk.follow().await;
        let dispute = seen.iter().filter_map(|one| one.dispute.as_ref()).max_by_key(|one| one.due).unwrap();
        assert_eq!((dispute.state, dispute.amount), (DisputeState::NeedsResponse, Some(ask.amount)));
        assert!(dispute.due.is_some());
        assert_eq!(desk.stands(&ask, &offer.id).await, State::Paid);
        desk.cashier.end_dispute(&charge, won).await.unwrap();
        let (standing, _) = desk.look(&ask, &offer.id).await;
        assert_eq!((standing.state, standing.dispute.unwrap().state), (state, end));
    }
}

/// More than a page, some of which the hub has no part in.
pub async fn every_charge_is_listed(desk: &Desk, elsewhere: usize) {
    let merchant = desk.merchant();
    let mut made = BTreeSet::new();
    for at in 0..elsewhere {
        let sale = Sale {
            amount: 1_000,
            currency: "BRL".into(),
            description: "Sold at the counter".into(),
            reference: Some(format!("order {at}")),
            payer: "Rui".into(),
        };
        desk.cashier.deliveries().set_dropping(true);
        made.insert(desk.cashier.sell_elsewhere(&merchant, sale).await.unwrap());
    }
    desk.cashier.deliveries().set_dropping(false);
    let (ask, _, ours) = desk.paid().await;
    made.insert(ours.clone());
    let listed = desk.all(10).await;
    let found: BTreeSet<_> = listed.iter().map(|one| one.id.clone()).collect();
    assert_eq!(found, made);
    let named: Vec<_> = listed.iter().filter(|one| one.request.is_some()).collect();
    assert!(named.iter().all(|one| one.id == ours && one.request == Some(ask.id) && one.fee.is_some()));
    assert!(!named.is_empty());
}

pub async fn a_wrong_key_breaks_the_account(desk: &Desk, field: &str) {
    let identity = desk.provider.check(&desk.account, &desk.net).await.unwrap();
    assert!(!identity.id.is_empty() && !identity.name.is_empty() && !identity.live, "{identity:?}");
    let mut wrong = desk.account.clone();
    wrong.set(field, SecretString::from("sk_test_wrong"));
    let broken =
        |error: &ProviderError| matches!(error, ProviderError::AccountBroken(why) if !why.is_empty());
    assert!(broken(&desk.provider.check(&wrong, &desk.net).await.unwrap_err()));
    let ask = desk.request(&[Method::Card]);
    assert!(broken(&desk.provider.ask(&wrong, &ask, &desk.net).await.unwrap_err()));
}

pub async fn a_pix_code_is_shown_and_paid(desk: &Desk) {
    let ask = desk.request(&[Method::Pix]);
    let offer = desk.ask(&ask).await.unwrap();
    let code = offer.pix.clone().unwrap();
    assert!(code.starts_with("000201"), "{code}");
    assert!(payments::qr::png(&code).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(desk.ask(&ask).await.unwrap(), offer);
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Pending);
    desk.cashier.pay(&offer.id).await.unwrap();
    let (standing, charges) = desk.look(&ask, &offer.id).await;
    assert_eq!((standing.state, charges[0].method), (State::Paid, Method::Pix));
    desk.close(&offer.id).await.unwrap();
    assert_eq!(desk.stands(&ask, &offer.id).await, State::Paid);
    let other = desk.request(&[Method::Pix]);
    let closed = desk.ask(&other).await.unwrap();
    desk.close(&closed.id).await.unwrap();
    assert_eq!(desk.stands(&other, &closed.id).await, State::Cancelled);
    assert!(desk.cashier.pay(&closed.id).await.is_err());
    let late = desk.request(&[Method::Pix]);
    let lapsed = desk.ask(&late).await.unwrap();
    desk.cashier.expire(&lapsed.id).await.unwrap();
    assert_eq!(desk.stands(&late, &lapsed.id).await, State::Expired);
}

pub async fn another_amount_is_a_mismatch(desk: &Desk) {
    let (ask, offer) = desk.offer().await;
    desk.cashier.act(&offer.id, Deed::Pay { means: None, amount: Some(10_000) }).await.unwrap();
    let (standing, _) = desk.look(&ask, &offer.id).await;
    assert_eq!((standing.captured, standing.mismatch), (real(10_000), Some(Mismatch::TooLittle)));
}
