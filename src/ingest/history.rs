//! What was said before an account was connected. Past messages stand before everything that the hub saw itself, in the order of their
//! own time, and count as read: they wake nobody, reopen nothing and are told as one change of their conversation.

mod numbers;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use channels::event::{InboundMessage, PastMessage, What};
use serde_json::json;

use self::numbers::{Grown, newest, renumber};
use super::{
    batch::{Item, Settings},
    messages::{self, NewMessages, became},
    people::People,
    record::{Became, Effect},
    rows::{self, FileRow},
    threads::{Key, Threads},
};
use crate::{
    db::Tx,
    error::Result,
    ids::{ContactId, ConversationId, IntegrationId, MessageId},
    inbox::{conversation, message},
    realtime::event::{EventKind, NewEvent},
};

type External = (IntegrationId, String);

/// The batch's past messages, and where they go.
#[derive(Default)]
pub(super) struct History<'a> {
    /// Unknown so far, in the order of coming.
    new: Vec<Past<'a>>,
    /// Known ones whose content may have come only now.
    told_again: Vec<(MessageId, ConversationId, &'a InboundMessage)>,
    /// Messages that are known, of those that the new ones answer.
    answered: HashMap<External, (MessageId, ConversationId)>,
    /// The first conversation of each thread.
    first: BTreeMap<Key, ConversationId>,
}

struct Past<'a> {
    index: usize,
    item: &'a Item<'a>,
    past: &'a PastMessage,
    key: Key,
    contact: ContactId,
}

/// What the batch's history changed, for telling.
#[derive(Default)]
pub(super) struct Remembered {
    conversations: BTreeSet<ConversationId>,
    filled: Vec<MessageId>,
}

