//! Where it was written: finds, reopens or makes conversations, locks them in the order of their ids, and gathers what
//! the batch changes about each, to be written once.

use std::collections::{BTreeSet, HashMap};

use channels::event::{InboundMessage, What};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sqlx::types::Json;

use super::{
    batch::{Item, Settings},
    changes::Targets,
    people::People,
};
use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId, IntegrationId, MessageId},
};

type Key = (IntegrationId, ContactId, String);

/// The batch's conversations, locked.
pub(super) struct Threads {
    by_key: HashMap<Key, ConversationId>,
    by_id: HashMap<ConversationId, Thread>,
}

/// A locked conversation and what becomes of it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub(super) struct Thread {
    pub id: ConversationId,
    pub status: String,
    pub last_seq: i64,
    pub unread_count: i32,
    pub last_message_id: Option<MessageId>,
    pub last_message_at: DateTime<Utc>,
    pub last_inbound_at: Option<DateTime<Utc>>,
    pub window_closes_at: Option<DateTime<Utc>>,
    #[sqlx(skip)]
    #[serde(skip)]
    touched: bool,
}

#[derive(sqlx::FromRow)]
struct Candidate {
    id: ConversationId,
    integration_id: IntegrationId,
    contact_id: ContactId,
    thread: String,
    status: String,
}

impl Threads {
    /// Locks the conversations that messages go to and those that changed messages are in.
    pub(super) async fn open(
        tx: &mut Tx,
        items: &[Item<'_>],
        people: &People,
        targets: &Targets,
        settings: &Settings,
    ) -> Result<Self> {
        let mut channels = HashMap::new();
        let mut wanted = BTreeSet::new();
        for (item, message) in incoming(items) {
            let Some(integration) = &item.integration else { continue };
            let channel = integration.channel.id().as_str();
            let Some(contact) = people.of(channel, &message.contact) else { continue };
            if message.echo || !people.contact(contact).blocked {
                channels.insert(integration.id, channel);
                wanted.insert((integration.id, contact, message.thread.clone()));
            }
        }
        let mut threads = Self { by_key: HashMap::new(), by_id: HashMap::new() };
        threads.find(tx, &wanted, settings).await?;
        threads.make(tx, &wanted, &channels).await?;
        let ids: BTreeSet<_> = threads.by_key.values().copied().chain(targets.conversations()).collect();
        threads.lock(tx, ids).await?;
        Ok(threads)
    }

    /// The conversation that a message belongs to; `None` if its contact is blocked.
    pub(super) fn of(
        &mut self,
        integration: IntegrationId,
        contact: ContactId,
        thread: &str,
    ) -> Option<&mut Thread> {
        let id = self.by_key.get(&(integration, contact, thread.to_owned()))?;
        self.by_id.get_mut(id)
    }

    async fn find(&mut self, tx: &mut Tx, wanted: &BTreeSet<Key>, settings: &Settings) -> Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let organization = tx.organization();
        let found: Vec<Candidate> = sqlx::query_as(
            "select c.id, c.integration_id, c.contact_id, c.thread, c.status
             from unnest($2::uuid[], $3::uuid[], $4::text[]) as wanted (integration_id, contact_id, thread)
             cross join lateral (
                 select * from conversations c
                 where c.organization_id = $1 and c.integration_id = wanted.integration_id
                   and c.contact_id = wanted.contact_id and c.thread = wanted.thread and c.deleted_at is null
                 order by (c.status <> 'closed') desc, c.created_at desc
                 limit 1) c",
        )
        .bind(organization)
        .bind(wanted.iter().map(|key| key.0).collect::<Vec<_>>())
        .bind(wanted.iter().map(|key| key.1).collect::<Vec<_>>())
        .bind(wanted.iter().map(|key| key.2.as_str()).collect::<Vec<_>>())
        .fetch_all(tx.sql())
        .await?;
        for one in found {
            if one.status != "closed" || settings.single_thread {
                self.by_key.insert((one.integration_id, one.contact_id, one.thread), one.id);
            }
        }
        Ok(())
    }

