//! What customers do, as events.

use serde_json::{Value, json};

use super::{
    deliver::Told,
    files,
    world::{Workspace, random},
};
use crate::{Act, ActError, Customer};

/// Our words for Slack's own name of an emoji, as far as customers of the played workspace use them.
const NAMES: [(&str, &str); 8] = [
    ("👍", "thumbsup"),
    ("❤️", "heart"),
    ("🎉", "tada"),
    ("😂", "joy"),
    ("👀", "eyes"),
    ("🙏", "pray"),
    ("😮", "open_mouth"),
    ("😢", "cry"),
];

type Done = Result<(String, Option<Told>), ActError>;

pub(super) fn run(workspace: &mut Workspace, customer: &Customer, act: Act) -> Done {
    workspace.meet(customer);
    let channel = workspace.direct(&customer.id);
    match act {
        Act::Text { text, reply_to } => {
            let mut json =
                json!({ "user": customer.id, "text": escaped(&text), "client_msg_id": random(16) });
            if let Some(to) = reply_to {
                json["thread_ts"] = json!(named(&to)?.1);
            }
            said(workspace, &channel, json)
        }
        Act::Media(media) => {
            let id = files::keep(workspace, &media);
            let text = escaped(media.caption.as_deref().unwrap_or_default());
            let mut file = workspace.file_json("https://files.slack.com", &id);
            if media.kind == "voice" {
                file["subtype"] = json!("slack_audio");
            }
            said(
                workspace,
                &channel,
                json!({ "user": customer.id, "text": text, "subtype": "file_share", "files": [file] }),
            )
        }
        Act::React { message, emoji } => react(workspace, customer, &message, &emoji),
        Act::Press { message, button } => press(workspace, customer, &message, &button),
        Act::Edit { message, text } => edit(workspace, &message, &text),
        Act::Delete { message } => delete(workspace, &message),
        // Nobody tells an app what was read.
        Act::Read => Ok((String::new(), None)),
        _ => Err(ActError::Unsupported("such a thing")),
    }
}

pub(super) fn say_in(
    workspace: &mut Workspace,
    customer: &Customer,
    channel: &str,
    text: &str,
    thread: Option<&str>,
) -> Result<(String, Value), ActError> {
    workspace.meet(customer);
    if !workspace.channels.contains_key(channel) {
        return Err(ActError::Unsupported("such a channel"));
    }
    let mut json = json!({ "user": customer.id, "text": escaped(text), "client_msg_id": random(16) });
    if let Some(thread) = thread {
        json["thread_ts"] = json!(named(thread)?.1);
    }
    let event = workspace.keep(channel, json, false);
    Ok((format!("{channel}:{}", event["ts"].as_str().unwrap_or_default()), event))
}

pub(super) fn share_in(
    workspace: &mut Workspace,
    customer: &Customer,
    media: &crate::Media,
    thread: &str,
) -> Result<(String, Value), ActError> {
    workspace.meet(customer);
    let (channel, ts) = named(thread)?;
    let id = files::keep(workspace, media);
    let text = escaped(media.caption.as_deref().unwrap_or_default());
    let file = workspace.file_json("https://files.slack.com", &id);
    let json = json!({
        "user": customer.id, "text": text, "subtype": "file_share", "files": [file], "thread_ts": ts,
    });
    let event = workspace.keep(&channel, json, false);
    Ok((format!("{channel}:{}", event["ts"].as_str().unwrap_or_default()), event))
}

