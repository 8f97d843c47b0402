//! What a message shows: its text, its files, and what Meta does not hand out.

use serde_json::{Value, json};

use super::{Product, media, wire};
use crate::{
    abilities::MediaKind,
    event::InboundMedia,
    message::{Kind, Part},
};

/// Messenger's thumb, in its three sizes.
const THUMBS: [&str; 3] = ["369239263222822", "369239343222814", "369239383222810"];

pub(super) struct Shown {
    pub kind: Kind,
    pub text: String,
    pub parts: Vec<Part>,
    pub media: Vec<InboundMedia>,
}

pub(super) fn of(message: &Value, product: Product) -> Shown {
    let mut shown = Shown {
        kind: Kind::Text,
        text: wire::text(message, &["text"]).unwrap_or_default(),
        parts: Vec::new(),
        media: Vec::new(),
    };
    if wire::flag(message, &["is_unsupported"]) {
        shown.unsupported("message", format!("{} does not hand out this kind of message.", product.name()));
        return shown;
    }
    if let Some(id) = wire::text(message, &["quick_reply", "payload"]) {
        let title = shown.text.clone();
        shown.kind = Kind::Interactive;
        shown.parts.push(Part::Choice { id, title, description: None, data: None });
    }
    for attachment in wire::list(message, &["attachments"]) {
        shown.attached(attachment);
    }
    if let Some(story) = wire::text(message, &["reply_to", "story", "url"]) {
        shown.file(MediaKind::Image, story);
        shown.kind = Kind::Text;
    }
    if shown.text.is_empty() && shown.parts.is_empty() && shown.media.is_empty() {
        shown.unsupported("message", format!("{} gave no content with this message.", product.name()));
    }
    shown
}

impl Shown {
    fn attached(&mut self, attachment: &Value) {
        let kind = wire::text(attachment, &["type"]).unwrap_or_default();
        let url = wire::text(attachment, &["payload", "url"]);
        let title = wire::text(attachment, &["payload", "title"])
            .or_else(|| wire::text(attachment, &["title"]))
            .or_else(|| wire::text(attachment, &["payload", "text"]));
        let sticker = wire::id(attachment, &["payload", "sticker_id"]);
        if sticker.is_some_and(|id| THUMBS.contains(&id.as_str())) {
            self.say("👍");
            return;
        }
        let stuck = wire::given(wire::at(attachment, &["payload"]), "sticker_id");
        match (kind.as_str(), url) {
            ("image" | "sticker", Some(url)) if stuck || kind == "sticker" => {
                self.file(MediaKind::Sticker, url)
            }
            ("image", Some(url)) => self.file(MediaKind::Image, url),
            ("video", Some(url)) => self.file(MediaKind::Video, url),
            ("audio", Some(url)) => self.file(MediaKind::Audio, url),
            ("file", Some(url)) => self.file(MediaKind::Document, url),
            ("story_mention", Some(url)) => {
                self.say("Mentioned you in their story");
                self.file(MediaKind::Image, url);
            }
            ("story_mention", None) => self.say("Mentioned you in their story"),
            ("reel" | "ig_reel" | "post" | "ig_post" | "share", Some(url)) => {
                self.say(title.as_deref().unwrap_or(shared(&kind)));
                self.linked(if kind.ends_with("reel") { MediaKind::Video } else { MediaKind::Image }, url);
            }
            ("location", _) => self.located(attachment, title),
            ("fallback" | "template", url) => {
                let link = url.or_else(|| wire::text(attachment, &["url"]));
                match (title, link) {
                    (None, None) => self.unsupported(&kind, "The card holds nothing to show.".to_owned()),
                    (title, link) => [title, link].into_iter().flatten().for_each(|line| self.say(&line)),
                }
            }
            ("ephemeral", _) => {
                self.unsupported("ephemeral", "A photo or video that may be seen only once.".to_owned());
            }
            ("appointment_booking", _) => {
                let when = wire::text(attachment, &["payload", "start_time"]);
                let when = when.or_else(|| wire::text(attachment, &["start_time"])).unwrap_or_default();
                self.unsupported(
                    "appointment_booking",
                    format!("An appointment was booked {when}").trim().to_owned(),
                );
            }
            ("", _) => self.unsupported("attachment", "An attachment without a type.".to_owned()),
            (_, Some(url)) => {
                self.say(title.as_deref().unwrap_or_default());
                self.linked(MediaKind::Document, url);
            }
            (other, None) => self.unsupported(other, format!("Meta gave no content with this ({other}).")),
        }
    }

    fn file(&mut self, kind: MediaKind, url: String) {
        if self.kind == Kind::Text {
            self.kind = kind.into();
        }
        self.media.push(InboundMedia {
            kind,
            reference: json!({ "url": url }),
            mime: None,
            file_name: None,
            size: None,
            sha256: None,
            width: None,
            height: None,
            duration_seconds: None,
            unavailable: None,
        });
    }

    /// What Meta's file servers hold is fetched; a page on facebook.com is only a link.
    fn linked(&mut self, kind: MediaKind, url: String) {
        if media::is_page(&url) { self.say(&url) } else { self.file(kind, url) }
    }

    /// Another line of the text, unless it is there.
    fn say(&mut self, line: &str) {
        if line.is_empty() || self.text.contains(line) {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
    }

    fn located(&mut self, attachment: &Value, name: Option<String>) {
        let place = |key| wire::number(attachment, &["payload", "coordinates", key]);
        let (Some(latitude), Some(longitude)) = (place("lat"), place("long")) else {
            self.unsupported("location", "A place without coordinates.".to_owned());
            return;
        };
        self.kind = Kind::Location;
        self.say(name.as_deref().unwrap_or_default());
        self.parts.push(Part::Location { latitude, longitude, name, address: None, live: false });
    }

    fn unsupported(&mut self, what: &str, detail: String) {
        if self.text.is_empty() && self.media.is_empty() {
            self.kind = Kind::Unsupported;
        }
        self.say(&detail);
        self.parts.push(Part::Unsupported { what: what.to_owned(), detail: Some(detail) });
    }
}

fn shared(kind: &str) -> &'static str {
    match kind {
        "reel" | "ig_reel" => "Shared a reel",
        _ => "Shared a post",
    }
}
