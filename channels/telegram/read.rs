//! One update in, events out. Each update has one kind; kinds that the hub does not know become visible, too.
//! Kinds: <https://core.telegram.org/bots/api#update>.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    changes, content, party,
    thread::{MessageId, Thread},
    wire::{CallbackQuery, Chat, FromSomebody, Message, Replied},
};
use crate::{
    Incoming, ReadError,
    event::{EditChange, InboundEvent, InboundMessage, Notice, Severity, What},
    message::{Kind, Part, Quote},
    party::Party,
};

/// What reading needs beside the update.
pub(super) struct Context<'a> {
    /// The bot's own user id.
    pub(super) bot: &'a str,
    /// The time of what Telegram does not date: button presses, deletions.
    pub(super) received_at: DateTime<Utc>,
    pub(super) update_id: i64,
}

pub(super) fn read(bot: &str, body: &[u8], received_at: DateTime<Utc>) -> Result<Incoming, ReadError> {
    let update: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| ReadError(format!("not an update: {error}")))?;
    let update_id = update.get("update_id").and_then(Value::as_i64);
    let update_id = update_id.ok_or_else(|| ReadError("not an update: it has no update_id".to_owned()))?;
    let context = Context { bot, received_at, update_id };
    let payloads = update.into_iter().filter(|(name, _)| name != "update_id");
    let mut events: Vec<InboundEvent> =
        payloads.flat_map(|(name, payload)| one(&context, &name, payload)).map(InboundEvent::from).collect();
    if events.is_empty() {
        events.push(InboundEvent::from(ignored("an update without content")));
    }
    Ok(Incoming::events(events))
}

fn one(context: &Context<'_>, kind: &str, payload: Value) -> Vec<What> {
    let read = match kind {
        "message" | "channel_post" | "business_message" => message(context, &typed(&payload)),
        "edited_message" | "edited_channel_post" | "edited_business_message" => {
            edit(context, &typed(&payload))
        }
        "callback_query" => press(context, &typed(&payload)).map(|event| vec![event]),
        "message_reaction" => changes::reaction(context, &typed(&payload)).map(|event| vec![event]),
        "deleted_business_messages" => changes::deleted(context, &typed(&payload)).map(|event| vec![event]),
        "my_chat_member" => changes::membership(context, &typed(&payload)).map(|event| vec![event]),
        "chat_join_request" => changes::join_request(context, &typed(&payload)).map(|event| vec![event]),
        "business_connection" => changes::business(&typed(&payload)).map(|event| vec![event]),
        "message_reaction_count" => Some(vec![ignored("reactions of a channel are counted without names")]),
        "inline_query" | "chosen_inline_result" => Some(vec![ignored("the hub offers nothing inline")]),
        "chat_member" => Some(vec![ignored("members of a group come and go by service messages, too")]),
        "poll" => Some(vec![ignored("the state of a poll")]),
        _ => None,
    };
    read.unwrap_or_else(|| unknown(context, kind, &payload))
}

fn typed<T: DeserializeOwned + Default>(payload: &Value) -> T {
    T::deserialize(payload).unwrap_or_default()
}

pub(super) fn ignored(reason: &str) -> What {
    What::Ignored { reason: reason.to_owned() }
}

/// A time in Unix seconds; the time of arrival stands in for a missing one.
pub(super) fn time(context: &Context<'_>, seconds: Option<i64>) -> DateTime<Utc> {
    let seconds = seconds.filter(|seconds| *seconds > 0);
    seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or(context.received_at)
}

/// Where a message belongs; topics count only where the message says that it is in one.
fn thread_of(message: &Message, chat: i64) -> Thread {
    Thread {
        chat,
        topic: message.message_thread_id.0.filter(|_| message.is_topic_message.is_true()),
        direct: message.direct_messages_topic.as_ref().and_then(|topic| topic.topic_id.0),
        business: message.business_connection_id.0.clone(),
    }
}

fn id_of(message: &Message) -> Option<MessageId> {
    Some(MessageId {
        chat: message.chat.as_ref()?.id.0?,
        id: message.message_id.0?,
        business: message.business_connection_id.0.clone(),
    })
}

