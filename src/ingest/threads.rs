//! Where it was written: finds, reopens or makes conversations, locks them in the order of their ids, and gathers what
//! the batch changes about each, to be written once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use channels::event::InboundMessage;

use super::{
    answers,
    batch::{Item, Settings},
    messages,
    people::People,
    thread::Thread,
};
use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId, IntegrationId},
};

pub(super) type Key = (IntegrationId, ContactId, String);

/// A message by its integration's word for it.
type External = (IntegrationId, String);

/// The batch's conversations, locked.
pub(super) struct Threads {
    by_key: HashMap<Key, ConversationId>,
    by_id: HashMap<ConversationId, Thread>,
    /// Where each message of the batch goes.
    places: HashMap<External, Place>,
    /// Other ids of the batch's messages, by those that they come with.
    aliases: HashMap<External, String>,
}

#[derive(Clone)]
enum Place {
    /// It answers a message that is there.
    Conversation(ConversationId),
    /// The contact's conversation in its thread.
    Key(Key),
}

impl Threads {
    /// Locks the conversations that messages go to, and the `others`.
    pub(super) async fn open(
        tx: &mut Tx,
        items: &[Item<'_>],
        people: &People,
        others: BTreeSet<ConversationId>,
        settings: &Settings,
    ) -> Result<Self> {
        let answered = answers::find(tx, items).await?;
        let mut channels = HashMap::new();
        let mut wanted = BTreeSet::new();
        let mut places: HashMap<External, Place> = HashMap::new();
        let mut aliases = HashMap::new();
        for (item, message) in incoming(items) {
            let Some(integration) = &item.integration else { continue };
            let channel = integration.channel.id().as_str();
            let Some(contact) = people.of(channel, &message.contact) else { continue };
            if !message.echo && people.is_blocked(contact) {
                continue;
            }
            let answers = message.answers.iter().find_map(|external| {
                let external = (integration.id, external.clone());
                answered
                    .get(&external)
                    .map(|id| Place::Conversation(*id))
                    .or_else(|| places.get(&external).cloned())
            });
            let place = answers.unwrap_or_else(|| {
                let key = (integration.id, contact, message.thread.clone());
                channels.insert(integration.id, channel);
                wanted.insert(key.clone());
                Place::Key(key)
            });
            let external = (integration.id, message.external_id.clone());
            aliases.extend(message.alias.clone().map(|alias| (external.clone(), alias)));
            places.entry(external).or_insert(place);
        }
        let mut threads = Self { by_key: HashMap::new(), by_id: HashMap::new(), places, aliases };
        let others = answered.into_values().chain(others).collect();
        threads.lock(tx, &wanted, others, settings).await?;
        wanted.retain(|key| !threads.by_key.contains_key(key));
        threads.spare_repeats(tx, &mut wanted).await?;
        let wanted = wanted
            .into_iter()
            .map(|key| {
                let channel = channels.get(&key.0).copied().unwrap_or_default();
                (key, channel)
            })
            .collect();
        let made = threads.make(tx, &wanted, "open", settings).await?;
        threads.by_key.extend(made);
        Ok(threads)
    }

    /// The conversation that a message of the batch belongs to; `None` if its contact is blocked.
    pub(super) fn of(&mut self, integration: IntegrationId, external_id: &str) -> Option<&mut Thread> {
        let id = match self.places.get(&(integration, external_id.to_owned()))? {
            Place::Conversation(id) => id,
            Place::Key(key) => self.by_key.get(key)?,
        };
        self.by_id.get_mut(id)
    }

    /// Finds the current conversation of each wanted thread, or the newest closed one where that goes on, and locks it
    /// together with the `others`.
    async fn lock(
        &mut self,
        tx: &mut Tx,
        wanted: &BTreeSet<Key>,
        others: BTreeSet<ConversationId>,
        settings: &Settings,
    ) -> Result<()> {
        if wanted.is_empty() && others.is_empty() {
            return Ok(());
        }
        let organization = tx.organization();
        let locked: Vec<Thread> = sqlx::query_as(
            "select id, channel, integration_id, contact_id, thread, status, assignee_id, team_id, priority, snoozed_until,
                    last_seq, read_seq, unread_count, last_message_id, last_message_at, last_inbound_at, window_closes_at,
                    subject, version, created_at
             from conversations
             where organization_id = $1 and id = any($5 || array(
                 select found.id
                 from unnest($2::uuid[], $3::uuid[], $4::text[]) as wanted (integration_id, contact_id, thread)
                 cross join lateral (
                     select c.id, c.status from conversations c
                     where c.organization_id = $1 and c.contact_id = wanted.contact_id
                       and c.integration_id = wanted.integration_id and c.thread = wanted.thread and c.deleted_at is null
                     order by (c.status <> 'closed') desc, c.created_at desc
                     limit 1) found
                 where $6 or found.status <> 'closed'))
             order by id
             for no key update",
        )
        .bind(organization)
        .bind(wanted.iter().map(|key| key.0).collect::<Vec<_>>())
        .bind(wanted.iter().map(|key| key.1).collect::<Vec<_>>())
        .bind(wanted.iter().map(|key| key.2.as_str()).collect::<Vec<_>>())
        .bind(others.iter().copied().collect::<Vec<_>>())
        .bind(settings.single_thread)
        .fetch_all(tx.sql())
        .await?;
        let rank = |thread: &Thread| (thread.status != "closed", thread.created_at);
        for thread in locked {
            let key = (thread.integration_id, thread.contact_id, thread.thread.clone());
            let goes_on = settings.single_thread || thread.status != "closed";
            let known = self.by_key.get(&key).and_then(|id| self.by_id.get(id));
            if goes_on && wanted.contains(&key) && known.is_none_or(|known| rank(known) < rank(&thread)) {
                self.by_key.insert(key, thread.id);
            }
            self.by_id.insert(thread.id, thread);
        }
        if others.iter().any(|id| !self.by_id.contains_key(id)) {
            return Err(Error::Internal("a conversation went away while it was written to".to_owned()));
        }
        Ok(())
    }

    /// Keeps what only repeats known messages from making a conversation.
    async fn spare_repeats(&self, tx: &mut Tx, wanted: &mut BTreeSet<Key>) -> Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let going: Vec<_> = self
            .places
            .iter()
            .filter_map(|(external, place)| match place {
                Place::Key(key) if wanted.contains(key) => Some((external, key)),
                _ => None,
            })
            .collect();
        let asked: Vec<_> = going
            .iter()
            .flat_map(|((integration, external), _)| {
                let alias = self.aliases.get(&(*integration, external.clone()));
                std::iter::once(external).chain(alias).map(|id| (*integration, id.as_str()))
            })
            .collect();
        let known = messages::find(tx, &asked).await?;
        let new: BTreeSet<_> = going
            .into_iter()
            .filter(|(external, _)| {
                let alias = self.aliases.get(*external).map(|alias| (external.0, alias.clone()));
                !std::iter::once(*external).chain(&alias).any(|id| known.contains_key(id))
            })
            .map(|(_, key)| key.clone())
            .collect();
        *wanted = new;
        Ok(())
    }

