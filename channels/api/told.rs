//! What the hub tells a connected system: a `type` and its `data`. The words are those of docs/channels/api.md.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    OutboundMessage, Refusal, SendError,
    abilities::Markup,
    error::NextStep,
    markup,
    message::{Content, MediaSource, OutboundMedia},
};

pub(super) struct Told {
    pub(super) r#type: &'static str,
    /// When it happened, where that is known; an attempt's time stands in its header.
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) data: Value,
}

impl Told {
    pub(super) fn of(message: &OutboundMessage) -> Result<Self, SendError> {
        let contact = message.to.first().map(|id| id.address.as_str());
        let mut data = json!({
            "message_id": message.id,
            "conversation": message.thread,
            "contact": { "id": contact },
        });
        let (r#type, more) = content(&message.content)?;
        set(&mut data, more);
        if let Some(reply_to) = &message.reply_to {
            data["reply_to"] = json!(reply_to);
        }
        let at = (r#type == "message.created").then(|| written_at(message.id)).flatten();
        Ok(Self { r#type, at, data })
    }

    /// The same bytes for every attempt.
    pub(super) fn body(&self) -> Vec<u8> {
        let mut body = json!({ "type": self.r#type, "data": self.data });
        if let Some(at) = self.at {
            body["timestamp"] = json!(at);
        }
        body.to_string().into_bytes()
    }

    /// The same for every attempt at the same thing, and different for everything else: the receiver's key against doubles.
    pub(super) fn id(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.r#type);
        digest.update(self.data.to_string());
        let name = self.r#type.replace('.', "_");
        format!("{name}_{}", hex::encode(&digest.finalize()[..16]))
    }
}

/// Our ids carry their time.
fn written_at(id: Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
}

fn content(content: &Content) -> Result<(&'static str, Value), SendError> {
    Ok(match content {
        Content::Text { text } => ("message.created", json!({ "kind": "text", "text": plain(text) })),
        Content::Media { files, caption } => {
            let attachments = files.iter().map(attachment).collect::<Result<Vec<_>, _>>()?;
            let data = json!({ "kind": "media", "text": plain(caption.as_deref().unwrap_or_default()), "attachments": attachments });
            ("message.created", data)
        }
        Content::Buttons { body, header, footer, buttons, list } => {
            let kind = if *list { "list" } else { "buttons" };
            let data = json!({ "kind": kind, "text": plain(body), "header": header, "footer": footer, "buttons": buttons });
            ("message.created", data)
        }
        Content::Location { latitude, longitude, name, address } => {
            let place =
                json!({ "latitude": latitude, "longitude": longitude, "name": name, "address": address });
            ("message.created", json!({ "kind": "location", "location": place }))
        }
        Content::Reaction { external_id, emoji } => {
            let emoji: Vec<_> = Some(emoji).filter(|emoji| !emoji.is_empty()).into_iter().collect();
            ("reaction.changed", json!({ "message": external_id, "emoji": emoji }))
        }
        Content::Edit { external_id, text, .. } => {
            ("message.updated", json!({ "message": external_id, "text": plain(text) }))
        }
        Content::Delete { external_id } => ("message.deleted", json!({ "message": external_id })),
        Content::Read { external_id } => ("conversation.read", json!({ "message": external_id })),
        Content::Typing { .. } => ("typing.started", json!({})),
        _ => {
            let detail = "A connected system has no such kind of message.";
            return Err(SendError::Refused(Refusal::new("not_supported", detail, NextStep::FixContent)));
        }
    })
}

/// A system of somebody's own cannot be expected to know the hub's markup.
fn plain(text: &str) -> String {
    markup::translate(text, Markup::Plain)
}

fn attachment(file: &OutboundMedia) -> Result<Value, SendError> {
    match &file.source {
        MediaSource::Link(url) => {
            Ok(json!({ "url": url, "kind": file.kind, "mime": file.mime, "file_name": file.file_name }))
        }
        MediaSource::Bytes(_) => {
            let detail = "The file has no address at which it could be fetched.";
            Err(SendError::Refused(Refusal::new("media_rejected", detail, NextStep::FixContent)))
        }
    }
}

fn set(data: &mut Value, more: Value) {
    if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
    }
}
