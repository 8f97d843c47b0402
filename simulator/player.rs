//! What every played platform lets a customer do, so that the playground and the tests need to know no platform.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::faults::Faults;

/// A platform.
#[async_trait]
pub trait Player: Send + Sync {
    /// The channel id: `whatsapp`.
    fn channel(&self) -> &'static str;

    /// A new business account on the platform, as the fields an admin would fill in (`api_base_url` included).
    fn open_account(&self, name: &str) -> BTreeMap<String, String>;

    /// Plays an account that exists already in the hub (kept data of an earlier start), from the same fields. The
    /// callback address is given because the platform of the earlier start has forgotten it.
    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str);

    /// What an admin enters on the platform's own pages, where no call does it: the address for callbacks.
    fn enter_webhook(&self, _account: &str, _webhook_url: &str) {}

    /// Keys of the open accounts, as `channels::Channel::account_key` gives them.
    fn accounts(&self) -> Vec<String>;

    /// The customer does something; the platform tells the hub by a signed callback and repeats it as the real one does until
    /// it is taken. Returns the platform's id of what was done once the first callback was answered.
    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError>;

    /// What the customer sees, oldest first.
    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage>;

    /// A page of the hub, by its path, on which a person can be a customer with their own hands.
    fn page(&self, _account: &str) -> Option<String> {
        None
    }

    /// Somebody of that name, called as people are called on this platform. `digits` are theirs alone.
    fn customer(&self, name: &str, digits: &str) -> Customer {
        let username = name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "_");
        Customer { id: digits.to_owned(), name: name.to_owned(), username: Some(username) }
    }

    /// Tells when a chat changed: something to look at again.
    fn changes(&self) -> broadcast::Receiver<ChatChanged>;

    /// What the next calls of the platform's API shall suffer; `None` where trouble cannot be asked for.
    fn trouble(&self) -> Option<&Faults> {
        None
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The platform's id: a phone's digits, a user's number.
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub username: Option<String>,
}

/// What a customer can do. Platforms refuse what they do not have.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Act {
    Text {
        text: String,
        #[serde(default)]
        reply_to: Option<String>,
    },
    Media(Media),
    Location {
        latitude: f64,
        longitude: f64,
        #[serde(default)]
        name: Option<String>,
    },
    Contact {
        name: String,
        phone: String,
    },
    /// Empty emoji removes.
    React {
        message: String,
        emoji: String,
    },
    /// Presses a button or picks a row of a message we sent.
    Press {
        message: String,
        button: String,
    },
    Edit {
        message: String,
        text: String,
    },
    Delete {
        message: String,
    },
    /// Opens the chat: everything sent to it counts as read.
    Read,
    Block,
    Unblock,
    Phone(PhoneAct),
}

/// What a customer does with a telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum PhoneAct {
    /// Calls the business.
    Call,
    /// Takes the business's call.
    Answer,
    HangUp,
    /// Speaks after the tone for that long.
    Speak {
        seconds: u32,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Media {
    /// `image`, `video`, `audio`, `voice`, `document`, `sticker`.
    pub kind: String,
    pub file_name: String,
    pub mime: String,
    #[serde(skip)]
    pub bytes: Bytes,
    #[serde(default)]
    pub caption: Option<String>,
}

/// One bubble on the customer's phone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChatMessage {
    pub id: String,
    pub from_customer: bool,
    pub kind: String,
    pub text: String,
    /// Where the simulator serves the file.
    pub media_url: Option<String>,
    pub file_name: Option<String>,
    pub buttons: Vec<ChatButton>,
    pub reply_to: Option<String>,
    /// Emoji, each with who set it: `customer` or `business`.
    pub reactions: Vec<(String, String)>,
    pub edited: bool,
    pub deleted: bool,
    /// Of the business's messages: `sent`, `delivered`, `read`; of the customer's: `read` once the business has read it.
    pub status: String,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChatButton {
    pub id: String,
    pub title: String,
    pub description: Option<String>,
    pub url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChatChanged {
    pub channel: &'static str,
    pub account: String,
    pub customer: String,
    /// The business shows that it is writing.
    pub typing: bool,
}

/// Why a customer's act went nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActError {
    NoSuchAccount,
    NoSuchMessage,
    /// The platform has no such thing.
    Unsupported(&'static str),
    /// No callback address is set.
    NoWebhook,
    /// The hub answered with this status, or not at all (0), to every attempt.
    NotTaken(u16),
}

impl std::fmt::Display for ActError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchAccount => f.write_str("no such account"),
            Self::NoSuchMessage => f.write_str("no such message"),
            Self::Unsupported(what) => write!(f, "the platform has no {what}"),
            Self::NoWebhook => f.write_str("no callback address is set"),
            Self::NotTaken(status) => write!(f, "the hub did not take the callback (status {status})"),
        }
    }
}

impl std::error::Error for ActError {}
