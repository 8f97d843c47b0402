//! A letter's files. Those of a mailbox are fetched when they are needed, by the letter's number and the part's; those of a provider's
//! callback stand in the callback, and travel inside the reference.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{address::clean, bucket::Object, html::Pictures};
use crate::{FetchedMedia, Refusal, SendError, abilities::MediaKind, error::NextStep, event::InboundMedia};

/// A picture of the letter's HTML this small is ornament, and no file beside it.
const ORNAMENT_MAX: usize = 10 << 10;
/// Encoded bytes of a part beyond which it is left in the mailbox.
const KEPT: usize = 160 << 10;

/// Where a letter lies: what a file's reference is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub uid_validity: u32,
    pub uid: u32,
    #[serde(default, skip_serializing_if = "Folder::is_inbox")]
    pub folder: Folder,
}

/// From where a letter's files are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lies {
    Mailbox(Place),
    Bucket(Object),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Folder {
    #[default]
    Inbox,
    /// What was sent from the mailbox.
    Sent,
}

impl Folder {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    fn is_inbox(&self) -> bool {
        *self == Self::Inbox
    }
}

/// What `fetch_media` is given.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Reference {
    Mailbox { mailbox: Place, part: usize },
    Bucket { bucket: Object, part: usize },
    Inline { inline: String },
}

/// All parts that are neither the text nor shown inside it.
pub(super) fn media(
    message: &Message<'_>,
    lies: Option<&Lies>,
    shown: &Pictures,
    invited: bool,
) -> Vec<InboundMedia> {
    let mut media = Vec::new();
    for (index, part) in message.parts.iter().enumerate() {
        if is_file(message, index, part) && !is_ornament(part, shown) && !(invited && is_calendar(part)) {
            media.push(file(message, index, part, lies, media.len() + 1));
        }
    }
    media
}

pub(super) fn is_calendar(part: &MessagePart<'_>) -> bool {
    part.is_content_type("text", "calendar") || part.is_content_type("application", "ics")
}

fn is_file(message: &Message<'_>, index: usize, part: &MessagePart<'_>) -> bool {
    let body = u32::try_from(index)
        .is_ok_and(|id| message.text_body.contains(&id) || message.html_body.contains(&id));
    match part.body {
        PartType::Multipart(_) => false,
        PartType::Text(_) | PartType::Html(_) => index > 0 && !body,
        PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Message(_) => true,
    }
}

fn is_ornament(part: &MessagePart<'_>, shown: &Pictures) -> bool {
    let id = part.content_id().map(|id| id.trim_matches(['<', '>', ' ']));
    id.is_some_and(|id| shown.contains_key(id)) && part.contents().len() <= ORNAMENT_MAX
}

fn file(
    message: &Message<'_>,
    index: usize,
    part: &MessagePart<'_>,
    lies: Option<&Lies>,
    number: usize,
) -> InboundMedia {
    let mime = mime(part);
    let bytes = bytes(message, part);
    let reference = match lies {
        Some(Lies::Mailbox(mailbox)) => json!(Reference::Mailbox { mailbox: *mailbox, part: index }),
        Some(Lies::Bucket(bucket)) => json!(Reference::Bucket { bucket: bucket.clone(), part: index }),
        None => json!(Reference::Inline { inline: STANDARD.encode(bytes) }),
    };
    InboundMedia {
        kind: kind(&mime),
        reference,
        file_name: Some(name(part, &mime, number)),
        size: u64::try_from(bytes.len()).ok().filter(|size| *size > 0),
        mime: Some(mime),
        sha256: None,
        width: None,
        height: None,
        duration_seconds: None,
        unavailable: None,
    }
}

fn bytes<'m>(message: &'m Message<'_>, part: &'m MessagePart<'_>) -> &'m [u8] {
    match &part.body {
        PartType::Message(inner) => {
            let whole = message.raw_message.get(part.offset_body as usize..part.offset_end as usize);
            whole.filter(|bytes| !bytes.is_empty()).unwrap_or(&inner.raw_message)
        }
        _ => part.contents(),
    }
}

fn mime(part: &MessagePart<'_>) -> String {
    let given = part.content_type().and_then(|kind| {
        let mime = format!("{}/{}", kind.ctype(), kind.subtype()?).to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || "/.+-_".contains(c);
        (mime.len() <= 127 && mime.chars().all(plain)).then_some(mime)
    });
    given.unwrap_or_else(|| match part.body {
        PartType::Message(_) => "message/rfc822".to_owned(),
        PartType::Text(_) => "text/plain".to_owned(),
        PartType::Html(_) => "text/html".to_owned(),
        _ => "application/octet-stream".to_owned(),
    })
}

fn kind(mime: &str) -> MediaKind {
    match mime {
        "image/png" | "image/jpeg" | "image/jpg" | "image/gif" | "image/webp" => MediaKind::Image,
        mime if mime.starts_with("video/") => MediaKind::Video,
        mime if mime.starts_with("audio/") => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

/// Its own name, without the folders that some programs write, or one made of its place and type.
fn name(part: &MessagePart<'_>, mime: &str, number: usize) -> String {
    let given = part.attachment_name().map(clean).unwrap_or_default();
    let given = given.rsplit(['/', '\\']).next().unwrap_or_default().trim_matches('.').trim();
    if !given.is_empty() {
        return given.chars().take(200).collect();
    }
    let extension = match mime {
        "image/jpeg" => "jpg",
        "text/plain" => "txt",
        "text/calendar" => "ics",
        "message/rfc822" => "eml",
        "application/pgp-signature" => "asc",
        "application/octet-stream" => "bin",
        mime => mime.rsplit('/').next().filter(|word| word.len() <= 5).unwrap_or("bin"),
    };
    format!("attachment-{number}.{extension}")
}

/// One part of a whole letter.
pub(super) fn part(raw: &[u8], index: usize) -> Result<FetchedMedia, SendError> {
    let message = MessageParser::default().parse(raw).ok_or_else(gone)?;
    let part = message.parts.get(index).ok_or_else(gone)?;
    let mime = Some(mime(part));
    Ok(FetchedMedia { bytes: Bytes::copy_from_slice(bytes(&message, part)), mime, file_name: None })
}

pub(super) fn inline(reference: &Value) -> Result<Reference, SendError> {
    serde_json::from_value(reference.clone()).map_err(|_| gone())
}

pub(super) fn decoded(inline: &str) -> Result<FetchedMedia, SendError> {
    let bytes = STANDARD.decode(inline).map_err(|_| gone())?;
    Ok(FetchedMedia { bytes: bytes.into(), mime: None, file_name: None })
}

pub(super) fn gone() -> SendError {
    let detail = "The file is not in the mailbox any more.";
    SendError::Refused(Refusal::new("media_unavailable", detail, NextStep::None))
}

/// The letter without the contents of its large files: what the flight recorder keeps. Parts keep their places and numbers.
pub(super) fn without_large_files(raw: &[u8]) -> Vec<u8> {
    let Some(message) = MessageParser::default().parse(raw) else { return raw.to_vec() };
    let mut kept = Vec::new();
    let mut at = 0;
    for (index, part) in message.parts.iter().enumerate() {
        let (start, end) = (part.offset_body as usize, part.offset_end as usize);
        let large = end.saturating_sub(start) > KEPT && end <= raw.len() && start >= at;
        if large && is_file(&message, index, part) {
            kept.extend_from_slice(&raw[at..start]);
            at = end;
        }
    }
    kept.extend_from_slice(&raw[at..]);
    kept
}
