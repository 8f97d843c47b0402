//! The methods that change what is in a chat, or only show something there.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    Changes,
    bot::{Bot, Stored},
    call::{Call, integer},
    refused::Refused,
    send::{chat_id, check_markup},
    text,
};

/// The reactions that Telegram offers.
pub(super) const REACTIONS: &str = "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 \
    💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡";

const ACTIONS: [&str; 11] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

/// Carries out such a method; `None` if this is none.
pub(super) fn run(bot: &mut Bot, call: &Call, changes: &mut Changes) -> Option<Result<Value, Refused>> {
    Some(match call.method.as_str() {
        "editmessagetext" | "editmessagecaption" | "editmessagereplymarkup" => edit(bot, call, changes),
        "deletemessage" | "deletemessages" => delete(bot, call, changes),
        "setmessagereaction" => react(bot, call, changes),
        "sendchataction" => action(bot, call, changes),
        "answercallbackquery" => answer(bot, call),
        _ => return None,
    })
}

fn edit(bot: &mut Bot, call: &Call, changes: &mut Changes) -> Result<Value, Refused> {
    let chat = chat_id(bot, call)?;
    let id = call.integer("message_id").unwrap_or_default();
    let message = bot.writable(chat)?.messages.get_mut(&id);
    let message = message.ok_or_else(|| Refused::bad("message to edit not found"))?;
    if message.by_customer {
        return Err(Refused::bad("message can't be edited"));
    }
    let mut edited = message.json.clone();
    match call.method.as_str() {
        "editmessagetext" if !edited.contains_key("text") => {
            return Err(Refused::bad("there is no text in the message to edit"));
        }
        "editmessagetext" => replace(&mut edited, &["text", "entities"], text::text(call)?),
        "editmessagecaption" if message.file.is_none() => {
            return Err(Refused::bad("there is no caption in the message to edit"));
        }
        "editmessagecaption" => replace(&mut edited, &["caption", "caption_entities"], text::caption(call)?),
        _ => {}
    }
    // A keyboard that is not given again is taken away.
    edited.remove("reply_markup");
    if let Some(markup) = call.json("reply_markup") {
        check_markup(&markup)?;
        edited.insert("reply_markup".into(), markup);
    }
    if edited == message.json {
        return Err(Refused::bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a \
             current content and reply markup of the message",
        ));
    }
    edited.insert("edit_date".into(), json!(Utc::now().timestamp()));
    message.json = edited.clone();
    message.edited = true;
    changes.of(chat);
    Ok(Value::Object(edited))
}

fn replace(
    message: &mut serde_json::Map<String, Value>,
    names: &[&str],
    with: serde_json::Map<String, Value>,
) {
    names.iter().for_each(|name| {
        message.remove(*name);
    });
    message.extend(with);
}

fn delete(bot: &mut Bot, call: &Call, changes: &mut Changes) -> Result<Value, Refused> {
    let chat = chat_id(bot, call)?;
    let in_chat = bot.writable(chat)?;
    let fresh = |message: &Stored| Utc::now() - message.at < TimeDelta::hours(48);
    if call.method == "deletemessages" {
        let ids = call.json("message_ids").and_then(|ids| ids.as_array().cloned()).unwrap_or_default();
        let gone = |id: &Value| integer(id);
        // What cannot be found is skipped.
        ids.iter().filter_map(gone).for_each(|id| {
            in_chat.messages.remove(&id);
        });
    } else {
        let id = call.integer("message_id").unwrap_or_default();
        let message = in_chat.messages.get(&id).ok_or_else(|| Refused::bad("message to delete not found"))?;
        if !fresh(message) {
            return Err(Refused::bad("message can't be deleted for everyone"));
        }
        in_chat.messages.remove(&id);
    }
    changes.of(chat);
    Ok(json!(true))
}

fn react(bot: &mut Bot, call: &Call, changes: &mut Changes) -> Result<Value, Refused> {
    let chat = chat_id(bot, call)?;
    let id = call.integer("message_id").unwrap_or_default();
    let message = bot.writable(chat)?.messages.get_mut(&id);
    let message = message.ok_or_else(|| Refused::bad("message to react not found"))?;
    let reactions = call.json("reaction").and_then(|list| list.as_array().cloned()).unwrap_or_default();
    if reactions.len() > 1 {
        return Err(Refused::bad("REACTIONS_TOO_MANY"));
    }
    let offered = |reaction: &Value| reaction["emoji"].as_str().is_some_and(is_offered);
    if !reactions.iter().all(offered) {
        return Err(Refused::bad("REACTION_INVALID"));
    }
    message.reactions_of_bot = reactions;
    changes.of(chat);
    Ok(json!(true))
}

pub(super) fn is_offered(emoji: &str) -> bool {
    REACTIONS.split_whitespace().any(|offered| offered == emoji)
}

fn action(bot: &mut Bot, call: &Call, changes: &mut Changes) -> Result<Value, Refused> {
    let chat = chat_id(bot, call)?;
    bot.writable(chat)?;
    if !call.text("action").is_some_and(|action| ACTIONS.contains(&action)) {
        return Err(Refused::bad("wrong parameter action in request"));
    }
    changes.typing(chat);
    Ok(json!(true))
}

/// A press waits for its answer for some minutes only.
fn answer(bot: &mut Bot, call: &Call) -> Result<Value, Refused> {
    let id = call.text("callback_query_id").unwrap_or_default();
    let pressed = bot.presses.remove(id);
    if pressed.is_some_and(|at| Utc::now() - at < TimeDelta::minutes(15)) {
        return Ok(json!(true));
    }
    Err(Refused::bad("query is too old and response timeout expired or query ID is invalid"))
}
