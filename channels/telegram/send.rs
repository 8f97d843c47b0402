//! New messages: texts, buttons, places; files are in [`super::media`], changes to what was sent in
//! [`super::amend`].

use serde::Serialize;
use teloxide_core::{
    prelude::Requester,
    requests::HasPayload,
    types::{
        BusinessConnectionId, ChatId, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity, MessageId,
        ReplyMarkup, ReplyParameters, ThreadId,
    },
};

use super::{
    amend,
    api::{Api, Sent},
    errors::Failed,
    format, media,
    thread::{self, Thread},
};
use crate::{
    Account, OutboundMessage, Receipt, SendError,
    error::{NextStep, Refusal},
    markup::{self, Marked, Style},
    message::{Button, Content, OutboundMedia},
};

/// UTF-16 code units of a text after its tags are taken out.
pub(super) const TEXT_MAX: usize = 4096;
pub(super) const CAPTION_MAX: usize = 1024;
/// Bytes of what comes back from a pressed button.
pub(super) const BUTTON_ID_MAX: usize = 64;
/// Characters that fit side by side in one row of buttons on a narrow phone.
const ROW_WIDTH: usize = 24;
const ROW_MAX: usize = 3;

pub(super) async fn send(
    account: &Account,
    message: &OutboundMessage,
    net: &net::Client,
) -> Result<Receipt, SendError> {
    let api = Api::new(account, net)?;
    match &message.content {
        Content::Template(_) => Err(refused("type_not_supported", "Telegram has no templates.")),
        Content::Call { .. } => Err(refused("type_not_supported", "Telegram's bots cannot call.")),
        Content::Reaction { .. }
        | Content::Edit { .. }
        | Content::Delete { .. }
        | Content::Read { .. }
        | Content::Typing { .. } => amend::send(&api, message).await,
        Content::Text { .. } | Content::Media { .. } | Content::Buttons { .. } | Content::Location { .. } => {
            new_message(&api, message).await
        }
    }
}

/// A group that became a supergroup refuses with its new id and sends nothing, so the same call goes there at once:
/// no retry would reach the old one again.
async fn new_message(api: &Api<'_>, message: &OutboundMessage) -> Result<Receipt, SendError> {
    let mut thread = thread_of(message)?;
    let mut moved_to = None;
    let sent = match post(api, message, &thread).await {
        Err(Failed::Moved(to)) => {
            thread.chat = to;
            moved_to = Some(thread.to_string());
            post(api, message, &thread).await
        }
        answer => answer,
    };
    let external_id = |sent: Sent| {
        thread::MessageId { chat: sent.chat, id: sent.id, business: thread.business.clone() }.to_string()
    };
    let external_ids: Vec<_> = sent.map_err(Failed::into_error)?.into_iter().map(external_id).collect();
    if external_ids.is_empty() {
        return Err(SendError::Unknown("Telegram's answer does not name the message".to_owned()));
    }
    Ok(Receipt { external_ids, learned: Vec::new(), moved_to })
}

async fn post(api: &Api<'_>, message: &OutboundMessage, thread: &Thread) -> Result<Vec<Sent>, Failed> {
    let reply = reply(message, thread);
    match &message.content {
        Content::Text { text } => {
            let (text, entities) = formatted(text)?;
            let request = api.bot.send_message(ChatId(thread.chat), text);
            let mut request = place!(request, thread, reply);
            request.payload_mut().entities = some(entities);
            deliver(api, request, thread, &[]).await
        }
        Content::Buttons { body, header, footer, buttons, list } => {
            let (text, entities) = checked(framed(header.as_deref(), body, footer.as_deref()))?;
            let request = api.bot.send_message(ChatId(thread.chat), text);
            let mut request = place!(request, thread, reply);
            request.payload_mut().entities = some(entities);
            request.payload_mut().reply_markup = Some(ReplyMarkup::InlineKeyboard(keyboard(buttons, *list)?));
            deliver(api, request, thread, &[]).await
        }
        Content::Location { latitude, longitude, name, address } => {
            let (chat, latitude, longitude) = (ChatId(thread.chat), *latitude, *longitude);
            let Some(title) = name.as_ref().or(address.as_ref()) else {
                let request = place!(api.bot.send_location(chat, latitude, longitude), thread, reply);
                return deliver(api, request, thread, &[]).await;
            };
            let address = address.as_ref().unwrap_or(title);
            let request = api.bot.send_venue(chat, latitude, longitude, title, address);
            deliver(api, place!(request, thread, reply), thread, &[]).await
        }
        Content::Media { files, caption } => media::send(api, files, caption.as_deref(), thread, reply).await,
        _ => Err(Failed::refused("type_not_supported", "Telegram has no such message.")),
    }
}

/// Sets what all methods that send have in common.
macro_rules! place {
    ($request:expr, $thread:expr, $reply:expr) => {{
        let mut request = $request;
        let payload = request.payload_mut();
        payload.message_thread_id = $crate::telegram::send::topic($thread);
        payload.business_connection_id = $crate::telegram::send::business($thread);
        payload.reply_parameters = $reply;
        request
    }};
}
pub(super) use place;

/// The crate does not know the topics of a channel's direct messages.
pub(super) async fn deliver<R>(
    api: &Api<'_>,
    request: R,
    thread: &Thread,
    files: &[OutboundMedia],
) -> Result<Vec<Sent>, Failed>
where
    R: HasPayload,
    R::Payload: Serialize,
{
    let extra = thread.direct.map(|direct| ("direct_messages_topic_id", direct));
    api.carry(request.payload_ref(), extra, files, thread.chat).await
}

