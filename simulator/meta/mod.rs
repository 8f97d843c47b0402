//! Messenger and Instagram, played: Meta's Graph API for Pages, the customers' chats behind it, and the signed callbacks between the two.
//! The real API shares a host with WhatsApp's; here each product has a path of its own before Meta's.

mod acts;
mod callback;
mod consent;
mod graph;
mod messages;
mod pages;
mod world;

use std::{
    collections::BTreeMap,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::Router;
use chrono::Utc;
use tokio::sync::broadcast;

pub use self::consent::Consents;
use self::world::{Page, World};
use crate::{Act, ActError, ChatChanged, ChatMessage, Customer, Faults, callbacks::Poster};

/// In what the two products differ.
pub trait Product: Send + Sync + 'static {
    /// The channel's id, and the first part of the player's paths.
    const CHANNEL: &'static str;
    const OBJECT: &'static str;
    /// The field of an account that holds its key.
    const ACCOUNT: &'static str;
    /// Tells `delivered`, and `read` by a moment; otherwise `read` by the newest message.
    const WATERMARKS: bool;
    /// Whether a text of that length is taken.
    fn fits(text: &str) -> bool;
}

/// Messenger, played.
pub mod messenger {
    pub struct Messenger;

    impl super::Product for Messenger {
        const CHANNEL: &'static str = "messenger";
        const OBJECT: &'static str = "page";
        const ACCOUNT: &'static str = "page_id";
        const WATERMARKS: bool = true;

        fn fits(text: &str) -> bool {
            text.chars().count() <= 2000
        }
    }

    pub type Player = super::Player<Messenger>;
}

/// Instagram, played.
pub mod instagram {
    pub struct Instagram;

    impl super::Product for Instagram {
        const CHANNEL: &'static str = "instagram";
        const OBJECT: &'static str = "instagram";
        const ACCOUNT: &'static str = "instagram_account_id";
        const WATERMARKS: bool = false;

        fn fits(text: &str) -> bool {
            text.len() <= 1000
        }
    }

    pub type Player = super::Player<Instagram>;
}

/// The platform. Fault methods: `messages`, `actions` (reactions, read marks, typing), `attachments`, `subscribed_apps`, `subscriptions`,
/// `page`, `profile`, `debug_token`, `access_token`, `accounts`.
pub struct Player<P> {
    base_url: String,
    world: Mutex<World>,
    settings: Mutex<Settings>,
    faults: Faults,
    poster: Poster,
    changes: broadcast::Sender<ChatChanged>,
    product: PhantomData<P>,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    /// How often a callback is posted before it is given up.
    attempts: u32,
    rate_per_second: usize,
    /// Whether the business hears of its own messages.
    echoes: bool,
    /// Whether it hears of them before its call is answered.
    echoes_first: bool,
    consents: Consents,
}

impl<P: Product> Player<P> {
    /// `base_url` is the simulator's own address.
    pub fn new(base_url: &str) -> Self {
        Self {
            base_url: format!("{}/{}", base_url.trim_end_matches('/'), P::CHANNEL),
            world: Mutex::default(),
            settings: Mutex::new(Settings {
                attempts: 8,
                rate_per_second: 300,
                echoes: true,
                echoes_first: false,
                consents: Consents::All,
            }),
            faults: Faults::default(),
            poster: Poster::default(),
            changes: broadcast::channel(256).0,
            product: PhantomData,
        }
    }

    pub fn router(self: Arc<Self>) -> Router {
        graph::router(self)
    }

    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Messages per second that an account may send; beyond that 613.
    pub fn set_rate(&self, per_second: usize) {
        self.change_settings(|settings| settings.rate_per_second = per_second);
    }

    pub fn set_attempts(&self, attempts: u32) {
        self.change_settings(|settings| settings.attempts = attempts);
    }

    /// Whether messages over the API are told as echoes.
    pub fn set_echoes(&self, told: bool) {
        self.change_settings(|settings| settings.echoes = told);
    }

    /// What the admin does on the next consent pages.
    pub fn set_consents(&self, consents: Consents) {
        self.change_settings(|settings| settings.consents = consents);
    }

    /// Another account that the same app speaks for: its key.
    pub fn open_sibling(&self, account: &str, name: &str) -> Option<String> {
        let mut world = self.world();
        let page = world.pages.get(account)?.sibling(name);
        let id = page.id.clone();
        world.pages.insert(id.clone(), page);
        Some(id)
    }

    /// The account's own token, as its admin copies it.
    pub fn token(&self, account: &str) -> Option<String> {
        Some(self.world().pages.get(account)?.token.clone())
    }

