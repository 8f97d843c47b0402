//! Files: what a message says of them, and their bytes. Their addresses are signed and good for a day, so that an old one is asked for
//! again. The token never goes where files are.

use std::time::Duration;

use chrono::Utc;
use net::{Limits, Request};
use serde_json::{Value, json};
use url::Url;

use super::{errors, rest::Api, wire};
use crate::{
    Account, FetchedMedia, MediaLimit, Refusal, SendError, abilities::MediaKind, account::API_BASE_URL,
    error::NextStep, event::InboundMedia,
};

const TIME: Duration = Duration::from_secs(180);
const CDN: &str = "https://cdn.discordapp.com";
const LOTTIE: u64 = 3;
const GIF: u64 = 4;

/// A message's file. `voice` says that the message is a recording.
pub(super) fn attachment(file: &Value, channel: &str, message: &str, voice: bool) -> Option<InboundMedia> {
    let id = wire::id(file, "id")?;
    let mime = wire::filled(file, "content_type");
    let kind = match mime.as_deref().unwrap_or_default().split('/').next() {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("audio") if voice => MediaKind::Voice,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::Document,
    };
    let small = |name| wire::number(file, name).and_then(|number| u32::try_from(number).ok());
    let seconds = wire::field(file, "duration_secs").as_f64().filter(|seconds| (0.0..1e6).contains(seconds));
    Some(InboundMedia {
        kind,
        reference: json!({ "url": wire::text(file, "url"), "id": id, "channel": channel, "message": message }),
        mime,
        file_name: wire::filled(file, "filename"),
        size: wire::number(file, "size"),
        sha256: None,
        width: small("width"),
        height: small("height"),
        duration_seconds: seconds.map(|seconds| seconds.round() as u32),
        unavailable: None,
    })
}

pub(super) fn sticker(sticker: &Value) -> Option<InboundMedia> {
    let id = wire::id(sticker, "id")?;
    let name = wire::filled(sticker, "name").unwrap_or_else(|| "sticker".to_owned());
    let format = wire::number(sticker, "format_type").unwrap_or(1);
    let (ending, mime) = match format {
        GIF => ("gif", "image/gif"),
        LOTTIE => ("json", "application/json"),
        _ => ("png", "image/png"),
    };
    let unavailable =
        (format == LOTTIE).then(|| "This sticker is an animation that cannot be shown.".to_owned());
    Some(InboundMedia {
        kind: MediaKind::Sticker,
        reference: json!({ "sticker": format!("{id}.{ending}") }),
        mime: Some(mime.to_owned()),
        file_name: Some(format!("{name}.{ending}")),
        size: None,
        sha256: None,
        width: None,
        height: None,
        duration_seconds: None,
        unavailable,
    })
}

pub(super) async fn fetch(
    account: &Account,
    reference: &Value,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<FetchedMedia, SendError> {
    let own = account.has(API_BASE_URL);
    if let Some(sticker) = wire::filled(reference, "sticker") {
        let base = if own { super::account::base(account, net)? } else { address(CDN)? };
        let url =
            base.join(&format!("/stickers/{sticker}")).map_err(|_| gone("The sticker has no address."))?;
        return download(&url, limit, net).await;
    }
    let url = address(wire::text(reference, "url"))?;
    if !expired(&url) {
        match download(&url, limit, net).await {
            Err(SendError::Refused(refusal)) if refusal.code == "media_unavailable" => {}
            answer => return answer,
        }
    }
    let url = again(&Api::new(account, net)?, reference).await?;
    download(&url, limit, net).await
}

/// The file's address of now, from the message it belongs to.
async fn again(api: &Api<'_>, reference: &Value) -> Result<Url, SendError> {
    let path = ["channels", wire::text(reference, "channel"), "messages", wire::text(reference, "message")];
    if path.iter().any(|piece| piece.is_empty()) {
        return Err(gone("The file's address is not good any more."));
    }
    let message = api.get(&path).await?;
    let wanted = wire::id(reference, "id");
    let snapshots = wire::list(&message, "message_snapshots").iter().map(|one| wire::field(one, "message"));
    let mut files = std::iter::once(&message).chain(snapshots).flat_map(|one| wire::list(one, "attachments"));
    let file = files.find(|file| wire::id(file, "id") == wanted);
    let file = file.ok_or_else(|| gone("The file was taken out of its message."))?;
    address(wire::text(file, "url"))
}

/// `ex` is the end of its time in hexadecimal seconds.
fn expired(url: &Url) -> bool {
    let end = url.query_pairs().find(|(name, _)| name == "ex");
    let end = end.and_then(|(_, value)| i64::from_str_radix(&value, 16).ok());
    end.is_some_and(|end| end <= Utc::now().timestamp())
}

async fn download(url: &Url, limit: MediaLimit, net: &net::Client) -> Result<FetchedMedia, SendError> {
    let limits = Limits { total: TIME, answer: limit.0, ..Limits::default() };
    let answer = match net.send(Request::get(url.clone()).limits(limits)).await {
        Err(net::Failure::TooLarge(limit)) => {
            let detail = format!("The file is larger than {} MB.", limit >> 20);
            return Err(SendError::Refused(Refusal::new("media_too_large", detail, NextStep::None)));
        }
        Err(net::Failure::Refused(why)) => return Err(gone(&why.to_string())),
        answer => answer.map_err(|failure| errors::repeatable(SendError::from_failure(&failure)))?,
    };
    match answer.status.as_u16() {
        200..=299 => {
            let mime = answer.headers.get(net::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            Ok(FetchedMedia { mime: mime.map(str::to_owned), bytes: answer.body, file_name: None })
        }
        401 | 403 | 404 | 410 => Err(gone("The file is not at its address any more.")),
        _ => Err(errors::repeatable(errors::of(&answer))),
    }
}

fn address(url: &str) -> Result<Url, SendError> {
    Url::parse(url).map_err(|_| gone("The file has no usable address."))
}

fn gone(detail: &str) -> SendError {
    SendError::Refused(Refusal::new("media_unavailable", detail, NextStep::None))
}
