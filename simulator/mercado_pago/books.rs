//! A seller's account at Mercado Pago: preferences, payments with their refunds and chargebacks, merchant orders.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use rand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cashier::amount::digits;

pub(super) struct Account {
    /// The seller's number: `collector_id`.
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) token: String,
    pub(super) secret: String,
    /// What is entered in "Your integrations"; addresses of preferences and payments come first.
    pub(super) panel_url: Option<String>,
    pub(super) base_url: String,
    pub(super) preferences: Vec<Preference>,
    /// By id, thus oldest first.
    pub(super) payments: BTreeMap<i64, Payment>,
    pub(super) chargebacks: Vec<Chargeback>,
    /// Answers by `X-Idempotency-Key`.
    pub(super) kept: HashMap<String, Kept>,
    pub(super) news: Vec<News>,
    pub(super) slow_refunds: bool,
    /// Whether merchant orders are told of as well.
    pub(super) tells_orders: bool,
    /// How many looks at a payment that was just made find nothing.
    pub(super) unseen: u32,
}

pub(super) struct Kept {
    pub(super) asked: String,
    pub(super) answer: Option<(u16, Value)>,
}

/// Something to tell the hub.
pub(super) struct News {
    pub(super) kind: &'static str,
    pub(super) action: &'static str,
    /// What `data` says, besides the id.
    pub(super) beside: Value,
    pub(super) resource: String,
    pub(super) url: Option<String>,
}

pub(super) struct Preference {
    pub(super) id: String,
    /// As it was made and changed: the fields of the request.
    pub(super) said: Value,
    /// Minor units of `currency`.
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) created: DateTime<Utc>,
    pub(super) order: i64,
}

pub(super) struct Payment {
    pub(super) id: i64,
    pub(super) preference: Option<String>,
    pub(super) order: Option<i64>,
    pub(super) status: &'static str,
    pub(super) detail: &'static str,
    /// Minor units.
    pub(super) amount: i64,
    pub(super) currency: String,
    /// `visa`, `pix`, `bolbradesco`.
    pub(super) method: String,
    pub(super) description: Option<String>,
    pub(super) external_reference: Option<String>,
    pub(super) metadata: Value,
    pub(super) notification_url: Option<String>,
    pub(super) payer: Value,
    pub(super) created: DateTime<Utc>,
    pub(super) updated: DateTime<Utc>,
    pub(super) approved: Option<DateTime<Utc>>,
    pub(super) expires: Option<DateTime<Utc>>,
    /// Pix's, to copy and paste.
    pub(super) code: Option<String>,
    /// The same as a PNG in base64.
    pub(super) picture: Option<String>,
    pub(super) refunds: Vec<Refund>,
    /// How many more looks find nothing.
    pub(super) unseen: u32,
}

pub(super) struct Refund {
    pub(super) id: i64,
    pub(super) amount: i64,
    pub(super) status: &'static str,
    pub(super) created: DateTime<Utc>,
}

pub(super) struct Chargeback {
    pub(super) id: String,
    pub(super) payment: i64,
    pub(super) amount: i64,
    pub(super) created: DateTime<Utc>,
    pub(super) updated: DateTime<Utc>,
    /// In the seller's favour, once that is known.
    pub(super) won: Option<bool>,
}

pub(super) fn random_digits(count: usize) -> String {
    let mut rng = rand::rng();
    (0..count).map(|at| char::from(rng.random_range(if at == 0 { b'1' } else { b'0' }..=b'9'))).collect()
}

/// A number beyond 2^31, as those of payments are.
pub(super) fn new_number() -> i64 {
    random_digits(12).parse().unwrap_or(100_000_000_000)
}

