//! Telegram, played: the Bot API under `/bot<token>/…` and its files, with updates delivered as Telegram's own
//! server does. Only private chats are played as customers; groups exist as far as a bot can write to them, and any
//! other update can be sent as it is with [`Player::update`].

mod acts;
mod amend;
mod bot;
mod business;
mod call;
mod deliver;
mod files;
mod rates;
mod refused;
mod send;
mod text;
mod view;
mod webhook;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use self::{
    bot::{Bot, Chat},
    refused::{Refused, answer},
};
pub use self::{
    call::{Call, Upload},
    rates::{Rate, Rates},
};
use crate::{Act, ActError, ChatChanged, ChatMessage, Customer, Fault, Faults, callbacks::Poster};

/// Calls that are remembered for looking at.
const CALLS: usize = 1000;
const BOT_IDS: std::ops::Range<i64> = 7_000_000_000..7_900_000_000;

pub struct Player(Arc<Shared>);

struct Shared {
    base_url: String,
    poster: Poster,
    faults: Faults,
    changes: broadcast::Sender<ChatChanged>,
    /// By user id.
    bots: Mutex<BTreeMap<String, Bot>>,
    calls: Mutex<VecDeque<Call>>,
    rates: Mutex<Rates>,
    /// How long a second of Telegram's takes.
    pace: Mutex<Duration>,
}

/// Chats that a call or an act touched: something to look at again.
#[derive(Default)]
struct Changes(Vec<(i64, bool)>);

impl Changes {
    fn of(&mut self, chat: i64) {
        self.0.push((chat, false));
    }

    fn typing(&mut self, chat: i64) {
        self.0.push((chat, true));
    }
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
            bots: Mutex::default(),
            calls: Mutex::default(),
            rates: Mutex::default(),
            pace: Mutex::new(Duration::from_secs(1)),
        }))
    }

    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/bot{token}/{method}", any(method))
            .route("/file/bot{token}/{*path}", get(download))
            .route("/telegram/media/{id}", get(media))
            .with_state(self.0.clone())
    }

    /// Trouble for the next calls, by method name.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// How fast bots may write, from now on.
    pub fn set_rates(&self, rates: Rates) {
        *lock(&self.0.rates) = rates;
    }

    /// How long a second takes that the platform waits before it repeats a callback.
    pub fn set_pace(&self, second: Duration) {
        *lock(&self.0.pace) = second;
    }

    /// The last calls, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.0.calls).iter().cloned().collect()
    }

    /// A group that the bot is a member of, with topics if it is a forum. Ids are negative.
    pub fn open_group(&self, account: &str, id: i64, title: &str, topics: &[i64]) {
        let kind = if id < -1_000_000_000_000 { "supergroup" } else { "group" };
        let mut json = json!({ "id": id, "title": title, "type": kind });
        if !topics.is_empty() {
            json["is_forum"] = json!(true);
        }
        let mut chat = Chat::new(json, None);
        chat.topics = topics.iter().copied().collect();
        if let Some(bot) = self.0.bots().get_mut(account) {
            bot.chats.insert(id, chat);
        }
    }

    /// Turns a group into a supergroup: the old id is refused with the new one from now on.
    pub fn move_group(&self, account: &str, from: i64, to: i64) {
        let title = {
            let mut bots = self.0.bots();
            let chat = bots.get_mut(account).and_then(|bot| bot.chats.get_mut(&from));
            let Some(chat) = chat else { return };
            chat.moved_to = Some(to);
            chat.json["title"].as_str().unwrap_or_default().to_owned()
        };
        self.open_group(account, to, &title, &[]);
    }

    /// Delivers any update in the queue of its chat: what no [`Act`] stands for.
    pub async fn update(&self, account: &str, kind: &str, payload: Value) -> Result<(), ActError> {
        let told = {
            let mut bots = self.0.bots();
            let bot = bots.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let chat = payload["chat"]["id"].as_i64().unwrap_or_default();
            let told = self.0.enqueue(bot, kind, &format!("chat:{chat}"), payload);
            if bot.webhook.is_none() {
                return Err(ActError::NoWebhook);
            }
            told
        };
        taken(told).await
    }
}

