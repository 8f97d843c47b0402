//! A contact as the platform describes it beside the contact as it is known here.

use channels::party::Party;

use crate::{
    ids::ContactId,
    inbox::{contact_change::is_email, conversation::ConversationContact},
};

/// A contact as its row is.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub(in crate::ingest) struct Contact {
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
    pub deleted: bool,
}

/// Columns of [`Contact`] from `contacts c`.
pub(super) const COLUMNS: &str =
    "c.name, c.name_from, c.phone, c.phone_from, c.email, c.email_from, c.username, c.language, c.is_group, c.blocked, c.reachable,
    c.deleted_at is not null as deleted";

impl Contact {
    /// As [`super::rows::insert_contacts`] writes it.
    pub(super) fn new(party: &Party) -> Self {
        let name = match party.called() {
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

    /// Whether the platform says something new, as [`super::rows::update`] decides it.
    pub(super) fn differs(&self, party: &Party) -> bool {
        let new_name = party.called();
        let nameless = self.name.is_empty() || self.phone.as_ref() == Some(&self.name);
        let takes = |known: &Option<String>, from: &str, news: bool| {
            news && from != "person" && (known.is_none() || (from == "claim" && !party.claimed))
        };
        (self.name_from == "platform"
            && !new_name.is_empty()
            && new_name != self.name
            && (!party.claimed || nameless))
            || takes(&self.phone, &self.phone_from, phone(party).is_some())
            || takes(&self.email, &self.email_from, email(party).is_some())
            || (party.username.is_some() && party.username != self.username)
            || (self.language.is_none() && party.language.is_some())
            || !self.reachable
            || self.deleted
    }

    pub(in crate::ingest) fn told(&self, id: ContactId) -> ConversationContact {
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

/// Characters of the longest number that is kept as the platform gave it.
const PHONE_MAX: usize = 50;

/// Whose word a party's phone and e-mail are.
fn word(party: &Party) -> &'static str {
    if party.claimed { "claim" } else { "platform" }
}

/// In the one form that makes equal numbers equal texts; as the platform gave it where that is no number with its country.
pub(in crate::ingest) fn phone(party: &Party) -> Option<String> {
    let given = party.phone.as_deref().filter(|given| given.chars().count() <= PHONE_MAX)?;
    Some(channels::phone::normal(given).unwrap_or_else(|| given.to_owned()))
}

/// What reads like an address: it may be anybody's word.
pub(super) fn email(party: &Party) -> Option<&str> {
    party.email.as_deref().map(str::trim).filter(|email| is_email(email))
}
