//! Pressed buttons, and commands that begin with a slash. Slack waits three seconds for the answer to these and never repeats them.

use serde_json::{Value, json};

use super::{
    blocks::LINK,
    content, messages, people,
    place::{MessageId, Place},
    read::{Context, ignored, text, time, unknown},
};
use crate::event::{Answer, InboundMessage, What};
use crate::message::{Kind, Part, Quote};

/// Interactions of windows and menus that the hub does not open.
const SILENT: [&str; 7] = [
    "view_submission",
    "view_closed",
    "shortcut",
    "message_action",
    "block_suggestion",
    "workflow_step_edit",
    "dialog_submission",
];

const THANKS: &str = "Thank you, your message is with us. The answer comes to you as a direct message.";
const USAGE: &str = "Write your message behind the command.";

pub(super) fn interaction(context: &Context<'_>, payload: &Value) -> Vec<What> {
    match text(payload, "type") {
        Some("block_actions") => {
            let actions = payload.get("actions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let read = actions.iter().map(|action| {
                press(context, payload, action).unwrap_or_else(|| unknown("a block action without a sender"))
            });
            let events: Vec<_> = read.collect();
            if events.is_empty() { vec![ignored("an interaction without an action")] } else { events }
        }
        Some(kind) if SILENT.contains(&kind) => vec![ignored(format!("the hub offers no {kind}"))],
        kind => vec![unknown(kind.unwrap_or("an interaction without a type"))],
    }
}

fn press(context: &Context<'_>, payload: &Value, action: &Value) -> Option<What> {
    let action_id = text(action, "action_id").unwrap_or_default();
    if action_id.starts_with(LINK) {
        return Some(ignored("a link was opened"));
    }
    let (container, user) = (payload.get("container").unwrap_or(&Value::Null), payload.get("user")?);
    let carrier = payload.get("message").unwrap_or(&Value::Null);
    let channel =
        text(container, "channel_id").or_else(|| payload.get("channel").and_then(|one| text(one, "id")))?;
    let ts = text(container, "message_ts").or_else(|| text(carrier, "ts"));
    // The handle that stands beside it is not what people call each other: the name is asked for.
    let person = people::user(text(user, "id")?)?;
    let direct = messages::is_direct(channel, None);
    let thread = text(container, "thread_ts").or_else(|| text(carrier, "thread_ts"));
    let carried = ts.and_then(|ts| MessageId::new(channel, ts)).map(|id| id.to_string());
    let root = if direct { thread.filter(|thread| Some(*thread) != ts) } else { thread.or(ts) };
    let user_id = person.ids[0].key.clone();
    let sides = messages::sides(channel, direct, root, person)?;
    let pressed_at = text(action, "action_ts");
    let token = pressed_at.or_else(|| text(payload, "trigger_id"))?;
    let (id, title) = chosen(action)?;
    Some(What::Message(Box::new(InboundMessage {
        author: sides.author,
        text: title.clone(),
        parts: vec![Part::Choice { id, title, description: None, data: None }],
        reply_to: carried.clone().map(|external_id| Quote { external_id, text: None }),
        opens_window: true,
        answers: carried.into_iter().collect(),
        ..InboundMessage::new(
            format!("action:{user_id}:{token}:{action_id}"),
            sides.place.to_string(),
            sides.contact,
            Kind::Interactive,
            time(context, pressed_at),
        )
    })))
}

/// Id and title of a button or of a list's row. Our ids are the values.
fn chosen(action: &Value) -> Option<(String, String)> {
    let picked = action.get("selected_option").unwrap_or(action);
    let id = text(picked, "value").or_else(|| text(action, "action_id"))?;
    let title = picked.get("text").and_then(|title| text(title, "text"));
    Some((id.to_owned(), title.unwrap_or(id).to_owned()))
}

/// Nobody else sees a command, so that it is answered in the person's direct message.
pub(super) fn command(context: &Context<'_>, fields: &Value) -> (What, Option<Answer>) {
    if text(fields, "ssl_check").is_some() {
        return (ignored("Slack looked at the certificate"), None);
    }
    match asked(context, fields) {
        Some(Ok(message)) => (What::Message(Box::new(message)), Some(only_to_them(THANKS))),
        Some(Err(())) => (ignored("a command without words"), Some(only_to_them(USAGE))),
        None => (unknown("a form that is no command"), None),
    }
}

fn asked(context: &Context<'_>, fields: &Value) -> Option<Result<InboundMessage, ()>> {
    let (user, command) = (text(fields, "user_id")?, text(fields, "command")?);
    let person = people::user(user)?;
    let Some(words) = text(fields, "text").filter(|words| !words.trim().is_empty()) else {
        return Some(Err(()));
    };
    let (said, format) = content::formatted(words);
    let place = Place { channel: user.to_owned(), root: None };
    let token = text(fields, "trigger_id")?;
    Some(Ok(InboundMessage {
        text: said,
        parts: format.into_iter().collect(),
        referral: Some(json!({ "source": "command", "command": command })),
        opens_window: true,
        ..InboundMessage::new(
            format!("command:{token}"),
            place.to_string(),
            person,
            Kind::Text,
            context.received_at,
        )
    }))
}

fn only_to_them(text: &str) -> Answer {
    let body = json!({ "response_type": "ephemeral", "text": text }).to_string();
    Answer { status: 200, content_type: "application/json", body: body.into() }
}
