//! What customers do, as updates.

use std::sync::Arc;

use chrono::Utc;
use serde_json::{Map, Value, json};

use super::{
    Changes, Shared, amend,
    bot::{Bot, Stored, random, user},
    call::Upload,
    deliver::Told,
    files::{self, Sort},
};
use crate::{Act, ActError, Customer};

/// An act carried out: what it is called, and whether its update was taken.
pub(super) struct Done {
    pub(super) id: String,
    pub(super) told: Told,
    /// Whether there was anything to tell at all.
    pub(super) silent: bool,
}

/// A customer in the private chat with a bot.
struct Scene<'a> {
    shared: &'a Arc<Shared>,
    bot: &'a mut Bot,
    customer: &'a Customer,
    chat: i64,
}

pub(super) fn run(
    shared: &Arc<Shared>,
    bot: &mut Bot,
    customer: &Customer,
    act: Act,
    changes: &mut Changes,
) -> Result<Done, ActError> {
    let chat = bot.chat_with(customer).ok_or(ActError::Unsupported("customer ids other than numbers"))?;
    changes.of(chat);
    let mut scene = Scene { shared, bot, customer, chat };
    match act {
        Act::Text { text, reply_to } => {
            let mut fields = Map::from_iter([("text".to_owned(), json!(text))]);
            if let Some(to) = reply_to {
                let quoted = scene.message(&to)?.json.clone();
                fields.insert("reply_to_message".into(), without_reply(quoted));
            }
            if text.starts_with('/') {
                let command = text.split_whitespace().next().unwrap_or_default();
                let length = command.encode_utf16().count();
                let entity = json!([{ "type": "bot_command", "offset": 0, "length": length }]);
                fields.insert("entities".into(), entity);
            }
            scene.say("text", fields, None)
        }
        Act::Media(media) => {
            let sort = Sort::of_kind(&media.kind).ok_or(ActError::Unsupported("such a file"))?;
            let upload = Upload { file_name: media.file_name, mime: Some(media.mime), bytes: media.bytes };
            let kept =
                files::keep(scene.bot, sort, upload).map_err(|_| ActError::Unsupported("such a file"))?;
            let mut fields: Map<_, _> =
                kept.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            if let Some(caption) = media.caption.filter(|caption| !caption.is_empty()) {
                fields.insert("caption".into(), json!(caption));
            }
            scene.say(sort.kind(), fields, Some(kept.id))
        }
        Act::Location { latitude, longitude, name } => {
            let location = json!({ "latitude": latitude, "longitude": longitude });
            let mut fields = Map::from_iter([("location".to_owned(), location.clone())]);
            if let Some(name) = name {
                fields.insert("venue".into(), json!({ "location": location, "title": name, "address": "" }));
            }
            scene.say("location", fields, None)
        }
        Act::Contact { name, phone } => {
            let contact = json!({ "phone_number": phone, "first_name": name });
            scene.say("contacts", Map::from_iter([("contact".to_owned(), contact)]), None)
        }
        // Of these a bot that answers for somebody is not told.
        Act::React { .. } | Act::Press { .. } | Act::Block | Act::Unblock if scene.bot.acting.is_some() => {
            Err(ActError::Unsupported("such an act in a business chat"))
        }
        Act::React { message, emoji } => scene.react(&message, &emoji),
        Act::Press { message, button } => scene.press(&message, &button),
        Act::Edit { message, text } => scene.edit(&message, &text),
        Act::Delete { message } if scene.bot.acting.is_some() => scene.delete(&message),
        Act::Delete { .. } => Err(ActError::Unsupported("deletion that a bot is told of")),
        Act::Read => Ok(scene.read()),
        Act::Block => Ok(scene.member(true)),
        Act::Unblock => Ok(scene.member(false)),
        Act::Phone(_) => Err(ActError::Unsupported("calls")),
    }
}

fn without_reply(mut message: Map<String, Value>) -> Value {
    message.remove("reply_to_message");
    Value::Object(message)
}

/// Messages are named as the hub names them, `<chat>:<number>`, or by their number alone.
fn number(message: &str) -> Result<i64, ActError> {
    message.rsplit(':').next().and_then(|id| id.parse().ok()).ok_or(ActError::NoSuchMessage)
}