async fn taken(told: deliver::Told) -> Result<(), ActError> {
    match told {
        Some(told) => told.await.unwrap_or(Err(ActError::NotTaken(0))),
        None => Ok(()),
    }
}

impl Shared {
    fn bots(&self) -> MutexGuard<'_, BTreeMap<String, Bot>> {
        lock(&self.bots)
    }

    fn pace(&self) -> Duration {
        *lock(&self.pace)
    }

    fn publish(&self, account: &str, changes: Changes) {
        for (chat, typing) in changes.0 {
            let changed = ChatChanged {
                channel: "telegram",
                account: account.to_owned(),
                customer: chat.to_string(),
                typing,
            };
            // Nobody may be looking.
            let _ = self.changes.send(changed);
        }
    }

    /// The bot that a token belongs to.
    fn authorize(&self, token: &str) -> Result<String, Refused> {
        let known =
            token.split_once(':').filter(|(id, secret)| id.parse::<i64>().is_ok() && !secret.is_empty());
        let (id, _) = known.ok_or_else(|| Refused::new(404, "Not Found"))?;
        match self.bots().get(id) {
            Some(bot) if bot.token == token => Ok(id.to_owned()),
            _ => Err(Refused::new(401, "Unauthorized")),
        }
    }

    fn remember(&self, call: &Call) {
        let mut calls = lock(&self.calls);
        if calls.len() == CALLS {
            calls.pop_front();
        }
        calls.push_back(call.clone());
    }

    fn run(self: &Arc<Self>, call: &Call, changes: &mut Changes) -> Result<Value, Refused> {
        let rates = *lock(&self.rates);
        let mut bots = self.bots();
        let bot = bots.get_mut(&call.bot).ok_or_else(|| Refused::new(401, "Unauthorized"))?;
        match call.method.as_str() {
            "getme" => Ok(webhook::get_me(bot)),
            "setwebhook" => webhook::set(self, bot, call),
            "deletewebhook" => Ok(webhook::delete(bot, call)),
            "getwebhookinfo" => Ok(webhook::info(bot)),
            "getupdates" => webhook::updates(bot, call),
            "getfile" => files::get(bot, call),
            _ if call.text("business_connection_id").is_some() => {
                self.run_for_business(bot, call, &rates, changes)
            }
            _ => send::run(bot, call, &rates, changes)
                .or_else(|| amend::run(bot, call, changes))
                .unwrap_or_else(|| Err(Refused::new(404, "Not Found: method not found"))),
        }
    }
}

async fn method(
    State(shared): State<Arc<Shared>>,
    Path((token, method)): Path<(String, String)>,
    request: Request,
) -> Response {
    let bot = match shared.authorize(&token) {
        Ok(bot) => bot,
        Err(refused) => return refused.into_response(),
    };
    let mut call = match Call::read(bot, &method, request).await {
        Ok(call) => call,
        Err(refused) => return refused.into_response(),
    };
    shared.remember(&call);
    let mut cut = false;
    match shared.faults.take(&method) {
        Some(Fault::Refuse { code, retry_after }) => {
            return Refused::of_code(code, retry_after).into_response();
        }
        Some(Fault::Status(status)) => {
            return StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        }
        Some(Fault::CutBefore) => return broken(),
        Some(Fault::CutAfter) => cut = true,
        Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
        None => {}
    }
    if let Err(refused) = files::fetch_links(&shared, &mut call).await {
        return refused.into_response();
    }
    let answered = carry_out(&shared, &call).await;
    if cut { broken() } else { answer(answered) }
}

