//! What a message says: text, files, a place, a choice.

use serde_json::{Value, json};

use super::super::{number::Address, wire::Fields};
use crate::{
    abilities::MediaKind,
    event::InboundMedia,
    message::{Kind, Part},
};

/// Files that are looked for where the callback does not say how many there are.
const FILES_MAX: usize = 20;

#[derive(Debug)]
pub(super) struct Content {
    pub kind: Kind,
    pub text: String,
    pub parts: Vec<Part>,
    pub media: Vec<InboundMedia>,
}

/// `None` if the callback holds nothing that a person could have sent.
pub(super) fn content(fields: &Fields) -> Option<Content> {
    let body = fields.raw("Body");
    let media = media(fields);
    let place = place(fields);
    let choice = choice(fields);
    if body.is_none() && media.is_empty() && place.is_none() && choice.is_none() {
        return None;
    }
    let mut text = body.unwrap_or_default().to_owned();
    if text.trim().is_empty() {
        text = shown(place.as_ref().or(choice.as_ref()));
    }
    let kind = match (&place, &choice, media.first()) {
        (Some(_), ..) => Kind::Location,
        (_, Some(_), _) => Kind::Interactive,
        (_, _, Some(file)) => file.kind.into(),
        _ if text.trim().is_empty() => Kind::Unsupported,
        _ => Kind::Text,
    };
    let mut parts: Vec<Part> = place.into_iter().chain(choice).collect();
    if kind == Kind::Unsupported {
        let what = fields.text("MessageType").unwrap_or("empty").to_owned();
        parts.push(Part::Unsupported { what, detail: None });
    }
    Some(Content { kind, text, parts, media })
}

fn media(fields: &Fields) -> Vec<InboundMedia> {
    (0..FILES_MAX)
        .filter_map(|at| {
            let url = fields.text(&format!("MediaUrl{at}"))?;
            let mime = fields.text(&format!("MediaContentType{at}"));
            Some(InboundMedia {
                kind: media_kind(fields, mime.unwrap_or_default()),
                reference: json!({ "url": url }),
                mime: mime.map(str::to_owned),
                file_name: None,
                size: None,
                sha256: None,
                width: None,
                height: None,
                duration_seconds: None,
                unavailable: None,
            })
        })
        .collect()
}

fn media_kind(fields: &Fields, mime: &str) -> MediaKind {
    let whatsapp = fields.text("From").is_some_and(|from| Address::parse(from).prefix.is_some());
    let of = |family: &str| mime.starts_with(family);
    match fields.text("MessageType") {
        Some("sticker") => MediaKind::Sticker,
        _ if of("image/") => MediaKind::Image,
        _ if of("video/") => MediaKind::Video,
        _ if of("audio/ogg") && whatsapp => MediaKind::Voice,
        _ if of("audio/") => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

fn place(fields: &Fields) -> Option<Part> {
    let coordinate = |name: &str, most: f64| {
        fields.number::<f64>(name).filter(|value| value.is_finite() && value.abs() <= most)
    };
    Some(Part::Location {
        latitude: coordinate("Latitude", 90.0)?,
        longitude: coordinate("Longitude", 180.0)?,
        name: fields.text("Label").map(str::to_owned),
        address: fields.text("Address").map(str::to_owned),
        live: false,
    })
}

/// A pressed button, a chosen row, a filled-in form.
fn choice(fields: &Fields) -> Option<Part> {
    let data = fields
        .any(&["FlowData", "InteractiveData"])
        .map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())));
    let id = fields.any(&["ButtonPayload", "ListId"]);
    let title = fields.any(&["ButtonText", "ListTitle"]);
    if id.is_none() && title.is_none() && data.is_none() {
        return None;
    }
    let title = title.or(id).or_else(|| fields.text("Body")).unwrap_or("A form was filled in").to_owned();
    Some(Part::Choice {
        id: id.unwrap_or_default().to_owned(),
        title,
        description: fields.text("ListDescription").map(str::to_owned),
        data,
    })
}

fn shown(part: Option<&Part>) -> String {
    match part {
        Some(Part::Location { latitude, longitude, name, address, .. }) => {
            let words: Vec<&str> = [name, address].into_iter().flatten().map(String::as_str).collect();
            if words.is_empty() { format!("{latitude}, {longitude}") } else { words.join(", ") }
        }
        Some(Part::Choice { title, .. }) => title.clone(),
        _ => String::new(),
    }
}

/// The advertisement on which the customer came, as WhatsApp names its fields; nothing without the advertisement's id.
pub(super) fn referral(fields: &Fields) -> Option<Value> {
    fields.text("ReferralSourceId")?;
    let names = [
        ("source_id", "ReferralSourceId"),
        ("source_type", "ReferralSourceType"),
        ("source_url", "ReferralSourceUrl"),
        ("headline", "ReferralHeadline"),
        ("body", "ReferralBody"),
        ("media_url", "ReferralMediaUrl"),
        ("media_type", "ReferralMediaContentType"),
        ("ctwa_clid", "ReferralCtwaClid"),
    ];
    let told =
        names.into_iter().filter_map(|(ours, theirs)| Some((ours.to_owned(), json!(fields.text(theirs)?))));
    Some(Value::Object(told.collect()))
}
