//! What the played platform remembers: numbers with their accounts, messaging services, chats, and files.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use rand::Rng;
use tokio::time::Instant;

use super::{
    call::Leg,
    contents::{self, Content},
};
use crate::ChatMessage;

#[derive(Default)]
pub(super) struct World {
    /// By number. Each has an account of its own, as the hub's integrations do.
    pub numbers: BTreeMap<String, Number>,
    /// Every leg of every call, by its id.
    pub calls: BTreeMap<String, Leg>,
    /// By media id.
    pub media: HashMap<String, StoredFile>,
    /// Telephones that are switched off.
    pub unreachable: BTreeSet<String>,
}

pub(super) struct Account {
    pub sid: String,
    pub token: String,
    pub name: String,
    pub token_works: bool,
    /// When the calls of the last second were made.
    pub calls: VecDeque<Instant>,
}

/// A number, and whatever hangs on it.
pub(super) struct Number {
    pub account: Account,
    /// E.164.
    pub phone: String,
    pub sid: String,
    pub sms_url: String,
    pub sms_application_sid: String,
    pub voice_url: String,
    pub voice_application_sid: String,
    pub status_callback: String,
    pub service: Option<Service>,
    pub contents: Vec<Content>,
    /// Customers whose last word on WhatsApp is more than a day old.
    pub shut: BTreeSet<String>,
    /// By the customer's address.
    pub chats: BTreeMap<String, Vec<Bubble>>,
    /// Customers who have written STOP.
    pub opted_out: BTreeSet<String>,
    /// Customers whose carrier blocks the number.
    pub blocked: BTreeSet<String>,
    /// Of calls in the browser; empty where nobody calls.
    pub api_key_sid: String,
    /// Calls with each customer.
    pub calls: BTreeMap<String, Vec<Bubble>>,
}

/// A messaging service that the number belongs to.
pub(super) struct Service {
    pub sid: String,
    pub inbound_request_url: String,
    pub use_inbound_webhook_on_number: bool,
}

pub(super) struct Bubble {
    pub view: ChatMessage,
    /// Where the business wants to hear of its message.
    pub status_callback: Option<String>,
    /// The customer's address as the message was sent to.
    pub to: String,
}

#[derive(Clone)]
pub(super) struct StoredFile {
    pub bytes: Bytes,
    pub mime: String,
}

impl Number {
    /// A new number of a new account; ids and secrets are random.
    pub(super) fn open(name: &str) -> Self {
        Self {
            account: Account {
                sid: sid("AC"),
                token: random_hex(16),
                name: name.to_owned(),
                token_works: true,
                calls: VecDeque::new(),
            },
            phone: format!("+1415555{}", random_digits(4)),
            sid: sid("PN"),
            sms_url: String::new(),
            sms_application_sid: String::new(),
            voice_url: String::new(),
            voice_application_sid: String::new(),
            status_callback: String::new(),
            service: None,
            contents: contents::usual(),
            shut: BTreeSet::new(),
            chats: BTreeMap::new(),
            opted_out: BTreeSet::new(),
            blocked: BTreeSet::new(),
            api_key_sid: String::new(),
            calls: BTreeMap::new(),
        }
    }

    /// The service's address comes before the number's own.
    pub(super) fn message_url(&self) -> Option<String> {
        let service = self.service.as_ref().filter(|service| !service.use_inbound_webhook_on_number);
        let url = service.map_or(&self.sms_url, |service| &service.inbound_request_url);
        Some(url.clone()).filter(|url| !url.is_empty())
    }

    pub(super) fn chat(&mut self, customer: &str) -> &mut Vec<Bubble> {
        self.chats.entry(customer.to_owned()).or_default()
    }

    pub(super) fn find_call(&mut self, call: &str) -> Option<&mut Bubble> {
        self.calls.values_mut().flatten().find(|bubble| bubble.view.id == call)
    }

    /// A message of either side.
    pub(super) fn find(&mut self, message: &str) -> Option<&mut Bubble> {
        self.chats.values_mut().flatten().find(|bubble| bubble.view.id == message)
    }
}

impl World {
    /// The number that the account owns.
    pub(super) fn of_account(&mut self, account: &str) -> Option<&mut Number> {
        self.numbers.values_mut().find(|number| number.account.sid == account)
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
        status: if from_customer { String::new() } else { "queued".into() },
        at,
    }
}

/// `+4915…`, `whatsapp:+4915…` from a customer's id, which may be digits alone.
pub(super) fn address(id: &str) -> String {
    match id.split_once(':') {
        Some((prefix, rest)) => format!("{prefix}:{}", e164(rest)),
        None => e164(id),
    }
}

pub(super) fn e164(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { phone.to_owned() } else { format!("+{digits}") }
}

/// Two letters and 32 hexadecimal digits.
pub(super) fn sid(kind: &str) -> String {
    format!("{kind}{}", random_hex(16))
}

pub(super) fn random_digits(count: usize) -> String {
    let mut random = rand::rng();
    (0..count).map(|_| char::from(b'0' + random.random_range(0..=9_u8))).collect()
}

fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0_u8; bytes];
    rand::rng().fill(buffer.as_mut_slice());
    hex::encode(buffer)
}
