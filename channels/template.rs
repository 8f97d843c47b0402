//! Messages that a platform approved beforehand.

use serde::{Deserialize, Serialize};

/// A message that the platform approved beforehand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Template {
    pub external_id: String,
    pub name: String,
    pub language: String,
    pub category: String,
    /// Lower case: `approved`, `pending`, `rejected`, `paused`, `disabled`.
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub header: Option<TemplateHeader>,
    pub body: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub footer: Option<String>,
    #[serde(default)]
    pub buttons: Vec<TemplateButton>,
    /// The body's parameters in order: `1`, `2`, … or names.
    pub parameters: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateHeader {
    /// `text`, `image`, `video`, `document`, `location`.
    pub format: String,
    pub text: Option<String>,
    pub parameters: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateButton {
    /// `quick_reply`, `url`, `phone_number`, `copy_code`, …
    pub kind: String,
    pub text: String,
    pub url: Option<String>,
    /// Whether the sender must give a value (a URL's suffix, a code).
    pub parameter: bool,
}
