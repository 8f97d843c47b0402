//! What the played platform remembers: numbers, their chats, and files.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};
use rand::Rng;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::templates;
use crate::{ChatMessage, Customer};

/// Hours after a customer's last message in which free text may be sent.
const WINDOW_HOURS: i64 = 24;

#[derive(Default)]
pub(super) struct World {
    /// By phone number id.
    pub numbers: BTreeMap<String, Number>,
    /// By media id.
    pub media: HashMap<String, StoredFile>,
    /// Phones that have no WhatsApp.
    pub unreachable: BTreeSet<String>,
    /// Customers who show a username instead of their phone.
    pub hidden: BTreeSet<String>,
}

/// A business number and all that hangs on it.
pub(super) struct Number {
    pub id: String,
    pub business_account_id: String,
    pub display: String,
    pub name: String,
    pub token: String,
    pub app_secret: String,
    pub token_works: bool,
    /// Set by the business; `None` until it has subscribed.
    pub callback: Option<String>,
    pub templates: Vec<Value>,
    /// By the customer's id.
    pub chats: BTreeMap<String, Chat>,
    /// Whether all earlier messages are known; otherwise a window is believed to be open.
    pub remembers: bool,
    /// When the messages of the last second were taken.
    pub taken: VecDeque<Instant>,
    /// By the customer's id: until when the pair rate is used up.
    pub paired: BTreeMap<String, Instant>,
}

pub(super) struct Chat {
    pub customer: Customer,
    pub bubbles: Vec<Bubble>,
    pub last_inbound: Option<DateTime<Utc>>,
    /// Shut by a test, whatever was said before.
    pub shut: bool,
    pub blocked: bool,
}

pub(super) struct Bubble {
    pub view: ChatMessage,
    /// What the business wants to see again in every status.
    pub opaque: Option<String>,
    /// Whether its buttons are the rows of a list or a template's.
    pub offer: Offer,
    /// A customer's message as callbacks carry it, which an edit carries again.
    pub content: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    Buttons,
    List,
    Template,
}

#[derive(Clone)]
pub(super) struct StoredFile {
    pub bytes: Bytes,
    pub mime: String,
    /// Addresses handed out before this moment no longer work.
    pub addresses_from: DateTime<Utc>,
}

impl Number {
    /// A new number; ids and secrets are random.
    pub(super) fn open(name: &str) -> Self {
        let digits = |count| random_digits(count);
        Self {
            id: digits(15),
            business_account_id: digits(15),
            display: format!("1555{}", digits(7)),
            name: name.to_owned(),
            token: format!("EAA{}", random_hex(24)),
            app_secret: random_hex(16),
            token_works: true,
            callback: None,
            templates: templates::seeded(),
            chats: BTreeMap::new(),
            remembers: true,
            taken: VecDeque::new(),
            paired: BTreeMap::new(),
        }
    }

    pub(super) fn chat(&mut self, customer: &Customer) -> &mut Chat {
        let chat = self.chats.entry(customer.id.clone()).or_insert_with(|| Chat::new(customer.clone()));
        chat.customer = customer.clone();
        chat
    }

    /// Whether free text may be sent to that customer now.
    pub(super) fn window_is_open(&self, customer: &str, now: DateTime<Utc>) -> bool {
        match self.chats.get(customer) {
            Some(chat) if chat.shut => false,
            Some(Chat { last_inbound: Some(at), .. }) => now - *at < Duration::hours(WINDOW_HOURS),
            _ => !self.remembers,
        }
    }

    /// The chat and place of a message.
    pub(super) fn find(&mut self, message: &str) -> Option<(&str, &mut Bubble)> {
        self.chats.iter_mut().find_map(|(customer, chat)| {
            let bubble = chat.bubbles.iter_mut().find(|bubble| bubble.view.id == message)?;
            Some((customer.as_str(), bubble))
        })
    }
}

impl Chat {
    pub(super) fn new(customer: Customer) -> Self {
        Self { customer, bubbles: Vec::new(), last_inbound: None, shut: false, blocked: false }
    }

    pub(super) fn bubble(&mut self, id: &str) -> Option<&mut Bubble> {
        self.bubbles.iter_mut().find(|bubble| bubble.view.id == id)
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

/// The business-scoped id under which a business knows a customer, whatever happens to the phone.
pub(super) fn user_id(customer: &str) -> String {
    if customer.contains('.') {
        return customer.to_owned();
    }
    let digest = Sha256::digest(customer.as_bytes());
    let number = digest[..8].iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    format!("US.{number:020}")
}

/// Digits of a phone as people and programs write it.
pub(super) fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

pub(super) fn message_id() -> String {
    format!("wamid.HBgL{}", random_hex(20).to_uppercase())
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