fn said(workspace: &mut Workspace, channel: &str, json: Value) -> Done {
    let event = workspace.keep(channel, json, false);
    Ok((format!("{channel}:{}", event["ts"].as_str().unwrap_or_default()), Some(Told::Event(event))))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Channel and `ts`.
fn named(id: &str) -> Result<(String, String), ActError> {
    let (channel, ts) = id.split_once(':').ok_or(ActError::NoSuchMessage)?;
    Ok((channel.to_owned(), ts.to_owned()))
}

fn react(workspace: &mut Workspace, customer: &Customer, message: &str, emoji: &str) -> Done {
    let (channel, ts) = named(message)?;
    let event_ts = workspace.tick();
    let found = workspace.find(&channel, &ts).ok_or(ActError::NoSuchMessage)?;
    let own = found.reactions.iter().position(|(_, by)| *by == customer.id);
    let before = own.map(|at| found.reactions.remove(at).0);
    let (kind, name) = if emoji.is_empty() {
        ("reaction_removed", before.ok_or(ActError::Unsupported("removing what is not there"))?)
    } else {
        let name =
            NAMES.iter().find(|(known, _)| *known == emoji).map_or("thumbsup", |(_, name)| *name).to_owned();
        found.reactions.push((name.clone(), customer.id.clone()));
        ("reaction_added", name)
    };
    let event = json!({
        "type": kind, "user": customer.id, "reaction": name, "item": { "type": "message", "channel": channel, "ts": ts },
        "event_ts": event_ts,
    });
    Ok((message.to_owned(), Some(Told::Event(event))))
}

fn press(workspace: &mut Workspace, customer: &Customer, message: &str, button: &str) -> Done {
    let (channel, ts) = named(message)?;
    let action_ts = workspace.tick();
    let carrier = workspace.find(&channel, &ts).ok_or(ActError::NoSuchMessage)?.json.clone();
    let blocks = carrier["blocks"].as_array().cloned().unwrap_or_default();
    let mut elements =
        blocks.iter().flat_map(|block| block["elements"].as_array().cloned().unwrap_or_default());
    let action =
        elements.find_map(|element| chosen(&element, button, &action_ts)).ok_or(ActError::NoSuchMessage)?;
    let mut container =
        json!({ "type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": false });
    if let Some(thread) = carrier["thread_ts"].as_str() {
        container["thread_ts"] = json!(thread);
    }
    let name = customer.username.clone().unwrap_or_default();
    let payload = json!({
        "type": "block_actions", "api_app_id": workspace.app, "team": { "id": workspace.team, "domain": "played" },
        "user": { "id": customer.id, "username": name, "name": name, "team_id": workspace.team },
        "container": container, "trigger_id": random(12), "channel": { "id": channel }, "message": carrier, "actions": [action],
    });
    let action_id = action["action_id"].as_str().unwrap_or_default();
    Ok((format!("action:{}:{action_ts}:{action_id}", customer.id), Some(Told::Press(payload))))
}

fn chosen(element: &Value, button: &str, action_ts: &str) -> Option<Value> {
    let mut action = json!({ "type": element["type"], "action_id": element["action_id"], "block_id": "b1", "action_ts": action_ts });
    if element["type"] == "static_select" {
        let option = element["options"].as_array()?.iter().find(|option| option["value"] == button)?;
        action["selected_option"] = option.clone();
        return Some(action);
    }
    if element["value"] != button {
        return None;
    }
    action["value"] = json!(button);
    action["text"] = element["text"].clone();
    Some(action)
}

fn edit(workspace: &mut Workspace, message: &str, text: &str) -> Done {
    let (channel, ts) = named(message)?;
    let at = workspace.tick();
    let found = workspace.find(&channel, &ts).ok_or(ActError::NoSuchMessage)?;
    let previous = found.json.clone();
    found.json["text"] = json!(escaped(text));
    found.json["edited"] = json!({ "user": previous["user"], "ts": at });
    let event = json!({
        "type": "message", "subtype": "message_changed", "hidden": true, "channel": channel, "ts": at, "event_ts": at,
        "channel_type": if channel.starts_with('D') { "im" } else { "channel" },
        "message": found.json, "previous_message": previous,
    });
    Ok((message.to_owned(), Some(Told::Event(event))))
}

fn delete(workspace: &mut Workspace, message: &str) -> Done {
    let (channel, ts) = named(message)?;
    let at = workspace.tick();
    let found = workspace.find(&channel, &ts).ok_or(ActError::NoSuchMessage)?;
    found.deleted = true;
    let event = json!({
        "type": "message", "subtype": "message_deleted", "hidden": true, "channel": channel, "deleted_ts": ts, "ts": at, "event_ts": at,
        "channel_type": if channel.starts_with('D') { "im" } else { "channel" }, "previous_message": found.json,
    });
    Ok((message.to_owned(), Some(Told::Event(event))))
}

/// The character for Slack's name of an emoji.
pub(super) fn shown(name: &str) -> String {
    let known = NAMES.iter().find(|(_, known)| *known == name || (name == "+1" && *known == "thumbsup"));
    known.map_or_else(|| format!(":{name}:"), |(emoji, _)| (*emoji).to_owned())
}
