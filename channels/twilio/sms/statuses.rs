//! How far one of our messages got. Callbacks overtake each other and even the answer to the call, so our own id travels in the
//! address that they are sent to.

use uuid::Uuid;
use webhooks::Verified;

use super::{
    super::{errors, wire::Fields},
    read::ignored,
};
use crate::{
    event::{StatusChange, What},
    message::MessageStatus,
};

/// The query parameter with our message's id.
pub(super) const MESSAGE: &str = "message";

/// The status's word, if the callback is about a message of ours.
pub(super) fn word(fields: &Fields) -> Option<&str> {
    let word = fields.any(&["MessageStatus", "SmsStatus"])?;
    (!matches!(word, "received" | "receiving")).then_some(word)
}

pub(super) fn status(word: &str, fields: &Fields, request: &Verified) -> What {
    let Some(external_id) = fields.any(&["MessageSid", "SmsSid"]) else {
        return ignored("a status came without an id".into());
    };
    let status = match word {
        "sent" => MessageStatus::Sent,
        "delivered" => MessageStatus::Delivered,
        "read" => MessageStatus::Read,
        "undelivered" | "failed" | "canceled" => MessageStatus::Failed,
        other => return ignored(format!("status {other} of {external_id}")),
    };
    What::Status(StatusChange {
        external_id: external_id.to_owned(),
        status,
        // Twilio does not date them; carriers do, to the minute and in a zone of their own.
        at: request.received_at(),
        error: (status == MessageStatus::Failed).then(|| errors::told(fields)),
        message_id: request.query(MESSAGE).and_then(|id| Uuid::parse_str(id).ok()),
        contact: None,
    })
}
