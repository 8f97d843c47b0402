//! The words that inbound and outbound messages share, and what an outbound one is made of.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    abilities::MediaKind,
    call::{Call, CallLeg},
    mail::{Invite, Letter, Mailbox},
    party::PartyId,
    template::OutboundTemplate,
};

/// What a message mainly is; decides its bubble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    Image,
    Video,
    Audio,
    Document,
    Sticker,
    Location,
    Contacts,
    Interactive,
    Template,
    Call,
    Payment,
    System,
    Unsupported,
}

/// How far an outbound message got. Moves forward only; see [`MessageStatus::may_follow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    Queued,
    Sending,
    /// The call left and no answer came.
    Unknown,
    Sent,
    Delivered,
    Read,
    Failed,
}

/// A structured piece of a message beside its text and files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    Location {
        latitude: f64,
        longitude: f64,
        name: Option<String>,
        address: Option<String>,
        live: bool,
    },
    Contact {
        name: String,
        phones: Vec<String>,
        emails: Vec<String>,
        organization: Option<String>,
    },
    /// What the customer chose from our buttons or list, or filled into a form.
    Choice {
        id: String,
        title: String,
        description: Option<String>,
        data: Option<serde_json::Value>,
    },
    /// Buttons or list rows that we offered.
    Buttons {
        buttons: Vec<Button>,
        list: bool,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        header: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        footer: Option<String>,
    },
    Template {
        name: String,
        language: String,
        header: Option<String>,
        footer: Option<String>,
    },
    Order {
        catalog_id: Option<String>,
        items: Vec<OrderItem>,
    },
    Poll {
        question: String,
        options: Vec<String>,
    },
    /// Formatting of the text: ranges count Unicode characters.
    Format {
        ranges: Vec<FormatRange>,
    },
    /// The body as its sender formatted it. The channel has sanitised it: no scripts, forms, frames or event handlers.
    Html {
        html: String,
    },
    Email(Letter),
    Invite(Invite),
    Call(Call),
    Payment(PaymentCard),
    /// Something the platform knows and we cannot show: its own word for it.
    Unsupported {
        what: String,
        detail: Option<String>,
    },
}

/// Money that is asked for, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PaymentCard {
    pub payment_id: Uuid,
    pub description: String,
    /// In the currency's smallest unit.
    pub minor: i64,
    /// Its ISO 4217 code.
    pub currency: String,
    /// `preparing` until there is something to pay by.
    pub state: String,
    /// The page on which it is paid.
    pub url: Option<String>,
    pub pix_code: Option<String>,
    pub methods: Vec<String>,
    pub expires_at: Option<DateTime<Utc>>,
    pub refunded_minor: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OrderItem {
    pub id: String,
    pub quantity: f64,
    /// As the platform wrote it; exact.
    pub price: String,
    pub currency: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FormatRange {
    pub start: usize,
    pub length: usize,
    /// `bold`, `italic`, `underline`, `strike`, `code`, `pre`, `spoiler`, `quote`, `link`, `mention`.
    pub style: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
}

/// The message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub external_id: String,
    /// The quoted excerpt, where the platform gives it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Button {
    /// Comes back when the customer presses it.
    pub id: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// Opens this address instead of answering.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
}

/// One call to the platform. Texts, bodies and captions are in the hub's own [`crate::markup`]; each channel translates them.
#[derive(Clone, Debug)]
pub struct OutboundMessage {
    /// Ours; carried through the platform where it allows, so that a lost answer can be resolved.
    pub id: Uuid,
    pub thread: String,
    /// The contact's identities on this channel, most telling first.
    pub to: Vec<PartyId>,
    /// External id of the message being answered.
    pub reply_to: Option<String>,
    pub content: Content,
    /// What only letters have; empty on other channels.
    pub letter: OutboundLetter,
}

/// What a letter has beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboundLetter {
    /// As the agent wrote it; else the conversation's, to which the channel puts its own `Re:`.
    pub subject: Option<String>,
    /// Whether `subject` is the conversation's, so that this letter goes on with it.
    pub answers: bool,
    /// External ids of the conversation's newest messages, oldest first, for References.
    pub references: Vec<String>,
    pub cc: Vec<Mailbox>,
    pub bcc: Vec<Mailbox>,
    /// The body in HTML; rendered from the text where absent.
    pub html: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Content {
    Text {
        text: String,
    },
    /// One file, or an album where `attachments_per_message` allows.
    Media {
        files: Vec<OutboundMedia>,
        caption: Option<String>,
    },
    Buttons {
        body: String,
        header: Option<String>,
        footer: Option<String>,
        buttons: Vec<Button>,
        list: bool,
    },
    Location {
        latitude: f64,
        longitude: f64,
        name: Option<String>,
        address: Option<String>,
    },
    Template(OutboundTemplate),
    /// Rings the member first, then connects the customer.
    Call {
        agent: CallLeg,
    },
    /// Empty emoji removes.
    Reaction {
        external_id: String,
        emoji: String,
    },
    Edit {
        external_id: String,
        text: String,
        caption: bool,
    },
    Delete {
        external_id: String,
    },
    /// Tells the customer that everything up to this inbound message was read.
    Read {
        external_id: String,
    },
    /// Shows the customer that somebody is writing; `external_id` is the newest inbound message.
    Typing {
        external_id: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct OutboundMedia {
    pub kind: MediaKind,
    pub file_name: String,
    pub mime: String,
    pub source: MediaSource,
}

#[derive(Clone, Debug, PartialEq)]
pub enum MediaSource {
    Bytes(Bytes),
    /// A public address that the platform fetches itself.
    Link(url::Url),
}

/// The platform took it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The platform's ids, first the one that statuses and replies name. Empty for reactions, edits and the like.
    pub external_ids: Vec<String>,
    /// Identities of the recipient that the answer revealed.
    pub learned: Vec<PartyId>,
    /// The thread's new id, where the platform moved it.
    pub moved_to: Option<String>,
}

impl OutboundMessage {
    pub fn new(id: Uuid, thread: String, to: Vec<PartyId>, content: Content) -> Self {
        Self { id, thread, to, reply_to: None, content, letter: OutboundLetter::default() }
    }
}

impl MessageStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }

    /// Whether a message may move from `before` to this. `failed` is final once the platform said so, except that a
    /// later proof of arrival is believed over nothing: a failed message never becomes merely `sent`.
    pub fn may_follow(self, before: Self) -> bool {
        self.rank() > before.rank() && !(before == Self::Read && self == Self::Failed)
    }

    fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Unknown => 2,
            Self::Sent => 3,
            Self::Delivered => 4,
            Self::Read => 5,
            Self::Failed => 6,
        }
    }
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contacts => "contacts",
            Self::Interactive => "interactive",
            Self::Template => "template",
            Self::Call => "call",
            Self::Payment => "payment",
            Self::System => "system",
            Self::Unsupported => "unsupported",
        }
    }
}

impl From<MediaKind> for Kind {
    fn from(kind: MediaKind) -> Self {
        match kind {
            MediaKind::Image => Self::Image,
            MediaKind::Video => Self::Video,
            MediaKind::Audio | MediaKind::Voice => Self::Audio,
            MediaKind::Document => Self::Document,
            MediaKind::Sticker => Self::Sticker,
        }
    }
}
