//! The methods that put a message into a chat.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::{
    Changes,
    bot::{Bot, Stored, random},
    call::{Call, integer},
    files::{self, Sort},
    rates::Rates,
    refused::Refused,
    text,
};

type Fields = Map<String, Value>;

/// A message's content, before anything is stored.
struct Content {
    fields: Fields,
    kind: &'static str,
    file: Option<String>,
}

/// Carries out `send…`; `None` if this is no such method.
pub(super) fn run(
    bot: &mut Bot,
    call: &Call,
    rates: &Rates,
    changes: &mut Changes,
) -> Option<Result<Value, Refused>> {
    let mut sort = |sort| Some(one(bot, call, rates, changes, |bot| file(bot, call, sort)));
    match call.method.as_str() {
        "sendphoto" => sort(Sort::Photo),
        "sendvideo" => sort(Sort::Video),
        "sendanimation" => sort(Sort::Animation),
        "sendaudio" => sort(Sort::Audio),
        "sendvoice" => sort(Sort::Voice),
        "sendvideonote" => sort(Sort::VideoNote),
        "senddocument" => sort(Sort::Document),
        "sendsticker" => sort(Sort::Sticker),
        "sendmediagroup" => Some(album(bot, call, rates, changes)),
        "sendmessage" | "sendlocation" | "sendvenue" | "sendcontact" | "sendpoll" | "senddice" => {
            Some(one(bot, call, rates, changes, |_| plain(call)))
        }
        _ => None,
    }
}

fn one(
    bot: &mut Bot,
    call: &Call,
    rates: &Rates,
    changes: &mut Changes,
    content: impl FnOnce(&mut Bot) -> Result<Content, Refused>,
) -> Result<Value, Refused> {
    let place = place(bot, call)?;
    let content = content(bot)?;
    bot.buckets.take(rates, place.chat, 1, Instant::now()).map_err(Refused::too_many)?;
    changes.of(place.chat);
    store(bot, &place, content)
}

/// Where a message goes and what it hangs on.
struct Place {
    chat: i64,
    common: Fields,
}

fn place(bot: &mut Bot, call: &Call) -> Result<Place, Refused> {
    let id = chat_id(bot, call)?;
    let mut common = Fields::new();
    if let Some(connection) = &bot.acting {
        common.insert("business_connection_id".into(), json!(connection));
        common.insert("sender_business_bot".into(), bot.user());
    }
    let chat = bot.writable(id)?;
    if let Some(topic) = call.integer("message_thread_id") {
        if !chat.topics.contains(&topic) {
            return Err(Refused::bad("message thread not found"));
        }
        common.insert("message_thread_id".into(), json!(topic));
        common.insert("is_topic_message".into(), json!(true));
    }
    if let Some(reply) = call.json("reply_parameters") {
        let to = integer(&reply["message_id"]).unwrap_or_default();
        match chat.messages.get(&to) {
            Some(message) => {
                let mut quoted = message.json.clone();
                quoted.remove("reply_to_message");
                common.insert("reply_to_message".into(), Value::Object(quoted));
            }
            None if reply["allow_sending_without_reply"] == true => {}
            None => return Err(Refused::bad("message to be replied not found")),
        }
    }
    if let Some(markup) = call.json("reply_markup") {
        check_markup(&markup)?;
        // Only inline keyboards are shown on the message itself.
        if markup.get("inline_keyboard").is_some() {
            common.insert("reply_markup".into(), markup);
        }
    }
    Ok(Place { chat: id, common })
}

/// The chat by number or by `@name`.
pub(super) fn chat_id(bot: &Bot, call: &Call) -> Result<i64, Refused> {
    if let Some(id) = call.integer("chat_id") {
        return Ok(id);
    }
    let name = call.text("chat_id").and_then(|name| name.strip_prefix('@'));
    let name = name.ok_or_else(|| Refused::bad("chat_id is empty"))?;
    let named = bot.chats.iter().find(|(_, chat)| chat.is_group() && chat.json["username"] == name);
    named.map(|(id, _)| *id).ok_or_else(|| Refused::bad("chat not found"))
}

