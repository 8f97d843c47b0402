//! Everything that browsers, workflows and subscribers can be told. An event is written in the transaction that
//! causes it, encoded once, and published after commit.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::order::Before;
use crate::ids::{ConversationId, OrganizationId, TeamId, UserId};

/// A word of the socket protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    NewMessage,
    MessageUpdated,
    MessageStatus,
    ConversationUpdated,
    ConversationAssigned,
    DealUpdated,
    PaymentStatus,
    TaskCreated,
    TaskUpdated,
    TaskDeleted,
    Notification,
    /// Two contacts may be one person, or were said not to be.
    MergeSuggested,
    /// Settings of the organization changed: integrations, labels, teams, members.
    SettingsUpdated,
    /// Not stored: somebody is writing.
    UserTyping,
    /// Not stored: somebody looks at a conversation, came or went.
    Presence,
    /// Not stored, between servers only: who has a socket on one of them.
    RollCall,
}

/// Which conversation an event belongs to, and what decides who may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub conversation_id: ConversationId,
    pub assignee_id: Option<UserId>,
    pub team_id: Option<TeamId>,
}

/// An event about to be written.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub kind: EventKind,
    /// `None`: everybody in the organization, or only the audience where there is one.
    pub subject: Option<Subject>,
    /// Members who hear it beside those who see the conversation: the one it was taken from.
    pub audience: Vec<UserId>,
    /// The frame's `data`, encoded.
    pub data: String,
}

/// An event as it travels and waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    pub organization_id: OrganizationId,
    /// Of one conversation, a later event has a greater id. `None`: not stored, heard only by who listens now.
    pub id: Option<i64>,
    /// Number of the writing transaction; 0 when not stored.
    pub xid: u64,
    pub kind: EventKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<UserId>,
    /// What the conversation told before it; only where several servers share a bus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    pub data: Arc<str>,
}

/// What a `user_typing` frame says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TypingNews {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub name: String,
    pub typing: bool,
}

impl EventKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewMessage => "new_message",
            Self::MessageUpdated => "message_updated",
            Self::MessageStatus => "message_status",
            Self::ConversationUpdated => "conversation_updated",
            Self::ConversationAssigned => "conversation_assigned",
            Self::DealUpdated => "deal_updated",
            Self::PaymentStatus => "payment_status",
            Self::TaskCreated => "task_created",
            Self::TaskUpdated => "task_updated",
            Self::TaskDeleted => "task_deleted",
            Self::Notification => "notification",
            Self::MergeSuggested => "merge_suggested",
            Self::SettingsUpdated => "settings_updated",
            Self::UserTyping => "user_typing",
            Self::Presence => "presence",
            Self::RollCall => "roll_call",
        }
    }

    /// The kind of a stored event.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::NewMessage,
            Self::MessageUpdated,
            Self::MessageStatus,
            Self::ConversationUpdated,
            Self::ConversationAssigned,
            Self::DealUpdated,
            Self::PaymentStatus,
            Self::TaskCreated,
            Self::TaskUpdated,
            Self::TaskDeleted,
            Self::Notification,
            Self::MergeSuggested,
            Self::SettingsUpdated,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == text)
    }
}

impl Event {
    /// Not stored: heard by who listens now, on any server.
    pub fn fleeting(
        organization_id: OrganizationId,
        kind: EventKind,
        subject: Option<Subject>,
        data: &impl Serialize,
    ) -> Self {
        Self {
            organization_id,
            id: None,
            xid: 0,
            kind,
            subject,
            audience: Vec::new(),
            before: None,
            data: encode(data).into(),
        }
    }
}

impl NewEvent {
    /// About a conversation, for all who see it.
    pub fn about(kind: EventKind, subject: Subject, data: &impl Serialize) -> Self {
        Self { kind, subject: Some(subject), audience: Vec::new(), data: encode(data) }
    }

    /// For the whole organization.
    pub fn everybody(kind: EventKind, data: &impl Serialize) -> Self {
        Self { kind, subject: None, audience: Vec::new(), data: encode(data) }
    }

    /// For these members, beside those who see the subject.
    #[must_use]
    pub fn also_for(mut self, members: impl IntoIterator<Item = UserId>) -> Self {
        self.audience.extend(members);
        self
    }
}

fn encode(data: &impl Serialize) -> String {
    // The types that come here serialise to JSON by construction; an empty object keeps a frame readable.
    serde_json::to_string(data).unwrap_or_else(|_| "{}".to_owned())
}
