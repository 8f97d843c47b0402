//! Who somebody is on a platform.

use serde::{Deserialize, Serialize};

/// A person or a group, as known from one callback. At least one id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Most telling first. Any that is known already finds the contact; all others are added to it.
    pub ids: Vec<PartyId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub username: Option<String>,
    /// E.164 with plus.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub group: bool,
    /// Name, phone and e-mail are somebody's own words that nobody has checked: they fill in what is not known and replace nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub claimed: bool,
}

/// `key` compares (normalised), `address` is what the platform wants to be called by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartyId {
    pub kind: String,
    pub key: String,
    pub address: String,
}

impl PartyId {
    /// An id that compares by its own text.
    pub fn plain(kind: &str, id: impl ToString) -> Self {
        let id = id.to_string();
        Self { kind: kind.into(), key: id.clone(), address: id }
    }
}
