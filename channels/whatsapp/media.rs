//! Files, both ways. Meta hands out an address that lives for five minutes and wants the token again, which must
//! reach no other host than Meta's.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use net::{Limits, Request, Response, multipart};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};

use super::{
    account::{self, PHONE_NUMBER_ID},
    errors,
    graph::{self, Call},
    send::{CAPTION_MAX, refused, within},
};
use crate::{
    Account, FetchedMedia, MediaLimit, Refusal, Scope, SendError,
    abilities::MediaKind,
    error::NextStep,
    graph_api::{self, FILE_TIME},
    message::{MediaSource, OutboundMedia},
};

const REDIRECTS_MAX: usize = 3;

/// Hosts that may see the token, with everything below them.
const META_HOSTS: [&str; 5] = ["facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net", "whatsapp.com"];

#[derive(Deserialize)]
struct Uploaded {
    id: String,
}

#[derive(Deserialize)]
struct Found {
    url: String,
    #[serde(default)]
    mime_type: Option<String>,
    #[serde(default)]
    file_size: Option<Value>,
}

/// Type and object of a message with one file, which is uploaded unless Meta can fetch it itself.
pub(super) async fn outbound(
    account: &Account,
    file: &OutboundMedia,
    caption: Option<&str>,
    net: &net::Client,
) -> Result<(&'static str, Value), SendError> {
    let caption = caption.filter(|caption| !caption.is_empty());
    within("The caption", caption.unwrap_or_default(), CAPTION_MAX)?;
    let (kind, captioned) = match file.kind {
        MediaKind::Image => ("image", true),
        MediaKind::Video => ("video", true),
        MediaKind::Document => ("document", true),
        MediaKind::Audio | MediaKind::Voice => ("audio", false),
        MediaKind::Sticker => ("sticker", false),
    };
    if caption.is_some() && !captioned {
        let detail = format!("WhatsApp shows no caption with this kind of file ({kind}).");
        return Err(refused("caption_not_supported", detail, NextStep::FixContent));
    }
    let mut object = match &file.source {
        MediaSource::Link(link) => json!({ "link": link }),
        MediaSource::Bytes(bytes) => {
            json!({ "id": upload(account, bytes, &file.file_name, &file.mime, net).await? })
        }
    };
    super::send::set(&mut object, "caption", caption);
    match file.kind {
        MediaKind::Voice => object["voice"] = json!(true),
        MediaKind::Document => object["filename"] = json!(file.file_name),
        _ => {}
    }
    Ok((kind, object))
}

/// Gives a file to Meta, which keeps it for 30 days; returns its media id.
pub(super) async fn upload(
    account: &Account,
    bytes: &Bytes,
    file_name: &str,
    mime: &str,
    net: &net::Client,
) -> Result<String, SendError> {
    if bytes.is_empty() {
        return Err(refused("media_rejected", "The file is empty.", NextStep::FixContent));
    }
    let length = bytes.len() as u64;
    let part = multipart::Part::stream_with_length(bytes.clone(), length)
        .file_name(file_name.to_owned())
        .mime_str(mime)
        .map_err(|_| {
            refused("media_rejected", format!("{mime:?} is no type of file."), NextStep::FixContent)
        })?;
    let form = multipart::Form::new()
        .text("messaging_product", "whatsapp")
        .text("type", mime.to_owned())
        .part("file", part);
    let call = Call::upload(account, &[account.text(PHONE_NUMBER_ID), "media"], form)?;
    Ok(call.run::<Uploaded>(net).await?.id)
}

