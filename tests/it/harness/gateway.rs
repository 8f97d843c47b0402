//! A platform that is listened to and that accounts are installed from, and its channel: for what no platform of the first slice does.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{
        Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    routing::get,
};
use channels::{
    Abilities, Account, AccountChanges, Channel, ChannelId, Check, Connection, FetchedMedia, Field, Form,
    InboundEvent, Incoming, Installed, ListenError, Listener, MediaLimit, OutboundMessage, ReadError,
    Receipt, Refusal, SendError, error::NextStep,
};
use chrono::{DateTime, TimeDelta, Utc};
use net::Frame;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use switchboard::inbox::integration::FindChannel;
use tokio::{net::TcpListener, sync::watch};
use url::Url;
use webhooks::{Scheme, Unverified, Verified};

/// The built-in channels and `gateway`.
pub const CHANNELS: FindChannel = |id| if id == "gateway" { Some(&Gateway) } else { channels::find(id) };

/// The code that the platform trades for two accounts.
pub const CODE: &str = "code-0001";

pub struct Gateway;

/// The platform's server, one account per token.
#[derive(Clone)]
pub struct Platform {
    pub url: String,
    world: Arc<Mutex<World>>,
    said: watch::Sender<usize>,
}

#[derive(Default)]
struct World {
    frames: Vec<(String, Value)>,
    open: Vec<String>,
    /// The most connections of one account at a time.
    most: usize,
    /// What each connection said where it had been.
    resumed: Vec<Option<u64>>,
    revoked: Vec<String>,
}

#[derive(Deserialize)]
struct Hello {
    token: String,
    after: Option<u64>,
}

impl Platform {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let platform = Self { url, world: Arc::default(), said: watch::Sender::new(0) };
        let routes = Router::new()
            .route(
                "/gateway",
                get(
                    async |State(platform): State<Self>, Query(hello): Query<Hello>, up: WebSocketUpgrade| {
                        up.on_upgrade(move |socket| platform.serve(socket, hello))
                    },
                ),
            )
            .with_state(platform.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        platform
    }

    /// A customer of the account writes.
    pub fn say(&self, token: &str, text: &str) {
        let mut world = self.world.lock().unwrap();
        let seq = world.frames.len() as u64 + 1;
        world.frames.push((token.to_owned(), json!({"seq": seq, "from": "77", "text": text})));
        self.said.send_modify(|count| *count += 1);
    }

    /// Accounts with an open connection.
    pub fn open(&self) -> Vec<String> {
        let mut open = self.world.lock().unwrap().open.clone();
        open.sort();
        open
    }

    pub fn most(&self) -> usize {
        self.world.lock().unwrap().most
    }

    pub fn resumed(&self) -> Vec<Option<u64>> {
        self.world.lock().unwrap().resumed.clone()
    }

    /// The account's token is worth nothing from now on, and its connection ends.
    pub fn revoke(&self, token: &str) {
        self.world.lock().unwrap().revoked.push(token.to_owned());
        self.said.send_modify(|count| *count += 1);
    }

    /// Every connection breaks without a goodbye.
    pub fn drop_all(&self) {
        self.said.send_modify(|count| *count += 1_000_000);
    }

    async fn serve(self, mut socket: WebSocket, hello: Hello) {
        {
            let mut world = self.world.lock().unwrap();
            world.open.push(hello.token.clone());
            world.resumed.push(hello.after);
            let count = world.open.iter().filter(|token| **token == hello.token).count();
            world.most = world.most.max(count);
        }
        self.talk(&mut socket, &hello).await;
        let mut world = self.world.lock().unwrap();
        let at = world.open.iter().position(|token| *token == hello.token).unwrap();
        world.open.remove(at);
    }

    async fn talk(&self, socket: &mut WebSocket, hello: &Hello) {
        let mut said = self.said.subscribe();
        let drops = *said.borrow_and_update() / 1_000_000;
        let mut sent = hello.after.unwrap_or(0);
        loop {
            let (revoked, frames): (bool, Vec<Value>) = {
                let world = self.world.lock().unwrap();
                let frames = world.frames.iter().filter(|(token, _)| *token == hello.token);
                let frames =
                    frames.map(|(_, frame)| frame.clone()).filter(|one| one["seq"].as_u64() > Some(sent));
                (world.revoked.contains(&hello.token), frames.collect())
            };
            if revoked {
                let frame = CloseFrame { code: 4004, reason: "revoked".into() };
                let _ = socket.send(Message::Close(Some(frame))).await;
                return;
            }
            for frame in frames {
                sent = frame["seq"].as_u64().unwrap();
                if socket.send(Message::text(frame.to_string())).await.is_err() {
                    return;
                }
            }
            tokio::select! {
                _ = said.changed() => if *said.borrow() / 1_000_000 > drops { return },
                heard = socket.recv() => if !matches!(heard, Some(Ok(_))) { return },
            }
        }
    }
}

