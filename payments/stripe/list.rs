//! Charges of a time. First all that were made since then, newest first; after them, from the events of that time (which Stripe keeps
//! for 30 days), the older ones that were refunded, disputed, paid or given up since. What both lists name comes twice.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    error::ProviderError,
    provider::Charges,
    stripe::{
        client::Client,
        look::{self, EXPANDED},
        wire::{Event, Intent, Linked, List, Named},
    },
};

/// Each may need calls of its own.
const EVENTS: &str = "20";
/// What changes a charge after it was made.
const TYPES: [&str; 12] = [
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
];
/// A cursor of the second list.
const CHANGED: &str = "changed:";

pub(super) async fn charges(
    client: &Client<'_>,
    since: DateTime<Utc>,
    cursor: Option<&str>,
) -> Result<Charges, ProviderError> {
    match cursor {
        Some(cursor) if cursor.starts_with(CHANGED) => {
            changed(client, since, cursor.strip_prefix(CHANGED).filter(|after| !after.is_empty())).await
        }
        after => made(client, since, after).await,
    }
}

async fn made(
    client: &Client<'_>,
    since: DateTime<Utc>,
    after: Option<&str>,
) -> Result<Charges, ProviderError> {
    let since = since.timestamp().to_string();
    let expanded = EXPANDED.map(|path| format!("data.{path}"));
    let mut query = vec![("limit", "100"), ("created[gte]", since.as_str())];
    query.extend(expanded.iter().map(|path| ("expand[]", path.as_str())));
    query.extend(after.map(|after| ("starting_after", after)));
    let page: List<Intent> = client.get(&["payment_intents"], &query).await?;
    let last = page.data.last().filter(|_| page.has_more).map(|last| last.id.clone());
    let charges = all(client, &page.data).await?;
    Ok(Charges { charges, next: Some(last.unwrap_or_else(|| CHANGED.to_owned())) })
}

async fn changed(
    client: &Client<'_>,
    since: DateTime<Utc>,
    after: Option<&str>,
) -> Result<Charges, ProviderError> {
    let seconds = since.timestamp();
    let text = seconds.to_string();
    let mut query = vec![("limit", EVENTS), ("created[gte]", text.as_str())];
    query.extend(TYPES.map(|kind| ("types[]", kind)));
    query.extend(after.map(|after| ("starting_after", after)));
    let page: List<Event> = client.get(&["events"], &query).await?;
    let ids: BTreeSet<_> = page.data.iter().filter_map(intent_of).collect();
    let mut older = Vec::new();
    for id in ids {
        let intent = look::intent(client, id).await?;
        if intent.created < seconds {
            older.push(intent);
        }
    }
    let charges = all(client, &older).await?;
    let last = page.data.last().filter(|_| page.has_more);
    Ok(Charges { charges, next: last.map(|last| format!("{CHANGED}{}", last.id)) })
}

/// The intent that an event is about.
fn intent_of(event: &Event) -> Option<&str> {
    let subject = &event.data.as_ref()?.object;
    match event.kind.starts_with("payment_intent.") {
        true => subject.id.as_deref(),
        false => subject.payment_intent.as_ref().map(Linked::<Named>::id),
    }
}

/// Without those of a currency that we do not know: nothing was asked for in it here.
async fn all(client: &Client<'_>, intents: &[Intent]) -> Result<Vec<crate::charge::Charge>, ProviderError> {
    let mut charges = Vec::with_capacity(intents.len());
    for intent in intents {
        match look::charge(client, intent, None, None).await {
            Ok(charge) => charges.push(charge),
            Err(ProviderError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(charges)
}
