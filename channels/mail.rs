//! What letters have and chats do not: senders and receivers by address, copies, a body in HTML, invitations.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `Ada Lovelace <ada@example.org>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Mailbox {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    pub address: String,
}

/// A letter's head, and what of its body is folded away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Letter {
    /// `None` for what we send: the channel's own address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<Mailbox>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub to: Vec<Mailbox>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub cc: Vec<Mailbox>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub bcc: Vec<Mailbox>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reply_to: Vec<Mailbox>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// Earlier letters that the sender's program repeated below the new text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quoted: Option<String>,
    /// Why its sender may be somebody else than it says (SPF, DKIM, DMARC). A sentence for the agent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub warning: Option<String>,
    /// An out-of-office note or the like (RFC 3834): shown, and never answered by the hub itself.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub automatic: bool,
}

/// An invitation to a date, from a calendar file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CalendarInvite))]
pub struct Invite {
    pub uid: String,
    /// Lower case: `request`, `cancel`, `reply`, `publish`, …
    pub method: String,
    pub title: String,
    pub starts_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub all_day: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organizer: Option<Mailbox>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attendees: Vec<Mailbox>,
    /// Higher replaces lower for the same `uid`.
    #[serde(default)]
    pub sequence: u32,
}

impl Mailbox {
    pub fn new(address: impl Into<String>) -> Self {
        Self { name: None, address: address.into() }
    }
}
