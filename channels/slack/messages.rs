//! Messages: written, changed, deleted. One and the same message comes as `message` and as `app_mention` where the app is named in a
//! channel that it is in; both have the same id.

use serde_json::Value;

use super::{
    account, content, people,
    place::{MessageId, Place},
    read::{Context, ignored, text, time, unknown},
};
use crate::event::{DeleteChange, EditChange, InboundMessage, StatusChange, What};
use crate::message::{MessageStatus, Quote};
use crate::party::Party;

/// Under this name our own id travels with a message.
pub(super) const METADATA: &str = "switchboard_message";
/// Subtypes that say something; all others are what happens to a channel.
pub(super) const SPOKEN: [&str; 6] =
    ["file_share", "me_message", "thread_broadcast", "bot_message", "document_mention", "file_comment"];
/// A message says something else now.
pub(super) const CHANGED: &str = "message_changed";
/// A message is no more, by its own event.
pub(super) const DELETED: &str = "message_deleted";
/// What stands where the first message of a thread was deleted.
pub(super) const TOMBSTONE: &str = "tombstone";
/// Slack's own helper.
const SLACKBOT: &str = "USLACKBOT";

pub(super) fn read(context: &Context<'_>, event: &Value) -> Option<What> {
    match text(event, "subtype") {
        Some(CHANGED) => changed(context, event),
        Some(DELETED) => deleted(context, event),
        Some(subtype) if !SPOKEN.contains(&subtype) => {
            Some(ignored(format!("{subtype} is not written by anybody")))
        }
        _ => written(context, event),
    }
}

/// Where something was written, and with whom.
pub(super) struct Sides {
    pub(super) place: Place,
    pub(super) contact: Party,
    pub(super) author: Option<Party>,
}

/// In a direct message the person is the customer; in a channel the channel is, and each of its threads is a conversation.
pub(super) fn sides(channel: &str, direct: bool, root: Option<&str>, person: Party) -> Option<Sides> {
    let place = Place { channel: channel.to_owned(), root: root.map(str::to_owned) };
    if direct {
        return Some(Sides { place, contact: person, author: None });
    }
    Some(Sides { place, contact: people::channel(channel)?, author: Some(person) })
}

/// `D1` is a direct message; Slack names the type of a channel in most events, but not in all.
pub(super) fn is_direct(channel: &str, kind: Option<&str>) -> bool {
    kind.map_or_else(|| channel.starts_with('D'), |kind| kind == "im")
}

fn written(context: &Context<'_>, event: &Value) -> Option<What> {
    let (channel, ts) = (text(event, "channel")?, text(event, "ts")?);
    let id = MessageId::new(channel, ts)?;
    if is_own(context, event) {
        return Some(own(context, event, &id));
    }
    let person = people::author(event)?;
    if person.ids[0].key == SLACKBOT {
        return Some(ignored("written by Slackbot"));
    }
    let direct = is_direct(channel, text(event, "channel_type"));
    let thread = text(event, "thread_ts").filter(|thread| *thread != ts);
    let root = if direct { thread } else { Some(thread.unwrap_or(ts)) };
    let sides = sides(channel, direct, root, person)?;
    let content = content::of(event);
    // A thread within a direct message goes on in the conversation that its first message is in.
    let parent =
        thread.filter(|_| direct).and_then(|thread| MessageId::new(channel, thread)).map(|id| id.to_string());
    let sent_at = time(context, Some(ts));
    Some(What::Message(Box::new(InboundMessage {
        author: sides.author,
        text: content.text,
        parts: content.parts,
        media: content.media,
        reply_to: parent.clone().map(|external_id| Quote { external_id, text: None }),
        opens_window: true,
        answers: parent.into_iter().collect(),
        ..InboundMessage::new(id.to_string(), sides.place.to_string(), sides.contact, content.kind, sent_at)
    })))
}

/// Whether this app wrote it.
fn is_own(context: &Context<'_>, message: &Value) -> bool {
    let app = context.account.text(account::APP);
    let profile = message.get("bot_profile").and_then(|profile| text(profile, "app_id"));
    let by_app =
        text(message, "app_id").or(profile).is_some_and(|id| id == app) && message.get("bot_id").is_some();
    by_app || text(message, "user").is_some_and(|user| context.bots.iter().any(|bot| bot == user))
}

/// The id that we gave a message on its way.
pub(super) fn our_id(message: &Value) -> Option<&str> {
    let metadata = message.get("metadata").filter(|data| text(data, "event_type") == Some(METADATA))?;
    text(metadata.get("event_payload")?, "message_id")
}

/// Our own message comes back: if nobody knew whether it had gone out, now it is known.
fn own(context: &Context<'_>, message: &Value, id: &MessageId) -> What {
    let Some(message_id) = our_id(message).and_then(|id| id.parse().ok()) else {
        return ignored("our own message");
    };
    What::Status(StatusChange {
        external_id: id.to_string(),
        status: MessageStatus::Sent,
        at: time(context, Some(&id.ts)),
        error: None,
        message_id: Some(message_id),
        contact: None,
    })
}

/// Slack tells of a change also when a link was unfolded or a thread has grown: then the text is as it was.
fn changed(context: &Context<'_>, event: &Value) -> Option<What> {
    let channel = text(event, "channel")?;
    let message = event.get("message")?;
    let id = MessageId::new(channel, text(message, "ts")?)?;
    if text(message, "subtype") == Some(TOMBSTONE) {
        return Some(gone(context, &id, event));
    }
    if is_own(context, message) {
        return Some(ignored("our own message was changed"));
    }
    let previous = event.get("previous_message").unwrap_or(&Value::Null);
    let edited =
        |message: &Value| message.get("edited").and_then(|edited| text(edited, "ts")).map(str::to_owned);
    let at = edited(message);
    if at.is_none() || (at == edited(previous) && text(message, "text") == text(previous, "text")) {
        return Some(ignored("a message looks different but says the same"));
    }
    let content = content::of(message);
    Some(What::Edit(EditChange {
        external_id: id.to_string(),
        text: content.text,
        parts: content.parts,
        at: time(context, at.as_deref()),
    }))
}

fn deleted(context: &Context<'_>, event: &Value) -> Option<What> {
    let Some(id) = MessageId::new(text(event, "channel")?, text(event, "deleted_ts")?) else {
        return Some(unknown("message_deleted"));
    };
    Some(gone(context, &id, event))
}

fn gone(context: &Context<'_>, id: &MessageId, event: &Value) -> What {
    let at = time(context, text(event, "event_ts").or_else(|| text(event, "ts")));
    What::Delete(DeleteChange { external_ids: vec![id.to_string()], at })
}
