//! An integration and callbacks signed as its platform signs them, for tests that need no played platform.

use std::{collections::BTreeMap, sync::Arc};

use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Act, ChatMessage, Customer, Player, Simulator};
use switchboard::{
    ids::{IntegrationId, OrganizationId},
    inbox::integration,
};

use super::{
    client::Session,
    hub::{Hub, Twin},
};

pub const APP_SECRET: &str = "test-app-secret-0001";
pub const VERIFY_TOKEN: &str = "verify-me";
pub const BOT_TOKEN: &str = "123456789:test-bot-token-0001";
pub const SECRET_TOKEN: &str = "test-secret-token-0001";

/// Writes an integration as connecting does; tells no platform.
pub async fn connect(
    hub: &Hub,
    session: &Session,
    channel: &dyn channels::Channel,
    fields: BTreeMap<String, String>,
) -> IntegrationId {
    let mut account = channel.account_form().fill(fields).unwrap();
    channel.complete(&mut account);
    let organization: OrganizationId = session.organization_id.parse().unwrap();
    let id = IntegrationId::new();
    let (open, sealed) = integration::seal(&hub.app.vault, organization, id, channel, &account).unwrap();
    sqlx::query(
        "insert into integrations (organization_id, id, channel, name, account_key, account, sealed)
         values ($1, $2, $3, 'Support', $4, $5, $6)",
    )
    .bind(organization)
    .bind(id)
    .bind(channel.id().as_str())
    .bind(channel.account_key(&account))
    .bind(open)
    .bind(sealed)
    .execute(&mut hub.sql().await)
    .await
    .unwrap();
    if channel.streams(&account)
        && let Ok(Some(from)) = channel.listens_from(&account, &hub.app.net).await
    {
        sqlx::query("insert into listeners (organization_id, integration_id, state) values ($1, $2, $3)")
            .bind(organization)
            .bind(id)
            .bind(from)
            .execute(&mut hub.sql().await)
            .await
            .unwrap();
    }
    id
}

/// An account on a played platform, connected to the hub; what its customers do comes in by callbacks.
pub struct Played {
    pub simulator: Simulator,
    pub player: Arc<dyn Player>,
    pub id: IntegrationId,
    pub account: String,
}

impl Played {
    pub async fn connect(hub: &Hub, session: &Session, channel: &str) -> Self {
        Self::connect_with(hub, session, channel, &[]).await
    }

    /// With these fields of the account form beside those that the platform gives.
    pub async fn connect_with(hub: &Hub, session: &Session, channel: &str, more: &[(&str, &str)]) -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        simulator.known_as(&hub.url, hub.app.config.server.public_url.as_str());
        let player = simulator.player(channel).unwrap();
        let channel = channels::find(channel).unwrap();
        let mut fields = player.open_account("Support");
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let id = connect(hub, session, channel, fields).await;
        let integration = hub.app.integrations.find(id).await.unwrap().unwrap();
        let webhook_url = format!("{}/webhooks/{}/{id}", hub.url, channel.id()).parse().unwrap();
        let connection = channels::Connection { webhook_url };
        player.enter_webhook(&integration.account_key, connection.webhook_url.as_str());
        channel.connect(&integration.account, &connection, &hub.app.net).await.unwrap();
        Self { simulator, player, id, account: integration.account_key.clone() }
    }

    /// A customer writes; returns the conversation.
    pub async fn write(&self, session: &Session, customer: &str, text: &str) -> Value {
        let act = Act::Text { text: text.to_owned(), reply_to: None };
        self.act(customer, act).await;
        let listed = session.get("/conversations?limit=1").await.expect(200);
        listed.body["data"][0].clone()
    }

    pub async fn act(&self, customer: &str, act: Act) -> String {
        let customer =
            Customer { id: customer.to_owned(), name: format!("Name of {customer}"), username: None };
        self.player.act(&self.account, &customer, act).await.unwrap()
    }

    /// What the customer sees that the business wrote, oldest first.
    pub fn received(&self, customer: &str) -> Vec<ChatMessage> {
        self.player
            .chat(&self.account, customer)
            .into_iter()
            .filter(|message| !message.from_customer)
            .collect()
    }
}

/// A connected WhatsApp number.
pub struct WhatsApp {
    pub id: IntegrationId,
    pub number: String,
    url: String,
    http: reqwest::Client,
}