impl Gateway {
    async fn hear(
        account: &Account,
        listener: &dyn Listener,
        net: &net::Client,
    ) -> Result<Infallible, ListenError> {
        let after = listener.resume().and_then(|state| state["seq"].as_u64());
        let mut url = Url::parse(&account.text("api_base_url").replace("http://", "ws://")).unwrap();
        url.set_path("/gateway");
        url.query_pairs_mut().append_pair("token", account.text("token"));
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", &after.to_string());
        }
        let mut socket = net.websocket(&url, &[]).await?;
        listener.health(Check::passed("connection", "Connected.")).await;
        loop {
            match socket.next().await? {
                Frame::Text(raw) => {
                    let frame: Value = serde_json::from_slice(&raw).unwrap();
                    listener.deliver(raw, Incoming::events(vec![event(&frame)])).await?;
                    listener.remember(json!({"seq": frame["seq"]})).await?;
                }
                Frame::Closed { code: Some(4004), reason } => {
                    return Err(ListenError::AccountBroken(Refusal::new(
                        "token_revoked",
                        reason,
                        NextStep::Reconnect,
                    )));
                }
                other => return Err(ListenError::Lost(format!("{other:?}"))),
            }
        }
    }
}

fn event(frame: &Value) -> InboundEvent {
    serde_json::from_value(json!({"type": "message", "external_id": frame["seq"].to_string(), "thread": frame["from"],
        "contact": {"ids": [{"kind": "user", "key": frame["from"], "address": frame["from"]}], "name": "Cy"},
        "echo": false, "kind": "text", "text": frame["text"], "sent_at": "2026-01-01T00:00:00Z", "opens_window": false}))
    .unwrap()
}

#[async_trait::async_trait]
impl Channel for Gateway {
    fn id(&self) -> ChannelId {
        ChannelId::new("gateway")
    }

    fn name(&self) -> &'static str {
        "Gateway"
    }

    fn abilities(&self) -> Abilities {
        channels::find("telegram").unwrap().abilities()
    }

    fn account_form(&self) -> Form {
        Form::new(vec![
            Field::secret("token", "Token", ""),
            Field::text("client_id", "Client ID", "").optional(),
            Field::secret("client_secret", "Client secret", "").optional(),
            Field::text("expires_at", "Expires", "").optional(),
        ])
    }

    fn account_key(&self, account: &Account) -> String {
        account.text("token").split('.').next().unwrap_or_default().to_owned()
    }

    fn proof(&self, _: &Account, _: &Unverified) -> Scheme {
        Scheme::Refuse("it is listened to")
    }

    fn read(&self, _: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        assert_eq!(request.method(), Verified::LIVE);
        let frame = serde_json::from_slice(request.body()).map_err(|error| ReadError(error.to_string()))?;
        Ok(Incoming::events(vec![event(&frame)]))
    }

    async fn send(&self, _: &Account, _: &OutboundMessage, _: &net::Client) -> Result<Receipt, SendError> {
        Err(SendError::Unknown("not played".into()))
    }

    async fn fetch_media(
        &self,
        _: &Account,
        _: &Value,
        _: MediaLimit,
        _: &net::Client,
    ) -> Result<FetchedMedia, SendError> {
        Err(SendError::Unknown("not played".into()))
    }

    async fn connect(&self, _: &Account, _: &Connection, _: &net::Client) -> Result<(), SendError> {
        Ok(())
    }

    async fn disconnect(&self, _: &Account, _: &net::Client) -> Result<(), SendError> {
        Ok(())
    }

    async fn check(&self, _: &Account, _: &Connection, _: &net::Client) -> Vec<Check> {
        vec![Check::passed("token", "Fine.")]
    }

    fn streams(&self, account: &Account) -> bool {
        account.text("token") != "called"
    }

    async fn listen(
        &self,
        account: &Account,
        listener: &dyn Listener,
        net: &net::Client,
    ) -> Result<Infallible, ListenError> {
        Self::hear(account, listener, net).await
    }

    fn install_form(&self) -> Option<Form> {
        Some(Form::new(vec![
            Field::text("client_id", "Client ID", ""),
            Field::secret("client_secret", "Client secret", ""),
        ]))
    }

    fn install_address(&self, app: &Account, redirect: &Url, state: &str) -> Option<Url> {
        let mut url = Url::parse("https://platform.example/consent").unwrap();
        url.query_pairs_mut()
            .append_pair("client_id", app.text("client_id"))
            .append_pair("redirect_uri", redirect.as_str())
            .append_pair("state", state);
        Some(url)
    }

    async fn install(
        &self,
        app: &Account,
        code: &str,
        _: &Url,
        _: &net::Client,
    ) -> Result<Vec<Installed>, SendError> {
        let secret = app.secret("client_secret");
        if code != CODE || secret.expose_secret() != "client-secret-0001" {
            return Err(SendError::Refused(Refusal::new(
                "invalid_code",
                "The code is not good.",
                NextStep::Reconnect,
            )));
        }
        let page = |key: &str| {
            let mut account = app.clone();
            account.set("token", SecretString::from(format!("{key}.{}", uuid::Uuid::now_v7())));
            Installed { name: format!("Page {key}"), account }
        };
        Ok(vec![page("one"), page("two")])
    }

    fn refresh_at(&self, account: &Account) -> Option<DateTime<Utc>> {
        account.text("expires_at").parse().ok()
    }

    async fn refresh(&self, account: &Account, _: &net::Client) -> Result<Option<AccountChanges>, SendError> {
        if account.text("token").contains("refused") {
            return Err(SendError::AccountBroken(Refusal::new(
                "refused",
                "Consent was withdrawn.",
                NextStep::Reconnect,
            )));
        }
        let later = (Utc::now() + TimeDelta::hours(1)).to_rfc3339();
        let token = format!("{}.fresh", self.account_key(account));
        Ok(Some(AccountChanges::from([
            ("token".to_owned(), SecretString::from(token)),
            ("expires_at".to_owned(), SecretString::from(later)),
        ])))
    }
}
