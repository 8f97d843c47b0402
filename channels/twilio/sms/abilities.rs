//! What messages through Twilio can do. One account may speak SMS and WhatsApp; what holds for both stands here.
//! Limits: <https://www.twilio.com/docs/messaging/api/message-resource>,
//! <https://www.twilio.com/docs/messaging/guides/accepted-mime-types>.

use super::{super::segments, form};
use crate::abilities::{
    Abilities, Buttons, List, Markup, MediaAbility, MediaKind, Starts, TextAbility, Transport, Unit,
};

/// UTF-16 code units of a body.
pub(super) const TEXT_MAX: usize = 1600;
/// UTF-16 code units of a body beside buttons or a list, on WhatsApp.
pub(super) const PICK: usize = 1024;
/// Bytes of all files of a message.
const FILES_MAX: u64 = 5 << 20;

pub(super) fn abilities() -> Abilities {
    Abilities {
        text: TextAbility { max: TEXT_MAX, caption_max: TEXT_MAX, unit: Unit::Utf16, markup: Markup::Plain },
        media: media(),
        // Ten on MMS, one on WhatsApp.
        attachments_per_message: 1,
        statuses: true,
        can_start: Starts::Always,
        segments: Some(segments::RULES),
        // WhatsApp's; elsewhere they are written out.
        buttons: Some(Buttons { max: 3, title_max: 20, id_max: 200, body_max: PICK, url: false }),
        list: Some(List { max_rows: 10, title_max: 24, description_max: 72, body_max: PICK }),
        choices_in_words: true,
        location: true,
        templates: true,
        media_by_link: true,
        rate_per_second: form::STANDARD_PACE,
        transport: Transport::Webhook,
        ..Abilities::default()
    }
}

fn media() -> Vec<MediaAbility> {
    let of = |kind, mime: &[&'static str]| MediaAbility {
        kind,
        mime: mime.to_vec(),
        max_bytes: FILES_MAX,
        caption: true,
    };
    const AUDIO: [&str; 6] = ["audio/mpeg", "audio/mp4", "audio/ogg", "audio/amr", "audio/3gpp", "audio/wav"];
    vec![
        of(MediaKind::Image, &["image/jpeg", "image/png", "image/gif"]),
        of(MediaKind::Video, &["video/mp4", "video/3gpp", "video/quicktime", "video/webm"]),
        of(MediaKind::Audio, &AUDIO),
        of(MediaKind::Voice, &AUDIO),
        of(
            MediaKind::Document,
            &["application/pdf", "text/vcard", "text/x-vcard", "text/calendar", "text/csv", "text/plain"],
        ),
    ]
}
