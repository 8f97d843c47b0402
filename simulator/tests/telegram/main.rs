//! The Telegram channel and the played Telegram, talking over real HTTP. Each holds the other to the platform's
//! documentation; the channel's calls are held to Telegram's own description, too (see `official.rs`).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod checking;
mod delivery;
mod http;
mod hub;
mod official;
mod receiving;
mod sending;
mod trouble;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use channels::{
    Account, Channel, Connection, InboundEvent, OutboundMessage, Receipt, SendError,
    event::{InboundMessage, What},
    message::Content,
};
use net::guard::Private;
use simulator::{Act, ChatMessage, Customer, Player as _, Simulator, telegram::Player};
use uuid::Uuid;

use self::hub::Hub;

/// A hub's account on a played Telegram.
struct Stage {
    simulator: Simulator,
    hub: Hub,
    account: Account,
    /// The bot's user id.
    bot: String,
    net: net::Client,
}

impl Stage {
    /// With an account that nobody has connected yet.
    async fn new() -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        simulator.telegram.set_pace(Duration::from_millis(5));
        let account = fill(simulator.telegram.open_account("Engine shop"));
        let bot = channel().account_key(&account);
        let net = net::Client::new(Private::Allowed, net::Limits::default()).unwrap();
        Self { simulator, hub: Hub::start().await, account, bot, net }
    }

    async fn connected() -> Self {
        let stage = Self::new().await;
        stage.connect().await;
        stage
    }

    async fn connect(&self) {
        channel().connect(&self.account, &self.connection(), &self.net).await.unwrap();
    }

    fn connection(&self) -> Connection {
        Connection { webhook_url: self.hub.url.parse().unwrap() }
    }

    fn telegram(&self) -> &Arc<Player> {
        &self.simulator.telegram
    }

    async fn act(&self, act: Act) -> String {
        self.telegram().act(&self.bot, &ada(), act).await.unwrap()
    }

    async fn says(&self, text: &str) -> String {
        self.act(Act::Text { text: text.into(), reply_to: None }).await
    }

    async fn try_send(
        &self,
        thread: &str,
        reply_to: Option<&str>,
        content: Content,
    ) -> Result<Receipt, SendError> {
        let message = OutboundMessage {
            reply_to: reply_to.map(str::to_owned),
            ..OutboundMessage::new(Uuid::from_u128(1), thread.into(), vec![], content)
        };
        channel().send(&self.account, &message, &self.net).await
    }

    async fn send(&self, content: Content) -> Receipt {
        self.try_send(&ada().id, None, content).await.unwrap()
    }

    async fn send_text(&self, text: &str) -> Result<Receipt, SendError> {
        self.try_send(&ada().id, None, Content::Text { text: text.into() }).await
    }

    /// What Ada sees.
    fn chat(&self) -> Vec<ChatMessage> {
        self.telegram().chat(&self.bot, &ada().id)
    }

    /// Everything that the hub was told, verified and read by the channel.
    fn events(&self) -> Vec<InboundEvent> {
        let requests = self.hub.requests().into_iter();
        requests.flat_map(|request| self.hub.read(channel(), &self.account, request)).collect()
    }

    fn messages(&self) -> Vec<InboundMessage> {
        let messages = self.events().into_iter().filter_map(|event| match event.what {
            What::Message(message) => Some(*message),
            _ => None,
        });
        messages.collect()
    }
}

fn channel() -> &'static dyn Channel {
    channels::find("telegram").unwrap()
}

fn fill(fields: BTreeMap<String, String>) -> Account {
    let mut account = channel().account_form().fill(fields).unwrap();
    channel().complete(&mut account);
    account
}

fn ada() -> Customer {
    Customer { id: "5000000001".into(), name: "Ada Lovelace".into(), username: Some("ada".into()) }
}

fn bob() -> Customer {
    Customer { id: "5000000002".into(), name: "Bob".into(), username: None }
}

/// The code of a refusal.
fn refusal(result: Result<Receipt, SendError>) -> String {
    match result {
        Err(SendError::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}
