//! Channels that the hub listens to instead of being called: gateways, socket mode, mailboxes.

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;

use crate::{Check, Incoming, Refusal};

/// What a live connection may do: hand over what it heard, and remember where it was.
///
/// Every call fails with [`ListenError::Stopped`] once this process no longer holds the connection; `?` in
/// [`Channel::listen`](crate::Channel::listen) is all that has to be done about it.
#[async_trait]
pub trait Listener: Send + Sync {
    /// What [`Listener::remember`] was last given, by whichever process held the connection before. At the very first time what
    /// [`Channel::listens_from`](crate::Channel::listens_from) gave when the account was connected.
    fn resume(&self) -> Option<Value>;

    /// Returns after everything in `incoming` is committed. `raw` is the platform's frame as it came: the flight recorder keeps it, and
    /// a replay gives it to [`Channel::read`](crate::Channel::read) as the body of a request whose method is
    /// [`webhooks::Verified::LIVE`], so it must hold no secret. What is delivered twice is stored once.
    async fn deliver(&self, raw: Bytes, incoming: Incoming) -> Result<(), ListenError>;

    /// Keeps the session's state for the next connection: ids, sequence numbers, no secrets. To be called only after what it covers was
    /// delivered. Cheap enough for every batch, too dear for every heartbeat.
    async fn remember(&self, state: Value) -> Result<(), ListenError>;

    /// What the admin sees of the connection: a line per name, the newest counts. The hub itself says `connection`: report it as passed
    /// once the platform has accepted the account, and as failed with a sentence when something is missing, such as a permission.
    async fn health(&self, check: Check);
}

/// Why listening ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// The connection broke or could not be made; it is made again, after a pause that grows.
    #[error("lost: {0}")]
    Lost(String),
    /// The platform refuses the account: it is stopped, and the admin is told.
    #[error("account broken: {0}")]
    AccountBroken(Refusal),
    /// The hub wanted it to end.
    #[error("stopped")]
    Stopped,
}

impl From<net::Failure> for ListenError {
    fn from(failure: net::Failure) -> Self {
        match failure {
            net::Failure::Refused(why) => Self::AccountBroken(Refusal::new(
                "address_refused",
                why.to_string(),
                crate::error::NextStep::Reconnect,
            )),
            other => Self::Lost(other.to_string()),
        }
    }
}
