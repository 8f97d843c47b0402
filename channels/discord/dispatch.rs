//! Hands one event of the gateway to the hub, and finds out what a channel is called that was not heard of before.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use bytes::Bytes;
use chrono::Utc;
use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    gateway::{CONTENT, INTENT_MISSING, Mark},
    message, read,
    rest::Api,
    wire,
};
use crate::{
    Check, Incoming, ListenError, Listener,
    event::{InboundEvent, What},
};

const TYPING_EVERY: Duration = Duration::from_secs(4);
/// Channels beyond which all are asked about again.
const NAMED_MAX: usize = 1000;

/// What this connection knows already.
#[derive(Default)]
pub(super) struct Desk {
    /// Channels whose names were asked for.
    named: HashSet<String>,
    /// When it was last told that somebody writes in a channel.
    typing: HashMap<String, Instant>,
}

impl Desk {
    /// Ready once the event is stored. Polled beside others, in their order.
    pub(super) fn take<'a>(
        &mut self,
        api: &'a Api<'a>,
        listener: &'a dyn Listener,
        own: &str,
        seq: u64,
        raw: Bytes,
        frame: Value,
    ) -> BoxFuture<'a, Result<Mark, ListenError>> {
        let name = wire::text(&frame, "t");
        let data = wire::field(&frame, "d");
        let events = read::dispatch(own, name, data, Utc::now());
        if !is_kept(name, &events) {
            return async move { Ok(Mark::Event { seq, message: None }) }.boxed();
        }
        let unnamed = self.unnamed(name, data);
        let message = (name == "MESSAGE_CREATE").then(|| place_of(data));
        let raw = if name == "INTERACTION_CREATE" { without_token(frame) } else { raw };
        async move {
            let withheld = events.iter().any(is_withheld);
            listener.deliver(raw, Incoming::events(events)).await?;
            if withheld {
                listener.health(Check::failed(CONTENT, INTENT_MISSING)).await;
            }
            if let Some(channel) = unnamed {
                tell_name(api, listener, &channel).await?;
            }
            Ok(Mark::Event { seq, message })
        }
        .boxed()
    }

    /// Somebody writes. Discord says so every ten seconds; a busy channel is told of once in a while, whoever writes there.
    pub(super) fn typing<'a>(
        &mut self,
        listener: &'a dyn Listener,
        own: &str,
        seq: u64,
        data: &Value,
    ) -> BoxFuture<'a, Result<Mark, ListenError>> {
        let user = wire::id(data, "user_id").filter(|user| user != own);
        let channel = wire::id(data, "channel_id").filter(|_| user.is_some());
        let channel = channel.filter(|channel| self.is_due(channel));
        let member = wire::field(data, "member");
        let name = wire::party(wire::field(member, "user"), member).and_then(|party| party.name);
        async move {
            if let Some(channel) = channel {
                listener.typing(&channel, name.as_deref()).await;
            }
            Ok(Mark::Event { seq, message: None })
        }
        .boxed()
    }

    fn is_due(&mut self, channel: &str) -> bool {
        let now = Instant::now();
        if self.typing.get(channel).is_some_and(|last| now - *last < TYPING_EVERY) {
            return false;
        }
        if self.typing.len() >= NAMED_MAX {
            self.typing.clear();
        }
        self.typing.insert(channel.to_owned(), now);
        true
    }

    /// A server's channel in which somebody writes for the first time since this connection began.
    fn unnamed(&mut self, event: &str, data: &Value) -> Option<String> {
        let channel =
            wire::id(data, "channel_id").filter(|_| event == "MESSAGE_CREATE" && message::is_group(data))?;
        if self.named.len() >= NAMED_MAX {
            self.named.clear();
        }
        self.named.insert(channel.clone()).then_some(channel)
    }
}

/// Whether the flight recorder should hold it: all that is about messages, and whatever has an effect.
fn is_kept(name: &str, events: &[InboundEvent]) -> bool {
    name.starts_with("MESSAGE_") || events.iter().any(|event| !matches!(event.what, What::Ignored { .. }))
}

fn is_withheld(event: &InboundEvent) -> bool {
    let What::Message(one) = &event.what else { return false };
    one.fault.as_ref().is_some_and(|fault| fault.code == message::WITHHELD)
}

/// What the session remembers of a message.
fn place_of(data: &Value) -> Value {
    json!({ "id": data.get("id"), "channel_id": data.get("channel_id"), "guild_id": data.get("guild_id") })
}

/// Whoever has the token may answer in the bot's name for a quarter of an hour.
fn without_token(mut frame: Value) -> Bytes {
    if let Some(data) = frame.get_mut("d").and_then(Value::as_object_mut) {
        data.remove("token");
    }
    Bytes::from(frame.to_string())
}

/// Told as Discord tells a change of the channel. A name is not worth losing the connection for.
async fn tell_name(api: &Api<'_>, listener: &dyn Listener, channel: &str) -> Result<(), ListenError> {
    let Ok(known) = api.get(&["channels", channel]).await else { return Ok(()) };
    let data = json!({ "id": known.get("id"), "name": known.get("name"), "type": known.get("type"), "guild_id": known.get("guild_id") });
    let events = read::dispatch("", "CHANNEL_UPDATE", &data, Utc::now());
    if events.iter().all(|event| matches!(event.what, What::Ignored { .. })) {
        return Ok(());
    }
    let frame = json!({ "op": 0, "t": "CHANNEL_UPDATE", "s": null, "d": data });
    listener.deliver(Bytes::from(frame.to_string()), Incoming::events(events)).await
}
