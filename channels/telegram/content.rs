//! What a message says: its kind, text, parts and files.

use serde_json::{Value, json};

use super::{
    format, party, service,
    wire::{Entity, File, Location, Message, Rest},
};
use crate::{
    abilities::MediaKind,
    event::InboundMedia,
    message::{Kind, Part},
};

/// Bots cannot download larger files: <https://core.telegram.org/bots/api#getfile>.
pub(super) const DOWNLOAD_MAX: u64 = 20 << 20;

#[derive(Debug)]
pub(super) struct Content {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) parts: Vec<Part>,
    pub(super) media: Vec<InboundMedia>,
}

/// Fields that say something about a message but are not what it says.
const CIRCUMSTANCES: [&str; 18] = [
    "effect_id",
    "guest_bot_caller_chat",
    "guest_bot_caller_user",
    "guest_query_id",
    "has_media_spoiler",
    "has_protected_content",
    "is_from_offline",
    "is_paid_post",
    "link_preview_options",
    "paid_star_count",
    "reply_to_checklist_task_id",
    "reply_to_poll_option_id",
    "reply_to_story",
    "sender_boost_count",
    "sender_tag",
    "show_caption_above_media",
    "suggested_post_info",
    "via_bot",
];

pub(super) fn of(message: &Message) -> Content {
    written(message)
        .or_else(|| files(message))
        .or_else(|| structured(message))
        .or_else(|| service::of(&message.rest))
        .unwrap_or_else(|| unsupported(message))
}

fn written(message: &Message) -> Option<Content> {
    let text = message.text.0.clone()?;
    let parts = formatted(&text, &message.entities);
    Some(Content { kind: Kind::Text, text, parts, media: Vec::new() })
}

fn formatted(text: &str, entities: &[Entity]) -> Vec<Part> {
    let ranges = format::ranges(text, entities);
    if ranges.is_empty() { Vec::new() } else { vec![Part::Format { ranges }] }
}

/// Photos, films, sounds, documents and stickers, with their caption. Order matters: an animation is also given as a
/// document, a live photo also as a photo.
fn files(message: &Message) -> Option<Content> {
    let area = |size: &&File| u64::from(size.width.unwrap_or(0)) * u64::from(size.height.unwrap_or(0));
    let photo = || message.photo.iter().max_by_key(area);
    let (kind, file) = if let Some(file) = message.animation.as_ref() {
        (MediaKind::Video, file)
    } else if let Some(file) = photo() {
        (MediaKind::Image, file)
    } else if let Some(file) = message.live_photo.as_ref().or(message.video.as_ref()) {
        (MediaKind::Video, file)
    } else if let Some(file) = message.video_note.as_ref() {
        (MediaKind::Video, file)
    } else if let Some(file) = message.voice.as_ref() {
        (MediaKind::Voice, file)
    } else if let Some(file) = message.audio.as_ref() {
        (MediaKind::Audio, file)
    } else if let Some(file) = message.sticker.as_ref() {
        (MediaKind::Sticker, file)
    } else {
        (MediaKind::Document, message.document.as_ref()?)
    };
    let mut media = vec![medium(kind, file)];
    if let Some(film) = message.live_photo.as_ref().filter(|_| kind == MediaKind::Image) {
        media.push(medium(MediaKind::Video, film));
    }
    let caption = message.caption.text();
    let text = match kind {
        MediaKind::Sticker => file.emoji.text().to_owned(),
        MediaKind::Audio if caption.is_empty() => party::track(file).unwrap_or_default(),
        _ => caption.to_owned(),
    };
    let parts = formatted(caption, &message.caption_entities);
    Some(Content { kind: kind.into(), text, parts, media })
}

fn medium(kind: MediaKind, file: &File) -> InboundMedia {
    let size = file.file_size.0;
    InboundMedia {
        kind,
        reference: json!({ "file_id": file.file_id.text() }),
        mime: file.mime_type.0.clone().or_else(|| mime(kind, file).map(str::to_owned)),
        file_name: file.file_name.0.clone(),
        size,
        sha256: None,
        width: file.width.0.or(file.length.0),
        height: file.height.0.or(file.length.0),
        duration_seconds: file.duration.0,
        unavailable: unavailable(file),
    }
}

fn unavailable(file: &File) -> Option<String> {
    if file.file_id.text().is_empty() {
        return Some("Telegram gave no reference to this file.".to_owned());
    }
    let size = file.file_size.0.filter(|size| *size > DOWNLOAD_MAX)?;
    Some(format!("Telegram gives bots files of up to 20 MB; this one has {} MB.", size.div_ceil(1 << 20)))
}

