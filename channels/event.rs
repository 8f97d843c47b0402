//! What a platform tells us, in the hub's words.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::abilities::MediaKind;
use crate::call::CallChange;
use crate::error::Refusal;
use crate::message::{Kind, MessageStatus, Part, Quote};
use crate::party::{Party, PartyId};
use crate::template::Template;

/// Everything one callback said, and an immediate answer where the platform waits for one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Incoming {
    pub events: Vec<InboundEvent>,
    /// `None` answers 200 with an empty body.
    #[serde(skip)]
    pub answer: Option<Answer>,
}

/// The body that a platform expects back: a challenge, a pong, a small document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Bytes,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboundEvent {
    /// The platform account it belongs to (`Channel::account_key`); `None` means the integration whose address was called. A
    /// callback may speak for several accounts of one organization.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<String>,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    Message(Box<InboundMessage>),
    /// A message from before the account was connected.
    Past(Box<PastMessage>),
    /// An entry of the address book of the business's own phone came, changed or went.
    AddressBook(AddressBookEntry),
    /// One of our own messages moved on.
    Status(StatusChange),
    /// All of our messages of a thread moved on, up to one of them or to a moment.
    Watermark(Watermark),
    Reaction(ReactionChange),
    Edit(EditChange),
    Delete(DeleteChange),
    /// A telephone call begins, goes on, has ended, was recorded.
    Call(Box<CallChange>),
    /// Somebody's identity, name or reachability changed.
    Contact(ContactChange),
    /// The platform renamed a thread: conversations of `from` continue in `to`.
    ThreadMoved {
        from: String,
        to: String,
    },
    Template(TemplateChange),
    /// Something an admin should know: limits, bans, quality, history sync.
    Notice(Notice),
    /// The platform no longer accepts the account: it stops, and its admins hear why.
    Broken(Refusal),
    /// The platform calls with nothing else until [`crate::Channel::acknowledge`] has answered it.
    Handshake {
        token: String,
    },
    /// The platform tells only where the news lie: [`crate::Channel::fetch_news`] gets them.
    Elsewhere {
        reference: serde_json::Value,
    },
    /// Understood and deliberately without effect.
    Ignored {
        reason: String,
    },
}

/// A message by a customer, or an echo of one that the business sent from elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboundMessage {
    /// Unique within the account.
    pub external_id: String,
    /// Another id under which it may have been told already, or may yet be: whoever wrote it has a new name meanwhile.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alias: Option<String>,
    /// What makes a conversation on this platform beside the contact: a chat id, a topic. Stable.
    pub thread: String,
    /// The customer, also for an echo.
    pub contact: Party,
    /// Who wrote it, where that is not the customer: a member of a group.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub author: Option<Party>,
    pub echo: bool,
    pub kind: Kind,
    /// What is shown and searched; captions and titles included.
    pub text: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub parts: Vec<Part>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub media: Vec<InboundMedia>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reply_to: Option<Quote>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub forwarded: bool,
    /// Messages that the platform sent one by one but that belong together.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub album: Option<String>,
    /// The advertisement or link that brought the customer here, as the platform gave it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub referral: Option<serde_json::Value>,
    /// The platform's own account of why it could not give us the content.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fault: Option<Refusal>,
    /// The platform's time.
    pub sent_at: DateTime<Utc>,
    /// Must be confirmed to the platform by [`crate::Channel::acknowledge`] (Telegram's button presses).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acknowledge: Option<String>,
    /// Whether it opens the window for free text.
    pub opens_window: bool,
    /// External ids of messages that it answers, newest first (a letter's In-Reply-To and References). The first that is known to
    /// the same integration decides the conversation; `thread` does if none is.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub answers: Vec<String>,
    /// A letter's subject. The first one becomes the conversation's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
}

/// It stands before everything that the hub saw itself, counts as read and wakes nothing. One whose content the platform gives
/// later comes again under the same id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastMessage {
    pub message: InboundMessage,
    /// How far a message of the business got, where the platform tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<MessageStatus>,
    /// The platform has only named the message and may give its content later.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub placeholder: bool,
}

/// Somebody whom the business knows by a name of its own, whether or not they ever wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressBookEntry {
    pub party: Party,
    /// The entry was removed: the name is the platform's again, the contact stays.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub removed: bool,
}

