//! What a connected system is asked to be able to do. It is told of everything and may pass over what it cannot show.

use crate::abilities::{
    Abilities, Buttons, List, Markup, MediaAbility, MediaKind, Reactions, Starts, TextAbility, Transport,
    Unit,
};

const MB: u64 = 1 << 20;
const TEXT_MAX: usize = 16_000;

pub(super) fn abilities() -> Abilities {
    Abilities {
        text: TextAbility {
            max: TEXT_MAX,
            caption_max: TEXT_MAX,
            unit: Unit::Characters,
            markup: Markup::Plain,
        },
        media: media(),
        attachments_per_message: 10,
        albums: vec![vec![
            MediaKind::Image,
            MediaKind::Video,
            MediaKind::Audio,
            MediaKind::Voice,
            MediaKind::Document,
        ]],
        media_by_link: true,
        reply: true,
        reactions: Reactions::Any,
        edit_seconds: Some(u32::MAX),
        delete_seconds: Some(u32::MAX),
        buttons: Some(Buttons { max: 10, title_max: 80, id_max: 200, body_max: TEXT_MAX, url: true }),
        list: Some(List { max_rows: 50, title_max: 80, description_max: 200, body_max: TEXT_MAX }),
        templates: false,
        location: true,
        contacts: false,
        read_receipts: true,
        typing: true,
        statuses: true,
        window_hours: None,
        can_start: Starts::Always,
        groups: false,
        rate_per_second: 50,
        transport: Transport::Webhook,
        ..Abilities::default()
    }
}

fn media() -> Vec<MediaAbility> {
    let ability = |kind, mime| MediaAbility { kind, mime: vec![mime], max_bytes: 100 * MB, caption: true };
    vec![
        ability(MediaKind::Image, "image/*"),
        ability(MediaKind::Video, "video/*"),
        ability(MediaKind::Audio, "audio/*"),
        ability(MediaKind::Voice, "audio/*"),
        ability(MediaKind::Document, "*"),
    ]
}
