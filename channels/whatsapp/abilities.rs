//! What WhatsApp can do, as Meta documents it.

use super::{
    account::STANDARD_PACE,
    interactive::{
        BODY_MAX, BUTTON_ID_MAX, BUTTON_TITLE_MAX, BUTTONS_MAX, ROW_DESCRIPTION_MAX, ROW_TITLE_MAX, ROWS_MAX,
    },
    send::{CAPTION_MAX, TEXT_MAX},
};
use crate::abilities::{
    Abilities, Buttons, List, Markup, MediaAbility, MediaKind, Reactions, Starts, TextAbility, Transport,
    Unit,
};

pub(super) fn abilities() -> Abilities {
    Abilities {
        text: TextAbility {
            max: TEXT_MAX,
            caption_max: CAPTION_MAX,
            unit: Unit::Characters,
            markup: Markup::Whatsapp,
        },
        media: media(),
        attachments_per_message: 1,
        albums: Vec::new(),
        media_by_link: false,
        reply: true,
        reactions: Reactions::Any,
        edit_seconds: None,
        delete_seconds: None,
        buttons: Some(Buttons {
            max: BUTTONS_MAX,
            title_max: BUTTON_TITLE_MAX,
            id_max: BUTTON_ID_MAX,
            body_max: BODY_MAX,
            url: true,
        }),
        list: Some(List {
            max_rows: ROWS_MAX,
            title_max: ROW_TITLE_MAX,
            description_max: ROW_DESCRIPTION_MAX,
            body_max: TEXT_MAX,
        }),
        templates: true,
        location: true,
        contacts: false,
        read_receipts: true,
        typing: true,
        statuses: true,
        window_hours: Some(24),
        can_start: Starts::WithTemplate,
        groups: true,
        rate_per_second: STANDARD_PACE,
        transport: Transport::Webhook,
        ..Abilities::default()
    }
}

fn media() -> Vec<MediaAbility> {
    const MB: u64 = 1 << 20;
    const AUDIO: [&str; 5] = ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"];
    let of = |kind, mime: &[&'static str], max_bytes, caption| MediaAbility {
        kind,
        mime: mime.to_vec(),
        max_bytes,
        caption,
    };
    vec![
        of(MediaKind::Image, &["image/jpeg", "image/png"], 5 * MB, true),
        of(MediaKind::Video, &["video/mp4", "video/3gpp"], 16 * MB, true),
        of(MediaKind::Audio, &AUDIO, 16 * MB, false),
        of(MediaKind::Voice, &["audio/ogg"], 16 * MB, false),
        of(
            MediaKind::Document,
            &[
                "text/plain",
                "application/pdf",
                "application/msword",
                "application/vnd.ms-excel",
                "application/vnd.ms-powerpoint",
                "application/vnd.openxmlformats-officedocument.*",
            ],
            100 * MB,
            true,
        ),
        // 100 kB for a still one.
        of(MediaKind::Sticker, &["image/webp"], 500 * 1024, false),
    ]
}