/// Runs the call; `getUpdates` waits for something to tell as long as it was asked to.
async fn carry_out(shared: &Arc<Shared>, call: &Call) -> Result<Value, Refused> {
    let patience = Duration::from_secs(call.integer("timeout").unwrap_or(0).clamp(0, 50).unsigned_abs());
    let end = tokio::time::Instant::now() + patience;
    loop {
        let mut changes = Changes::default();
        let answered = shared.run(call, &mut changes);
        shared.publish(&call.bot, changes);
        let nothing = call.method == "getupdates" && answered.as_ref().is_ok_and(|list| *list == json!([]));
        if !nothing || tokio::time::Instant::now() >= end {
            return answered;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// An answer that breaks off.
fn broken() -> Response {
    let cut = futures::stream::once(async { Err::<&str, _>(std::io::Error::other("cut")) });
    Response::new(Body::from_stream(cut))
}

/// `path` comes with its slash either plain or percent-encoded, as teloxide does.
async fn download(
    State(shared): State<Arc<Shared>>,
    Path((token, path)): Path<(String, String)>,
) -> Response {
    let bot = match shared.authorize(&token) {
        Ok(bot) => bot,
        Err(refused) => return refused.into_response(),
    };
    let bots = shared.bots();
    let file = bots.get(&bot).and_then(|bot| bot.files.values().find(|file| file.path == path));
    match file {
        // Telegram gives every file this type.
        Some(file) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], file.bytes.clone()).into_response()
        }
        None => Refused::new(404, "Not Found").into_response(),
    }
}

/// The file as the customer's phone shows it.
async fn media(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let bots = shared.bots();
    match bots.values().find_map(|bot| bot.files.get(&id)) {
        Some(file) => ([(header::CONTENT_TYPE, file.mime.clone())], file.bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[async_trait]
impl crate::Player for Player {
    fn channel(&self) -> &'static str {
        "telegram"
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let mut bots = self.0.bots();
        // Drawn, so that an account of an earlier start that is adopted later finds its number free.
        let mut id = rand::random_range(BOT_IDS);
        while bots.contains_key(&id.to_string()) {
            id += 1;
        }
        let bot = Bot::new(id, name);
        let fields = [
            ("bot_token".to_owned(), bot.token.clone()),
            ("api_base_url".to_owned(), self.0.base_url.clone()),
        ];
        bots.insert(id.to_string(), bot);
        fields.into()
    }

    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str) {
        let token = fields.get("bot_token").map(String::as_str).unwrap_or_default();
        let Some(id) = token.split(':').next().and_then(|id| id.parse::<i64>().ok()) else { return };
        let secret = fields.get("secret_token").map(String::as_str);
        let kinds = deliver::KINDS.map(str::to_owned).to_vec();
        let mut bots = self.0.bots();
        let known = bots.remove(&id.to_string()).filter(|bot| bot.token == token);
        let mut bot = known.unwrap_or_else(|| Bot::adopted(id, token));
        bot.webhook = Some(bot::Webhook::new(webhook_url, secret, kinds, 40));
        self.0.start_all(&mut bot);
        bots.insert(id.to_string(), bot);
    }

    fn accounts(&self) -> Vec<String> {
        self.0.bots().keys().cloned().collect()
    }

    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        let mut changes = Changes::default();
        let done = {
            let mut bots = self.0.bots();
            let bot = bots.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let done = acts::run(&self.0, bot, customer, act, &mut changes);
            done.map(|done| (bot.webhook.is_some() || done.silent, done))
        };
        self.0.publish(account, changes);
        let (heard, done) = done?;
        // Without an address the update waits for one.
        if !heard {
            return Err(ActError::NoWebhook);
        }
        taken(done.told).await?;
        Ok(done.id)
    }

    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage> {
        let bots = self.0.bots();
        let chat = bots.get(account).zip(customer.parse().ok());
        chat.map(|(bot, chat)| view::chat(&self.0.base_url, bot, chat)).unwrap_or_default()
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.0.changes.subscribe()
    }

    fn trouble(&self) -> Option<&Faults> {
        Some(&self.0.faults)
    }
}
