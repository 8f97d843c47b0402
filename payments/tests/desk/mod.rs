//! A provider as the hub uses it, opposite the played platform: an account there, and an address that hears its callbacks, believes what
//! is signed and reads where to look.

pub mod scenes;

use std::sync::{Arc, Mutex};

use account::Account;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, request::Parts},
};
use chrono::{TimeDelta, Utc};
use net::{Client, Limits, Private};
use payments::{
    About, Ask, Charge, Method, Money, Notice, Offer, Payer, Provider, ProviderError, Refund, Refunded,
    Standing, State as Stands,
};
use simulator::{Cashier, Simulator};
use tokio::net::TcpListener;
use url::Url;
use uuid::Uuid;
use webhooks::Unverified;

pub struct Desk {
    pub cashier: Arc<dyn Cashier>,
    pub provider: &'static dyn Provider,
    pub account: Account,
    pub net: Client,
    pub callback_url: Url,
    heard: Arc<Mutex<Vec<Notice>>>,
    pub simulator: Simulator,
}

pub fn real(minor: i64) -> Money {
    Money::new(minor, "BRL".parse().unwrap())
}

impl Desk {
    pub async fn open(id: &str) -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let cashier = simulator.cashier(id).unwrap();
        let provider = payments::find(id).unwrap();
        let account = provider.account_form().fill(cashier.open_account("Padaria Aurora")).unwrap();
        let heard = Arc::default();
        let callback_url = listen(provider, &account, Arc::clone(&heard)).await;
        for one in cashier.accounts() {
            cashier.enter_webhook(&one, callback_url.as_str());
        }
        let net = Client::new(Private::Allowed, Limits::default()).unwrap();
        Self { cashier, provider, account, net, callback_url, heard, simulator }
    }

    /// For BRL 159.90 within an hour.
    pub fn request(&self, methods: &[Method]) -> Ask {
        Ask {
            id: Uuid::now_v7(),
            amount: real(15_990),
            description: "Bolo de cenoura".into(),
            items: Vec::new(),
            methods: methods.to_vec(),
            expires_at: Utc::now() + TimeDelta::minutes(60),
            payer: Payer { name: Some("Ana Souza".into()), email: Some("ana@example.com".into()) },
            return_url: "https://hub.example/paid".parse().unwrap(),
            callback_url: self.callback_url.clone(),
        }
    }

    pub async fn ask(&self, ask: &Ask) -> Result<Offer, ProviderError> {
        self.provider.ask(&self.account, ask, &self.net).await
    }

    /// An offer that can be paid by card or boleto.
    pub async fn offer(&self) -> (Ask, Offer) {
        let ask = self.request(&[Method::Card, Method::Boleto]);
        let offer = self.ask(&ask).await.unwrap();
        (ask, offer)
    }

    pub async fn paid(&self) -> (Ask, Offer, String) {
        let (ask, offer) = self.offer().await;
        let charge = self.cashier.pay(&offer.id).await.unwrap();
        (ask, offer, charge)
    }

    /// How the request stands, and its charges.
    pub async fn look(&self, ask: &Ask, offer: &str) -> (Standing, Vec<Charge>) {
        let about = About::Offer(offer.to_owned());
        let look = self.provider.look(&self.account, &about, &self.net).await.unwrap();
        let seen = look.offer.unwrap();
        assert_eq!((seen.id.as_str(), seen.request), (offer, Some(ask.id)));
        assert!(look.charges.iter().all(|charge| charge.request == Some(ask.id)));
        (Standing::of(ask.amount, seen.state, &look.charges).unwrap(), look.charges)
    }

    pub async fn stands(&self, ask: &Ask, offer: &str) -> Stands {
        self.look(ask, offer).await.0.state
    }

    pub async fn refund(&self, id: Uuid, charge: &str, minor: i64) -> Result<Refunded, ProviderError> {
        let refund = Refund { id, charge: charge.to_owned(), amount: real(minor) };
        self.provider.refund(&self.account, &refund, &self.net).await
    }

    pub async fn close(&self, offer: &str) -> Result<(), ProviderError> {
        self.provider.close(&self.account, offer, &self.net).await
    }

    /// The merchant's id at the provider.
    pub fn merchant(&self) -> String {
        self.cashier.accounts().remove(0)
    }

    /// What callbacks said there is to look at, since this was asked last.
    pub fn heard(&self) -> Vec<Notice> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    /// Follows the last callbacks and returns the charges that they led to.
    pub async fn follow(&self) -> Vec<Charge> {
        let mut charges = Vec::new();
        for notice in self.heard() {
            charges
                .extend(self.provider.look(&self.account, &notice.about, &self.net).await.unwrap().charges);
        }
        charges
    }

    /// Every charge since then.
    pub async fn all(&self, minutes: i64) -> Vec<Charge> {
        let since = Utc::now() - TimeDelta::minutes(minutes);
        let (mut all, mut cursor) = (Vec::new(), None);
        for _ in 0..100 {
            let page =
                self.provider.charges(&self.account, since, cursor.as_deref(), &self.net).await.unwrap();
            all.extend(page.charges);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return all,
            }
        }
        panic!("the list has no end");
    }
}

struct Hub {
    provider: &'static dyn Provider,
    account: Account,
    heard: Arc<Mutex<Vec<Notice>>>,
}

async fn listen(provider: &'static dyn Provider, account: &Account, heard: Arc<Mutex<Vec<Notice>>>) -> Url {
    let hub = Arc::new(Hub { provider, account: account.clone(), heard });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks/{}/7", listener.local_addr().unwrap(), provider.id());
    tokio::spawn(axum::serve(listener, Router::new().fallback(hear).with_state(hub)).into_future());
    url.parse().unwrap()
}

async fn hear(State(hub): State<Arc<Hub>>, parts: Parts, body: Bytes) -> StatusCode {
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let query = query.into_owned().collect();
    let request = Unverified::received("".into(), parts, query, body);
    let proof = hub.provider.proof(&hub.account, &request);
    let Ok(verified) = request.verify(&proof, Utc::now()) else { return StatusCode::UNAUTHORIZED };
    let Ok(notices) = hub.provider.read(&verified) else { return StatusCode::BAD_REQUEST };
    hub.heard.lock().unwrap().extend(notices);
    StatusCode::OK
}
