//! What handlers ask of the delivery worker. An order is a job in its conversation's lane: it is carried out after everything
//! that was asked before it.

use channels::{call::CallLeg, mail::Mailbox, message::Button, template::OutboundTemplate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    db::NewJob,
    ids::{AttachmentId, ConversationId, MessageId},
};

/// One thing to do on a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Send a message that stands as `queued`.
    Deliver { message_id: MessageId },
    /// Set our reaction on a message; empty removes it.
    React { message_id: MessageId, emoji: String },
    /// Carry an edit of a sent message to the platform; the text is the message's own.
    Edit { message_id: MessageId },
    /// Delete a sent message for everybody.
    Delete { message_id: MessageId },
    /// Tell the customer that everything so far was read.
    Read { conversation_id: ConversationId },
    /// Show the customer that somebody is writing.
    Typing { conversation_id: ConversationId },
}

/// What a message asks for beside its text and attachments: the column `messages.request`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Extras {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<OutboundTemplate>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
    /// Show the buttons as a list to pick from.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<OutboundLocation>,
    /// Of a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Mailbox>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Mailbox>,
    /// The letter's body in HTML, beside its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// A call to begin, and whose telephone rings first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallLeg>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OutboundLocation {
    pub latitude: f64,
    pub longitude: f64,
    pub name: Option<String>,
    pub address: Option<String>,
}

impl Order {
    /// The job, in the conversation's lane.
    pub fn job(&self, conversation: ConversationId) -> NewJob {
        NewJob::now(
            "order",
            Some(conversation.to_string()),
            serde_json::to_value(self).unwrap_or(Value::Null),
        )
    }
}

/// Fetches an inbound attachment's bytes from its platform.
pub fn fetch_media(attachment: AttachmentId) -> NewJob {
    NewJob::now("fetch_media", None, serde_json::json!({"attachment_id": attachment}))
}
