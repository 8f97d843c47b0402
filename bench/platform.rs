//! Organizations with connected WhatsApp numbers, and callbacks signed as Meta signs them.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use channels::{Account, Channel};
use serde_json::{Value, json};
use sqlx::PgPool;
use switchboard::{
    ids::{IntegrationId, OrganizationId},
    inbox::integration,
    vault::Vault,
};

use crate::{
    Result,
    hub::SECRET_KEY_BYTES,
    load::Make,
    wire::{self, Wire},
};

const APP_SECRET: &str = "bench-app-secret";
/// Messages in one callback where speed of seeding counts.
const SEED_BATCH: u64 = 250;
const WORDS: [&str; 32] = [
    "order", "parcel", "tomorrow", "address", "thank", "invoice", "size", "colour", "refund", "please",
    "when", "arrives", "wrong", "blue", "jacket", "paid", "card", "receipt", "street", "number", "delivery",
    "Monday", "shop", "opening", "hours", "return", "broken", "screen", "help", "photo", "price", "discount",
];

/// Of every organization's owner.
const PASSWORD: &str = "correct horse battery";

#[derive(Clone, Debug)]
pub struct Organization {
    pub id: OrganizationId,
    /// Its owner's access token; lives 15 minutes.
    pub token: String,
    email: String,
}

/// A connected number with customers who write to it.
#[derive(Clone, Debug)]
pub struct Number {
    pub organization: Organization,
    pub integration: IntegrationId,
    path: String,
    phone_number_id: String,
    customers: u64,
}

impl Organization {
    pub async fn register(address: SocketAddr, name: &str) -> Result<Self> {
        let mut wire = Wire::connect(address).await?;
        let body = json!({"organization_name": name, "name": "Ines", "password": PASSWORD,
                          "email": format!("{}@example.com", uuid::Uuid::now_v7().simple())});
        let status = wire.json("POST", "/api/v1/auth/register", None, &body).await?;
        let answer: Value = serde_json::from_slice(wire.body())?;
        if status != 201 {
            return Err(format!("registering was answered {status}: {answer}").into());
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let email = text(&body["email"]);
        Ok(Self {
            id: text(&answer["organization"]["id"]).parse()?,
            token: text(&answer["access_token"]),
            email,
        })
    }

    /// Logs in anew: a token ends after a quarter of an hour.
    pub async fn renew(&mut self, address: SocketAddr) -> Result<()> {
        let mut wire = Wire::connect(address).await?;
        let body = json!({"email": self.email, "password": PASSWORD});
        let status = wire.json("POST", "/api/v1/auth/login", None, &body).await?;
        let answer: Value = serde_json::from_slice(wire.body())?;
        match (status, answer["access_token"].as_str()) {
            (200, Some(token)) => token.clone_into(&mut self.token),
            _ => return Err(format!("logging in was answered {status}: {answer}").into()),
        }
        Ok(())
    }
}

impl Number {
    /// Written to the table as connecting does; `api_base_url` stands in for Meta's.
    pub async fn connect(
        sql: &PgPool,
        organization: &Organization,
        phone_number_id: &str,
        api_base_url: &str,
    ) -> Result<Self> {
        let channel = channels::find("whatsapp").ok_or("WhatsApp is not built in")?;
        let fields = BTreeMap::from(
            [
                ("phone_number_id", phone_number_id),
                ("business_account_id", "WABA_1"),
                ("access_token", "token"),
                ("app_secret", APP_SECRET),
                ("verify_token", "verify-me"),
                ("api_base_url", api_base_url),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let id = connect(sql, organization, channel, fields).await?.0;
        Ok(Self {
            organization: organization.clone(),
            integration: id,
            path: format!("/webhooks/whatsapp/{id}"),
            phone_number_id: phone_number_id.to_owned(),
            customers: 0,
        })
    }

    /// Tells the hub how many messages per second the number may send, once it starts again.
    pub async fn paced(&self, sql: &PgPool, rate: usize) -> Result<()> {
        sqlx::query("update integrations set account = account || jsonb_build_object('messages_per_second', $2::text) where id = $1")
            .bind(self.integration)
            .bind(rate.to_string())
            .execute(sql)
            .await?;
        Ok(())
    }

    /// Lets so many customers write their first message, through the front door.
    pub async fn welcome(&mut self, address: SocketAddr, customers: u64, numbers: &AtomicU64) -> Result<()> {
        let mut wire = Wire::connect(address).await?;
        for first in (0..customers).step_by(usize::try_from(SEED_BATCH)?) {
            let messages: Vec<_> = (first..customers.min(first + SEED_BATCH))
                .map(|customer| (customer, numbers.fetch_add(1, Ordering::Relaxed)))
                .collect();
            let status = wire.send(&self.signed(&self.body(&messages))).await?;
            if status != 200 {
                return Err(format!("a seeding callback was answered {status}").into());
            }
        }
        self.customers = customers;
        Ok(())
    }

    pub fn phone_number_id(&self) -> &str {
        &self.phone_number_id
    }

    /// A whole request: message `number`, from one of the customers.
    pub fn text(&self, number: u64) -> Vec<u8> {
        self.signed(&self.body(&[(scatter(number) % self.customers.max(1), number)]))
    }

    /// A whole request: the platform says that the hub's message, which it calls `external_id`, was delivered.
    pub fn delivered(&self, external_id: &str) -> Vec<u8> {
        let now = chrono::Utc::now().timestamp();
        self.signed(&format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"WABA_1","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"{}"}},"statuses":[{{"id":"{external_id}","status":"delivered","timestamp":"{now}","recipient_id":"491510000000"}}]}},"field":"messages"}}]}}]}}"#,
            self.phone_number_id
        ))
    }

    /// A callback around these messages, each `(customer, number)`.
    fn body(&self, messages: &[(u64, u64)]) -> String {
        let now = chrono::Utc::now().timestamp();
        let mut people = String::new();
        let mut texts = String::new();
        for (index, (customer, number)) in messages.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let phone = phone(*customer);
            let _ =
                write!(people, r#"{comma}{{"profile":{{"name":"Customer {customer}"}},"wa_id":"{phone}"}}"#);
            let _ = write!(
                texts,
                r#"{comma}{{"from":"{phone}","id":"{}","timestamp":"{now}","text":{{"body":"{}"}},"type":"text"}}"#,
                external_id(*number),
                sentence(*number)
            );
        }
        format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"WABA_1","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"{}"}},"contacts":[{people}],"messages":[{texts}]}},"field":"messages"}}]}}]}}"#,
            self.phone_number_id
        )
    }

