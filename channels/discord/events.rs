//! Webhook events: what happens to the application itself. Ordinary messages never come this way.
//! <https://docs.discord.com/developers/events/webhook-events>

use serde_json::Value;

use super::{changes, wire};
use crate::{
    Incoming,
    event::{Answer, InboundEvent, Notice, Severity, What},
};

/// Discord wants 204 and a content type, also for its ping.
pub(super) fn read(body: &Value) -> Incoming {
    let event = wire::field(body, "event");
    let events = match event {
        Value::Null => Vec::new(),
        event => vec![InboundEvent::from(what(event))],
    };
    let answer = Answer { status: 204, content_type: "application/json", body: bytes::Bytes::new() };
    Incoming { events, answer: Some(answer) }
}

fn what(event: &Value) -> What {
    let data = wire::field(event, "data");
    let name: String = wire::text(event, "type").chars().take(60).collect();
    let user = || {
        let user = wire::party(wire::field(data, "user"), &Value::Null);
        user.and_then(|user| user.name).unwrap_or_else(|| "somebody".to_owned())
    };
    let guild = || wire::filled(wire::field(data, "guild"), "name");
    let text = match name.as_str() {
        "APPLICATION_AUTHORIZED" => match guild() {
            Some(guild) => format!("The bot was added to {guild} by {}.", user()),
            None => format!("{} added the application to their account.", user()),
        },
        "APPLICATION_DEAUTHORIZED" => format!("{} removed the application from their account.", user()),
        _ if name.starts_with("ENTITLEMENT_") => return changes::ignored("purchases are not looked at"),
        _ if name.starts_with("LOBBY_MESSAGE") || name.starts_with("GAME_DIRECT_MESSAGE") => {
            return changes::ignored("messages inside games are not looked at");
        }
        _ => format!("Discord tells of something unknown: {name}."),
    };
    What::Notice(Notice { topic: name.to_lowercase(), severity: Severity::Info, text })
}
