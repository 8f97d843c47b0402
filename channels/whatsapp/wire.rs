//! The JSON of Meta's callbacks. Every field may be missing, unknown or of another type: what cannot be read is
//! as if absent, so that nothing inside a batch can spoil the rest.

mod content;
mod lenient;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use self::lenient::{array, id, integer, lenient, list, number, text, time};
pub(super) use self::{content::*, lenient::item};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Change {
    #[serde(deserialize_with = "text")]
    pub field: Option<String>,
    pub value: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Updates {
    #[serde(deserialize_with = "lenient")]
    pub metadata: Metadata,
    #[serde(deserialize_with = "list")]
    pub contacts: Vec<Contact>,
    #[serde(deserialize_with = "array")]
    pub messages: Vec<Value>,
    #[serde(deserialize_with = "array")]
    pub message_echoes: Vec<Value>,
    #[serde(deserialize_with = "array")]
    pub statuses: Vec<Value>,
    #[serde(deserialize_with = "array")]
    pub calls: Vec<Value>,
    #[serde(deserialize_with = "list")]
    pub errors: Vec<Fault>,
    #[serde(deserialize_with = "array")]
    pub user_preferences: Vec<Value>,
    #[serde(deserialize_with = "list")]
    pub history: Vec<HistoryChunk>,
    #[serde(deserialize_with = "list")]
    pub state_sync: Vec<StateSync>,
}

/// A piece of what the business's phone remembers. Chunks may come in any order.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HistoryChunk {
    #[serde(deserialize_with = "lenient")]
    pub metadata: HistoryProgress,
    #[serde(deserialize_with = "list")]
    pub threads: Vec<HistoryThread>,
    #[serde(deserialize_with = "list")]
    pub errors: Vec<Fault>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HistoryProgress {
    /// Of the whole synchronisation, in percent.
    #[serde(deserialize_with = "integer")]
    pub progress: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HistoryThread {
    /// The customer.
    #[serde(deserialize_with = "id")]
    pub id: Option<String>,
    #[serde(deserialize_with = "array")]
    pub messages: Vec<Value>,
}

/// What only a message of the history has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HistoryContext {
    #[serde(deserialize_with = "lenient")]
    pub from_me: Option<bool>,
    #[serde(deserialize_with = "text")]
    pub status: Option<String>,
}

/// An entry of the phone's address book that came, changed or went.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StateSync {
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: Option<String>,
    #[serde(deserialize_with = "text")]
    pub action: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub contact: StateContact,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StateContact {
    #[serde(deserialize_with = "text")]
    pub full_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub first_name: Option<String>,
    #[serde(deserialize_with = "id")]
    pub phone_number: Option<String>,
    #[serde(deserialize_with = "id")]
    pub user_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    #[serde(deserialize_with = "text")]
    pub display_phone_number: Option<String>,
    #[serde(deserialize_with = "id")]
    pub phone_number_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Contact {
    #[serde(deserialize_with = "lenient")]
    pub profile: Profile,
    #[serde(deserialize_with = "id")]
    pub wa_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub user_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub parent_user_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub username: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    #[serde(deserialize_with = "id")]
    pub id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub from: Option<String>,
    #[serde(deserialize_with = "id")]
    pub from_user_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub from_parent_user_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub to: Option<String>,
    #[serde(deserialize_with = "id")]
    pub to_user_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub to_parent_user_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub group_id: Option<String>,
    #[serde(deserialize_with = "time")]
    pub timestamp: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "lenient")]
    pub context: Context,
    #[serde(deserialize_with = "lenient")]
    pub referral: Option<Value>,
    #[serde(deserialize_with = "list")]
    pub errors: Vec<Fault>,
    #[serde(deserialize_with = "lenient")]
    pub history_context: HistoryContext,
    #[serde(flatten)]
    pub content: Content,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Context {
    #[serde(deserialize_with = "id")]
    pub id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub forwarded: bool,
    #[serde(deserialize_with = "lenient")]
    pub frequently_forwarded: bool,
    #[serde(deserialize_with = "lenient")]
    pub referred_product: Option<Value>,
}

/// Meta's error object, the same in callbacks and in answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fault {
    #[serde(deserialize_with = "integer")]
    pub code: Option<i64>,
    #[serde(deserialize_with = "text")]
    pub title: Option<String>,
    #[serde(deserialize_with = "text")]
    pub message: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub error_data: FaultDetails,
    #[serde(deserialize_with = "lenient")]
    pub is_transient: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FaultDetails {
    #[serde(deserialize_with = "text")]
    pub details: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    #[serde(deserialize_with = "id")]
    pub id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub status: Option<String>,
    #[serde(deserialize_with = "time")]
    pub timestamp: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "id")]
    pub recipient_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub recipient_user_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub recipient_parent_user_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub recipient_type: Option<String>,
    #[serde(deserialize_with = "text")]
    pub biz_opaque_callback_data: Option<String>,
    #[serde(deserialize_with = "list")]
    pub errors: Vec<Fault>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Call {
    #[serde(deserialize_with = "id")]
    pub id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub from: Option<String>,
    #[serde(deserialize_with = "id")]
    pub from_user_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub from_parent_user_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub event: Option<String>,
    #[serde(deserialize_with = "text")]
    pub direction: Option<String>,
    #[serde(deserialize_with = "text")]
    pub status: Option<String>,
    #[serde(deserialize_with = "number")]
    pub duration: Option<f64>,
    #[serde(deserialize_with = "time")]
    pub timestamp: Option<DateTime<Utc>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Preference {
    #[serde(deserialize_with = "id")]
    pub wa_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub user_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub parent_user_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub category: Option<String>,
    #[serde(deserialize_with = "text")]
    pub value: Option<String>,
    #[serde(deserialize_with = "text")]
    pub detail: Option<String>,
    #[serde(deserialize_with = "time")]
    pub timestamp: Option<DateTime<Utc>>,
}
