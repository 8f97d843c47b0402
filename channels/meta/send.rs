//! A message into Meta's call. Files are uploaded first; the message itself is one call, which Meta cannot be asked to make only once, so our
//! own id travels in `metadata` and comes back with the echo.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Product, abilities, account, graph::Call, media};
use crate::{
    Account, OutboundMessage, Receipt, Refusal, SendError,
    abilities::{Markup, Unit},
    error::NextStep,
    markup,
    message::{Button, Content},
};

/// Before our id in `metadata`: other apps' echoes have metadata of theirs.
pub(super) const METADATA: &str = "switchboard:";

pub(super) const QUICK_REPLIES_MAX: usize = 13;
/// Buttons of a template, which alone can open addresses.
const TEMPLATE_BUTTONS_MAX: usize = 3;
pub(super) const TITLE_MAX: usize = 20;
pub(super) const PAYLOAD_MAX: usize = 1000;
/// Of a template with buttons.
pub(super) const BUTTON_BODY_MAX: usize = 640;

#[derive(Deserialize)]
struct Accepted {
    message_id: Option<String>,
}

pub(super) async fn send(
    product: Product,
    account: &Account,
    message: &OutboundMessage,
    net: &net::Client,
) -> Result<Receipt, SendError> {
    let recipient = recipient(product, message)?;
    let mut body = json!({ "recipient": { "id": recipient } });
    if let Some(action) = action(product, &message.content)? {
        let fields = action.as_object().into_iter().flatten();
        fields.for_each(|(key, value)| body[key] = value.clone());
        // The same sign twice is one sign.
        let _: Value = Call::post(account, &["me", "messages"], &body)?.repeatable().run(net).await?;
        return Ok(Receipt::default());
    }
    let mut said = said(product, account, &message.content, net).await?;
    said["metadata"] = json!(format!("{METADATA}{}", message.id));
    body["message"] = said;
    if account::human_agent(account) {
        body["messaging_type"] = json!("MESSAGE_TAG");
        body["tag"] = json!("HUMAN_AGENT");
    } else {
        body["messaging_type"] = json!("RESPONSE");
    }
    if let Some(mid) = &message.reply_to {
        body["reply_to"] = json!({ "mid": mid });
    }
    let accepted: Accepted = Call::post(account, &["me", "messages"], &body)?.run(net).await?;
    match accepted.message_id.filter(|id| !id.is_empty()) {
        Some(id) => Ok(Receipt { external_ids: vec![id], ..Receipt::default() }),
        None => Err(SendError::Unknown("Meta's answer names no message.".into())),
    }
}

fn recipient(product: Product, message: &OutboundMessage) -> Result<&str, SendError> {
    // A conversation is with one id; a contact may have several, one of each Page.
    let theirs = || message.to.iter().filter(|id| id.kind == product.identity());
    let id = theirs().find(|id| id.key == message.thread).or_else(|| theirs().next_back());
    id.map(|id| id.address.as_str()).ok_or_else(|| {
        let detail = format!("The contact has no {} id.", product.name());
        refused("recipient_missing", detail, NextStep::FixRecipient)
    })
}

/// A sign beside the conversation; `None` for a message.
fn action(product: Product, content: &Content) -> Result<Option<Value>, SendError> {
    let not_supported = |what: &str| {
        let detail = format!("{} cannot {what}.", product.name());
        Err(refused("not_supported", detail, NextStep::None))
    };
    match content {
        Content::Read { .. } => Ok(Some(json!({ "sender_action": "mark_seen" }))),
        Content::Typing { .. } => Ok(Some(json!({ "sender_action": "typing_on" }))),
        Content::Reaction { external_id, emoji } if emoji.is_empty() => {
            Ok(Some(json!({ "sender_action": "unreact", "payload": { "message_id": external_id } })))
        }
        Content::Reaction { external_id, emoji } => {
            let Some((word, _)) = product.reactions().iter().find(|(_, known)| known == emoji) else {
                return not_supported(&format!("carry the reaction {emoji}"));
            };
            let payload = json!({ "message_id": external_id, "reaction": word });
            Ok(Some(json!({ "sender_action": "react", "payload": payload })))
        }
        Content::Edit { .. } => not_supported("change a sent message"),
        Content::Delete { .. } => not_supported("take back a sent message"),
        Content::Location { .. } => not_supported("carry a place"),
        Content::Template(_) => not_supported("carry a template"),
        Content::Call { .. } => not_supported("call"),
        Content::Text { .. } | Content::Media { .. } | Content::Buttons { .. } => Ok(None),
    }
}

