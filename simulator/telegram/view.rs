//! A chat as the customer's phone shows it.

use serde_json::Value;

use super::bot::{Bot, Stored};
use crate::ChatMessage;

pub(super) fn chat(base_url: &str, bot: &Bot, chat: i64) -> Vec<ChatMessage> {
    let messages = bot.chats.get(&chat).map(|chat| &chat.messages);
    messages.into_iter().flatten().map(|(id, message)| bubble(base_url, bot, chat, *id, message)).collect()
}

fn bubble(base_url: &str, bot: &Bot, chat: i64, id: i64, message: &Stored) -> ChatMessage {
    let file = message.file.as_ref().and_then(|id| bot.files.get_key_value(id));
    ChatMessage {
        id: format!("{chat}:{id}"),
        from_customer: message.by_customer,
        kind: message.kind.to_owned(),
        text: text(message),
        media_url: file.map(|(id, _)| format!("{base_url}/telegram/media/{id}")),
        file_name: file.map(|(_, file)| file.name.clone()),
        buttons: message.buttons(),
        reply_to: message
            .json
            .get("reply_to_message")
            .and_then(|reply| reply["message_id"].as_i64())
            .map(|reply| format!("{chat}:{reply}")),
        reactions: emoji(&message.reactions_of_customer, "customer")
            .chain(emoji(&message.reactions_of_bot, "business"))
            .collect(),
        edited: message.edited,
        deleted: false,
        status: if message.read { "read" } else { "sent" }.to_owned(),
        at: message.at,
    }
}

/// What stands in the bubble where there is no text.
fn text(message: &Stored) -> String {
    let field = |name: &str, inner: &str| message.json.get(name).and_then(|value| value[inner].as_str());
    if let Some(dice) = message.json.get("dice") {
        return format!("{} {}", dice["emoji"].as_str().unwrap_or_default(), dice["value"]);
    }
    let instead = field("venue", "title").or(field("contact", "first_name")).or(field("poll", "question"));
    if message.text().is_empty() { instead.unwrap_or_default().to_owned() } else { message.text().to_owned() }
}

fn emoji<'a>(reactions: &'a [Value], by: &'a str) -> impl Iterator<Item = (String, String)> + 'a {
    reactions.iter().filter_map(move |reaction| Some((reaction["emoji"].as_str()?.to_owned(), by.to_owned())))
}
