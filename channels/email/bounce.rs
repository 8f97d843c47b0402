//! Letters that came back (RFC 3464): what became of one of ours.

use chrono::{DateTime, Utc};
use mail_parser::{Message, MessagePart, MimeHeaders};
use uuid::Uuid;

use super::address::clean;
use crate::{
    Refusal,
    error::NextStep,
    event::{StatusChange, What},
    message::MessageStatus,
};

/// `None` if it is no report on a delivery.
pub(super) fn read(message: &Message<'_>, at: DateTime<Utc>) -> Option<What> {
    let kind = message.content_type()?;
    if !message.is_content_type("multipart", "report") {
        return None;
    }
    let about = kind.attribute("report-type").unwrap_or_default().to_ascii_lowercase();
    if about == "disposition-notification" {
        return Some(What::Ignored { reason: "a receipt that the reader's program sent".to_owned() });
    }
    let report = message.parts.iter().find(|part| part.is_content_type("message", "delivery-status"))?;
    let report = text(message, report);
    let returned = message.parts.iter().rev().find(|part| {
        part.is_content_type("message", "rfc822") || part.is_content_type("text", "rfc822-headers")
    });
    let original = returned.and_then(|part| field(&text(message, part), "message-id"));
    let Some(original) = original.map(|id| id.trim_matches(['<', '>']).to_owned()) else {
        return Some(What::Ignored { reason: "a delivery report that names no letter".to_owned() });
    };
    let action = field(&report, "action").unwrap_or_default().to_ascii_lowercase();
    let status = match action.as_str() {
        "failed" => MessageStatus::Failed,
        "delivered" => MessageStatus::Delivered,
        other => return Some(What::Ignored { reason: format!("a delivery report: {other}") }),
    };
    let error = (status == MessageStatus::Failed).then(|| reason(&report));
    Some(What::Status(StatusChange {
        message_id: ours(&original),
        external_id: original,
        status,
        at,
        error,
        contact: None,
    }))
}

/// The hub's own id in one of its Message-IDs.
pub(super) fn ours(message_id: &str) -> Option<Uuid> {
    Uuid::parse_str(message_id.split('@').next()?).ok()
}

fn reason(report: &str) -> Refusal {
    let status = field(report, "status").unwrap_or_default();
    let said = field(report, "diagnostic-code").unwrap_or_default();
    let said = said.split_once(';').map_or(said.as_str(), |(_, said)| said).trim().to_owned();
    let (code, usual, next) = match status.split_whitespace().next().unwrap_or_default() {
        "5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10" | "5.2.1" => {
            ("recipient_unknown", "The address does not exist.", NextStep::FixRecipient)
        }
        "5.2.2" => ("mailbox_full", "The recipient's mailbox is full.", NextStep::Wait),
        "5.2.3" | "5.3.4" => {
            ("message_too_large", "The letter is too large for the recipient.", NextStep::FixContent)
        }
        code if code.starts_with("5.7") => {
            ("policy_refused", "The recipient's server refuses letters like this one.", NextStep::FixContent)
        }
        _ => ("bounced", "The letter came back.", NextStep::FixRecipient),
    };
    let detail = if said.is_empty() { usual.to_owned() } else { format!("{usual} {said}") };
    let refusal = Refusal::new(code, detail, next);
    if status.is_empty() { refusal } else { refusal.platform_code(status) }
}

fn text(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    if let Some(text) = part.text_contents() {
        return text.to_owned();
    }
    let (start, end) = (part.offset_body as usize, part.offset_end as usize);
    String::from_utf8_lossy(message.raw_message.get(start..end).unwrap_or(part.contents())).into_owned()
}

/// A field's value, with the lines that it goes on in.
fn field(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines();
    let first = lines.by_ref().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.trim().eq_ignore_ascii_case(name).then_some(value)
    })?;
    let more = lines.take_while(|line| line.starts_with([' ', '\t']));
    Some(clean(&std::iter::once(first).chain(more).collect::<Vec<_>>().join(" ")))
}
