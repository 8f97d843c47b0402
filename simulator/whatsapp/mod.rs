//! WhatsApp, played.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use axum::Router;
use tokio::sync::broadcast;

use crate::{Act, ActError, ChatChanged, ChatMessage, Customer};

pub struct Player {
    changes: broadcast::Sender<ChatChanged>,
}

impl Player {
    pub fn new(_base_url: &str) -> Self {
        Self { changes: broadcast::channel(256).0 }
    }

    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
    }
}

#[async_trait]
impl crate::Player for Player {
    fn channel(&self) -> &'static str {
        "whatsapp"
    }

    fn open_account(&self, _name: &str) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    fn adopt_account(&self, _fields: &BTreeMap<String, String>, _webhook_url: &str) {}

    fn accounts(&self) -> Vec<String> {
        Vec::new()
    }

    async fn act(&self, _account: &str, _customer: &Customer, _act: Act) -> Result<String, ActError> {
        Err(ActError::NoSuchAccount)
    }

    fn chat(&self, _account: &str, _customer: &str) -> Vec<ChatMessage> {
        Vec::new()
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.changes.subscribe()
    }
}
