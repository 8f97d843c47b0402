//! What is in a message: its text with readable mentions, files, stickers, cards, polls, what was forwarded.

use serde_json::Value;
use serenity::model::channel::MessageFlags;

use super::{media, wire};
use crate::{
    abilities::Markup,
    event::InboundMedia,
    markup::{self, Marked},
    message::{Kind, Part},
};

/// Components deeper than this are not looked at.
const DEPTH_MAX: usize = 8;
/// The bit of a message whose text stands in its components.
const COMPONENTS_V2: u64 = 1 << 15;

pub(super) struct Content {
    pub kind: Kind,
    pub text: String,
    pub parts: Vec<Part>,
    pub media: Vec<InboundMedia>,
    pub forwarded: bool,
    /// Nothing of it can be shown.
    pub empty: bool,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            kind: Kind::Text,
            text: String::new(),
            parts: Vec::new(),
            media: Vec::new(),
            forwarded: false,
            empty: false,
        }
    }
}

pub(super) fn read(message: &Value) -> Content {
    let snapshot = wire::list(message, "message_snapshots").first().map(|one| wire::field(one, "message"));
    let forwarded = snapshot.is_some();
    let source = snapshot.unwrap_or(message);
    let mut text = words(source, message);
    cards(source, &mut text);
    if wire::number(source, "flags").unwrap_or_default() & COMPONENTS_V2 != 0 {
        displayed(wire::list(source, "components"), &mut text, 0);
    }
    let voice = wire::flags(source).contains(MessageFlags::IS_VOICE_MESSAGE);
    let channel = wire::id(message, "channel_id").unwrap_or_default();
    let id = wire::id(message, "id").unwrap_or_default();
    let mut files: Vec<_> = wire::list(source, "attachments")
        .iter()
        .filter_map(|one| media::attachment(one, &channel, &id, voice))
        .collect();
    files.extend(wire::list(source, "sticker_items").iter().filter_map(media::sticker));
    let mut parts: Vec<Part> = text.part().into_iter().collect();
    let poll = poll(wire::field(source, "poll"));
    if let Some(Part::Poll { question, .. }) = &poll {
        line(&mut text, question);
    }
    parts.extend(poll);
    let kind = files.first().map_or(
        if parts.iter().any(|part| matches!(part, Part::Poll { .. })) {
            Kind::Interactive
        } else {
            Kind::Text
        },
        |file| Kind::from(file.kind),
    );
    let polled = kind == Kind::Interactive;
    let empty = text.text.trim().is_empty() && files.is_empty() && !polled;
    if empty {
        parts.push(Part::Unsupported { what: "message without content".to_owned(), detail: None });
    }
    let kind = if empty { Kind::Unsupported } else { kind };
    Content { kind, text: text.text, parts, media: files, forwarded, empty }
}

/// With names where Discord writes ids.
fn words(source: &Value, message: &Value) -> Marked {
    let people = wire::list(source, "mentions").iter().chain(wire::list(message, "mentions"));
    let people: Vec<(String, String)> = people
        .filter_map(|user| {
            let party = wire::party(user, wire::field(user, "member"))?;
            Some((party.ids[0].key.clone(), party.name?))
        })
        .collect();
    let name = |id: &str| people.iter().find(|(one, _)| one == id).map(|(_, name)| name.clone());
    markup::read(wire::text(source, "content"), Markup::Discord).with_names(name)
}

fn line(text: &mut Marked, more: &str) {
    if more.trim().is_empty() {
        return;
    }
    if !text.text.is_empty() {
        text.push(&Marked::plain("\n"));
    }
    text.push(&markup::read(more, Markup::Discord));
}

/// Cards that somebody wrote; what Discord shows of a link by itself is left out.
fn cards(source: &Value, text: &mut Marked) {
    let rich = wire::list(source, "embeds").iter().filter(|card| wire::text(card, "type") == "rich");
    for card in rich {
        line(text, wire::text(wire::field(card, "author"), "name"));
        line(text, wire::text(card, "title"));
        line(text, wire::text(card, "description"));
        for field in wire::list(card, "fields") {
            line(text, &format!("{}: {}", wire::text(field, "name"), wire::text(field, "value")));
        }
        line(text, wire::text(wire::field(card, "footer"), "text"));
        line(text, wire::text(card, "url"));
    }
}

/// Text displays, however deep in sections and containers.
fn displayed(components: &[Value], text: &mut Marked, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    for one in components {
        line(text, wire::text(one, "content"));
        displayed(wire::list(one, "components"), text, depth + 1);
    }
}

fn poll(poll: &Value) -> Option<Part> {
    let question = wire::filled(wire::field(poll, "question"), "text")?;
    let options = wire::list(poll, "answers").iter();
    let options =
        options.filter_map(|answer| wire::filled(wire::field(answer, "poll_media"), "text")).collect();
    Some(Part::Poll { question, options })
}
