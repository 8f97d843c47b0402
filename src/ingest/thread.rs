//! One locked conversation, and what the batch's messages make of it.

use channels::event::InboundMessage;
use chrono::{DateTime, TimeDelta, Utc};

use super::threads::Key;
use crate::{
    ids::{ContactId, ConversationId, IntegrationId, MessageId, TeamId, UserId},
    inbox::conversation::{Conversation, ConversationContact, LastMessage},
};

/// Characters of a conversation's subject.
const SUBJECT_MAX: usize = 500;

/// A locked conversation and what becomes of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Thread {
    pub(super) id: ConversationId,
    pub(super) channel: String,
    pub(super) integration_id: IntegrationId,
    pub(super) contact_id: ContactId,
    pub(super) thread: String,
    pub(super) status: String,
    pub(super) assignee_id: Option<UserId>,
    pub(super) team_id: Option<TeamId>,
    pub(super) priority: String,
    pub(super) snoozed_until: Option<DateTime<Utc>>,
    pub(super) last_seq: i64,
    pub(super) read_seq: i64,
    pub(super) unread_count: i32,
    pub(super) last_message_id: Option<MessageId>,
    pub(super) last_message_at: DateTime<Utc>,
    pub(super) last_inbound_at: Option<DateTime<Utc>>,
    pub(super) window_closes_at: Option<DateTime<Utc>>,
    pub(super) subject: Option<String>,
    pub(super) version: i32,
    pub(super) created_at: DateTime<Utc>,
    #[sqlx(skip)]
    pub(super) touched: bool,
}

impl Thread {
    /// As [`super::threads::Threads`] writes it. Nobody else sees it before the commit, so it needs no lock.
    pub(super) fn new(
        id: ConversationId,
        channel: &str,
        key: &Key,
        status: &str,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            channel: channel.to_owned(),
            integration_id: key.0,
            contact_id: key.1,
            thread: key.2.clone(),
            status: status.to_owned(),
            assignee_id: None,
            team_id: None,
            priority: "none".to_owned(),
            snoozed_until: None,
            last_seq: 0,
            read_seq: 0,
            unread_count: 0,
            last_message_id: None,
            last_message_at: now,
            last_inbound_at: None,
            window_closes_at: None,
            subject: None,
            version: 1,
            created_at: now,
            touched: false,
        }
    }

    /// Takes the next number for a message and lets it change the conversation. Returns the number and whether the message is late:
    /// by the platform's clock it belongs more than a minute before one that came earlier.
    pub(super) fn append(
        &mut self,
        id: MessageId,
        message: &InboundMessage,
        window_hours: Option<u32>,
        now: DateTime<Utc>,
    ) -> (i64, bool) {
        self.touched = true;
        self.last_seq += 1;
        let late =
            self.last_inbound_at.is_some_and(|newest| message.sent_at < newest - TimeDelta::minutes(1));
        self.last_message_id = Some(id);
        self.last_message_at = self.last_message_at.max(now);
        if self.subject.is_none() {
            self.subject = message.subject.as_deref().map(shortened).filter(|subject| !subject.is_empty());
        }
        if !message.echo {
            self.unread_count += 1;
            self.last_inbound_at = self.last_inbound_at.max(Some(message.sent_at));
            if matches!(self.status.as_str(), "closed" | "snoozed") {
                "open".clone_into(&mut self.status);
            }
        }
        self.open_window(message, window_hours);
        (self.last_seq, late)
    }

    /// Says until when the customer may be answered, and nothing else.
    pub(super) fn remember(&mut self, message: &InboundMessage, window_hours: Option<u32>) {
        if !message.echo {
            self.last_inbound_at = self.last_inbound_at.max(Some(message.sent_at));
            self.open_window(message, window_hours);
        }
    }

    fn open_window(&mut self, message: &InboundMessage, window_hours: Option<u32>) {
        if let (true, Some(hours)) = (message.opens_window, window_hours) {
            self.window_closes_at =
                self.window_closes_at.max(Some(message.sent_at + TimeDelta::hours(hours.into())));
        }
    }

    /// So many past messages stand before all others now, and count as read.
    pub(super) fn make_room(&mut self, past: i64) {
        self.touched = true;
        self.last_seq += past;
        self.read_seq += past;
    }

    /// Nothing but its past was said: this is the newest of it.
    pub(super) fn ended_with(&mut self, id: MessageId, at: DateTime<Utc>) {
        self.last_message_id = Some(id);
        self.last_message_at = at;
    }

    /// Whether this is its newest message.
    pub(super) fn ends_with(&self, id: MessageId) -> bool {
        self.last_message_id == Some(id)
    }

    /// The conversation as its row is after [`super::threads::Threads::close_up`], without its labels.
    pub(super) fn told(&self, contact: ConversationContact, newest: LastMessage) -> Conversation {
        Conversation {
            id: self.id,
            channel: self.channel.clone(),
            integration_id: self.integration_id,
            status: self.status.clone(),
            contact,
            assignee_id: self.assignee_id,
            team_id: self.team_id,
            labels: Vec::new(),
            priority: self.priority.clone(),
            snoozed_until: self.snoozed_until,
            unread_count: self.unread_count,
            last_seq: self.last_seq,
            read_seq: self.read_seq,
            last_message: Some(newest),
            last_message_at: self.last_message_at,
            window_closes_at: self.window_closes_at,
            subject: self.subject.clone(),
            version: self.version,
            created_at: self.created_at,
        }
    }
}

/// Longer subjects are no subjects; PostgreSQL takes no null characters.
fn shortened(subject: &str) -> String {
    subject.trim().chars().filter(|c| !c.is_control()).take(SUBJECT_MAX).collect()
}