fn message(context: &Context<'_>, message: &Message) -> Option<Vec<What>> {
    let id = id_of(message)?;
    if let Some(to) = message.migrate_to_chat_id.0 {
        return Some(changes::moved(context, message, id.chat, to));
    }
    if let Some(from) = message.migrate_from_chat_id.0 {
        return Some(changes::moved(context, message, from, id.chat));
    }
    let through = message.sender_business_bot.as_ref().and_then(|bot| bot.id.0);
    if through.is_some_and(|bot| bot.to_string() == context.bot) {
        // Told back, perhaps before the call that sent it is answered, which says the same.
        return Some(vec![ignored("our own message in a business chat")]);
    }
    let (contact, author, echo) = sides(context, message)?;
    let content = content::of(message);
    let thread = thread_of(message, id.chat);
    let what = What::Message(Box::new(InboundMessage {
        reply_to: quote(message, &id),
        external_id: id.to_string(),
        alias: None,
        thread: thread.to_string(),
        contact,
        author,
        echo,
        kind: content.kind,
        referral: start(&content.text),
        text: content.text,
        parts: content.parts,
        media: content.media,
        forwarded: message.forward_origin.is_some() || message.is_automatic_forward.is_true(),
        album: message.media_group_id.0.clone(),
        fault: None,
        sent_at: time(context, message.date.0),
        acknowledge: None,
        opens_window: !echo && content.kind != Kind::System,
        answers: Vec::new(),
        subject: None,
    }));
    Some(vec![what])
}

/// The customer, the writer where that is somebody else, and whether the business itself wrote.
fn sides(context: &Context<'_>, message: &Message) -> Option<(Party, Option<Party>, bool)> {
    let (contact, author) = party::of_message(message)?;
    let by_bot =
        message.from.as_ref().and_then(|from| from.id.0).is_some_and(|id| id.to_string() == context.bot);
    // In the direct messages of a channel each topic is one customer's conversation with it.
    let topic = message.direct_messages_topic.as_ref().and_then(|topic| topic.user.as_ref());
    if let Some(customer) = topic.and_then(party::user) {
        let echo = by_bot || author.as_ref().is_none_or(|author| author.ids != customer.ids);
        return Some((customer, None, echo));
    }
    if message.business_connection_id.is_some() {
        let from = message.from.as_ref().and_then(|from| from.id.0);
        let echo = from.is_some() && from != message.chat.as_ref()?.id.0;
        return Some((contact, None, echo || message.sender_business_bot.is_some()));
    }
    Some((contact, author.filter(|_| !by_bot), by_bot))
}

/// The message answered. Every message of a topic "answers" the one that opened it, which nobody chose to do.
fn quote(message: &Message, id: &MessageId) -> Option<Quote> {
    let excerpt = || message.quote.as_ref().and_then(|quote| party::filled(quote.text.text()));
    let said = |replied: &Replied| {
        excerpt()
            .or_else(|| party::filled(replied.text.text()))
            .or_else(|| party::filled(replied.caption.text()))
    };
    if let Some(replied) = message.reply_to_message.as_ref() {
        if replied.forum_topic_created.is_some() {
            return None;
        }
        let external_id = MessageId { id: replied.message_id.0?, ..id.clone() }.to_string();
        return Some(Quote { external_id, text: said(replied) });
    }
    let replied = message.external_reply.as_ref()?;
    let chat = replied.chat.as_ref()?.id.0?;
    let external_id = MessageId { chat, id: replied.message_id.0?, business: None }.to_string();
    Some(Quote { external_id, text: said(replied) })
}

/// The payload of the link `t.me/<bot>?start=<payload>` that brought the customer here.
fn start(text: &str) -> Option<Value> {
    let (command, payload) = text.split_once(' ')?;
    let is_start = command == "/start" || command.starts_with("/start@");
    let payload = payload.trim();
    (is_start && !payload.is_empty()).then(|| json!({ "source": "start", "payload": payload }))
}

fn edit(context: &Context<'_>, message: &Message) -> Option<Vec<What>> {
    let content = content::of(message);
    let edit = EditChange {
        external_id: id_of(message)?.to_string(),
        text: content.text,
        parts: content.parts,
        at: time(context, message.edit_date.0),
    };
    Some(vec![What::Edit(edit)])
}