impl<'a> History<'a> {
    /// Finds out what is new and where it belongs. Batches with history of one account are stored one after another.
    pub(super) async fn find(
        tx: &mut Tx,
        items: &'a [Item<'a>],
        people: &People,
        became_of: &mut [Option<Became>],
    ) -> Result<Self> {
        let mut history = Self::default();
        let all: Vec<_> = past(items).collect();
        if all.is_empty() {
            return Ok(history);
        }
        lock(tx, all.iter().map(|(_, _, integration, _)| *integration).collect()).await?;
        let asked: Vec<_> = all
            .iter()
            .flat_map(|(_, _, integration, past)| {
                let quoted = past.message.reply_to.iter().map(|quote| quote.external_id.as_str());
                quoted.chain([past.message.external_id.as_str()]).map(|external| (*integration, external))
            })
            .collect();
        let known = messages::find(tx, &asked).await?;
        // What comes as news in the same batch is news.
        let mut seen: HashSet<External> = super::threads::incoming(items)
            .filter_map(|(item, message)| Some((item.integration.as_ref()?.id, message.external_id.clone())))
            .collect();
        for (index, item, integration, past) in all {
            let external = (integration, past.message.external_id.clone());
            if let Some(&(id, conversation)) = known.get(&external) {
                history.told_again.push((id, conversation, &past.message));
                became_of[index] =
                    Some(became(item, &external.1, Some((id, conversation)), Effect::Repeated));
                continue;
            }
            let contact = people.of(channel(item), &past.message.contact);
            let repeated = !seen.insert(external);
            let Some(contact) = contact.filter(|id| !repeated && !is_unwanted(people, *id, past)) else {
                let effect = if repeated { Effect::Repeated } else { Effect::Blocked };
                became_of[index] = Some(became(item, &past.message.external_id, None, effect));
                continue;
            };
            let key = (integration, contact, past.message.thread.clone());
            history.new.push(Past { index, item, past, key, contact });
        }
        history.first = first(tx, history.new.iter().map(|one| &one.key).collect()).await?;
        history.answered = known;
        Ok(history)
    }

    /// Conversations that it changes, as far as they exist.
    pub(super) fn conversations(&self) -> impl Iterator<Item = ConversationId> {
        self.first.values().copied().chain(self.told_again.iter().map(|one| one.1))
    }

    /// Writes the new messages before all others of their conversations, which `threads` has locked.
    pub(super) async fn store(
        &self,
        tx: &mut Tx,
        people: &People,
        threads: &mut Threads,
        settings: &Settings,
        new: &mut NewMessages,
        became_of: &mut [Option<Became>],
    ) -> Result<Remembered> {
        let mut remembered = Remembered { filled: self.fill(tx, settings).await?, ..Remembered::default() };
        if self.new.is_empty() {
            return Ok(remembered);
        }
        let wanted = self.new.iter().filter(|one| !self.first.contains_key(&one.key));
        let wanted = wanted.map(|one| (one.key.clone(), channel(one.item))).collect();
        let mut places = self.first.clone();
        places.extend(threads.begin_past(tx, wanted, settings).await?);
        let mut grown: BTreeMap<ConversationId, Grown> = BTreeMap::new();
        let mut new_rows = Vec::new();
        let mut files = Vec::new();
        let ids = self.ids();
        for one in self.in_time() {
            let Some(conversation) = places.get(&one.key).copied() else { continue };
            let (Some(thread), Some(integration)) = (threads.get(conversation), &one.item.integration) else {
                continue;
            };
            let message = &one.past.message;
            let external = (integration.id, message.external_id.clone());
            let Some(id) = ids.get(&external).copied() else { continue };
            // The first of each conversation is its earliest.
            let begins = Grown { count: 0, at: one.past.message.sent_at, first: id };
            let behind = &mut grown.entry(conversation).or_insert(begins).count;
            *behind += 1;
            let quoted = message.reply_to.as_ref().map(|quote| (integration.id, quote.external_id.clone()));
            let reply_to = quoted.and_then(|key| {
                self.answered.get(&key).map(|found| found.0).or_else(|| ids.get(&key).copied())
            });
            let name = people.contact(one.contact).map(|contact| contact.name.clone()).unwrap_or_default();
            let seq = thread.last_seq + *behind;
            new_rows.push(
                rows::row(id, conversation, seq, false, integration, message, one.contact, name, reply_to)
                    .past(one.past),
            );
            files.extend(files_of(id, conversation, message));
            let found = Some((id, conversation));
            became_of[one.index] = Some(became(one.item, &message.external_id, found, Effect::Stored));
            new.by_external.insert(external, (id, conversation));
        }
        rows::insert(tx, &new_rows, settings).await?;
        rows::insert_files(tx, &files).await?;
        let grown: Vec<_> = grown.into_iter().collect();
        renumber(tx, &grown, threads).await?;
        for one in &self.new {
            let (Some(id), Some(integration)) = (places.get(&one.key), &one.item.integration) else {
                continue;
            };
            let hours = integration.channel.window_hours(&integration.account);
            if let Some(thread) = threads.get_mut(*id) {
                thread.remember(&one.past.message, hours);
            }
        }
        for (id, grown) in &grown {
            if let Some(thread) = threads.get_mut(*id) {
                thread.make_room(grown.count);
            }
        }
        newest(tx, &grown, threads).await?;
        remembered.conversations.extend(grown.iter().map(|one| one.0));
        Ok(remembered)
    }

    /// One id for each new message, in the order of their time.
    fn ids(&self) -> HashMap<External, MessageId> {
        self.in_time()
            .into_iter()
            .map(|one| ((one.key.0, one.past.message.external_id.clone()), MessageId::new()))
            .collect()
    }

    fn in_time(&self) -> Vec<&Past<'a>> {
        let mut sorted: Vec<_> = self.new.iter().collect();
        sorted.sort_by_key(|one| one.past.message.sent_at);
        sorted
    }

    /// Gives placeholders the content that came later; returns which.
    async fn fill(&self, tx: &mut Tx, settings: &Settings) -> Result<Vec<MessageId>> {
        let full: BTreeMap<_, _> =
            self.told_again.iter().map(|(id, conversation, said)| (*id, (*conversation, *said))).collect();
        if full.is_empty() {
            return Ok(Vec::new());
        }
        let organization = tx.organization();
        let filled: Vec<MessageId> = sqlx::query_scalar(
            "update messages m
             set kind = news.kind, text = news.text, parts = news.parts, meta = null,
                 words = to_tsvector($3::regconfig, left(news.text, 100000))
             from jsonb_to_recordset($2) as news (id uuid, kind text, text text, parts jsonb)
             where m.organization_id = $1 and m.id = news.id and m.past and m.meta -> 'placeholder' = 'true'
               and m.deleted_at is null
             returning m.id",
        )
        .bind(organization)
        .bind(json!(
            full.iter()
                .filter(|(_, (_, said))| !said.media.is_empty())
                .map(|(id, (_, said))| {
                    json!({"id": id, "kind": said.kind, "text": said.text, "parts": said.parts})
                })
                .collect::<Vec<_>>()
        ))
        .bind(settings.language)
        .fetch_all(tx.sql())
        .await?;
        let files: Vec<_> = filled
            .iter()
            .filter_map(|id| full.get_key_value(id))
            .flat_map(|(id, (conversation, said))| files_of(*id, *conversation, said))
            .collect();
        rows::insert_files(tx, &files).await?;
        Ok(filled)
    }
}

