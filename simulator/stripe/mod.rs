//! Stripe, played: checkout sessions, payment intents, refunds, disputes, charges and events under `/v1`, the pages on which people
//! pay, and signed events to the account's webhook endpoint. An account is a merchant in Brazil, in test mode.

mod acts;
mod books;
mod call;
mod charges;
mod disputes;
mod form;
mod intents;
mod lists;
mod money;
mod page;
mod refunds;
mod refused;
mod sessions;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use async_trait::async_trait;
use axum::{
    Router,
    routing::{any, get},
};
use serde_json::Value;
use webhooks::stamped;

use self::books::{Account, now, text};
use crate::{
    Faults,
    cashier::{Call, Callback, Cashier, Deed, DeedError, Deliveries, Done, Sale},
};

/// Calls that are remembered for looking at.
const CALLS: usize = 1000;

pub struct Player(Arc<Shared>);

struct Shared {
    base_url: String,
    faults: Faults,
    deliveries: Deliveries,
    /// By id.
    accounts: Mutex<BTreeMap<String, Account>>,
    calls: Mutex<VecDeque<Call>>,
    this: Weak<Shared>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Player {
    pub fn new(base_url: &str) -> Self {
        Self(Arc::new_cyclic(|this| Shared {
            base_url: base_url.to_owned(),
            faults: Faults::default(),
            deliveries: Deliveries::default(),
            accounts: Mutex::default(),
            calls: Mutex::default(),
            this: this.clone(),
        }))
    }

    pub fn router(self: Arc<Self>) -> Router {
        let nouns = ["checkout", "payment_intents", "refunds", "disputes", "charges", "events"];
        let router = nouns.into_iter().fold(Router::new(), |router, noun| {
            let whole = format!("/v1/{noun}");
            router.route(&format!("{whole}/{{*rest}}"), any(call::handle)).route(&whole, any(call::handle))
        });
        router
            .route("/v1/account", any(call::handle))
            .route("/c/pay/{id}", get(page::show).post(page::press))
            .route("/payment_methods/instructions/{id}", get(page::show).post(page::press))
            .route("/receipts/payment/{charge}", get(page::receipt))
            .with_state(self.0.clone())
    }

    /// A new secret for the account's endpoint. The old one signs as well until [`Self::retire_secret`].
    pub fn roll_secret(&self, account: &str) -> Option<String> {
        let secret = books::new_id("whsec_", 32);
        self.0.look(account, |account| account.secrets.push(secret.clone()))?;
        Some(secret)
    }

    pub fn retire_secret(&self, account: &str) {
        self.0.look(account, |account| account.secrets.drain(..account.secrets.len() - 1).count());
    }

    /// Whether refunds stay pending until [`Cashier::end_refund`].
    pub fn set_slow_refunds(&self, account: &str, slow: bool) {
        self.0.look(account, |account| account.slow_refunds = slow);
    }

    /// An object as Stripe shows it, by its id.
    pub fn object(&self, id: &str) -> Option<Value> {
        lock(&self.0.accounts).values().find_map(|account| account.get(id).cloned())
    }
}

impl Shared {
    /// The account with that API key.
    fn holder(&self, key: &str) -> Option<String> {
        let accounts = lock(&self.accounts);
        accounts.values().find(|account| account.key == key).map(|account| account.id.clone())
    }

    /// `account` is an id or an API key.
    fn look<T>(&self, account: &str, look: impl FnOnce(&mut Account) -> T) -> Option<T> {
        let mut accounts = lock(&self.accounts);
        accounts.values_mut().find(|one| one.id == account || one.key == account).map(look)
    }

    /// Does something, and sends what it makes known without waiting.
    fn in_account<T>(
        &self,
        account: &str,
        cause: (Option<String>, Option<String>),
        work: impl FnOnce(&mut Account) -> T,
    ) -> Option<T> {
        let (done, callbacks) = self.look(account, |account| {
            account.cause = (None, None);
            sessions::end_overdue(account);
            intents::lapse_overdue(account);
            account.cause = cause;
            let done = work(account);
            account.cause = (None, None);
            (done, self.callbacks(account))
        })?;
        self.deliveries.send_off(callbacks);
        Some(done)
    }

