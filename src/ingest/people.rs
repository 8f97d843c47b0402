//! Who wrote: finds contacts by any of their identities, makes the unknown ones, and adds what is new about the known.

use std::collections::HashMap;

use channels::event::{Party, PartyId, What};
use serde::Serialize;
use sqlx::types::Json;

use super::batch::Item;
use crate::{db::Tx, error::Result, ids::ContactId};

type Key = (&'static str, String, String);

/// The batch's contacts.
pub(super) struct People {
    by_key: HashMap<Key, ContactId>,
    contacts: HashMap<ContactId, Contact>,
}

/// What ingest needs to know of a contact.
#[derive(Clone, Debug, Default)]
pub(super) struct Contact {
    pub name: String,
    pub blocked: bool,
}

#[derive(sqlx::FromRow)]
struct Known {
    channel: String,
    kind: String,
    key: String,
    contact_id: ContactId,
    name: String,
    blocked: bool,
}

#[derive(Serialize)]
struct NewContact<'a> {
    id: ContactId,
    name: &'a str,
    phone: Option<&'a str>,
    username: Option<&'a str>,
    language: Option<&'a str>,
    is_group: bool,
}

#[derive(Serialize)]
struct NewIdentity<'a> {
    channel: &'a str,
    kind: &'a str,
    key: &'a str,
    address: &'a str,
    contact_id: ContactId,
}

