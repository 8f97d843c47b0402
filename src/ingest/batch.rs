//! The transaction: set-based statements in a fixed order, whatever the batch holds.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use channels::event::{InboundMessage, What};
use chrono::{DateTime, Utc};
use sqlx::postgres::types::Oid;

use super::{
    Delivery, Stored, account, address_book, calls,
    changes::{self, Changes},
    history::History,
    lines,
    messages::NewMessages,
    mirrored,
    people::People,
    record::{self, Became, Effect, Record},
    tell,
    threads::Threads,
    watermarks,
};
use crate::{
    db::{Db, Tx},
    error::Result,
    ids::{ContactId, OrganizationId},
    inbox::{
        contact_merge,
        integration::{Integration, Integrations},
        merge_suggestion,
        message::Message,
    },
};

/// One event on its way.
pub(super) struct Item<'a> {
    pub delivery: usize,
    /// The integration that the event belongs to, which may be a sibling of the one that was called; `None` if the organization
    /// has not connected that account.
    pub integration: Option<Arc<Integration>>,
    pub what: &'a What,
    /// The message that it is, or that news of a call would be if nobody has heard of the call.
    pub message: Option<Cow<'a, InboundMessage>>,
    /// One change for each message that a watermark means.
    pub marked: Vec<What>,
}

/// What the organization decided about its conversations and messages, and the transaction's time.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Settings {
    pub single_thread: bool,
    /// The text search configuration.
    pub language: Oid,
    pub now: DateTime<Utc>,
}

/// Stores the deliveries of one organization and commits; the new messages of each. Repeats change nothing.
pub(super) async fn store(
    db: &Db,
    integrations: &Integrations,
    organization: OrganizationId,
    deliveries: &[&Delivery],
) -> Result<Vec<Vec<Stored>>> {
    let mut items = items(integrations, organization, deliveries).await?;
    let mut tx = db.begin(organization).await?;
    let mut became: Vec<Option<Became>> = items.iter().map(|_| None).collect();
    let mut new: Vec<Vec<Stored>> = deliveries.iter().map(|_| Vec::new()).collect();
    if !items.is_empty() {
        let taken = mirrored::divert(&mut tx, &mut items).await?;
        watermarks::resolve(&mut tx, &mut items).await?;
        let mut people = People::find(&mut tx, &items).await?;
        while let Some((kept, gone)) = people.twins(&mut tx, &items).await? {
            drop(tx);
            unite(db, organization, kept, gone).await?;
            tx = db.begin(organization).await?;
            people = People::find(&mut tx, &items).await?;
        }
        store_items(&mut tx, &items, people, &mut became, &mut new).await?;
        mirrored::keep(&mut tx, &items, &taken, &mut became).await?;
    }
    let counts = count(&items, &became);
    let became = by_delivery(deliveries.len(), &items, became);
    let records: Vec<_> =
        deliveries.iter().zip(&became).map(|(delivery, became)| record_of(delivery, became)).collect();
    record::write(&mut tx, &records).await?;
    tx.commit().await?;
    for (direction, count) in counts {
        metrics::counter!("switchboard_messages_total", "direction" => direction).increment(count);
    }
    Ok(new)
}

/// Messages that the batch brought, by direction: an echo is the business's own word.
fn count(items: &[Item<'_>], became: &[Option<Became>]) -> [(&'static str, u64); 2] {
    let stored = |echo: bool| {
        let new = items.iter().zip(became).filter(|(item, became)| {
            matches!(item.what, What::Message(message) if message.echo == echo)
                && became.as_ref().is_some_and(|one| one.effect == Effect::Stored && one.message_id.is_some())
        });
        new.count() as u64
    };
    [("inbound", stored(false)), ("outbound", stored(true))]
}

/// Two contacts that turned out to be one person become one, in a transaction of their own: the batch's takes its locks in
/// another order. Every round leaves a contact less, so that they end.
async fn unite(db: &Db, organization: OrganizationId, kept: ContactId, gone: ContactId) -> Result<()> {
    let mut tx = db.begin(organization).await?;
    contact_merge::merge_known(&mut tx, kept, gone).await?;
    tx.commit().await?;
    tracing::info!(contact.kept = %kept, contact.gone = %gone, "the platform named two contacts as one person");
    Ok(())
}

