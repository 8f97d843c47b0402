//! What a bot does to messages: writes, edits, deletes, reacts, reads history.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, header},
};
use chrono::Utc;
use serde_json::{Value, json};

use super::{
    Shared,
    api::{Answer, Call, Refused, refused},
    world::{Channel, Stored},
};

const TEXT_MAX: usize = 2000;
const FILE_MAX: usize = 10 << 20;
const EMPTY: Refused = refused(400, 50006, "Cannot send an empty message");
const INVALID: Refused = refused(400, 50035, "Invalid Form Body");
const NO_CHANNEL: Refused = refused(404, 10003, "Unknown Channel");
const NO_MESSAGE: Refused = refused(404, 10008, "Unknown Message");

pub(super) struct Upload {
    pub name: String,
    pub mime: String,
    pub bytes: Bytes,
}

/// JSON, or `payload_json` with its files.
pub(super) async fn body(headers: &HeaderMap, body: Bytes) -> Result<(Value, Vec<Upload>), Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/") {
        let json = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
        return Ok((
            json.map_err(|_| refused(400, 50109, "The request body contains invalid JSON."))?,
            Vec::new(),
        ));
    }
    let mut request = Request::new(Body::from(body));
    *request.headers_mut() = headers.clone();
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| INVALID)?;
    let (mut json, mut files) = (Value::Null, Vec::new());
    while let Some(field) = form.next_field().await.map_err(|_| INVALID)? {
        let (name, file) =
            (field.name().unwrap_or_default().to_owned(), field.file_name().map(str::to_owned));
        let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
        let bytes = field.bytes().await.map_err(|_| INVALID)?;
        match (name.as_str(), file) {
            ("payload_json", _) => json = serde_json::from_slice(&bytes).map_err(|_| INVALID)?,
            (_, Some(name)) => files.push(Upload { name, mime, bytes }),
            _ => return Err(INVALID),
        }
    }
    Ok((json, files))
}

/// At most `limit` messages after an id, newest first, as Discord lists them.
pub(super) fn page(channel: &Channel, query: &[(String, String)]) -> Value {
    let number = |name: &str| {
        query.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse::<u64>().ok())
    };
    let limit = number("limit").unwrap_or(50).min(100) as usize;
    let id =
        |message: &Value| message["id"].as_str().and_then(|id| id.parse::<u64>().ok()).unwrap_or_default();
    let page: Vec<&Value> = match number("after") {
        Some(after) => channel.messages.iter().filter(|one| id(one) > after).take(limit).collect(),
        None => channel.messages.iter().skip(channel.messages.len().saturating_sub(limit)).collect(),
    };
    page.into_iter().rev().map(|message| shown(channel, message)).collect()
}

/// As it is looked up later: with reactions, without the nonce.
fn shown(channel: &Channel, message: &Value) -> Value {
    let mut message = message.clone();
    let id = message["id"].as_str().unwrap_or_default();
    let reactions: Value = channel
        .reactions(id)
        .map(|(emoji, by)| json!({ "emoji": { "id": null, "name": emoji }, "count": 1, "me": *by == channel.own }))
        .collect();
    if let Some(fields) = message.as_object_mut() {
        fields.remove("nonce");
        fields.insert("reactions".to_owned(), reactions);
    }
    message
}

pub(super) fn one(channel: &mut Channel, id: &str) -> Answer {
    let found = channel.messages.iter().find(|message| message["id"] == id);
    found.map(|message| Some(shown(channel, message))).ok_or(NO_MESSAGE)
}

/// A new message without anything in it.
pub(super) fn blank(id: &str, channel: &str, author: &Value, content: &str) -> Value {
    json!({
        "id": id, "channel_id": channel, "author": author, "content": content, "timestamp": Utc::now().to_rfc3339(),
        "edited_timestamp": null, "type": 0, "flags": 0, "tts": false, "pinned": false, "mention_everyone": false,
        "attachments": [], "embeds": [], "mentions": [], "mention_roles": [], "components": [],
    })
}

impl Shared {
    pub(super) fn in_channel(&self, call: &Call, act: impl FnOnce(&mut Channel) -> Answer) -> Answer {
        self.of(call, |app| app.channels.get_mut(&call.path[1]).map_or(Err(NO_CHANNEL), act))
    }

    pub(super) fn open_direct(&self, call: &Call) -> Answer {
        let Some(user) = call.json["recipient_id"].as_str() else { return Err(INVALID) };
        let mut world = self.world();
        let known = world.users.get(user).cloned().ok_or(refused(400, 50033, "Invalid Recipient(s)"))?;
        let mut ids = self.ids();
        let app = world.apps.get_mut(&call.app).ok_or(NO_CHANNEL)?;
        Ok(Some(app.open_direct(&known, &mut ids).json()))
    }

