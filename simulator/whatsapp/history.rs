//! A number that is shared with the WhatsApp Business app: what the phone remembers, told in chunks after the number is connected.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    Player,
    callback::seconds,
    world::{self, StoredFile, bubble},
};
use crate::{ActError, Customer, Media};

/// One message that the phone remembers.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub id: String,
    pub from_customer: bool,
    pub text: String,
    pub at: DateTime<Utc>,
    /// A file comes as a placeholder, and by a callback of its own once [`Player::share_file`] is asked for it.
    pub file: Option<Media>,
}

impl Remembered {
    pub fn text(from_customer: bool, text: &str, at: DateTime<Utc>) -> Self {
        Self { id: world::message_id(), from_customer, text: text.to_owned(), at, file: None }
    }
}

impl Player {
    /// Tells a chunk of the history: each customer's chat, newest first as Meta lists it.
    pub async fn share_history(
        &self,
        account: &str,
        chats: &[(Customer, Vec<Remembered>)],
        (chunk, progress): (u32, u32),
    ) -> Result<(), ActError> {
        let display = self.display(account)?;
        let threads: Vec<Value> = chats
            .iter()
            .map(|(customer, messages)| {
                let mut messages: Vec<_> = messages.iter().collect();
                messages.sort_by_key(|one| std::cmp::Reverse(one.at));
                let messages: Vec<_> = messages.iter().map(|one| past(one, customer, &display)).collect();
                json!({ "id": customer.id, "messages": messages })
            })
            .collect();
        for (customer, messages) in chats {
            self.remember(account, customer, messages);
        }
        let metadata = json!({ "phase": 0, "chunk_order": chunk, "progress": progress });
        self.tell(account, "history", json!({ "history": [{ "metadata": metadata, "threads": threads }] }))
            .await
    }

    /// Tells the content of a file that stood in the history as a placeholder.
    pub async fn share_file(
        &self,
        account: &str,
        customer: &Customer,
        message: &Remembered,
    ) -> Result<(), ActError> {
        let display = self.display(account)?;
        let file = message.file.as_ref().ok_or(ActError::Unsupported("file in that message"))?;
        let kept = StoredFile::new(file.bytes.clone(), file.mime.clone());
        let sha256 = kept.sha256();
        let mut object = json!({ "id": self.keep(kept), "mime_type": file.mime, "sha256": sha256 });
        if !message.text.is_empty() {
            object["caption"] = json!(message.text);
        }
        let mut item = json!({
            "from": if message.from_customer { &customer.id } else { &display },
            "id": message.id,
            "timestamp": seconds(message.at),
            "type": file.kind,
        });
        item[file.kind.as_str()] = object;
        if !message.from_customer {
            item["to"] = json!(customer.id);
        }
        self.tell(account, "history", json!({ "messages": [item] })).await
    }

    /// The business has turned sharing off.
    pub async fn decline_history(&self, account: &str) -> Result<(), ActError> {
        let title = "History sync is turned off by the business from the WhatsApp Business App";
        let error = json!({ "code": 2_593_109, "title": title, "message": title });
        self.tell(account, "history", json!({ "history": [{ "errors": [error] }] })).await
    }

    /// Entries of the phone's address book: `Some(name)` came or changed, `None` was removed.
    pub async fn share_address_book(
        &self,
        account: &str,
        entries: &[(&str, Option<&str>)],
    ) -> Result<(), ActError> {
        let entries: Vec<_> = entries
            .iter()
            .map(|(phone, name)| {
                let mut contact = json!({ "phone_number": phone });
                if let Some(name) = name {
                    contact["full_name"] = json!(name);
                    contact["first_name"] = json!(name.split(' ').next());
                }
                json!({
                    "type": "contact",
                    "contact": contact,
                    "action": if name.is_some() { "add" } else { "remove" },
                    "metadata": { "timestamp": seconds(Utc::now()) },
                })
            })
            .collect();
        self.tell(account, "smb_app_state_sync", json!({ "state_sync": entries })).await
    }

    fn display(&self, account: &str) -> Result<String, ActError> {
        self.world().numbers.get(account).map(|number| number.display.clone()).ok_or(ActError::NoSuchAccount)
    }

    /// The customer's phone remembers the same.
    fn remember(&self, account: &str, customer: &Customer, messages: &[Remembered]) {
        let mut world = self.world();
        let Some(number) = world.numbers.get_mut(account) else { return };
        let chat = number.chat(customer);
        for one in messages {
            let mut view = bubble(&one.id, one.from_customer, "text", one.at);
            view.text.clone_from(&one.text);
            let offer = world::Offer::Buttons;
            chat.bubbles.push(world::Bubble { view, opaque: None, offer, content: Value::Null });
        }
        chat.bubbles.sort_by_key(|bubble| bubble.view.at);
    }
}

fn past(message: &Remembered, customer: &Customer, display: &str) -> Value {
    let mut item = json!({
        "from": if message.from_customer { customer.id.as_str() } else { display },
        "id": message.id,
        "timestamp": seconds(message.at),
        "history_context": { "status": if message.from_customer { "PENDING" } else { "READ" } },
    });
    if message.file.is_some() {
        item["type"] = json!("media_placeholder");
    } else {
        item["type"] = json!("text");
        item["text"] = json!({ "body": message.text });
    }
    if !message.from_customer {
        item["to"] = json!(customer.id);
    }
    item
}
