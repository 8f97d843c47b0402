//! A message object, as the gateway tells it and as a channel's history holds it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use serenity::model::channel::MessageType;

use super::{
    changes::ignored,
    content::{self, Content},
    nonce, wire,
};
use crate::{
    Refusal,
    error::NextStep,
    event::{InboundMessage, StatusChange, What},
    message::{Kind, MessageStatus, Part, Quote},
    party::Party,
};

/// The code of [`InboundMessage::fault`] when Discord kept the content to itself.
pub(super) const WITHHELD: &str = "content_withheld";

const QUOTE_MAX: usize = 300;

/// Whose a message is.
enum Side {
    Customer,
    /// Ours, through the hub: its id there.
    Sent(uuid::Uuid),
    /// Ours, by another program that has the token.
    Elsewhere,
}

pub(super) fn created(own: &str, data: &Value, now: DateTime<Utc>) -> What {
    let (Some(id), Some(channel)) = (wire::id(data, "id"), wire::id(data, "channel_id")) else {
        return ignored("a message without an id or a channel");
    };
    let sent_at = wire::time(data, "timestamp").or_else(|| wire::time_of(&id)).unwrap_or(now);
    let Some(author) = wire::party(wire::field(data, "author"), wire::field(data, "member")) else {
        return ignored("a message without an author");
    };
    let side = match side(own, data, &author) {
        Ok(Side::Sent(ours)) => return status(id, ours, sent_at),
        Ok(side) => side,
        Err(reason) => return ignored(reason),
    };
    let echo = matches!(side, Side::Elsewhere);
    // A direct message's other side stands nowhere in what we wrote.
    let group = is_group(data);
    if echo && !group {
        return ignored("another program wrote a direct message with this token");
    }
    let kind = wire::kind(data);
    let content = match kind {
        MessageType::Regular
        | MessageType::InlineReply
        | MessageType::ChatInputCommand
        | MessageType::ContextMenuCommand => content::read(data),
        MessageType::Unknown(number) => unsupported(&format!("message type {number}")),
        // Pins, boosts, people who join: the server's own lines.
        other => return ignored(&format!("a line of Discord's own: {other:?}")),
    };
    let (contact, author) = if group { (wire::place(&channel, None), Some(author)) } else { (author, None) };
    let message = InboundMessage {
        author: author.filter(|_| !echo),
        echo,
        reply_to: quote(data),
        forwarded: content.forwarded,
        fault: content.empty.then(|| withheld(data, group)).flatten(),
        opens_window: !echo,
        text: content.text,
        parts: content.parts,
        media: content.media,
        ..InboundMessage::new(id, channel, contact, content.kind, sent_at)
    };
    What::Message(Box::new(message))
}

fn side(own: &str, data: &Value, author: &Party) -> Result<Side, &'static str> {
    if author.ids[0].key == own {
        let sent = nonce::read(wire::text(data, "nonce"));
        return Ok(sent.map_or(Side::Elsewhere, Side::Sent));
    }
    if wire::id(data, "webhook_id").is_some() {
        return Err("written by a webhook");
    }
    if wire::flag(wire::field(data, "author"), "bot") {
        return Err("written by another bot");
    }
    Ok(Side::Customer)
}

fn status(external_id: String, ours: uuid::Uuid, at: DateTime<Utc>) -> What {
    What::Status(StatusChange {
        external_id,
        status: MessageStatus::Sent,
        at,
        error: None,
        message_id: Some(ours),
        contact: None,
    })
}

/// Channels of servers, their threads, and group chats: whoever writes there is not the only one who reads.
pub(super) fn is_group(data: &Value) -> bool {
    let group_chat = wire::number(data, "channel_type") == Some(3)
        || wire::number(wire::field(data, "channel"), "type") == Some(3);
    wire::id(data, "guild_id").is_some() || group_chat
}

fn quote(data: &Value) -> Option<Quote> {
    let reference = wire::field(data, "message_reference");
    if wire::number(reference, "type").unwrap_or_default() != 0 {
        return None;
    }
    let external_id = wire::id(reference, "message_id")?;
    // `null` where it was deleted, missing where Discord did not look.
    let quoted = content::read(wire::field(data, "referenced_message")).text;
    let text = Some(quoted.chars().take(QUOTE_MAX).collect()).filter(|text: &String| !text.is_empty());
    Some(Quote { external_id, text })
}

fn unsupported(what: &str) -> Content {
    let part = Part::Unsupported { what: what.to_owned(), detail: None };
    Content { kind: Kind::Unsupported, parts: vec![part], ..Content::default() }
}

/// Nothing at all in a server's channel: that is how it looks without the intent. In private everything is shown.
fn withheld(data: &Value, group: bool) -> Option<Refusal> {
    let empty = ["embeds", "components"].iter().all(|name| wire::list(data, name).is_empty());
    (group && empty).then(|| {
        Refusal::new(
            WITHHELD,
            "Discord kept the text to itself: the Message Content Intent is off. Switch it on in the Discord Developer Portal under Bot → \
             Privileged Gateway Intents.",
            NextStep::Reconnect,
        )
    })
}
