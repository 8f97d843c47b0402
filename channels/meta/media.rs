//! Files, both ways. What customers send lies at signed addresses that expire and ask for no token: none is ever sent there.

use bytes::Bytes;
use net::{Limits, Request, Response, multipart};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Product, graph::Call, send::refused};
use crate::{
    Account, FetchedMedia, MediaLimit, Refusal, Scope, SendError,
    abilities::MediaKind,
    error::NextStep,
    graph_api::{self, FILE_TIME},
    message::{MediaSource, OutboundMedia},
};

const REDIRECTS_MAX: usize = 3;

/// Hosts of pages for people, which hold no file.
const PAGES: [&str; 6] =
    ["facebook.com", "www.facebook.com", "m.facebook.com", "instagram.com", "www.instagram.com", "fb.watch"];

#[derive(Deserialize)]
struct Uploaded {
    attachment_id: String,
}

/// The attachment of a message with one file, which is uploaded unless Meta can fetch it itself.
pub(super) async fn outbound(
    product: Product,
    account: &Account,
    file: &OutboundMedia,
    net: &net::Client,
) -> Result<Value, SendError> {
    let kind = match file.kind {
        MediaKind::Image | MediaKind::Sticker => "image",
        MediaKind::Video => "video",
        MediaKind::Audio | MediaKind::Voice => "audio",
        MediaKind::Document => "file",
    };
    let payload = match &file.source {
        MediaSource::Link(link) => json!({ "url": link, "is_reusable": false }),
        MediaSource::Bytes(bytes) => {
            json!({ "attachment_id": upload(product, account, kind, bytes, file, net).await? })
        }
    };
    Ok(json!({ "type": kind, "payload": payload }))
}

async fn upload(
    product: Product,
    account: &Account,
    kind: &str,
    bytes: &Bytes,
    file: &OutboundMedia,
    net: &net::Client,
) -> Result<String, SendError> {
    if bytes.is_empty() {
        return Err(refused("media_rejected", "The file is empty.", NextStep::FixContent));
    }
    let length = bytes.len() as u64;
    let part = multipart::Part::stream_with_length(bytes.clone(), length)
        .file_name(file.file_name.clone())
        .mime_str(&file.mime)
        .map_err(|_| {
            refused("media_rejected", format!("{:?} is no type of file.", file.mime), NextStep::FixContent)
        })?;
    let message = json!({ "attachment": { "type": kind, "payload": { "is_reusable": true } } });
    let mut form = multipart::Form::new().text("message", message.to_string());
    if product == Product::Instagram {
        form = form.text("platform", "instagram");
    }
    let call = Call::upload(account, &["me", "message_attachments"], form.part("filedata", part))?;
    Ok(call.run::<Uploaded>(net).await?.attachment_id)
}

/// Whether an address leads to a page for people instead of a file.
pub(super) fn is_page(address: &str) -> bool {
    match Url::parse(address) {
        Ok(url) => url.host_str().is_none_or(|host| PAGES.contains(&host)),
        Err(_) => true,
    }
}

pub(super) async fn fetch(
    account: &Account,
    reference: &Value,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<FetchedMedia, SendError> {
    let address = reference.get("url").and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
    let Some(mut url) = address else {
        return Err(refused("media_missing", "Meta gave no file to fetch.", NextStep::None));
    };
    for _ in 0..=REDIRECTS_MAX {
        if !may_fetch(account, &url) {
            return Err(refused(
                "media_unavailable",
                "The file's address is not an https one.",
                NextStep::None,
            ));
        }
        let limits = Limits { total: FILE_TIME, answer: limit.0, ..Limits::default() };
        let answer =
            net.send(Request::get(url.clone()).limits(limits)).await.map_err(|failure| match failure {
                net::Failure::TooLarge(_) => {
                    let detail = format!("The file is larger than {} bytes.", limit.0);
                    refused("media_too_large", detail, NextStep::None)
                }
                other => graph_api::again(SendError::from_failure(&other)),
            })?;
        if !answer.status.is_redirection() {
            return settled(answer);
        }
        let target = answer.headers.get(net::header::LOCATION).and_then(|value| value.to_str().ok());
        url = target.and_then(|target| url.join(target).ok()).ok_or_else(|| lost("leads nowhere"))?;
    }
    Err(lost("leads in circles"))
}

fn settled(answer: Response) -> Result<FetchedMedia, SendError> {
    match answer.status.as_u16() {
        200..=299 => {
            let mime = answer.headers.get(net::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            Ok(FetchedMedia { mime: mime.map(str::to_owned), bytes: answer.body, file_name: None })
        }
        // The signature has expired, or the story has: asking again brings no other answer.
        403 | 404 | 410 => Err(lost("is no longer valid")),
        status => {
            let detail = format!("Meta's file server answered with HTTP status {status}.");
            let reason = Refusal::new("media_unavailable", detail, NextStep::Retry);
            Err(SendError::Later { after: answer.retry_after(), scope: Scope::Conversation, reason })
        }
    }
}

/// TLS, or whatever stands in for Meta.
fn may_fetch(account: &Account, url: &Url) -> bool {
    url.scheme() == "https"
        || account.api_base(super::account::OFFICIAL).is_ok_and(|base| base.origin() == url.origin())
}

fn lost(what: &str) -> SendError {
    refused("media_unavailable", format!("The file's address {what}."), NextStep::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_files() {
        for (address, page) in [
            ("https://www.instagram.com/p/AbC/", true),
            ("https://www.facebook.com/story/1", true),
            ("https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1", false),
            ("https://scontent.cdninstagram.com/v/1.mp4", false),
            ("not an address", true),
        ] {
            assert_eq!(is_page(address), page, "{address}");
        }
    }

    #[test]
    fn files_come_over_tls() {
        let account = Account::new([]);
        assert!(may_fetch(&account, &"https://cdn.fbsbx.com/x".parse().unwrap()));
        assert!(!may_fetch(&account, &"http://cdn.fbsbx.com/x".parse().unwrap()));
        let played = Account::new([(crate::account::API_BASE_URL.to_owned(), "http://127.0.0.1:9/x".into())]);
        assert!(may_fetch(&played, &"http://127.0.0.1:9/file".parse().unwrap()));
        assert!(!may_fetch(&played, &"http://127.0.0.1:8/file".parse().unwrap()));
    }
}
