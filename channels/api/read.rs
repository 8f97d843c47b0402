//! A callback into events. One event, or a list of them under `events`; each that cannot be read is named in the answer with its
//! place and the reason, and costs the others nothing. Only if nothing can be read is the callback refused.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    answer::{self, Rejected},
    wire::{self, Event},
};
use crate::{
    Incoming, PartyId, Refusal,
    abilities::MediaKind,
    body,
    error::NextStep,
    event::{
        ContactChange, DeleteChange, EditChange, InboundEvent, InboundMedia, InboundMessage, ReactionChange,
        Reacts, StatusChange, What,
    },
    message::{Kind, MessageStatus, Part, Quote},
    party::Party,
};

/// Events in one callback.
const MOST: usize = 1_000;
/// Characters of an id, so that it fits into a key.
const ID_MAX: usize = 255;

pub(super) fn read(bytes: &[u8], now: DateTime<Utc>) -> Incoming {
    let items = match body::json(bytes).map(items) {
        Ok(Ok(items)) => items,
        Ok(Err(why)) => return answer::refused(why),
        Err(error) => return answer::refused(&error.0),
    };
    let mut events = Vec::new();
    let mut rejected = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        match event(item, now) {
            Ok(what) => events.push(InboundEvent::from(what)),
            Err(detail) => rejected.push(Rejected { index, detail }),
        }
    }
    let answer = answer::taken(events.len(), &rejected);
    Incoming { events, answer: Some(answer) }
}

fn items(body: Value) -> Result<Vec<Value>, &'static str> {
    match body {
        Value::Object(mut fields) => match fields.remove("events") {
            None => Ok(vec![Value::Object(fields)]),
            Some(Value::Array(items)) if items.len() <= MOST => Ok(items),
            Some(Value::Array(_)) => Err("A callback carries at most 1000 events."),
            Some(_) => Err("`events` is not a list."),
        },
        _ => Err("The body is neither an event nor {\"events\": […]}."),
    }
}

fn event(item: Value, now: DateTime<Utc>) -> Result<What, String> {
    let event: Event = serde_json::from_value(item).map_err(|error| error.to_string())?;
    match event {
        Event::Received(message) => said(message, false, now),
        Event::Sent(message) => said(message, true, now),
        Event::Updated(update) => Ok(What::Edit(EditChange {
            external_id: id("id", update.id)?,
            text: update.text,
            parts: Vec::new(),
            at: update.at.unwrap_or(now),
        })),
        Event::Deleted(deletion) => Ok(What::Delete(DeleteChange {
            external_ids: vec![id("id", deletion.id)?],
            at: deletion.at.unwrap_or(now),
        })),
        Event::Status(status) => moved(status, now),
        Event::Reaction(reaction) => Ok(What::Reaction(ReactionChange {
            external_id: id("message", reaction.message)?,
            contact: party(reaction.contact)?,
            emoji: reaction.emoji,
            reacts: Reacts::All,
            at: reaction.at.unwrap_or(now),
            echo: false,
        })),
        Event::Contact(contact) => {
            let reachable = contact.reachable;
            let party = party(contact)?;
            Ok(What::Contact(ContactChange {
                find: party.ids[0].clone(),
                party,
                gone: Vec::new(),
                reachable,
                opted_out: None,
                marketing: None,
                line: None,
            }))
        }
    }
}

fn said(message: wire::Message, echo: bool, now: DateTime<Utc>) -> Result<What, String> {
    let mut parts = Vec::new();
    let mut text = message.text;
    let mut kind = Kind::Text;
    if let Some(place) = message.location {
        if !(-90.0..=90.0).contains(&place.latitude) || !(-180.0..=180.0).contains(&place.longitude) {
            return Err("data.location: there is no such place on Earth.".to_owned());
        }
        kind = Kind::Location;
        let title = [place.name.as_deref(), place.address.as_deref()];
        text = titled(text, || title.into_iter().flatten().collect::<Vec<_>>().join(", "));
        parts.push(Part::Location {
            latitude: place.latitude,
            longitude: place.longitude,
            name: place.name,
            address: place.address,
            live: false,
        });
    }
    if let Some(choice) = message.choice {
        kind = Kind::Interactive;
        text = titled(text, || choice.title.clone());
        parts.push(Part::Choice { id: choice.id, title: choice.title, description: None, data: None });
    }
    let media: Vec<_> = message.attachments.into_iter().map(attached).collect();
    if let Some(first) = media.first() {
        kind = first.kind.into();
    }
    if text.trim().is_empty() && parts.is_empty() && media.is_empty() {
        return Err("data: a message has a text, attachments, a location or a choice.".to_owned());
    }
    let contact = party(message.contact)?;
    let thread = match message.conversation {
        Some(conversation) => id("conversation", conversation)?,
        None => contact.ids[0].key.clone(),
    };
    Ok(What::Message(Box::new(InboundMessage {
        external_id: id("id", message.id)?,
        alias: None,
        thread,
        contact,
        author: None,
        echo,
        kind,
        text,
        parts,
        media,
        reply_to: message.reply_to.map(|external_id| Quote { external_id, text: None }),
        forwarded: false,
        album: None,
        referral: message.referral,
        fault: None,
        sent_at: message.sent_at.unwrap_or(now),
        acknowledge: None,
        opens_window: !echo,
        answers: Vec::new(),
        subject: None,
    })))
}

fn titled(text: String, title: impl FnOnce() -> String) -> String {
    if text.trim().is_empty() { title() } else { text }
}

fn attached(file: wire::Attachment) -> InboundMedia {
    let kind =
        file.kind.unwrap_or_else(|| match file.mime.as_deref().and_then(|mime| mime.split('/').next()) {
            Some("image") => MediaKind::Image,
            Some("video") => MediaKind::Video,
            Some("audio") => MediaKind::Audio,
            _ => MediaKind::Document,
        });
    InboundMedia {
        kind,
        reference: json!({ "url": file.url }),
        mime: file.mime,
        file_name: file.file_name,
        size: file.size,
        sha256: file.sha256,
        width: None,
        height: None,
        duration_seconds: None,
        unavailable: None,
    }
}

fn moved(status: wire::Status, now: DateTime<Utc>) -> Result<What, String> {
    if matches!(status.status, MessageStatus::Queued | MessageStatus::Sending | MessageStatus::Unknown) {
        return Err("data.status: one of sent, delivered, read, failed.".to_owned());
    }
    let message_id = status.message_id();
    Ok(What::Status(StatusChange {
        external_id: id("id", status.id)?,
        status: status.status,
        at: status.at.unwrap_or(now),
        error: status.error.map(|error| {
            let refusal = Refusal::new("platform_refused", error.detail, NextStep::Retry);
            match error.code {
                Some(code) => refusal.platform_code(code),
                None => refusal,
            }
        }),
        message_id,
        contact: None,
    }))
}

fn party(contact: wire::Contact) -> Result<Party, String> {
    Ok(Party {
        ids: vec![PartyId::plain("contact_id", id("contact.id", contact.id)?)],
        name: contact.name,
        username: contact.username,
        phone: contact.phone,
        email: contact.email,
        language: contact.language,
        ..Party::default()
    })
}

fn id(field: &str, value: String) -> Result<String, String> {
    match value.chars().count() {
        0 => Err(format!("data.{field}: is empty.")),
        1..=ID_MAX => Ok(value),
        _ => Err(format!("data.{field}: has more than {ID_MAX} characters.")),
    }
}
