//! Who somebody is on Slack. Events carry little more than ids; names are asked for afterwards.

use serde::Deserialize;
use serde_json::Value;

use super::{api::Api, errors, place::is_id, read::text};
use crate::{Account, PartyId, SendError, party::Party};

pub(super) const USER: &str = "user_id";
pub(super) const CHANNEL: &str = "channel_id";
pub(super) const BOT: &str = "bot_id";

pub(super) fn user(id: &str) -> Option<Party> {
    is_id(id).then(|| Party { ids: vec![PartyId::plain(USER, id)], ..Party::default() })
}

pub(super) fn channel(id: &str) -> Option<Party> {
    is_id(id).then(|| Party { ids: vec![PartyId::plain(CHANNEL, id)], group: true, ..Party::default() })
}

/// Channels are written with their sign, so that nobody takes them for a person.
pub(super) fn channel_name(name: &str) -> String {
    format!("#{}", name.trim_start_matches('#'))
}

/// Whoever wrote a message: a person, or another app.
pub(super) fn author(message: &Value) -> Option<Party> {
    if let Some(id) = text(message, "user") {
        let party = user(id)?;
        let Some(profile) = message.get("user_profile") else { return Some(party) };
        return Some(Party { name: called(profile), username: handle(profile), ..party });
    }
    let id = text(message, "bot_id").filter(|id| is_id(id))?;
    let profile = message.get("bot_profile").and_then(|profile| text(profile, "name"));
    let name = text(message, "username").or(profile).map(str::to_owned);
    Some(Party { ids: vec![PartyId::plain(BOT, id)], name, ..Party::default() })
}

/// A user object as `users.info` and `user_change` have it.
pub(super) fn profile(user: &Value) -> Option<Party> {
    let party = self::user(text(user, "id")?)?;
    let profile = user.get("profile").unwrap_or(&Value::Null);
    let name = called(profile).or_else(|| text(user, "real_name").map(str::to_owned));
    let language = text(user, "locale").and_then(|locale| locale.split('-').next()).map(str::to_owned);
    Some(Party { name, username: handle(user), language, ..party })
}

/// The name a person chose, or else the one that the workspace gave.
fn called(profile: &Value) -> Option<String> {
    ["display_name", "real_name"]
        .into_iter()
        .filter_map(|field| text(profile, field))
        .map(str::trim)
        .find(|name| !name.is_empty())
        .map(str::to_owned)
}

fn handle(value: &Value) -> Option<String> {
    text(value, "name").map(str::to_owned)
}

/// A user or a channel as it is asked for.
#[derive(Deserialize)]
pub(super) struct Known {
    #[serde(alias = "channel", alias = "bot")]
    pub(super) user: Value,
}

/// What Slack tells of somebody: a person's name, a channel's.
pub(super) async fn ask(
    account: &Account,
    id: &PartyId,
    net: &net::Client,
) -> Result<Option<Party>, SendError> {
    let api = Api::new(account, net)?;
    let (method, field) = match id.kind.as_str() {
        USER => ("users.info", "user"),
        CHANNEL => ("conversations.info", "channel"),
        _ => return Ok(None),
    };
    let fields = [(field, id.address.as_str()), ("include_locale", "true")];
    let Known { user: known } = api.get(method, &fields).await.map_err(|error| errors::repeatable(&error))?;
    if id.kind == USER {
        return Ok(profile(&known));
    }
    let name = match known.get("is_mpim").and_then(Value::as_bool) {
        // `mpdm-ada--grace--bot-1`
        Some(true) => text(&known, "name").map(people_of),
        _ => text(&known, "name").map(channel_name),
    };
    Ok(channel(&id.address).map(|party| Party { name, ..party }))
}

fn people_of(name: &str) -> String {
    let names = name.trim_start_matches("mpdm-").trim_end_matches("-1");
    names.split("--").collect::<Vec<_>>().join(", ")
}
