//! Texts and captions as Telegram takes them: measured after the markup is taken out.

use serde_json::{Map, Value, json};

use super::{call::Call, refused::Refused};

const TEXT_MAX: usize = 4096;
const CAPTION_MAX: usize = 1024;
const TAGS: [&str; 15] = [
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "a",
    "code",
    "pre",
    "span",
    "tg-spoiler",
    "blockquote",
];

pub(super) fn text(call: &Call) -> Result<Map<String, Value>, Refused> {
    let text = written(call, "text")?;
    if text.trim().is_empty() {
        return Err(Refused::bad("message text is empty"));
    }
    if text.encode_utf16().count() > TEXT_MAX {
        return Err(Refused::bad("message is too long"));
    }
    Ok(with_entities(call, "text", text, "entities"))
}

/// No caption is no field.
pub(super) fn caption(call: &Call) -> Result<Map<String, Value>, Refused> {
    let text = written(call, "caption")?;
    if text.encode_utf16().count() > CAPTION_MAX {
        return Err(Refused::bad("message caption is too long"));
    }
    if text.is_empty() {
        return Ok(Map::new());
    }
    Ok(with_entities(call, "caption", text, "caption_entities"))
}

fn with_entities(call: &Call, name: &str, text: String, entities: &str) -> Map<String, Value> {
    let units = text.encode_utf16().count() as u64;
    let mut fields = Map::from_iter([(name.to_owned(), json!(text))]);
    let inside = |entity: &Value| match (entity["offset"].as_u64(), entity["length"].as_u64()) {
        (Some(offset), Some(length)) => length > 0 && offset + length <= units,
        _ => false,
    };
    if let Some(Value::Array(mut list)) = call.json(entities) {
        // Telegram drops what lies outside of the text.
        list.retain(inside);
        if !list.is_empty() {
            fields.insert(entities.to_owned(), Value::Array(list));
        }
    }
    fields
}

fn written(call: &Call, name: &str) -> Result<String, Refused> {
    let text = call.text(name).unwrap_or_default();
    match call.text("parse_mode").unwrap_or_default().to_ascii_lowercase().as_str() {
        "html" => without_tags(text),
        _ => Ok(text.to_owned()),
    }
}

fn without_tags(html: &str) -> Result<String, Refused> {
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let offset = html.len() - rest.len() + at;
        let (tag, after) = rest[at + 1..].split_once('>').ok_or_else(|| {
            Refused::bad(&format!("can't parse entities: Unclosed start tag at byte offset {offset}"))
        })?;
        rest = after;
        match tag.strip_prefix('/') {
            Some(name) if open.last() == Some(&name) => {
                open.pop();
            }
            Some(_) => {
                let why = format!("can't parse entities: Unexpected end tag at byte offset {offset}");
                return Err(Refused::bad(&why));
            }
            None => {
                let name = tag.split_whitespace().next().unwrap_or_default();
                if !TAGS.contains(&name) {
                    let why = format!(
                        "can't parse entities: Unsupported start tag \"{name}\" at byte offset {offset}"
                    );
                    return Err(Refused::bad(&why));
                }
                open.push(name);
            }
        }
    }
    text.push_str(rest);
    if let Some(name) = open.last() {
        let why = format!("can't parse entities: Can't find end tag corresponding to start tag \"{name}\"");
        return Err(Refused::bad(&why));
    }
    Ok(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}
