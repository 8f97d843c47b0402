//! One item of `messages`, `message_echoes` or `calls` into one event.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    content::{self, Shown},
    errors,
    identity::{self, Ids},
    read::{Beside, ignored, unreadable},
    wire,
};
use crate::call::{CallChange, CallDirection, CallState};
use crate::event::{
    ContactChange, DeleteChange, EditChange, InboundMessage, ReactionChange, Reacts, TimelineLine, What,
};
use crate::message::Quote;
use crate::party::{Party, PartyId};

/// Written by a customer.
pub(super) fn message(item: Value, beside: Beside<'_>) -> What {
    let Some(message) = wire::item::<wire::Message>(item) else {
        return unreadable("messages", "A message is no object.");
    };
    let ids = Ids::new(&message.from_user_id, &message.from_parent_user_id, &message.from);
    event(&message, ids, beside, false)
}

/// Written by the business on its own phone, beside the API.
pub(super) fn echo(item: Value, beside: Beside<'_>) -> What {
    let Some(message) = wire::item::<wire::Message>(item) else {
        return unreadable("smb_message_echoes", "An echo is no object.");
    };
    let ids = Ids::new(&message.to_user_id, &message.to_parent_user_id, &message.to);
    event(&message, ids, beside, true)
}

/// Who and when, before what.
struct Head {
    external_id: String,
    /// The customer.
    person: Party,
    echo: bool,
    at: DateTime<Utc>,
}

pub(super) fn event(message: &wire::Message, ids: Ids<'_>, beside: Beside<'_>, echo: bool) -> What {
    let kind = message.content.kind.as_deref().unwrap_or_default();
    if matches!(kind, "ephemeral" | "request_welcome") && message.content.text.is_none() {
        return ignored(format!("{kind} has no content"));
    }
    let Some(external_id) = message.id.clone() else {
        return unreadable("messages", "A message came without an id.");
    };
    let Some(person) = ids.party(beside.contacts) else {
        return unreadable("messages", format!("Message {external_id} names nobody."));
    };
    let head = Head { external_id, person, echo, at: message.timestamp.unwrap_or(beside.received_at) };
    let special = match kind {
        "reaction" => reaction(&head, message),
        "edit" => edit(&head, message),
        "revoke" => revoke(&head, message),
        "system" => system(&head, message),
        _ => None,
    };
    special.unwrap_or_else(|| What::Message(Box::new(plain(head, message))))
}

fn plain(head: Head, message: &wire::Message) -> InboundMessage {
    let Shown { kind, text, parts, media } = content::shown(&message.content, &message.errors);
    let context = &message.context;
    let group = message.group_id.as_deref();
    let (contact, author) = match group {
        Some(id) => (identity::group(id), Some(head.person).filter(|_| !head.echo)),
        None => (head.person, None),
    };
    InboundMessage {
        external_id: head.external_id,
        alias: None,
        thread: identity::thread(group),
        contact,
        author,
        echo: head.echo,
        kind,
        text,
        parts,
        media,
        reply_to: context.id.clone().map(|external_id| Quote { external_id, text: None }),
        forwarded: context.forwarded || context.frequently_forwarded,
        album: None,
        referral: referral(message),
        fault: message.errors.first().map(errors::withheld),
        sent_at: head.at,
        acknowledge: None,
        opens_window: !head.echo,
        answers: Vec::new(),
        subject: None,
    }
}

/// The advertisement or the product that brought the customer.
fn referral(message: &wire::Message) -> Option<Value> {
    let product = message.context.referred_product.as_ref().filter(|product| product.is_object());
    let mut referral = message.referral.clone().filter(Value::is_object);
    if let Some(product) = product {
        referral.get_or_insert_with(|| json!({}))["referred_product"] = product.clone();
    }
    referral
}

fn reaction(head: &Head, message: &wire::Message) -> Option<What> {
    let reaction = message.content.reaction.as_ref()?;
    Some(What::Reaction(ReactionChange {
        external_id: reaction.message_id.clone()?,
        contact: head.person.clone(),
        emoji: reaction.emoji.iter().cloned().collect(),
        reacts: Reacts::All,
        at: head.at,
        echo: head.echo,
    }))
}

