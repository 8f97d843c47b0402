//! Where a connection was: what the next one needs to go on, whichever process holds it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::wire;

/// Channels whose history is asked for when a session is lost: those in which something was written last.
const CHANNELS_MAX: usize = 100;
/// Ids are given out in the order of time, but events of different channels overtake each other by less than this.
const OVERLAP_MILLIS: u64 = 60_000;

/// What is remembered between connections. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Session {
    /// What Discord replays from; `None` when a new one must begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
    /// The newest message that was delivered.
    pub newest: u64,
    /// A session was lost: messages after this one may have been missed, and history has not told them yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<u64>,
    /// Known channels, the latest last, each with its server where it has one.
    pub channels: Vec<(String, Option<String>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Resume {
    pub id: String,
    pub url: Url,
    /// Of the last event that was delivered.
    pub seq: u64,
}

impl Session {
    /// Odd state is as good as none.
    pub(super) fn of(state: Option<Value>) -> Self {
        state.and_then(|state| serde_json::from_value(state).ok()).unwrap_or_default()
    }

    pub(super) fn state(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Discord replays nothing any more.
    pub(super) fn lost(&mut self) {
        self.resume = None;
        if !self.channels.is_empty() {
            self.behind.get_or_insert(self.newest);
        }
    }

    /// A message was delivered.
    pub(super) fn heard(&mut self, message: &Value) {
        if let Some(id) = wire::id(message, "id").as_deref().and_then(wire::snowflake) {
            self.newest = self.newest.max(id.get());
        }
        let Some(channel) = wire::id(message, "channel_id") else { return };
        if self.channels.last().is_some_and(|(last, _)| *last == channel) {
            return;
        }
        self.channels.retain(|(known, _)| *known != channel);
        self.channels.push((channel, wire::id(message, "guild_id")));
        let beyond = self.channels.len().saturating_sub(CHANNELS_MAX);
        self.channels.drain(..beyond);
    }

    pub(super) fn forget(&mut self, channel: &str) {
        self.channels.retain(|(known, _)| known != channel);
    }
}

/// The id from which history is read, so that nothing between overtaking events is missed.
pub(super) fn with_overlap(id: u64) -> u64 {
    (id >> 22).saturating_sub(OVERLAP_MILLIS) << 22
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_heard_is_what_is_looked_after() {
        let mut session = Session::of(Some(json!({"newest": "odd"})));
        assert_eq!(session, Session::default());
        session.lost();
        assert_eq!(session.behind, None, "nothing was known, nothing was missed");
        session.heard(&json!({"id": "1300000000000000002", "channel_id": "12", "guild_id": "11"}));
        session.heard(&json!({"id": "1300000000000000001", "channel_id": "13"}));
        assert_eq!(session.newest, 1_300_000_000_000_000_002);
        session.lost();
        session.heard(&json!({"id": "1300000000000000003", "channel_id": "12", "guild_id": "11"}));
        session.lost();
        assert_eq!(session.behind, Some(1_300_000_000_000_000_002), "the first loss is the earlier one");
        assert_eq!(session.channels, [("13".into(), None), ("12".into(), Some("11".into()))]);
        for id in 0..200 {
            session.heard(&json!({"id": "1", "channel_id": (1000 + id).to_string()}));
        }
        assert_eq!(session.channels.len(), CHANNELS_MAX);
        assert_eq!(Session::of(Some(session.state())), session);
        let minute = with_overlap(1_300_000_000_000_000_002);
        assert!(minute < 1_300_000_000_000_000_002 && wire::time_of(&minute.to_string()).is_some());
    }
}
