//! The colleagues' side of a platform: a place where they follow conversations with customers, a thread for each, and answer them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Account, OutboundMessage, PartyId, Receipt, SendError};

/// What a platform must be able to do for that beside [`crate::Channel::send`], which begins a thread where a message's thread is a
/// place, and goes on with it where it is what the receipt had moved to.
#[async_trait]
pub trait Mirror: Send + Sync {
    /// Places that the account is in.
    async fn places(&self, account: &Account, net: &net::Client) -> Result<Vec<Place>, SendError>;

    /// The place that a thread or a message lies in, by the platform's id of it.
    fn place_of<'a>(&self, id: &'a str) -> Option<&'a str>;

    /// Whether it is a person that has this id, and no program.
    fn is_person(&self, author: &PartyId) -> bool;

    async fn colleague(
        &self,
        account: &Account,
        author: &PartyId,
        net: &net::Client,
    ) -> Result<Colleague, SendError>;

    /// Looks for a message of ours whose fate is unknown, among those since then; `None` if it never arrived.
    async fn find_sent(
        &self,
        account: &Account,
        message: &OutboundMessage,
        since: DateTime<Utc>,
        net: &net::Client,
    ) -> Result<Option<Receipt>, SendError>;

    /// Says something in a thread that one person alone sees, and only for a while.
    async fn whisper(
        &self,
        account: &Account,
        thread: &str,
        to: &PartyId,
        text: &str,
        net: &net::Client,
    ) -> Result<(), SendError>;
}

/// A room where colleagues talk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Place {
    /// The platform's id.
    pub id: String,
    /// `#support`
    pub name: String,
}

/// Somebody who writes among colleagues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    pub name: String,
    /// Confirmed, and of somebody of the account's own workspace: members are known by it.
    pub email: Option<String>,
}
