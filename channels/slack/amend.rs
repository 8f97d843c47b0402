//! Calls that change what is there already: edits, deletions, reactions. All may be repeated without harm.

use serde::Deserialize;
use serde_json::{Value, json};
use slack_morphism::{
    ClientResult,
    prelude::{
        SlackApiChatDeleteRequest, SlackApiChatUpdateRequest, SlackApiFilesDeleteRequest,
        SlackApiReactionsAddRequest, SlackApiReactionsRemoveRequest, SlackChannelId, SlackFileId,
        SlackMessageContent, SlackReactionName, SlackTs,
    },
};

use super::{
    api::Api,
    emoji,
    errors::{self, DONE, GONE, refused},
    files::FILE,
    place::MessageId,
    send::written,
};
use crate::{Receipt, SendError};

fn named(external_id: &str) -> Result<MessageId, SendError> {
    MessageId::parse(external_id).ok_or_else(|| refused(GONE, "This is not a message of Slack's."))
}

/// What was to be may be so already.
fn done(answer: ClientResult<Value>, so: &[&str]) -> Result<Receipt, SendError> {
    match answer.map_err(|error| errors::repeatable(&error)) {
        Ok(_) => Ok(Receipt::default()),
        Err(SendError::Refused(refusal)) if so.contains(&refusal.code.as_str()) => Ok(Receipt::default()),
        Err(error) => Err(error),
    }
}

/// Buttons go with the text that they stood under.
pub(super) async fn edit(api: &Api, external_id: &str, text: &str) -> Result<Receipt, SendError> {
    let id = named(external_id)?;
    let content = SlackMessageContent::new().with_text(written(text)?).with_blocks(Vec::new());
    let request = SlackApiChatUpdateRequest::new(SlackChannelId(id.channel), content, SlackTs(id.ts));
    done(api.post("chat.update", &request).await, &[])
}

pub(super) async fn delete(api: &Api, external_id: &str) -> Result<Receipt, SendError> {
    if let Some(file) = external_id.strip_prefix(FILE) {
        let request = SlackApiFilesDeleteRequest::new(SlackFileId(file.to_owned()));
        return done(api.post("files.delete", &request).await, &["media_unavailable"]);
    }
    let id = named(external_id)?;
    let request = SlackApiChatDeleteRequest::new(SlackChannelId(id.channel), SlackTs(id.ts));
    done(api.post("chat.delete", &request).await, &[GONE])
}

#[derive(Deserialize)]
struct Me {
    user_id: String,
}

#[derive(Deserialize)]
struct Reacted {
    message: Carrier,
}

#[derive(Deserialize)]
struct Carrier {
    #[serde(default)]
    reactions: Vec<Reaction>,
}

#[derive(Deserialize)]
struct Reaction {
    name: String,
    #[serde(default)]
    users: Vec<String>,
}

/// The hub shows one reaction of ours, Slack lets us have many: what we set before is taken away first.
pub(super) async fn react(api: &Api, external_id: &str, emoji: &str) -> Result<Receipt, SendError> {
    let id = named(external_id)?;
    let wanted = match emoji {
        "" => None,
        emoji => {
            Some(emoji::name(emoji).ok_or_else(|| refused("reaction_invalid", "Slack has no such emoji."))?)
        }
    };
    let set = ours(api, &id).await?;
    for name in set.iter().filter(|name| Some(*name) != wanted.as_ref()) {
        let request = SlackApiReactionsRemoveRequest::new(SlackReactionName(name.clone()))
            .with_channel(SlackChannelId(id.channel.clone()))
            .with_timestamp(SlackTs(id.ts.clone()));
        done(api.post("reactions.remove", &request).await, &[DONE, GONE])?;
    }
    let Some(name) = wanted.filter(|name| !set.contains(name)) else { return Ok(Receipt::default()) };
    let (channel, ts) = (SlackChannelId(id.channel), SlackTs(id.ts));
    let request = SlackApiReactionsAddRequest::new(channel, SlackReactionName(name), ts);
    done(api.post("reactions.add", &request).await, &[DONE])
}

/// Names of the reactions that the app has set on a message.
async fn ours(api: &Api, id: &MessageId) -> Result<Vec<String>, SendError> {
    let fields = [("channel", id.channel.as_str()), ("timestamp", id.ts.as_str()), ("full", "true")];
    let reacted: Reacted =
        api.get("reactions.get", &fields).await.map_err(|error| errors::repeatable(&error))?;
    if reacted.message.reactions.is_empty() {
        return Ok(Vec::new());
    }
    let me: Me = api.post("auth.test", &json!({})).await.map_err(|error| errors::repeatable(&error))?;
    let ours = reacted.message.reactions.into_iter().filter(|one| one.users.contains(&me.user_id));
    Ok(ours.map(|one| one.name).collect())
}