async fn said(
    product: Product,
    account: &Account,
    content: &Content,
    net: &net::Client,
) -> Result<Value, SendError> {
    match content {
        Content::Text { text } => {
            let text = plain(text);
            fits(product, &text)?;
            Ok(json!({ "text": text }))
        }
        Content::Media { files, caption } => {
            if caption.as_ref().is_some_and(|caption| !caption.trim().is_empty()) {
                let detail = format!("{} shows no text with a file.", product.name());
                return Err(refused("caption_not_supported", detail, NextStep::FixContent));
            }
            match files.as_slice() {
                [file] => Ok(json!({ "attachment": media::outbound(product, account, file, net).await? })),
                _ => Err(refused("one_file_only", "A message carries one file.", NextStep::FixContent)),
            }
        }
        Content::Buttons { body, header, footer, buttons, .. } => {
            let lines = [header.clone(), Some(plain(body)), footer.clone()];
            let lines: Vec<_> = lines.into_iter().flatten().filter(|line| !line.trim().is_empty()).collect();
            offer(product, &lines.join("\n\n"), buttons)
        }
        _ => Err(refused("not_supported", "This is no message.", NextStep::None)),
    }
}

/// Quick replies; with an address among them a template, which holds fewer.
fn offer(product: Product, text: &str, buttons: &[Button]) -> Result<Value, SendError> {
    fits(product, text)?;
    if buttons.is_empty() {
        return Ok(json!({ "text": text }));
    }
    let links = buttons.iter().any(|button| button.url.is_some());
    let most = if links { TEMPLATE_BUTTONS_MAX } else { QUICK_REPLIES_MAX };
    if buttons.len() > most {
        let detail = match links {
            true => format!("At most {most} buttons go together if one of them opens an address."),
            false => format!("A message offers at most {most} answers."),
        };
        return Err(refused("too_many_buttons", detail, NextStep::FixContent));
    }
    for button in buttons {
        within("A button's title", &button.title, TITLE_MAX)?;
        within("A button's id", &button.id, PAYLOAD_MAX)?;
    }
    if !links {
        let replies: Vec<_> = buttons
            .iter()
            .map(|one| json!({ "content_type": "text", "title": one.title, "payload": one.id }))
            .collect();
        return Ok(json!({ "text": text, "quick_replies": replies }));
    }
    within("The text above buttons", text, BUTTON_BODY_MAX)?;
    let buttons: Vec<_> = buttons
        .iter()
        .map(|one| match &one.url {
            Some(url) => json!({ "type": "web_url", "title": one.title, "url": url }),
            None => json!({ "type": "postback", "title": one.title, "payload": one.id }),
        })
        .collect();
    let payload = json!({ "template_type": "button", "text": text, "buttons": buttons });
    Ok(json!({ "attachment": { "type": "template", "payload": payload } }))
}

/// Neither product shows formatting that comes over the API.
fn plain(text: &str) -> String {
    markup::translate(text, Markup::Plain)
}

fn fits(product: Product, text: &str) -> Result<(), SendError> {
    if text.trim().is_empty() {
        return Err(refused("empty", "The message has no text.", NextStep::FixContent));
    }
    let ability = abilities::text(product);
    let length = ability.unit.measure(text);
    if length <= ability.max {
        return Ok(());
    }
    let unit = if ability.unit == Unit::Bytes { "bytes" } else { "characters" };
    let detail = format!("The text has {length} {unit}; {} takes {}.", product.name(), ability.max);
    Err(refused("too_long", detail, NextStep::FixContent))
}

fn within(what: &str, text: &str, max: usize) -> Result<(), SendError> {
    let length = text.chars().count();
    if length <= max {
        return Ok(());
    }
    let detail = format!("{what} has {length} characters; Meta takes {max}.");
    Err(refused("too_long", detail, NextStep::FixContent))
}

pub(super) fn refused(code: &str, detail: impl Into<String>, step: NextStep) -> SendError {
    SendError::Refused(Refusal::new(code, detail, step))
}
