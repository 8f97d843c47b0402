//! Channels as the app sees them: those that it is in, what was said there, and words for one person alone.

use serde_json::{Value, json};

use super::{
    call::{Call, Refused},
    world::{Message, Workspace},
};

/// Messages that one answer holds at most.
const PAGE: usize = 200;

/// A message in a channel, as everybody there sees it.
#[derive(Clone, Debug)]
pub struct Posted {
    /// `C1:1760000000.000100`
    pub id: String,
    /// The thread's, in the same form.
    pub thread: Option<String>,
    pub text: String,
    /// Written by the app.
    pub ours: bool,
    pub deleted: bool,
    /// Names of its files.
    pub files: Vec<String>,
    /// As events tell of it.
    pub event: Value,
}

pub(super) fn list(workspace: &Workspace, call: &Call) -> Result<Value, Refused> {
    let most: usize = call.text("limit").parse().unwrap_or(100);
    let skipped: usize = call.text("cursor").parse().unwrap_or(0);
    let named = workspace.channels.iter().filter(|(id, _)| id.starts_with('C'));
    let page: Vec<_> = named
        .clone()
        .skip(skipped)
        .take(most)
        .map(|(id, channel)| json!({ "id": id, "name": channel.name, "is_member": true, "is_archived": false, "is_channel": true }))
        .collect();
    let next =
        if skipped + page.len() < named.count() { (skipped + page.len()).to_string() } else { String::new() };
    Ok(json!({ "channels": page, "response_metadata": { "next_cursor": next } }))
}

/// Where the app is, by kind; each has a permission of its own.
pub(super) fn of_app(workspace: &Workspace, call: &Call) -> Result<Value, Refused> {
    let asked = call.text("types").split(',').collect::<Vec<_>>();
    for kind in &asked {
        let needed = match *kind {
            "private_channel" => "groups:read",
            "mpim" => "mpim:read",
            "im" => "im:read",
            _ => "channels:read",
        };
        if !workspace.scopes.split(',').any(|scope| scope == needed) {
            return Err(Refused("missing_scope", json!({ "needed": needed, "provided": workspace.scopes })));
        }
    }
    let kind = |id: &str| if id.starts_with('D') { "im" } else { "public_channel" };
    let found = workspace.channels.keys().filter(|id| asked.contains(&kind(id)));
    let channels: Vec<_> = found.map(|id| json!({ "id": id, "is_im": id.starts_with('D') })).collect();
    Ok(json!({ "channels": channels, "response_metadata": { "next_cursor": "" } }))
}

/// `conversations.history` shows what is in no thread, newest first; `conversations.replies` shows one, oldest first.
pub(super) fn history(workspace: &Workspace, call: &Call) -> Result<Value, Refused> {
    let channel = workspace.channels.get(call.text("channel")).ok_or("channel_not_found")?;
    let (root, oldest) = (call.text("ts"), call.text("oldest"));
    if call.method == "conversations.replies" && !channel.messages.iter().any(|one| one.ts == root) {
        return Err("thread_not_found".into());
    }
    let wanted = |one: &&Message| match root {
        "" => thread(one).is_empty(),
        root => one.ts == root || thread(one) == root,
    };
    let answered =
        |one: &Message| channel.messages.iter().any(|other| !other.deleted && thread(other) == one.ts);
    let mut found: Vec<_> = channel
        .messages
        .iter()
        .filter(|one| one.ts.as_str() >= oldest && (!one.deleted || answered(one)))
        .filter(wanted)
        .collect();
    if root.is_empty() {
        found.reverse();
    }
    let shown = |one: &Message| {
        let mut json = one.json.clone();
        let mut answers =
            channel.messages.iter().filter(|other| !other.deleted && thread(other) == one.ts).peekable();
        if answers.peek().is_some() {
            json["thread_ts"] = json!(one.ts);
            json["reply_count"] = json!(answers.clone().count());
            json["latest_reply"] = json!(answers.map(|other| other.ts.as_str()).max());
        }
        if one.deleted {
            // The first message of a thread leaves its place behind.
            json["subtype"] = json!("tombstone");
            json["user"] = json!("USLACKBOT");
            json["text"] = json!("This message was deleted.");
        }
        if !one.reactions.is_empty() && !one.deleted {
            json["reactions"] = reactions(one);
        }
        if call.text("include_all_metadata") != "true"
            && let Some(fields) = json.as_object_mut()
        {
            fields.remove("metadata");
        }
        json
    };
    let most = call.text("limit").parse().unwrap_or(PAGE).min(PAGE);
    let skipped: usize = call.text("cursor").parse().unwrap_or(0);
    let more = found.len() > skipped + most;
    let next = if more { (skipped + most).to_string() } else { String::new() };
    let messages: Vec<_> = found.into_iter().skip(skipped).take(most).map(shown).collect();
    Ok(json!({ "messages": messages, "has_more": more, "response_metadata": { "next_cursor": next } }))
}

fn thread(message: &Message) -> &str {
    message.json["thread_ts"].as_str().unwrap_or_default()
}

/// By name, with everybody who set it.
fn reactions(message: &Message) -> Value {
    let mut names: Vec<&str> = message.reactions.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let shown = names.into_iter().map(|name| {
        let by = message.reactions.iter().filter(|(set, _)| set == name);
        let users: Vec<_> = by.map(|(_, user)| user.as_str()).collect();
        json!({ "name": name, "users": users, "count": users.len() })
    });
    shown.collect()
}

pub(super) fn whisper(workspace: &mut Workspace, call: &Call) -> Result<Value, Refused> {
    let to = call.text("user").to_owned();
    if !workspace.people.contains_key(&to) {
        return Err("user_not_in_channel".into());
    }
    let ts = workspace.tick();
    let channel = workspace.channels.get_mut(call.text("channel")).ok_or("channel_not_found")?;
    channel.whispers.push((to, Value::Object(call.fields.clone())));
    Ok(json!({ "message_ts": ts }))
}

pub(super) fn posted(workspace: &Workspace, id: &str) -> Vec<Posted> {
    let messages = workspace.channels.get(id).map(|channel| channel.messages.as_slice()).unwrap_or_default();
    messages.iter().map(|message| look(id, message)).collect()
}

fn look(channel: &str, message: &Message) -> Posted {
    let text = |field: &str| message.json[field].as_str();
    let files = message.json["files"].as_array().into_iter().flatten();
    let mut event = message.json.clone();
    event["channel"] = json!(channel);
    event["channel_type"] = json!("channel");
    event["event_ts"] = json!(message.ts);
    Posted {
        id: format!("{channel}:{}", message.ts),
        thread: text("thread_ts").map(|ts| format!("{channel}:{ts}")),
        text: text("text").unwrap_or_default().to_owned(),
        ours: message.ours,
        deleted: message.deleted,
        files: files.filter_map(|file| file["name"].as_str()).map(str::to_owned).collect(),
        event,
    }
}