    /// What an admin copies from the app's dashboard to consent instead of copying tokens.
    pub fn app_keys(&self, account: &str) -> BTreeMap<String, String> {
        let world = self.world();
        let keys = world.pages.get(account).map(|page| {
            [
                ("app_id", page.app_id.clone()),
                ("app_secret", page.app_secret.clone()),
                ("api_base_url", self.base_url.clone()),
            ]
        });
        keys.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Whether another app has the account's conversations: ours is told, and does not answer.
    pub fn set_standby(&self, account: &str, standby: bool) {
        if let Some(page) = self.world().pages.get_mut(account) {
            page.standby = standby;
        }
    }

    /// Whether the account sends its events to the app.
    pub fn subscribed(&self, account: &str) -> bool {
        self.world().pages.get(account).is_some_and(|page| page.subscribed)
    }

    /// What the account's app hears of.
    pub fn subscribed_fields(&self, account: &str) -> Vec<String> {
        self.world().pages.get(account).map(|page| page.fields.clone()).unwrap_or_default()
    }

    /// Something else subscribed the app to these fields, for the same Page.
    pub fn subscribe_to(&self, account: &str, fields: &[&str]) {
        if let Some(page) = self.world().pages.get_mut(account) {
            page.fields = fields.iter().map(|field| (*field).to_owned()).collect();
            page.subscribed = true;
        }
    }

    /// One callback with what customers of several accounts of an app wrote: `(account, customer, text)`. Returns the ids.
    pub async fn write_together(&self, said: &[(&str, &Customer, &str)]) -> Result<Vec<String>, ActError> {
        let (ids, callback) = self.composed_together(said)?;
        self.deliver(callback).await?;
        Ok(ids)
    }

    /// Whether the echo, and that the message arrived, come before the answer to the call.
    pub fn set_echoes_first(&self, first: bool) {
        self.change_settings(|settings| settings.echoes_first = first);
    }

    /// Free text to the customer fails with 10/2018278 until the customer writes again.
    pub fn close_window(&self, account: &str, customer: &str) {
        if let Some(chat) = self.world().chat(account, customer) {
            chat.shut = true;
        }
    }

    /// The customer's last word was that long ago.
    pub fn wrote_before(&self, account: &str, customer: &str, ago: chrono::TimeDelta) {
        if let Some(chat) = self.world().chat(account, customer) {
            chat.last_inbound = Some(Utc::now() - ago);
        }
    }

    /// Every call with the account's token is refused with 190 from now on.
    pub fn revoke_token(&self, account: &str) {
        if let Some(page) = self.world().pages.get_mut(account) {
            page.token_works = false;
        }
    }

    /// The account has a new token, which whoever consents is given.
    pub fn renew_token(&self, account: &str) {
        if let Some(page) = self.world().pages.get_mut(account) {
            page.token = format!("EAA{}", world::random_hex(24));
            page.token_works = true;
        }
    }

    /// Where callbacks of the account go.
    pub fn callback_url(&self, account: &str) -> Option<String> {
        self.world().pages.get(account)?.callback.clone()
    }

    /// The business writes in Meta's own inbox, beside the API; returns the message's id.
    pub async fn echo(&self, account: &str, customer: &Customer, text: &str) -> Result<String, ActError> {
        let id = world::message_id();
        let callback = {
            let mut world = self.world();
            let page = world.pages.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let mut bubble = world::bubble(&id, false, "text", Utc::now());
            bubble.text = text.to_owned();
            page.chat_with(customer).bubbles.push(bubble);
            let message = serde_json::json!({
                "mid": id, "text": text, "is_echo": true, "app_id": 263_902_037_430_900_u64,
            });
            page.callback::<P>(&customer.id, true, serde_json::json!({ "message": message }))?
        };
        self.changed(account, &customer.id, false);
        self.deliver(callback).await?;
        Ok(id)
    }

    /// Any item of `messaging` by a customer, in Meta's envelope and signed.
    pub async fn tell(&self, account: &str, customer: &str, item: serde_json::Value) -> Result<(), ActError> {
        let callback = {
            let world = self.world();
            let page = world.pages.get(account).ok_or(ActError::NoSuchAccount)?;
            page.callback::<P>(customer, false, item)?
        };
        self.deliver(callback).await
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settings(&self) -> Settings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn changed(&self, account: &str, customer: &str, typing: bool) {
        let (account, customer) = (account.to_owned(), customer.to_owned());
        // Nobody looks.
        let _ = self.changes.send(ChatChanged { channel: P::CHANNEL, account, customer, typing });
    }
}

#[async_trait]
impl<P: Product> crate::Player for Player<P> {
    fn channel(&self) -> &'static str {
        P::CHANNEL
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let page = Page::open(name);
        let fields = [
            (P::ACCOUNT, page.id.clone()),
            ("page_access_token", page.token.clone()),
            ("app_id", page.app_id.clone()),
            ("app_secret", page.app_secret.clone()),
            ("verify_token", world::random_hex(16)),
            ("api_base_url", self.base_url.clone()),
        ];
        self.world().pages.insert(page.id.clone(), page);
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str) {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let mut page = Page::open("Switchboard");
        page.id = field(P::ACCOUNT);
        page.token = field("page_access_token");
        page.app_id = field("app_id");
        page.app_secret = field("app_secret");
        page.callback = Some(webhook_url.to_owned());
        page.subscribed = true;
        page.fields = vec!["messages".to_owned()];
        page.remembers = false;
        self.world().pages.insert(page.id.clone(), page);
    }

    fn accounts(&self) -> Vec<String> {
        self.world().pages.keys().cloned().collect()
    }

    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        let (id, callback) = self.done(account, customer, act)?;
        self.changed(account, &customer.id, false);
        if let Some(callback) = callback {
            self.deliver(callback).await?;
        }
        Ok(id)
    }

    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage> {
        self.world().chat(account, customer).map(|chat| chat.bubbles.clone()).unwrap_or_default()
    }

    /// Ids of people are scoped to the Page, and say nothing of them.
    fn customer(&self, name: &str, digits: &str) -> Customer {
        let id = format!("76{digits:0>14}");
        let username = name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), ".");
        Customer { id, name: name.to_owned(), username: Some(username) }
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.changes.subscribe()
    }

    fn trouble(&self) -> Option<&Faults> {
        Some(&self.faults)
    }
}

/// A pause between what Meta tells of one message.
const PACE: Duration = Duration::from_millis(50);
