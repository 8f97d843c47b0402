//! What is asked of the worker about boards. All jobs of a connection run one after the other, so that a card that is being made is not heard of
//! before it is known, and pauses that Trello wants hold for all.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    db::NewJob,
    ids::{DealId, TrelloId},
};

/// The kind of these jobs.
pub const KIND: &str = "trello";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrelloOrder {
    pub connection_id: TrelloId,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum What {
    /// Look at a card. `fresh`: it was made, or came into its list, so that a deal begins where there is none.
    Card { card_id: String, fresh: bool },
    /// Look at a deal.
    Deal { deal_id: DealId },
    /// Write down a comment beside the deal.
    Comment { card_id: String, action_id: String, author: String, text: String, at: DateTime<Utc> },
    /// Lists or the board itself changed.
    Board,
    /// See to the webhook, take over the cards that were there, ask for what was missed, compare both sides.
    CatchUp,
    /// Take the webhook away and forget the secrets.
    Leave,
}

impl TrelloOrder {
    pub fn job(&self) -> NewJob {
        let lane = format!("trello {}", self.connection_id);
        NewJob::now(KIND, Some(lane), serde_json::to_value(self).unwrap_or(Value::Null))
    }
}

impl What {
    pub fn of(self, connection_id: TrelloId) -> NewJob {
        TrelloOrder { connection_id, what: self }.job()
    }
}
