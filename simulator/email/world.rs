//! Mailboxes and what customers see.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::Utc;
use rand::Rng;

use super::{
    consent::App,
    letter::{self, Written},
};
use crate::{Act, ActError, ChatMessage, Customer};

#[derive(Default)]
pub(super) struct World {
    /// By address.
    pub mailboxes: BTreeMap<String, Mailbox>,
    /// By account and customer.
    pub chats: BTreeMap<(String, String), Vec<ChatMessage>>,
    pub handed_in: Vec<Stored>,
    /// What customers attached, with its type.
    pub files: Vec<(String, Bytes)>,
    /// By client id.
    pub apps: BTreeMap<String, App>,
    /// What lies in the bucket of S3, by key.
    pub objects: BTreeMap<String, Bytes>,
    pub bucket: Bucket,
    /// Where a provider tells what became of letters.
    pub event_addresses: Vec<String>,
}

/// What the access key may do with the bucket of S3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bucket {
    /// Read and list.
    #[default]
    Open,
    /// Read what lies there. Of what does not, Amazon says the same as of what may not be read, in these words.
    Unlisted(&'static str),
    /// Nothing.
    Closed,
    /// The key is none of Amazon's any more.
    KeyRevoked,
}

pub(super) struct Mailbox {
    pub password: String,
    /// The access token of the newest consent.
    pub token: Option<String>,
    pub inbox: Folder,
    /// What was sent, by whichever program keeps it.
    pub sent: Folder,
}

pub(super) struct Folder {
    pub uid_validity: u32,
    /// The letter with number n stands at n - 1; `None` once deleted.
    pub letters: Vec<Option<Vec<u8>>>,
}

impl Default for Folder {
    fn default() -> Self {
        Self { uid_validity: 1, letters: Vec::new() }
    }
}

/// A letter that was handed in by SMTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub from: String,
    pub to: Vec<String>,
    pub raw: String,
}

impl Mailbox {
    /// A password or a token.
    pub(super) fn lets_in(&self, said: &str) -> bool {
        self.password == said || self.token.as_deref() == Some(said)
    }

    pub(super) fn folder(&self, sent: bool) -> &Folder {
        if sent { &self.sent } else { &self.inbox }
    }
}

impl Folder {
    /// Returns the letter's number.
    pub(super) fn add(&mut self, raw: Vec<u8>) -> u32 {
        self.letters.push(Some(raw));
        u32::try_from(self.letters.len()).unwrap_or(u32::MAX)
    }
}

impl World {
    pub(super) fn open(&mut self, address: &str, password: &str) {
        let mailbox = Mailbox {
            password: password.to_owned(),
            token: None,
            inbox: Folder::default(),
            sent: Folder::default(),
        };
        self.mailboxes.entry(address.to_owned()).or_insert(mailbox);
    }

    /// A customer writes; gives the letter's id and its bytes.
    pub(super) fn write(
        &mut self,
        account: &str,
        customer: &Customer,
        act: Act,
        base_url: &str,
    ) -> Result<(String, Vec<u8>), ActError> {
        let id = format!("{:016x}@customers.example", rand::rng().random::<u64>());
        let (text, reply_to, file) = match &act {
            Act::Text { text, reply_to } => (text.clone(), reply_to.clone(), None),
            Act::Media(media) => (media.caption.clone().unwrap_or_default(), None, Some(media)),
            _ => return Err(ActError::Unsupported("such a thing in a letter")),
        };
        let media_url = file.map(|file| {
            self.files.push((file.mime.clone(), file.bytes.clone()));
            format!("{base_url}/email-files/{}", self.files.len() - 1)
        });
        let chat = self.chats.entry((account.to_owned(), customer.id.to_lowercase())).or_default();
        // People answer the letter on top.
        let answered =
            reply_to.or_else(|| chat.iter().rev().find(|one| !one.from_customer).map(|one| one.id.clone()));
        let known = chat.iter().take_while(|one| Some(&one.id) != answered.as_ref());
        let before = known.map(|one| format!("<{}>", one.id)).collect::<Vec<_>>().join(" ");
        let subject: String = text.lines().next().unwrap_or_default().chars().take(60).collect();
        let raw = Written {
            id: &id,
            from: customer,
            to: account,
            subject: &subject,
            text: &text,
            file,
            answers: answered.as_deref().map(|id| (id, before.as_str())),
        }
        .bytes();
        let kind = file.map_or("text", |file| file.kind.as_str());
        let mut bubble = bubble(&id, true, kind, &text);
        bubble.media_url = media_url;
        bubble.file_name = file.map(|file| file.file_name.clone());
        bubble.reply_to = answered;
        chat.push(bubble);
        Ok((id, raw))
    }

    /// Somebody answers a customer with another program, which keeps a copy; gives the letter's id.
    pub(super) fn write_elsewhere(
        &mut self,
        account: &str,
        customer: &Customer,
        text: &str,
    ) -> Option<String> {
        let id = format!("{:016x}@elsewhere.example", rand::rng().random::<u64>());
        let chat = self.chats.entry((account.to_owned(), customer.id.to_lowercase())).or_default();
        let answered = chat.iter().rev().find(|one| one.from_customer).map(|one| one.id.clone());
        let writer =
            Customer { id: account.to_owned(), name: "Greta at the desk".to_owned(), username: None };
        let raw = Written {
            id: &id,
            from: &writer,
            to: &customer.id,
            subject: "Re: your letter",
            text,
            file: None,
            answers: answered.as_deref().map(|id| (id, "")),
        }
        .bytes();
        chat.push(bubble(&id, false, "text", text));
        self.mailboxes.get_mut(account)?.sent.add(raw);
        Some(id)
    }

    /// A letter of one of the accounts arrives at its receivers; gives the chats that changed.
    pub(super) fn take(&mut self, letter: Stored) -> Vec<(String, String)> {
        let account = letter.from.to_lowercase();
        let (text, file_name) = letter::shown(&letter.raw);
        let id = letter::header(&letter.raw, "Message-ID").unwrap_or_default();
        let mut changed = Vec::new();
        for to in &letter.to {
            let mut view = bubble(
                id.trim_matches(['<', '>']),
                false,
                if file_name.is_some() { "document" } else { "text" },
                &text,
            );
            view.file_name.clone_from(&file_name);
            view.reply_to =
                letter::header(&letter.raw, "In-Reply-To").map(|id| id.trim_matches(['<', '>']).to_owned());
            let key = (account.clone(), to.to_lowercase());
            self.chats.entry(key.clone()).or_default().push(view);
            changed.push(key);
        }
        self.handed_in.push(letter);
        changed
    }
}

fn bubble(id: &str, from_customer: bool, kind: &str, text: &str) -> ChatMessage {
    ChatMessage {
        id: id.to_owned(),
        from_customer,
        kind: kind.to_owned(),
        text: text.to_owned(),
        media_url: None,
        file_name: None,
        buttons: Vec::new(),
        reply_to: None,
        reactions: Vec::new(),
        edited: false,
        deleted: false,
        status: if from_customer { "sent" } else { "delivered" }.to_owned(),
        at: Utc::now(),
    }
}
