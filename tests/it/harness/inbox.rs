//! An organization with a connected number, customers who write, and an owner who looks.

use serde_json::Value;

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

/// The `id` of an answer or a row.
pub fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

/// The ids of a list's page.
pub fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|row| id(row).to_owned()).collect()
}
