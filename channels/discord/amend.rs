//! Calls that change what is there already, or only show something. All may be repeated without harm.

use net::Method;
use serde_json::Value;
use serenity::builder::{CreateAllowedMentions, EditMessage};

use super::{
    errors::{self, refused},
    rest::{Api, Body, Route},
    send::{place, written},
    wire,
};
use crate::{OutboundMessage, Receipt, SendError};

/// Pieces of a message's path that are counted together: `channels/{id}/messages`.
const COUNTED: usize = 3;

fn named(external_id: &str) -> Result<&str, SendError> {
    let id = Some(external_id).filter(|id| wire::is_id(id));
    id.ok_or_else(|| refused(errors::GONE, "This is not a message of Discord's."))
}

/// The hub shows one reaction of ours, Discord lets us have many: what we set before is taken away first.
pub(super) async fn react(
    api: &Api<'_>,
    message: &OutboundMessage,
    external_id: &str,
    emoji: &str,
) -> Result<Receipt, SendError> {
    let (channel, id) = (place(message)?, named(external_id)?);
    let known = api.get(&["channels", channel, "messages", id]).await?;
    let ours = wire::list(&known, "reactions").iter().filter(|one| wire::flag(one, "me"));
    let ours: Vec<String> = ours.filter_map(|one| written_emoji(wire::field(one, "emoji"))).collect();
    let wanted = Some(emoji).filter(|emoji| !emoji.is_empty());
    for before in ours.iter().filter(|before| Some(before.as_str()) != wanted) {
        one_reaction(api, Method::DELETE, channel, id, before).await?;
    }
    if let Some(wanted) = wanted.filter(|wanted| !ours.iter().any(|before| before == wanted)) {
        one_reaction(api, Method::PUT, channel, id, wanted).await?;
    }
    Ok(Receipt::default())
}

async fn one_reaction(
    api: &Api<'_>,
    method: Method,
    channel: &str,
    id: &str,
    emoji: &str,
) -> Result<Value, SendError> {
    let path = ["channels", channel, "messages", id, "reactions", emoji, "@me"];
    api.repeatable(Route::new(method, &path, COUNTED), Body::Empty).await
}

/// `name:id` of a server's own emoji, else the characters themselves.
fn written_emoji(emoji: &Value) -> Option<String> {
    let name = wire::filled(emoji, "name")?;
    Some(wire::id(emoji, "id").map_or_else(|| name.clone(), |id| format!("{name}:{id}")))
}

pub(super) async fn edit(
    api: &Api<'_>,
    message: &OutboundMessage,
    external_id: &str,
    text: &str,
) -> Result<Receipt, SendError> {
    let path = ["channels", place(message)?, "messages", named(external_id)?];
    let edit = EditMessage::new().content(written(text)?).allowed_mentions(CreateAllowedMentions::new());
    let body = Body::Json(serde_json::to_value(&edit).unwrap_or_default());
    api.repeatable(Route::new(Method::PATCH, &path, COUNTED), body).await?;
    Ok(Receipt::default())
}

pub(super) async fn delete(
    api: &Api<'_>,
    message: &OutboundMessage,
    external_id: &str,
) -> Result<Receipt, SendError> {
    let path = ["channels", place(message)?, "messages", named(external_id)?];
    match api.repeatable(Route::new(Method::DELETE, &path, COUNTED), Body::Empty).await {
        // It is gone, as it was to be.
        Err(SendError::Refused(refusal)) if refusal.code == errors::GONE => Ok(Receipt::default()),
        answer => answer.map(|_| Receipt::default()),
    }
}

pub(super) async fn typing(api: &Api<'_>, message: &OutboundMessage) -> Result<Receipt, SendError> {
    let route = Route::new(Method::POST, &["channels", place(message)?, "typing"], COUNTED);
    api.repeatable(route, Body::Empty).await?;
    Ok(Receipt::default())
}

/// Ends the wait on a pressed button; `confirmation` is what reading the interaction wrote.
pub(super) async fn acknowledge(api: &Api<'_>, confirmation: &str) -> Result<(), SendError> {
    let value: Value = serde_json::from_str(confirmation).unwrap_or_default();
    let (id, token) = (wire::text(&value, "id"), wire::text(&value, "token"));
    let route = Route::new(Method::POST, &["interactions", id, token, "callback"], 1);
    match api.repeatable(route, Body::Json(wire::field(&value, "answer").clone())).await {
        Err(error) if errors::is_confirmed(&error) => Ok(()),
        answer => answer.map(|_| ()),
    }
}
