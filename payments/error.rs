//! What a failed call means to whom it concerns: whose fault, and may it be repeated?

use std::time::Duration;

/// A verified callback that is not of the provider's form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// Why the provider did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Will not succeed as it is. `code` and `detail` are the provider's words.
    #[error("refused ({code}): {detail}")]
    Refused { code: String, detail: String },
    /// Nothing was done; may pass later.
    #[error("later: {detail}")]
    Later { after: Option<Duration>, detail: String },
    /// The account's credentials are refused: an admin has to connect it anew.
    #[error("account broken: {0}")]
    AccountBroken(String),
    /// No answer came, or one that says nothing: it may have been done. The same call with the same key may be repeated: the provider
    /// knows the key.
    #[error("unknown: {0}")]
    Unknown(String),
}
