//! What a visitor's browser keeps: who it speaks for, sealed by the vault for one integration. Nobody can read or make one, and one
//! of another window does not open.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use channels::webchat::{Visitor as Known, Widget};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    ids::{AttachmentId, IntegrationId},
    inbox::integration::Integration,
    vault::{Place, Vault},
};

/// An anonymous visitor who stays away for so long is a new one.
const ANONYMOUS: TimeDelta = TimeDelta::days(90);
/// The site proves its visitors again with every page.
const PROVEN: TimeDelta = TimeDelta::days(1);
/// Between an upload and the message that carries it.
const UPLOAD: TimeDelta = TimeDelta::hours(6);
const LONGEST: usize = 4096;

/// Who somebody is to one window.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Visitor {
    /// The browser's.
    pub id: Uuid,
    /// Proven by the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The secret by which it was proven; see [`Widget::proof_mark`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// What they said of themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Unix seconds.
    pub expires: i64,
}

/// A file of one visitor that no message carries yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Upload {
    pub id: AttachmentId,
    pub thread: String,
    pub kind: String,
    pub mime: String,
    pub file_name: String,
    pub size: i64,
    pub expires: i64,
}

impl Visitor {
    pub fn anonymous(now: DateTime<Utc>) -> Self {
        let id = Uuid::new_v4();
        Self {
            id,
            user_id: None,
            proof: None,
            name: None,
            phone: None,
            email: None,
            language: None,
            expires: (now + ANONYMOUS).timestamp(),
        }
    }

    /// The same browser, in whose pages the site has proven a user. What was said there before is not the user's word.
    #[must_use]
    pub fn proven(self, integration: &Integration, user_id: &str, now: DateTime<Utc>) -> Self {
        Self {
            user_id: Some(user_id.to_owned()),
            proof: Some(Widget::proof_mark(&integration.account)),
            expires: (now + PROVEN).timestamp(),
            name: None,
            phone: None,
            email: None,
            ..self
        }
    }

    /// Good for as long again.
    #[must_use]
    pub fn renewed(self, now: DateTime<Utc>) -> Self {
        let life = if self.user_id.is_some() { PROVEN } else { ANONYMOUS };
        Self { expires: (now + life).timestamp(), ..self }
    }

    pub fn thread(&self) -> String {
        self.known().thread().unwrap_or_default()
    }

    /// The same browser's, before its visitor was proven.
    pub fn former_thread(&self) -> String {
        Known { user_id: None, ..self.known() }.thread().unwrap_or_default()
    }

    /// In the channel's words.
    pub fn known(&self) -> Known {
        Known {
            id: Some(self.id.to_string()),
            user_id: self.user_id.clone(),
            name: self.name.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            language: self.language.clone(),
        }
    }

    pub fn seal(&self, vault: &Vault, integration: &Integration) -> Result<String> {
        let sealed = seal(vault, integration, "webchat.visitor", self)?;
        Ok(format!("{}.{sealed}", integration.id))
    }

    /// 401 if it is none of this window's, too old, or proven by a secret that was exchanged since.
    pub fn read(vault: &Vault, integration: &Integration, token: &str, now: DateTime<Utc>) -> Result<Self> {
        let invalid = || Error::unauthorized("token_invalid", "This is no visitor's token of this window.");
        let (window, sealed) = token.split_once('.').ok_or_else(invalid)?;
        if window.parse().ok() != Some(integration.id) {
            return Err(invalid());
        }
        let visitor: Self = open(vault, integration, "webchat.visitor", sealed).ok_or_else(invalid)?;
        if visitor.proof.as_ref().is_some_and(|proof| *proof != Widget::proof_mark(&integration.account)) {
            return Err(invalid());
        }
        if visitor.expires <= now.timestamp() {
            return Err(Error::unauthorized("token_expired", "The visitor's token has expired."));
        }
        Ok(visitor)
    }
}

/// The window that a token says it is for; nothing is believed yet.
pub fn window(token: &str) -> Option<IntegrationId> {
    token.split_once('.')?.0.parse().ok()
}

impl Upload {
    pub fn expires_from(now: DateTime<Utc>) -> i64 {
        (now + UPLOAD).timestamp()
    }

    pub fn seal(&self, vault: &Vault, integration: &Integration) -> Result<String> {
        seal(vault, integration, "webchat.upload", self)
    }

    /// `None` if it is not this visitor's.
    pub fn read(vault: &Vault, integration: &Integration, visitor: &Visitor, text: &str) -> Option<Self> {
        let upload: Self = open(vault, integration, "webchat.upload", text)?;
        (upload.thread == visitor.thread() && upload.expires > Utc::now().timestamp()).then_some(upload)
    }
}

fn place(integration: &Integration, column: &'static str) -> Place {
    Place { organization: integration.organization_id.0, column, row: integration.id.0 }
}

fn seal(
    vault: &Vault,
    integration: &Integration,
    column: &'static str,
    value: &impl Serialize,
) -> Result<String> {
    let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
    let plain = serde_json::to_vec(value).map_err(|error| internal(&error))?;
    let sealed = vault.seal(place(integration, column), &plain).map_err(|error| internal(&error))?;
    Ok(BASE64.encode(sealed))
}

fn open<T: DeserializeOwned>(
    vault: &Vault,
    integration: &Integration,
    column: &'static str,
    text: &str,
) -> Option<T> {
    let sealed = BASE64.decode(Some(text).filter(|text| text.len() <= LONGEST)?).ok()?;
    let plain = vault.open(place(integration, column), &sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}
