//! What a message says: its kind, the text that is shown and searched, its parts and files.

use serde_json::{Value, json};

use super::{errors, wire};
use crate::{
    abilities::{Markup, MediaKind},
    event::InboundMedia,
    markup,
    message::{Kind, OrderItem, Part},
};

/// The places of a location fit a title; the whole is kept in its part.
const TITLE_MAX: usize = 255;

#[derive(Debug)]
pub(super) struct Shown {
    pub kind: Kind,
    pub text: String,
    pub parts: Vec<Part>,
    pub media: Vec<InboundMedia>,
}

impl Shown {
    fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), parts: Vec::new(), media: Vec::new() }
    }

    /// What people wrote, in WhatsApp's marks.
    fn formatted(kind: Kind, text: &str) -> Self {
        let marked = markup::read(text, Markup::Whatsapp);
        let parts = marked.part().into_iter().collect();
        Self { kind, text: marked.text, parts, media: Vec::new() }
    }

    fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }
}

/// Always something visible: content that is missing or of an unknown type says so, with the platform's own words.
pub(super) fn shown(content: &wire::Content, faults: &[wire::Fault]) -> Shown {
    known(content, faults).unwrap_or_else(|| unsupported(content, faults))
}

fn known(content: &wire::Content, faults: &[wire::Fault]) -> Option<Shown> {
    match content.kind.as_deref()? {
        "text" => Some(Shown::formatted(Kind::Text, content.text.as_ref()?.body.as_deref()?)),
        "image" => file(MediaKind::Image, content.image.as_ref(), faults),
        "video" => file(MediaKind::Video, content.video.as_ref(), faults),
        "audio" | "voice" => {
            let audio = content.audio.as_ref();
            let voice = audio.is_some_and(|audio| audio.voice);
            file(if voice { MediaKind::Voice } else { MediaKind::Audio }, audio, faults)
        }
        "document" => file(MediaKind::Document, content.document.as_ref(), faults),
        "sticker" => file(MediaKind::Sticker, content.sticker.as_ref(), faults),
        "location" => location(content.location.as_ref()?),
        "contacts" if !content.contacts.is_empty() => Some(cards(&content.contacts)),
        "interactive" => interactive(content.interactive.as_ref()?),
        "button" => pressed(content.button.as_ref()?),
        "order" => content.order.as_ref().map(order),
        _ => None,
    }
}

fn file(kind: MediaKind, media: Option<&wire::Media>, faults: &[wire::Fault]) -> Option<Shown> {
    let reference = media.and_then(|media| media.id.as_deref()).map(|id| json!({ "id": id }));
    let fault = faults.first().map(errors::words);
    if reference.is_none() && fault.is_none() {
        return None;
    }
    let caption = media.and_then(|media| media.caption.clone());
    // Where there is no file, its place says why.
    let caption = caption.or_else(|| fault.clone().filter(|_| reference.is_none())).unwrap_or_default();
    let mut shown = Shown::formatted(kind.into(), &caption);
    shown.media.push(InboundMedia {
        kind,
        unavailable: if reference.is_none() { fault } else { None },
        reference: reference.unwrap_or(Value::Null),
        mime: media.and_then(|media| media.mime_type.clone()),
        file_name: media.and_then(|media| media.filename.clone()),
        size: None,
        sha256: media.and_then(|media| media.sha256.as_deref()).and_then(super::media::sha256_hex),
        width: None,
        height: None,
        duration_seconds: None,
    });
    Some(shown)
}

fn location(place: &wire::Location) -> Option<Shown> {
    let (latitude, longitude) = (place.latitude?, place.longitude?);
    let words = [&place.name, &place.address, &place.url].into_iter().flatten().take(2);
    let title = words.map(String::as_str).collect::<Vec<_>>().join(", ");
    let shown = Shown::new(Kind::Location, title.chars().take(TITLE_MAX).collect::<String>());
    let (name, address) = (place.name.clone(), place.address.clone());
    Some(shown.with(Part::Location { latitude, longitude, name, address, live: false }))
}

fn cards(cards: &[wire::Card]) -> Shown {
    let mut lines = Vec::new();
    let mut parts = Vec::new();
    for card in cards {
        let phones: Vec<String> = card.phones.iter().filter_map(phone).collect();
        let emails: Vec<String> = card.emails.iter().filter_map(|email| email.email.clone()).collect();
        let name = card_name(card).or_else(|| phones.first().or(emails.first()).cloned()).unwrap_or_default();
        let words = std::iter::once(&name).chain(phones.iter().filter(|phone| **phone != name));
        lines.push(words.map(String::as_str).collect::<Vec<_>>().join(", "));
        parts.push(Part::Contact { name, phones, emails, organization: card.org.company.clone() });
    }
    Shown { parts, ..Shown::new(Kind::Contacts, lines.join("\n").trim()) }
}

