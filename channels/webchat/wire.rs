//! What a visitor does, in the hub's own words. The hub's door for visitors writes them; so may the business's own servers, signed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{abilities::MediaKind, message::MessageStatus};

/// What one visitor did, in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Batch {
    pub visitor: Visitor,
    pub events: Vec<Event>,
}

/// At least one of the two ids.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Visitor {
    /// The hub's own, of one browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The business's own. Only what was proven stands here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// A claim, like all that follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    Message(Box<Message>),
    /// Messages of ours came to the window, or were looked at.
    Seen(Seen),
    /// Whoever came as `from` is known now: their conversation goes on in the visitor's own thread where `moves`.
    Identified {
        from: String,
        moves: bool,
    },
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Message {
    /// The visitor's own; a repeat changes nothing.
    pub id: String,
    #[serde(default)]
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// What the visitor answered before the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// External id of the message that is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The page that it was written on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

/// A file that the visitor has uploaded to the hub.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attachment {
    pub upload: String,
    pub kind: MediaKind,
    pub mime: String,
    pub file_name: String,
    pub size: u64,
}

/// A button or row of ours.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Choice {
    pub id: String,
    pub title: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Form {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Page {
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// Ids of the hub.
    pub messages: Vec<String>,
    /// `delivered` or `read`.
    pub status: MessageStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

impl Visitor {
    /// What makes this visitor's conversation.
    pub fn thread(&self) -> Option<String> {
        let of = |kind: &str, id: &Option<String>| id.as_ref().map(|id| format!("{kind}:{id}"));
        of("user", &self.user_id).or_else(|| of("visitor", &self.id))
    }
}

impl Message {
    /// The id under which a visitor's message is stored: visitors choose ids, so that each has its own.
    pub fn external_id(thread: &str, id: &str) -> String {
        format!("{thread}/{id}")
    }
}
