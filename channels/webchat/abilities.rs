//! What the chat window shows.

use crate::abilities::{
    Abilities, Buttons, List, Markup, MediaAbility, MediaKind, Reactions, Starts, TextAbility, Transport,
    Unit,
};

const MB: u64 = 1 << 20;
const TEXT_MAX: usize = 10_000;
const FILE_MAX: u64 = 100 * MB;

pub(super) fn abilities() -> Abilities {
    Abilities {
        text: TextAbility {
            max: TEXT_MAX,
            caption_max: TEXT_MAX,
            unit: Unit::Characters,
            markup: Markup::Telegram,
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
        // Nothing is handed over: the window fetches files from the hub.
        media_by_link: true,
        reply: true,
        reactions: Reactions::None,
        edit_seconds: Some(u32::MAX),
        delete_seconds: Some(u32::MAX),
        buttons: Some(Buttons { max: 10, title_max: 80, id_max: 200, body_max: TEXT_MAX, url: true }),
        list: Some(List { max_rows: 20, title_max: 80, description_max: 200, body_max: TEXT_MAX }),
        location: true,
        read_receipts: true,
        typing: true,
        statuses: true,
        can_start: Starts::Never,
        rate_per_second: 500,
        transport: Transport::Webhook,
        ..Abilities::default()
    }
}

fn media() -> Vec<MediaAbility> {
    let ability = |kind, mime| MediaAbility { kind, mime: vec![mime], max_bytes: FILE_MAX, caption: true };
    vec![
        ability(MediaKind::Image, "image/*"),
        ability(MediaKind::Video, "video/*"),
        ability(MediaKind::Audio, "audio/*"),
        ability(MediaKind::Voice, "audio/*"),
        ability(MediaKind::Document, "*"),
    ]
}
