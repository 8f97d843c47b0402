//! A system of somebody's own that is connected by signed callbacks: it keeps chats, takes what the hub tells it, and tells the hub
//! what its customers do.

mod acts;
mod endpoint;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use axum::{
    Router,
    routing::{get, post},
};
use bytes::Bytes;
use chrono::Utc;
use rand::Rng;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use webhooks::standard;

use crate::{Act, ActError, ChatChanged, ChatMessage, Customer, Faults, callbacks::Poster};

/// Times that a callback is posted before it is given up.
const ATTEMPTS: u32 = 8;

/// The connected systems. Fault methods are the types of what the hub tells: `message.created`, `ping`, ….
pub struct Player {
    base_url: String,
    systems: Mutex<BTreeMap<String, System>>,
    files: Mutex<BTreeMap<String, (String, Bytes)>>,
    faults: Faults,
    poster: Poster,
    changes: broadcast::Sender<ChatChanged>,
}

struct System {
    secret: SecretString,
    /// The hub's address, once it is known.
    hub: Option<String>,
    /// By customer id.
    chats: BTreeMap<String, Vec<ChatMessage>>,
    /// Ids of what was taken already.
    taken: std::collections::BTreeSet<String>,
}

impl Player {
    pub fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            systems: Mutex::default(),
            files: Mutex::default(),
            faults: Faults::default(),
            poster: Poster::default(),
            changes: broadcast::channel(256).0,
        }
    }

    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/api-system/{name}", post(endpoint::take))
            .route("/api-files/{id}", get(endpoint::file))
            .with_state(self)
    }

    /// Trouble for what the hub tells next, by its type.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Tells the hub any event, signed; the status of its answer and the answer.
    pub async fn tell(&self, account: &str, r#type: &str, data: Value) -> Result<(u16, String), ActError> {
        let (url, headers, body) = self.callback(account, r#type, &data)?;
        let taken = self.poster.post(&url, &headers, body).await;
        Ok((taken.status, taken.body))
    }

    async fn deliver(&self, account: &str, r#type: &str, data: Value) -> Result<(), ActError> {
        let (url, headers, body) = self.callback(account, r#type, &data)?;
        self.poster.deliver(&url, &headers, body, ATTEMPTS).await.map(|_| ())
    }

    #[expect(clippy::type_complexity, reason = "address, headers and body of one callback")]
    fn callback(
        &self,
        account: &str,
        r#type: &str,
        data: &Value,
    ) -> Result<(String, [(&'static str, String); 3], Vec<u8>), ActError> {
        let systems = self.systems();
        let system = systems.get(account).ok_or(ActError::NoSuchAccount)?;
        let url = system.hub.clone().ok_or(ActError::NoWebhook)?;
        let now = Utc::now();
        let body = json!({ "type": r#type, "timestamp": now, "data": data }).to_string().into_bytes();
        let id = new_id("msg");
        let signature =
            standard::signature(std::slice::from_ref(&system.secret), &id, now.timestamp(), &body);
        let headers = [
            (standard::ID, id),
            (standard::TIMESTAMP, now.timestamp().to_string()),
            (standard::SIGNATURE, signature),
        ];
        Ok((url, headers, body))
    }

    fn systems(&self) -> MutexGuard<'_, BTreeMap<String, System>> {
        self.systems.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, (String, Bytes)>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self, account: &str, customer: &str, typing: bool) {
        let (account, customer) = (account.to_owned(), customer.to_owned());
        // Nobody looks.
        let _ = self.changes.send(ChatChanged { channel: "api", account, customer, typing });
    }
}

#[async_trait]
impl crate::Player for Player {
    fn channel(&self) -> &'static str {
        "api"
    }

    fn open_account(&self, _name: &str) -> BTreeMap<String, String> {
        let name = new_id("system");
        let secret = standard::secret(&rand::rng().random::<[u8; 32]>());
        let fields = [
            ("endpoint_url", format!("{}/api-system/{name}", self.base_url)),
            ("signing_secret", secrecy::ExposeSecret::expose_secret(&secret).to_owned()),
            ("system_id", name.clone()),
        ];
        self.systems().insert(name, System::new(secret, None));
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The endpoint's address is of an earlier start; only its path is looked at here.
    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str) {
        let secret = SecretString::from(fields.get("signing_secret").map_or("", String::as_str));
        if let Some(name) = fields.get("system_id") {
            self.systems().insert(name.clone(), System::new(secret, Some(webhook_url.to_owned())));
        }
    }

    fn accounts(&self) -> Vec<String> {
        self.systems().keys().cloned().collect()
    }

    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        let (id, told) = self.done(account, customer, act)?;
        self.changed(account, &customer.id, false);
        for (r#type, data) in told {
            self.deliver(account, r#type, data).await?;
        }
        Ok(id)
    }

    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage> {
        let systems = self.systems();
        systems.get(account).and_then(|system| system.chats.get(customer)).cloned().unwrap_or_default()
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.changes.subscribe()
    }
}

impl System {
    fn new(secret: SecretString, hub: Option<String>) -> Self {
        Self { secret, hub, chats: BTreeMap::new(), taken: std::collections::BTreeSet::new() }
    }
}

fn new_id(kind: &str) -> String {
    format!("{kind}_{:016x}", rand::rng().random::<u64>())
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
