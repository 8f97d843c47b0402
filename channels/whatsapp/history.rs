//! What a number that is shared with the WhatsApp Business app brings along when it is connected: the chats of its last months, in
//! chunks of any order, and the phone's address book.
//!
//! <https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/history>

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    identity::{self, Ids},
    messages, notices,
    read::{Beside, ignored, unreadable},
    wire,
};
use crate::{
    event::{AddressBookEntry, Notice, PastMessage, Severity, What},
    message::MessageStatus,
    party::Party,
    phone::{self, whatsapp_key as key},
};

const FIELD: &str = "history";
/// Stands for a file until a callback of its own brings it, which Meta does for files of the last two weeks.
const PLACEHOLDER: &str = "media_placeholder";

/// The chunks' messages, each for itself, and a line on how far the synchronisation is.
pub(super) fn read(updates: wire::Updates, received_at: DateTime<Utc>) -> Vec<What> {
    let beside = Beside { contacts: &updates.contacts, received_at };
    let ours = updates.metadata.display_phone_number.as_deref();
    let mut found = Vec::new();
    let (mut chats, mut count, mut chunks, mut progress) = (0, 0, 0, None);
    for chunk in updates.history {
        if let Some(fault) = chunk.errors.first() {
            found.push(declined(fault));
            continue;
        }
        chunks += 1;
        progress = chunk.metadata.progress.or(progress);
        for thread in chunk.threads {
            chats += 1;
            count += thread.messages.len();
            let customer = thread.id.as_deref();
            let mut said: Vec<_> =
                thread.messages.into_iter().map(|item| past(item, customer, ours, beside)).collect();
            // Meta lists the newest first; of two in one second the order tells.
            if written_at(said.first()) > written_at(said.last()) {
                said.reverse();
            }
            found.append(&mut said);
        }
    }
    // The files that placeholders stood for.
    found.extend(updates.messages.into_iter().map(|item| past(item, None, ours, beside)));
    if chunks > 0 {
        found.push(summary(chats, count, progress));
    }
    found.extend(updates.errors.iter().map(notices::fault));
    found
}

/// People whom the business has named on its phone.
pub(super) fn address_book(updates: wire::Updates) -> Vec<What> {
    updates.state_sync.into_iter().map(entry).collect()
}

fn past(item: Value, customer: Option<&str>, ours: Option<&str>, beside: Beside<'_>) -> What {
    let Some(message) = wire::item::<wire::Message>(item) else {
        return unreadable(FIELD, "A message of the history is no object.");
    };
    let echo = is_ours(&message, customer, ours);
    let mut ids = if echo {
        Ids::new(&message.to_user_id, &message.to_parent_user_id, &message.to)
    } else {
        Ids::new(&message.from_user_id, &message.from_parent_user_id, &message.from)
    };
    match customer {
        Some(id) if is_phone(id) => ids.wa_id = ids.wa_id.or(Some(id)),
        Some(id) => ids.bsuid = ids.bsuid.or(Some(id)),
        None => {}
    }
    let placeholder = message.content.kind.as_deref() == Some(PLACEHOLDER);
    match messages::event(&message, ids, beside, echo) {
        What::Message(mut said) => {
            if placeholder {
                "A file that the phone has not shared".clone_into(&mut said.text);
            }
            let status = message.history_context.status.as_deref().filter(|_| echo);
            What::Past(Box::new(PastMessage { message: *said, status: status.map(reached), placeholder }))
        }
        other => other,
    }
}

fn written_at(what: Option<&What>) -> Option<DateTime<Utc>> {
    match what? {
        What::Past(past) => Some(past.message.sent_at),
        _ => None,
    }
}

/// Whether the business wrote it: said so, or written by its number, or not by the customer whose chat it is.
fn is_ours(message: &wire::Message, customer: Option<&str>, ours: Option<&str>) -> bool {
    let from = message.from.as_deref();
    let same = |number: Option<&str>| match (from, number) {
        (Some(from), Some(number)) => key(from) == key(number),
        _ => false,
    };
    message.history_context.from_me.unwrap_or_else(|| {
        message.to.is_some()
            || same(ours)
            || (from.is_some() && customer.is_some_and(is_phone) && !same(customer))
    })
}

fn is_phone(id: &str) -> bool {
    id.trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit())
}

fn reached(word: &str) -> MessageStatus {
    match word.to_ascii_uppercase().as_str() {
        "DELIVERED" => MessageStatus::Delivered,
        "READ" | "PLAYED" => MessageStatus::Read,
        "ERROR" | "FAILED" => MessageStatus::Failed,
        _ => MessageStatus::Sent,
    }
}

fn declined(fault: &wire::Fault) -> What {
    let words = fault.title.as_deref().or(fault.message.as_deref()).unwrap_or("unknown");
    notice(format!("History was not shared: {words}"))
}

fn summary(chats: usize, messages: usize, progress: Option<i64>) -> What {
    let progress = progress.map(|percent| format!(", {percent} % done")).unwrap_or_default();
    notice(format!("History of the business phone: chats {chats}, messages {messages}{progress}"))
}

fn notice(text: String) -> What {
    What::Notice(Notice { topic: FIELD.to_owned(), severity: Severity::Info, text })
}

fn entry(entry: wire::StateSync) -> What {
    match entry.kind.as_deref() {
        Some("contact") | None => {}
        Some(other) => return ignored(format!("a change of the phone's {other}")),
    }
    let contact = entry.contact;
    let number = contact.phone_number.as_deref().and_then(identity::written);
    let ids: Vec<_> = contact.user_id.iter().map(|id| identity::user(id)).chain(number.clone()).collect();
    if ids.is_empty() {
        return unreadable("smb_app_state_sync", "An entry of the phone's address book names nobody.");
    }
    What::AddressBook(AddressBookEntry {
        party: Party {
            ids,
            name: contact.full_name.or(contact.first_name).map(|name| identity::short(&name)),
            phone: number.and_then(|id| phone::dialled(&id.address)),
            ..Party::default()
        },
        removed: entry.action.as_deref() == Some("remove"),
    })
}
