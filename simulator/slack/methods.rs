//! What the Web API's methods do. <https://docs.slack.dev/reference/methods>

use serde_json::{Value, json};

use super::{
    call::{Call, Refused},
    channels, files,
    world::{Workspace, random},
};

/// Characters from which on a text is refused here; Slack itself cuts it.
const TEXT_MAX: usize = 40_000;
/// Each method's permission.
const NEEDED: [(&str, &str); 15] = [
    ("chat.postEphemeral", "chat:write"),
    ("conversations.history", "channels:history"),
    ("conversations.list", "channels:read"),
    ("conversations.replies", "channels:history"),
    ("chat.postMessage", "chat:write"),
    ("chat.update", "chat:write"),
    ("chat.delete", "chat:write"),
    ("conversations.open", "im:write"),
    ("files.getUploadURLExternal", "files:write"),
    ("files.completeUploadExternal", "files:write"),
    ("files.delete", "files:write"),
    ("reactions.add", "reactions:write"),
    ("reactions.remove", "reactions:write"),
    ("reactions.get", "reactions:read"),
    ("users.info", "users:read"),
];

type Answered = Result<Value, Refused>;

/// The answer, and the customer whose chat looks different now.
pub(super) fn run(base_url: &str, workspace: &mut Workspace, call: &Call) -> (Answered, Option<String>) {
    let needed = NEEDED.iter().find(|(method, _)| *method == call.method).map(|(_, scope)| *scope);
    if let Some(needed) = needed.filter(|needed| !workspace.scopes.split(',').any(|scope| scope == *needed)) {
        let beside = json!({ "needed": needed, "provided": workspace.scopes });
        return (Err(Refused("missing_scope", beside)), None);
    }
    let answered = match call.method.as_str() {
        "auth.test" => Ok(json!({
            "url": "https://played.slack.com/", "team": workspace.name, "user": "support", "team_id": workspace.team,
            "user_id": workspace.user, "bot_id": workspace.bot, "is_enterprise_install": false,
        })),
        "apps.connections.open" => {
            let ticket = random(16);
            workspace.tickets.push(ticket.clone());
            let origin = base_url.replacen("http", "ws", 1);
            Ok(json!({ "url": format!("{origin}/slack/socket?ticket={ticket}") }))
        }
        "chat.postMessage" => post(workspace, call),
        "chat.update" => update(workspace, call),
        "chat.delete" => delete(workspace, call),
        "chat.postEphemeral" => channels::whisper(workspace, call),
        "conversations.history" | "conversations.replies" => channels::history(workspace, call),
        "conversations.list" => channels::list(workspace, call),
        "users.conversations" => channels::of_app(workspace, call),
        "conversations.open" => open(workspace, call),
        "conversations.info" => channel(workspace, call),
        "users.info" => workspace
            .user_json(call.text("user"))
            .map(|user| json!({ "user": user }))
            .ok_or("user_not_found".into()),
        "reactions.add" | "reactions.remove" => react(workspace, call),
        "reactions.get" => reactions(workspace, call),
        "files.getUploadURLExternal" => files::begin(base_url, workspace, call),
        "files.completeUploadExternal" => files::complete(base_url, workspace, call),
        "files.info" => files::info(base_url, workspace, call),
        "files.delete" => files::delete(workspace, call),
        _ => Err("unknown_method".into()),
    };
    let seen = answered.as_ref().ok().and_then(|answer| {
        let channel = answer["channel"].as_str().unwrap_or_else(|| match call.text("channel") {
            "" => call.text("channel_id"),
            channel => channel,
        });
        workspace.channels.get(channel)?.person.clone()
    });
    (answered, seen)
}

/// The conversation that a call names: a person's is opened.
fn place(workspace: &mut Workspace, named: &str) -> Result<String, Refused> {
    if named.starts_with('U') {
        if named == workspace.user {
            return Err("cannot_dm_bot".into());
        }
        return Ok(workspace.direct(named));
    }
    if workspace.channels.contains_key(named) {
        Ok(named.to_owned())
    } else {
        Err("channel_not_found".into())
    }
}

