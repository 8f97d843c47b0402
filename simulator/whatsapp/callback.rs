//! Callbacks as Meta sends them: its envelope, its way of writing JSON, its signature, repeated until taken.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use webhooks::sign;

use super::{
    Player,
    world::{World, user_id},
};
use crate::{ActError, Customer};

/// A signed body and where it goes.
pub(super) struct Callback {
    url: String,
    signature: String,
    body: Vec<u8>,
}

impl World {
    /// Signs `value` for a number, with its metadata added.
    pub(super) fn callback(&self, number: &str, field: &str, mut value: Value) -> Result<Callback, ActError> {
        let number = self.numbers.get(number).ok_or(ActError::NoSuchAccount)?;
        let url = number.callback.clone().ok_or(ActError::NoWebhook)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("messaging_product".into(), json!("whatsapp"));
            let metadata = json!({ "display_phone_number": number.display, "phone_number_id": number.id });
            fields.entry("metadata").or_insert(metadata);
        }
        let envelope = json!({
            "object": "whatsapp_business_account",
            "entry": [{ "id": number.business_account_id, "changes": [{ "field": field, "value": value }] }],
        });
        let body = as_meta_writes(&envelope).into_bytes();
        let digest = sign::hmac_sha256_hex(number.app_secret.as_bytes(), &body);
        Ok(Callback { url, signature: format!("sha256={digest}"), body })
    }

    /// A customer as a line of `contacts`.
    pub(super) fn contact(&self, customer: &Customer) -> Value {
        let mut profile = json!({ "name": customer.name });
        if let Some(username) = &customer.username {
            profile["username"] = json!(username);
        }
        let mut contact = json!({ "profile": profile, "user_id": user_id(&customer.id) });
        if self.shows_phone(customer) {
            contact["wa_id"] = json!(customer.id);
        }
        contact
    }

    /// Whether the business may know the customer's phone.
    pub(super) fn shows_phone(&self, customer: &Customer) -> bool {
        let phone = customer.id.bytes().all(|byte| byte.is_ascii_digit());
        phone && !self.hidden.contains(&customer.id)
    }
}

impl Player {
    /// Posts until the hub takes it.
    pub(super) async fn deliver(&self, callback: Callback) -> Result<(), ActError> {
        let headers = [("X-Hub-Signature-256", callback.signature)];
        let attempts = self.settings().attempts;
        self.poster.deliver(&callback.url, &headers, callback.body, attempts).await.map(|_| ())
    }
}

pub(super) fn seconds(at: DateTime<Utc>) -> String {
    at.timestamp().to_string()
}

/// Meta escapes slashes and everything beyond ASCII; both occur inside strings only.
fn as_meta_writes(value: &Value) -> String {
    let mut out = String::new();
    for character in value.to_string().chars() {
        match character {
            '/' => out.push_str("\\/"),
            '\0'..='\x7f' => out.push(character),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_as_meta_does() {
        let value = json!({ "id": "1", "text": "café 👋 a/b" });
        let written = as_meta_writes(&value);
        assert_eq!(written, r#"{"id":"1","text":"caf\u00e9 \ud83d\udc4b a\/b"}"#);
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
