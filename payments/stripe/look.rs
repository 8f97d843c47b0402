//! Asking Stripe how things stand, and giving money back.

use crate::{
    charge::{Charge, Refunded},
    error::ProviderError,
    provider::{About, Look, Refund},
    stripe::{
        ask::{INTENT, field},
        client::{Client, HasId},
        seen,
        units::{self, UnitsError},
        wire::{Intent, Linked, List, Named, Person, Session, StripeDispute, StripeRefund},
    },
};

/// What a charge is read from, so that one call brings it.
pub(super) const EXPANDED: [&str; 2] = ["latest_charge.balance_transaction", "latest_charge.refunds"];

impl HasId for StripeRefund {
    fn id(&self) -> &str {
        &self.id
    }
}

impl HasId for StripeDispute {
    fn id(&self) -> &str {
        &self.id
    }
}

pub(super) async fn look(client: &Client<'_>, about: &About) -> Result<Look, ProviderError> {
    match about {
        About::Offer(id) | About::Charge(id) if id.starts_with(INTENT) => {
            let intent = intent(client, id).await?;
            let offer = seen::code(&intent);
            Ok(Look { offer, charges: vec![charge(client, &intent, None, None).await?] })
        }
        About::Offer(id) => page(client, id).await,
        About::Dispute(id) => disputed(client, id).await,
        // Nothing of Stripe's.
        About::Charge(_) | About::Order(_) => Ok(Look { offer: None, charges: Vec::new() }),
    }
}

async fn page(client: &Client<'_>, id: &str) -> Result<Look, ProviderError> {
    let [fee, refunds] = EXPANDED.map(|path| format!("payment_intent.{path}"));
    let query = [("expand[]", fee.as_str()), ("expand[]", refunds.as_str())];
    let session: Session = client.get(&["checkout", "sessions", id], &query).await?;
    let mut charges = Vec::new();
    // It has none until its payer begins.
    if let Some(intent) = session.payment_intent.as_ref().and_then(Linked::whole) {
        charges.push(charge(client, intent, session.customer_details.as_ref(), None).await?);
    }
    Ok(Look { offer: Some(seen::session(&session)), charges })
}

async fn disputed(client: &Client<'_>, id: &str) -> Result<Look, ProviderError> {
    let dispute: StripeDispute = client.get(&["disputes", id], &[]).await?;
    let Some(of) = dispute.payment_intent.as_ref().map(|intent| Linked::<Named>::id(intent).to_owned())
    else {
        return Ok(Look { offer: None, charges: Vec::new() });
    };
    let intent = intent(client, &of).await?;
    let offer = seen::code(&intent);
    Ok(Look { offer, charges: vec![charge(client, &intent, None, Some(dispute)).await?] })
}

pub(super) async fn intent(client: &Client<'_>, id: &str) -> Result<Intent, ProviderError> {
    let query = EXPANDED.map(|path| ("expand[]", path));
    client.get(&["payment_intents", id], &query).await
}

/// With its refunds and disputes, which are asked for only where there can be some.
pub(super) async fn charge(
    client: &Client<'_>,
    intent: &Intent,
    payer: Option<&Person>,
    dispute: Option<StripeDispute>,
) -> Result<Charge, ProviderError> {
    let latest = intent.latest_charge.as_ref().and_then(Linked::whole);
    let of_it = [("payment_intent", intent.id.as_str())];
    let mut fetched = Vec::new();
    let refunds = match latest.map(|charge| &charge.refunds) {
        None => &[],
        Some(Some(List { data, has_more: false })) => data.as_slice(),
        Some(_) => {
            fetched = client.list(&["refunds"], &of_it).await?;
            fetched.as_slice()
        }
    };
    let mut disputes: Vec<_> = dispute.into_iter().collect();
    if latest.is_some_and(|charge| charge.disputed) {
        let listed: Vec<StripeDispute> = client.list(&["disputes"], &of_it).await?;
        disputes.extend(listed);
    }
    let read = seen::charge(intent, refunds, &disputes, payer);
    drop(fetched);
    read.map_err(unreadable)
}

fn unreadable(error: UnitsError) -> ProviderError {
    ProviderError::Refused { code: "amount_unreadable".to_owned(), detail: error.to_string() }
}

/// Keys are forgotten after a day, the refund's own metadata is not: what was done under this id is looked for first.
pub(super) async fn refund(client: &Client<'_>, refund: &Refund) -> Result<Refunded, ProviderError> {
    let known: Vec<StripeRefund> =
        client.list(&["refunds"], &[("payment_intent", refund.charge.as_str())]).await?;
    for one in &known {
        let one = seen::refund(one).map_err(unreadable)?;
        if one.request == Some(refund.id) {
            return Ok(one);
        }
    }
    let units = units::of(refund.amount).map_err(|error| ProviderError::Refused {
        code: "amount_invalid".to_owned(),
        detail: error.to_string(),
    })?;
    let fields = vec![
        field("payment_intent", &refund.charge),
        field("amount", units),
        field(format!("metadata[{}]", seen::REFUND), refund.id),
    ];
    let made: StripeRefund = client.post(&["refunds"], Some(&refund.id.to_string()), fields).await?;
    seen::refund(&made).map_err(|error| ProviderError::Unknown(error.to_string()))
}
