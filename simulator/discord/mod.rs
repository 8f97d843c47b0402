//! Discord, played: the HTTP API with its rate limits, the gateway with sessions that resume or are lost, and interactions signed with
//! a real key. Customers write direct messages; servers' channels are opened and written in with [`Player::open_channel`] and
//! [`Player::say`].

mod acts;
mod api;
mod gateway;
mod limits;
mod messages;
mod world;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::Router;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use rand::{Rng, distr::Alphanumeric};
use serde_json::{Value, json};
use tokio::sync::{Notify, broadcast};

pub use self::limits::Limit;
use self::{
    gateway::Order,
    limits::{Buckets, Left},
    world::{App, Channel, Snowflakes, Stored},
};
use crate::{Act, ActError, ChatChanged, ChatMessage, Customer, Faults, callbacks::Poster};

/// How long a customer's act waits for the hub's first connection.
const PATIENCE: Duration = Duration::from_secs(20);
/// What Discord says; tests want it shorter.
const HEARTBEAT: u64 = 41_250;

/// The platform. Fault methods are `me`, `application`, `gateway`, `create_dm`, `channel`, `get_messages`, `get_message`,
/// `create_message`, `edit_message`, `delete_message`, `react`, `typing`, `callback`.
pub struct Player(Arc<Shared>);

struct Shared {
    base_url: String,
    world: Mutex<World>,
    ids: Mutex<Snowflakes>,
    buckets: Mutex<Buckets>,
    limit: Mutex<Limit>,
    faults: Faults,
    poster: Poster,
    changes: broadcast::Sender<ChatChanged>,
    orders: broadcast::Sender<(String, Order)>,
    /// Somebody identified.
    met: Notify,
    connections: AtomicU64,
    heartbeat: AtomicU64,
    mute: AtomicBool,
}

#[derive(Default)]
struct World {
    /// By application id.
    apps: BTreeMap<String, App>,
    /// Everybody who has an account, by id.
    users: BTreeMap<String, Value>,
    files: BTreeMap<String, Stored>,
}

impl World {
    fn by_token(&mut self, token: &str) -> Option<&mut App> {
        let token = token.strip_prefix("Bot ").unwrap_or(token);
        self.apps.values_mut().find(|app| app.token == token)
    }
}

impl Player {
    pub fn new(base_url: &str) -> Self {
        Self(Arc::new(Shared {
            base_url: base_url.to_owned(),
            world: Mutex::default(),
            ids: Mutex::default(),
            buckets: Mutex::default(),
            limit: Mutex::default(),
            faults: Faults::default(),
            poster: Poster::default(),
            changes: broadcast::channel(256).0,
            orders: broadcast::channel(1024).0,
            met: Notify::new(),
            connections: AtomicU64::new(0),
            heartbeat: AtomicU64::new(HEARTBEAT),
            mute: AtomicBool::new(false),
        }))
    }

    pub fn router(self: Arc<Self>) -> Router {
        api::router(self.0.clone())
    }

    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// What each bucket takes, from now on.
    pub fn set_limit(&self, limit: Limit) {
        *lock(&self.0.limit) = limit;
    }

    /// How often bots have to show that they are there, from their next connection on; and whether that is answered.
    pub fn set_heartbeat(&self, interval: Duration, answered: bool) {
        self.0.heartbeat.store(u64::try_from(interval.as_millis()).unwrap_or(HEARTBEAT), Ordering::Relaxed);
        self.0.mute.store(!answered, Ordering::Relaxed);
    }

    /// The Message Content Intent in the portal.
    pub fn set_content_intent(&self, account: &str, on: bool) {
        self.app(account, |app| app.content_intent = on);
    }

    /// Interactions are posted there, signed, instead of being dispatched.
    pub fn set_interactions(&self, account: &str, url: Option<&str>) {
        self.app(account, |app| app.interactions = url.map(str::to_owned));
    }

    /// A channel of a server.
    pub fn open_channel(&self, account: &str, guild: &str, name: &str) -> String {
        let id = self.0.ids().next();
        self.app(account, |app| {
            let mut channel = Channel::new(&id, 0, app.id.clone());
            (channel.guild, channel.name) = (Some(guild.to_owned()), Some(name.to_owned()));
            app.channels.insert(id.clone(), channel);
        });
        id
    }

    /// Somebody writes in a channel, whether anybody listens or not; the message's id.
    pub fn say(
        &self,
        account: &str,
        channel: &str,
        customer: &Customer,
        text: &str,
    ) -> Result<String, ActError> {
        self.0.write(account, channel, customer, text, |_| {})
    }

    /// The direct channel with a customer, opened where there is none.
    pub fn direct(&self, account: &str, customer: &Customer) -> Result<String, ActError> {
        self.0.direct(account, customer)
    }

    /// Any event, as it is.
    pub fn dispatch(&self, account: &str, event: &str, data: Value) {
        if let ("INTERACTION_CREATE", Some(id), Some(token)) =
            (event, data["id"].as_str(), data["token"].as_str())
        {
            let (id, waiting) = (id.to_owned(), (token.to_owned(), None));
            self.app(account, |app| drop(app.interactions_open.insert(id, waiting)));
        }
        self.app(account, |app| app.tell(event, data));
        self.0.order(account, Order::Look);
    }

