//! A player, an account on it, and a hub that holds the connection.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use channels::{
    Account, Channel, Check, Incoming, ListenError, Listener, OutboundMessage, PartyId, Receipt, SendError,
    event::{InboundMessage, What},
    message::Content,
};
use net::guard::Private;
use serde_json::Value;
use simulator::{Customer, Player, Simulator, discord::Limit};
use tokio::task::JoinHandle;
use uuid::Uuid;

pub struct Place {
    pub simulator: Simulator,
    pub account: Account,
    pub app: String,
    pub net: net::Client,
    pub hub: Arc<Hub>,
}

/// What a hub stores, and what it remembers of the connection.
#[derive(Default)]
pub struct Hub {
    pub heard: Mutex<Vec<What>>,
    pub state: Mutex<Option<Value>>,
    pub checks: Mutex<Vec<Check>>,
    /// Time that storing takes.
    pub slow: Mutex<Duration>,
}

pub struct Connection(JoinHandle<ListenError>);

pub fn discord() -> &'static dyn Channel {
    channels::find("discord").unwrap()
}

pub fn ada() -> Customer {
    Customer { id: "800000000000000001".into(), name: "Ada".into(), username: Some("ada".into()) }
}

impl Place {
    pub async fn start() -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        simulator.discord.set_limit(Limit { calls: 1000, within: Duration::from_secs(1) });
        let fields: BTreeMap<String, String> = simulator.discord.open_account("Support");
        let account = discord().account_form().fill(fields).unwrap();
        let app = discord().account_key(&account);
        let net = net::Client::new(Private::Allowed, net::Limits::default()).unwrap();
        Self { simulator, account, app, net, hub: Arc::default() }
    }

    pub fn player(&self) -> &simulator::discord::Player {
        &self.simulator.discord
    }

    /// Holds the connection as the hub does, until it is dropped or ends.
    pub fn listen(&self) -> Connection {
        let (account, net, hub) = (self.account.clone(), self.net.clone(), self.hub.clone());
        Connection(tokio::spawn(async move {
            match discord().listen(&account, &*hub, &net).await {
                Err(error) => error,
                Ok(never) => match never {},
            }
        }))
    }

    pub async fn connected(&self) -> Connection {
        let before = self.player().greetings(&self.app).len();
        let connection = self.listen();
        until("a connection", || {
            let greeted = self.player().greetings(&self.app).len() > before;
            greeted && self.player().is_connected(&self.app) && self.hub.remembers_a_session()
        })
        .await;
        connection
    }

    pub async fn send(&self, thread: &str, content: Content) -> Result<Receipt, SendError> {
        self.send_as(Uuid::now_v7(), thread, content).await
    }

    pub async fn send_as(&self, id: Uuid, thread: &str, content: Content) -> Result<Receipt, SendError> {
        let message =
            OutboundMessage::new(id, thread.to_owned(), vec![PartyId::plain("user", ada().id)], content);
        discord().send(&self.account, &message, &self.net).await
    }

    pub async fn heard(&self, texts: &[&str]) {
        until(&format!("{texts:?}, not {:?}", self.hub.texts()), || self.hub.texts() == texts).await;
    }
}

impl Connection {
    /// What `kill -9` leaves: nothing is said, nothing more remembered.
    pub async fn kill(self) {
        self.0.abort();
        assert!(self.0.await.unwrap_err().is_cancelled());
    }

    pub async fn end(self) -> ListenError {
        tokio::time::timeout(Duration::from_secs(10), self.0).await.unwrap().unwrap()
    }
}

impl Hub {
    pub fn remembers_a_session(&self) -> bool {
        self.state.lock().unwrap().as_ref().is_some_and(|state| state["resume"].is_object())
    }

    pub fn messages(&self) -> Vec<InboundMessage> {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .filter_map(|what| match what {
                What::Message(message) => Some((**message).clone()),
                _ => None,
            })
            .collect()
    }

    /// Of messages, each id once, as the hub stores them.
    pub fn texts(&self) -> Vec<String> {
        let mut known = Vec::new();
        let mut texts = Vec::new();
        for message in self.messages() {
            if !known.contains(&message.external_id) {
                known.push(message.external_id.clone());
                texts.push(message.text.clone());
            }
        }
        texts
    }

    pub fn check(&self, name: &str) -> Option<Check> {
        self.checks.lock().unwrap().iter().rfind(|check| check.name == name).cloned()
    }
}

#[async_trait]
impl Listener for Hub {
    fn resume(&self) -> Option<Value> {
        self.state.lock().unwrap().clone()
    }

    async fn deliver(&self, _raw: Bytes, incoming: Incoming) -> Result<(), ListenError> {
        let slow = *self.slow.lock().unwrap();
        tokio::time::sleep(slow).await;
        self.heard.lock().unwrap().extend(incoming.events.into_iter().map(|event| event.what));
        Ok(())
    }

    async fn remember(&self, state: Value) -> Result<(), ListenError> {
        *self.state.lock().unwrap() = Some(state);
        Ok(())
    }

    async fn health(&self, check: Check) {
        self.checks.lock().unwrap().push(check);
    }
}

pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(15), "it never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
