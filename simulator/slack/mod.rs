//! Slack, played: the Web API under `/api/<method>`, uploads and files, consent, signed events and interactivity repeated as Slack
//! repeats them, and Socket Mode. An account is an app in a workspace of its own; customers write to the app in direct messages, and
//! in channels with [`Player::say_in`].

mod acts;
mod call;
mod channels;
mod consent;
mod deliver;
mod files;
mod methods;
mod socket;
mod view;
mod world;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    routing::{any, get, post},
};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use self::world::Workspace;
pub use self::{call::Call, channels::Posted};
use crate::{Act, ActError, ChatChanged, ChatMessage, Customer, Faults, callbacks::Poster};

/// Calls that are remembered for looking at.
const CALLS: usize = 1000;

pub struct Player(Arc<Shared>);

struct Shared {
    base_url: String,
    poster: Poster,
    faults: Faults,
    changes: broadcast::Sender<ChatChanged>,
    /// By account key: `T…:A…`.
    workspaces: Mutex<BTreeMap<String, Workspace>>,
    /// Codes of consents that were not traded yet, with the account they are for.
    codes: Mutex<BTreeMap<String, String>>,
    denies: Mutex<bool>,
    calls: Mutex<VecDeque<Call>>,
    /// How long a second of Slack's takes.
    pace: Mutex<Duration>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Player {
    pub fn new(base_url: &str) -> Self {
        Self(Arc::new(Shared {
            base_url: base_url.to_owned(),
            poster: Poster::default(),
            faults: Faults::default(),
            changes: broadcast::channel(256).0,
            workspaces: Mutex::default(),
            codes: Mutex::default(),
            denies: Mutex::default(),
            calls: Mutex::default(),
            pace: Mutex::new(Duration::from_secs(1)),
        }))
    }

    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/api/{method}", any(call::method))
            .route("/oauth/v2/authorize", get(consent::page))
            .route("/upload/v1/{id}", post(files::upload))
            .route("/files-pri/{id}/{name}", get(files::download))
            .route("/slack/media/{id}", get(files::shown))
            .route("/slack/socket", get(socket::connect))
            .with_state(self.0.clone())
    }

    /// Trouble for the next calls, by method name.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// How long a second takes that Slack waits before it repeats an event.
    pub fn set_pace(&self, second: Duration) {
        *lock(&self.0.pace) = second;
    }