impl Remembered {
    /// One change for each conversation, however much it remembers; its messages are numbered anew. Comes after
    /// [`Threads::close_up`].
    pub(super) async fn tell(self, tx: &mut Tx) -> Result<()> {
        let ids: Vec<_> = self.conversations.into_iter().collect();
        if !ids.is_empty() {
            for conversation in conversation::load(tx, &ids).await? {
                let data = json!({"conversation": conversation, "renumbered": true});
                tx.tell(NewEvent::about(EventKind::ConversationUpdated, conversation.subject(), &data));
            }
        }
        if self.filled.is_empty() {
            return Ok(());
        }
        let messages = message::load(tx, &self.filled).await?;
        let mut ids: Vec<_> = messages.iter().map(|message| message.conversation_id).collect();
        ids.dedup();
        let known: HashMap<_, _> =
            conversation::load(tx, &ids).await?.into_iter().map(|one| (one.id, one)).collect();
        for message in &messages {
            let Some(conversation) = known.get(&message.conversation_id) else { continue };
            let data = json!({"message": message});
            tx.tell(NewEvent::about(EventKind::MessageUpdated, conversation.subject(), &data));
        }
        Ok(())
    }
}

/// Nobody wants to hear of the past of a contact that was blocked or deleted.
fn is_unwanted(people: &People, contact: ContactId, past: &PastMessage) -> bool {
    people.is_deleted(contact) || (!past.message.echo && people.is_blocked(contact))
}

fn files_of(
    id: MessageId,
    conversation: ConversationId,
    message: &InboundMessage,
) -> impl Iterator<Item = FileRow<'_>> {
    let media = message.media.iter().enumerate();
    media.map(move |(position, media)| rows::file(id, conversation, position, media))
}

fn channel(item: &Item<'_>) -> &'static str {
    item.integration.as_ref().map_or("", |integration| integration.channel.id().as_str())
}

fn past<'a>(
    items: &'a [Item<'a>],
) -> impl Iterator<Item = (usize, &'a Item<'a>, IntegrationId, &'a PastMessage)> {
    items.iter().enumerate().filter_map(|(index, item)| match (item.what, &item.integration) {
        (What::Past(past), Some(integration)) => Some((index, item, integration.id, &**past)),
        _ => None,
    })
}

async fn lock(tx: &mut Tx, integrations: BTreeSet<IntegrationId>) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('history ' || id::text, 0)) from unnest($1::uuid[]) as i (id)")
        .bind(integrations.into_iter().collect::<Vec<_>>())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// The conversation that each thread began with.
async fn first(tx: &mut Tx, keys: BTreeSet<&Key>) -> Result<BTreeMap<Key, ConversationId>> {
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let organization = tx.organization();
    let found: Vec<(IntegrationId, ContactId, String, ConversationId)> = sqlx::query_as(
        "select wanted.integration_id, wanted.contact_id, wanted.thread, found.id
         from unnest($2::uuid[], $3::uuid[], $4::text[]) as wanted (integration_id, contact_id, thread)
         cross join lateral (
             select c.id from conversations c
             where c.organization_id = $1 and c.contact_id = wanted.contact_id
               and c.integration_id = wanted.integration_id and c.thread = wanted.thread and c.deleted_at is null
             order by c.created_at, c.id
             limit 1) found",
    )
    .bind(organization)
    .bind(keys.iter().map(|key| key.0).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.1).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.2.as_str()).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    Ok(found
        .into_iter()
        .map(|(integration, contact, thread, id)| ((integration, contact, thread), id))
        .collect())
}
