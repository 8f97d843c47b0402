//! What was written while no session was there: Discord replays nothing then, but channels keep their messages.

use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use serde_json::{Value, json};

use super::{
    gateway::{Mark, lost},
    read,
    rest::{Api, Body, Route},
    session::with_overlap,
    wire,
};
use crate::{Incoming, ListenError, Listener, SendError};

/// Messages of one answer, and answers per channel.
const PAGE: usize = 100;
const PAGES_MAX: usize = 20;
/// A wait that Discord asks for is waited here; a longer one ends the connection, and the next one begins anew.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Tells everything that the known channels hold after `behind`, oldest first, as Discord would have. What was stored already
/// changes nothing.
pub(super) async fn tell(
    api: &Api<'_>,
    listener: &dyn Listener,
    own: String,
    behind: u64,
    channels: Vec<(String, Option<String>)>,
) -> Result<Mark, ListenError> {
    let mut gone = Vec::new();
    for (channel, guild) in channels {
        let mut after = with_overlap(behind);
        for _ in 0..PAGES_MAX {
            let Some(page) = page(api, &channel, after).await? else {
                gone.push(channel.clone());
                break;
            };
            let full = page.len() >= PAGE;
            for message in page {
                let id = wire::id(&message, "id").as_deref().and_then(wire::snowflake);
                after = after.max(id.map_or(0, |id| id.get()));
                one(listener, &own, message, guild.as_deref()).await?;
            }
            if !full {
                break;
            }
        }
    }
    Ok(Mark::CaughtUp(gone))
}

/// Messages after an id, oldest first; `None` if the bot sees the channel no more.
async fn page(api: &Api<'_>, channel: &str, after: u64) -> Result<Option<Vec<Value>>, ListenError> {
    loop {
        let route = Route::get(&["channels", channel, "messages"]).query("after", after).query("limit", PAGE);
        match api.repeatable(route, Body::Empty).await {
            Ok(Value::Array(mut page)) => {
                page.sort_by_key(|one| wire::id(one, "id").as_deref().and_then(wire::snowflake));
                return Ok(Some(page));
            }
            Ok(_) => return Ok(Some(Vec::new())),
            Err(SendError::Refused(_)) => return Ok(None),
            Err(SendError::Later { after: Some(wait), .. }) if wait <= LONGEST_WAIT => {
                tokio::time::sleep(wait.max(Duration::from_millis(50))).await;
            }
            Err(other) => return Err(lost(other)),
        }
    }
}

/// History does not say of which server it is. Our own messages are known, or their echo is lost.
async fn one(
    listener: &dyn Listener,
    own: &str,
    mut message: Value,
    guild: Option<&str>,
) -> Result<(), ListenError> {
    if wire::id(wire::field(&message, "author"), "id").as_deref() == Some(own) {
        return Ok(());
    }
    if let (Some(fields), Some(guild)) = (message.as_object_mut(), guild) {
        fields.insert("guild_id".to_owned(), guild.into());
    }
    let events = read::dispatch(own, "MESSAGE_CREATE", &message, Utc::now());
    let frame = json!({ "op": 0, "t": "MESSAGE_CREATE", "s": null, "d": message });
    listener.deliver(Bytes::from(frame.to_string()), Incoming::events(events)).await
}
