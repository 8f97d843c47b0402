//! What was written while no connection was there: Slack repeats events for minutes only, but channels keep their messages. They are told
//! as events of the same form, and what was stored already changes nothing. What is not there any more is known by what was told before.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    account,
    api::Api,
    errors, events,
    memory::{Memory, Told, ts},
    messages, read,
};
use crate::{Account, Check, ListenError, SendError};

/// Where the app is: each kind has a permission of its own.
const KINDS: [&str; 4] = ["public_channel", "private_channel", "mpim", "im"];
const PAGE: &str = "200";
const PAGES_MAX: usize = 20;
/// Events come out of order by so much.
const OVERLAP: TimeDelta = TimeDelta::seconds(30);
/// Answers are looked for in threads, and changes in messages, that are so much older than the outage.
const THREADS_BACK: TimeDelta = TimeDelta::days(7);
/// A wait that Slack asks for is waited here.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// After any other trouble it is begun anew.
const PAUSE: Duration = Duration::from_secs(60);

/// Lists stop where Slack refuses; nothing else of an outage is lost by it.
enum Trouble {
    Refused(String),
    Ended(ListenError),
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, alias = "channels")]
    messages: Vec<Value>,
    #[serde(default)]
    response_metadata: Option<Next>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next_cursor: Option<String>,
}

/// Tells what was missed since the last connection; ends when that is done. A connection must be there already, or something would be
/// written between the two.
pub(super) async fn tell(
    account: &Account,
    memory: &Memory<'_>,
    net: &net::Client,
) -> Result<(), ListenError> {
    let Some(from) = memory.begin().await? else { return Ok(()) };
    loop {
        let why = match Backlog::new(account, memory, net).catch_up(&from).await {
            Ok(()) => return memory.caught_up().await,
            Err(ListenError::Lost(why)) => why,
            Err(other) => return Err(other),
        };
        let words = format!("What was written during the last outage could not be read yet: {why}");
        memory.listener.health(Check::failed("missed", words)).await;
        tokio::time::sleep(PAUSE).await;
    }
}

struct Backlog<'a> {
    account: &'a Account,
    memory: &'a Memory<'a>,
    net: &'a net::Client,
    /// A list was longer than is read.
    cut: AtomicBool,
}

impl<'a> Backlog<'a> {
    fn new(account: &'a Account, memory: &'a Memory<'a>, net: &'a net::Client) -> Self {
        Self { account, memory, net, cut: AtomicBool::new(false) }
    }

    async fn catch_up(&self, from: &str) -> Result<(), ListenError> {
        let begun = read::at(from).unwrap_or_else(Utc::now);
        let (oldest, behind) = (ts(begun - THREADS_BACK), ts(begun - OVERLAP));
        let api = Api::new(self.account, self.net).map_err(lost)?;
        let bot: Value =
            api.post("auth.test", &json!({})).await.map_err(|error| lost(errors::repeatable(&error)))?;
        let bot = read::text(&bot, "user_id").unwrap_or_default().to_owned();
        let mut refused = Vec::new();
        for kind in KINDS {
            let channels = match self.all(&api, "users.conversations", &[("types", kind)]).await {
                Ok(channels) => channels,
                Err(Trouble::Refused(why)) => {
                    refused.push(why);
                    continue;
                }
                Err(Trouble::Ended(error)) => return Err(error),
            };
            for channel in channels.iter().filter_map(|one| read::text(one, "id")) {
                match self.channel(&api, &bot, channel, kind, &oldest, &behind).await {
                    // It was left, or is archived.
                    Ok(()) | Err(Trouble::Refused(_)) => {}
                    Err(Trouble::Ended(error)) => return Err(error),
                }
            }
        }
        let check = match refused.as_slice() {
            [] if self.cut.load(Ordering::Relaxed) => {
                let words = "The last outage was so long that the oldest messages of it were not read.";
                Check::failed("missed", words)
            }
            [] => Check::passed("missed", "What was written during the last outage was read."),
            [why, ..] => Check::failed("missed", format!("Some of the last outage could not be read: {why}")),
        };
        self.memory.listener.health(check).await;
        Ok(())
    }