fn edit(head: &Head, message: &wire::Message) -> Option<What> {
    let edit = message.content.edit.as_ref()?;
    let Shown { text, parts, .. } = content::shown(&edit.message, &message.errors);
    Some(What::Edit(EditChange { external_id: edit.original_message_id.clone()?, text, parts, at: head.at }))
}

fn revoke(head: &Head, message: &wire::Message) -> Option<What> {
    let original = message.content.revoke.as_ref()?.original_message_id.clone()?;
    Some(What::Delete(DeleteChange { external_ids: vec![original], at: head.at }))
}

/// A new number, a new user id, a new device: the contact's ids are rewritten and the timeline says so.
fn system(head: &Head, message: &wire::Message) -> Option<What> {
    let system = message.content.system.as_ref()?;
    let old = Ids {
        bsuid: system.previous_user_id.as_deref(),
        wa_id: system.customer.as_deref().or(message.from.as_deref()),
        parent: None,
    };
    let new = Ids::new(&system.user_id, &system.parent_user_id, &system.wa_id);
    let find = old.list().into_iter().next().or_else(|| head.person.ids.first().cloned())?;
    let text = system.body.clone().unwrap_or_else(|| {
        let kind = system.kind.as_deref().unwrap_or("system").replace('_', " ");
        format!("WhatsApp: {kind}")
    });
    let party = new.party(&[]).unwrap_or_else(|| head.person.clone());
    let replaced = |id: &PartyId| party.ids.iter().any(|new| new.kind == id.kind && new.key != id.key);
    Some(What::Contact(ContactChange {
        find,
        gone: old.list().into_iter().filter(replaced).collect(),
        party,
        reachable: None,
        opted_out: None,
        marketing: None,
        line: Some(TimelineLine {
            external_id: head.external_id.clone(),
            thread: identity::thread(message.group_id.as_deref()),
            text,
            at: head.at,
        }),
    }))
}

/// A call cannot be taken here, but that somebody rang must be seen. Its end edits the line that its start wrote.
pub(super) fn call(item: Value, beside: Beside<'_>) -> What {
    let Some(call) = wire::item::<wire::Call>(item) else {
        return unreadable("calls", "A call is no object.");
    };
    let Some(external_id) = call.id.clone() else {
        return unreadable("calls", "A call came without an id.");
    };
    match (call.event.as_deref(), call.direction.as_deref()) {
        (_, Some("BUSINESS_INITIATED")) => ignored("a call by the business"),
        (Some("connect"), _) => incoming_call(external_id, &call, CallState::Ringing, beside),
        (Some("terminate"), _) => incoming_call(external_id, &call, call_end(&call), beside),
        (other, _) => ignored(format!("call event {}", other.unwrap_or("without a name"))),
    }
}

fn incoming_call(external_id: String, call: &wire::Call, state: CallState, beside: Beside<'_>) -> What {
    let ids = Ids::new(&call.from_user_id, &call.from_parent_user_id, &call.from);
    let contact = ids.party(beside.contacts);
    if contact.is_none() && !state.has_ended() {
        return unreadable("calls", format!("Call {external_id} names nobody."));
    }
    What::Call(Box::new(CallChange {
        external_id,
        thread: identity::thread(None),
        contact,
        direction: CallDirection::Inbound,
        state: Some(state),
        at: call.timestamp.unwrap_or(beside.received_at),
        duration_seconds: talk(call),
        answered_by: None,
        recording: None,
        transcript: None,
        reason: None,
        message_id: None,
    }))
}

fn call_end(call: &wire::Call) -> CallState {
    match talk(call) {
        Some(_) => CallState::Completed,
        None if call.status.as_deref() == Some("FAILED") => CallState::Failed,
        None => CallState::NoAnswer,
    }
}

/// Seconds of talking, where there was any.
fn talk(call: &wire::Call) -> Option<u32> {
    call.duration.filter(|seconds| *seconds >= 1.0).map(|seconds| seconds as u32)
}
