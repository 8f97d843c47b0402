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

/// Characters of the longest name that is believed to be one: names are anybody's word.
const NAME_MAX: usize = 200;

impl Party {
    /// The platform's name for somebody, in at most 200 characters; `None` where it tells none.
    pub fn named(&self) -> Option<&str> {
        self.name.as_deref().map(shortened).filter(|name| !name.is_empty())
    }

    /// What to call somebody: their name, a username rather than nothing, empty where there is neither.
    pub fn called(&self) -> &str {
        self.named().or(self.username.as_deref().map(shortened)).unwrap_or_default()
    }
}

fn shortened(name: &str) -> &str {
    let name = name.trim();
    name.char_indices().nth(NAME_MAX).map_or(name, |(end, _)| name[..end].trim_end())
}

impl PartyId {
    /// An id that compares by its own text.
    pub fn plain(kind: &str, id: impl ToString) -> Self {
        let id = id.to_string();
        Self { kind: kind.into(), key: id.clone(), address: id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_a_username_is_better_than_none() {
        let party = |name: Option<&str>, username: Option<&str>| Party {
            name: name.map(str::to_owned),
            username: username.map(str::to_owned),
            ..Party::default()
        };
        assert_eq!(party(Some(" Ada "), Some("ada")).called(), "Ada");
        assert_eq!(party(Some("  "), Some("ada")).called(), "ada");
        assert_eq!(party(None, None).called(), "");
        assert_eq!(party(None, Some("ada")).named(), None);
        assert_eq!(party(Some(&"é".repeat(5_000)), None).called().chars().count(), 200);
    }
}