/// With milliseconds, four hours behind: as the platform answers.
pub(super) fn date(at: DateTime<Utc>) -> String {
    let behind = FixedOffset::west_opt(4 * 3600).map(|zone| at.with_timezone(&zone));
    behind.map(|at| at.format("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()).unwrap_or_default()
}

impl Account {
    pub(super) fn new(name: &str, base_url: &str) -> Self {
        let id = random_digits(9).parse().unwrap_or(100_000_000);
        let secret = Uuid::new_v4().simple().to_string();
        Self {
            id,
            name: name.to_owned(),
            token: format!("APP_USR-{}-112207-{}-{id}", random_digits(16), Uuid::new_v4().simple()),
            secret: format!("{secret}{}", Uuid::new_v4().simple()),
            panel_url: None,
            base_url: base_url.to_owned(),
            preferences: vec![],
            payments: BTreeMap::new(),
            chargebacks: vec![],
            kept: HashMap::new(),
            news: vec![],
            slow_refunds: false,
            tells_orders: false,
            unseen: 0,
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "nickname": self.name.to_uppercase().replace(' ', ""), "first_name": self.name, "last_name": "",
            "country_id": "BR", "site_id": "MLB", "user_type": "normal", "email": "vendas@example.com", "tags": ["normal", "test_user"],
            "status": { "site_status": "active" },
        })
    }

    pub(super) fn preference(&self, id: &str) -> Option<&Preference> {
        self.preferences.iter().find(|one| one.id == id)
    }

    /// Numbers of the payments on an offer, oldest first.
    pub(super) fn payments_on(&self, preference: &str) -> Vec<i64> {
        let on = |one: &&Payment| one.preference.as_deref() == Some(preference);
        let mut found: Vec<_> = self.payments.values().filter(on).collect();
        found.sort_by_key(|one| one.created);
        found.into_iter().map(|one| one.id).collect()
    }

    /// The payment moves on; what it is now is told.
    pub(super) fn change(&mut self, id: i64, change: impl FnOnce(&mut Payment)) {
        let Some(payment) = self.payments.get_mut(&id) else { return };
        change(payment);
        // Later than before, however fast the clock's owner is.
        payment.updated = Utc::now().max(payment.updated + TimeDelta::milliseconds(1));
        self.tell(id, "payment.updated");
    }

    pub(super) fn tell(&mut self, payment: i64, action: &'static str) {
        let url = self.payments.get(&payment).and_then(|one| one.notification_url.clone());
        let resource = payment.to_string();
        self.news.push(News { kind: "payment", action, beside: json!({}), resource, url: url.clone() });
        let order = self.payments.get(&payment).and_then(|one| one.order).filter(|_| self.tells_orders);
        if let Some(order) = order {
            let (kind, action) = ("topic_merchant_order_wh", "update");
            self.news.push(News { kind, action, beside: json!({}), resource: order.to_string(), url });
        }
    }
}

impl Preference {
    /// Whether its own time is over.
    pub(super) fn over(&self) -> bool {
        let until =
            self.said["expiration_date_to"].as_str().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        self.said["expires"] == true && until.is_some_and(|until| until <= Utc::now())
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.said[name].as_str().map(str::to_owned)
    }
}

impl Payment {
    pub(super) fn digits(&self) -> u32 {
        digits(&self.currency)
    }

    pub(super) fn kind(&self) -> &'static str {
        match self.method.as_str() {
            "pix" => "bank_transfer",
            "bolbradesco" => "ticket",
            _ => "credit_card",
        }
    }

    /// Given back, or on its way.
    pub(super) fn refunded(&self) -> i64 {
        self.refunds.iter().filter(|one| one.status != "rejected").map(|one| one.amount).sum()
    }

    /// 4.98 % of cards, 0.99 % of Pix, 3.49 of a boleto.
    pub(super) fn fee(&self) -> i64 {
        if self.approved.is_none() {
            return 0;
        }
        let share = |basis_points: i64| (self.amount * basis_points + 5000) / 10_000;
        let fee = match self.kind() {
            "bank_transfer" => share(99),
            "ticket" => 349,
            _ => share(498),
        };
        fee.min(self.amount)
    }
}