    /// A signed call, as Discord makes them for interactions and webhook events; the answer's status and body. A `forged` one is signed by
    /// somebody else.
    pub async fn post(&self, account: &str, url: &str, body: &Value, forged: bool) -> (u16, String) {
        let taken = self.0.post_signed(account, url, body, forged).await;
        (taken.status, taken.body)
    }

    /// Every connection of the account breaks without a goodbye; its session can be resumed.
    pub fn drop_connection(&self, account: &str) {
        self.0.order(account, Order::Drop);
    }

    pub fn close_connection(&self, account: &str, code: u16) {
        self.0.order(account, Order::Close(code));
    }

    /// Asks the bot to connect anew.
    pub fn ask_to_reconnect(&self, account: &str) {
        self.0.order(account, Order::Reconnect);
    }

    /// The session is gone with all that was not told yet; the bot hears of it, now or when it wants to resume.
    pub fn lose_session(&self, account: &str) {
        self.app(account, |app| app.session = None);
        self.0.order(account, Order::Invalid { resumable: false });
    }

    /// The token is reset: whoever holds it is refused.
    pub fn revoke(&self, account: &str) {
        self.app(account, |app| app.token = format!("revoked-{}", app.token));
        self.0.order(account, Order::Close(4004));
    }

    /// Whether somebody holds the account's session now.
    pub fn is_connected(&self, account: &str) -> bool {
        let world = self.0.world();
        let session = world.apps.get(account).and_then(|app| app.session.as_ref());
        session.is_some_and(|session| session.held.is_some())
    }

    /// With what each connection began, in order: `identify` or `resume`.
    pub fn greetings(&self, account: &str) -> Vec<&'static str> {
        self.0.world().apps.get(account).map(|app| app.greetings.clone()).unwrap_or_default()
    }

    /// How many interactions were confirmed, through either door.
    pub fn confirmed(&self, account: &str) -> usize {
        let world = self.0.world();
        let open = world.apps.get(account).map(|app| &app.interactions_open);
        open.map_or(0, |open| open.values().filter(|(_, answer)| answer.is_some()).count())
    }

    fn app(&self, account: &str, change: impl FnOnce(&mut App)) {
        if let Some(app) = self.0.world().apps.get_mut(account) {
            change(app);
        }
    }
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    fn ids(&self) -> MutexGuard<'_, Snowflakes> {
        lock(&self.ids)
    }

    fn gateway_url(&self) -> String {
        format!("{}/discord/gateway", self.base_url.replacen("http", "ws", 1))
    }

    fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat.load(Ordering::Relaxed))
    }

    fn answers_heartbeats(&self) -> bool {
        !self.mute.load(Ordering::Relaxed)
    }

    /// Nobody may be connected.
    fn order(&self, account: &str, order: Order) {
        let _ = self.orders.send((account.to_owned(), order));
    }

    fn take(&self, account: &str, name: &str, place: &str) -> Left {
        let limit = *lock(&self.limit);
        lock(&self.buckets).take(&format!("{account} {name} {place}"), limit)
    }

    /// Something to look at again, for bots and for people.
    fn changed(&self, account: &str, channel: &str, typing: bool) {
        self.order(account, Order::Look);
        let world = self.world();
        let channel = world.apps.get(account).and_then(|app| app.channels.get(channel));
        let customer =
            channel.and_then(|channel| channel.recipient.as_ref()?["id"].as_str().map(str::to_owned));
        if let Some(customer) = customer {
            // Nobody looks.
            let _ = self.changes.send(ChatChanged {
                channel: "discord",
                account: account.to_owned(),
                customer,
                typing,
            });
        }
    }
}

#[async_trait]
impl crate::Player for Player {
    fn channel(&self) -> &'static str {
        "discord"
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let id = self.0.ids().next();
        let secret: String = rand::rng().sample_iter(Alphanumeric).take(38).map(char::from).collect();
        let token = format!("{}.GPlayd.{secret}", STANDARD_NO_PAD.encode(&id));
        let app = App::new(&id, &name.to_lowercase(), &token);
        let fields = [
            ("application_id", id.clone()),
            ("public_key", app.public_key()),
            ("bot_token", token),
            ("api_base_url", self.0.base_url.clone()),
        ];
        self.0.world().apps.insert(id, app);
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn adopt_account(&self, fields: &BTreeMap<String, String>, _webhook_url: &str) {
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let app = App::new(field("application_id"), "support", field("bot_token"));
        self.0.world().apps.insert(app.id.clone(), app);
    }

    fn accounts(&self) -> Vec<String> {
        self.0.world().apps.keys().cloned().collect()
    }

    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        self.0.met(account).await?;
        self.0.act(account, customer, act).await
    }

    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage> {
        let world = self.0.world();
        let channel = world.apps.get(account).and_then(|app| app.direct(customer));
        channel.map(acts::chat).unwrap_or_default()
    }

    fn customer(&self, name: &str, digits: &str) -> Customer {
        let username = name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "_");
        let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
        Customer { id: format!("8{digits:0>17}"), name: name.to_owned(), username: Some(username) }
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.0.changes.subscribe()
    }

    fn trouble(&self) -> Option<&Faults> {
        Some(&self.0.faults)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A person, as Discord shows them.
fn user(customer: &Customer) -> Value {
    json!({ "id": customer.id, "username": customer.username.as_deref().unwrap_or("somebody"), "global_name": customer.name,
        "discriminator": "0", "avatar": null })
}
