//! How a request for money stands, reckoned from what was seen at its provider and from nothing else. Looks come late, twice and in any
//! order, so a charge is only ever merged with what is known of it, and sums decide: events have many names for a refund, sums have one.

use serde::{Deserialize, Serialize};

use crate::{
    charge::{Charge, Dispute, DisputeState, Progress},
    money::{Money, MoneyError},
    provider::OfferState,
};

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PaymentState))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Asked for; nobody has paid.
    Pending,
    /// The payer has done their part, the money is on its way.
    Processing,
    /// Reserved on a card and not taken yet.
    Authorized,
    Paid,
    PartiallyRefunded,
    Refunded,
    /// It could not be paid, and cannot be any more.
    Failed,
    Expired,
    Cancelled,
    /// The money went back by a dispute that was lost.
    ChargedBack,
}

/// The books of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    /// Taken from payers so far, refunds not subtracted.
    pub captured: Money,
    pub refunded: Money,
    /// What went back by lost disputes.
    pub lost: Money,
    /// What the provider keeps, as far as it has told.
    pub fee: Money,
    /// The one that asks for attention most.
    pub dispute: Option<Dispute>,
    /// What does not add up and has to be looked at by a person.
    pub mismatch: Option<Mismatch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// The provider took another currency than was asked for.
    Currency,
    /// More was taken than was asked for.
    TooMuch,
    /// Less was taken than was asked for.
    TooLittle,
    /// More went back than was taken.
    Refunded,
    /// It was paid after it had been cancelled here.
    AfterCancel,
}

/// What is known of a charge after another look. Money that was seen taken is not unseen by an older look that shows none, and a
/// dispute that has ended is not opened again.
pub fn merged(known: Option<&Charge>, seen: &Charge) -> Charge {
    let Some(known) = known else { return seen.clone() };
    if known.captured.is_positive() && !seen.captured.is_positive() {
        return known.clone();
    }
    Charge {
        request: seen.request.or(known.request),
        fee: seen.fee.or(known.fee),
        dispute: newer(known.dispute.as_ref(), seen.dispute.as_ref()),
        receipt_url: seen.receipt_url.clone().or_else(|| known.receipt_url.clone()),
        payer: seen.payer.clone().or_else(|| known.payer.clone()),
        paid_at: known.paid_at.or(seen.paid_at),
        ..seen.clone()
    }
}

/// What is known of a dispute after another look. It ends once, and a look that says no more than that there is one takes nothing away.
/// One of which nothing more was ever known is over without a word when it is no longer told of.
fn newer(known: Option<&Dispute>, seen: Option<&Dispute>) -> Option<Dispute> {
    match (known, seen) {
        (Some(known), Some(seen)) if known.id == seen.id => {
            if !seen.state.is_over() && (known.state.is_over() || seen.is_bare()) {
                return Some(known.clone());
            }
            Some(Dispute {
                amount: seen.amount.or(known.amount),
                reason: seen.reason.clone().or_else(|| known.reason.clone()),
                due: seen.due.or(known.due),
                ..seen.clone()
            })
        }
        (Some(known), None) if known.is_bare() && !known.state.is_over() => None,
        (known, seen) => seen.or(known).cloned(),
    }
}

impl Dispute {
    fn is_bare(&self) -> bool {
        self.amount.is_none() && self.reason.is_none() && self.due.is_none()
    }
}

impl Charge {
    /// What went back by a dispute that was lost: what was left of it.
    pub fn lost(&self) -> Money {
        let nothing = Money::zero(self.captured.currency);
        let lost = self.dispute.as_ref().filter(|dispute| dispute.state == DisputeState::Lost);
        lost.map_or(nothing, |dispute| {
            let left = self.captured.minus(self.refunded).unwrap_or(nothing);
            let disputed = dispute.amount.filter(|amount| amount.currency == left.currency).unwrap_or(left);
            Money::new(disputed.minor.clamp(0, left.minor.max(0)), left.currency)
        })
    }
}