/// Photos, stickers and round films always come in one format, and so without a type.
fn mime(kind: MediaKind, file: &File) -> Option<&'static str> {
    match kind {
        MediaKind::Image => Some("image/jpeg"),
        MediaKind::Sticker if file.is_animated.is_true() => Some("application/x-tgsticker"),
        MediaKind::Sticker if file.is_video.is_true() => Some("video/webm"),
        MediaKind::Sticker => Some("image/webp"),
        MediaKind::Video => Some("video/mp4"),
        MediaKind::Voice => Some("audio/ogg"),
        MediaKind::Audio | MediaKind::Document => None,
    }
}

/// Places, contacts, polls and dice.
fn structured(message: &Message) -> Option<Content> {
    let content = |kind, text: String, part: Option<Part>| {
        Some(Content { kind, text, parts: part.into_iter().collect(), media: Vec::new() })
    };
    if let Some(venue) = message.venue.as_ref() {
        let place = venue.location.as_ref().or(message.location.as_ref())?;
        let (name, address) = (party::filled(venue.title.text()), party::filled(venue.address.text()));
        let text = [name.clone(), address.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ");
        return content(Kind::Location, text, Some(location(place, name, address)?));
    }
    if let Some(place) = message.location.as_ref() {
        return content(Kind::Location, String::new(), Some(location(place, None, None)?));
    }
    if let Some(contact) = message.contact.as_ref() {
        let card = party::card(contact);
        let Part::Contact { name, .. } = &card else { return None };
        return content(Kind::Contacts, name.clone(), Some(card));
    }
    if let Some(poll) = message.poll.as_ref() {
        let question = poll.question.text().to_owned();
        let options = poll.options.iter().map(|option| option.text.text().to_owned()).collect();
        return content(Kind::Interactive, question.clone(), Some(Part::Poll { question, options }));
    }
    let dice = message.dice.as_ref()?;
    content(Kind::Text, format!("{} {}", dice.emoji.text(), dice.value.0?), None)
}

fn location(place: &Location, name: Option<String>, address: Option<String>) -> Option<Part> {
    Some(Part::Location {
        latitude: place.latitude.0?,
        longitude: place.longitude.0?,
        name,
        address,
        live: place.live_period.0.is_some(),
    })
}

/// What Telegram knows and the hub cannot show, under Telegram's own name for it.
fn unsupported(message: &Message) -> Content {
    let found = message.rest.iter().find(|(name, _)| !CIRCUMSTANCES.contains(&name.as_str()));
    let what = found.map_or("empty_message", |(name, _)| name.as_str()).to_owned();
    let said = found.map(|(_, value)| gathered(value)).filter(|text| !text.is_empty());
    let text = party::filled(message.caption.text()).or_else(|| said.clone()).unwrap_or_default();
    let kind = if what == "rich_message" && said.is_some() { Kind::Text } else { Kind::Unsupported };
    let detail = (kind == Kind::Unsupported).then_some(said).flatten();
    Content { kind, text, parts: vec![Part::Unsupported { what, detail }], media: Vec::new() }
}

/// The words inside an unknown object, in order and one line each.
fn gathered(value: &Value) -> String {
    let mut lines = Vec::new();
    gather(value, false, &mut lines);
    lines.retain(|line: &String| !line.trim().is_empty());
    lines.join("\n")
}

/// Fields with words for people, in the order in which people read them.
const SPOKEN: [&str; 6] = ["title", "question", "caption", "text", "description", "prize_description"];

fn gather(value: &Value, speaks: bool, lines: &mut Vec<String>) {
    match value {
        Value::String(text) if speaks => lines.push(text.clone()),
        // Pieces of one running text follow each other without a break.
        Value::Array(items) if speaks => {
            let mut pieces = Vec::new();
            items.iter().for_each(|item| gather(item, true, &mut pieces));
            lines.push(pieces.concat());
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, false, lines)),
        Value::Object(fields) => {
            for value in SPOKEN.iter().filter_map(|name| fields.get(*name)) {
                gather(value, true, lines);
            }
            let silent =
                |name: &str| SPOKEN.contains(&name) || matches!(name, "chat" | "chats" | "user" | "sticker");
            fields
                .iter()
                .filter(|(name, _)| !silent(name))
                .for_each(|(_, value)| gather(value, false, lines));
        }
        _ => {}
    }
}

/// A value below an unknown field, for the service lines.
pub(super) fn text_at<'a>(rest: &'a Rest<Value>, field: &str, name: &str) -> Option<&'a str> {
    rest.get(field)?.get(name)?.as_str()
}
