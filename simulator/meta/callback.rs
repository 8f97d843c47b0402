//! Callbacks as Meta sends them: its envelope and its signature, repeated until taken.

use chrono::Utc;
use serde_json::{Value, json};
use webhooks::sign;

use super::{Player, Product, world::Page};
use crate::ActError;

/// A signed body and where it goes.
pub(super) struct Callback {
    url: String,
    signature: String,
    body: Vec<u8>,
}

impl Page {
    /// Signs one item about a customer; an echo is the business's own act.
    pub(super) fn callback<P: Product>(
        &self,
        customer: &str,
        echo: bool,
        mut item: Value,
    ) -> Result<Callback, ActError> {
        let url = self.callback.clone().filter(|_| self.subscribed).ok_or(ActError::NoWebhook)?;
        let now = Utc::now().timestamp_millis();
        let (sender, recipient) =
            if echo { (self.id.as_str(), customer) } else { (customer, self.id.as_str()) };
        item["sender"] = json!({ "id": sender });
        item["recipient"] = json!({ "id": recipient });
        item["timestamp"] = json!(now);
        // While another app has the conversation, ours only watches.
        let list = if self.standby { "standby" } else { "messaging" };
        let entry = json!({ "id": self.id, "time": now, (list): [item] });
        Ok(self.signed::<P>(url, &[entry]))
    }
}

impl Page {
    /// Entries in one body, which may be of several accounts of the app.
    pub(super) fn signed<P: Product>(&self, url: String, entries: &[Value]) -> Callback {
        let body = json!({ "object": P::OBJECT, "entry": entries }).to_string().into_bytes();
        let digest = sign::hmac_sha256_hex(self.app_secret.as_bytes(), &body);
        Callback { url, signature: format!("sha256={digest}"), body }
    }
}

impl<P: Product> Player<P> {
    /// Posts until the hub takes it.
    pub(super) async fn deliver(&self, callback: Callback) -> Result<(), ActError> {
        let headers = [("X-Hub-Signature-256", callback.signature)];
        let attempts = self.settings().attempts;
        self.poster.deliver(&callback.url, &headers, callback.body, attempts).await.map(|_| ())
    }
}