    fn callbacks(&self, account: &mut Account) -> Vec<Callback> {
        let news = std::mem::take(&mut account.news);
        news.into_iter().map(|event| self.callback(&account.id, &event)).collect()
    }

    /// Signed when it is sent, by the secrets of then.
    fn callback(&self, account: &str, event: &Value) -> Callback {
        let (shared, account) = (self.this.clone(), account.to_owned());
        let dress = move |body: &str| {
            let shared = shared.upgrade()?;
            let (url, secrets) = shared.look(&account, |one| (one.endpoint.clone(), one.secrets.clone()))?;
            let secrets: Vec<_> = secrets.into_iter().map(Into::into).collect();
            let signature = stamped::signature(&secrets, now(), body.as_bytes());
            Some((url?, vec![("Stripe-Signature", signature)]))
        };
        Callback {
            id: text(event, "id").to_owned(),
            kind: text(event, "type").to_owned(),
            body: event.to_string(),
            dress: Arc::new(dress),
        }
    }

    fn remember(&self, call: Call) {
        let mut calls = lock(&self.calls);
        if calls.len() == CALLS {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    /// The account in which that object lies.
    fn place(&self, id: &str) -> Option<String> {
        let accounts = lock(&self.accounts);
        accounts.values().find(|account| account.get(id).is_some()).map(|account| account.id.clone())
    }
}

#[async_trait]
impl Cashier for Player {
    fn provider(&self) -> &'static str {
        "stripe"
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let account = Account::new(name, &self.0.base_url);
        let fields = [
            ("secret_key", account.key.clone()),
            ("webhook_secret", account.secrets.join(",")),
            ("api_base_url", self.0.base_url.clone()),
        ];
        lock(&self.0.accounts).insert(account.id.clone(), account);
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str) {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let mut account = Account::new("Adopted", &self.0.base_url);
        account.key = field("secret_key");
        account.secrets = field("webhook_secret").split(',').map(|one| one.trim().to_owned()).collect();
        account.endpoint = Some(webhook_url.to_owned());
        if self.0.holder(&account.key).is_none() {
            lock(&self.0.accounts).insert(account.id.clone(), account);
        }
    }

    fn enter_webhook(&self, account: &str, webhook_url: &str) {
        self.0.look(account, |account| account.endpoint = Some(webhook_url.to_owned()));
    }

    fn accounts(&self) -> Vec<String> {
        lock(&self.0.accounts).keys().cloned().collect()
    }

    fn carry_out(&self, about: &str, deed: Deed) -> Result<Done, DeedError> {
        let account = self.0.place(about).ok_or(DeedError::NoSuchOffer)?;
        let done = self.0.look(&account, |account| {
            let id = acts::run(account, about, deed)?;
            Ok(Done { id, callbacks: self.0.callbacks(account) })
        });
        done.unwrap_or(Err(DeedError::NoSuchOffer))
    }

    fn deliveries(&self) -> &Deliveries {
        &self.0.deliveries
    }

    fn faults(&self) -> &Faults {
        &self.0.faults
    }

    fn calls(&self) -> Vec<Call> {
        lock(&self.0.calls).iter().cloned().collect()
    }

    async fn sell_elsewhere(&self, account: &str, sale: Sale) -> Result<String, DeedError> {
        let sold = self.0.look(account, |account| (acts::sell(account, &sale), self.0.callbacks(account)));
        let (id, callbacks) = sold.ok_or(DeedError::NoSuchAccount)?;
        self.0.deliveries.send(callbacks).await?;
        Ok(id)
    }

    fn page(&self, offer: &str) -> Option<String> {
        let account = self.0.place(offer)?;
        self.0.look(&account, |account| page::address(account, offer)).flatten()
    }
}