impl WhatsApp {
    /// Written to the table as connecting does, without a platform behind it.
    pub async fn connect(hub: &Hub, session: &Session, number: &str) -> Self {
        Self::connect_with(hub, session, number, APP_SECRET).await
    }

    /// With the secret of another app.
    pub async fn connect_with(hub: &Hub, session: &Session, number: &str, app_secret: &str) -> Self {
        let channel = channels::find("whatsapp").unwrap();
        let fields = BTreeMap::from(
            [
                ("phone_number_id", number),
                ("business_account_id", "WABA_1"),
                ("access_token", "token"),
                ("app_secret", app_secret),
                ("verify_token", VERIFY_TOKEN),
                ("api_base_url", "http://127.0.0.1:9"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let id = connect(hub, session, channel, fields).await;
        let url = format!("{}/webhooks/whatsapp/{id}", hub.url);
        Self { id, number: number.to_owned(), url, http: hub.client().http() }
    }

    /// The same account, reached through another server.
    pub fn at(&self, twin: &Twin) -> Self {
        let url = format!("{}/webhooks/whatsapp/{}", twin.url, self.id);
        Self { id: self.id, number: self.number.clone(), url, http: self.http.clone() }
    }

    /// One callback, signed; the hub's status.
    pub async fn post(&self, body: &Value) -> StatusCode {
        self.post_raw(serde_json::to_vec(body).unwrap()).await
    }

    pub async fn post_raw(&self, body: Vec<u8>) -> StatusCode {
        let signature = signature(&body);
        self.post_signed(body, &signature).await
    }

    pub async fn post_signed(&self, body: Vec<u8>, signature: &str) -> StatusCode {
        let request = self.http.post(&self.url).header("x-hub-signature-256", signature).body(body);
        request.send().await.unwrap().status()
    }

    /// A callback with these messages, each `(sender, id, text)`.
    pub fn texts(&self, messages: &[(&str, &str, &str)]) -> Value {
        let contacts: Vec<_> = messages
            .iter()
            .map(|(from, ..)| json!({"profile": {"name": format!("Name of {from}")}, "wa_id": from}))
            .collect();
        let messages: Vec<_> = messages
            .iter()
            .map(|(from, id, text)| {
                json!({"from": from, "id": id, "timestamp": now(), "type": "text", "text": {"body": text}})
            })
            .collect();
        self.change(json!({"contacts": contacts, "messages": messages}))
    }

    /// A callback with these statuses, each `(message id, status)`.
    pub fn statuses(&self, statuses: &[(&str, &str)]) -> Value {
        let statuses: Vec<_> = statuses
            .iter()
            .map(|(id, status)| json!({"id": id, "status": status, "timestamp": now(), "recipient_id": "4915100000001"}))
            .collect();
        self.change(json!({"statuses": statuses}))
    }

    /// A callback around one `value`.
    pub fn change(&self, mut value: Value) -> Value {
        value["messaging_product"] = json!("whatsapp");
        value["metadata"] = json!({"display_phone_number": "15550001111", "phone_number_id": self.number});
        json!({"object": "whatsapp_business_account",
               "entry": [{"id": "WABA_1", "changes": [{"field": "messages", "value": value}]}]})
    }
}

/// The value of `x-hub-signature-256`.
pub fn signature(body: &[u8]) -> String {
    format!("sha256={}", webhooks::sign::hmac_sha256_hex(APP_SECRET.as_bytes(), body))
}

/// A connected bot.
pub struct Telegram {
    pub id: IntegrationId,
    url: String,
    http: reqwest::Client,
}

impl Telegram {
    /// As [`WhatsApp::connect`].
    pub async fn connect(hub: &Hub, session: &Session) -> Self {
        let channel = channels::find("telegram").unwrap();
        let fields = BTreeMap::from(
            [
                ("bot_token", BOT_TOKEN),
                ("secret_token", SECRET_TOKEN),
                ("api_base_url", "http://127.0.0.1:9"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let id = connect(hub, session, channel, fields).await;
        Self { id, url: format!("{}/webhooks/telegram/{id}", hub.url), http: hub.client().http() }
    }

    /// One update; the hub's status.
    pub async fn post(&self, update: &Value) -> StatusCode {
        let request = self.http.post(&self.url).header("x-telegram-bot-api-secret-token", SECRET_TOKEN);
        request.json(update).send().await.unwrap().status()
    }
}

fn now() -> String {
    chrono::Utc::now().timestamp().to_string()
}
