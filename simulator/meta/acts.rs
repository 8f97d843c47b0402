//! What customers do on their phones, and the callbacks that tell the business.

use chrono::Utc;
use serde_json::{Value, json};

use super::{
    Player, Product,
    callback::Callback,
    messages::WORDS,
    world::{Chat, StoredFile, bubble, message_id},
};
use crate::{Act, ActError, Customer, Media};

/// What is told: the item, and whether it opens the window.
struct Told {
    item: Value,
    opens_window: bool,
}

impl Told {
    fn message(message: Value) -> Self {
        Self { item: json!({ "message": message }), opens_window: true }
    }

    fn change(item: Value) -> Self {
        Self { item, opens_window: false }
    }
}

impl<P: Product> Player<P> {
    /// Changes the chat and makes the callback; `None` if the business is not told.
    pub(super) fn done(
        &self,
        account: &str,
        customer: &Customer,
        act: Act,
    ) -> Result<(String, Option<Callback>), ActError> {
        let file = match &act {
            Act::Media(media) => Some(self.kept(media)),
            _ => None,
        };
        let mut world = self.world();
        let page = world.pages.get_mut(account).ok_or(ActError::NoSuchAccount)?;
        if page.callback.is_none() || !page.subscribed {
            return Err(ActError::NoWebhook);
        }
        let id = message_id();
        let now = Utc::now();
        let chat = page.chat_with(customer);
        let told = match act {
            Act::Text { text, reply_to } => said(chat, &id, text, reply_to)?,
            Act::Media(media) => sent(chat, &id, &media, file.unwrap_or_default())?,
            Act::React { message, emoji } => reacted(chat, &message, &emoji)?,
            Act::Press { message, button } => match pressed(chat, &id, &message, &button)? {
                Some(told) => told,
                None => return Ok((message, None)),
            },
            Act::Edit { message, text } => edited(chat, &message, text)?,
            Act::Delete { message } => {
                own(chat, &message)?.deleted = true;
                Told::change(json!({ "message": { "mid": message, "is_deleted": true } }))
            }
            Act::Read => match seen::<P>(chat) {
                Some(told) => told,
                None => return Ok((String::new(), None)),
            },
            Act::Block | Act::Unblock => {
                chat.blocked = matches!(act, Act::Block);
                return Ok((String::new(), None));
            }
            Act::Location { .. } => return Err(ActError::Unsupported("sending of places")),
            Act::Contact { .. } => return Err(ActError::Unsupported("contact cards")),
            Act::Phone(_) => return Err(ActError::Unsupported("telephone")),
        };
        if told.opens_window {
            (chat.last_inbound, chat.shut) = (Some(now), false);
        }
        let callback = page.callback::<P>(&customer.id, false, told.item)?;
        Ok((id, Some(callback)))
    }

    pub(super) fn composed_together(
        &self,
        said: &[(&str, &Customer, &str)],
    ) -> Result<(Vec<String>, Callback), ActError> {
        let mut world = self.world();
        let (mut ids, mut entries) = (Vec::new(), Vec::new());
        for (account, customer, text) in said {
            let page = world.pages.get_mut(*account).ok_or(ActError::NoSuchAccount)?;
            let (id, now) = (message_id(), Utc::now());
            let chat = page.chat_with(customer);
            let mut item = self::said(chat, &id, (*text).to_owned(), None)?.item;
            (chat.last_inbound, chat.shut) = (Some(now), false);
            item["sender"] = json!({ "id": customer.id });
            item["recipient"] = json!({ "id": account });
            item["timestamp"] = json!(now.timestamp_millis());
            entries.push(json!({ "id": account, "time": now.timestamp_millis(), "messaging": [item] }));
            ids.push(id);
        }
        let first = said.first().and_then(|(account, ..)| world.pages.get(*account));
        let page = first.ok_or(ActError::NoSuchAccount)?;
        let url = page.callback.clone().ok_or(ActError::NoWebhook)?;
        Ok((ids, page.signed::<P>(url, &entries)))
    }

    fn kept(&self, media: &Media) -> String {
        let file = StoredFile {
            bytes: media.bytes.clone(),
            mime: media.mime.clone(),
            name: media.file_name.clone(),
        };
        format!("{}/files/{}", self.base_url, self.keep(file))
    }
}