fn post(workspace: &mut Workspace, call: &Call) -> Answered {
    let channel = place(workspace, call.text("channel"))?;
    let blocks = call.fields.get("blocks").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = call.text("text");
    if text.is_empty() && blocks.is_empty() {
        return Err("no_text".into());
    }
    if text.chars().count() > TEXT_MAX {
        return Err("msg_too_long".into());
    }
    if blocks.iter().any(|block| !fits(block)) {
        return Err("invalid_blocks".into());
    }
    let mut json = own(workspace);
    json["text"] = json!(text);
    let thread = call.text("thread_ts").to_owned();
    if !thread.is_empty() {
        workspace.find(&channel, &thread).ok_or("thread_not_found")?;
        json["thread_ts"] = json!(thread);
    }
    for field in ["blocks", "metadata"] {
        if let Some(value) = call.fields.get(field) {
            json[field] = value.clone();
        }
    }
    let event = workspace.keep(&channel, json, true);
    Ok(json!({ "channel": channel, "ts": event["ts"], "message": event }))
}

/// What the app writes.
pub(super) fn own(workspace: &Workspace) -> Value {
    json!({
        "user": workspace.user, "bot_id": workspace.bot, "app_id": workspace.app,
        "bot_profile": { "id": workspace.bot, "app_id": workspace.app, "name": "Support", "team_id": workspace.team },
    })
}

fn fits(block: &Value) -> bool {
    let short = |text: &Value, most: usize| {
        text["text"].as_str().is_some_and(|text| (1..=most).contains(&text.chars().count()))
    };
    match block["type"].as_str() {
        Some("section") => short(&block["text"], 3000),
        Some("header") => block["text"]["type"] == "plain_text" && short(&block["text"], 150),
        Some("actions") => block["elements"].as_array().is_some_and(|elements| {
            (1..=25).contains(&elements.len())
                && elements.iter().all(|element| match element["type"].as_str() {
                    Some("button") => element["text"]["type"] == "plain_text" && short(&element["text"], 75),
                    Some("static_select") => element["options"]
                        .as_array()
                        .is_some_and(|options| (1..=100).contains(&options.len())),
                    _ => false,
                })
        }),
        Some("context" | "divider") => true,
        _ => false,
    }
}

fn update(workspace: &mut Workspace, call: &Call) -> Answered {
    let (channel, ts) = (call.text("channel").to_owned(), call.text("ts").to_owned());
    let message = workspace.find(&channel, &ts).ok_or("message_not_found")?;
    if !message.ours {
        return Err("cant_update_message".into());
    }
    message.json["text"] = json!(call.text("text"));
    message.json["edited"] = json!({ "ts": ts });
    if let Some(blocks) = call.fields.get("blocks") {
        message.json["blocks"] = blocks.clone();
    }
    Ok(json!({ "channel": channel, "ts": ts, "text": call.text("text") }))
}

fn delete(workspace: &mut Workspace, call: &Call) -> Answered {
    let (channel, ts) = (call.text("channel").to_owned(), call.text("ts").to_owned());
    let message = workspace.find(&channel, &ts).ok_or("message_not_found")?;
    if !message.ours {
        return Err("cant_delete_message".into());
    }
    message.deleted = true;
    Ok(json!({ "channel": channel, "ts": ts }))
}

fn open(workspace: &mut Workspace, call: &Call) -> Answered {
    let channel = place(workspace, call.text("users"))?;
    Ok(json!({ "channel": { "id": channel } }))
}

fn channel(workspace: &mut Workspace, call: &Call) -> Answered {
    let id = call.text("channel");
    let channel = workspace.channels.get(id).ok_or("channel_not_found")?;
    Ok(
        json!({ "channel": { "id": id, "name": channel.name, "is_im": id.starts_with('D'), "is_mpim": false } }),
    )
}

fn react(workspace: &mut Workspace, call: &Call) -> Answered {
    let own = workspace.user.clone();
    let message = workspace.find(call.text("channel"), call.text("timestamp")).ok_or("message_not_found")?;
    let reaction = (call.text("name").to_owned(), own);
    let known = message.reactions.contains(&reaction);
    match call.method.as_str() {
        "reactions.add" if known => return Err("already_reacted".into()),
        "reactions.add" => message.reactions.push(reaction),
        _ if !known => return Err("no_reaction".into()),
        _ => message.reactions.retain(|one| *one != reaction),
    }
    Ok(json!({}))
}

fn reactions(workspace: &mut Workspace, call: &Call) -> Answered {
    let message = workspace.find(call.text("channel"), call.text("timestamp")).ok_or("message_not_found")?;
    let list: Vec<_> = message
        .reactions
        .iter()
        .map(|(name, by)| json!({ "name": name, "users": [by], "count": 1 }))
        .collect();
    Ok(json!({ "type": "message", "message": { "ts": message.ts, "reactions": list } }))
}