pub(super) fn topic(thread: &Thread) -> Option<ThreadId> {
    thread.topic.and_then(|topic| i32::try_from(topic).ok()).map(|topic| ThreadId(MessageId(topic)))
}

pub(super) fn business(thread: &Thread) -> Option<BusinessConnectionId> {
    thread.business.clone().map(BusinessConnectionId)
}

pub(super) fn thread_of(message: &OutboundMessage) -> Result<Thread, SendError> {
    Thread::parse(&message.thread).ok_or_else(|| {
        let detail = format!("“{}” names no Telegram chat", message.thread);
        SendError::Refused(Refusal::new("thread_invalid", detail, NextStep::FixRecipient))
    })
}

/// Numbers of messages count within a chat: in another chat (a group that moved) the same number is another message.
fn reply(message: &OutboundMessage, thread: &Thread) -> Option<ReplyParameters> {
    let to = thread::MessageId::parse(message.reply_to.as_deref()?)?;
    if to.chat != thread.chat || to.business != thread.business {
        return None;
    }
    let id = MessageId(i32::try_from(to.id).ok()?);
    Some(ReplyParameters::new(id).allow_sending_without_reply())
}

pub(super) fn refused(code: &str, detail: &str) -> SendError {
    SendError::Refused(Refusal::new(code, detail, NextStep::FixContent))
}

pub(super) fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

pub(super) fn formatted(text: &str) -> Result<(String, Vec<MessageEntity>), Failed> {
    checked(markup::parse(text))
}

fn checked(marked: Marked) -> Result<(String, Vec<MessageEntity>), Failed> {
    let (text, entities) = format::entities(marked);
    if text.trim().is_empty() {
        return Err(Failed::refused("text_empty", "The text is empty."));
    }
    if text.encode_utf16().count() > TEXT_MAX {
        return Err(Failed::refused("text_too_long", format!("Telegram takes {TEXT_MAX} characters.")));
    }
    Ok((text, entities))
}

/// Telegram has no header and footer: they become a bold first and an italic last line.
fn framed(header: Option<&str>, body: &str, footer: Option<&str>) -> Marked {
    let mut framed = Marked::default();
    if let Some(header) = header.filter(|text| !text.is_empty()) {
        framed.push(&Marked::all(header, Style::Bold));
        framed.push(&Marked::plain("\n\n"));
    }
    framed.push(&markup::parse(body));
    if let Some(footer) = footer.filter(|text| !text.is_empty()) {
        framed.push(&Marked::plain("\n\n"));
        framed.push(&Marked::all(footer, Style::Italic));
    }
    framed
}

/// A list is a column; short buttons share a row.
fn keyboard(buttons: &[Button], list: bool) -> Result<InlineKeyboardMarkup, Failed> {
    if buttons.is_empty() {
        return Err(Failed::refused("button_invalid", "There are no buttons."));
    }
    let mut rows: Vec<Vec<InlineKeyboardButton>> = Vec::new();
    let mut width = 0;
    for button in buttons {
        let title = button.title.chars().count();
        let fits = !list && width + title <= ROW_WIDTH;
        match rows.last_mut().filter(|row| fits && row.len() < ROW_MAX) {
            Some(row) => row.push(key(button)?),
            None => {
                width = 0;
                rows.push(vec![key(button)?]);
            }
        }
        width += title;
    }
    Ok(InlineKeyboardMarkup::new(rows))
}

fn key(button: &Button) -> Result<InlineKeyboardButton, Failed> {
    if button.title.trim().is_empty() {
        return Err(Failed::refused("button_invalid", "A button has no title."));
    }
    if let Some(address) = &button.url {
        let url = address
            .parse()
            .map_err(|_| Failed::refused("button_invalid", format!("“{address}” is not an address.")))?;
        return Ok(InlineKeyboardButton::url(&button.title, url));
    }
    if button.id.is_empty() || button.id.len() > BUTTON_ID_MAX {
        let detail = format!("The id of “{}” must have 1 to {BUTTON_ID_MAX} bytes.", button.title);
        return Err(Failed::refused("button_invalid", detail));
    }
    Ok(InlineKeyboardButton::callback(&button.title, &button.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn button(title: &str) -> Button {
        Button { id: title.to_lowercase(), title: title.into(), description: None, url: None }
    }

    #[test]
    fn short_buttons_share_rows_and_lists_are_columns() {
        let buttons: Vec<_> = ["Yes", "No", "Perhaps", "A rather long answer", "Never"].map(button).into();
        let rows = |list| -> Vec<usize> {
            keyboard(&buttons, list).unwrap().inline_keyboard.iter().map(Vec::len).collect()
        };
        assert_eq!(rows(false), [3, 1, 1]);
        assert_eq!(rows(true), [1; 5]);
    }

    #[test]
    fn buttons_that_telegram_refuses_do_not_leave() {
        let long = Button { id: "x".repeat(65), ..button("Yes") };
        let bare = Button { url: Some("not an address".into()), ..button("Yes") };
        for faulty in [long, bare, button(""), Button { id: String::new(), ..button("Yes") }] {
            assert!(keyboard(&[faulty], false).is_err());
        }
        assert!(keyboard(&[], true).is_err());
    }
}