impl People {
    /// Finds or makes the contact of every message; of other events, only finds. Identities that are new are added, and
    /// names that come from the platform follow it.
    pub(super) async fn meet(tx: &mut Tx, items: &[Item<'_>]) -> Result<Self> {
        let mut people = Self::find(tx, items).await?;
        let mut contacts = Vec::new();
        let mut identities = Vec::new();
        let mut seen = HashMap::new();
        for (channel, party, makes) in parties(items) {
            let id = match people.of(channel, party) {
                Some(id) => id,
                None if makes => {
                    let id = ContactId::new();
                    contacts.push(new_contact(id, party));
                    people.contacts.insert(id, Contact { name: name(party).to_owned(), blocked: false });
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
            seen.insert(id, party);
        }
        insert_contacts(tx, &contacts).await?;
        insert_identities(tx, &identities).await?;
        let made: Vec<_> = contacts.iter().map(|contact| contact.id).collect();
        let known: Vec<_> = seen.into_iter().filter(|(id, _)| !made.contains(id)).collect();
        people.update(tx, &known).await?;
        Ok(people)
    }

    /// An empty batch.
    pub(super) fn nobody() -> Self {
        Self { by_key: HashMap::new(), contacts: HashMap::new() }
    }

    /// The contact behind a party, by the first of its ids that is known.
    pub(super) fn of(&self, channel: &'static str, party: &Party) -> Option<ContactId> {
        party.ids.iter().find_map(|id| self.of_id(channel, id))
    }

    pub(super) fn of_id(&self, channel: &'static str, id: &PartyId) -> Option<ContactId> {
        self.by_key.get(&(channel, id.kind.clone(), id.key.clone())).copied()
    }

    pub(super) fn contact(&self, id: ContactId) -> Contact {
        self.contacts.get(&id).cloned().unwrap_or_default()
    }

    async fn find(tx: &mut Tx, items: &[Item<'_>]) -> Result<Self> {
        let mut keys: Vec<Key> = Vec::new();
        let mut add = |channel, id: &PartyId| keys.push((channel, id.kind.clone(), id.key.clone()));
        for (channel, party, _) in parties(items) {
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
        let known: Vec<Known> = sqlx::query_as(
            "select i.channel, i.kind, i.key, c.id as contact_id, c.name, c.blocked
             from unnest($2::text[], $3::text[], $4::text[]) as wanted (channel, kind, key)
             join contact_identities i on i.organization_id = $1
                  and i.channel = wanted.channel and i.kind = wanted.kind and i.key = wanted.key
             join contacts c on c.organization_id = $1 and c.id = i.contact_id",
        )
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
            people.contacts.insert(one.contact_id, Contact { name: one.name, blocked: one.blocked });
        }
        Ok(people)
    }

    /// Follows the platform's names and fills in what was not known. A person's word is never overwritten.
    async fn update(&mut self, tx: &mut Tx, known: &[(ContactId, &Party)]) -> Result<()> {
        let news: Vec<_> = known.iter().map(|(id, party)| new_contact(*id, party)).collect();
        if news.is_empty() {
            return Ok(());
        }
        let organization = tx.organization();
        let renamed: Vec<(ContactId, String)> = sqlx::query_as(
            "update contacts c set
                 name = case when c.name_from = 'platform' and news.name <> '' then news.name else c.name end,
                 phone = coalesce(c.phone, news.phone),
                 username = coalesce(news.username, c.username),
                 language = coalesce(c.language, news.language),
                 reachable = true,
                 deleted_at = null,
                 version = c.version + 1,
                 updated_at = now()
             from jsonb_to_recordset($2) as news (id uuid, name text, phone text, username text, language text)
             where c.organization_id = $1 and c.id = news.id
               and ((c.name_from = 'platform' and news.name <> '' and news.name <> c.name)
                    or (c.phone is null and news.phone is not null)
                    or (news.username is not null and news.username is distinct from c.username)
                    or (c.language is null and news.language is not null)
                    or not c.reachable or c.deleted_at is not null)
             returning c.id, c.name",
        )
        .bind(organization)
        .bind(Json(&news))
        .fetch_all(tx.sql())
        .await?;
        for (id, name) in renamed {
            if let Some(contact) = self.contacts.get_mut(&id) {
                contact.name = name;
            }
        }
        Ok(())
    }
}

/// Every party that an event names, with its channel and whether it makes a contact.
fn parties<'a>(items: &'a [Item<'a>]) -> impl Iterator<Item = (&'static str, &'a Party, bool)> {
    items.iter().filter_map(|item| {
        let channel = item.integration.as_ref()?.channel.id().as_str();
        match item.what {
            What::Message(message) => Some((channel, &message.contact, true)),
            What::Reaction(change) => Some((channel, &change.contact, false)),
            What::Status(change) => change.contact.as_ref().map(|party| (channel, party, false)),
            _ => None,
        }
    })
}

fn new_contact(id: ContactId, party: &Party) -> NewContact<'_> {
    NewContact {
        id,
        name: name(party),
        phone: party.phone.as_deref(),
        username: party.username.as_deref(),
        language: party.language.as_deref(),
        is_group: party.group,
    }
}

/// What the platform calls somebody; a username rather than nothing.
fn name(party: &Party) -> &str {
    party
        .name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .or(party.username.as_deref())
        .unwrap_or_default()
}

async fn insert_contacts(tx: &mut Tx, contacts: &[NewContact<'_>]) -> Result<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into contacts (organization_id, id, name, phone, username, language, is_group)
         select $1, id, case when name <> '' then name else coalesce(phone, '') end, phone, username, language, is_group
         from jsonb_to_recordset($2) as c (id uuid, name text, phone text, username text, language text, is_group boolean)",
    )
    .bind(organization)
    .bind(Json(contacts))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// An identity that another server added at this moment breaks the key, and the batch is stored again, one by one.
async fn insert_identities(tx: &mut Tx, identities: &[NewIdentity<'_>]) -> Result<()> {
    if identities.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into contact_identities (organization_id, channel, kind, key, address, contact_id)
         select $1, channel, kind, key, address, contact_id
         from jsonb_to_recordset($2) as i (channel text, kind text, key text, address text, contact_id uuid)",
    )
    .bind(organization)
    .bind(Json(identities))
    .execute(tx.sql())
    .await?;
    Ok(())
}
