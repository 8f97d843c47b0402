//! What colleagues write in a mirror's place is no customer's message: it is taken out of the batch, and what belongs to a thread of
//! ours is kept once and ordered to be carried out, in the same transaction.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use channels::{
    PartyId,
    event::{InboundMessage, What},
    message::Kind,
};
use serde_json::json;
use sqlx::types::Json;

use super::{
    batch::{self, Item},
    record::{Became, Effect},
};
use crate::{
    db::{NewJob, Tx},
    error::Result,
    ids::{ConversationId, IntegrationId},
    inbox::integration::Integration,
    mirror::{Heard, word_lane},
};

/// An item that was taken out.
pub(super) struct Taken {
    item: usize,
    integration: Arc<Integration>,
}

type Name = (IntegrationId, String);

/// Takes out what lies in a place that is a mirror now. Nobody else sees these items.
pub(super) async fn divert(tx: &mut Tx, items: &mut [Item<'_>]) -> Result<Vec<Taken>> {
    let able: HashSet<_> = items
        .iter()
        .filter_map(|item| item.integration.as_ref())
        .filter(|one| one.channel.mirror().is_some())
        .map(|one| one.id)
        .collect();
    if able.is_empty() {
        return Ok(Vec::new());
    }
    let places: HashMap<IntegrationId, String> = sqlx::query_as(
        "select integration_id, place from mirrors where organization_id = $1 and integration_id = any($2)",
    )
    .bind(tx.organization())
    .bind(able.into_iter().collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?
    .into_iter()
    .collect();
    let mut taken = Vec::new();
    for (index, item) in items.iter_mut().enumerate() {
        let Some(integration) = item.integration.clone() else { continue };
        let place = named(item.what).and_then(|id| integration.channel.mirror()?.place_of(id));
        if place.is_some() && place == places.get(&integration.id).map(String::as_str) {
            item.integration = None;
            item.message = None;
            taken.push(Taken { item: index, integration });
        }
    }
    Ok(taken)
}

/// The platform's id that says where it happened.
fn named(what: &What) -> Option<&str> {
    match what {
        What::Message(message) => Some(&message.thread),
        What::Edit(change) => Some(&change.external_id),
        What::Delete(change) => change.external_ids.first().map(String::as_str),
        What::Status(change) => Some(&change.external_id),
        What::Reaction(change) => Some(&change.external_id),
        _ => None,
    }
}

/// Keeps words of colleagues in threads of ours, once each, and orders what follows from them and from their changes.
pub(super) async fn keep(
    tx: &mut Tx,
    items: &[Item<'_>],
    taken: &[Taken],
    became: &mut [Option<Became>],
) -> Result<()> {
    if taken.is_empty() {
        return Ok(());
    }
    let threads = threads(tx, items, taken).await?;
    let words: Vec<_> = taken.iter().filter_map(|one| word(one, items, &threads)).collect();
    let new = insert(tx, &words).await?;
    let changed = changed(tx, items, taken).await?;
    let mut heard = HashSet::new();
    for one in taken {
        let what = items[one.item].what;
        let external = external_id(what);
        let key = (one.integration.id, external.unwrap_or_default().to_owned());
        let (conversation, effect) = match what {
            What::Message(message) => {
                let said = words.iter().find(|word| word.item == one.item).map(|word| word.conversation);
                let first = new.contains(&key) && heard.insert(key.clone());
                match said {
                    Some(_) if first => (said, Effect::Stored),
                    Some(_) => (said, Effect::Repeated),
                    None => (
                        threads.get(&(one.integration.id, message.thread.clone())).map(|it| it.0),
                        Effect::Ignored,
                    ),
                }
            }
            What::Edit(_) | What::Delete(_) => {
                let conversation = changed.get(&key).copied();
                let effect = if conversation.is_some() { Effect::Stored } else { Effect::Ignored };
                (conversation, effect)
            }
            _ => (None, Effect::Ignored),
        };
        if let (Effect::Stored, Some(conversation)) = (effect, conversation) {
            order(tx, &key, conversation, what);
        }
        became[one.item] = Some(Became {
            kind: batch::kind(what),
            external_id: external.map(str::to_owned),
            conversation_id: conversation,
            message_id: None,
            effect,
        });
    }
    Ok(())
}

fn external_id(what: &What) -> Option<&str> {
    match what {
        What::Message(message) => Some(&message.external_id),
        what => named(what),
    }
}

/// Threads of ours that the batch's messages lie in, locked, so that the order of their jobs is the order of commits.
async fn threads(
    tx: &mut Tx,
    items: &[Item<'_>],
    taken: &[Taken],
) -> Result<HashMap<Name, (ConversationId, String)>> {
    let wanted: BTreeMap<_, _> = taken
        .iter()
        .filter_map(|one| match items[one.item].what {
            What::Message(message) => Some(((one.integration.id, message.thread.as_str()), ())),
            _ => None,
        })
        .collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(IntegrationId, String, ConversationId, String)> = sqlx::query_as(
        "select t.integration_id, t.thread, t.conversation_id, t.place
         from mirror_threads t
         join unnest($2::uuid[], $3::text[]) as w (integration_id, thread)
              on t.integration_id = w.integration_id and t.thread = w.thread
         where t.organization_id = $1
         order by t.id
         for no key update of t",
    )
    .bind(tx.organization())
    .bind(wanted.keys().map(|key| key.0).collect::<Vec<_>>())
    .bind(wanted.keys().map(|key| key.1).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, thread, conversation, place)| ((id, thread), (conversation, place)))
        .collect())
}

/// A row about to be written.
struct Word<'a> {
    item: usize,
    integration: IntegrationId,
    message: &'a InboundMessage,
    author: &'a PartyId,
    conversation: ConversationId,
    place: &'a str,
}

/// Only what a person said: programs would answer each other for ever.
fn word<'a>(
    taken: &Taken,
    items: &'a [Item<'_>],
    threads: &'a HashMap<Name, (ConversationId, String)>,
) -> Option<Word<'a>> {
    let What::Message(message) = items[taken.item].what else { return None };
    let (conversation, place) = threads.get(&(taken.integration.id, message.thread.clone()))?;
    let author = message.author.as_ref()?.ids.first()?;
    let person = taken.integration.channel.mirror()?.is_person(author);
    let said = person && !message.echo && message.kind != Kind::Interactive;
    said.then(|| Word {
        item: taken.item,
        integration: taken.integration.id,
        message,
        author,
        conversation: *conversation,
        place,
    })
}