pub(super) fn check_markup(markup: &Value) -> Result<(), Refused> {
    let Some(rows) = markup.get("inline_keyboard") else { return Ok(()) };
    let rows =
        rows.as_array().ok_or_else(|| Refused::bad("field \"inline_keyboard\" must be of type Array"))?;
    for button in rows.iter().filter_map(Value::as_array).flatten() {
        if button["text"].as_str().is_none_or(|text| text.trim().is_empty()) {
            return Err(Refused::bad("can't parse inline keyboard button: Field \"text\" must be non-empty"));
        }
        match (button["callback_data"].as_str(), button["url"].as_str()) {
            (Some(data), _) if !(1..=64).contains(&data.len()) => {
                return Err(Refused::bad("BUTTON_DATA_INVALID"));
            }
            (_, Some(url)) if url::Url::parse(url).is_err() => {
                return Err(Refused::bad("BUTTON_URL_INVALID"));
            }
            (None, None) => {
                let why =
                    "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard";
                return Err(Refused::bad(why));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Puts a message into the chat; the answer is the message.
fn store(bot: &mut Bot, place: &Place, content: Content) -> Result<Value, Refused> {
    let (id, from) = (bot.next_message(), bot.speaker());
    let chat = bot.writable(place.chat)?;
    let mut message = Fields::new();
    message.insert("message_id".into(), json!(id));
    message.insert("from".into(), from);
    message.insert("chat".into(), chat.json.clone());
    message.insert("date".into(), json!(chrono::Utc::now().timestamp()));
    message.extend(place.common.clone());
    message.extend(content.fields);
    chat.messages.insert(id, Stored::new(message.clone(), false, content.kind, content.file));
    Ok(Value::Object(message))
}

fn file(bot: &mut Bot, call: &Call, sort: Sort) -> Result<Content, Refused> {
    let mut fields = if sort == Sort::Sticker { Fields::new() } else { text::caption(call)? };
    let kept = files::take(bot, call, sort, call.text(sort.field()))?;
    fields.extend(kept.fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Ok(Content { fields, kind: sort.kind(), file: Some(kept.id) })
}

fn plain(call: &Call) -> Result<Content, Refused> {
    let required = |name: &str| {
        let value = call.text(name).filter(|value| !value.is_empty());
        value.map(str::to_owned).ok_or_else(|| Refused::bad(&format!("{name} must be non-empty")))
    };
    let location = || match (call.number("latitude"), call.number("longitude")) {
        (Some(latitude), Some(longitude)) if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 => {
            Ok(json!({ "latitude": latitude, "longitude": longitude }))
        }
        _ => Err(Refused::bad("wrong location")),
    };
    let (kind, fields) = match call.method.as_str() {
        "sendmessage" => ("text", Value::Object(text::text(call)?)),
        "sendlocation" => ("location", json!({ "location": location()? })),
        "sendvenue" => {
            let venue = json!({ "location": location()?, "title": required("title")?, "address": required("address")? });
            ("location", json!({ "location": location()?, "venue": venue }))
        }
        "sendcontact" => {
            let contact =
                json!({ "phone_number": required("phone_number")?, "first_name": required("first_name")? });
            ("contacts", json!({ "contact": contact }))
        }
        "sendpoll" => ("poll", json!({ "poll": poll(call, &required("question")?)? })),
        _ => {
            let emoji = call.text("emoji").unwrap_or("🎲");
            ("text", json!({ "dice": { "emoji": emoji, "value": rand::random_range(1..=6) } }))
        }
    };
    let Value::Object(fields) = fields else { return Err(Refused::bad("can't parse the request")) };
    Ok(Content { fields, kind, file: None })
}

fn poll(call: &Call, question: &str) -> Result<Value, Refused> {
    let options = call.json("options").and_then(|options| options.as_array().cloned()).unwrap_or_default();
    if !(2..=12).contains(&options.len()) {
        return Err(Refused::bad("poll must have at least 2 option"));
    }
    let option = |option: &Value| {
        let text = option.as_str().or(option["text"].as_str()).unwrap_or_default();
        json!({ "text": text, "voter_count": 0 })
    };
    Ok(json!({
        "id": random(18), "question": question, "options": options.iter().map(option).collect::<Vec<_>>(),
        "total_voter_count": 0, "is_closed": false, "is_anonymous": true, "type": "regular",
        "allows_multiple_answers": false,
    }))
}

/// Two to ten files that go together; the answer is their messages. Nothing is sent if one of them fails.
fn album(bot: &mut Bot, call: &Call, rates: &Rates, changes: &mut Changes) -> Result<Value, Refused> {
    let place = place(bot, call)?;
    let items = call.json("media").and_then(|media| media.as_array().cloned()).unwrap_or_default();
    if !(2..=10).contains(&items.len()) {
        return Err(Refused::bad("Too much messages to send as an album"));
    }
    let kinds: Vec<_> = items.iter().filter_map(|item| item["type"].as_str()).collect();
    let together = |album: &[&str]| kinds.iter().all(|kind| album.contains(kind));
    if kinds.len() != items.len()
        || ![&["photo", "video"][..], &["document"], &["audio"]].into_iter().any(together)
    {
        return Err(Refused::bad("different types of media can't be mixed in an album"));
    }
    let group = random(17);
    let mut contents = Vec::new();
    for (item, kind) in items.iter().zip(kinds) {
        let sort = Sort::ALL.into_iter().find(|sort| sort.field() == kind).unwrap_or(Sort::Document);
        let own = Call { fields: item.as_object().cloned().unwrap_or_default(), ..Call::default() };
        let mut fields = text::caption(&own)?;
        let kept = files::take(bot, call, sort, item["media"].as_str())?;
        fields.extend(kept.fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        fields.insert("media_group_id".into(), json!(group));
        contents.push(Content { fields, kind: sort.kind(), file: Some(kept.id) });
    }
    bot.buckets.take(rates, place.chat, contents.len(), Instant::now()).map_err(Refused::too_many)?;
    changes.of(place.chat);
    contents.into_iter().map(|content| store(bot, &place, content)).collect()
}