    /// Begins conversations that nobody has to answer: all that is known of them is past.
    pub(super) async fn begin_past(
        &mut self,
        tx: &mut Tx,
        mut wanted: BTreeMap<Key, &'static str>,
        settings: &Settings,
    ) -> Result<BTreeMap<Key, ConversationId>> {
        let mut places: BTreeMap<_, _> =
            wanted.keys().filter_map(|key| self.by_key.get(key).map(|id| (key.clone(), *id))).collect();
        wanted.retain(|key, _| !places.contains_key(key));
        places.extend(self.make(tx, &wanted, "closed", settings).await?);
        Ok(places)
    }

    /// A conversation that another server makes at this moment breaks the key, and the batch is stored again, one by one.
    async fn make(
        &mut self,
        tx: &mut Tx,
        wanted: &BTreeMap<Key, &'static str>,
        status: &str,
        settings: &Settings,
    ) -> Result<Vec<(Key, ConversationId)>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let new: Vec<_> = wanted.keys().map(|key| (key.clone(), ConversationId::new())).collect();
        let organization = tx.organization();
        sqlx::query(
            "insert into conversations (organization_id, id, integration_id, channel, contact_id, thread, status, closed_at)
             select $1, made.*, $7, case when $7 = 'closed' then now() end
             from unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[]) as made",
        )
        .bind(organization)
        .bind(new.iter().map(|one| one.1).collect::<Vec<_>>())
        .bind(wanted.keys().map(|key| key.0).collect::<Vec<_>>())
        .bind(wanted.values().copied().collect::<Vec<_>>())
        .bind(wanted.keys().map(|key| key.1).collect::<Vec<_>>())
        .bind(wanted.keys().map(|key| key.2.as_str()).collect::<Vec<_>>())
        .bind(status)
        .execute(tx.sql())
        .await?;
        for ((key, id), channel) in new.iter().zip(wanted.values()) {
            self.by_id.insert(*id, Thread::new(*id, channel, key, status, settings.now));
        }
        Ok(new)
    }

    /// Writes what became of the conversations. Their labels' order follows by trigger.
    pub(super) async fn close_up(&mut self, tx: &mut Tx) -> Result<()> {
        for thread in self.by_id.values_mut().filter(|thread| thread.touched) {
            thread.version += 1;
            if thread.status != "snoozed" {
                thread.snoozed_until = None;
            }
        }
        let touched: Vec<_> = self.by_id.values().filter(|thread| thread.touched).collect();
        if touched.is_empty() {
            return Ok(());
        }
        let organization = tx.organization();
        sqlx::query(
            "update conversations c set
                 status = news.status,
                 snoozed_until = news.snoozed_until,
                 closed_at = case when news.status = 'closed' then c.closed_at end,
                 last_seq = news.last_seq,
                 read_seq = news.read_seq,
                 unread_count = news.unread_count,
                 last_message_id = news.last_message_id,
                 last_message_at = news.last_message_at,
                 last_inbound_at = news.last_inbound_at,
                 window_closes_at = news.window_closes_at,
                 subject = news.subject,
                 version = news.version
             from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::bigint[], $6::int[], $7::uuid[], $8::timestamptz[],
                         $9::timestamptz[], $10::timestamptz[], $11::text[], $12::int[], $13::bigint[])
                  as news (id, status, snoozed_until, last_seq, unread_count, last_message_id, last_message_at,
                           last_inbound_at, window_closes_at, subject, version, read_seq)
             where c.organization_id = $1 and c.id = news.id",
        )
        .bind(organization)
        .bind(touched.iter().map(|one| one.id).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.status.as_str()).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.snoozed_until).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.last_seq).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.unread_count).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.last_message_id).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.last_message_at).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.last_inbound_at).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.window_closes_at).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.subject.as_deref()).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.version).collect::<Vec<_>>())
        .bind(touched.iter().map(|one| one.read_seq).collect::<Vec<_>>())
        .execute(tx.sql())
        .await?;
        Ok(())
    }

    pub(super) fn get(&self, id: ConversationId) -> Option<&Thread> {
        self.by_id.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: ConversationId) -> Option<&mut Thread> {
        self.by_id.get_mut(&id)
    }
}

/// The batch's messages.
pub(super) fn incoming<'a>(
    items: &'a [Item<'a>],
) -> impl Iterator<Item = (&'a Item<'a>, &'a InboundMessage)> {
    items.iter().filter_map(|item| Some((item, item.message.as_deref()?)))
}
