//! What customers do on their phones, and the callbacks that tell the business.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    Player,
    callback::{Callback, seconds},
    world::{Bubble, Chat, Offer, StoredFile, World, bubble, message_id, user_id},
};
use crate::{Act, ActError, Customer, Media};

/// A message about to be told: its type and object, and whether it opens the window.
struct Told {
    kind: &'static str,
    object: Value,
    context: Option<Value>,
    opens_window: bool,
}

impl Told {
    fn message(kind: &'static str, object: Value) -> Self {
        Self { kind, object, context: None, opens_window: true }
    }

    fn change(kind: &'static str, object: Value) -> Self {
        Self { opens_window: false, ..Self::message(kind, object) }
    }
}

impl Player {
    /// Changes the chat and makes the callback; `None` if the business is not told.
    pub(super) fn done(
        &self,
        number: &str,
        customer: &Customer,
        act: Act,
    ) -> Result<(String, Option<Callback>), ActError> {
        let file = match &act {
            Act::Media(media) => Some(self.keep(StoredFile::new(media.bytes.clone(), media.mime.clone()))),
            _ => None,
        };
        let mut world = self.world();
        let now = Utc::now();
        let id = message_id();
        let display = {
            let number = world.numbers.get_mut(number).ok_or(ActError::NoSuchAccount)?;
            if number.callback.is_none() {
                return Err(ActError::NoWebhook);
            }
            number.chat(customer);
            number.display.clone()
        };
        let sha256 = file.as_ref().and_then(|file| world.media.get(file)).map(StoredFile::sha256);
        let chat = world.numbers.get_mut(number).and_then(|number| number.chats.get_mut(&customer.id));
        let chat = chat.ok_or(ActError::NoSuchAccount)?;
        let told = match act {
            Act::Text { text, reply_to } => said(chat, &id, now, text, reply_to, &display)?,
            Act::Media(media) => {
                let file = file.unwrap_or_default();
                let address = self.phone_address(&file);
                sent(chat, &id, now, &media, json!({ "id": file, "sha256": sha256 }), address)?
            }
            Act::Location { latitude, longitude, name } => located(chat, &id, now, latitude, longitude, name),
            Act::Contact { name, phone } => card(chat, &id, now, &name, &phone),
            Act::React { message, emoji } => reacted(chat, &message, &emoji)?,
            Act::Press { message, button } => match pressed(chat, &id, now, &message, &button, &display)? {
                Some(told) => told,
                None => return Ok((message, None)),
            },
            Act::Edit { message, text } => edited(chat, &message, text)?,
            Act::Delete { message } => deleted(chat, &message)?,
            Act::Block | Act::Unblock => {
                chat.blocked = matches!(act, Act::Block);
                return Ok((String::new(), None));
            }
            Act::Read => return Ok((String::new(), None)),
            Act::Phone(_) => return Err(ActError::Unsupported("calls")),
        };
        if told.opens_window {
            (chat.last_inbound, chat.shut) = (Some(now), false);
        }
        let callback = world.told(number, customer, &id, now, told)?;
        Ok((id, Some(callback)))
    }
}

impl World {
    fn told(
        &self,
        number: &str,
        customer: &Customer,
        id: &str,
        at: DateTime<Utc>,
        told: Told,
    ) -> Result<Callback, ActError> {
        let mut item = json!({
            "from_user_id": user_id(&customer.id),
            "id": id,
            "timestamp": seconds(at),
            "type": told.kind,
        });
        item[told.kind] = told.object;
        if self.shows_phone(customer) {
            item["from"] = json!(customer.id);
        }
        if let Some(context) = told.context {
            item["context"] = context;
        }
        let value = json!({ "contacts": [self.contact(customer)], "messages": [item] });
        self.callback(number, "messages", value)
    }
}

impl Chat {
    fn own(&mut self, message: &str) -> Result<&mut Bubble, ActError> {
        let bubble = self.bubble(message).filter(|bubble| bubble.view.from_customer && !bubble.view.deleted);
        bubble.ok_or(ActError::NoSuchMessage)
    }

    fn push(&mut self, view: crate::ChatMessage, content: Value) {
        self.bubbles.push(Bubble { view, opaque: None, offer: Offer::Buttons, content });
    }
}

fn said(
    chat: &mut Chat,
    id: &str,
    at: DateTime<Utc>,
    text: String,
    reply_to: Option<String>,
    display: &str,
) -> Result<Told, ActError> {
    let context = match &reply_to {
        Some(quoted) => {
            let bubble = chat.bubble(quoted).ok_or(ActError::NoSuchMessage)?;
            let by = if bubble.view.from_customer { chat.customer.id.clone() } else { display.to_owned() };
            Some(json!({ "from": by, "id": quoted }))
        }
        None => None,
    };
    let object = json!({ "body": text });
    let mut view = bubble(id, true, "text", at);
    (view.text, view.reply_to) = (text, reply_to);
    chat.push(view, object.clone());
    Ok(Told { context, ..Told::message("text", object) })
}

