//! What a connection remembers for the next one: where it was, and what it told.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;

use super::{messages, read};
use crate::{ListenError, Listener};

/// So many messages are remembered, to notice that they were deleted meanwhile.
const TOLD_MAX: usize = 1_000;
/// How often the place is written down while events come.
const WRITTEN_EVERY: Duration = Duration::from_secs(10);

/// Where we were, as `ts` of Slack, which compare as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// Up to here everything was heard while a connection was there.
    seen: Option<String>,
    /// Everything behind this is being caught up on.
    behind: Option<String>,
    /// The last messages that were told and not deleted, oldest first.
    told: VecDeque<Told>,
}

/// Channel, `ts`, and the thread's `ts` for an answer in one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told(pub String, pub String, #[serde(default)] pub Option<String>);

/// What both listening and catching up remember.
pub(super) struct Memory<'a> {
    pub(super) listener: &'a dyn Listener,
    kept: Mutex<(State, Option<Instant>)>,
}

impl<'a> Memory<'a> {
    pub(super) fn of(listener: &'a dyn Listener) -> Self {
        let state = listener.resume().and_then(|state| serde_json::from_value(state).ok());
        Self { listener, kept: Mutex::new((state.unwrap_or_default(), None)) }
    }

    /// Where to catch up from; nowhere at the very first time.
    pub(super) async fn begin(&self) -> Result<Option<String>, ListenError> {
        let mut kept = self.kept.lock().await;
        let from = kept.0.behind.clone().or_else(|| kept.0.seen.clone());
        if from.is_none() {
            kept.0.seen = Some(ts(Utc::now()));
        }
        kept.0.behind.clone_from(&from);
        self.write(&mut kept).await?;
        Ok(from)
    }

    pub(super) async fn caught_up(&self) -> Result<(), ListenError> {
        let mut kept = self.kept.lock().await;
        kept.0.behind = None;
        self.write(&mut kept).await
    }

    /// An event was stored. Now and then that is written down; what comes twice after a crash changes nothing.
    pub(super) async fn saw(&self, event: &Value) -> Result<(), ListenError> {
        let Some(at) = read::text(event, "event_ts").or_else(|| read::text(event, "ts")) else {
            return Ok(());
        };
        let mut kept = self.kept.lock().await;
        kept.0.keep(event);
        if read::at(at).is_none() || kept.0.seen.as_deref().is_some_and(|seen| seen >= at) {
            return Ok(());
        }
        kept.0.seen = Some(at.to_owned());
        if kept.1.is_none_or(|written| written.elapsed() > WRITTEN_EVERY) {
            self.write(&mut kept).await?;
        }
        Ok(())
    }

    /// Whatever was told of the channel and is not older than `oldest`.
    pub(super) async fn told_of(&self, channel: &str, oldest: &str) -> Vec<Told> {
        let kept = self.kept.lock().await;
        kept.0.told.iter().filter(|one| one.0 == channel && one.1.as_str() > oldest).cloned().collect()
    }

    /// Something of the past was told.
    pub(super) async fn keep(&self, event: &Value) {
        self.kept.lock().await.0.keep(event);
    }

    async fn write(&self, kept: &mut (State, Option<Instant>)) -> Result<(), ListenError> {
        self.listener.remember(serde_json::to_value(&kept.0).unwrap_or_default()).await?;
        kept.1 = Some(Instant::now());
        Ok(())
    }
}

impl State {
    fn keep(&mut self, event: &Value) {
        let (Some("message"), Some(channel)) = (read::text(event, "type"), read::text(event, "channel"))
        else {
            return;
        };
        let subtype = read::text(event, "subtype");
        if subtype == Some(messages::DELETED) {
            let gone = read::text(event, "deleted_ts");
            self.told.retain(|one| one.0 != channel || Some(one.1.as_str()) != gone);
            return;
        }
        let (Some(ts), true) =
            (read::text(event, "ts"), subtype.is_none_or(|subtype| messages::SPOKEN.contains(&subtype)))
        else {
            return;
        };
        let root = read::text(event, "thread_ts").filter(|root| *root != ts).map(str::to_owned);
        let told = Told(channel.to_owned(), ts.to_owned(), root);
        if self.told.iter().rev().any(|known| *known == told) {
            return;
        }
        self.told.push_back(told);
        if self.told.len() > TOLD_MAX {
            self.told.pop_front();
        }
    }
}

/// A `ts` with six digits behind the point, as Slack writes it.
pub(super) fn ts(at: DateTime<Utc>) -> String {
    format!("{}.{:06}", at.timestamp(), at.timestamp_subsec_micros())
}
