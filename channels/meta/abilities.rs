//! What Messenger and Instagram can do, as Meta documents it.

use super::{
    Product,
    send::{BUTTON_BODY_MAX, PAYLOAD_MAX, QUICK_REPLIES_MAX, TITLE_MAX},
};
use crate::abilities::{
    Abilities, Buttons, Markup, MediaAbility, MediaKind, Reactions, TextAbility, Transport, Unit,
};

/// More, sustained, breaks the Page's own inbox.
const PER_SECOND: u32 = 40;

pub(super) fn abilities(product: Product) -> Abilities {
    Abilities {
        text: text(product),
        media: media(product),
        reply: true,
        reactions: Reactions::Listed(product.reactions().iter().map(|(_, emoji)| *emoji).collect()),
        buttons: Some(Buttons {
            max: QUICK_REPLIES_MAX,
            title_max: TITLE_MAX,
            id_max: PAYLOAD_MAX,
            body_max: BUTTON_BODY_MAX,
            url: true,
        }),
        read_receipts: true,
        typing: true,
        // Instagram tells `read` only, and for the newest message.
        statuses: product == Product::Messenger,
        window_hours: Some(24),
        rate_per_second: PER_SECOND,
        transport: Transport::Webhook,
        ..Abilities::default()
    }
}

pub(super) fn text(product: Product) -> TextAbility {
    let (max, unit) = match product {
        Product::Messenger => (2000, Unit::Characters),
        Product::Instagram => (1000, Unit::Bytes),
    };
    TextAbility { max, caption_max: 0, unit, markup: Markup::Plain }
}

fn media(product: Product) -> Vec<MediaAbility> {
    const MB: u64 = 1 << 20;
    let of = |kind, mime: &[&'static str], max_bytes| MediaAbility {
        kind,
        mime: mime.to_vec(),
        max_bytes,
        caption: false,
    };
    match product {
        Product::Messenger => vec![
            of(MediaKind::Image, &["image/jpeg", "image/png", "image/gif", "image/webp"], 25 * MB),
            of(MediaKind::Video, &["video/*"], 25 * MB),
            of(MediaKind::Audio, &["audio/*"], 25 * MB),
            of(MediaKind::Voice, &["audio/*"], 25 * MB),
            of(MediaKind::Document, &["*"], 25 * MB),
        ],
        Product::Instagram => vec![
            of(MediaKind::Image, &["image/jpeg", "image/png"], 8 * MB),
            of(
                MediaKind::Video,
                &["video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"],
                25 * MB,
            ),
            of(
                MediaKind::Audio,
                &["audio/aac", "audio/mp4", "audio/x-m4a", "audio/wav", "audio/x-wav"],
                25 * MB,
            ),
            of(
                MediaKind::Voice,
                &["audio/aac", "audio/mp4", "audio/x-m4a", "audio/wav", "audio/x-wav"],
                25 * MB,
            ),
            of(MediaKind::Document, &["application/pdf"], 25 * MB),
        ],
    }
}