fn phone(phone: &wire::CardPhone) -> Option<String> {
    phone.phone.clone().or_else(|| phone.wa_id.as_ref().map(|digits| format!("+{digits}")))
}

fn card_name(card: &wire::Card) -> Option<String> {
    let names = [&card.name.first_name, &card.name.last_name];
    let both = names.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    card.name.formatted_name.clone().or(Some(both)).filter(|name| !name.is_empty())
}

fn interactive(reply: &wire::Interactive) -> Option<Shown> {
    match reply.kind.as_deref()? {
        "button_reply" => choice(reply.button_reply.as_ref()?),
        "list_reply" => choice(reply.list_reply.as_ref()?),
        "nfm_reply" => Some(form(reply.nfm_reply.as_ref()?)),
        "call_permission_reply" => Some(call_permission(reply.call_permission_reply.as_ref()?)),
        _ => None,
    }
}

fn choice(reply: &wire::Reply) -> Option<Shown> {
    let title = reply.title.clone().or_else(|| reply.id.clone())?;
    Some(Shown::new(Kind::Interactive, title.clone()).with(Part::Choice {
        id: reply.id.clone().unwrap_or_default(),
        title,
        description: reply.description.clone(),
        data: None,
    }))
}

fn form(reply: &wire::FormReply) -> Shown {
    let data = match &reply.response_json {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        other => other.clone(),
    };
    let title = reply.body.clone().or_else(|| reply.name.clone()).unwrap_or_else(|| "Form".into());
    Shown::new(Kind::Interactive, title.clone()).with(Part::Choice {
        id: reply.name.clone().unwrap_or_default(),
        title,
        description: None,
        data: Some(data).filter(|data| !data.is_null()),
    })
}

fn call_permission(reply: &Value) -> Shown {
    let response = reply.get("response").and_then(Value::as_str).unwrap_or("unknown");
    let title = match response {
        "accept" => "Calls are allowed",
        "reject" => "Calls are not allowed",
        _ => "Call permission changed",
    };
    Shown::new(Kind::Interactive, title).with(Part::Choice {
        id: format!("call_permission:{response}"),
        title: title.into(),
        description: None,
        data: Some(reply.clone()),
    })
}

fn pressed(button: &wire::ButtonPress) -> Option<Shown> {
    let title = button.text.clone().or_else(|| button.payload.clone())?;
    Some(Shown::new(Kind::Interactive, title.clone()).with(Part::Choice {
        id: button.payload.clone().unwrap_or_default(),
        title,
        description: None,
        data: None,
    }))
}

fn order(order: &wire::Order) -> Shown {
    let items: Vec<OrderItem> = order.product_items.iter().map(order_item).collect();
    let text = order.text.clone().unwrap_or_else(|| {
        items
            .iter()
            .map(|item| format!("{} × {} ({} {})", item.quantity, item.id, item.price, item.currency))
            .collect::<Vec<_>>()
            .join("\n")
    });
    Shown::new(Kind::Interactive, text).with(Part::Order { catalog_id: order.catalog_id.clone(), items })
}

fn order_item(product: &wire::Product) -> OrderItem {
    OrderItem {
        id: product.product_retailer_id.clone().unwrap_or_default(),
        quantity: product.quantity.unwrap_or(1.0),
        price: product.item_price.clone().unwrap_or_default(),
        currency: product.currency.clone().unwrap_or_default(),
    }
}

fn unsupported(content: &wire::Content, faults: &[wire::Fault]) -> Shown {
    let kind = content.kind.as_deref().unwrap_or("unknown");
    let what = match kind {
        "unsupported" | "unknown" => content.unsupported.as_ref().and_then(|inner| inner.kind.as_deref()),
        "interactive" => content.interactive.as_ref().and_then(|inner| inner.kind.as_deref()),
        _ => None,
    };
    let what = what.unwrap_or(kind).to_owned();
    let detail = faults.first().map(errors::words);
    let text = detail.clone().unwrap_or_else(|| format!("Unsupported message ({what})"));
    Shown::new(Kind::Unsupported, text).with(Part::Unsupported { what, detail })
}