    fn signed(&self, body: &str) -> Vec<u8> {
        let signature = webhooks::sign::hmac_sha256_hex(APP_SECRET.as_bytes(), body.as_bytes());
        self.with_signature(body, &signature)
    }

    /// A request whose signature has the right form and is wrong.
    pub fn forged(&self, number: u64) -> Vec<u8> {
        self.with_signature(&self.body(&[(number % 1000, number)]), &"0".repeat(64))
    }

    fn with_signature(&self, body: &str, signature: &str) -> Vec<u8> {
        let headers = format!(
            "user-agent: facebookexternalua\r\naccept: */*\r\ncontent-type: application/json\r\nx-hub-signature-256: sha256={signature}\r\n"
        );
        wire::request("POST", &self.path, &headers, body.as_bytes())
    }
}

/// Writes an account to the table as connecting does, and tells no platform.
pub async fn connect(
    sql: &PgPool,
    organization: &Organization,
    channel: &'static dyn Channel,
    fields: BTreeMap<String, String>,
) -> Result<(IntegrationId, Account)> {
    let mut account = channel.account_form().fill(fields).map_err(|faults| format!("{faults:?}"))?;
    channel.complete(&mut account);
    let vault = Vault::new(&SECRET_KEY_BYTES);
    let id = IntegrationId::new();
    let (open, sealed) = integration::seal(&vault, organization.id, id, channel, &account)?;
    sqlx::query(
        "insert into integrations (organization_id, id, channel, name, account_key, account, sealed)
         values ($1, $2, $3, 'Bench', $4, $5, $6)",
    )
    .bind(organization.id)
    .bind(id)
    .bind(channel.id().as_str())
    .bind(channel.account_key(&account))
    .bind(open)
    .bind(sealed)
    .execute(sql)
    .await?;
    Ok((id, account))
}

/// The secret that bare servers check signatures with.
pub fn app_secret() -> &'static [u8] {
    APP_SECRET.as_bytes()
}

/// Messages to all numbers in turn.
pub fn texts(numbers: &[Number]) -> Make {
    let numbers = numbers.to_vec();
    Arc::new(move |message| {
        let at = usize::try_from(message).unwrap_or_default() % numbers.len();
        numbers[at].text(message)
    })
}

/// The platform's id of message `number`.
pub fn external_id(number: u64) -> String {
    format!("wamid.HBgNNDkxNTEwMDAwMDAwMRUCABIYFDNBN0{number:016X}")
}

fn phone(customer: u64) -> String {
    format!("4915{:09}", 10_000_000 + customer)
}

/// Twelve words.
pub fn sentence(number: u64) -> String {
    let mut words = String::new();
    for at in 0..12 {
        if at > 0 {
            words.push(' ');
        }
        let word = scatter(number.wrapping_mul(31).wrapping_add(at)) % WORDS.len() as u64;
        words.push_str(WORDS[usize::try_from(word).unwrap_or_default()]);
    }
    words
}

/// Neighbouring numbers become distant ones, always the same.
fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ (mixed >> 29)
}
