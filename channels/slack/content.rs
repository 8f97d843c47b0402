//! What a message says: its text in the hub's form, and its files.

use serde_json::{Value, json};

use super::{emoji, read::text};
use crate::{
    abilities::{Markup, MediaKind},
    event::InboundMedia,
    markup,
    message::{Kind, Part},
};

pub(super) struct Content {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) parts: Vec<Part>,
    pub(super) media: Vec<InboundMedia>,
}

/// Depth to which blocks are looked into for their text.
const DEPTH: usize = 8;

pub(super) fn of(message: &Value) -> Content {
    let media: Vec<_> = list(message, "files").iter().map(file).collect();
    let written = text(message, "text").map(str::to_owned).unwrap_or_else(|| {
        let mut lines = Vec::new();
        collect(message.get("blocks").unwrap_or(&Value::Null), DEPTH, &mut lines);
        for attachment in list(message, "attachments") {
            let said = ["pretext", "title", "text"].into_iter().filter_map(|field| text(attachment, field));
            let before = lines.len();
            lines.extend(said.map(str::to_owned));
            if lines.len() == before {
                lines.extend(text(attachment, "fallback").map(str::to_owned));
            }
        }
        lines.join("\n")
    });
    let (text, format) = formatted(&written);
    let mut parts: Vec<_> = format.into_iter().collect();
    let kind = match media.first() {
        Some(file) => file.kind.into(),
        None if text.trim().is_empty() => {
            parts.push(Part::Unsupported { what: "message".to_owned(), detail: None });
            Kind::Unsupported
        }
        None => Kind::Text,
    };
    Content { kind, text, parts, media }
}

/// Slack's dialect in the hub's form.
pub(super) fn formatted(written: &str) -> (String, Option<Part>) {
    let marked = markup::read(&emoji::in_text(written), Markup::Slack);
    let part = marked.part();
    (marked.text, part)
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts inside blocks of another app, in their order.
fn collect(value: &Value, depth: usize, lines: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth - 1, lines)),
        Value::Object(fields) if text(value, "type") == Some("rich_text_section") => {
            let mut words = Vec::new();
            collect(fields.get("elements").unwrap_or(&Value::Null), depth - 1, &mut words);
            lines.push(words.concat());
        }
        Value::Object(fields) => {
            for name in ["text", "title", "fields", "elements"] {
                match fields.get(name) {
                    Some(Value::String(text)) if !text.is_empty() => lines.push(text.clone()),
                    Some(inner) => collect(inner, depth - 1, lines),
                    None => {}
                }
            }
        }
        _ => {}
    }
}

fn file(file: &Value) -> InboundMedia {
    let mime = text(file, "mimetype");
    let number = |field: &str| file.get(field).and_then(Value::as_u64);
    let small = |field: &str| number(field).and_then(|number| u32::try_from(number).ok());
    let address = text(file, "url_private_download").or_else(|| text(file, "url_private"));
    InboundMedia {
        kind: kind(file, mime),
        reference: json!({ "id": text(file, "id"), "url": address }),
        mime: mime.map(str::to_owned),
        file_name: text(file, "name").or_else(|| text(file, "title")).map(str::to_owned),
        size: number("size").filter(|size| *size > 0),
        sha256: None,
        width: small("original_w"),
        height: small("original_h"),
        duration_seconds: small("duration_ms").map(|milliseconds| milliseconds.div_ceil(1000)),
        unavailable: unavailable(file, address),
    }
}

fn kind(file: &Value, mime: Option<&str>) -> MediaKind {
    match text(file, "subtype") {
        Some("slack_audio") => return MediaKind::Voice,
        Some("slack_video") => return MediaKind::Video,
        _ => {}
    }
    match mime.and_then(|mime| mime.split('/').next()) {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

/// Files that Slack does not have, or no longer shows.
fn unavailable(file: &Value, address: Option<&str>) -> Option<String> {
    match text(file, "mode") {
        Some("tombstone") => Some("The file was deleted.".to_owned()),
        Some("hidden_by_limit") => Some("The workspace's plan no longer shows this file.".to_owned()),
        Some("external") => {
            let place = text(file, "external_url").or(address).unwrap_or("another place");
            Some(format!("The file is kept outside Slack: {place}"))
        }
        _ => None,
    }
}
