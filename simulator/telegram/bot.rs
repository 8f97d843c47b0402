//! What Telegram knows of a bot: its chats and their messages, its files, its callback address, what waits for it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use rand::{Rng, distr::Alphanumeric};
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, oneshot};

use super::{business::Business, rates::Buckets, refused::Refused};
use crate::{ActError, ChatButton, Customer};

pub(super) struct Bot {
    pub(super) id: i64,
    pub(super) token: String,
    pub(super) name: String,
    /// Opened in an earlier start: chats that it knows are made when it writes to them.
    pub(super) adopted: bool,
    pub(super) webhook: Option<Webhook>,
    pub(super) chats: BTreeMap<i64, Chat>,
    pub(super) files: BTreeMap<String, File>,
    /// Button presses that wait for their answer.
    pub(super) presses: BTreeMap<String, DateTime<Utc>>,
    /// Business accounts that it answers for, by connection.
    pub(super) connections: BTreeMap<String, Business>,
    /// The connection whose chats are in the place of its own now.
    pub(super) acting: Option<String>,
    /// Updates that wait, by queue; those of one queue go out one after the other.
    pub(super) queues: BTreeMap<String, VecDeque<Waiting>>,
    /// Queues that are being delivered now.
    pub(super) running: BTreeSet<String>,
    pub(super) buckets: Buckets,
    next_message: i64,
    next_update: i64,
}

pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: Option<String>,
    /// Empty for the usual ones.
    pub(super) allowed: Vec<String>,
    pub(super) connections: i64,
    /// Callbacks that may be under way at a time.
    pub(super) slots: Arc<Semaphore>,
    pub(super) last_error: Option<(DateTime<Utc>, String)>,
}

/// An update on its way.
pub(super) struct Waiting {
    pub(super) update_id: i64,
    pub(super) body: Value,
    pub(super) expires: DateTime<Utc>,
    pub(super) attempts: u32,
    /// Told once it was taken, or refused often enough.
    pub(super) told: Option<oneshot::Sender<Result<(), ActError>>>,
}

pub(super) struct Chat {
    /// As messages show it.
    pub(super) json: Value,
    pub(super) customer: Option<Customer>,
    pub(super) blocked: bool,
    pub(super) moved_to: Option<i64>,
    /// Topics of a forum; empty where there are none.
    pub(super) topics: BTreeSet<i64>,
    pub(super) messages: BTreeMap<i64, Stored>,
}

/// A message, and what the customer sees of it.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) json: Map<String, Value>,
    pub(super) by_customer: bool,
    pub(super) kind: &'static str,
    pub(super) file: Option<String>,
    pub(super) reactions_of_bot: Vec<Value>,
    pub(super) reactions_of_customer: Vec<Value>,
    pub(super) edited: bool,
    pub(super) read: bool,
    pub(super) at: DateTime<Utc>,
}

pub(super) struct File {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) bytes: Bytes,
}

impl Bot {
    pub(super) fn new(id: i64, name: &str) -> Self {
        Self {
            id,
            token: format!("{id}:{}", random(35)),
            name: name.to_owned(),
            adopted: false,
            webhook: None,
            chats: BTreeMap::new(),
            files: BTreeMap::new(),
            presses: BTreeMap::new(),
            connections: BTreeMap::new(),
            acting: None,
            queues: BTreeMap::new(),
            running: BTreeSet::new(),
            buckets: Buckets::default(),
            next_message: 0,
            next_update: 100_000_000,
        }
    }

    /// Numbers go on from the clock, above those that were given out before.
    pub(super) fn adopted(id: i64, token: &str) -> Self {
        let since = (Utc::now().timestamp() - 1_700_000_000).max(0);
        Self {
            token: token.to_owned(),
            adopted: true,
            next_message: since,
            next_update: since * 10,
            ..Self::new(id, "Telegram bot")
        }
    }

    pub(super) fn user(&self) -> Value {
        json!({ "id": self.id, "is_bot": true, "first_name": self.name, "username": self.username() })
    }

    pub(super) fn username(&self) -> String {
        let letters: String = self.name.chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{}_{}_bot", letters.to_ascii_lowercase(), self.id % 100_000)
    }

    pub(super) fn next_message(&mut self) -> i64 {
        self.next_message += 1;
        self.next_message
    }

    pub(super) fn next_update(&mut self) -> i64 {
        self.next_update += 1;
        self.next_update
    }

