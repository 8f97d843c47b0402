//! What a bot can do on Discord. Limits: <https://docs.discord.com/developers/resources/message>.

use super::send;
use crate::abilities::{
    Abilities, Buttons, List, Markup, MediaAbility, MediaKind, Reactions, Starts, TextAbility, Transport,
    Unit,
};

/// Of a file on a server that nobody has boosted.
const FILE_MAX: u64 = 10 << 20;

pub(super) fn abilities() -> Abilities {
    let kinds = [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::Voice, MediaKind::Document];
    let ability = |kind| {
        let mime = match kind {
            MediaKind::Image => "image/*",
            MediaKind::Video => "video/*",
            MediaKind::Audio | MediaKind::Voice => "audio/*",
            MediaKind::Document | MediaKind::Sticker => "*",
        };
        MediaAbility { kind, mime: vec![mime], max_bytes: FILE_MAX, caption: true }
    };
    Abilities {
        text: TextAbility {
            max: send::TEXT_MAX,
            caption_max: send::TEXT_MAX,
            unit: Unit::Characters,
            markup: Markup::Discord,
        },
        media: kinds.map(ability).to_vec(),
        attachments_per_message: send::FILES_MAX,
        albums: vec![kinds.to_vec()],
        reply: true,
        reactions: Reactions::Any,
        edit_seconds: Some(u32::MAX),
        delete_seconds: Some(u32::MAX),
        buttons: Some(Buttons {
            max: send::BUTTONS_MAX,
            title_max: send::BUTTON_TITLE_MAX,
            id_max: send::ID_MAX,
            body_max: send::TEXT_MAX,
            url: true,
        }),
        list: Some(List {
            max_rows: send::ROWS_MAX,
            title_max: send::ROW_TITLE_MAX,
            description_max: send::ROW_TITLE_MAX,
            body_max: send::TEXT_MAX,
        }),
        typing: true,
        can_start: Starts::Always,
        groups: true,
        // The bot's whole limit is 50 calls per second; its channels have buckets of their own.
        rate_per_second: 40,
        transport: Transport::Stream,
        ..Abilities::default()
    }
}
