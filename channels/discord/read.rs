//! Three doors, told apart by their shape: frames of the gateway (`op`), webhook events (`event`, or their ping of type 0), and
//! interactions.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{changes, events, interaction, message, wire};
use crate::{
    Account, Incoming, ReadError, body,
    event::{InboundEvent, What},
};

/// What everything that comes over HTTP says: for which application it is.
pub(super) const APPLICATION: &str = "application_id";

pub(super) fn read(
    account: &Account,
    request: &Bytes,
    received_at: DateTime<Utc>,
) -> Result<Incoming, ReadError> {
    let body = body::json(request)?;
    if !body.is_object() {
        return Err(ReadError("the body is no object".to_owned()));
    }
    let own = super::account::bot_id(account);
    if body.get("op").is_some() {
        let data = wire::field(&body, "d");
        return Ok(Incoming::events(dispatch(&own, wire::text(&body, "t"), data, received_at)));
    }
    let mut incoming = match body.get("event").is_some() || wire::number(&body, "type") == Some(0) {
        true => events::read(&body),
        false => interaction::over_http(&body, received_at)?,
    };
    // At the shared address an event says whose it is.
    let application = wire::id(&body, APPLICATION);
    incoming.events.iter_mut().for_each(|event| event.account.clone_from(&application));
    Ok(incoming)
}

/// Whoever has an interaction's token may answer in the bot's name for a quarter of an hour.
pub(super) fn without_token(body: &Bytes) -> Option<Bytes> {
    let mut body = body::json(body).ok()?;
    body.as_object_mut()?.remove("token")?;
    Some(body.to_string().into())
}

/// What a dispatched event says. <https://docs.discord.com/developers/events/gateway-events>
pub(super) fn dispatch(own: &str, name: &str, data: &Value, now: DateTime<Utc>) -> Vec<InboundEvent> {
    let one = |what: What| vec![InboundEvent::from(what)];
    match name {
        "MESSAGE_CREATE" => one(message::created(own, data, now)),
        "MESSAGE_UPDATE" => one(changes::edited(own, data)),
        "MESSAGE_DELETE" => one(changes::deleted(wire::id(data, "id").into_iter().collect(), now)),
        "MESSAGE_DELETE_BULK" => {
            let ids = wire::list(data, "ids").iter().filter_map(Value::as_str);
            one(changes::deleted(ids.filter(|id| wire::is_id(id)).map(str::to_owned).collect(), now))
        }
        "MESSAGE_REACTION_ADD" => one(changes::reaction(own, data, true, now)),
        "MESSAGE_REACTION_REMOVE" => one(changes::reaction(own, data, false, now)),
        "MESSAGE_REACTION_REMOVE_ALL" => one(changes::cleared(data, false, now)),
        "MESSAGE_REACTION_REMOVE_EMOJI" => one(changes::cleared(data, true, now)),
        "INTERACTION_CREATE" => interaction::over_gateway(data, now),
        "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE" => one(changes::named(data)),
        "CHANNEL_DELETE" | "THREAD_DELETE" => one(changes::gone(data)),
        "GUILD_DELETE" => one(changes::left(data)),
        "TYPING_START" => one(changes::ignored("somebody is typing")),
        "" => one(changes::ignored("a frame without an event")),
        other => {
            let name: String = other.chars().take(60).collect();
            one(changes::ignored(&format!("{name} has no effect")))
        }
    }
}