impl Standing {
    /// From all charges of a request. Those in another currency count for nothing and are told as a mismatch.
    ///
    /// # Errors
    /// The sums are beyond all reason.
    pub fn of(asked: Money, offer: OfferState, charges: &[Charge]) -> Result<Self, MoneyError> {
        let currency = asked.currency;
        let ours = || charges.iter().filter(|charge| charge.captured.currency == currency);
        let sum = |of: fn(&Charge) -> Money| Money::sum(currency, ours().map(of));
        let captured = sum(|charge| charge.captured)?;
        let refunded = sum(|charge| charge.refunded)?;
        let lost = sum(Charge::lost)?;
        let fees = ours().filter_map(|charge| charge.fee).filter(|fee| fee.currency == currency);
        let fee = Money::sum(currency, fees)?;
        let foreign = charges
            .iter()
            .any(|charge| charge.captured.currency != currency && charge.captured.is_positive());
        Ok(Self {
            state: state(offer, charges, captured, refunded, lost),
            captured,
            refunded,
            lost,
            fee,
            dispute: dispute(charges),
            mismatch: mismatch(asked, captured, refunded, foreign, offer),
        })
    }

    /// What is left of what was taken, fees not subtracted.
    pub fn kept(&self) -> Result<Money, MoneyError> {
        self.captured.minus(self.refunded)?.minus(self.lost)
    }
}

impl State {
    /// Whether the payer can still pay, as far as is known.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Processing | Self::Authorized)
    }
}

/// The one that waits for an answer, else the last that is under way, else the last.
fn dispute(charges: &[Charge]) -> Option<Dispute> {
    let urgency = |dispute: &Dispute| match dispute.state {
        DisputeState::NeedsResponse => 4,
        DisputeState::Inquiry => 3,
        DisputeState::UnderReview => 2,
        DisputeState::Lost => 1,
        DisputeState::Won => 0,
    };
    charges.iter().filter_map(|charge| charge.dispute.as_ref()).max_by_key(|one| urgency(one)).cloned()
}

fn mismatch(
    asked: Money,
    captured: Money,
    refunded: Money,
    foreign: bool,
    offer: OfferState,
) -> Option<Mismatch> {
    if foreign {
        return Some(Mismatch::Currency);
    }
    if refunded.minor > captured.minor {
        return Some(Mismatch::Refunded);
    }
    match captured.minor {
        0 => None,
        some if some > asked.minor => Some(Mismatch::TooMuch),
        some if some < asked.minor => Some(Mismatch::TooLittle),
        _ if offer == OfferState::Closed => Some(Mismatch::AfterCancel),
        _ => None,
    }
}

