//! Hands one event of the gateway to the hub, and finds out what a channel is called that was not heard of before.

use std::collections::HashSet;

use bytes::Bytes;
use chrono::Utc;
use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};

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

/// Channels beyond which all are asked about again.
const NAMED_MAX: usize = 1000;

/// What this connection knows already.
#[derive(Default)]
pub(super) struct Desk {
    /// Channels whose names were asked for.
    named: HashSet<String>,
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
