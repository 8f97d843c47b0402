//! A mail server, played: IMAP for reading and SMTP for sending on loopback ports of their own, one mailbox per account. Customers have
//! addresses elsewhere; what is sent to them is seen by them at once.

mod amazon;
mod consent;
mod imap;
mod letter;
mod postmark;
pub mod ses;
mod smtp;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use axum::{
    Router,
    extract::{Path, Query},
    http::StatusCode,
    response::IntoResponse,
    routing::get,
};
use rand::Rng;
use tokio::{sync::broadcast, task::JoinHandle};

use self::world::World;
pub use self::{
    amazon::{Amazon, TOPIC},
    postmark::SERVER_TOKEN,
    world::{Bucket, Stored},
};
use crate::{Act, ActError, ChatChanged, ChatMessage, Customer, Faults, callbacks::Poster};

/// The mail server. Fault methods are SMTP's and IMAP's commands: `MAIL`, `RCPT`, `DATA` (behind the final dot), `AUTH`, `LOGIN`,
/// `FETCH`, `IDLE`, ….
pub struct Player {
    state: Arc<State>,
    amazon: Arc<Amazon>,
    base_url: String,
    imap: Option<u16>,
    smtp: Option<u16>,
    /// Ports that are served, those of an earlier start included.
    served: Mutex<BTreeSet<u16>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// What both servers share.
struct State {
    world: Mutex<World>,
    faults: Faults,
    /// Addresses of mailboxes in which something arrived.
    arrivals: broadcast::Sender<String>,
    changes: broadcast::Sender<ChatChanged>,
    /// Ends every connection.
    cuts: broadcast::Sender<()>,
    poster: Poster,
}

#[derive(Clone, Copy)]
enum Protocol {
    Imap,
    Smtp,
}

impl Player {
    pub fn new(base_url: &str) -> Self {
        let state = Arc::new(State {
            world: Mutex::default(),
            faults: Faults::default(),
            arrivals: broadcast::channel(256).0,
            changes: broadcast::channel(256).0,
            cuts: broadcast::channel(1).0,
            poster: Poster::default(),
        });
        let mut player = Self {
            state,
            amazon: Arc::new(Amazon::new(base_url)),
            base_url: base_url.to_owned(),
            imap: None,
            smtp: None,
            served: Mutex::default(),
            tasks: Mutex::default(),
        };
        player.imap = player.serve(0, Protocol::Imap);
        player.smtp = player.serve(0, Protocol::Smtp);
        player
    }

    pub fn router(self: Arc<Self>) -> Router {
        let files = async |state: Arc<State>, index: String| {
            let found = index.parse().ok().and_then(|index: usize| state.world().files.get(index).cloned());
            match found {
                Some((mime, bytes)) => ([("content-type", mime)], bytes).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            }
        };
        let state = self.state.clone();
        let (certificate, confirm) = (self.amazon.clone(), self.amazon.clone());
        Router::new()
            .route(
                "/email-files/{index}",
                get(async move |Path(index): Path<String>| files(state.clone(), index).await),
            )
            .route("/SimpleNotificationService-played.pem", get(async move || certificate.certificate()))
            .route(
                "/sns-confirm",
                get(async move |Query(query): Query<BTreeMap<String, String>>| {
                    let known = query.get("Token").is_some_and(|token| confirm.confirm(token));
                    if known { StatusCode::OK } else { StatusCode::BAD_REQUEST }
                }),
            )
            .merge(consent::router(self.state.clone()))
            .merge(postmark::router(self.state.clone()))
            .merge(ses::router(self.state.clone()))
    }

    /// A mailbox that takes no password, and an app to whose consent its owner agrees: what an admin fills in before consenting. Tokens
    /// say that they are good for `life` seconds.
    pub fn open_consent(&self, provider: &str, name: &str, life: i64) -> BTreeMap<String, String> {
        let mut fields = crate::Player::open_account(self, name);
        let address = fields.remove("address").unwrap_or_default();
        fields.retain(|name, _| ["host", "port", "security"].iter().any(|what| name.ends_with(what)));
        let scopes = if provider == "google" {
            "https://mail.google.com/ openid email"
        } else {
            "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access openid email profile"
        };
        let app = consent::App::new(&address, scopes, life);
        let id = consent::random();
        for (name, value) in [
            ("oauth_provider", provider),
            ("oauth_client_id", &id),
            ("oauth_client_secret", &app.secret),
            ("api_base_url", &self.base_url),
            ("sender_name", name),
        ] {
            fields.insert(name.to_owned(), value.to_owned());
        }
        self.state.world().apps.insert(id, app);
        fields
    }

    /// SES and SNS.
    pub fn amazon(&self) -> &Amazon {
        &self.amazon
    }

    /// The address to which Postmark tells what became of letters.
    pub fn enter_event_address(&self, url: &str) {
        self.state.world().event_addresses.push(url.to_owned());
    }

    /// Trouble for the next command of that name.
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// Puts any bytes into an account's inbox, as its server would; returns the letter's number.
    pub fn deliver(&self, account: &str, raw: Vec<u8>) -> Option<u32> {
        self.state.deliver(account, raw)
    }

    /// Every letter that was handed in, oldest first.
    pub fn handed_in(&self) -> Vec<Stored> {
        self.state.world().handed_in.clone()
    }

    /// SES puts a letter into the bucket of S3.
    pub fn put_into_bucket(&self, key: &str, letter: Vec<u8>) {
        self.state.world().objects.insert(key.to_owned(), letter.into());
    }

    /// What the access key may do with the bucket from here on.
    pub fn let_into_bucket(&self, bucket: Bucket) {
        self.state.world().bucket = bucket;
    }