/// A pressed button. Telegram waits for the acknowledgement; the message that carried the button may be gone.
fn press(context: &Context<'_>, query: &CallbackQuery) -> Option<What> {
    let token = query.id.0.clone()?;
    let person = party::user(query.from.as_ref()?)?;
    let carrier = query.message.as_ref();
    let chat = carrier.and_then(|message| message.chat.as_ref());
    let id = carrier.and_then(id_of);
    let (thread, contact, author) = match (carrier, chat.filter(|chat| chat.id.is_some())) {
        (Some(message), Some(chat)) => {
            let thread = thread_of(message, chat.id.0.unwrap_or_default());
            let group = party::chat(chat).filter(|_| !party::is_private(chat));
            match group {
                Some(group) => (thread, group, Some(person)),
                None => (thread, person, None),
            }
        }
        _ => (Thread { chat: query.from.as_ref()?.id.0?, ..Thread::default() }, person, None),
    };
    let (kind, text, part) = chosen(query);
    Some(What::Message(Box::new(InboundMessage {
        external_id: format!("callback:{token}"),
        alias: None,
        thread: thread.to_string(),
        contact,
        author,
        echo: false,
        kind,
        text,
        parts: vec![part],
        media: Vec::new(),
        reply_to: id.map(|id| Quote { external_id: id.to_string(), text: None }),
        forwarded: false,
        album: None,
        referral: None,
        fault: None,
        sent_at: context.received_at,
        acknowledge: Some(token),
        opens_window: true,
        answers: Vec::new(),
        subject: None,
    })))
}

fn chosen(query: &CallbackQuery) -> (Kind, String, Part) {
    let Some(data) = query.data.0.as_ref() else {
        let detail = query.game_short_name.0.clone();
        let part = Part::Unsupported { what: "game".to_owned(), detail: detail.clone() };
        return (Kind::Unsupported, detail.unwrap_or_default(), part);
    };
    let keyboard = query.message.as_ref().and_then(|message| message.reply_markup.as_ref());
    let button = keyboard.and_then(|keyboard| {
        keyboard.inline_keyboard.iter().flatten().find(|b| b.callback_data.0.as_ref() == Some(data))
    });
    let title = button.and_then(|button| button.text.0.clone()).unwrap_or_else(|| data.clone());
    let part = Part::Choice { id: data.clone(), title: title.clone(), description: None, data: None };
    (Kind::Interactive, title, part)
}

/// A kind that Telegram added, or a known one in a form that cannot be read. Shown where it can be placed: in the
/// chat, with the person, or to the admin.
fn unknown(context: &Context<'_>, kind: &str, payload: &Value) -> Vec<What> {
    if let Some(events) = message(context, &typed(payload)) {
        return events;
    }
    let somebody: FromSomebody = typed(payload);
    let chat = payload.get("chat").map(typed::<Chat>).filter(|chat| chat.id.is_some());
    let person = somebody.from.as_ref().or(somebody.user.as_ref()).and_then(party::user);
    let contact = chat.as_ref().and_then(party::chat).or_else(|| person.clone());
    let Some(contact) = contact else {
        return vec![What::Notice(Notice {
            topic: kind.to_owned(),
            severity: Severity::Info,
            text: format!(
                "Telegram sent “{kind}” (update {}), which the hub does not show.",
                context.update_id
            ),
        })];
    };
    let address = contact.ids.first().map(|id| id.address.clone()).unwrap_or_default();
    vec![What::Message(Box::new(InboundMessage {
        external_id: format!("update:{}", context.update_id),
        alias: None,
        thread: address,
        author: person.filter(|person| person.ids != contact.ids),
        contact,
        echo: false,
        kind: Kind::Unsupported,
        text: String::new(),
        parts: vec![Part::Unsupported { what: kind.to_owned(), detail: None }],
        media: Vec::new(),
        reply_to: None,
        forwarded: false,
        album: None,
        referral: None,
        fault: None,
        sent_at: time(context, payload.get("date").and_then(Value::as_i64)),
        acknowledge: None,
        opens_window: false,
        answers: Vec::new(),
        subject: None,
    }))]
}