async fn store_items(
    tx: &mut Tx,
    items: &[Item<'_>],
    known: People,
    became: &mut [Option<Became>],
    stored: &mut [Vec<Stored>],
) -> Result<()> {
    let settings = settings(tx).await?;
    let people = People::meet(known, tx, items).await?;
    let targets = changes::targets(tx, items).await?;
    let history = History::find(tx, items, &people, became).await?;
    let others = targets.conversations().chain(history.conversations()).collect();
    let mut threads = Threads::open(tx, items, &people, others, &settings).await?;
    let mut new = NewMessages::default();
    let remembered = history.store(tx, &people, &mut threads, &settings, &mut new, became).await?;
    new.append(tx, items, &people, &mut threads, &settings, became).await?;
    let changes = Changes::apply(tx, items, &people, &targets, &new, became).await?;
    account::apply(tx, items, &people, became).await?;
    address_book::apply(tx, items, &people, became).await?;
    threads.close_up(tx).await?;
    remembered.tell(tx).await?;
    let told = tell::tell(tx, new, &changes, &people, &threads).await?;
    hand_out(items, became, told, &threads, stored);
    if people.changed()
        || items.iter().any(|item| matches!(item.what, What::Contact(_) | What::AddressBook(_)))
    {
        merge_suggestion::tell_new(tx).await?;
    }
    calls::follow_up(tx, &changes.calls).await?;
    lines::append(tx, items, &people).await
}

/// Gives each delivery the messages that it brought.
fn hand_out(
    items: &[Item<'_>],
    became: &[Option<Became>],
    told: Vec<Message>,
    threads: &Threads,
    stored: &mut [Vec<Stored>],
) {
    let mut told: HashMap<_, _> = told.into_iter().map(|message| (message.id, message)).collect();
    for (item, became) in items.iter().zip(became) {
        let (Some(_), Some(became)) = (&item.message, became) else { continue };
        let new = became.message_id.filter(|_| became.effect == Effect::Stored);
        let Some(message) = new.and_then(|id| told.remove(&id)) else { continue };
        if let Some(thread) = threads.get(message.conversation_id) {
            let (integration_id, thread) = (thread.integration_id, thread.thread.clone());
            stored[item.delivery].push(Stored { message, integration_id, thread });
        }
    }
}

async fn settings(tx: &mut Tx) -> Result<Settings> {
    let organization = tx.organization();
    Ok(sqlx::query_as(
        "select single_thread, search_language::oid as language, now() as now from organizations where id = $1",
    )
        .bind(organization)
        .fetch_one(tx.sql())
        .await?)
}

/// Flattens the deliveries and finds each event's integration.
async fn items<'a>(
    integrations: &Integrations,
    organization: OrganizationId,
    deliveries: &[&'a Delivery],
) -> Result<Vec<Item<'a>>> {
    let mut siblings: HashMap<(&str, &str), Option<Arc<Integration>>> = HashMap::new();
    let mut items = Vec::new();
    for (index, delivery) in deliveries.iter().enumerate() {
        let called = &delivery.integration;
        for event in delivery.incoming.as_ref().map(|incoming| incoming.events.as_slice()).unwrap_or_default()
        {
            let integration = match event.account.as_deref() {
                Some(key) if key != called.account_key => {
                    let channel = called.channel.id().as_str();
                    match siblings.get(&(channel, key)) {
                        Some(known) => known.clone(),
                        None => {
                            let found = integrations.sibling(organization, channel, key).await?;
                            siblings.insert((channel, key), found.clone());
                            found
                        }
                    }
                }
                _ => Some(called.clone()),
            };
            items.push(Item {
                delivery: index,
                integration,
                what: &event.what,
                message: message(&event.what),
                marked: Vec::new(),
            });
        }
    }
    Ok(items)
}

fn message(what: &What) -> Option<Cow<'_, InboundMessage>> {
    match what {
        What::Message(message) => Some(Cow::Borrowed(&**message)),
        What::Call(change) => change.message().map(Cow::Owned),
        _ => None,
    }
}

fn by_delivery(count: usize, items: &[Item<'_>], became: Vec<Option<Became>>) -> Vec<Vec<Became>> {
    let mut each: Vec<Vec<Became>> = (0..count).map(|_| Vec::new()).collect();
    for (item, became) in items.iter().zip(became) {
        each[item.delivery].push(became.unwrap_or_else(|| Became {
            kind: kind(item.what),
            external_id: None,
            conversation_id: None,
            message_id: None,
            effect: if item.integration.is_some() { Effect::Ignored } else { Effect::Unrouted },
        }));
    }
    each
}

fn record_of<'a>(delivery: &'a Delivery, became: &'a [Became]) -> Record<'a> {
    let (outcome, error) = match &delivery.incoming {
        Err(error) => ("unreadable", Some(error.to_string().replace('\0', ""))),
        Ok(_) if became.iter().any(|one| matches!(one.effect, Effect::Stored | Effect::KeptForLater)) => {
            ("stored", None)
        }
        Ok(_) if became.iter().any(|one| one.effect == Effect::Repeated) => ("repeated", None),
        Ok(_) => ("ignored", None),
    };
    Record { delivery, outcome, error, became }
}

/// The event's word in the flight recorder.
pub(super) fn kind(what: &What) -> &'static str {
    match what {
        What::Message(_) => "message",
        What::Past(_) => "past_message",
        What::AddressBook(_) => "address_book",
        What::Status(_) | What::Watermark(_) => "status",
        What::Reaction(_) => "reaction",
        What::Edit(_) => "edit",
        What::Delete(_) => "delete",
        What::Call(_) => "call",
        What::Contact(_) => "contact",
        What::ThreadMoved { .. } => "thread_moved",
        What::Template(_) => "template",
        What::Notice(_) => "notice",
        What::Broken(_) => "broken",
        What::Handshake { .. } => "handshake",
        What::Elsewhere { .. } => "elsewhere",
        What::Ignored { .. } => "ignored",
    }
}
