//! What a connected system writes. The words are documented in docs/channels/api.md; fields that are not known are passed over.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{abilities::MediaKind, message::MessageStatus};

/// One thing that happened, under its `type`.
#[derive(Deserialize)]
#[serde(tag = "type", content = "data")]
pub(super) enum Event {
    #[serde(rename = "message.received")]
    Received(Message),
    /// The business wrote from elsewhere.
    #[serde(rename = "message.sent")]
    Sent(Message),
    #[serde(rename = "message.updated")]
    Updated(Update),
    #[serde(rename = "message.deleted")]
    Deleted(Deletion),
    #[serde(rename = "message.status")]
    Status(Status),
    #[serde(rename = "reaction.changed")]
    Reaction(Reaction),
    #[serde(rename = "contact.updated")]
    Contact(Contact),
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub id: String,
    pub contact: Contact,
    /// A customer's second thread; the contact's own otherwise.
    pub conversation: Option<String>,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    pub location: Option<Location>,
    pub choice: Option<Choice>,
    pub reply_to: Option<String>,
    pub sent_at: Option<DateTime<Utc>>,
    /// Where the customer came from, in any form.
    pub referral: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Contact {
    pub id: String,
    pub name: Option<String>,
    pub username: Option<String>,
    /// E.164 with plus.
    pub phone: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    pub language: Option<String>,
    /// Whether the customer may be written to.
    pub reachable: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Attachment {
    /// Fetched after the callback was answered.
    pub url: url::Url,
    pub kind: Option<MediaKind>,
    pub mime: Option<String>,
    pub file_name: Option<String>,
    pub size: Option<u64>,
    pub sha256: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Location {
    pub latitude: f64,
    pub longitude: f64,
    pub name: Option<String>,
    pub address: Option<String>,
}

/// A button or row of ours that the customer chose.
#[derive(Deserialize)]
pub(super) struct Choice {
    pub id: String,
    pub title: String,
}

#[derive(Deserialize)]
pub(super) struct Update {
    pub id: String,
    pub text: String,
    pub at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub(super) struct Deletion {
    pub id: String,
    pub at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub(super) struct Status {
    /// The id under which the system took the message, or ours.
    pub id: String,
    pub status: MessageStatus,
    pub at: Option<DateTime<Utc>>,
    pub error: Option<StatusError>,
}

#[derive(Deserialize)]
pub(super) struct StatusError {
    pub code: Option<String>,
    pub detail: String,
}

#[derive(Deserialize)]
pub(super) struct Reaction {
    pub message: String,
    pub contact: Contact,
    /// All of this person's now; empty removes.
    #[serde(default)]
    pub emoji: Vec<String>,
    pub at: Option<DateTime<Utc>>,
}

impl Status {
    /// Our own id of the message, where the system uses it.
    pub(super) fn message_id(&self) -> Option<Uuid> {
        self.id.parse().ok()
    }
}
