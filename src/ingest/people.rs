//! Who wrote: finds contacts by any of their identities, makes the unknown ones, and adds what is new about the known.

use std::collections::{HashMap, HashSet};

use channels::{
    event::What,
    party::{Party, PartyId},
};
use serde::Serialize;
use sqlx::{AssertSqlSafe, types::Json};

use super::batch::Item;
use crate::{
    db::Tx,
    error::Result,
    ids::ContactId,
    inbox::{contact_change::is_email, conversation::ConversationContact},
};

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

/// A contact as its row is.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub(super) struct Contact {
    pub name: String,
    name_from: String,
    phone: Option<String>,
    phone_from: String,
    email: Option<String>,
    email_from: String,
    username: Option<String>,
    language: Option<String>,
    is_group: bool,
    pub blocked: bool,
    reachable: bool,
    deleted: bool,
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

#[derive(sqlx::FromRow)]
struct Updated {
    id: ContactId,
    #[sqlx(flatten)]
    contact: Contact,
}

/// Columns of [`Contact`] from `contacts c`.
const COLUMNS: &str =
    "c.name, c.name_from, c.phone, c.phone_from, c.email, c.email_from, c.username, c.language, c.is_group, c.blocked, c.reachable,
    c.deleted_at is not null as deleted";

/// Whether a name takes the place of the one that is known.
const NAME: &str = "(c.name_from = 'platform' and news.name <> '' and news.name <> c.name
                    and (not news.claimed or c.name = '' or c.name = c.phone))";

/// Whose word a phone or an e-mail of the news is.
const FROM: &str = "case when news.claimed then 'claim' else 'platform' end";

/// Whether that field of the news is taken: where nothing is known, or only a claim that something better has come for.
fn takes(field: &str) -> String {
    format!(
        "(news.{field} is not null and c.{field}_from <> 'person'
          and (c.{field} is null or (c.{field}_from = 'claim' and not news.claimed)))"
    )
}

