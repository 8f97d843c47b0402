//! Making the page on which a request is paid, or the code where it is Pix alone, and closing it.
//!
//! Every field depends on the request and on nothing else: a repetition with other fields under the same key is refused by Stripe.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    charge::Method,
    error::ProviderError,
    money::Money,
    provider::{Ask, Item, Offer},
    stripe::{
        client::{Client, Fields},
        units,
        wire::{Intent, Session},
    },
};

/// The field of Stripe's metadata that names a request of ours.
pub(super) const REQUEST: &str = "switchboard_payment";
/// Our clock may be ahead of Stripe's, which takes no more than 24 hours.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// Ids of intents begin with it.
pub(super) const INTENT: &str = "pi_";

pub(super) async fn ask(client: &Client<'_>, ask: &Ask) -> Result<Offer, ProviderError> {
    let key = ask.id.to_string();
    if ask.methods == [Method::Pix] {
        let intent: Intent = client.post(&["payment_intents"], Some(&key), pix(ask)?).await?;
        return code(intent);
    }
    let session: Session = client.post(&["checkout", "sessions"], Some(&key), session(ask)?).await?;
    let url = session.url.ok_or_else(|| {
        // A replay of an older answer, which was cut off, still has it.
        ProviderError::Refused {
            code: "no_url".to_owned(),
            detail: "The session has no page any more.".to_owned(),
        }
    })?;
    Ok(Offer { id: session.id, url, pix: None, expires_at: at(session.expires_at) })
}

/// The next look tells what became of one that cannot be closed because it was paid, is being paid, or is closed.
pub(super) async fn close(client: &Client<'_>, offer: &str) -> Result<(), ProviderError> {
    let closed = if offer.starts_with(INTENT) {
        let reason = vec![field("cancellation_reason", "requested_by_customer")];
        client.post::<Intent>(&["payment_intents", offer, "cancel"], None, reason).await.map(|_| ())
    } else {
        client.post::<Session>(&["checkout", "sessions", offer, "expire"], None, Vec::new()).await.map(|_| ())
    };
    match closed {
        Err(ProviderError::Refused { .. }) if !is_open(client, offer).await? => Ok(()),
        other => other,
    }
}

async fn is_open(client: &Client<'_>, offer: &str) -> Result<bool, ProviderError> {
    if offer.starts_with(INTENT) {
        let intent: Intent = client.get(&["payment_intents", offer], &[]).await?;
        return Ok(!matches!(intent.status.as_str(), "succeeded" | "canceled" | "processing"));
    }
    let session: Session = client.get(&["checkout", "sessions", offer], &[]).await?;
    Ok(session.status.as_deref() == Some("open"))
}

fn code(intent: Intent) -> Result<Offer, ProviderError> {
    let shown = intent.next_action.and_then(|action| action.pix_display_qr_code);
    let refused =
        |detail: &str| ProviderError::Refused { code: "no_pix_code".to_owned(), detail: detail.to_owned() };
    let shown = shown.ok_or_else(|| refused("Stripe answered without a Pix code."))?;
    let url =
        shown.hosted_instructions_url.ok_or_else(|| refused("Stripe answered without a page for Pix."))?;
    Ok(Offer { id: intent.id, url, pix: shown.data, expires_at: at(shown.expires_at) })
}

pub(super) fn session(ask: &Ask) -> Result<Fields, ProviderError> {
    let mut fields = vec![
        field("mode", "payment"),
        field("success_url", ask.return_url.as_str()),
        field("cancel_url", ask.return_url.as_str()),
        field("client_reference_id", ask.id),
        field("expires_at", (ask.expires_at - SLACK).timestamp()),
        field(format!("metadata[{REQUEST}]"), ask.id),
        field(format!("payment_intent_data[metadata][{REQUEST}]"), ask.id),
        field("payment_intent_data[description]", &ask.description),
    ];
    let whole = [Item { title: ask.description.clone(), quantity: 1, price: ask.amount }];
    let items = if ask.items.is_empty() { &whole[..] } else { &ask.items };
    for (at, item) in items.iter().enumerate() {
        let name = |rest: &str| format!("line_items[{at}]{rest}");
        fields.extend([
            field(name("[quantity]"), item.quantity),
            field(name("[price_data][currency]"), item.price.currency.lower()),
            field(name("[price_data][unit_amount]"), written(item.price)?),
            field(name("[price_data][product_data][name]"), &item.title),
        ]);
    }
    // What else the account offers on Stripe's page cannot be listed: then all of it is there.
    if !ask.methods.contains(&Method::Other) {
        let names = ask.methods.iter().filter_map(|method| name(*method)).enumerate();
        fields.extend(names.map(|(at, name)| field(format!("payment_method_types[{at}]"), name)));
    }
    if let Some(email) = &ask.payer.email {
        fields.push(field("customer_email", email));
    }
    Ok(fields)
}

/// An intent that is confirmed at once shows its code.
pub(super) fn pix(ask: &Ask) -> Result<Fields, ProviderError> {
    let mut fields = vec![
        field("amount", written(ask.amount)?),
        field("currency", ask.amount.currency.lower()),
        field("description", &ask.description),
        field("confirm", true),
        field("payment_method_types[0]", "pix"),
        field("payment_method_data[type]", "pix"),
        field("payment_method_options[pix][expires_at]", (ask.expires_at - SLACK).timestamp()),
        field(format!("metadata[{REQUEST}]"), ask.id),
    ];
    let details = [("name", &ask.payer.name), ("email", &ask.payer.email)];
    fields.extend(details.into_iter().filter_map(|(name, value)| {
        Some(field(format!("payment_method_data[billing_details][{name}]"), value.as_ref()?))
    }));
    Ok(fields)
}

fn written(money: Money) -> Result<i64, ProviderError> {
    units::of(money).map_err(|error| ProviderError::Refused {
        code: "amount_invalid".to_owned(),
        detail: error.to_string(),
    })
}

pub(super) const fn name(method: Method) -> Option<&'static str> {
    match method {
        Method::Card => Some("card"),
        Method::Pix => Some("pix"),
        Method::Boleto => Some("boleto"),
        Method::Other => None,
    }
}

pub(super) fn field(name: impl ToString, value: impl ToString) -> (String, String) {
    (name.to_string(), value.to_string())
}

pub(super) fn at(seconds: Option<i64>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds?, 0)
}