    /// What lies in an account's folder for sent letters.
    pub fn sent(&self, account: &str) -> Vec<String> {
        let world = self.state.world();
        let letters = world.mailboxes.get(account).map(|mailbox| mailbox.sent.letters.as_slice());
        let text = |letter: &Vec<u8>| String::from_utf8_lossy(letter).into_owned();
        letters.unwrap_or_default().iter().flatten().map(text).collect()
    }

    /// Somebody writes to a customer with another program, which keeps a copy in the folder for sent letters; gives the letter's id.
    pub fn write_elsewhere(&self, account: &str, customer: &Customer, text: &str) -> Option<String> {
        let id = self.state.world().write_elsewhere(account, customer, text)?;
        let _ = self.state.arrivals.send(account.to_owned());
        self.state.changed(account, &customer.id);
        Some(id)
    }

    /// Puts any bytes into an account's folder for sent letters.
    pub fn keep_sent(&self, account: &str, raw: Vec<u8>) {
        if let Some(mailbox) = self.state.world().mailboxes.get_mut(account) {
            mailbox.sent.add(raw);
        }
        let _ = self.state.arrivals.send(account.to_owned());
    }

    /// Ends every connection, as a server that restarts does.
    pub fn cut(&self) {
        // Nobody is connected.
        let _ = self.state.cuts.send(());
    }

    /// Numbers the inbox anew, as servers do after a repair.
    pub fn renumber(&self, account: &str) {
        if let Some(mailbox) = self.state.world().mailboxes.get_mut(account) {
            mailbox.inbox.uid_validity += 1;
        }
    }

    /// Binds a port, 0 for any; `None` if it is taken.
    fn serve(&self, port: u16, protocol: Protocol) -> Option<u16> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).ok()?;
        listener.set_nonblocking(true).ok()?;
        let listener = tokio::net::TcpListener::from_std(listener).ok()?;
        let port = listener.local_addr().ok()?.port();
        let state = self.state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = state.clone();
                tokio::spawn(async move {
                    let mut cuts = state.cuts.subscribe();
                    let serving = async {
                        // A connection that breaks is the other side's business.
                        let _ = match protocol {
                            Protocol::Imap => imap::serve(stream, &state).await,
                            Protocol::Smtp => smtp::serve(stream, &state).await,
                        };
                    };
                    tokio::select! {
                        () = serving => {}
                        _ = cuts.recv() => {}
                    }
                });
            }
        });
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
        self.served.lock().unwrap_or_else(PoisonError::into_inner).insert(port);
        Some(port)
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.iter().for_each(JoinHandle::abort);
    }
}

impl State {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, account: &str, raw: Vec<u8>) -> Option<u32> {
        let uid = self.world().mailboxes.get_mut(account)?.inbox.add(raw);
        // Nobody listens.
        let _ = self.arrivals.send(account.to_owned());
        Some(uid)
    }

    fn changed(&self, account: &str, customer: &str) {
        let (account, customer) = (account.to_owned(), customer.to_owned());
        let _ = self.changes.send(ChatChanged { channel: "email", account, customer, typing: false });
    }
}

#[async_trait]
impl crate::Player for Player {
    fn channel(&self) -> &'static str {
        "email"
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let address = format!("{}-{:08x}@hub.example", letter::local(name), rand::rng().random::<u32>());
        let password = format!("{:016x}", rand::rng().random::<u64>());
        self.state.world().open(&address, &password);
        let port = |port: Option<u16>| port.unwrap_or_default().to_string();
        [
            ("address", address.clone()),
            ("sender_name", name.to_owned()),
            ("imap_host", "127.0.0.1".to_owned()),
            ("imap_port", port(self.imap)),
            ("imap_user", address),
            ("imap_password", password),
            ("imap_security", "none".to_owned()),
            ("smtp_host", "127.0.0.1".to_owned()),
            ("smtp_port", port(self.smtp)),
            ("smtp_security", "none".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The ports of the earlier start are taken again, where they are free.
    fn adopt_account(&self, fields: &BTreeMap<String, String>, _webhook_url: &str) {
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        self.state.world().open(&field("address").to_lowercase(), field("imap_password"));
        for (name, protocol) in [("imap_port", Protocol::Imap), ("smtp_port", Protocol::Smtp)] {
            let Ok(port) = field(name).parse::<u16>() else { continue };
            let known = self.served.lock().unwrap_or_else(PoisonError::into_inner).contains(&port);
            if !known && self.serve(port, protocol).is_none() {
                // The integration then says that it cannot connect.
                continue;
            }
        }
    }

    fn accounts(&self) -> Vec<String> {
        self.state.world().mailboxes.keys().cloned().collect()
    }

    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        let (id, raw) = {
            let mut world = self.state.world();
            if !world.mailboxes.contains_key(account) {
                return Err(ActError::NoSuchAccount);
            }
            world.write(account, customer, act, &self.base_url)?
        };
        self.state.deliver(account, raw).ok_or(ActError::NoSuchAccount)?;
        self.state.changed(account, &customer.id);
        Ok(id)
    }

    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage> {
        let world = self.state.world();
        world.chats.get(&(account.to_owned(), customer.to_lowercase())).cloned().unwrap_or_default()
    }

    fn customer(&self, name: &str, digits: &str) -> Customer {
        let id = format!("{}.{digits}@customers.example", letter::local(name));
        Customer { id, name: name.to_owned(), username: None }
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.state.changes.subscribe()
    }

    fn trouble(&self) -> Option<&Faults> {
        Some(&self.state.faults)
    }
}
