//! Mercado Pago, played: preferences, payments, refunds, merchant orders and chargebacks, the pages on which people pay, and signed
//! notifications that say only what to look at. An account is a seller in Brazil.

mod acts;
mod books;
mod call;
mod decimal;
mod page;
mod payments;
mod preferences;
mod refused;
mod search;
mod view;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use async_trait::async_trait;
use axum::{
    Router,
    routing::{any, get},
};
use chrono::Utc;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;
use webhooks::manifest;

use self::books::{Account, News, date, new_number};
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
    /// By the seller's number.
    accounts: Mutex<BTreeMap<i64, Account>>,
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
        let calls = [
            "/users/me",
            "/checkout/preferences",
            "/checkout/preferences/{id}",
            "/v1/payments",
            "/v1/payments/{*rest}",
            "/v1/chargebacks/{id}",
            "/merchant_orders/{id}",
        ];
        let router =
            calls.into_iter().fold(Router::new(), |router, path| router.route(path, any(call::handle)));
        router
            .route("/checkout/v1/redirect", get(page::show_preference).post(page::press_preference))
            .route("/payments/{id}/ticket", get(page::show_payment).post(page::press_payment))
            .with_state(self.0.clone())
    }

    /// Whether refunds stay in process until [`Cashier::end_refund`].
    pub fn set_slow_refunds(&self, account: &str, slow: bool) {
        self.0.in_named(account, |account| account.slow_refunds = slow);
    }

    /// How many looks at a payment find nothing after it was made: notifications race with the books.
    pub fn set_unseen(&self, account: &str, looks: u32) {
        self.0.in_named(account, |account| account.unseen = looks);
    }

    /// Whether each notification of a payment is followed by one of its merchant order.
    pub fn set_tells_orders(&self, account: &str, tells: bool) {
        self.0.in_named(account, |account| account.tells_orders = tells);
    }

    /// A payment as the API shows it.
    pub fn payment(&self, id: &str) -> Option<Value> {
        let accounts = lock(&self.0.accounts);
        accounts.values().find_map(|account| {
            let found = account.payments.get(&id.parse().ok()?)?;
            Some(view::payment(account, found))
        })
    }
}

impl Shared {
    /// The account with that access token.
    fn holder(&self, token: &str) -> Option<i64> {
        let accounts = lock(&self.accounts);
        accounts.values().find(|account| account.token == token).map(|account| account.id)
    }

    fn look<T>(&self, account: i64, look: impl FnOnce(&mut Account) -> T) -> Option<T> {
        lock(&self.accounts).get_mut(&account).map(look)
    }

    /// By id or access token.
    fn in_named<T>(&self, account: &str, look: impl FnOnce(&mut Account) -> T) -> Option<T> {
        let mut accounts = lock(&self.accounts);
        accounts.values_mut().find(|one| one.token == account || one.id.to_string() == account).map(look)
    }

    /// Does something, and sends what it makes known without waiting.
    fn in_account<T>(&self, account: i64, work: impl FnOnce(&mut Account) -> T) -> Option<T> {
        let (done, callbacks) = self.look(account, |account| {
            payments::end_overdue(account);
            let done = work(account);
            (done, self.callbacks(account))
        })?;
        self.deliveries.send_off(callbacks);
        Some(done)
    }

    fn callbacks(&self, account: &mut Account) -> Vec<Callback> {
        let news = std::mem::take(&mut account.news);
        news.into_iter().map(|news| self.callback(account.id, news)).collect()
    }

    /// Signed when it is sent: the id in the query, the request and the time, not the body.
    fn callback(&self, account: i64, news: News) -> Callback {
        let (id, request_id) = (new_number(), Uuid::new_v4().to_string());
        let mut data = news.beside;
        data["id"] = json!(news.resource);
        let mut body = json!({
            "id": id, "live_mode": false, "type": news.kind, "date_created": date(Utc::now()), "user_id": account, "api_version": "v1",
            "data": data,
        });
        match news.kind {
            "topic_chargebacks_wh" => body["actions"] = json!([news.action]),
            _ => body["action"] = json!(news.action),
        }
        let shared = self.this.clone();
        let (resource, kind, given) = (news.resource, news.kind, news.url);
        let dress = move |_: &str| {
            let shared = shared.upgrade()?;
            let (panel, secret) = shared.look(account, |one| (one.panel_url.clone(), one.secret.clone()))?;
            let mut url = Url::parse(&given.clone().or(panel)?).ok()?;
            url.query_pairs_mut().append_pair("data.id", &resource).append_pair("type", kind);
            let now = Utc::now().timestamp_millis();
            let signature = manifest::signature(&secret.into(), Some(&resource), Some(&request_id), now);
            Some((
                url.into(),
                vec![(manifest::SIGNATURE, signature), (manifest::REQUEST_ID, request_id.clone())],
            ))
        };
        let kind = if news.kind == "payment" { news.action } else { news.kind };
        Callback { id: id.to_string(), kind: kind.to_owned(), body: body.to_string(), dress: Arc::new(dress) }
    }

    fn remember(&self, call: Call) {
        let mut calls = lock(&self.calls);
        if calls.len() == CALLS {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    /// The account of which that offer, payment, chargeback or refund is.
    fn place(&self, about: &str) -> Option<i64> {
        lock(&self.accounts).values().find(|account| acts::knows(account, about)).map(|account| account.id)
    }
}

#[async_trait]
impl Cashier for Player {
    fn provider(&self) -> &'static str {
        "mercado_pago"
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let account = Account::new(name, &self.0.base_url);
        let fields = [
            ("access_token", account.token.clone()),
            ("webhook_secret", account.secret.clone()),
            ("api_base_url", self.0.base_url.clone()),
        ];
        lock(&self.0.accounts).insert(account.id, account);
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str) {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let mut account = Account::new("Adopted", &self.0.base_url);
        (account.token, account.secret) = (field("access_token"), field("webhook_secret"));
        account.panel_url = Some(webhook_url.to_owned());
        if self.0.holder(&account.token).is_none() {
            lock(&self.0.accounts).insert(account.id, account);
        }
    }

    fn enter_webhook(&self, account: &str, webhook_url: &str) {
        self.0.in_named(account, |account| account.panel_url = Some(webhook_url.to_owned()));
    }

    fn accounts(&self) -> Vec<String> {
        lock(&self.0.accounts).keys().map(i64::to_string).collect()
    }

    fn carry_out(&self, about: &str, deed: Deed) -> Result<Done, DeedError> {
        let account = self.0.place(about).ok_or(DeedError::NoSuchOffer)?;
        let done = self.0.look(account, |account| {
            payments::end_overdue(account);
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
        let sold =
            self.0.in_named(account, |account| (acts::sell(account, &sale), self.0.callbacks(account)));
        let (id, callbacks) = sold.ok_or(DeedError::NoSuchAccount)?;
        self.0.deliveries.send(callbacks).await?;
        Ok(id.to_string())
    }

    fn page(&self, offer: &str) -> Option<String> {
        let account = self.0.place(offer)?;
        self.0.look(account, |account| page::address(account, offer)).flatten()
    }
}
