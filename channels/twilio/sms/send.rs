//! A message into one call of the Messages API. Twilio takes files as addresses and has no way to be asked only once, so our own
//! id travels in the address for statuses and comes back with each of them.

use serde_json::Value;

use super::{
    super::{
        account::{self, PHONE_NUMBER},
        api::{Call, refused, word},
        number::{BSUID, PHONE, WHATSAPP},
    },
    abilities::TEXT_MAX,
    form, offers,
    statuses::MESSAGE,
    templates,
};
use crate::{
    Account, OutboundMessage, Receipt, SendError,
    abilities::Markup,
    error::NextStep,
    markup,
    message::{Content, MediaSource, OutboundMedia},
    party::PartyId,
};

/// Somebody has deleted it.
const NO_SUCH_CONTENT: &str = "21655";

pub(super) async fn send(
    account: &Account,
    message: &OutboundMessage,
    net: &net::Client,
) -> Result<Receipt, SendError> {
    let mut form = addressed(account, message)?;
    let made = match message.thread.as_str() {
        WHATSAPP => {
            offers::bounded(&message.content)?;
            offers::made(account, &message.content, net).await?
        }
        _ => None,
    };
    match &made {
        Some(sid) => form.push(("ContentSid".into(), sid.clone())),
        None => said(&message.content, &message.thread, &mut form)?,
    }
    if let Some(callback) = account::callback(account, &[(MESSAGE, &message.id.to_string())]) {
        form.push(("StatusCallback".into(), callback.into()));
    }
    let url = account::resource(account, &["Messages.json"])?;
    let answer = Call::create(account, url, form).run(net).await;
    if let (Err(SendError::Refused(why)), Some(sid)) = (&answer, &made)
        && why.platform_code.as_deref() == Some(NO_SUCH_CONTENT)
    {
        offers::forget(sid);
    }
    receipt(&answer?)
}

/// Who writes and to whom.
fn addressed(account: &Account, message: &OutboundMessage) -> Result<Vec<(String, String)>, SendError> {
    let to = recipient(message).ok_or_else(|| {
        let detail = "The contact has no number on this network.";
        refused("recipient_missing", detail, NextStep::FixRecipient)
    })?;
    let sender = match (message.thread.as_str(), form::service(account)) {
        // A service would choose any of its senders, and the customer would see a stranger.
        ("", Some(service)) => ("MessagingServiceSid", service.to_owned()),
        ("", None) => ("From", account::key(account)),
        (WHATSAPP, _) => ("From", format!("{WHATSAPP}:{}", account::key(account))),
        (_, Some(service)) => ("MessagingServiceSid", service.to_owned()),
        (network, None) => ("From", format!("{network}:{}", account.text(PHONE_NUMBER))),
    };
    Ok(vec![("To".to_owned(), to.address.clone()), (sender.0.to_owned(), sender.1)])
}

/// The newest of several: people change their numbers.
fn recipient(message: &OutboundMessage) -> Option<&PartyId> {
    let of = |kind: &str| message.to.iter().rfind(|id| id.kind == kind);
    match message.thread.as_str() {
        "" => of(PHONE),
        WHATSAPP => of(WHATSAPP).or_else(|| of(BSUID)),
        network => of(network),
    }
}

fn said(content: &Content, thread: &str, form: &mut Vec<(String, String)>) -> Result<(), SendError> {
    match content {
        Content::Text { text } => {
            let text = written(text, thread);
            if text.trim().is_empty() {
                return Err(refused("text_empty", "The message has no text.", NextStep::FixContent));
            }
            form.push(("Body".into(), bounded(text)?));
        }
        Content::Media { files, caption } => {
            if let Some(caption) = caption.as_deref().filter(|text| !text.trim().is_empty()) {
                form.push(("Body".into(), bounded(written(caption, thread))?));
            }
            for file in files {
                form.push(("MediaUrl".into(), address(file)?));
            }
        }
        Content::Template(template) => form.extend(templates::filled(template)?),
        Content::Buttons { .. } | Content::Location { .. } => {
            let words = offers::in_words(content).unwrap_or_default();
            form.push(("Body".into(), bounded(words)?));
        }
        Content::Call { .. }
        | Content::Reaction { .. }
        | Content::Edit { .. }
        | Content::Delete { .. }
        | Content::Read { .. }
        | Content::Typing { .. } => {
            return Err(refused(
                "type_not_supported",
                "Twilio's messages cannot do this.",
                NextStep::FixContent,
            ));
        }
    }
    Ok(())
}

/// In the network's dialect.
fn written(text: &str, thread: &str) -> String {
    markup::translate(text, if thread == WHATSAPP { Markup::Whatsapp } else { Markup::Plain })
}

fn bounded(text: String) -> Result<String, SendError> {
    let length = text.encode_utf16().count();
    if length <= TEXT_MAX {
        return Ok(text);
    }
    let detail = format!("The text has {length} characters; Twilio takes {TEXT_MAX}.");
    Err(refused("text_too_long", detail, NextStep::FixContent))
}

fn address(file: &OutboundMedia) -> Result<String, SendError> {
    match &file.source {
        MediaSource::Link(url) => Ok(url.to_string()),
        MediaSource::Bytes(_) => {
            let detail = "Twilio fetches files from an address, and this file has none.";
            Err(refused("media_rejected", detail, NextStep::FixContent))
        }
    }
}

fn receipt(answer: &Value) -> Result<Receipt, SendError> {
    let sid =
        word(answer, "sid").ok_or_else(|| SendError::Unknown("Twilio's answer names no message.".into()))?;
    Ok(Receipt { external_ids: vec![sid.to_owned()], ..Receipt::default() })
}
