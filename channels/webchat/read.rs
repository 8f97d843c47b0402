//! A visitor's acts into events. An act that cannot be taken is passed over with a reason and costs the others nothing.

use serde_json::{Value, json};
use webhooks::Verified;

use super::{
    account, visitor,
    wire::{Attachment, Batch, Event, Form, Message, Seen, Visitor},
};
use crate::{
    Account, InboundEvent, Incoming, PartyId, ReadError, body,
    event::{ContactChange, InboundMedia, InboundMessage, StatusChange, What},
    message::{Kind, MessageStatus, Part, Quote},
    party::Party,
    phone,
};

const TEXT_MAX: usize = 10_000;
const ID_MAX: usize = 255;
const FILES_MAX: usize = 10;

pub(super) fn read(account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
    let mut value = body::json(request.body())?;
    let events = match value.get_mut("events").map(Value::take) {
        Some(Value::Array(events)) => events,
        _ => return Err(ReadError("`events` is not a list.".to_owned())),
    };
    value["events"] = json!([]);
    let batch: Batch = serde_json::from_value(value).map_err(|error| ReadError(error.to_string()))?;
    let Some(reader) = Reader::new(account, &batch.visitor, request) else {
        return Err(ReadError("The visitor has no id.".to_owned()));
    };
    let read = events.into_iter().flat_map(|event| match serde_json::from_value(event) {
        Ok(event) => reader.event(event),
        Err(error) => vec![ignored(&error.to_string())],
    });
    Ok(Incoming::events(read.map(InboundEvent::from).collect()))
}

struct Reader<'a> {
    party: Party,
    thread: String,
    /// The thread of the same browser before its visitor was proven.
    former: Option<String>,
    request: &'a Verified,
}

impl<'a> Reader<'a> {
    fn new(account: &Account, visitor: &Visitor, request: &'a Verified) -> Option<Self> {
        let thread = visitor.thread().filter(|thread| thread.chars().count() <= ID_MAX)?;
        let mut ids = Vec::new();
        if let Some(user) = &visitor.user_id {
            // Another window's visitors are somebody else's customers.
            let key = format!("{}:{user}", account.text(account::WIDGET));
            ids.push(PartyId { kind: visitor::USER.to_owned(), key, address: user.clone() });
        }
        ids.extend(visitor.id.as_ref().map(|id| PartyId::plain(visitor::BROWSER, id)));
        let party = Party {
            ids,
            name: visitor.name.clone(),
            username: None,
            phone: visitor.phone.clone(),
            email: visitor.email.clone(),
            language: visitor.language.clone(),
            claimed: visitor.user_id.is_none(),
            ..Party::default()
        };
        let anonymous = Visitor { user_id: None, ..visitor.clone() };
        let former = anonymous.thread().filter(|former| *former != thread);
        Some(Self { party, thread, former, request })
    }

    fn event(&self, event: Event) -> Vec<What> {
        match event {
            Event::Message(message) => vec![self.message(*message)],
            Event::Seen(seen) => self.seen(&seen),
            Event::Identified { from, moves } => self.identified(&from, moves),
        }
    }

    fn message(&self, message: Message) -> What {
        if message.id.is_empty() || message.id.chars().count() > ID_MAX {
            return ignored("A message has an id of up to 255 characters.");
        }
        if message.attachments.len() > FILES_MAX {
            return ignored("A message has at most 10 files.");
        }
        let media: Vec<_> = message.attachments.into_iter().map(attached).collect();
        let mut text = plain(&message.text);
        let mut parts = Vec::new();
        let mut kind = media.first().map_or(Kind::Text, |first| first.kind.into());
        if let Some(choice) = message.choice {
            kind = Kind::Interactive;
            if text.is_empty() {
                text = plain(&choice.title);
            }
            parts.push(Part::Choice { id: choice.id, title: choice.title, description: None, data: None });
        }
        if text.is_empty() && media.is_empty() {
            return ignored("A message has a text, files or a choice.");
        }
        let party = match &message.form {
            Some(form) => claiming(self.party.clone(), form),
            None => self.party.clone(),
        };
        parts.extend(message.form.and_then(answers));
        let external_id = Message::external_id(&self.thread, &message.id);
        let alias = self.former.as_ref().map(|former| Message::external_id(former, &message.id));
        let sent_at = message.at.unwrap_or(self.request.received_at());
        What::Message(Box::new(InboundMessage {
            alias,
            text,
            parts,
            media,
            reply_to: message.reply_to.map(|external_id| Quote { external_id, text: None }),
            referral: message.page.map(|page| json!({ "source": "page", "page": page })),
            opens_window: true,
            ..InboundMessage::new(external_id, self.thread.clone(), party, kind, sent_at)
        }))
    }

    fn seen(&self, seen: &Seen) -> Vec<What> {
        if !matches!(seen.status, MessageStatus::Delivered | MessageStatus::Read) {
            return vec![ignored("Messages are seen as `delivered` or `read`.")];
        }
        let change = |id: &String| {
            What::Status(StatusChange {
                external_id: id.clone(),
                status: seen.status,
                at: seen.at.unwrap_or(self.request.received_at()),
                error: None,
                message_id: id.parse().ok(),
                contact: None,
            })
        };
        seen.messages.iter().map(change).collect()
    }

    fn identified(&self, from: &str, moves: bool) -> Vec<What> {
        let change = What::Contact(ContactChange {
            find: PartyId::plain(visitor::BROWSER, from),
            party: self.party.clone(),
            gone: Vec::new(),
            reachable: None,
            marketing: None,
            opted_out: None,
            line: None,
        });
        let to = self.thread.clone();
        let moved = moves.then(|| What::ThreadMoved { from: format!("visitor:{from}"), to });
        std::iter::once(change).chain(moved).collect()
    }
}

/// With what was answered before the chat, where nothing better is known: what came with a proof stands against all of it.
fn claiming(party: Party, form: &Form) -> Party {
    let known = party.name.is_some() || party.phone.is_some() || party.email.is_some();
    if known && !party.claimed {
        return party;
    }
    let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    Party {
        name: said(&form.name).or(party.name),
        phone: form.phone.as_deref().and_then(telephone).or(party.phone),
        email: said(&form.email).filter(|text| text.contains('@')).or(party.email),
        claimed: true,
        ..party
    }
}

/// With its country, also where that is written with two noughts.
fn telephone(text: &str) -> Option<String> {
    let text = text.trim();
    match text.strip_prefix("00") {
        Some(digits) => phone::normal(&format!("+{digits}")),
        None => phone::normal(text),
    }
}

fn plain(text: &str) -> String {
    text.trim().chars().take(TEXT_MAX).collect()
}

fn attached(file: Attachment) -> InboundMedia {
    InboundMedia {
        kind: file.kind,
        reference: json!({ "upload": file.upload }),
        mime: Some(file.mime),
        file_name: Some(file.file_name),
        size: Some(file.size),
        sha256: None,
        width: None,
        height: None,
        duration_seconds: None,
        unavailable: None,
    }
}

fn answers(form: Form) -> Option<Part> {
    let given = [("Name", &form.name), ("Email", &form.email), ("Phone", &form.phone)];
    let lines: Vec<_> =
        given.iter().filter_map(|(label, value)| Some(format!("{label}: {}", value.as_ref()?))).collect();
    (!lines.is_empty()).then(|| Part::Choice {
        id: "pre_chat".to_owned(),
        title: "Asked before the chat".to_owned(),
        description: Some(lines.join(", ")),
        data: Some(json!(form)),
    })
}

fn ignored(reason: &str) -> What {
    What::Ignored { reason: reason.to_owned() }
}
