//! Trello's own shapes, tolerant: what is not there is empty (<https://developer.atlassian.com/cloud/trello/rest/>).

use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct Member {
    pub id: String,
    #[serde(default, rename = "fullName")]
    pub full_name: String,
    #[serde(default)]
    pub username: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Board {
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    pub closed: bool,
    /// In their order, where they were asked for.
    #[serde(default)]
    pub lists: Vec<List>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct List {
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub closed: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub desc: String,
    pub id_list: String,
    pub id_board: String,
    #[serde(default)]
    pub closed: bool,
    #[serde(default)]
    pub due: Option<DateTime<Utc>>,
    #[serde(default)]
    pub pos: f64,
    #[serde(default)]
    pub date_last_activity: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    pub id: String,
    #[serde(default)]
    pub id_model: String,
    #[serde(default, rename = "callbackURL")]
    pub callback_url: String,
    #[serde(default)]
    pub active: bool,
}

/// The body of a callback.
#[derive(Clone, Debug, Deserialize)]
pub struct Callback {
    pub action: Action,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub date: DateTime<Utc>,
    #[serde(default)]
    pub id_member_creator: String,
    #[serde(default)]
    pub member_creator: Option<Member>,
    #[serde(default)]
    pub data: Data,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Data {
    #[serde(default)]
    pub card: Option<Named>,
    #[serde(default)]
    pub list_after: Option<Named>,
    #[serde(default)]
    pub text: Option<String>,
    /// Exactly the fields that changed, with what they were.
    #[serde(default)]
    pub old: serde_json::Map<String, serde_json::Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    pub id: String,
}
