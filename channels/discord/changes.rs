//! What changes later: edits, deletions, reactions, names of channels, the bot's own place in a server.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{content, wire};
use crate::{
    event::{ContactChange, DeleteChange, EditChange, Notice, ReactionChange, Reacts, Severity, What},
    party::{Party, PartyId},
};

pub(super) fn ignored(reason: &str) -> What {
    What::Ignored { reason: reason.to_owned() }
}

/// Discord also tells when it has looked at a link of the message; only an edit has a time.
pub(super) fn edited(own: &str, data: &Value) -> What {
    let author = wire::field(data, "author");
    if wire::id(author, "id").as_deref() == Some(own) {
        return ignored("our own message was edited");
    }
    if wire::flag(author, "bot") || wire::id(data, "webhook_id").is_some() {
        return ignored("a bot edited its message");
    }
    let (Some(external_id), Some(at)) = (wire::id(data, "id"), wire::time(data, "edited_timestamp")) else {
        return ignored("a message was looked at again, not edited");
    };
    if data.get("content").is_none() {
        return ignored("a change that does not touch the text");
    }
    let content = content::read(data);
    What::Edit(EditChange { external_id, text: content.text, parts: content.parts, at })
}

pub(super) fn deleted(external_ids: Vec<String>, at: DateTime<Utc>) -> What {
    if external_ids.is_empty() {
        return ignored("a deletion that names no message");
    }
    What::Delete(DeleteChange { external_ids, at })
}

/// Discord tells each reaction by itself; what else the person has set stays.
pub(super) fn reaction(own: &str, data: &Value, added: bool, at: DateTime<Utc>) -> What {
    let (Some(external_id), Some(user)) = (wire::id(data, "message_id"), wire::id(data, "user_id")) else {
        return ignored("a reaction that names no message or nobody");
    };
    if user == own {
        return ignored("our own reaction");
    }
    let member = wire::field(data, "member");
    let party = wire::party(wire::field(member, "user"), member).filter(|party| party.ids[0].key == user);
    let contact =
        party.unwrap_or_else(|| Party { ids: vec![PartyId::plain(wire::USER, user)], ..Party::default() });
    let Some(emoji) = emoji(wire::field(data, "emoji")) else {
        return ignored("a reaction without an emoji");
    };
    let reacts = if added { Reacts::Added } else { Reacts::Removed };
    What::Reaction(ReactionChange { external_id, contact, emoji: vec![emoji], reacts, at, echo: false })
}

/// A moderator took one emoji, or all of them, away from everybody, us included.
pub(super) fn cleared(data: &Value, one: bool, at: DateTime<Utc>) -> What {
    let emoji = emoji(wire::field(data, "emoji")).filter(|_| one);
    match (wire::id(data, "message_id"), emoji) {
        (None, _) => ignored("a removal of reactions that names no message"),
        (Some(_), None) if one => ignored("a removal of a reaction that names no emoji"),
        (Some(external_id), emoji) => What::Reaction(ReactionChange {
            external_id,
            contact: Party::default(),
            emoji: emoji.into_iter().collect(),
            reacts: Reacts::Cleared,
            at,
            echo: false,
        }),
    }
}

/// A server's own emoji are pictures; their names stand for them.
fn emoji(emoji: &Value) -> Option<String> {
    let name: String = wire::filled(emoji, "name")?.chars().take(60).collect();
    Some(if wire::id(emoji, "id").is_some() { format!(":{name}:") } else { name })
}

/// A channel or a thread was renamed, or is told of for the first time.
pub(super) fn named(data: &Value) -> What {
    match (wire::id(data, "id"), wire::channel_name(data)) {
        (Some(id), Some(name)) => {
            let find = PartyId::plain(wire::CHANNEL, &id);
            What::Contact(change(find, wire::place(&id, Some(name)), None))
        }
        _ => ignored("a channel without a name"),
    }
}

pub(super) fn gone(data: &Value) -> What {
    match wire::id(data, "id") {
        Some(id) => {
            let find = PartyId::plain(wire::CHANNEL, &id);
            What::Contact(change(find, wire::place(&id, None), Some(false)))
        }
        None => ignored("a channel without an id"),
    }
}

fn change(find: PartyId, party: Party, reachable: Option<bool>) -> ContactChange {
    ContactChange { find, party, gone: Vec::new(), reachable, opted_out: None, marketing: None, line: None }
}

pub(super) fn left(data: &Value) -> What {
    if wire::flag(data, "unavailable") {
        return ignored("a server is out of order for a while");
    }
    let id = wire::id(data, "id").unwrap_or_default();
    What::Notice(Notice {
        topic: "guild_delete".to_owned(),
        severity: Severity::Critical,
        text: format!(
            "The bot was removed from the server {id}, or the server was deleted: its channels cannot be answered any more. Invite \
             the bot again to go on."
        ),
    })
}
