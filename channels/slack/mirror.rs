//! Colleagues follow conversations in a channel of the workspace. Our own posts are found again by the id in their metadata.
//! <https://docs.slack.dev/messaging/message-metadata>

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Slack, account,
    api::Api,
    errors, messages,
    people::{self, Known},
    place::{self, Place},
    read::text,
    send,
};
use crate::{
    Account, OutboundMessage, PartyId, Receipt, SendError,
    mirror::{self, Colleague, Mirror},
};

/// Channels are listed by pages of two hundred.
const PAGES: usize = 10;
/// Clocks may differ by so much.
const SLACK_OF_CLOCKS: TimeDelta = TimeDelta::minutes(2);

#[async_trait]
impl Mirror for Slack {
    async fn places(&self, account: &Account, net: &net::Client) -> Result<Vec<mirror::Place>, SendError> {
        let api = Api::new(account, net)?;
        let mut places = Vec::new();
        let mut cursor = String::new();
        for _ in 0..PAGES {
            let fields = [
                ("types", "public_channel,private_channel"),
                ("exclude_archived", "true"),
                ("limit", "200"),
                ("cursor", cursor.as_str()),
            ];
            let page: Page =
                api.get("conversations.list", &fields).await.map_err(|error| errors::repeatable(&error))?;
            places.extend(page.channels.iter().filter_map(member_of));
            cursor = page.response_metadata.next_cursor;
            if cursor.is_empty() {
                break;
            }
        }
        places.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(places)
    }

    fn place_of<'a>(&self, id: &'a str) -> Option<&'a str> {
        let channel = id.split_once(':').map_or(id, |(channel, _)| channel);
        (place::is_id(channel) && channel.starts_with(['C', 'G'])).then_some(channel)
    }

    fn is_person(&self, author: &PartyId) -> bool {
        author.kind == people::USER
    }

    async fn colleague(
        &self,
        account: &Account,
        author: &PartyId,
        net: &net::Client,
    ) -> Result<Colleague, SendError> {
        let api = Api::new(account, net)?;
        let Known { user } = api
            .get("users.info", &[("user", author.address.as_str())])
            .await
            .map_err(|error| errors::repeatable(&error))?;
        let name = people::profile(&user).and_then(|party| party.name);
        Ok(Colleague {
            name: name.unwrap_or_else(|| author.address.clone()),
            email: email(account, &user).map(str::to_owned),
        })
    }

    async fn find_sent(
        &self,
        account: &Account,
        message: &OutboundMessage,
        since: DateTime<Utc>,
        net: &net::Client,
    ) -> Result<Option<Receipt>, SendError> {
        let api = Api::new(account, net)?;
        let place: Place = send::place(message)?;
        let oldest = format!("{}.000000", (since - SLACK_OF_CLOCKS).timestamp());
        let mut fields = vec![
            ("channel", place.channel.as_str()),
            ("include_all_metadata", "true"),
            ("oldest", oldest.as_str()),
            ("limit", "200"),
        ];
        fields.extend(place.root.as_deref().map(|root| ("ts", root)));
        let method = if place.root.is_some() { "conversations.replies" } else { "conversations.history" };
        let History { messages } =
            api.get(method, &fields).await.map_err(|error| errors::repeatable(&error))?;
        let wanted = message.id.to_string();
        let found = messages.iter().find(|one| messages::our_id(one) == Some(wanted.as_str()));
        Ok(found.and_then(|one| text(one, "ts")).map(|ts| send::receipt(message, &place.channel, ts)))
    }

    async fn whisper(
        &self,
        account: &Account,
        thread: &str,
        to: &PartyId,
        text: &str,
        net: &net::Client,
    ) -> Result<(), SendError> {
        let api = Api::new(account, net)?;
        let Some(place) = Place::parse(thread) else {
            return Err(errors::refused("thread_invalid", "This is no thread of Slack's."));
        };
        let mut request =
            json!({ "channel": place.channel, "user": to.address, "text": send::written(text)? });
        if let Some(root) = place.root {
            request["thread_ts"] = json!(root);
        }
        let _: Value =
            api.post("chat.postEphemeral", &request).await.map_err(|error| errors::repeatable(&error))?;
        Ok(())
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    channels: Vec<Value>,
    #[serde(default)]
    response_metadata: Next,
}

#[derive(Default, Deserialize)]
struct Next {
    #[serde(default)]
    next_cursor: String,
}

#[derive(Deserialize)]
struct History {
    #[serde(default)]
    messages: Vec<Value>,
}

/// A channel, if the app was invited into it: elsewhere it can neither write nor hear.
fn member_of(channel: &Value) -> Option<mirror::Place> {
    channel.get("is_member").and_then(Value::as_bool).filter(|is| *is)?;
    let id = text(channel, "id")?.to_owned();
    let name = people::channel_name(text(channel, "name").unwrap_or(&id));
    Some(mirror::Place { id, name })
}

/// People of other workspaces, who come by Slack Connect, have addresses that this workspace has not looked at.
fn email<'a>(account: &Account, user: &'a Value) -> Option<&'a str> {
    let is = |field: &str| user.get(field).and_then(Value::as_bool);
    let ours = text(user, "team_id") == Some(account.text(account::TEAM));
    let confirmed = is("is_email_confirmed").unwrap_or(true);
    let gone = is("deleted").unwrap_or_default() || is("is_bot").unwrap_or_default();
    let stranger = is("is_stranger").unwrap_or_default();
    (ours && confirmed && !gone && !stranger).then(|| text(user.get("profile")?, "email")).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_workspaces_own_people_are_known_by_their_email() {
        let fields = [("team_id", "T1"), ("app_id", "A1")];
        let account = Account::new(fields.map(|(name, value)| (name.to_owned(), value.to_owned().into())));
        let user =
            |team: &str| json!({ "id": "U1", "team_id": team, "profile": { "email": "ada@acme.example" } });
        assert_eq!(email(&account, &user("T1")), Some("ada@acme.example"));
        assert_eq!(email(&account, &user("T2")), None);
        let mut unconfirmed = user("T1");
        unconfirmed["is_email_confirmed"] = json!(false);
        assert_eq!(email(&account, &unconfirmed), None);
    }

    #[test]
    fn threads_and_messages_lie_in_channels() {
        for (id, place) in [
            ("C1", Some("C1")),
            ("C1:1760000000.000100", Some("C1")),
            ("G1:1760000000.000100", Some("G1")),
            ("D1", None),
            ("action:U1:1.2:x", None),
            ("command:x", None),
        ] {
            assert_eq!(Slack.place_of(id), place, "{id}");
        }
    }
}
