//! An organization with a connected number, customers who write, and an owner who looks.

use bytes::Bytes;
use channels::{InboundEvent, Incoming, event::What};
use chrono::Utc;
use serde_json::Value;
use switchboard::{
    ids::{CallbackId, IntegrationId},
    ingest::Delivery,
};
use webhooks::Verified;

use super::{client::Session, hub::Hub, platform::WhatsApp};

pub struct Inbox {
    pub hub: Hub,
    pub owner: Session,
    pub whatsapp: WhatsApp,
}

impl Inbox {
    pub async fn start() -> Self {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let whatsapp = WhatsApp::connect(&hub, &owner, "PN_1").await;
        Self { hub, owner, whatsapp }
    }

    /// A customer writes; the conversation as the owner's list shows it.
    pub async fn receive(&self, from: &str, id: &str, text: &str) -> Value {
        assert_eq!(self.whatsapp.post(&self.whatsapp.texts(&[(from, id, text)])).await, 200);
        self.owner.get("/conversations?limit=1").await.expect(200).body["data"][0].clone()
    }
}

impl Inbox {
    /// One callback's news, as a channel would have read them: for what no connected platform tells.
    pub async fn hear(&self, news: impl IntoIterator<Item = What>) {
        hear(&self.hub, self.whatsapp.id, news).await;
    }

    /// All conversations, newest first.
    pub async fn conversations(&self) -> Vec<Value> {
        let page = self.owner.get("/conversations?limit=50").await.expect(200).body;
        page["data"].as_array().unwrap().clone()
    }

    /// A conversation's messages, oldest first.
    pub async fn messages(&self, conversation: &Value) -> Vec<Value> {
        let path = format!("/conversations/{}/messages?limit=50", id(conversation));
        let mut page = self.owner.get(&path).await.expect(200).body["data"].as_array().unwrap().clone();
        page.sort_by_key(|message| message["seq"].as_i64());
        page
    }
}

/// The same, of any integration.
pub async fn hear(hub: &Hub, integration: IntegrationId, news: impl IntoIterator<Item = What>) {
    let integration = hub.app.integrations.find(integration).await.unwrap().unwrap();
    let request = Verified::from_record("POST", vec![], vec![], Bytes::new(), Utc::now());
    let events = news.into_iter().map(InboundEvent::from).collect();
    let incoming = Ok(Incoming::events(events));
    let delivery = Delivery { id: CallbackId::new(), integration, request, incoming, replayed: false };
    hub.app.ingest.store(delivery).await.unwrap();
}

/// The `id` of an answer or a row.
pub fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

/// The ids of a list's page.
pub fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|row| id(row).to_owned()).collect()
}
