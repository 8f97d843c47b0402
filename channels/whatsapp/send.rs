//! A message into Meta's call. Files are uploaded first; the message itself is one call, which Meta cannot be
//! asked to make only once, so our own id travels in `biz_opaque_callback_data` and comes back with every status.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    account::PHONE_NUMBER_ID,
    graph::Call,
    identity::{self, BSUID, GROUP, PARENT_BSUID, WA_ID},
    interactive, media, templates,
};
use crate::{
    Account, OutboundMessage, Receipt, Refusal, SendError, abilities::Markup, error::NextStep, markup,
    message::Content, party::PartyId,
};

pub(super) const TEXT_MAX: usize = 4096;
pub(super) const CAPTION_MAX: usize = 1024;

#[derive(Deserialize)]
struct Accepted {
    #[serde(default)]
    contacts: Vec<AcceptedContact>,
    messages: Vec<AcceptedMessage>,
}

#[derive(Deserialize)]
struct AcceptedContact {
    wa_id: Option<String>,
    user_id: Option<String>,
}

#[derive(Deserialize)]
struct AcceptedMessage {
    id: String,
}

pub(super) async fn send(
    account: &Account,
    message: &OutboundMessage,
    net: &net::Client,
) -> Result<Receipt, SendError> {
    match &message.content {
        Content::Read { external_id } => mark(account, seen(external_id), net).await,
        // WhatsApp shows typing only as part of having read something.
        Content::Typing { external_id: None } => Ok(Receipt::default()),
        Content::Typing { external_id: Some(external_id) } => {
            let mut body = seen(external_id);
            body["typing_indicator"] = json!({ "type": "text" });
            mark(account, body, net).await
        }
        Content::Edit { .. } => {
            Err(refused("not_supported", "WhatsApp cannot change a sent message.", NextStep::None))
        }
        Content::Delete { .. } => {
            Err(refused("not_supported", "WhatsApp cannot take back a sent message.", NextStep::None))
        }
        Content::Reaction { external_id, emoji } => {
            let mut body = addressed(message)?;
            put(&mut body, "reaction", json!({ "message_id": external_id, "emoji": emoji }));
            // The same reaction twice is one reaction.
            let _: Accepted = messages(account, &body)?.repeatable().run(net).await?;
            Ok(Receipt::default())
        }
        content => {
            let mut body = addressed(message)?;
            let (kind, inner) = said(account, content, net).await?;
            put(&mut body, kind, inner);
            body["biz_opaque_callback_data"] = json!(message.id);
            if let Some(quoted) = &message.reply_to {
                body["context"] = json!({ "message_id": quoted });
            }
            receipt(messages(account, &body)?.run(net).await?)
        }
    }
}

/// The type of what is said, and its object.
async fn said(
    account: &Account,
    content: &Content,
    net: &net::Client,
) -> Result<(&'static str, Value), SendError> {
    match content {
        Content::Text { text } => Ok(("text", text_body(&ours(text))?)),
        Content::Media { files, caption } => match files.as_slice() {
            [file] => media::outbound(account, file, caption.as_deref().map(ours).as_deref(), net).await,
            _ => Err(refused("one_file_only", "A WhatsApp message carries one file.", NextStep::FixContent)),
        },
        Content::Buttons { body, header, footer, buttons, list } => {
            let body = &ours(body);
            let words = interactive::Words { body, header: header.as_deref(), footer: footer.as_deref() };
            Ok(("interactive", interactive::offer(&words, buttons, *list)?))
        }
        Content::Location { latitude, longitude, name, address } => {
            let mut place = json!({ "latitude": latitude, "longitude": longitude });
            set(&mut place, "name", name.as_deref());
            set(&mut place, "address", address.as_deref());
            Ok(("location", place))
        }
        Content::Template(template) => Ok(("template", templates::outbound(account, template, net).await?)),
        Content::Call { .. }
        | Content::Reaction { .. }
        | Content::Edit { .. }
        | Content::Delete { .. }
        | Content::Read { .. }
        | Content::Typing { .. } => Err(refused("not_supported", "This is no message.", NextStep::None)),
    }
}

/// In WhatsApp's own marks.
fn ours(text: &str) -> String {
    markup::translate(text, Markup::Whatsapp)
}

fn text_body(text: &str) -> Result<Value, SendError> {
    if text.trim().is_empty() {
        return Err(refused("empty", "The message has no text.", NextStep::FixContent));
    }
    within("The text", text, TEXT_MAX)?;
    let link = text.contains("https://") || text.contains("http://");
    Ok(json!({ "body": text, "preview_url": link }))
}

/// The recipient: a group, a phone, or for those who hide theirs a user id.
fn addressed(message: &OutboundMessage) -> Result<Value, SendError> {
    // The newest of several: people change their numbers.
    let id = |kind: &str| message.to.iter().rfind(|id| id.kind == kind).map(|id| id.address.as_str());
    let group = message.thread.strip_prefix("group:").or_else(|| id(GROUP));
    let (recipient_type, field, address) = match (group, id(WA_ID), id(BSUID).or_else(|| id(PARENT_BSUID))) {
        (Some(group), ..) => ("group", "to", group),
        (None, Some(phone), _) => ("individual", "to", phone),
        (None, None, Some(user)) => ("individual", "recipient", user),
        (None, None, None) => {
            let detail = "The contact has no WhatsApp number or user id.";
            return Err(refused("recipient_missing", detail, NextStep::FixRecipient));
        }
    };
    let mut body = json!({ "messaging_product": "whatsapp", "recipient_type": recipient_type });
    body[field] = json!(address);
    Ok(body)
}

fn put(body: &mut Value, kind: &str, inner: Value) {
    body["type"] = json!(kind);
    body[kind] = inner;
}

fn seen(external_id: &str) -> Value {
    json!({ "messaging_product": "whatsapp", "status": "read", "message_id": external_id })
}

async fn mark(account: &Account, body: Value, net: &net::Client) -> Result<Receipt, SendError> {
    let _: Value = messages(account, &body)?.repeatable().run(net).await?;
    Ok(Receipt::default())
}

fn messages(account: &Account, body: &Value) -> Result<Call, SendError> {
    Call::post(account, &[account.text(PHONE_NUMBER_ID), "messages"], body)
}

fn receipt(accepted: Accepted) -> Result<Receipt, SendError> {
    let external_ids: Vec<String> = accepted.messages.into_iter().map(|message| message.id).collect();
    if external_ids.is_empty() {
        return Err(SendError::Unknown("WhatsApp's answer names no message.".into()));
    }
    let learned = accepted.contacts.into_iter().flat_map(|contact| {
        let user = contact.user_id.filter(|id| !id.is_empty()).map(|id| PartyId::plain(BSUID, id));
        let phone = contact.wa_id.filter(|id| !id.is_empty()).map(|id| identity::phone_id(&id));
        user.into_iter().chain(phone)
    });
    Ok(Receipt { external_ids, learned: learned.collect(), moved_to: None })
}

pub(super) fn set(object: &mut Value, key: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        object[key] = json!(value);
    }
}

/// Counted in characters; Meta would refuse what is longer with a code that names no field.
pub(super) fn within(what: &str, text: &str, max: usize) -> Result<(), SendError> {
    let length = text.chars().count();
    if length <= max {
        return Ok(());
    }
    let detail = format!("{what} has {length} characters; WhatsApp takes {max}.");
    Err(refused("too_long", detail, NextStep::FixContent))
}

pub(super) fn refused(code: &str, detail: impl Into<String>, step: NextStep) -> SendError {
    SendError::Refused(Refusal::new(code, detail, step))
}
