//! New messages: texts and choices. Files are in [`super::files`], changes to what was sent in [`super::amend`].

use std::collections::HashMap;

use serde::Deserialize;
use slack_morphism::prelude::{
    SlackApiChatPostMessageRequest, SlackChannelId, SlackMessageContent, SlackMessageMetadata, SlackTs,
};

use super::{
    amend,
    api::Api,
    blocks::{self, Choices},
    errors::{self, refused},
    files,
    messages::METADATA,
    place::{MessageId, Place},
};
use crate::{
    Account, OutboundMessage, Receipt, SendError,
    abilities::Markup,
    error::{NextStep, Refusal},
    markup,
    message::Content,
};

/// Slack cuts beyond 40,000 and asks for no more than this.
pub(super) const TEXT_MAX: usize = 4000;

/// Of the answer, all that is needed.
#[derive(Deserialize)]
struct Posted {
    channel: String,
    ts: String,
}

pub(super) async fn send(
    account: &Account,
    message: &OutboundMessage,
    net: &net::Client,
) -> Result<Receipt, SendError> {
    let api = Api::new(account, net)?;
    match &message.content {
        Content::Text { text } => {
            post(&api, message, SlackMessageContent::new().with_text(written(text)?)).await
        }
        Content::Buttons { body, header, footer, buttons, list } => {
            let (header, footer) = (header.as_deref(), footer.as_deref());
            let (blocks, text) = blocks::blocks(&Choices { body, header, footer, buttons, list: *list })?;
            post(&api, message, SlackMessageContent::new().with_text(text).with_blocks(blocks)).await
        }
        Content::Media { files, caption } => files::send(&api, message, files, caption.as_deref()).await,
        Content::Reaction { external_id, emoji } => amend::react(&api, external_id, emoji).await,
        Content::Edit { external_id, text, .. } => amend::edit(&api, external_id, text).await,
        Content::Delete { external_id } => amend::delete(&api, external_id).await,
        // Apps neither type nor read.
        Content::Read { .. } | Content::Typing { .. } => Ok(Receipt::default()),
        _ => Err(refused("not_supported", "Slack has no such kind of message.")),
    }
}

/// What an agent wrote, in Slack's dialect.
pub(super) fn written(text: &str) -> Result<String, SendError> {
    let text = markup::translate(text, Markup::Slack);
    if text.trim().is_empty() {
        return Err(refused("text_empty", "The text is empty."));
    }
    if text.chars().count() > TEXT_MAX {
        return Err(refused("text_too_long", format!("Slack takes {TEXT_MAX} characters.")));
    }
    Ok(text)
}

async fn post(
    api: &Api,
    message: &OutboundMessage,
    content: SlackMessageContent,
) -> Result<Receipt, SendError> {
    let place = place(message)?;
    let payload = HashMap::from([("message_id".to_owned(), message.id.to_string())]);
    let metadata = SlackMessageMetadata::new(METADATA.to_owned()).with_event_payload(payload);
    let request = SlackApiChatPostMessageRequest::new(
        SlackChannelId(place.channel.clone()),
        content.with_metadata(metadata),
    )
    .opt_thread_ts(root(message, &place).map(SlackTs))
    .with_unfurl_links(false);
    let posted: Posted = api.post("chat.postMessage", &request).await.map_err(|error| errors::of(&error))?;
    Ok(receipt(message, &posted.channel, &posted.ts))
}

/// The message's id, and the conversation's name where it had none yet: the direct message that was opened, or the thread that a first
/// word in a channel began.
pub(super) fn receipt(message: &OutboundMessage, channel: &str, ts: &str) -> Receipt {
    let begun = Place::parse(&message.thread).is_none_or(|place| place.root.is_none());
    let direct = channel.starts_with('D');
    let now = if direct { channel.to_owned() } else { format!("{channel}:{ts}") };
    Receipt {
        external_ids: vec![format!("{channel}:{ts}")],
        moved_to: (begun && now != message.thread).then_some(now),
        ..Receipt::default()
    }
}

/// Where it goes: the conversation, or whoever it is for.
pub(super) fn place(message: &OutboundMessage) -> Result<Place, SendError> {
    let named = Place::parse(&message.thread);
    let known = named.or_else(|| message.to.iter().find_map(|id| Place::parse(&id.address)));
    known.ok_or_else(|| {
        let detail = "The conversation names no channel or person of Slack's.";
        SendError::Refused(Refusal::new("thread_invalid", detail, NextStep::FixRecipient))
    })
}

/// In a channel the conversation is a thread. In a direct message the answer to a message goes into its thread.
pub(super) fn root(message: &OutboundMessage, place: &Place) -> Option<String> {
    let answered = || {
        let to = MessageId::parse(message.reply_to.as_deref()?)?;
        (to.channel == place.channel).then_some(to.ts)
    };
    place.root.clone().or_else(answered)
}
