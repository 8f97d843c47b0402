//! What a letter can carry.

use crate::abilities::{Abilities, Markup, MediaAbility, MediaKind, Starts, TextAbility, Transport, Unit};

const MB: u64 = 1 << 20;
/// Most servers take 25 MB, of which base64 eats a quarter.
const FILE_MAX: u64 = 18 * MB;
const TEXT_MAX: usize = 100_000;

pub(super) fn abilities() -> Abilities {
    let kinds = [
        (MediaKind::Image, "image/*"),
        (MediaKind::Video, "video/*"),
        (MediaKind::Audio, "audio/*"),
        (MediaKind::Voice, "audio/*"),
        (MediaKind::Document, "*"),
    ];
    Abilities {
        text: TextAbility {
            max: TEXT_MAX,
            caption_max: TEXT_MAX,
            unit: Unit::Characters,
            markup: Markup::Html,
        },
        media: kinds
            .map(|(kind, mime)| MediaAbility { kind, mime: vec![mime], max_bytes: FILE_MAX, caption: true })
            .into(),
        attachments_per_message: 20,
        albums: vec![kinds.map(|(kind, _)| kind).into()],
        reply: true,
        can_start: Starts::Always,
        subject: true,
        cc: true,
        html: true,
        rate_per_second: 5,
        transport: Transport::Stream,
        ..Abilities::default()
    }
}