impl Scene<'_> {
    fn user(&self) -> Value {
        user(self.chat, self.customer)
    }

    fn chat_json(&self) -> Value {
        self.bot.chats.get(&self.chat).map(|chat| chat.json.clone()).unwrap_or_default()
    }

    fn message(&mut self, id: &str) -> Result<&mut Stored, ActError> {
        let chat = self.bot.chats.get_mut(&self.chat).ok_or(ActError::NoSuchMessage)?;
        chat.messages.get_mut(&number(id)?).ok_or(ActError::NoSuchMessage)
    }

    fn tell(&mut self, kind: &str, queue: &str, payload: Value, id: String) -> Done {
        let queue = format!("{queue}{}", self.chat);
        let told = self.shared.enqueue(self.bot, kind, &queue, payload);
        Done { id, told, silent: false }
    }

    fn say(
        &mut self,
        kind: &'static str,
        content: Map<String, Value>,
        file: Option<String>,
    ) -> Result<Done, ActError> {
        let id = self.bot.next_message();
        let mut message = Map::from_iter([
            ("message_id".to_owned(), json!(id)),
            ("from".to_owned(), self.user()),
            ("chat".to_owned(), self.chat_json()),
            ("date".to_owned(), json!(Utc::now().timestamp())),
        ]);
        message.extend(content);
        let chat = self.bot.chats.get_mut(&self.chat).ok_or(ActError::NoSuchMessage)?;
        // Writing to a blocked bot unblocks it.
        let unblocked = std::mem::take(&mut chat.blocked);
        chat.messages.insert(id, Stored::new(message.clone(), true, kind, file));
        if unblocked {
            self.member(false);
        }
        let external = format!("{}:{id}", self.chat);
        Ok(self.tell("message", "chat:", Value::Object(message), external))
    }

    fn edit(&mut self, id: &str, text: &str) -> Result<Done, ActError> {
        let message = self.message(id)?;
        if !message.by_customer {
            return Err(ActError::NoSuchMessage);
        }
        let field = if message.file.is_some() { "caption" } else { "text" };
        message.json.insert(field.to_owned(), json!(text));
        message.json.insert("edit_date".to_owned(), json!(Utc::now().timestamp()));
        message.edited = true;
        let payload = Value::Object(message.json.clone());
        let external = format!("{}:{}", self.chat, number(id)?);
        Ok(self.tell("edited_message", "chat:", payload, external))
    }

    /// Only told to a bot that answers for a business account.
    fn delete(&mut self, id: &str) -> Result<Done, ActError> {
        if !self.message(id)?.by_customer {
            return Err(ActError::NoSuchMessage);
        }
        let (chat, number) = (self.chat_json(), number(id)?);
        if let Some(chat) = self.bot.chats.get_mut(&self.chat) {
            chat.messages.remove(&number);
        }
        let payload = json!({ "chat": chat, "message_ids": [number] });
        Ok(self.tell("deleted_business_messages", "chat:", payload, id.to_owned()))
    }

    fn react(&mut self, id: &str, emoji: &str) -> Result<Done, ActError> {
        let emoji = emoji.replace('\u{fe0f}', "");
        if !emoji.is_empty() && !amend::is_offered(&emoji) {
            return Err(ActError::Unsupported("such a reaction"));
        }
        let new: Vec<Value> =
            (!emoji.is_empty()).then(|| json!({ "type": "emoji", "emoji": emoji })).into_iter().collect();
        let message = self.message(id)?;
        let old = std::mem::replace(&mut message.reactions_of_customer, new.clone());
        let payload = json!({
            "chat": self.chat_json(), "message_id": number(id)?, "user": self.user(), "date": Utc::now().timestamp(),
            "old_reaction": old, "new_reaction": new,
        });
        let external = format!("{}:{}", self.chat, number(id)?);
        Ok(self.tell("message_reaction", "reaction:", payload, external))
    }

    fn press(&mut self, id: &str, button: &str) -> Result<Done, ActError> {
        let message = self.message(id)?;
        if message.by_customer
            || !message.buttons().iter().any(|known| !known.id.is_empty() && known.id == button)
        {
            return Err(ActError::NoSuchMessage);
        }
        let carrier = Value::Object(message.json.clone());
        let query = random(18);
        self.bot.presses.insert(query.clone(), Utc::now());
        let payload = json!({
            "id": query, "from": self.user(), "message": carrier, "chat_instance": random(19), "data": button,
        });
        Ok(self.tell("callback_query", "press:", payload, format!("callback:{query}")))
    }

    /// Bots are not told when they are read.
    fn read(&mut self) -> Done {
        let messages = self.bot.chats.get_mut(&self.chat).map(|chat| chat.messages.values_mut());
        messages
            .into_iter()
            .flatten()
            .filter(|message| !message.by_customer)
            .for_each(|message| message.read = true);
        Done { id: self.chat.to_string(), told: None, silent: true }
    }

    fn member(&mut self, blocked: bool) -> Done {
        if let Some(chat) = self.bot.chats.get_mut(&self.chat) {
            chat.blocked = blocked;
        }
        let (old, new) = if blocked { ("member", "kicked") } else { ("kicked", "member") };
        let payload = json!({
            "chat": self.chat_json(), "from": self.user(), "date": Utc::now().timestamp(),
            "old_chat_member": { "user": self.bot.user(), "status": old },
            "new_chat_member": { "user": self.bot.user(), "status": new, "until_date": 0 },
        });
        self.tell("my_chat_member", "member:", payload, self.chat.to_string())
    }
}
