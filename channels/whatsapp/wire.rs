//! The JSON of Meta's callbacks. Every field may be missing, unknown or of another type: what cannot be read is
//! as if absent, so that nothing inside a batch can spoil the rest.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// Longer ids than Meta documents (128), shorter than any database key may be.
const ID_MAX: usize = 512;

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
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
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
    #[serde(flatten)]
    pub content: Content,
}

/// What a message, or the new form of an edited one, says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub text: Option<TextBody>,
    #[serde(deserialize_with = "lenient")]
    pub image: Option<Media>,
    #[serde(deserialize_with = "lenient")]
    pub video: Option<Media>,
    #[serde(deserialize_with = "lenient")]
    pub audio: Option<Media>,
    #[serde(deserialize_with = "lenient")]
    pub document: Option<Media>,
    #[serde(deserialize_with = "lenient")]
    pub sticker: Option<Media>,
    #[serde(deserialize_with = "lenient")]
    pub location: Option<Location>,
    #[serde(deserialize_with = "list")]
    pub contacts: Vec<Card>,
    #[serde(deserialize_with = "lenient")]
    pub reaction: Option<Reaction>,
    #[serde(deserialize_with = "lenient")]
    pub interactive: Option<Interactive>,
    #[serde(deserialize_with = "lenient")]
    pub button: Option<ButtonPress>,
    #[serde(deserialize_with = "lenient")]
    pub order: Option<Order>,
    #[serde(deserialize_with = "lenient")]
    pub system: Option<System>,
    #[serde(deserialize_with = "lenient")]
    pub edit: Option<Edit>,
    #[serde(deserialize_with = "lenient")]
    pub revoke: Option<Revoke>,
    #[serde(deserialize_with = "lenient")]
    pub unsupported: Option<Unsupported>,
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
pub(super) struct TextBody {
    #[serde(deserialize_with = "text")]
    pub body: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Media {
    #[serde(deserialize_with = "id")]
    pub id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub mime_type: Option<String>,
    #[serde(deserialize_with = "text")]
    pub sha256: Option<String>,
    #[serde(deserialize_with = "text")]
    pub caption: Option<String>,
    #[serde(deserialize_with = "text")]
    pub filename: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub voice: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Location {
    #[serde(deserialize_with = "number")]
    pub latitude: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub longitude: Option<f64>,
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub address: Option<String>,
    #[serde(deserialize_with = "text")]
    pub url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Card {
    #[serde(deserialize_with = "lenient")]
    pub name: CardName,
    #[serde(deserialize_with = "list")]
    pub phones: Vec<CardPhone>,
    #[serde(deserialize_with = "list")]
    pub emails: Vec<CardEmail>,
    #[serde(deserialize_with = "lenient")]
    pub org: CardOrganization,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CardName {
    #[serde(deserialize_with = "text")]
    pub formatted_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub first_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub last_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CardPhone {
    #[serde(deserialize_with = "text")]
    pub phone: Option<String>,
    #[serde(deserialize_with = "text")]
    pub wa_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CardEmail {
    #[serde(deserialize_with = "text")]
    pub email: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CardOrganization {
    #[serde(deserialize_with = "text")]
    pub company: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reaction {
    #[serde(deserialize_with = "id")]
    pub message_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub emoji: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Interactive {
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub button_reply: Option<Reply>,
    #[serde(deserialize_with = "lenient")]
    pub list_reply: Option<Reply>,
    #[serde(deserialize_with = "lenient")]
    pub nfm_reply: Option<FormReply>,
    #[serde(deserialize_with = "lenient")]
    pub call_permission_reply: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reply {
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub title: Option<String>,
    #[serde(deserialize_with = "text")]
    pub description: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FormReply {
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub body: Option<String>,
    /// JSON inside a string; an object is taken as well.
    pub response_json: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ButtonPress {
    #[serde(deserialize_with = "text")]
    pub payload: Option<String>,
    #[serde(deserialize_with = "text")]
    pub text: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Order {
    #[serde(deserialize_with = "text")]
    pub catalog_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub text: Option<String>,
    #[serde(deserialize_with = "list")]
    pub product_items: Vec<Product>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Product {
    #[serde(deserialize_with = "text")]
    pub product_retailer_id: Option<String>,
    #[serde(deserialize_with = "number")]
    pub quantity: Option<f64>,
    #[serde(deserialize_with = "text")]
    pub item_price: Option<String>,
    #[serde(deserialize_with = "text")]
    pub currency: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct System {
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: Option<String>,
    #[serde(deserialize_with = "text")]
    pub body: Option<String>,
    /// The new number.
    #[serde(alias = "new_wa_id", deserialize_with = "id")]
    pub wa_id: Option<String>,
    /// The old number.
    #[serde(deserialize_with = "id")]
    pub customer: Option<String>,
    #[serde(deserialize_with = "id")]
    pub user_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub parent_user_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub previous_user_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Edit {
    #[serde(deserialize_with = "id")]
    pub original_message_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub message: Box<Content>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Revoke {
    #[serde(deserialize_with = "id")]
    pub original_message_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Unsupported {
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: Option<String>,
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

/// One item of a batch; `None` if it is no object.
pub(super) fn item<T: DeserializeOwned>(value: Value) -> Option<T> {
    if value.is_object() { serde_json::from_value(value).ok() } else { None }
}

/// Never a list: serde would fill a struct from one by position.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(from: D) -> Result<T, D::Error> {
    let value = Some(Value::deserialize(from)?).filter(|value| !value.is_array());
    Ok(value.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default())
}

fn array<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Value>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Array(items) => items,
        _ => Vec::new(),
    })
}

/// A list whose odd items are left out.
fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(array(from)?.into_iter().filter_map(item).collect())
}

/// A text that says something; numbers count as texts.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(text(from)?.map(|id| id.trim().to_owned()).filter(|id| id.len() <= ID_MAX))
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(text(from)?.and_then(|text| text.trim().parse().ok()).filter(|number: &f64| number.is_finite()))
}

fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(text(from)?.and_then(|text| text.trim().parse().ok()))
}

/// Unix seconds as text or number.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(number(from)?.and_then(|seconds| DateTime::from_timestamp(seconds as i64, 0)))
}
