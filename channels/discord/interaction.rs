//! Buttons, menus, commands and forms. They come over HTTP if the application has an endpoint's address, else through the gateway,
//! and must be confirmed within three seconds. <https://docs.discord.com/developers/interactions/receiving-and-responding>

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use serenity::model::application::InteractionType;

use super::{changes, message, wire};
use crate::{
    Incoming, ReadError,
    event::{InboundEvent, InboundMessage, What},
    message::{Kind, Part, Quote},
};

/// Fields of a form are looked for at most so deep.
const DEPTH_MAX: usize = 8;
const EPHEMERAL: u64 = 1 << 6;

pub(super) fn over_http(body: &Value, now: DateTime<Utc>) -> Result<Incoming, ReadError> {
    let kind = kind(body).ok_or_else(|| ReadError("neither an interaction nor an event".to_owned()))?;
    let events = match kind {
        InteractionType::Ping => Vec::new(),
        _ => vec![InboundEvent::from(what(body, kind, now))],
    };
    let answer = Incoming::answer("application/json", confirmation(body, kind).to_string());
    Ok(Incoming { events, ..answer })
}

/// Confirmed by a call once it is stored; the token in it is good for a quarter of an hour.
pub(super) fn over_gateway(data: &Value, now: DateTime<Utc>) -> Vec<InboundEvent> {
    let Some(kind) = kind(data) else {
        return vec![changes::ignored("an interaction without a type").into()];
    };
    let mut what = what(data, kind, now);
    if let What::Message(message) = &mut what {
        let token = wire::filled(data, "token");
        message.acknowledge = token.map(|token| {
            json!({ "id": message.external_id, "token": token, "answer": confirmation(data, kind) })
                .to_string()
        });
    }
    vec![what.into()]
}

fn kind(data: &Value) -> Option<InteractionType> {
    Some(InteractionType::from(u8::try_from(wire::number(data, "type")?).ok()?))
}

/// What Discord shows at once: nothing new for a pressed button, a mark that only its author sees for a command.
fn confirmation(data: &Value, kind: InteractionType) -> Value {
    match kind {
        InteractionType::Ping => json!({ "type": 1 }),
        InteractionType::Component => json!({ "type": 6 }),
        InteractionType::Autocomplete => json!({ "type": 8, "data": { "choices": [] } }),
        InteractionType::Modal if data.get("message").is_some() => json!({ "type": 6 }),
        _ => {
            json!({ "type": 4, "data": { "content": "✅", "flags": EPHEMERAL, "allowed_mentions": { "parse": [] } } })
        }
    }
}

fn what(body: &Value, kind: InteractionType, now: DateTime<Utc>) -> What {
    let data = wire::field(body, "data");
    let channel = wire::id(body, "channel_id").or_else(|| wire::id(wire::field(body, "channel"), "id"));
    let (Some(id), Some(channel)) = (wire::id(body, "id"), channel) else {
        return changes::ignored("an interaction without an id or a channel");
    };
    let member = wire::field(body, "member");
    let user = if member.is_object() { wire::field(member, "user") } else { wire::field(body, "user") };
    let Some(user) = wire::party(user, member) else {
        return changes::ignored("an interaction by nobody");
    };
    let (title, parts) = match kind {
        InteractionType::Command => command(data),
        InteractionType::Component => choice(body, data),
        InteractionType::Modal => form(data),
        _ => return changes::ignored("an interaction that asks for nothing that we have"),
    };
    let group = message::is_group(body);
    let name = wire::channel_name(wire::field(body, "channel"));
    let (contact, author) = if group { (wire::place(&channel, name), Some(user)) } else { (user, None) };
    let sent_at = wire::time_of(&id).unwrap_or(now);
    let quoted = wire::id(wire::field(body, "message"), "id");
    What::Message(Box::new(InboundMessage {
        author,
        text: title,
        parts,
        reply_to: quoted.map(|external_id| Quote { external_id, text: None }),
        opens_window: true,
        ..InboundMessage::new(id, channel, contact, Kind::Interactive, sent_at)
    }))
}

/// `/order number: 17`, as its author sees it.
fn command(data: &Value) -> (String, Vec<Part>) {
    let name = wire::filled(data, "name").unwrap_or_default();
    let mut title = format!("/{name}");
    let mut options = wire::list(data, "options");
    // A sub-command is an option that has options.
    for _ in 0..2 {
        let Some(inner) = options.first().filter(|one| matches!(wire::number(one, "type"), Some(1 | 2)))
        else {
            break;
        };
        title = format!("{title} {}", wire::text(inner, "name"));
        options = wire::list(inner, "options");
    }
    for option in options {
        let value = plain(wire::field(option, "value"));
        title = format!("{title} {}: {value}", wire::text(option, "name"));
    }
    let part = Part::Choice {
        id: format!("/{name}"),
        title: title.clone(),
        description: None,
        data: Some(data.clone()),
    };
    (title, vec![part])
}

/// A button is known by its id, a menu's row by its value; their words stand in the message they belong to.
fn choice(body: &Value, data: &Value) -> (String, Vec<Part>) {
    let offered = wire::list(wire::field(body, "message"), "components");
    let custom = wire::filled(data, "custom_id").unwrap_or_default();
    let picked: Vec<String> =
        wire::list(data, "values").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let picked = if picked.is_empty() {
        vec![(custom, "custom_id")]
    } else {
        picked.into_iter().map(|value| (value, "value")).collect()
    };
    let parts: Vec<(String, Part)> = picked
        .into_iter()
        .map(|(id, known_by)| {
            let title = label(offered, known_by, &id, 0).unwrap_or_else(|| id.clone());
            (title.clone(), Part::Choice { id, title, description: None, data: None })
        })
        .collect();
    let titles: Vec<_> = parts.iter().map(|(title, _)| title.as_str()).collect();
    (titles.join(", "), parts.into_iter().map(|(_, part)| part).collect())
}

fn label(components: &[Value], known_by: &str, id: &str, depth: usize) -> Option<String> {
    components.iter().filter(|_| depth <= DEPTH_MAX).find_map(|one| {
        let own = (wire::text(one, known_by) == id).then(|| wire::filled(one, "label")).flatten();
        own.or_else(|| label(wire::list(one, "options"), known_by, id, depth + 1))
            .or_else(|| label(wire::list(one, "components"), known_by, id, depth + 1))
    })
}

/// Each answer on a line. Newer forms wrap their fields in labels.
fn form(data: &Value) -> (String, Vec<Part>) {
    let mut lines = Vec::new();
    answers(wire::list(data, "components"), &mut lines, 0);
    let title = lines.join("\n");
    let id = wire::filled(data, "custom_id").unwrap_or_default();
    let part = Part::Choice { id, title: title.clone(), description: None, data: Some(data.clone()) };
    (title, vec![part])
}

fn answers(components: &[Value], lines: &mut Vec<String>, depth: usize) {
    for one in components.iter().filter(|_| depth <= DEPTH_MAX) {
        if let Some(value) = one.get("value") {
            lines.push(format!("{}: {}", wire::text(one, "custom_id"), plain(value)));
        }
        for value in wire::list(one, "values") {
            lines.push(format!("{}: {}", wire::text(one, "custom_id"), plain(value)));
        }
        answers(wire::list(one, "components"), lines, depth + 1);
        answers(std::slice::from_ref(wire::field(one, "component")), lines, depth + 1);
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
