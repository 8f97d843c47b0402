//! Calls that change what is there already, or only show something: reactions, edits, deletions, typing, read marks.
//! All may be repeated without harm, so an unknown outcome is worth another try.

use serde_json::json;
use teloxide_core::{
    prelude::Requester,
    requests::HasPayload,
    types::{BusinessConnectionId, ChatAction, ChatId, MessageId, ReactionType},
};

use super::{
    api::{Api, Sent},
    errors::{Failed, NOT_MODIFIED, repeatable},
    format,
    send::{self, CAPTION_MAX, formatted, some},
    thread,
};
use crate::{OutboundMessage, Receipt, SendError, message::Content};

pub(super) async fn send(api: &Api<'_>, message: &OutboundMessage) -> Result<Receipt, SendError> {
    let done = match &message.content {
        Content::Reaction { external_id, emoji } => react(api, &named(external_id)?, emoji).await,
        Content::Edit { external_id, text, caption } => edit(api, &named(external_id)?, text, *caption).await,
        Content::Delete { external_id } => delete(api, &named(external_id)?).await,
        Content::Read { external_id } => read(api, &named(external_id)?).await,
        _ => typing(api, message).await,
    };
    match done {
        Ok(_) => Ok(Receipt::default()),
        Err(failed) => match repeatable(failed.into_error()) {
            SendError::Refused(refusal) if is_done(&message.content, &refusal.code) => Ok(Receipt::default()),
            error => Err(error),
        },
    }
}

/// What was to be is so already: an edit that changes nothing, a deletion of what is gone.
fn is_done(content: &Content, code: &str) -> bool {
    match content {
        Content::Edit { .. } => code == NOT_MODIFIED,
        Content::Delete { .. } => code == "message_not_found",
        _ => false,
    }
}

fn named(external_id: &str) -> Result<Named, SendError> {
    let id = thread::MessageId::parse(external_id);
    let id = id.and_then(|id| Some(Named { message: MessageId(i32::try_from(id.id).ok()?), id }));
    id.ok_or_else(|| send::refused("message_not_found", "This is not a message of Telegram's."))
}

struct Named {
    id: thread::MessageId,
    message: MessageId,
}

impl Named {
    fn chat(&self) -> ChatId {
        ChatId(self.id.chat)
    }

    fn business(&self) -> Option<BusinessConnectionId> {
        self.id.business.clone().map(BusinessConnectionId)
    }
}

async fn react(api: &Api<'_>, to: &Named, emoji: &str) -> Result<Vec<Sent>, Failed> {
    // Keyboards write hearts with a variation selector, Telegram's list is without.
    let emoji = emoji.replace('\u{fe0f}', "");
    let mut request = api.bot.set_message_reaction(to.chat(), to.message);
    let reaction = (!emoji.is_empty()).then_some(ReactionType::Emoji { emoji });
    request.payload_mut().reaction = Some(reaction.into_iter().collect());
    api.ask(request, to.id.chat).await
}

async fn edit(api: &Api<'_>, what: &Named, text: &str, caption: bool) -> Result<Vec<Sent>, Failed> {
    if caption {
        let (text, entities) = format::parse(text);
        if text.encode_utf16().count() > CAPTION_MAX {
            let detail = format!("Telegram takes {CAPTION_MAX} characters with a file.");
            return Err(Failed::refused("caption_too_long", detail));
        }
        let mut request = api.bot.edit_message_caption(what.chat(), what.message);
        let payload = request.payload_mut();
        payload.business_connection_id = what.business();
        payload.caption = Some(text);
        payload.caption_entities = some(entities);
        return api.ask(request, what.id.chat).await;
    }
    let (text, entities) = formatted(text)?;
    let mut request = api.bot.edit_message_text(what.chat(), what.message, text);
    let payload = request.payload_mut();
    payload.business_connection_id = what.business();
    payload.entities = some(entities);
    api.ask(request, what.id.chat).await
}

async fn delete(api: &Api<'_>, what: &Named) -> Result<Vec<Sent>, Failed> {
    match what.business() {
        Some(connection) => {
            let request = api.bot.delete_business_messages(connection, [what.message]);
            api.ask(request, what.id.chat).await
        }
        None => api.ask(api.bot.delete_message(what.chat(), what.message), what.id.chat).await,
    }
}

/// Bots have no read marks; a business account that a bot writes for has.
async fn read(api: &Api<'_>, what: &Named) -> Result<Vec<Sent>, Failed> {
    let Some(connection) = what.business() else { return Ok(Vec::new()) };
    let request = api.bot.read_business_message(connection, what.chat(), what.message);
    api.ask(request, what.id.chat).await
}

async fn typing(api: &Api<'_>, message: &OutboundMessage) -> Result<Vec<Sent>, Failed> {
    let thread = send::thread_of(message)?;
    let mut request = api.bot.send_chat_action(ChatId(thread.chat), ChatAction::Typing);
    request.payload_mut().message_thread_id = send::topic(&thread);
    request.payload_mut().business_connection_id = send::business(&thread);
    api.ask(request, thread.chat).await
}

/// Ends the spinner on a pressed button. Too late is as good as done: nobody waits any more.
pub(super) async fn acknowledge(api: &Api<'_>, query: &str) -> Result<(), SendError> {
    match api.call("answerCallbackQuery", &json!({ "callback_query_id": query })).await {
        Ok(_) => Ok(()),
        Err(failed) => match repeatable(failed.into_error()) {
            SendError::Refused(refusal) if refusal.code == super::errors::QUERY_EXPIRED => Ok(()),
            error => Err(error),
        },
    }
}