    pub(super) fn create_message(&self, call: &Call) -> Answer {
        let content = call.json["content"].as_str().unwrap_or_default();
        if content.chars().count() > TEXT_MAX
            || call.json["nonce"].as_str().is_some_and(|nonce| nonce.len() > 25)
        {
            return Err(INVALID);
        }
        if content.is_empty() && call.files.is_empty() {
            return Err(EMPTY);
        }
        if call.files.iter().any(|file| file.bytes.len() > FILE_MAX) {
            return Err(refused(413, 40005, "Request entity too large"));
        }
        let id = self.ids().next();
        let attachments = self.keep(&call.path[1], &call.files);
        let mut told = None;
        let answer = self.of(call, |app| {
            let user = app.user();
            let blocked = app.blocked.clone();
            let channel = app.channels.get_mut(&call.path[1]).ok_or(NO_CHANNEL)?;
            let other = channel.recipient.as_ref().and_then(|other| other["id"].as_str());
            if other.is_some_and(|other| blocked.contains(other)) {
                return Err(refused(403, 50007, "Cannot send messages to this user"));
            }
            let nonce = &call.json["nonce"];
            if call.json["enforce_nonce"] == true
                && let Some(before) =
                    channel.messages.iter().find(|one| nonce.is_string() && one["nonce"] == *nonce)
            {
                return Ok(Some(before.clone()));
            }
            let mut message = blank(&id, &channel.id, &user, content);
            message["attachments"] = attachments;
            message["nonce"] = nonce.clone();
            if call.json["components"].is_array() {
                message["components"] = call.json["components"].clone();
            }
            if let Some(reference) = call.json.get("message_reference") {
                message["type"] = json!(19);
                message["message_reference"] = reference.clone();
                let quoted = reference["message_id"].as_str().unwrap_or_default();
                message["referenced_message"] = channel.find(quoted).cloned().unwrap_or_default();
            }
            channel.messages.push(message.clone());
            let frame = channel.told(&message);
            app.tell("MESSAGE_CREATE", frame);
            told = Some(());
            Ok(Some(message))
        });
        if told.is_some() {
            self.changed(&call.app, &call.path[1], false);
        }
        answer
    }

    /// Files of a new message, as the message lists them.
    pub(super) fn keep(&self, channel: &str, files: &[Upload]) -> Value {
        let mut world = self.world();
        let mut ids = self.ids();
        let listed = files.iter().map(|file| {
            let id = ids.next();
            world.files.insert(id.clone(), Stored { mime: file.mime.clone(), bytes: file.bytes.clone() });
            let name: String = url::form_urlencoded::byte_serialize(file.name.as_bytes()).collect();
            let url = format!("{}/discord/files/{id}/{name}?ex=7fffffff&is=00000000&hm={channel}", self.base_url);
            json!({ "id": id, "filename": file.name, "content_type": file.mime, "size": file.bytes.len(), "url": url, "proxy_url": url })
        });
        listed.collect()
    }

    pub(super) fn edit_message(&self, call: &Call) -> Answer {
        let answer = self.of(call, |app| {
            let own = app.id.clone();
            let channel = app.channels.get_mut(&call.path[1]).ok_or(NO_CHANNEL)?;
            let message = channel.find(&call.path[3]).ok_or(NO_MESSAGE)?;
            if message["author"]["id"] != own.as_str() {
                return Err(refused(403, 50005, "Cannot edit a message authored by another user"));
            }
            message["content"] = call.json["content"].clone();
            message["edited_timestamp"] = json!(Utc::now().to_rfc3339());
            let message = message.clone();
            let frame = channel.told(&message);
            app.tell("MESSAGE_UPDATE", frame);
            Ok(Some(message))
        });
        self.changed(&call.app, &call.path[1], false);
        answer
    }

    pub(super) fn delete_message(&self, call: &Call) -> Answer {
        let answer = self.of(call, |app| {
            let channel = app.channels.get_mut(&call.path[1]).ok_or(NO_CHANNEL)?;
            channel.find(&call.path[3]).ok_or(NO_MESSAGE)?;
            channel.messages.retain(|message| message["id"] != call.path[3].as_str());
            let frame = json!({ "id": call.path[3], "channel_id": channel.id, "guild_id": channel.guild });
            app.tell("MESSAGE_DELETE", frame);
            Ok(None)
        });
        self.changed(&call.app, &call.path[1], false);
        answer
    }

    pub(super) fn react(&self, call: &Call, add: bool) -> Answer {
        let answer = self.of(call, |app| {
            let own = app.id.clone();
            let channel = app.channels.get_mut(&call.path[1]).ok_or(NO_CHANNEL)?;
            let guild = channel.guild.clone();
            let emoji = call.path.get(5).ok_or(refused(400, 10014, "Unknown Emoji"))?;
            channel.set_reaction(&call.path[3], emoji, &own, add);
            let message = channel.find(&call.path[3]).ok_or(NO_MESSAGE)?;
            let frame = reaction(message, emoji, &own, guild.as_deref());
            app.tell(if add { "MESSAGE_REACTION_ADD" } else { "MESSAGE_REACTION_REMOVE" }, frame);
            Ok(None)
        });
        self.changed(&call.app, &call.path[1], false);
        answer
    }

    pub(super) fn typing(&self, call: &Call) -> Answer {
        let answer = self.in_channel(call, |_| Ok(None));
        self.changed(&call.app, &call.path[1], true);
        answer
    }
}

pub(super) fn reaction(message: &Value, emoji: &str, by: &str, guild: Option<&str>) -> Value {
    let mut frame = json!({ "user_id": by, "channel_id": message["channel_id"], "message_id": message["id"],
        "emoji": { "id": null, "name": emoji }, "burst": false, "type": 0 });
    if let Some(guild) = guild {
        frame["guild_id"] = json!(guild);
    }
    frame
}
