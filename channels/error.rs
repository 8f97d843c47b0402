//! Errors that answer the caller's one question: may I retry?

use std::time::Duration;

use serde::Serialize;

/// A verified callback that is not of the platform's form. Its raw form is kept, so nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// Why a message did not leave, or may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Will not succeed as it is; the agent is told why and what to do.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// May pass later: try again after the wait, or by the job's own backoff.
    #[error("later: {reason}")]
    Later { after: Option<Duration>, scope: Scope, reason: Refusal },
    /// The account itself is refused: stop the integration and tell the admin.
    #[error("account broken: {0}")]
    AccountBroken(Refusal),
    /// The call left and no answer came: it may have been carried out, so it is never blindly repeated.
    #[error("unknown: {0}")]
    Unknown(String),
}

/// What else has to wait with the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Only this conversation.
    Conversation,
    /// Everything on this account.
    Account,
}

/// A reason for people. `code` is ours, stable and translated by the web app; `platform_code` and `detail` are
/// the platform's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Refusal {
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_code: Option<String>,
    pub detail: String,
    pub next_step: NextStep,
}

/// The one useful thing to do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    Retry,
    Wait,
    UseTemplate,
    FixRecipient,
    FixContent,
    FixTemplate,
    Reconnect,
    None,
}

impl Refusal {
    pub fn new(code: &str, detail: impl Into<String>, next_step: NextStep) -> Self {
        Self { code: code.into(), platform_code: None, detail: detail.into(), next_step }
    }

    #[must_use]
    pub fn platform_code(mut self, code: impl ToString) -> Self {
        self.platform_code = Some(code.to_string());
        self
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.platform_code {
            Some(code) => write!(f, "{} ({code}): {}", self.code, self.detail),
            None => write!(f, "{}: {}", self.code, self.detail),
        }
    }
}

impl SendError {
    /// What a failed call means when its answer never came: safe to repeat only if nothing was sent.
    pub fn from_failure(failure: &net::Failure) -> Self {
        let reason = Refusal::new("platform_unreachable", failure.to_string(), NextStep::Wait);
        match failure {
            net::Failure::NotSent(_) => Self::Later { after: None, scope: Scope::Account, reason },
            net::Failure::Refused(_) => {
                Self::AccountBroken(Refusal::new("address_refused", failure.to_string(), NextStep::Reconnect))
            }
            net::Failure::MaybeSent(_) | net::Failure::TooLarge(_) => Self::Unknown(failure.to_string()),
        }
    }
}