fn sent(
    chat: &mut Chat,
    id: &str,
    at: DateTime<Utc>,
    media: &Media,
    mut object: Value,
    address: String,
) -> Result<Told, ActError> {
    let kind = match media.kind.as_str() {
        "image" => "image",
        "video" => "video",
        "audio" | "voice" => "audio",
        "document" => "document",
        "sticker" => "sticker",
        _ => return Err(ActError::Unsupported("such file")),
    };
    object["mime_type"] = json!(media.mime);
    match kind {
        "audio" => object["voice"] = json!(media.kind == "voice"),
        "sticker" => object["animated"] = json!(false),
        "document" => object["filename"] = json!(media.file_name),
        _ => {}
    }
    let caption = media.caption.clone().filter(|_| !matches!(kind, "audio" | "sticker"));
    if let Some(caption) = &caption {
        object["caption"] = json!(caption);
    }
    let mut view = bubble(id, true, &media.kind, at);
    view.text = caption.unwrap_or_default();
    (view.media_url, view.file_name) = (Some(address), Some(media.file_name.clone()));
    chat.push(view, object.clone());
    Ok(Told::message(kind, object))
}

fn located(
    chat: &mut Chat,
    id: &str,
    at: DateTime<Utc>,
    latitude: f64,
    longitude: f64,
    name: Option<String>,
) -> Told {
    let mut object = json!({ "latitude": latitude, "longitude": longitude });
    let mut view = bubble(id, true, "location", at);
    view.text = format!("{latitude}, {longitude}");
    if let Some(name) = name {
        object["name"] = json!(name);
        view.text = format!("{name}, {}", view.text);
    }
    chat.push(view, object.clone());
    Told::message("location", object)
}

fn card(chat: &mut Chat, id: &str, at: DateTime<Utc>, name: &str, phone: &str) -> Told {
    let digits = super::world::digits(phone);
    let object = json!([{
        "name": { "formatted_name": name, "first_name": name },
        "phones": [{ "phone": phone, "type": "CELL", "wa_id": digits }],
    }]);
    let mut view = bubble(id, true, "contacts", at);
    view.text = format!("{name}, {phone}");
    chat.push(view, object.clone());
    Told::message("contacts", object)
}

fn reacted(chat: &mut Chat, message: &str, emoji: &str) -> Result<Told, ActError> {
    let reactions = &mut chat.bubble(message).ok_or(ActError::NoSuchMessage)?.view.reactions;
    reactions.retain(|(_, by)| by != "customer");
    if !emoji.is_empty() {
        reactions.push((emoji.to_owned(), "customer".into()));
    }
    Ok(Told::change("reaction", json!({ "message_id": message, "emoji": emoji })))
}

/// `None` for a button that only opens an address.
fn pressed(
    chat: &mut Chat,
    id: &str,
    at: DateTime<Utc>,
    message: &str,
    button: &str,
    display: &str,
) -> Result<Option<Told>, ActError> {
    let offered = chat.bubble(message).filter(|bubble| !bubble.view.from_customer);
    let offered = offered.ok_or(ActError::NoSuchMessage)?;
    let pressed = offered.view.buttons.iter().find(|known| known.id == button).cloned();
    let pressed = pressed.ok_or(ActError::NoSuchMessage)?;
    if pressed.url.is_some() {
        return Ok(None);
    }
    let (kind, object) = match offered.offer {
        Offer::Template => ("button", json!({ "payload": pressed.id, "text": pressed.title })),
        Offer::List => {
            let mut reply = json!({ "id": pressed.id, "title": pressed.title });
            if let Some(description) = &pressed.description {
                reply["description"] = json!(description);
            }
            ("interactive", json!({ "type": "list_reply", "list_reply": reply }))
        }
        Offer::Buttons => {
            let reply = json!({ "id": pressed.id, "title": pressed.title });
            ("interactive", json!({ "type": "button_reply", "button_reply": reply }))
        }
    };
    let mut view = bubble(id, true, "text", at);
    (view.text, view.reply_to) = (pressed.title, Some(message.to_owned()));
    chat.push(view, Value::Null);
    let context = Some(json!({ "from": display, "id": message }));
    Ok(Some(Told { context, ..Told::message(kind, object) }))
}

fn edited(chat: &mut Chat, message: &str, text: String) -> Result<Told, ActError> {
    let bubble = chat.own(message)?;
    let (kind, key) = match bubble.view.kind.as_str() {
        "text" if !bubble.content.is_null() => ("text", "body"),
        "image" => ("image", "caption"),
        "video" => ("video", "caption"),
        "document" => ("document", "caption"),
        _ => return Err(ActError::Unsupported("editing of such a message")),
    };
    bubble.content[key] = json!(text);
    bubble.view.text = text;
    bubble.view.edited = true;
    let mut inner = json!({ "type": kind });
    inner[kind] = bubble.content.clone();
    Ok(Told::change("edit", json!({ "original_message_id": message, "message": inner })))
}

fn deleted(chat: &mut Chat, message: &str) -> Result<Told, ActError> {
    let bubble = chat.own(message)?;
    bubble.view.deleted = true;
    Ok(Told::change("revoke", json!({ "original_message_id": message })))
}
