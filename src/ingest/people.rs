//! Who wrote: finds contacts by any of their identities, makes the unknown ones, and adds what is new about the known.

mod contact;
mod rows;

use std::collections::{HashMap, HashSet};

use channels::{
    event::What,
    party::{Party, PartyId},
};
use sqlx::AssertSqlSafe;

pub(super) use self::contact::{Contact, phone};
use self::{
    contact::{COLUMNS, News},
    rows::NewIdentity,
};
use super::batch::Item;
use crate::{db::Tx, error::Result, ids::ContactId};

type Key = (&'static str, String, String);

/// The batch's contacts.
pub(super) struct People {
    by_key: HashMap<Key, ContactId>,
    contacts: HashMap<ContactId, Contact>,
    /// Contacts that the batch made.
    made: HashSet<ContactId>,
    /// Whether anything about known ones was written.
    corrected: bool,
}

#[derive(sqlx::FromRow)]
struct Known {
    channel: String,
    kind: String,
    key: String,
    contact_id: ContactId,
    #[sqlx(flatten)]
    contact: Contact,
}

impl People {
    /// Finds or makes the contact of every message; of other events, only finds. Identities that are new are added, and
    /// names that come from the platform follow it.
    pub(super) async fn meet(mut people: Self, tx: &mut Tx, items: &[Item<'_>]) -> Result<Self> {
        let mut identities = Vec::new();
        let mut made: HashMap<ContactId, News> = HashMap::new();
        let mut seen: HashMap<ContactId, News> = HashMap::new();
        for (channel, party, makes, news) in parties(items) {
            let id = match people.of(channel, party) {
                Some(id) => id,
                None if makes => {
                    let id = ContactId::new();
                    made.insert(id, News::of(party));
                    id
                }
                None => continue,
            };
            for one in &party.ids {
                let key = (channel, one.kind.clone(), one.key.clone());
                if people.by_key.insert(key, id).is_none() {
                    identities.push(NewIdentity {
                        channel,
                        kind: &one.kind,
                        key: &one.key,
                        address: &one.address,
                        contact_id: id,
                    });
                }
            }
            if news {
                made.get_mut(&id).unwrap_or_else(|| seen.entry(id).or_default()).hear(party);
            }
        }
        people.contacts.extend(made.iter().map(|(id, news)| (*id, Contact::new(news))));
        people.made = made.keys().copied().collect();
        rows::insert_contacts(tx, &made.into_iter().collect::<Vec<_>>()).await?;
        rows::insert_identities(tx, &identities).await?;
        let known: Vec<_> = seen
            .into_iter()
            .filter(|(id, news)| people.contacts.get(id).is_some_and(|one| one.differs(news)))
            .collect();
        let updated = rows::update(tx, &known).await?;
        people.corrected = !updated.is_empty();
        people.contacts.extend(updated);
        Ok(people)
    }

    /// Two contacts that one party names together: `(kept, gone)`, the older one kept. Two that the platform calls
    /// differently by the same kind of id are left alone: a number may have a new owner.
    pub(super) async fn twins(
        &self,
        tx: &mut Tx,
        items: &[Item<'_>],
    ) -> Result<Option<(ContactId, ContactId)>> {
        let mut pairs = Vec::new();
        for (channel, party, ..) in parties(items) {
            let mut known: Vec<_> = party.ids.iter().filter_map(|id| self.of_id(channel, id)).collect();
            known.sort_unstable();
            known.dedup();
            if let Some((kept, others)) = known.split_first() {
                pairs.extend(others.iter().map(|gone| (channel, *kept, *gone)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        if pairs.is_empty() {
            return Ok(None);
        }
        Ok(sqlx::query_as(
            "select kept, gone from unnest($2::text[], $3::uuid[], $4::uuid[]) as pair (channel, kept, gone)
             where not exists (
                 select from contact_identities ours
                 join contact_identities theirs on theirs.organization_id = $1 and theirs.contact_id = gone
                      and theirs.channel = pair.channel and theirs.kind = ours.kind and theirs.key <> ours.key
                 where ours.organization_id = $1 and ours.contact_id = kept and ours.channel = pair.channel)
             order by kept, gone limit 1",
        )
        .bind(tx.organization())
        .bind(pairs.iter().map(|pair| pair.0).collect::<Vec<_>>())
        .bind(pairs.iter().map(|pair| pair.1).collect::<Vec<_>>())
        .bind(pairs.iter().map(|pair| pair.2).collect::<Vec<_>>())
        .fetch_optional(tx.sql())
        .await?)
    }

    /// An empty batch.
    pub(super) fn nobody() -> Self {
        Self { by_key: HashMap::new(), contacts: HashMap::new(), made: HashSet::new(), corrected: false }
    }

    /// The contact behind a party, by the first of its ids that is known.
    pub(super) fn of(&self, channel: &'static str, party: &Party) -> Option<ContactId> {
        party.ids.iter().find_map(|id| self.of_id(channel, id))
    }

    pub(super) fn of_id(&self, channel: &'static str, id: &PartyId) -> Option<ContactId> {
        self.by_key.get(&(channel, id.kind.clone(), id.key.clone())).copied()
    }

    pub(super) fn contact(&self, id: ContactId) -> Option<&Contact> {
        self.contacts.get(&id)
    }

    pub(super) fn is_blocked(&self, id: ContactId) -> bool {
        self.contact(id).is_some_and(|contact| contact.blocked)
    }

    pub(super) fn is_deleted(&self, id: ContactId) -> bool {
        self.contact(id).is_some_and(|contact| contact.deleted)
    }

    /// Whether contacts were made or corrected.
    pub(super) fn changed(&self) -> bool {
        self.corrected || !self.made.is_empty()
    }

    /// Whether the contact was known before and has a name.
    pub(super) fn is_named(&self, id: ContactId) -> bool {
        !self.made.contains(&id) && self.contact(id).is_some_and(|contact| !contact.name.is_empty())
    }

    /// Whoever the batch names and is known.
    pub(super) async fn find(tx: &mut Tx, items: &[Item<'_>]) -> Result<Self> {
        let mut keys: Vec<Key> = Vec::new();
        let mut add = |channel, id: &PartyId| keys.push((channel, id.kind.clone(), id.key.clone()));
        for (channel, party, ..) in parties(items) {
            party.ids.iter().for_each(|id| add(channel, id));
        }
        for item in items {
            if let (What::Contact(change), Some(integration)) = (item.what, &item.integration) {
                let ids = change.gone.iter().chain(&change.party.ids).chain([&change.find]);
                ids.for_each(|id| add(integration.channel.id().as_str(), id));
            }
        }
        let mut people = Self::nobody();
        if keys.is_empty() {
            return Ok(people);
        }
        keys.sort_unstable();
        keys.dedup();
        let organization = tx.organization();
        let known: Vec<Known> = sqlx::query_as(AssertSqlSafe(format!(
            "select i.channel, i.kind, i.key, c.id as contact_id, {COLUMNS}
             from unnest($2::text[], $3::text[], $4::text[]) as wanted (channel, kind, key)
             join contact_identities i on i.organization_id = $1
                  and i.channel = wanted.channel and i.kind = wanted.kind and i.key = wanted.key
             join contacts c on c.organization_id = $1 and c.id = i.contact_id"
        )))
        .bind(organization)
        .bind(keys.iter().map(|key| key.0).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.1.as_str()).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.2.as_str()).collect::<Vec<_>>())
        .fetch_all(tx.sql())
        .await?;
        for one in known {
            let Some(channel) = keys.iter().map(|key| key.0).find(|channel| *channel == one.channel) else {
                continue;
            };
            people.by_key.insert((channel, one.kind, one.key), one.contact_id);
            people.contacts.insert(one.contact_id, one.contact);
        }
        Ok(people)
    }
}

/// Every party that an event names, with its channel, whether it makes a contact, and whether the event says how things are now.
fn parties<'a>(items: &'a [Item<'a>]) -> impl Iterator<Item = (&'static str, &'a Party, bool, bool)> {
    items.iter().filter_map(|item| {
        let channel = item.integration.as_ref()?.channel.id().as_str();
        match item.what {
            What::Message(message) => Some((channel, &message.contact, true, true)),
            What::Past(past) => Some((channel, &past.message.contact, true, false)),
            What::AddressBook(entry) => Some((channel, &entry.party, !entry.removed, false)),
            What::Call(change) => {
                change.contact.as_ref().map(|party| (channel, party, item.message.is_some(), true))
            }
            What::Reaction(change) => Some((channel, &change.contact, false, true)),
            What::Status(change) => change.contact.as_ref().map(|party| (channel, party, false, true)),
            _ => None,
        }
    })
}
