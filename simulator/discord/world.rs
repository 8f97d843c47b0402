//! What Discord keeps: applications with their keys and sessions, channels with their messages.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::Utc;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Identifies that a bot has in a day.
const IDENTIFIES: u32 = 1000;
/// Intent bit of what people write on servers.
const MESSAGE_CONTENT: u64 = 1 << 15;

/// One application with its bot.
pub(super) struct App {
    pub id: String,
    pub name: String,
    pub token: String,
    pub key: SigningKey,
    /// What an admin switched on in the portal.
    pub content_intent: bool,
    /// Where interactions are posted instead of dispatched.
    pub interactions: Option<String>,
    pub identifies: u32,
    pub session: Option<Session>,
    /// Connections that were opened, each with what it began with: `identify` or `resume`.
    pub greetings: Vec<&'static str>,
    pub channels: BTreeMap<String, Channel>,
    pub blocked: BTreeSet<String>,
    /// Interactions by id, each with its token and whether it was confirmed.
    pub interactions_open: BTreeMap<String, (String, Option<Value>)>,
}

/// What is replayed when a connection resumes.
pub(super) struct Session {
    pub id: String,
    /// Frames; the first has sequence number 1.
    pub log: Vec<Value>,
    pub intents: u64,
    /// The connection that holds it now.
    pub held: Option<u64>,
}

pub(super) struct Channel {
    pub id: String,
    /// 1 direct, 0 a server's, 11 a thread.
    pub kind: u8,
    pub guild: Option<String>,
    pub name: Option<String>,
    /// The other side of a direct channel.
    pub recipient: Option<Value>,
    /// As Discord has them, oldest first.
    pub messages: Vec<Value>,
    /// The application whose channel it is.
    pub own: String,
    /// By message: each with who set it.
    pub reactions: BTreeMap<String, Vec<(String, String)>>,
}

/// A file, by its id.
pub(super) struct Stored {
    pub mime: String,
    pub bytes: Bytes,
}

/// Ids by time, each later than all before.
#[derive(Default)]
pub(super) struct Snowflakes(u64);

impl Snowflakes {
    pub(super) fn next(&mut self) -> String {
        let millis = (Utc::now().timestamp_millis() - 1_420_070_400_000).unsigned_abs();
        self.0 = (self.0 + 1).max(millis << 22);
        self.0.to_string()
    }
}

impl App {
    /// The key is made of the id, so that an account of an earlier start proves itself with the same.
    pub(super) fn new(id: &str, name: &str, token: &str) -> Self {
        let seed: [u8; 32] = Sha256::digest(format!("discord-player:{id}")).into();
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            token: token.to_owned(),
            key: SigningKey::from_bytes(&seed),
            content_intent: true,
            interactions: None,
            identifies: IDENTIFIES,
            session: None,
            greetings: Vec::new(),
            channels: BTreeMap::new(),
            blocked: BTreeSet::new(),
            interactions_open: BTreeMap::new(),
        }
    }

    pub(super) fn public_key(&self) -> String {
        hex::encode(self.key.verifying_key().to_bytes())
    }

    pub(super) fn user(&self) -> Value {
        json!({ "id": self.id, "username": self.name, "global_name": null, "discriminator": "0001", "avatar": null, "bot": true })
    }

    /// 1 << 18 is the bit of the switched-on intent.
    pub(super) fn json(&self) -> Value {
        let flags = if self.content_intent { 1 << 18 } else { 0 };
        json!({ "id": self.id, "name": self.name, "flags": flags, "verify_key": self.public_key(), "interactions_endpoint_url": self.interactions })
    }

    pub(super) fn direct(&self, user: &str) -> Option<&Channel> {
        self.channels.values().find(|channel| {
            channel.recipient.as_ref().is_some_and(|recipient| recipient["id"].as_str() == Some(user))
        })
    }

    /// The direct channel with a user, opened where there is none.
    pub(super) fn open_direct(&mut self, user: &Value, ids: &mut Snowflakes) -> &mut Channel {
        let known = self.direct(user["id"].as_str().unwrap_or_default()).map(|channel| channel.id.clone());
        let id = known.unwrap_or_else(|| ids.next());
        let own = self.id.clone();
        self.channels
            .entry(id.clone())
            .or_insert_with(|| Channel { recipient: Some(user.clone()), ..Channel::new(&id, 1, own) })
    }

    /// Tells an event to whoever holds the session, or will resume it. Nobody hears it where there is no session.
    pub(super) fn tell(&mut self, event: &str, data: Value) {
        let content = self.content_intent;
        let Some(session) = &mut self.session else { return };
        let data = if content && session.intents & MESSAGE_CONTENT != 0 { data } else { withheld(data) };
        session.push(event, data);
    }

    pub(super) fn asks_for_more_than_it_has(&self, intents: u64) -> bool {
        intents & MESSAGE_CONTENT != 0 && !self.content_intent
    }
}

impl Session {
    pub(super) fn push(&mut self, event: &str, data: Value) {
        let s = self.log.len() + 1;
        self.log.push(json!({ "op": 0, "t": event, "s": s, "d": data }));
    }
}

impl Channel {
    pub(super) fn new(id: &str, kind: u8, own: String) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            guild: None,
            name: None,
            recipient: None,
            messages: Vec::new(),
            own,
            reactions: BTreeMap::new(),
        }
    }

    pub(super) fn reactions(&self, message: &str) -> impl Iterator<Item = &(String, String)> {
        self.reactions.get(message).into_iter().flatten()
    }

    pub(super) fn set_reaction(&mut self, message: &str, emoji: &str, by: &str, add: bool) {
        let all = self.reactions.entry(message.to_owned()).or_default();
        all.retain(|(one, who)| !(one == emoji && who == by));
        if add {
            all.push((emoji.to_owned(), by.to_owned()));
        }
    }

    pub(super) fn json(&self) -> Value {
        match self.kind {
            1 => json!({ "id": self.id, "type": 1, "recipients": [self.recipient] }),
            kind => json!({ "id": self.id, "type": kind, "guild_id": self.guild, "name": self.name }),
        }
    }

    pub(super) fn find(&mut self, id: &str) -> Option<&mut Value> {
        self.messages.iter_mut().find(|message| message["id"] == id)
    }

    /// As the gateway tells it: with the server, which history leaves out.
    pub(super) fn told(&self, message: &Value) -> Value {
        let mut told = message.clone();
        told["channel_type"] = json!(self.kind);
        if let Some(guild) = &self.guild {
            told["guild_id"] = json!(guild);
        }
        told
    }
}

/// What bots without the intent see of a server's messages.
fn withheld(mut data: Value) -> Value {
    if data.get("guild_id").is_some() && data.get("content").is_some() {
        data["content"] = json!("");
        for name in ["attachments", "embeds", "components"] {
            data[name] = json!([]);
        }
    }
    data
}