fn said(chat: &mut Chat, id: &str, text: String, reply_to: Option<String>) -> Result<Told, ActError> {
    let mut message = json!({ "mid": id, "text": text });
    if let Some(answered) = &reply_to {
        chat.bubble(answered).ok_or(ActError::NoSuchMessage)?;
        message["reply_to"] = json!({ "mid": answered });
    }
    let mut view = bubble(id, true, "text", Utc::now());
    (view.text, view.reply_to) = (text, reply_to);
    chat.bubbles.push(view);
    Ok(Told::message(message))
}

fn sent(chat: &mut Chat, id: &str, media: &Media, url: String) -> Result<Told, ActError> {
    let kind = match media.kind.as_str() {
        "image" | "video" | "audio" => media.kind.as_str(),
        "voice" => "audio",
        "document" => "file",
        "sticker" => "sticker",
        _ => return Err(ActError::Unsupported("such files")),
    };
    let mut payload = json!({ "url": url });
    if kind == "sticker" {
        payload["sticker_id"] = json!("1");
    }
    let mut message = json!({ "mid": id, "attachments": [{ "type": kind, "payload": payload }] });
    let caption = media.caption.as_deref().filter(|text| !text.is_empty());
    if let Some(text) = caption {
        message["text"] = json!(text);
    }
    let mut view = bubble(id, true, &media.kind, Utc::now());
    view.text = caption.unwrap_or_default().to_owned();
    (view.media_url, view.file_name) = (Some(url), Some(media.file_name.clone()));
    chat.bubbles.push(view);
    Ok(Told::message(message))
}

fn reacted(chat: &mut Chat, message: &str, emoji: &str) -> Result<Told, ActError> {
    let reactions = &mut chat.bubble(message).ok_or(ActError::NoSuchMessage)?.reactions;
    reactions.retain(|(_, by)| by != "customer");
    if emoji.is_empty() {
        return Ok(Told::change(json!({ "reaction": { "mid": message, "action": "unreact" } })));
    }
    reactions.push((emoji.to_owned(), "customer".into()));
    let word = WORDS.iter().find(|(_, known)| *known == emoji).map_or("other", |(word, _)| *word);
    let reaction = json!({ "mid": message, "action": "react", "reaction": word, "emoji": emoji });
    Ok(Told::change(json!({ "reaction": reaction })))
}

/// A quick reply is a message, a template's button a postback; `None` for one that only opens an address.
fn pressed(chat: &mut Chat, id: &str, message: &str, button: &str) -> Result<Option<Told>, ActError> {
    let offered = chat.bubble(message).filter(|bubble| !bubble.from_customer);
    let offered = offered.ok_or(ActError::NoSuchMessage)?;
    let template = offered.buttons.iter().any(|known| known.url.is_some());
    let pressed = offered.buttons.iter().find(|known| known.id == button).cloned();
    let pressed = pressed.ok_or(ActError::NoSuchMessage)?;
    if pressed.url.is_some() {
        return Ok(None);
    }
    let mut view = bubble(id, true, "text", Utc::now());
    view.text.clone_from(&pressed.title);
    chat.bubbles.push(view);
    Ok(Some(if template {
        let postback = json!({ "mid": id, "title": pressed.title, "payload": pressed.id });
        Told { item: json!({ "postback": postback }), opens_window: true }
    } else {
        let reply = json!({ "payload": pressed.id });
        Told::message(json!({ "mid": id, "text": pressed.title, "quick_reply": reply }))
    }))
}

fn edited(chat: &mut Chat, message: &str, text: String) -> Result<Told, ActError> {
    let view = own(chat, message)?;
    if view.kind != "text" {
        return Err(ActError::Unsupported("editing of such a message"));
    }
    (view.text, view.edited) = (text.clone(), true);
    Ok(Told::change(json!({ "message_edit": { "mid": message, "text": text, "num_edit": 1 } })))
}

/// The customer opens the chat.
fn seen<P: Product>(chat: &mut Chat) -> Option<Told> {
    let unread: Vec<_> =
        chat.bubbles.iter_mut().filter(|bubble| !bubble.from_customer && bubble.status != "read").collect();
    let newest = unread.last().map(|bubble| bubble.id.clone())?;
    unread.into_iter().for_each(|bubble| bubble.status = "read".into());
    Some(Told::change(match P::WATERMARKS {
        true => json!({ "read": { "watermark": Utc::now().timestamp_millis() } }),
        false => json!({ "read": { "mid": newest } }),
    }))
}

fn own<'a>(chat: &'a mut Chat, message: &str) -> Result<&'a mut crate::ChatMessage, ActError> {
    chat.bubble(message).filter(|bubble| bubble.from_customer).ok_or(ActError::NoSuchMessage)
}