    /// The last calls, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.0.calls).iter().cloned().collect()
    }

    /// An account with an app-level token: its events come over Socket Mode once a connection is there.
    pub fn open_socket_account(&self, name: &str) -> BTreeMap<String, String> {
        let fields = crate::Player::open_account(self, name);
        let key = format!("{}:{}", fields["team_id"], fields["app_id"]);
        let token = self.0.with(&key, |workspace| workspace.app_token.clone()).unwrap_or_default();
        fields.into_iter().chain([("app_token".to_owned(), token)]).collect()
    }

    /// Another workspace, whose admin can consent to the same app: its account key. The client's keys are `client_id` and
    /// `client_secret` of [`Player::app_keys`].
    pub fn open_workspace(&self, account: &str, name: &str) -> Option<String> {
        let workspace = self.0.with(account, |first| first.sibling(name))?;
        let key = workspace.key();
        lock(&self.0.workspaces).insert(key.clone(), workspace);
        Some(key)
    }

    /// What an admin copies from the app's page for "Add to Slack".
    pub fn app_keys(&self, account: &str) -> BTreeMap<String, String> {
        let keys = self.0.with(account, |workspace| {
            [
                ("client_id", workspace.client_id.clone()),
                ("client_secret", workspace.client_secret.clone()),
                ("signing_secret", workspace.signing_secret.clone()),
                ("api_base_url", self.0.base_url.clone()),
            ]
        });
        keys.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The admin of that workspace consents: the code that the browser brings back.
    pub fn consent(&self, account: &str) -> String {
        consent::code(&self.0, account)
    }

    /// Whether admins press “Cancel” on the consent page.
    pub fn set_denies(&self, denies: bool) {
        *lock(&self.0.denies) = denies;
    }

    /// A channel that the app was invited into.
    pub fn open_channel(&self, account: &str, id: &str, name: &str) {
        self.0.with(account, |workspace| workspace.open_channel(id, name));
    }

    /// What happens next happens so many seconds later.
    pub fn pass(&self, account: &str, seconds: i64) {
        self.0.with(account, |workspace| workspace.pass(seconds));
    }

    /// Somebody writes so many messages in a channel while nobody listens.
    pub fn fill(&self, account: &str, customer: &Customer, channel: &str, count: usize) {
        self.0.with(account, |workspace| {
            workspace.meet(customer);
            for number in 0..count {
                let json = json!({ "user": customer.id, "text": format!("number {number}") });
                workspace.keep(channel, json, false);
            }
        });
    }

    /// What the app may do from now on: scopes with commas between them.
    pub fn grant(&self, account: &str, scopes: &str) {
        self.0.with(account, |workspace| scopes.clone_into(&mut workspace.scopes));
    }

    /// A customer writes in a channel, in a thread if there is one.
    pub async fn say_in(
        &self,
        account: &str,
        customer: &Customer,
        channel: &str,
        text: &str,
        thread: Option<&str>,
    ) -> Result<String, ActError> {
        let said = self.0.with(account, |workspace| acts::say_in(workspace, customer, channel, text, thread));
        let (id, event) = said.ok_or(ActError::NoSuchAccount)??;
        self.0.event(account, event).await?;
        Ok(id)
    }

    /// A person shares a file in a channel's thread.
    pub async fn share_in(
        &self,
        account: &str,
        customer: &Customer,
        media: &crate::Media,
        thread: &str,
    ) -> Result<String, ActError> {
        let said = self.0.with(account, |workspace| acts::share_in(workspace, customer, media, thread));
        let (id, event) = said.ok_or(ActError::NoSuchAccount)??;
        self.0.event(account, event).await?;
        Ok(id)
    }

    /// Somebody's address, as Slack gives it to apps.
    pub fn set_email(&self, account: &str, person: &str, email: &str, confirmed: bool) {
        self.0.with(account, |workspace| {
            workspace.emails.insert(person.to_owned(), (email.to_owned(), confirmed));
        });
    }

    /// All messages of a channel, oldest first.
    pub fn posted(&self, account: &str, channel: &str) -> Vec<Posted> {
        self.0.with(account, |workspace| channels::posted(workspace, channel)).unwrap_or_default()
    }

    /// What was shown to one person alone in a channel.
    pub fn whispers(&self, account: &str, channel: &str) -> Vec<(String, Value)> {
        let found = self.0.with(account, |workspace| Some(workspace.channels.get(channel)?.whispers.clone()));
        found.flatten().unwrap_or_default()
    }

    /// Sends any event: what no [`Act`] stands for.
    pub async fn event(&self, account: &str, event: Value) -> Result<(), ActError> {
        self.0.event(account, event).await
    }

    /// A person types a command that begins with a slash; Slack's answer to them.
    pub async fn command(&self, account: &str, customer: &Customer, text: &str) -> Result<String, ActError> {
        deliver::command(&self.0, account, customer, text).await
    }

    /// Socket Mode connections that are open.
    pub fn sockets(&self, account: &str) -> usize {
        self.0.with(account, |workspace| workspace.sockets.len()).unwrap_or_default()
    }

    /// Slack ends the app's connections: `warning`, `refresh_requested` or `link_disabled`.
    pub fn disconnect(&self, account: &str, reason: &str) {
        let frame = json!({ "type": "disconnect", "reason": reason, "debug_info": { "host": "applink-1" } });
        self.0.with(account, |workspace| {
            for socket in workspace.sockets.drain(..) {
                // It may have gone by itself.
                let _ = socket.send(frame.clone());
            }
        });
    }
}

impl Shared {
    fn with<T>(&self, account: &str, act: impl FnOnce(&mut Workspace) -> T) -> Option<T> {
        lock(&self.workspaces).get_mut(account).map(act)
    }

    fn pace(&self) -> Duration {
        *lock(&self.pace)
    }

    /// Somebody should look at the customer's chat again.
    fn changed(&self, account: &str, customer: &str) {
        let (account, customer) = (account.to_owned(), customer.to_owned());
        // Nobody may be looking.
        let _ = self.changes.send(ChatChanged { channel: "slack", account, customer, typing: false });
    }
}

#[async_trait]
impl crate::Player for Player {
    fn channel(&self) -> &'static str {
        "slack"
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let workspace = Workspace::new(name);
        let fields = workspace.fields(&self.0.base_url);
        lock(&self.0.workspaces).insert(workspace.key(), workspace);
        fields
    }

    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str) {
        let mut workspace = Workspace::adopted(fields);
        workspace.request_url = Some(webhook_url.to_owned());
        lock(&self.0.workspaces).entry(workspace.key()).or_insert(workspace);
    }

    fn enter_webhook(&self, account: &str, webhook_url: &str) {
        self.0.with(account, |workspace| workspace.request_url = Some(webhook_url.to_owned()));
    }

    fn accounts(&self) -> Vec<String> {
        lock(&self.0.workspaces).keys().cloned().collect()
    }

    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        let done = self.0.with(account, |workspace| acts::run(workspace, customer, act));
        let (id, told) = done.ok_or(ActError::NoSuchAccount)??;
        self.0.changed(account, &customer.id);
        deliver::told(&self.0, account, told).await?;
        Ok(id)
    }

    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage> {
        let chat = self.0.with(account, |workspace| view::chat(&self.0.base_url, workspace, customer));
        chat.unwrap_or_default()
    }

    fn customer(&self, name: &str, digits: &str) -> Customer {
        let username = name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), ".");
        Customer { id: format!("U{digits}"), name: name.to_owned(), username: Some(username) }
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.0.changes.subscribe()
    }

    fn trouble(&self) -> Option<&Faults> {
        Some(&self.0.faults)
    }
}
