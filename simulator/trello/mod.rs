//! Trello, played: boards, lists, cards, actions and webhooks under `/1`, and signed callbacks about what happens on a board, whoever did it. Ids, errors
//! and payloads are as Trello has them; pauses between repetitions are shorter.

mod books;
mod call;
mod tell;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Router, routing::any};
use serde_json::{Map, Value, json};

pub use self::tell::Heard;
use self::{
    books::{Actor, Books},
    tell::Messenger,
};
use crate::Faults;

/// The whole of it.
pub struct Player {
    base_url: String,
    faults: Faults,
    books: Mutex<Books>,
    messenger: Messenger,
    /// Calls of the API by name, oldest first.
    calls: Mutex<Vec<String>>,
}

/// A board as a test or a demo begins with it.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What an admin of the hub fills in.
    pub fields: BTreeMap<String, String>,
    pub board: String,
    /// In their order.
    pub lists: Vec<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Player {
    pub fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            faults: Faults::default(),
            books: Mutex::default(),
            messenger: Messenger::default(),
            calls: Mutex::default(),
        }
    }

    pub fn router(self: Arc<Self>) -> Router {
        Router::new().route("/1/{*rest}", any(call::handle)).with_state(self)
    }

    /// A board with these lists, and somebody's token that sees it.
    pub fn open_board(&self, name: &str, lists: &[&str]) -> Opened {
        let mut books = lock(&self.books);
        let account = books.account(name);
        let (board, lists) = books.board(name, lists, &account.token);
        let fields = [
            ("api_key", account.key),
            ("token", account.token),
            ("api_secret", account.secret),
            ("api_base_url", self.base_url.clone()),
        ];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Opened { fields, board, lists }
    }

    /// Another board of the same token, with one list: both ids.
    pub fn open_second_board(&self, name: &str, token: &str) -> (String, String) {
        let (board, lists) = lock(&self.books).board(name, &["Only"], token);
        (board, lists.into_iter().next().unwrap_or_default())
    }

    /// Somebody at Trello makes a card. Comes back, as the others do, when the hub was told.
    pub async fn add_card(&self, list: &str, name: &str, desc: &str) -> Option<String> {
        let (id, actions) =
            lock(&self.books).make_card(list, &json!({"name": name, "desc": desc}), &Actor::person())?;
        self.tell(actions, None).await;
        Some(id)
    }

    /// `name`, `desc`, `idList`, `closed`, `due`, as the API takes them.
    pub async fn change_card(&self, card: &str, change: &Value) {
        let change = change.as_object().cloned().unwrap_or_default();
        let actions = lock(&self.books).change_card(card, &change, &Actor::person());
        self.tell(actions.unwrap_or_default(), None).await;
    }

    pub async fn comment(&self, card: &str, text: &str) {
        let action = lock(&self.books).comment(card, text, &Actor::person());
        self.tell(action.into_iter().collect(), None).await;
    }

    pub async fn delete_card(&self, card: &str) {
        let action = lock(&self.books).delete_card(card, &Actor::person());
        self.tell(action.into_iter().collect(), None).await;
    }

    pub async fn move_to_board(&self, card: &str, board: &str, list: &str) {
        let actions = lock(&self.books).move_to_board(card, board, list, &Actor::person());
        self.tell(actions, None).await;
    }

    pub async fn close_board(&self, board: &str) {
        let action = lock(&self.books).close_board(board, &Actor::person());
        self.tell(action.into_iter().collect(), None).await;
    }

    /// The token is not good any more, and its webhooks are gone.
    pub fn revoke(&self, token: &str) {
        lock(&self.books).revoke(token);
    }

    /// A fresh token of the same Power-Up and member, which sees the board.
    pub fn renew(&self, key: &str, board: &str) -> Option<String> {
        lock(&self.books).renew(key, board)
    }

    pub fn card(&self, id: &str) -> Option<Value> {
        lock(&self.books).cards.get(id).cloned()
    }

    /// Those of a board, oldest first.
    pub fn cards(&self, board: &str) -> Vec<Value> {
        lock(&self.books).cards.values().filter(|card| card["idBoard"] == board).cloned().collect()
    }

    /// All webhooks as Trello shows them.
    pub fn webhooks(&self) -> Vec<Value> {
        lock(&self.books).webhooks.values().map(|hook| hook.show()).collect()
    }

    /// As after a long failure.
    pub fn disable_webhooks(&self) {
        lock(&self.books).webhooks.values_mut().for_each(|hook| hook.active = false);
    }

    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Calls by name: `cards.create`.
    pub fn calls(&self) -> Vec<String> {
        lock(&self.calls).clone()
    }

    /// How callbacks travel.
    pub fn messenger(&self) -> &Messenger {
        &self.messenger
    }

    /// Signed and told to every active webhook of the board; after three repetitions a callback is lost.
    async fn tell(&self, actions: Vec<Value>, client: Option<&str>) {
        for action in actions {
            let letters = lock(&self.books).letters(&action);
            for letter in letters {
                let (webhook, status) =
                    (letter.webhook.clone(), self.messenger.deliver(letter, client).await);
                lock(&self.books).answered(&webhook, status);
            }
        }
    }

    /// The same without waiting: what a call of the API makes known.
    fn send_off(self: &Arc<Self>, actions: Vec<Value>, client: Option<String>) {
        let player = self.clone();
        tokio::spawn(async move { player.tell(actions, client.as_deref()).await });
    }
}

/// An object's own member, as text.
fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}
