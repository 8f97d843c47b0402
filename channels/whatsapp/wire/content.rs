//! What a message says, by its type.

use serde::Deserialize;
use serde_json::Value;

use super::lenient::{id, lenient, list, number, text};

/// What a message, or the new form of an edited one, says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct Content {
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
pub(in crate::whatsapp) struct TextBody {
    #[serde(deserialize_with = "text")]
    pub body: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct Media {
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
pub(in crate::whatsapp) struct Location {
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
pub(in crate::whatsapp) struct Card {
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
pub(in crate::whatsapp) struct CardName {
    #[serde(deserialize_with = "text")]
    pub formatted_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub first_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub last_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct CardPhone {
    #[serde(deserialize_with = "text")]
    pub phone: Option<String>,
    #[serde(deserialize_with = "text")]
    pub wa_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct CardEmail {
    #[serde(deserialize_with = "text")]
    pub email: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct CardOrganization {
    #[serde(deserialize_with = "text")]
    pub company: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct Reaction {
    #[serde(deserialize_with = "id")]
    pub message_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub emoji: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct Interactive {
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
pub(in crate::whatsapp) struct Reply {
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub title: Option<String>,
    #[serde(deserialize_with = "text")]
    pub description: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct FormReply {
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub body: Option<String>,
    /// JSON inside a string; an object is taken as well.
    pub response_json: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct ButtonPress {
    #[serde(deserialize_with = "text")]
    pub payload: Option<String>,
    #[serde(deserialize_with = "text")]
    pub text: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct Order {
    #[serde(deserialize_with = "text")]
    pub catalog_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub text: Option<String>,
    #[serde(deserialize_with = "list")]
    pub product_items: Vec<Product>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct Product {
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
pub(in crate::whatsapp) struct System {
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
pub(in crate::whatsapp) struct Edit {
    #[serde(deserialize_with = "id")]
    pub original_message_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub message: Box<Content>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct Revoke {
    #[serde(deserialize_with = "id")]
    pub original_message_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct Unsupported {
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: Option<String>,
}
