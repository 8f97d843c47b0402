//! A site with a chat window, and its visitors: each has a session and a socket at the hub, as the window's script would open them.

mod acts;
mod site;
mod visit;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use axum::{Router, routing::post};
use chrono::Utc;
use rand::Rng;
use secrecy::SecretString;
use tokio::sync::broadcast;

use crate::{Act, ActError, ChatChanged, ChatMessage, Customer};

pub struct Player(Arc<Sites>);

/// The sites, by the name of their window.
struct Sites {
    base_url: String,
    http: reqwest::Client,
    sites: Mutex<BTreeMap<String, Site>>,
    /// One visitor comes in at a time.
    opening: tokio::sync::Mutex<()>,
    changes: broadcast::Sender<ChatChanged>,
}

struct Site {
    secret: SecretString,
    /// The window's address at the hub, once it is known: `http://hub/webchat/{integration}`.
    window: Option<String>,
    /// By customer id.
    visits: BTreeMap<String, Visit>,
}

/// One visitor.
#[derive(Default)]
struct Visit {
    token: String,
    chat: Vec<ChatMessage>,
}

impl Player {
    pub fn new(base_url: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "the platforms are not the hub")]
        let http = reqwest::Client::builder().timeout(std::time::Duration::from_secs(20)).build();
        Self(Arc::new(Sites {
            base_url: base_url.to_owned(),
            http: http.unwrap_or_default(),
            sites: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            changes: broadcast::channel(256).0,
        }))
    }

    pub fn router(self: Arc<Self>) -> Router {
        Router::new().route("/webchat-site/hub", post(site::learn)).with_state(self.0.clone())
    }
}

impl Sites {
    fn sites(&self) -> MutexGuard<'_, BTreeMap<String, Site>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what a visitor sees; `None` if there is no such visitor.
    fn change<T>(&self, account: &str, customer: &str, change: impl FnOnce(&mut Visit) -> T) -> Option<T> {
        let changed = self.sites().get_mut(account)?.visits.get_mut(customer).map(change);
        self.changed(account, customer, false);
        changed
    }

    fn changed(&self, account: &str, customer: &str, typing: bool) {
        let (account, customer) = (account.to_owned(), customer.to_owned());
        // Nobody looks.
        let _ = self.changes.send(ChatChanged { channel: "webchat", account, customer, typing });
    }
}

#[async_trait]
impl crate::Player for Player {
    fn channel(&self) -> &'static str {
        "webchat"
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let widget = format!("window-{:016x}", rand::rng().random::<u64>());
        let secret = hex::encode(rand::rng().random::<[u8; 32]>());
        let fields = [
            ("allowed_origins", self.0.base_url.clone()),
            ("identity_secret", secret.clone()),
            ("widget_id", widget.clone()),
            ("title", name.to_owned()),
            ("greeting", "Hello! How can we help?".to_owned()),
            ("api_base_url", self.0.base_url.clone()),
        ];
        self.0.sites().insert(widget, Site::new(secret.into(), None));
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str) {
        let secret = SecretString::from(fields.get("identity_secret").map_or("", String::as_str));
        if let Some(widget) = fields.get("widget_id") {
            self.0.sites().insert(widget.clone(), Site::new(secret, site::window(webhook_url)));
        }
    }

    fn accounts(&self) -> Vec<String> {
        self.0.sites().keys().cloned().collect()
    }

    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        self.0.come_in(account, customer).await?;
        self.0.carry_out(account, customer, act).await
    }

    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage> {
        let sites = self.0.sites();
        sites
            .get(account)
            .and_then(|site| site.visits.get(customer))
            .map(|visit| visit.chat.clone())
            .unwrap_or_default()
    }

    fn page(&self, account: &str) -> Option<String> {
        let window = self.0.sites().get(account)?.window.clone()?;
        let (_, integration) = window.split_once("/webchat/")?;
        Some(format!("/webchat/demo/{integration}"))
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.0.changes.subscribe()
    }
}

impl Site {
    fn new(secret: SecretString, window: Option<String>) -> Self {
        Self { secret, window, visits: BTreeMap::new() }
    }
}

fn bubble(id: &str, from_customer: bool, text: &str) -> ChatMessage {
    ChatMessage {
        id: id.to_owned(),
        from_customer,
        kind: "text".to_owned(),
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