    /// Messages, answers and changes behind the outage's begin, oldest first.
    async fn channel(
        &self,
        api: &Api,
        bot: &str,
        channel: &str,
        kind: &str,
        oldest: &str,
        behind: &str,
    ) -> Result<(), Trouble> {
        // Before the lists are asked for: what is heard of a message from now on is newer.
        let looked_at = ts(Utc::now());
        let told = self.memory.told_of(channel, oldest).await;
        let asked = [("channel", channel), ("oldest", oldest), ("include_all_metadata", "true")];
        let mut found = self.all(api, "conversations.history", &asked).await?;
        let newer = |message: &Value, field: &str| read::text(message, field).is_some_and(|ts| ts > behind);
        let roots: Vec<String> = found
            .iter()
            .filter(|one| newer(one, "latest_reply"))
            .filter_map(|one| read::text(one, "ts").map(str::to_owned))
            .collect();
        for root in &roots {
            let asked =
                [("channel", channel), ("ts", root), ("oldest", oldest), ("include_all_metadata", "true")];
            let answers = self.all(api, "conversations.replies", &asked).await?;
            found.extend(answers.into_iter().filter(|one| read::text(one, "ts") != Some(root)));
        }
        found.sort_by(|one, other| read::text(one, "ts").cmp(&read::text(other, "ts")));
        // An answer that is shown in the channel as well stands in both lists.
        found.dedup_by(|one, other| read::text(one, "ts") == read::text(other, "ts"));
        let mut events = Vec::new();
        let listed: BTreeSet<String> =
            found.iter().filter(|one| !is_tombstone(one)).filter_map(|one| text_of(one, "ts")).collect();
        // What a list that was cut off does not show may be there.
        if !self.cut.load(Ordering::Relaxed) {
            let read = |one: &Told| one.2.as_ref().is_none_or(|root| roots.contains(root));
            let gone = told.iter().filter(|one| read(one) && !listed.contains(&one.1));
            events.extend(gone.map(|one| deleted(&one.1, channel, kind, &looked_at)));
        }
        let reacted: Vec<_> =
            found.iter().filter(|one| one.get("reactions").is_some()).map(reactions_of).collect();
        for message in found {
            let edited = message.get("edited").is_some_and(|edited| newer(edited, "ts"));
            if is_tombstone(&message) {
                continue;
            }
            if newer(&message, "ts") {
                events.push(written(message.clone(), channel, kind));
            }
            // It may have been stored before it was changed.
            if edited {
                events.push(changed(message, channel, kind));
            }
        }
        if !reacted.is_empty() {
            events.push(json!({
                "type": events::SHOWN, "channel": channel, "event_ts": looked_at, "messages": reacted,
            }));
        }
        for event in events {
            self.one(bot, event).await.map_err(Trouble::Ended)?;
        }
        Ok(())
    }

    async fn one(&self, bot: &str, event: Value) -> Result<(), ListenError> {
        let (team, app) = (self.account.text(account::TEAM), self.account.text(account::APP));
        let frame = json!({
            "type": "events_api",
            "payload": {
                "type": "event_callback", "team_id": team, "api_app_id": app,
                "authorizations": [{ "team_id": team, "user_id": bot, "is_bot": true }],
                "event": event,
            },
        });
        let incoming = read::frame(self.account, &frame, Utc::now());
        self.memory.listener.deliver(Bytes::from(frame.to_string()), incoming).await?;
        self.memory.keep(&event).await;
        Ok(())
    }

    /// All pages of a list.
    async fn all(&self, api: &Api, method: &str, asked: &[(&str, &str)]) -> Result<Vec<Value>, Trouble> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let mut fields = asked.to_vec();
            fields.push(("limit", PAGE));
            if !cursor.is_empty() {
                fields.push(("cursor", &cursor));
            }
            let page: Page = patiently(api, method, &fields).await?;
            all.extend(page.messages);
            let next = page.response_metadata.and_then(|next| next.next_cursor).unwrap_or_default();
            if next.is_empty() {
                return Ok(all);
            }
            cursor = next;
        }
        // Newest first: what is older than so many is not read, and that is said.
        self.cut.store(true, Ordering::Relaxed);
        Ok(all)
    }
}

/// As often as Slack asks for patience.
async fn patiently<T: DeserializeOwned + Send>(
    api: &Api,
    method: &str,
    fields: &[(&str, &str)],
) -> Result<T, Trouble> {
    loop {
        let error = match api.get(method, fields).await {
            Ok(answer) => return Ok(answer),
            Err(error) => errors::repeatable(&error),
        };
        match error {
            SendError::Refused(why) => return Err(Trouble::Refused(why.detail)),
            SendError::Later { after: Some(wait), .. } if wait <= LONGEST_WAIT => {
                tokio::time::sleep(wait.max(Duration::from_millis(50))).await;
            }
            other => return Err(Trouble::Ended(lost(other))),
        }
    }
}

fn lost(error: SendError) -> ListenError {
    match error {
        SendError::AccountBroken(reason) => ListenError::AccountBroken(reason),
        SendError::Refused(reason) | SendError::Later { reason, .. } => ListenError::Lost(reason.to_string()),
        SendError::Unknown(why) => ListenError::Lost(why),
    }
}

/// History says neither where it is nor what kind of place that is.
fn written(mut message: Value, channel: &str, kind: &str) -> Value {
    if let Some(fields) = message.as_object_mut() {
        fields.insert("channel".to_owned(), channel.into());
        fields.insert("channel_type".to_owned(), channel_type(kind).into());
    }
    message
}

fn changed(message: Value, channel: &str, kind: &str) -> Value {
    let at = message.get("edited").and_then(|edited| read::text(edited, "ts")).unwrap_or_default().to_owned();
    json!({
        "type": "message", "subtype": messages::CHANGED, "channel": channel, "channel_type": channel_type(kind), "ts": at,
        "event_ts": at, "message": message,
    })
}

fn deleted(gone: &str, channel: &str, kind: &str, at: &str) -> Value {
    json!({
        "type": "message", "subtype": messages::DELETED, "channel": channel, "channel_type": channel_type(kind), "deleted_ts": gone,
        "ts": at, "event_ts": at,
    })
}

fn reactions_of(message: &Value) -> Value {
    json!({ "ts": message.get("ts"), "reactions": message.get("reactions") })
}

/// What is left where the first message of a thread was deleted.
fn is_tombstone(message: &Value) -> bool {
    read::text(message, "subtype") == Some(messages::TOMBSTONE)
}

fn text_of(message: &Value, field: &str) -> Option<String> {
    read::text(message, field).map(str::to_owned)
}

fn channel_type(kind: &str) -> &str {
    match kind {
        "public_channel" => "channel",
        "private_channel" => "group",
        other => other,
    }
}