/// Downloads by media id. The address is asked for anew each time, so a retry gets a fresh one.
pub(super) async fn fetch(
    account: &Account,
    reference: &Value,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<FetchedMedia, SendError> {
    let Some(id) = reference.get("id").and_then(Value::as_str) else {
        return Err(refused("media_missing", "WhatsApp gave no file to fetch.", NextStep::None));
    };
    let query = [("phone_number_id", account.text(PHONE_NUMBER_ID))];
    let found: Found = Call::get(account, &[id], &query)?.run(net).await?;
    let size = found
        .file_size
        .as_ref()
        .and_then(|size| size.as_u64().or_else(|| size.as_str().and_then(|digits| digits.parse().ok())));
    if size.is_some_and(|size| size > limit.0 as u64) {
        return Err(too_large(limit));
    }
    let answer = download(account, &found.url, limit, net).await?;
    let declared = answer.headers.get(net::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mime = found.mime_type.or_else(|| declared.map(str::to_owned));
    Ok(FetchedMedia { bytes: answer.body, mime, file_name: None })
}

async fn download(
    account: &Account,
    address: &str,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<Response, SendError> {
    let mut url =
        Url::parse(address).map_err(|_| unreachable("WhatsApp gave no usable address for the file."))?;
    for _ in 0..=REDIRECTS_MAX {
        let limits = Limits { total: FILE_TIME, answer: limit.0, ..Limits::default() };
        let mut request = Request::get(url.clone()).limits(limits);
        if may_see_token(account, &url) {
            request = request.bearer(&graph::token(account));
        }
        let answer = net.send(request).await.map_err(|failure| match failure {
            net::Failure::TooLarge(_) => too_large(limit),
            other => graph_api::again(SendError::from_failure(&other)),
        })?;
        if !answer.status.is_redirection() {
            return settled(answer);
        }
        let target = answer.headers.get(net::header::LOCATION).and_then(|value| value.to_str().ok());
        url = target
            .and_then(|target| url.join(target).ok())
            .ok_or_else(|| unreachable("WhatsApp's address for the file leads nowhere."))?;
    }
    Err(unreachable("WhatsApp's address for the file leads in circles."))
}

fn settled(answer: Response) -> Result<Response, SendError> {
    match answer.status.as_u16() {
        200..=299 => Ok(answer),
        // The address has expired; the next attempt asks for a new one.
        403 | 404 | 410 => Err(unreachable("WhatsApp's address for the file is no longer valid.")),
        _ => Err(graph_api::again(errors::of(&answer))),
    }
}

/// Meta's hosts over TLS, and whatever stands in for them.
fn may_see_token(account: &Account, url: &Url) -> bool {
    if account.api_base(account::OFFICIAL).is_ok_and(|base| base.origin() == url.origin()) {
        return true;
    }
    let Some(Host::Domain(host)) = url.host() else { return false };
    let below =
        |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    url.scheme() == "https" && META_HOSTS.iter().any(below)
}

/// Meta has written the digest in base64 and in hexadecimal.
pub(super) fn sha256_hex(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(text.to_ascii_lowercase());
    }
    let engines = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
    let bytes = engines.into_iter().find_map(|engine| engine.decode(text).ok())?;
    (bytes.len() == 32).then(|| hex::encode(bytes))
}

fn too_large(limit: MediaLimit) -> SendError {
    refused("media_too_large", format!("The file is larger than {} bytes.", limit.0), NextStep::None)
}

fn unreachable(detail: &str) -> SendError {
    let reason = Refusal::new("media_unavailable", detail, NextStep::Retry);
    SendError::Later { after: None, scope: Scope::Conversation, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(base: Option<&str>) -> Account {
        Account::new(base.map(|base| (crate::account::API_BASE_URL.to_owned(), base.into())))
    }

    #[test]
    fn only_meta_sees_the_token() {
        let real = account(None);
        for (url, expected) in [
            ("https://graph.facebook.com/v25.0/1", true),
            ("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", true),
            ("http://lookaside.fbsbx.com/x", false),
            ("https://fbsbx.com.evil.example/x", false),
            ("https://evilfbsbx.com/x", false),
            ("https://157.240.0.1/x", false),
        ] {
            assert_eq!(may_see_token(&real, &url.parse().unwrap()), expected, "{url}");
        }
        let played = account(Some("http://127.0.0.1:4000"));
        assert!(may_see_token(&played, &"http://127.0.0.1:4000/wa/media/1".parse().unwrap()));
        assert!(!may_see_token(&played, &"http://127.0.0.1:4001/wa/media/1".parse().unwrap()));
    }

    #[test]
    fn digests_are_read_in_both_writings() {
        let hex = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
        assert_eq!(sha256_hex("uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=").as_deref(), Some(hex));
        assert_eq!(sha256_hex("uU0nuZNNPgilLlLX2n2r-sSE7-N6U4DukIj3rOLvzek").as_deref(), Some(hex));
        assert_eq!(sha256_hex(&hex.to_uppercase()).as_deref(), Some(hex));
        assert_eq!(sha256_hex("short"), None);
    }
}