    /// A conversation that another server makes at this moment breaks the key, and the batch is stored again, one by one.
    async fn make(
        &mut self,
        tx: &mut Tx,
        wanted: &BTreeSet<Key>,
        channels: &HashMap<IntegrationId, &'static str>,
    ) -> Result<()> {
        let new: Vec<_> = wanted
            .iter()
            .filter(|key| !self.by_key.contains_key(key))
            .map(|key| (ConversationId::new(), key))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let organization = tx.organization();
        sqlx::query(
            "insert into conversations (organization_id, id, integration_id, channel, contact_id, thread)
             select $1, * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[])",
        )
        .bind(organization)
        .bind(new.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(new.iter().map(|(_, key)| key.0).collect::<Vec<_>>())
        .bind(
            new.iter().map(|(_, key)| channels.get(&key.0).copied().unwrap_or_default()).collect::<Vec<_>>(),
        )
        .bind(new.iter().map(|(_, key)| key.1).collect::<Vec<_>>())
        .bind(new.iter().map(|(_, key)| key.2.as_str()).collect::<Vec<_>>())
        .execute(tx.sql())
        .await?;
        self.by_key.extend(new.into_iter().map(|(id, key)| (key.clone(), id)));
        Ok(())
    }

    /// Locks further conversations; known ones stay as they are.
    pub(super) async fn lock(&mut self, tx: &mut Tx, ids: BTreeSet<ConversationId>) -> Result<()> {
        let ids: Vec<_> = ids.into_iter().filter(|id| !self.by_id.contains_key(id)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let organization = tx.organization();
        let locked: Vec<Thread> = sqlx::query_as(
            "select id, status, last_seq, unread_count, last_message_id,
                    last_message_at, last_inbound_at, window_closes_at
             from conversations
             where organization_id = $1 and id = any($2)
             order by id
             for no key update",
        )
        .bind(organization)
        .bind(&ids)
        .fetch_all(tx.sql())
        .await?;
        if locked.len() < ids.len() {
            return Err(Error::Internal("a conversation went away while it was written to".to_owned()));
        }
        self.by_id.extend(locked.into_iter().map(|thread| (thread.id, thread)));
        Ok(())
    }

    /// Writes what became of the conversations.
    pub(super) async fn close_up(self, tx: &mut Tx) -> Result<()> {
        let touched: Vec<_> = self.by_id.into_values().filter(|thread| thread.touched).collect();
        if touched.is_empty() {
            return Ok(());
        }
        let organization = tx.organization();
        sqlx::query(
            "with news as (
                 select * from jsonb_to_recordset($2) as news (id uuid, status text, last_seq bigint, unread_count int,
                     last_message_id uuid, last_message_at timestamptz, last_inbound_at timestamptz, window_closes_at timestamptz)
             ), labelled as (
                 update conversation_labels l set last_message_at = news.last_message_at
                 from news where l.organization_id = $1 and l.conversation_id = news.id
             )
             update conversations c set
                 status = news.status,
                 snoozed_until = case when news.status = 'snoozed' then c.snoozed_until end,
                 closed_at = case when news.status = 'closed' then c.closed_at end,
                 last_seq = news.last_seq,
                 unread_count = news.unread_count,
                 last_message_id = news.last_message_id,
                 last_message_at = news.last_message_at,
                 last_inbound_at = news.last_inbound_at,
                 window_closes_at = news.window_closes_at,
                 version = c.version + 1
             from news
             where c.organization_id = $1 and c.id = news.id",
        )
        .bind(organization)
        .bind(Json(&touched))
        .execute(tx.sql())
        .await?;
        Ok(())
    }
}

impl Thread {
    /// Takes the next number for a message and lets it change the conversation. Returns the number and whether the message is late:
    /// by the platform's clock it belongs more than a minute before one that came earlier.
    pub(super) fn append(
        &mut self,
        id: MessageId,
        message: &InboundMessage,
        window_hours: Option<u32>,
    ) -> (i64, bool) {
        self.touched = true;
        self.last_seq += 1;
        let late =
            self.last_inbound_at.is_some_and(|newest| message.sent_at < newest - TimeDelta::minutes(1));
        self.last_message_id = Some(id);
        self.last_message_at = self.last_message_at.max(Utc::now());
        if !message.echo {
            self.unread_count += 1;
            self.last_inbound_at = self.last_inbound_at.max(Some(message.sent_at));
            if matches!(self.status.as_str(), "closed" | "snoozed") {
                "open".clone_into(&mut self.status);
            }
        }
        if let (true, Some(hours)) = (message.opens_window, window_hours) {
            self.window_closes_at =
                self.window_closes_at.max(Some(message.sent_at + TimeDelta::hours(hours.into())));
        }
        (self.last_seq, late)
    }
}

/// The batch's messages.
pub(super) fn incoming<'a>(
    items: &'a [Item<'a>],
) -> impl Iterator<Item = (&'a Item<'a>, &'a InboundMessage)> {
    items.iter().filter_map(|item| match item.what {
        What::Message(message) => Some((item, &**message)),
        _ => None,
    })
}