#[derive(Serialize)]
struct NewContact<'a> {
    id: ContactId,
    name: &'a str,
    phone: Option<String>,
    email: Option<&'a str>,
    username: Option<&'a str>,
    language: Option<&'a str>,
    is_group: bool,
    claimed: bool,
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
    pub(super) async fn meet(mut people: Self, tx: &mut Tx, items: &[Item<'_>]) -> Result<Self> {
        let mut contacts = Vec::new();
        let mut identities = Vec::new();
        let mut seen = HashMap::new();
        for (channel, party, makes, news) in parties(items) {
            let id = match people.of(channel, party) {
                Some(id) => id,
                None if makes => {
                    let id = ContactId::new();
                    contacts.push(new_contact(id, party));
                    people.contacts.insert(id, Contact::new(party));
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
                seen.insert(id, party);
            }
        }
        insert_contacts(tx, &contacts).await?;
        insert_identities(tx, &identities).await?;
        people.made = contacts.iter().map(|contact| contact.id).collect();
        let known: Vec<_> = seen
            .into_iter()
            .filter(|(id, party)| {
                !people.made.contains(id) && people.contacts.get(id).is_some_and(|one| one.differs(party))
            })
            .collect();
        people.update(tx, &known).await?;
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

    /// Follows the platform's names and fills in what was not known. A person's word is never overwritten.
    async fn update(&mut self, tx: &mut Tx, known: &[(ContactId, &Party)]) -> Result<()> {
        let news: Vec<_> = known.iter().map(|(id, party)| new_contact(*id, party)).collect();
        if news.is_empty() {
            return Ok(());
        }
        let organization = tx.organization();
        let (phone, email) = (takes("phone"), takes("email"));
        let updated: Vec<Updated> = sqlx::query_as(AssertSqlSafe(format!(
            "update contacts c set
                 name = case when {NAME} then news.name else c.name end,
                 phone = case when {phone} then news.phone else c.phone end,
                 phone_from = case when {phone} then {FROM} else c.phone_from end,
                 email = case when {email} then news.email else c.email end,
                 email_from = case when {email} then {FROM} else c.email_from end,
                 username = coalesce(news.username, c.username),
                 language = coalesce(c.language, news.language),
                 reachable = true,
                 deleted_at = null,
                 version = c.version + 1,
                 updated_at = now()
             from jsonb_to_recordset($2)
                  as news (id uuid, name text, phone text, email text, username text, language text, claimed boolean)
             where c.organization_id = $1 and c.id = news.id
               and ({NAME} or {phone} or {email}
                    or (news.username is not null and news.username is distinct from c.username)
                    or (c.language is null and news.language is not null)
                    or not c.reachable or c.deleted_at is not null)
             returning c.id, {COLUMNS}"
        )))
        .bind(organization)
        .bind(Json(&news))
        .fetch_all(tx.sql())
        .await?;
        self.corrected = !updated.is_empty();
        self.contacts.extend(updated.into_iter().map(|one| (one.id, one.contact)));
        Ok(())
    }
}

impl Contact {
    /// As [`insert_contacts`] writes it.
    fn new(party: &Party) -> Self {
        let name = match name(party) {
            "" => phone(party).unwrap_or_default(),
            name => name.to_owned(),
        };
        Self {
            name,
            name_from: "platform".to_owned(),
            phone: phone(party),
            phone_from: word(party).to_owned(),
            email: email(party).map(str::to_owned),
            email_from: word(party).to_owned(),
            username: party.username.clone(),
            language: party.language.clone(),
            is_group: party.group,
            blocked: false,
            reachable: true,
            deleted: false,
        }
    }

    /// Whether the platform says something new, as [`People::update`] decides it.
    fn differs(&self, party: &Party) -> bool {
        let new_name = name(party);
        let nameless = self.name.is_empty() || self.phone.as_ref() == Some(&self.name);
        let takes = |known: &Option<String>, from: &str, news: bool| {
            news && from != "person" && (known.is_none() || (from == "claim" && !party.claimed))
        };
        (self.name_from == "platform"
            && !new_name.is_empty()
            && new_name != self.name
            && (!party.claimed || nameless))
            || takes(&self.phone, &self.phone_from, party.phone.is_some())
            || takes(&self.email, &self.email_from, email(party).is_some())
            || (party.username.is_some() && party.username != self.username)
            || (self.language.is_none() && party.language.is_some())
            || !self.reachable
            || self.deleted
    }

    pub(super) fn told(&self, id: ContactId) -> ConversationContact {
        ConversationContact {
            id,
            name: self.name.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            username: self.username.clone(),
            blocked: self.blocked,
            reachable: self.reachable,
            is_group: self.is_group,
        }
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

fn new_contact(id: ContactId, party: &Party) -> NewContact<'_> {
    NewContact {
        id,
        name: name(party),
        phone: phone(party),
        email: email(party),
        username: party.username.as_deref(),
        language: party.language.as_deref(),
        is_group: party.group,
        claimed: party.claimed,
    }
}

/// Whose word a party's phone and e-mail are.
fn word(party: &Party) -> &'static str {
    if party.claimed { "claim" } else { "platform" }
}

/// In the one form that makes equal numbers equal texts; as the platform gave it where that is no number with its country.
fn phone(party: &Party) -> Option<String> {
    let given = party.phone.as_deref()?;
    Some(channels::phone::normal(given).unwrap_or_else(|| given.to_owned()))
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

/// What reads like an address: it may be anybody's word.
fn email(party: &Party) -> Option<&str> {
    party.email.as_deref().map(str::trim).filter(|email| is_email(email))
}

async fn insert_contacts(tx: &mut Tx, contacts: &[NewContact<'_>]) -> Result<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into contacts (organization_id, id, name, phone, phone_from, email, email_from, username, language, is_group)
         select $1, id, case when name <> '' then name else coalesce(phone, '') end, phone, word, email, word, username, language, is_group
         from jsonb_to_recordset($2)
              as c (id uuid, name text, phone text, email text, username text, language text, is_group boolean, claimed boolean),
              lateral (select case when claimed then 'claim' else 'platform' end) as said (word)",
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
