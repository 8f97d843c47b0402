//! What an app can do on Slack. Limits: <https://docs.slack.dev/apis/web-api/rate-limits>, <https://docs.slack.dev/reference/block-kit>.

use super::{blocks, files, send};
use crate::abilities::{
    Abilities, Buttons, List, Markup, MediaAbility, MediaKind, Reactions, Starts, TextAbility, Unit,
};

/// Larger files Slack does not take.
const FILE_MAX: u64 = 1 << 30;
/// Slack counts about one message per second and channel, and some hundreds per minute and workspace.
const PER_SECOND: u32 = 4;

pub(super) fn abilities() -> Abilities {
    let kinds = [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::Voice, MediaKind::Document];
    Abilities {
        text: TextAbility {
            max: send::TEXT_MAX,
            caption_max: send::TEXT_MAX,
            unit: Unit::Characters,
            markup: Markup::Slack,
        },
        media: kinds.map(medium).to_vec(),
        attachments_per_message: files::FILES_MAX,
        albums: vec![kinds.to_vec()],
        reply: true,
        reactions: Reactions::Any,
        edit_seconds: Some(u32::MAX),
        delete_seconds: Some(u32::MAX),
        buttons: Some(Buttons {
            max: blocks::BUTTONS_MAX,
            title_max: blocks::TITLE_MAX,
            id_max: blocks::ID_MAX,
            body_max: blocks::BODY_MAX,
            url: true,
        }),
        list: Some(List {
            max_rows: blocks::ROWS_MAX,
            title_max: blocks::TITLE_MAX,
            description_max: blocks::TITLE_MAX,
            body_max: blocks::BODY_MAX,
        }),
        can_start: Starts::Always,
        groups: true,
        rate_per_second: PER_SECOND,
        ..Abilities::default()
    }
}

fn medium(kind: MediaKind) -> MediaAbility {
    let mime = match kind {
        MediaKind::Image => "image/*",
        MediaKind::Video => "video/*",
        MediaKind::Audio | MediaKind::Voice => "audio/*",
        _ => "*",
    };
    MediaAbility { kind, mime: vec![mime], max_bytes: FILE_MAX, caption: true }
}
