//! A played Page or Instagram account, the channel with its account, and an ear at the app's one address.

use std::{
    marker::PhantomData,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use channels::{
    Account, Channel, Connection, InboundEvent, OutboundMessage, PartyId, Receipt, SendError,
    event::{InboundMessage, StatusChange, Watermark, What},
    message::Content,
};
use chrono::Utc;
use net::guard::Private;
use simulator::{
    Act, Customer, Player, Simulator, instagram, messenger,
    meta::{self, Product},
};
use uuid::Uuid;
use webhooks::Unverified;

pub struct House<P: Product> {
    /// Keeps the platform going.
    _simulator: Simulator,
    pub player: Arc<meta::Player<P>>,
    pub account: Account,
    pub key: String,
    pub net: net::Client,
    pub ear: Arc<Ear>,
    pub connection: Connection,
    product: PhantomData<P>,
}

/// What came in, read, each with the account whose it is.
pub struct Ear {
    channel: &'static dyn Channel,
    pub accounts: Mutex<Vec<Account>>,
    heard: Mutex<Vec<(String, What)>>,
    /// Statuses to answer before anything is taken.
    pub refuse: Mutex<Vec<u16>>,
    pub attempts: Mutex<u32>,
}

pub fn greta() -> Customer {
    Customer {
        id: "7600000000000001".into(),
        name: "Greta Lindqvist".into(),
        username: Some("greta.l".into()),
    }
}

pub fn net() -> net::Client {
    net::Client::new(Private::Allowed, net::Limits::default()).unwrap()
}

impl House<messenger::Messenger> {
    pub async fn messenger() -> Self {
        Self::start(|simulator| simulator.messenger.clone()).await
    }
}

impl House<instagram::Instagram> {
    pub async fn instagram() -> Self {
        Self::start(|simulator| simulator.instagram.clone()).await
    }
}

impl<P: Product> House<P> {
    async fn start(player: impl FnOnce(&Simulator) -> Arc<meta::Player<P>>) -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let player = player(&simulator);
        let channel = channels::find(P::CHANNEL).unwrap();
        let account = channel.account_form().fill(player.open_account("Acme")).unwrap();
        let ear = Arc::new(Ear {
            channel,
            accounts: Mutex::new(vec![account.clone()]),
            heard: Mutex::default(),
            refuse: Mutex::default(),
            attempts: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = format!("http://{}/webhooks/{}", listener.local_addr().unwrap(), P::CHANNEL);
        let router = Router::new().route("/webhooks/{channel}", get(hear).post(hear)).with_state(ear.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let connection = Connection { webhook_url: format!("{shared}/{}", Uuid::now_v7()).parse().unwrap() };
        let net = net();
        channel.connect(&account, &connection, &net).await.unwrap();
        let key = channel.account_key(&account);
        Self { _simulator: simulator, player, account, key, net, ear, connection, product: PhantomData }
    }

    pub fn channel(&self) -> &'static dyn Channel {
        self.ear.channel
    }

    pub async fn act(&self, act: Act) -> String {
        self.player.act(&self.key, &greta(), act).await.unwrap()
    }

    pub async fn writes(&self, text: &str) -> String {
        self.act(Act::Text { text: text.into(), reply_to: None }).await
    }

    pub async fn send(&self, content: Content) -> Result<Receipt, SendError> {
        self.send_from(&self.account, content).await
    }

    pub async fn send_from(&self, account: &Account, content: Content) -> Result<Receipt, SendError> {
        self.send_message(account, message::<P>(content)).await
    }

    pub async fn send_message(
        &self,
        account: &Account,
        message: OutboundMessage,
    ) -> Result<Receipt, SendError> {
        self.channel().send(account, &message, &self.net).await
    }

    /// The account with fields changed.
    pub fn changed(&self, changes: &[(&str, &str)]) -> Account {
        let mut account = self.account.clone();
        changes.iter().for_each(|(name, value)| account.set(name, (*value).into()));
        account
    }

    pub fn last_message(&self) -> InboundMessage {
        let heard = self.ear.heard.lock().unwrap();
        match heard.last() {
            Some((_, What::Message(message))) => (**message).clone(),
            other => panic!("{other:?}"),
        }
    }

    pub fn last(&self) -> What {
        self.ear.heard.lock().unwrap().last().unwrap().1.clone()
    }

    pub fn heard(&self) -> Vec<(String, What)> {
        self.ear.heard.lock().unwrap().clone()
    }

    /// Waits for the status of a message of ours, as the platform told it.
    pub async fn status(&self, of: impl Fn(&StatusChange) -> bool) -> StatusChange {
        self.until(|what| match what {
            What::Status(status) if of(status) => Some(status.clone()),
            _ => None,
        })
        .await
    }

    pub async fn watermark(&self, of: impl Fn(&Watermark) -> bool) -> Watermark {
        self.until(|what| match what {
            What::Watermark(watermark) if of(watermark) => Some(watermark.clone()),
            _ => None,
        })
        .await
    }

    async fn until<T>(&self, found: impl Fn(&What) -> Option<T>) -> T {
        for _ in 0..200 {
            if let Some(found) = self.heard().iter().find_map(|(_, what)| found(what)) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("never told: {:?}", self.heard());
    }
}

/// A message to Greta.
pub fn message<P: Product>(content: Content) -> OutboundMessage {
    let kind = if P::WATERMARKS { "psid" } else { "igsid" };
    let to = vec![PartyId::plain(kind, &greta().id)];
    OutboundMessage::new(Uuid::now_v7(), greta().id, to, content)
}

pub fn text(text: &str) -> Content {
    Content::Text { text: text.into() }
}

async fn hear(
    State(ear): State<Arc<Ear>>,
    method: Method,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if method == Method::POST {
        *ear.attempts.lock().unwrap() += 1;
        if let Some(status) = ear.refuse.lock().unwrap().pop() {
            return StatusCode::from_u16(status).unwrap().into_response();
        }
    }
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    let request = || {
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        Unverified::new(method.as_str(), "", query.clone(), headers, body.clone())
    };
    let accounts = ear.accounts.lock().unwrap().clone();
    let named = ear.channel.route(&request().envelope());
    let ours: Vec<_> = accounts
        .iter()
        .filter(|account| method == Method::GET || named.contains(&ear.channel.account_key(account)))
        .collect();
    let Some(account) = ours.first() else { return StatusCode::NOT_FOUND.into_response() };
    let request = request();
    let scheme = ear.channel.proof(account, &request);
    let Ok(verified) = request.verify(&scheme, Utc::now()) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let read = ear.channel.read(account, &verified).unwrap();
    let whose = |event: InboundEvent| (event.account.unwrap_or_default(), event.what);
    ear.heard.lock().unwrap().extend(read.events.into_iter().map(whose));
    match read.answer {
        Some(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap();
            (status, [("content-type", answer.content_type)], answer.body).into_response()
        }
        None => StatusCode::OK.into_response(),
    }
}