/// Those that nobody had heard before.
async fn insert(tx: &mut Tx, words: &[Word<'_>]) -> Result<HashSet<Name>> {
    if words.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<Name> = sqlx::query_as(
        "insert into mirror_words (organization_id, integration_id, external_id, conversation_id, place, author)
         select $1, * from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::jsonb[])
         on conflict do nothing
         returning integration_id, external_id",
    )
    .bind(tx.organization())
    .bind(words.iter().map(|word| word.integration).collect::<Vec<_>>())
    .bind(words.iter().map(|word| word.message.external_id.as_str()).collect::<Vec<_>>())
    .bind(words.iter().map(|word| word.conversation).collect::<Vec<_>>())
    .bind(words.iter().map(|word| word.place).collect::<Vec<_>>())
    .bind(words.iter().map(|word| Json(word.author)).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().collect())
}

/// Words that the batch edits or deletes, with their conversations.
async fn changed(tx: &mut Tx, items: &[Item<'_>], taken: &[Taken]) -> Result<HashMap<Name, ConversationId>> {
    let wanted: Vec<_> = taken
        .iter()
        .filter(|one| matches!(items[one.item].what, What::Edit(_) | What::Delete(_)))
        .filter_map(|one| Some((one.integration.id, named(items[one.item].what)?)))
        .collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(IntegrationId, String, ConversationId)> = sqlx::query_as(
        "select integration_id, external_id, conversation_id from mirror_words
         where organization_id = $1
           and (integration_id, external_id) in (select * from unnest($2::uuid[], $3::text[]))",
    )
    .bind(tx.organization())
    .bind(wanted.iter().map(|one| one.0).collect::<Vec<_>>())
    .bind(wanted.iter().map(|one| one.1).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(id, external, conversation)| ((id, external), conversation)).collect())
}

fn order(tx: &mut Tx, key: &Name, conversation: ConversationId, what: &What) {
    let heard = Heard { integration_id: key.0, external_id: key.1.clone(), what: what.clone() };
    tx.enqueue(NewJob::now("mirror_word", Some(word_lane(key.0, conversation)), json!(heard)));
}