    /// The chat that a call names, if the bot may write there.
    pub(super) fn writable(&mut self, chat: i64) -> Result<&mut Chat, Refused> {
        if self.adopted && chat > 0 && !self.chats.contains_key(&chat) {
            let customer =
                Customer { id: chat.to_string(), name: format!("Customer {chat}"), username: None };
            self.chats.insert(chat, Chat::private(chat, &customer));
        }
        let chat = self.chats.get_mut(&chat).ok_or_else(|| Refused::bad("chat not found"))?;
        match (chat.moved_to, chat.blocked) {
            (Some(to), _) => Err(Refused::moved(to)),
            (None, true) => Err(Refused::new(403, chat.gone())),
            (None, false) => Ok(chat),
        }
    }

    /// Makes or renews the private chat with a customer.
    pub(super) fn chat_with(&mut self, customer: &Customer) -> Option<i64> {
        let id: i64 = customer.id.parse().ok().filter(|id| *id > 0)?;
        let chat = self.chats.entry(id).or_insert_with(|| Chat::private(id, customer));
        chat.json = Chat::private_json(id, customer);
        chat.customer = Some(customer.clone());
        Some(id)
    }

    /// Keeps a file under a new id.
    pub(super) fn keep(&mut self, folder: &str, name: &str, mime: &str, bytes: Bytes) -> String {
        let id = format!("{}AgAD{}", &folder[..1].to_uppercase(), random(24));
        let extension = name.rsplit_once('.').map_or("bin", |(_, extension)| extension);
        let path = format!("{folder}/file_{}.{extension}", self.files.len());
        let file = File { path, name: name.to_owned(), mime: mime.to_owned(), bytes };
        self.files.insert(id.clone(), file);
        id
    }
}

impl Chat {
    pub(super) fn private(id: i64, customer: &Customer) -> Self {
        Self::new(Self::private_json(id, customer), Some(customer.clone()))
    }

    pub(super) fn new(json: Value, customer: Option<Customer>) -> Self {
        Self {
            json,
            customer,
            blocked: false,
            moved_to: None,
            topics: BTreeSet::new(),
            messages: BTreeMap::new(),
        }
    }

    fn private_json(id: i64, customer: &Customer) -> Value {
        let mut json = names(customer);
        json.insert("id".into(), json!(id));
        json.insert("type".into(), json!("private"));
        Value::Object(json)
    }

    pub(super) fn is_group(&self) -> bool {
        self.json["type"] != "private"
    }

    fn gone(&self) -> &'static str {
        match self.json["type"].as_str() {
            Some("private") => "Forbidden: bot was blocked by the user",
            Some("group") => "Forbidden: bot was kicked from the group chat",
            _ => "Forbidden: bot was kicked from the supergroup chat",
        }
    }
}

impl Stored {
    pub(super) fn new(
        json: Map<String, Value>,
        by_customer: bool,
        kind: &'static str,
        file: Option<String>,
    ) -> Self {
        Self {
            json,
            by_customer,
            kind,
            file,
            reactions_of_bot: Vec::new(),
            reactions_of_customer: Vec::new(),
            edited: false,
            read: false,
            at: Utc::now(),
        }
    }

    /// The text or the caption.
    pub(super) fn text(&self) -> &str {
        ["text", "caption"].iter().find_map(|name| self.json.get(*name)?.as_str()).unwrap_or_default()
    }

    pub(super) fn buttons(&self) -> Vec<ChatButton> {
        let rows = self.json.get("reply_markup").and_then(|markup| markup.get("inline_keyboard"));
        let rows = rows.and_then(Value::as_array).into_iter().flatten();
        let buttons = rows.filter_map(Value::as_array).flatten();
        let text = |button: &Value, name: &str| button.get(name).and_then(Value::as_str).map(str::to_owned);
        buttons
            .map(|button| ChatButton {
                id: text(button, "callback_data").unwrap_or_default(),
                title: text(button, "text").unwrap_or_default(),
                description: None,
                url: text(button, "url"),
            })
            .collect()
    }
}

/// A customer as messages name the sender.
pub(super) fn user(id: i64, customer: &Customer) -> Value {
    let mut json = names(customer);
    json.insert("id".into(), json!(id));
    json.insert("is_bot".into(), json!(false));
    json.insert("language_code".into(), json!("en"));
    Value::Object(json)
}

fn names(customer: &Customer) -> Map<String, Value> {
    let (first, last) = customer.name.split_once(' ').unwrap_or((&customer.name, ""));
    let mut json = Map::new();
    json.insert("first_name".into(), json!(first));
    if !last.is_empty() {
        json.insert("last_name".into(), json!(last));
    }
    if let Some(username) = &customer.username {
        json.insert("username".into(), json!(username));
    }
    json
}

pub(super) fn random(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}
