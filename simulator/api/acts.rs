//! What a customer does in the connected system, and what the hub is told of it.

use serde_json::{Value, json};

use super::{Player, bubble, new_id};
use crate::{Act, ActError, ChatMessage, Customer};

/// What to tell, in order.
type Told = Vec<(&'static str, Value)>;

impl Player {
    /// Changes the chat; returns the id of what was done.
    pub(super) fn done(
        &self,
        account: &str,
        customer: &Customer,
        act: Act,
    ) -> Result<(String, Told), ActError> {
        let address = match &act {
            Act::Media(media) => Some(self.keep(media)),
            _ => None,
        };
        let mut systems = self.systems();
        let system = systems.get_mut(account).ok_or(ActError::NoSuchAccount)?;
        if system.hub.is_none() {
            return Err(ActError::NoWebhook);
        }
        let chat = system.chats.entry(customer.id.clone()).or_default();
        let id = new_id("m");
        let contact = json!({ "id": customer.id, "name": customer.name, "username": customer.username });
        let said = |more: Value| {
            let mut data = json!({ "id": id, "contact": contact });
            if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
                data.extend(more);
            }
            vec![("message.received", data)]
        };
        let told = match act {
            Act::Text { text, reply_to } => {
                let mut view = bubble(&id, true, "text", &text);
                view.reply_to.clone_from(&reply_to);
                chat.push(view);
                said(json!({ "text": text, "reply_to": reply_to }))
            }
            Act::Media(media) => {
                let mut view = bubble(&id, true, &media.kind, media.caption.as_deref().unwrap_or_default());
                view.media_url.clone_from(&address);
                view.file_name = Some(media.file_name.clone());
                chat.push(view);
                let file = json!({ "url": address, "kind": media.kind, "mime": media.mime, "file_name": media.file_name });
                said(json!({ "text": media.caption.unwrap_or_default(), "attachments": [file] }))
            }
            Act::Location { latitude, longitude, name } => {
                let text = name.clone().unwrap_or_else(|| format!("{latitude}, {longitude}"));
                chat.push(bubble(&id, true, "location", &text));
                said(json!({ "location": { "latitude": latitude, "longitude": longitude, "name": name } }))
            }
            Act::React { message, emoji } => {
                let found = find(chat, &message)?;
                found.reactions.retain(|(_, by)| by != "customer");
                let list: Vec<_> = Some(emoji).filter(|emoji| !emoji.is_empty()).into_iter().collect();
                found.reactions.extend(list.iter().map(|emoji| (emoji.clone(), "customer".to_owned())));
                vec![("reaction.changed", json!({ "message": message, "contact": contact, "emoji": list }))]
            }
            Act::Press { message, button } => {
                let pressed = find(chat, &message)?.buttons.iter().find(|one| one.id == button).cloned();
                let pressed = pressed.ok_or(ActError::NoSuchMessage)?;
                chat.push(bubble(&id, true, "text", &pressed.title));
                said(json!({ "choice": { "id": pressed.id, "title": pressed.title }, "reply_to": message }))
            }
            Act::Edit { message, text } => {
                let found = find(chat, &message)?;
                found.text.clone_from(&text);
                found.edited = true;
                vec![("message.updated", json!({ "id": message, "text": text }))]
            }
            Act::Delete { message } => {
                find(chat, &message)?.deleted = true;
                vec![("message.deleted", json!({ "id": message }))]
            }
            Act::Read => {
                let unread = chat.iter_mut().filter(|one| !one.from_customer && one.status != "read");
                unread
                    .map(|one| {
                        "read".clone_into(&mut one.status);
                        ("message.status", json!({ "id": one.id, "status": "read" }))
                    })
                    .collect()
            }
            Act::Block | Act::Unblock => {
                let mut contact = contact.clone();
                contact["reachable"] = json!(matches!(act, Act::Unblock));
                vec![("contact.updated", contact)]
            }
            Act::Contact { .. } => return Err(ActError::Unsupported("contact cards")),
            Act::Phone(_) => return Err(ActError::Unsupported("calls")),
        };
        Ok((id, told))
    }

    fn keep(&self, media: &crate::Media) -> String {
        let id = new_id("file");
        self.files().insert(id.clone(), (media.mime.clone(), media.bytes.clone()));
        format!("{}/api-files/{id}", self.base_url)
    }
}

fn find<'a>(chat: &'a mut [ChatMessage], id: &str) -> Result<&'a mut ChatMessage, ActError> {
    chat.iter_mut().find(|one| one.id == id && !one.deleted).ok_or(ActError::NoSuchMessage)
}
