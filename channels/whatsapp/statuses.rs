//! One item of `statuses`: how far one of our messages got. Only the message's id correlates.

use serde_json::Value;
use uuid::Uuid;

use super::{
    errors,
    identity::Ids,
    read::{Beside, ignored, unreadable},
    wire,
};
use crate::message::MessageStatus;
use crate::{
    event::{StatusChange, What},
    party::Party,
};

pub(super) fn status(item: Value, beside: Beside<'_>) -> What {
    let Some(status) = wire::item::<wire::Status>(item) else {
        return unreadable("statuses", "A status is no object.");
    };
    let Some(external_id) = status.id.clone() else {
        return unreadable("statuses", "A status came without an id.");
    };
    let reached = match status.status.as_deref() {
        Some("sent") => MessageStatus::Sent,
        Some("delivered") => MessageStatus::Delivered,
        // A voice note was played, so it was read.
        Some("read" | "played") => MessageStatus::Read,
        Some("failed") => MessageStatus::Failed,
        other => return ignored(format!("status {} of {external_id}", other.unwrap_or("without a name"))),
    };
    What::Status(StatusChange {
        contact: recipient(&status, beside.contacts),
        external_id,
        status: reached,
        at: status.timestamp.unwrap_or(beside.received_at),
        error: match reached {
            MessageStatus::Failed => {
                Some(errors::refusal(status.errors.first().unwrap_or(&wire::Fault::default())))
            }
            _ => None,
        },
        message_id: status.biz_opaque_callback_data.as_deref().and_then(|data| Uuid::parse_str(data).ok()),
    })
}

/// A person only: a group's id in the same field is no identity of anybody.
fn recipient(status: &wire::Status, contacts: &[wire::Contact]) -> Option<Party> {
    let group = status.recipient_type.as_deref() == Some("group");
    let phone = status.recipient_id.as_ref().filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let ids = Ids {
        bsuid: status.recipient_user_id.as_deref(),
        parent: status.recipient_parent_user_id.as_deref(),
        wa_id: phone.map(String::as_str),
    };
    if group { None } else { ids.party(contacts) }
}