/// A file that must be fetched after commit by [`crate::Channel::fetch_media`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboundMedia {
    pub kind: MediaKind,
    /// What `fetch_media` needs; opaque to the hub.
    pub reference: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<u64>,
    /// Hexadecimal SHA-256, where the platform tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_seconds: Option<u32>,
    /// The platform already said that this file cannot be had (too large for a bot, for instance).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unavailable: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusChange {
    pub external_id: String,
    pub status: MessageStatus,
    pub at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<Refusal>,
    /// Our own message id, where the platform carried it through. Resolves an unknown send.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message_id: Option<uuid::Uuid>,
    /// Identities of the recipient that the status revealed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<Party>,
}

/// What platforms tell that do not name every message: `delivered` or `read`, and how far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watermark {
    /// Whom we wrote to.
    pub contact: PartyId,
    pub thread: String,
    pub status: MessageStatus,
    /// The newest moment at which a message that is meant can have been sent.
    pub up_to: DateTime<Utc>,
    /// The newest message that is meant, which then decides instead of the moment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub external_id: Option<String>,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReactionChange {
    /// The message reacted to.
    pub external_id: String,
    pub contact: Party,
    pub emoji: Vec<String>,
    #[serde(skip_serializing_if = "Reacts::is_all", default)]
    pub reacts: Reacts,
    /// Older changes than the stored one are dropped.
    pub at: DateTime<Utc>,
    /// By the business, from elsewhere.
    pub echo: bool,
}

/// What a change's emoji are to those that stand under the message already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reacts {
    /// They are all reactions of this person now; none of them: they have taken theirs back.
    #[default]
    All,
    /// Set beside what this person has set before.
    Added,
    /// Taken back; what else this person has set stays.
    Removed,
    /// A moderator took them away from everybody; without emoji, all that there are.
    Cleared,
}

impl Reacts {
    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditChange {
    pub external_id: String,
    pub text: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub parts: Vec<Part>,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteChange {
    pub external_ids: Vec<String>,
    pub at: DateTime<Utc>,
}

/// `find` names the contact; the rest is what is new about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactChange {
    pub find: PartyId,
    pub party: Party,
    /// Ids that are no longer this contact's: somebody else may get them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub gone: Vec<PartyId>,
    /// The customer blocked (`false`) or unblocked (`true`) us.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reachable: Option<bool>,
    /// The customer wants no more messages at `find` (`true`), or wants them again. Nothing is sent to a customer who wants none at
    /// any of their addresses on the channel, whatever they write, until they take it back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub opted_out: Option<bool>,
    /// The customer's word on marketing messages.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub marketing: Option<bool>,
    /// A line for the timeline of the conversation in `thread`, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<TimelineLine>,
}

/// A system message: `external_id` keeps a repeated callback from writing it twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineLine {
    pub external_id: String,
    pub thread: String,
    pub text: String,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemplateChange {
    pub name: String,
    pub language: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The whole template, where the platform gave it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub template: Option<Template>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The platform's own word for it: `phone_number_quality_update`.
    pub topic: String,
    pub severity: Severity,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

impl Incoming {
    pub fn events(events: Vec<InboundEvent>) -> Self {
        Self { events, answer: None }
    }

    pub fn answer(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { events: Vec::new(), answer: Some(Answer { status: 200, content_type, body: body.into() }) }
    }
}

impl InboundMessage {
    /// A message by the customer without any content yet, for `InboundMessage { text, ..InboundMessage::new(…) }`. Does not open the
    /// window.
    pub fn new(
        external_id: String,
        thread: String,
        contact: Party,
        kind: Kind,
        sent_at: DateTime<Utc>,
    ) -> Self {
        Self {
            external_id,
            alias: None,
            thread,
            contact,
            author: None,
            echo: false,
            kind,
            text: String::new(),
            parts: Vec::new(),
            media: Vec::new(),
            reply_to: None,
            forwarded: false,
            album: None,
            referral: None,
            fault: None,
            sent_at,
            acknowledge: None,
            opens_window: false,
            answers: Vec::new(),
            subject: None,
        }
    }
}

impl From<What> for InboundEvent {
    fn from(what: What) -> Self {
        Self { account: None, what }
    }
}
