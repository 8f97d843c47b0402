//! What the played platform remembers: accounts, their chats, and files.

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};
use rand::Rng;
use tokio::time::Instant;

use super::{consent::Code, graph::GraphError};
use crate::{ChatMessage, Customer};

/// Hours after a customer's last word in which answers may be sent, and days in which a person may.
const WINDOW_HOURS: i64 = 24;
const HUMAN_AGENT_DAYS: i64 = 7;

#[derive(Default)]
pub(super) struct World {
    /// By the account's id.
    pub pages: BTreeMap<String, Page>,
    /// By attachment id.
    pub files: HashMap<String, StoredFile>,
    /// Of consents that are under way.
    pub codes: HashMap<String, Code>,
    /// Apps by the tokens of admins who consented.
    pub admins: HashMap<String, String>,
}

/// A Page, or an Instagram account with the Page behind it, and the app that speaks for it.
pub(super) struct Page {
    pub id: String,
    pub name: String,
    pub token: String,
    pub token_works: bool,
    pub app_id: String,
    pub app_secret: String,
    /// The app's; `None` until it is set.
    pub callback: Option<String>,
    /// Whether the Page sends its events to the app.
    pub subscribed: bool,
    /// Of which it sends them; replaced as a whole.
    pub fields: Vec<String>,
    /// Whether another app has its conversations.
    pub standby: bool,
    /// By the customer's id.
    pub chats: BTreeMap<String, Chat>,
    /// Whether all earlier messages are known; otherwise a window is believed to be open.
    pub remembers: bool,
    /// When the messages of the last second were taken.
    taken: VecDeque<Instant>,
}

pub(super) struct Chat {
    pub customer: Customer,
    pub bubbles: Vec<ChatMessage>,
    pub last_inbound: Option<DateTime<Utc>>,
    /// Shut by a test, whatever was said before.
    pub shut: bool,
    pub blocked: bool,
}

#[derive(Clone)]
pub(super) struct StoredFile {
    pub bytes: Bytes,
    pub mime: String,
    pub name: String,
}

impl World {
    pub(super) fn chat(&mut self, account: &str, customer: &str) -> Option<&mut Chat> {
        self.pages.get_mut(account)?.chats.get_mut(customer)
    }
}

impl Page {
    pub(super) fn open(name: &str) -> Self {
        Self {
            id: random_digits(15),
            name: name.to_owned(),
            token: format!("EAA{}", random_hex(24)),
            token_works: true,
            app_id: random_digits(15),
            app_secret: random_hex(16),
            callback: None,
            subscribed: false,
            fields: Vec::new(),
            standby: false,
            chats: BTreeMap::new(),
            remembers: true,
            taken: VecDeque::new(),
        }
    }

    /// Another one that the same app speaks for.
    pub(super) fn sibling(&self, name: &str) -> Self {
        Self {
            app_id: self.app_id.clone(),
            app_secret: self.app_secret.clone(),
            callback: self.callback.clone(),
            ..Self::open(name)
        }
    }

    pub(super) fn username(&self) -> String {
        self.name.to_lowercase().replace(' ', ".")
    }

    pub(super) fn chat_with(&mut self, customer: &Customer) -> &mut Chat {
        let chat = self.chats.entry(customer.id.clone()).or_insert_with(|| Chat {
            customer: customer.clone(),
            bubbles: Vec::new(),
            last_inbound: None,
            shut: false,
            blocked: false,
        });
        chat.customer = customer.clone();
        chat
    }

    /// Whether free text may be sent to that customer now.
    pub(super) fn window_is_open(&self, customer: &str, by_human: bool, now: DateTime<Utc>) -> bool {
        let length = if by_human { Duration::days(HUMAN_AGENT_DAYS) } else { Duration::hours(WINDOW_HOURS) };
        match self.chats.get(customer) {
            Some(chat) if chat.shut => false,
            Some(Chat { last_inbound: Some(at), .. }) => now - *at < length,
            _ => !self.remembers,
        }
    }

    pub(super) fn throttle(&mut self, per_second: usize) -> Result<(), GraphError> {
        let now = Instant::now();
        while self.taken.front().is_some_and(|at| now - *at >= std::time::Duration::from_secs(1)) {
            self.taken.pop_front();
        }
        if self.taken.len() >= per_second {
            return Err(GraphError::new(
                400,
                613,
                None,
                "(#613) Calls to this api have exceeded the rate limit.",
            ));
        }
        self.taken.push_back(now);
        Ok(())
    }
}

impl Chat {
    pub(super) fn bubble(&mut self, id: &str) -> Option<&mut ChatMessage> {
        self.bubbles.iter_mut().find(|bubble| bubble.id == id)
    }
}

/// An empty bubble of that kind.
pub(super) fn bubble(id: &str, from_customer: bool, kind: &str, at: DateTime<Utc>) -> ChatMessage {
    ChatMessage {
        id: id.to_owned(),
        from_customer,
        kind: kind.to_owned(),
        text: String::new(),
        media_url: None,
        file_name: None,
        buttons: Vec::new(),
        reply_to: None,
        reactions: Vec::new(),
        edited: false,
        deleted: false,
        status: if from_customer { String::new() } else { "sent".into() },
        at,
    }
}

pub(super) fn message_id() -> String {
    format!("m_{}", random_hex(32))
}

pub(super) fn random_digits(count: usize) -> String {
    let mut random = rand::rng();
    let first = random.random_range(1..=9_u8);
    std::iter::once(first)
        .chain((1..count).map(|_| random.random_range(0..=9_u8)))
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

pub(super) fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0_u8; bytes];
    rand::rng().fill(buffer.as_mut_slice());
    hex::encode(buffer)
}
