//! An account at Stripe, with everything that lies in it. Objects are kept as Stripe shows them.

use std::collections::HashMap;

use chrono::Utc;
use rand::Rng;
use serde_json::{Map, Value, json};

/// The one that the played Stripe speaks.
pub(super) const VERSION: &str = "2026-10-28.endive";

pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) key: String,
    /// Of the webhook endpoint: the newest last, the ones before it while they are being exchanged.
    pub(super) secrets: Vec<String>,
    pub(super) endpoint: Option<String>,
    pub(super) base_url: String,
    /// Oldest first.
    objects: Vec<Value>,
    at: HashMap<String, usize>,
    /// What was said when a session or an intent was made, and its objects do not show.
    pub(super) said: HashMap<String, Value>,
    /// Answers by idempotency key.
    pub(super) kept: HashMap<String, Kept>,
    /// Events that are still to be sent.
    pub(super) news: Vec<Value>,
    /// The call that is being answered: its id and its idempotency key.
    pub(super) cause: (Option<String>, Option<String>),
    /// Refunds stay pending until they are ended.
    pub(super) slow_refunds: bool,
}

/// What was answered to a key, once it was.
pub(super) struct Kept {
    pub(super) asked: String,
    pub(super) answer: Option<(u16, Value)>,
}

/// A prefix and letters as Stripe draws them.
pub(super) fn new_id(prefix: &str, length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut rng = rand::rng();
    let letters = (0..length).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]));
    format!("{prefix}{}", letters.collect::<String>())
}

pub(super) fn now() -> i64 {
    Utc::now().timestamp()
}

impl Account {
    pub(super) fn new(name: &str, base_url: &str) -> Self {
        Self {
            id: new_id("acct_1", 15),
            name: name.to_owned(),
            key: new_id("sk_test_51", 40),
            secrets: vec![new_id("whsec_", 32)],
            endpoint: None,
            base_url: base_url.to_owned(),
            objects: vec![],
            at: HashMap::new(),
            said: HashMap::new(),
            kept: HashMap::new(),
            news: vec![],
            cause: (None, None),
            slow_refunds: false,
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "account", "type": "standard", "country": "BR", "default_currency": "brl",
            "email": "payments@example.com", "charges_enabled": true, "payouts_enabled": true, "details_submitted": true,
            "created": 1_735_689_600, "business_type": "company", "metadata": {},
            "business_profile": {
                "mcc": null, "name": self.name, "product_description": null, "support_email": null, "support_phone": null,
                "support_url": null, "url": null,
            },
            "capabilities": {
                "card_payments": "active", "transfers": "active", "boleto_payments": "active", "pix_payments": "active",
            },
            "settings": {
                "dashboard": { "display_name": self.name, "timezone": "America/Sao_Paulo" },
                "payments": { "statement_descriptor": null },
            },
        })
    }

    pub(super) fn add(&mut self, object: Value) {
        let id = object["id"].as_str().unwrap_or_default().to_owned();
        self.at.insert(id, self.objects.len());
        self.objects.push(object);
    }

    pub(super) fn get(&self, id: &str) -> Option<&Value> {
        self.at.get(id).and_then(|at| self.objects.get(*at))
    }

    /// One of that kind: `refund`.
    pub(super) fn get_as(&self, kind: &str, id: &str) -> Option<&Value> {
        self.get(id).filter(|object| object["object"] == kind)
    }

    /// Newest first.
    pub(super) fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().rev().filter(move |object| object["object"] == kind)
    }

    /// Sets fields; what they were before, as events show it.
    pub(super) fn set(&mut self, id: &str, fields: Value) -> Value {
        let mut before = Map::new();
        let Some(object) = self.at.get(id).and_then(|at| self.objects.get_mut(*at)) else {
            return Value::Object(before);
        };
        let Value::Object(fields) = fields else { return Value::Object(before) };
        for (name, value) in fields {
            if object[&name] != value {
                before.insert(name.clone(), object[&name].take());
                object[&name] = value;
            }
        }
        Value::Object(before)
    }

    /// Something happened to the object.
    pub(super) fn tell(&mut self, kind: &str, id: &str) {
        self.tell_with(kind, id, None);
    }

    pub(super) fn tell_with(&mut self, kind: &str, id: &str, before: Option<Value>) {
        let mut data = json!({ "object": self.get(id) });
        if let Some(before) = before {
            data["previous_attributes"] = before;
        }
        let event = json!({
            "id": new_id("evt_3", 23), "object": "event", "api_version": VERSION, "created": now(), "livemode": false,
            "pending_webhooks": i32::from(self.endpoint.is_some()), "type": kind, "data": data,
            "request": { "id": self.cause.0, "idempotency_key": self.cause.1 },
        });
        self.add(event.clone());
        self.news.push(event);
    }
}

/// Adds fields that are there and say nothing.
pub(super) fn with_nulls(mut object: Value, names: &[&str]) -> Value {
    for name in names {
        object[*name] = Value::Null;
    }
    object
}

/// A field that is text.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_default()
}

pub(super) fn number(object: &Value, name: &str) -> i64 {
    object[name].as_i64().unwrap_or_default()
}
