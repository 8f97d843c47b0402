//! A contact as the platform describes it beside the contact as it is known here.

use channels::party::Party;
use serde::Serialize;

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

/// What a batch says of one contact, in whichever order: as if each of its events had come alone.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct News {
    name: String,
    name_claimed: bool,
    phone: Option<String>,
    phone_claimed: bool,
    email: Option<String>,
    email_claimed: bool,
    username: Option<String>,
    language: Option<String>,
    is_group: bool,
}

/// Columns of [`Contact`] from `contacts c`.
pub(super) const COLUMNS: &str =
    "c.name, c.name_from, c.phone, c.phone_from, c.email, c.email_from, c.username, c.language, c.is_group, c.blocked, c.reachable,
    c.deleted_at is not null as deleted";

impl News {
    pub(super) fn of(party: &Party) -> Self {
        let mut news = Self::default();
        news.hear(party);
        news
    }

    /// A claim fills in what is not known yet; the platform's own word takes the place of what was said before.
    pub(super) fn hear(&mut self, party: &Party) {
        let claimed = party.claimed;
        let name = party.called();
        if !name.is_empty() && (self.name.is_empty() || !claimed) {
            (self.name, self.name_claimed) = (name.to_owned(), claimed);
        }
        if let Some(phone) = phone(party).filter(|_| self.phone.is_none() || !claimed) {
            (self.phone, self.phone_claimed) = (Some(phone), claimed);
        }
        if let Some(email) = email(party).filter(|_| self.email.is_none() || !claimed) {
            (self.email, self.email_claimed) = (Some(email.to_owned()), claimed);
        }
        self.username = party.username.clone().or(self.username.take());
        self.language = self.language.take().or(party.language.clone());
        self.is_group |= party.group;
    }
}

impl Contact {
    /// As [`super::rows::insert_contacts`] writes it.
    pub(super) fn new(news: &News) -> Self {
        let name = match news.name.as_str() {
            "" => news.phone.clone().unwrap_or_default(),
            name => name.to_owned(),
        };
        Self {
            name,
            name_from: "platform".to_owned(),
            phone: news.phone.clone(),
            phone_from: word(news.phone_claimed).to_owned(),
            email: news.email.clone(),
            email_from: word(news.email_claimed).to_owned(),
            username: news.username.clone(),
            language: news.language.clone(),
            is_group: news.is_group,
            blocked: false,
            reachable: true,
            deleted: false,
        }
    }

    /// Whether that is new, as [`super::rows::update`] decides it.
    pub(super) fn differs(&self, news: &News) -> bool {
        let nameless = self.name.is_empty() || self.phone.as_ref() == Some(&self.name);
        let takes = |known: &Option<String>, from: &str, news: &Option<String>, claimed: bool| {
            news.is_some() && from != "person" && (known.is_none() || (from == "claim" && !claimed))
        };
        (self.name_from == "platform"
            && !news.name.is_empty()
            && news.name != self.name
            && (!news.name_claimed || nameless))
            || takes(&self.phone, &self.phone_from, &news.phone, news.phone_claimed)
            || takes(&self.email, &self.email_from, &news.email, news.email_claimed)
            || (news.username.is_some() && news.username != self.username)
            || (self.language.is_none() && news.language.is_some())
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

/// Whose word a phone and an e-mail are.
fn word(claimed: bool) -> &'static str {
    if claimed { "claim" } else { "platform" }
}

/// Characters of the longest number that is kept as the platform gave it.
const PHONE_MAX: usize = 50;

/// In the one form that makes equal numbers equal texts; as the platform gave it where that is no number with its country.
pub(in crate::ingest) fn phone(party: &Party) -> Option<String> {
    let given = party.phone.as_deref().filter(|given| given.chars().count() <= PHONE_MAX)?;
    Some(channels::phone::normal(given).unwrap_or_else(|| given.to_owned()))
}

/// What reads like an address: it may be anybody's word.
fn email(party: &Party) -> Option<&str> {
    party.email.as_deref().map(str::trim).filter(|email| is_email(email))
}