fn state(offer: OfferState, charges: &[Charge], captured: Money, refunded: Money, lost: Money) -> State {
    if captured.is_positive() {
        return match refunded.minor {
            _ if lost.is_positive() => State::ChargedBack,
            0 => State::Paid,
            some if some >= captured.minor => State::Refunded,
            _ => State::PartiallyRefunded,
        };
    }
    let any = |progress| charges.iter().any(|charge| charge.progress == progress);
    if any(Progress::Authorized) {
        return State::Authorized;
    }
    if any(Progress::Processing) || any(Progress::Captured) {
        return State::Processing;
    }
    match offer {
        OfferState::Expired => State::Expired,
        OfferState::Closed => State::Cancelled,
        OfferState::Open => State::Pending,
        OfferState::Complete if any(Progress::Expired) => State::Expired,
        OfferState::Complete if any(Progress::Cancelled) => State::Cancelled,
        OfferState::Complete if any(Progress::Failed) => State::Failed,
        OfferState::Complete => State::Processing,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::charge::Method;

    fn real(minor: i64) -> Money {
        Money::new(minor, "BRL".parse().unwrap())
    }

    fn charge(progress: Progress, captured: i64, refunded: i64) -> Charge {
        Charge {
            id: "pay_1".into(),
            request: None,
            progress,
            amount: real(100),
            captured: real(captured),
            refunded: real(refunded),
            fee: None,
            method: Method::Card,
            failure: None,
            dispute: None,
            refunds: Vec::new(),
            receipt_url: None,
            payer: None,
            created_at: DateTime::UNIX_EPOCH,
            paid_at: None,
        }
    }

    fn disputed(state: DisputeState) -> Charge {
        let dispute = Dispute { id: "dp_1".into(), state, amount: None, reason: None, due: None };
        Charge { dispute: Some(dispute), ..charge(Progress::Captured, 100, 0) }
    }

    /// One charge, looked at so often.
    fn walk(offer: OfferState, looks: &[Charge]) -> Standing {
        let known = looks.iter().fold(None, |known: Option<Charge>, seen| Some(merged(known.as_ref(), seen)));
        Standing::of(real(100), offer, known.as_slice()).unwrap()
    }

    #[test]
    fn a_request_is_paid_and_given_back() {
        assert_eq!(walk(OfferState::Open, &[]).state, State::Pending);
        let steps = [
            (OfferState::Open, charge(Progress::Open, 0, 0), State::Pending),
            (OfferState::Open, charge(Progress::Failed, 0, 0), State::Pending),
            (OfferState::Complete, charge(Progress::Processing, 0, 0), State::Processing),
            (OfferState::Complete, charge(Progress::Captured, 100, 0), State::Paid),
            (OfferState::Complete, charge(Progress::Captured, 100, 30), State::PartiallyRefunded),
            (OfferState::Complete, charge(Progress::Captured, 100, 100), State::Refunded),
        ];
        let mut looks = Vec::new();
        for (offer, seen, state) in steps {
            looks.push(seen);
            assert_eq!(walk(offer, &looks).state, state);
        }
        assert_eq!(walk(OfferState::Complete, &looks).kept(), Ok(real(0)));
    }

    #[test]
    fn money_is_not_unseen_by_an_older_look() {
        for older in [Progress::Open, Progress::Processing, Progress::Expired, Progress::Failed] {
            let standing = walk(OfferState::Open, &[charge(Progress::Captured, 100, 0), charge(older, 0, 0)]);
            assert_eq!(standing.state, State::Paid, "{older:?}");
        }
    }

    #[test]
    fn who_pays_an_expired_page_has_paid_and_who_pays_a_closed_one_is_told_of() {
        let paid = [charge(Progress::Captured, 100, 0)];
        let expired = walk(OfferState::Expired, &paid);
        assert_eq!((expired.state, expired.mismatch), (State::Paid, None));
        let closed = walk(OfferState::Closed, &paid);
        assert_eq!((closed.state, closed.mismatch), (State::Paid, Some(Mismatch::AfterCancel)));
        assert_eq!(walk(OfferState::Closed, &[]).state, State::Cancelled);
        assert_eq!(walk(OfferState::Expired, &[]).state, State::Expired);
    }

    #[test]
    fn a_boleto_that_ran_out_is_expired() {
        assert_eq!(walk(OfferState::Complete, &[charge(Progress::Expired, 0, 0)]).state, State::Expired);
        assert_eq!(walk(OfferState::Complete, &[charge(Progress::Failed, 0, 0)]).state, State::Failed);
    }

    #[test]
    fn a_refund_that_failed_leaves_it_paid() {
        let standing = walk(
            OfferState::Complete,
            &[charge(Progress::Captured, 100, 100), charge(Progress::Captured, 100, 0)],
        );
        assert_eq!((standing.state, standing.kept()), (State::Paid, Ok(real(100))));
    }

    #[test]
    fn a_dispute_ends_once() {
        let open = disputed(DisputeState::NeedsResponse);
        assert_eq!(walk(OfferState::Complete, std::slice::from_ref(&open)).state, State::Paid);
        let won = [open.clone(), disputed(DisputeState::Won)];
        assert_eq!(walk(OfferState::Complete, &won).state, State::Paid);
        let lost = walk(OfferState::Complete, &[open.clone(), disputed(DisputeState::Lost), open]);
        assert_eq!((lost.state, lost.kept()), (State::ChargedBack, Ok(real(0))));
        assert_eq!(lost.dispute.unwrap().state, DisputeState::Lost);
    }

    #[test]
    fn a_look_that_says_less_of_a_dispute_takes_nothing_away() {
        let due = DateTime::from_timestamp(1_800_000_000, 0);
        let told = |state| {
            let charge = disputed(state);
            let dispute = charge.dispute.clone().map(|one| Dispute { amount: Some(real(40)), due, ..one });
            Charge { dispute, ..charge }
        };
        let looks = [told(DisputeState::UnderReview), disputed(DisputeState::NeedsResponse)];
        assert_eq!(walk(OfferState::Complete, &looks).dispute, looks[0].dispute);
        let lost =
            walk(OfferState::Complete, &[told(DisputeState::UnderReview), disputed(DisputeState::Lost)]);
        assert_eq!((lost.lost, lost.dispute.unwrap().due), (real(40), due));
        let silence = charge(Progress::Captured, 100, 0);
        let ended = [disputed(DisputeState::NeedsResponse), silence.clone()];
        assert_eq!(walk(OfferState::Complete, &ended).dispute, None);
        let kept = [told(DisputeState::UnderReview), silence];
        assert_eq!(walk(OfferState::Complete, &kept).dispute, kept[0].dispute);
    }

    #[test]
    fn two_who_pay_one_page_have_paid_too_much() {
        let second = Charge { id: "pay_2".into(), ..charge(Progress::Captured, 100, 0) };
        let both = [charge(Progress::Captured, 100, 0), second];
        let standing = Standing::of(real(100), OfferState::Open, &both).unwrap();
        assert_eq!((standing.captured, standing.mismatch), (real(200), Some(Mismatch::TooMuch)));
    }

    #[test]
    fn a_foreign_currency_is_no_payment() {
        let dollars = Money::new(100, "USD".parse().unwrap());
        let foreign = Charge {
            captured: dollars,
            amount: dollars,
            refunded: Money::zero(dollars.currency),
            ..charge(Progress::Captured, 0, 0)
        };
        let standing = Standing::of(real(100), OfferState::Complete, &[foreign]).unwrap();
        assert_eq!((standing.captured, standing.mismatch), (real(0), Some(Mismatch::Currency)));
        assert_ne!(standing.state, State::Paid);
    }

    fn any_look() -> impl Strategy<Value = Charge> {
        use Progress::{Authorized, Cancelled, Captured, Expired, Failed, Open, Processing};
        let all = vec![Open, Processing, Authorized, Captured, Failed, Expired, Cancelled];
        (prop::sample::select(all), 0_i64..200, 0_i64..200).prop_map(|(progress, captured, refunded)| {
            let captured = if progress == Captured { captured } else { 0 };
            charge(progress, captured, refunded.min(captured))
        })
    }

    proptest! {
        #[test]
        fn a_repeated_look_changes_nothing(looks in prop::collection::vec(any_look(), 1..12)) {
            let again: Vec<_> = looks.iter().chain(looks.last()).cloned().collect();
            prop_assert_eq!(walk(OfferState::Open, &again), walk(OfferState::Open, &looks));
        }

        #[test]
        fn the_books_add_up_after_any_looks(looks in prop::collection::vec(any_look(), 0..12)) {
            let standing = walk(OfferState::Open, &looks);
            let kept = standing.captured.minor - standing.refunded.minor - standing.lost.minor;
            prop_assert_eq!(standing.kept().unwrap().minor, kept);
            prop_assert!(kept >= 0);
            let paid = standing.captured.is_positive() && standing.refunded.minor == 0;
            prop_assert_eq!(standing.state == State::Paid, paid);
        }
    }
}
