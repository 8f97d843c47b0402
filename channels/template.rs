//! Messages that a platform approved beforehand, and the values with which one is sent.

use serde::{Deserialize, Serialize};

use crate::message::OutboundMedia;

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
    #[cfg_attr(feature = "schema", schema(required = true))]
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

/// A template with its values. Values are given by name or, for positional templates, by `1`, `2`, ….
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OutboundTemplate {
    pub name: String,
    pub language: String,
    /// The platform's own id of the template, which the hub puts here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub external_id: Option<String>,
    #[serde(default)]
    pub header: Vec<TemplateValue>,
    #[serde(default)]
    pub body: Vec<TemplateValue>,
    #[serde(default)]
    pub buttons: Vec<TemplateButtonValue>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateValue {
    /// `1`, `2`, … or the parameter's name.
    pub name: String,
    #[serde(flatten)]
    pub value: TemplateValueKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TemplateValueKind {
    Text {
        text: String,
    },
    Currency {
        fallback: String,
        code: String,
        amount_1000: i64,
    },
    DateTime {
        fallback: String,
    },
    Image {
        link: url::Url,
    },
    Video {
        link: url::Url,
    },
    Document {
        link: url::Url,
        #[serde(default)]
        file_name: Option<String>,
    },
    /// `place` is the location's name; `name` is the parameter's own.
    Location {
        latitude: f64,
        longitude: f64,
        place: String,
        address: String,
    },
    /// A header's file out of the hub's own store: the message's attachment, put here just before sending.
    #[serde(skip)]
    File(OutboundMedia),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateButtonValue {
    /// Position among the template's buttons, from 0.
    pub index: u32,
    #[serde(flatten)]
    pub value: TemplateButtonKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TemplateButtonKind {
    QuickReply { payload: String },
    Url { suffix: String },
    CopyCode { code: String },
}
