//! What a callback says there is to look at (<https://docs.stripe.com/api/events/types>).

use crate::{
    error::ReadError,
    http,
    provider::{About, Notice},
    stripe::wire::{Event, Linked, Named, Subject},
};

/// One event; none where it does not concern payments. Types that we do not know come whenever Stripe invents some.
pub(super) fn read(body: &[u8]) -> Result<Vec<Notice>, ReadError> {
    let body = http::without_nul(body);
    let event: Event = serde_json::from_slice(&body)
        .map_err(|error| ReadError(format!("the callback is no event of Stripe's: {error}")))?;
    if event.object != "event" {
        return Ok(Vec::new());
    }
    let about = event.data.as_ref().and_then(|data| about(&event.kind, &data.object));
    Ok(about.map(|about| Notice { id: event.id, kind: event.kind, about }).into_iter().collect())
}

fn about(kind: &str, object: &Subject) -> Option<About> {
    let id = || object.id.clone().filter(|id| !id.is_empty());
    let of_intent = || object.payment_intent.as_ref().map(|intent| Linked::<Named>::id(intent).to_owned());
    let (subject, _) = kind.rsplit_once('.')?;
    match subject {
        // Subscriptions and set-ups are none of ours.
        "checkout.session" if object.mode.as_deref().is_none_or(|mode| mode == "payment") => {
            id().map(About::Offer)
        }
        "payment_intent" => id().map(About::Charge),
        "charge.dispute" => id().map(About::Dispute),
        // Those without an intent were made by other programs, in Stripe's old way.
        "charge" | "refund" | "charge.refund" => of_intent().map(About::Charge),
        _ => None,
    }
}
