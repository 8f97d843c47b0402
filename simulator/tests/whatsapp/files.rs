//! Files, both ways.

use bytes::Bytes;
use channels::{
    MediaLimit, SendError,
    abilities::MediaKind,
    message::{Content, MediaSource, OutboundMedia},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use simulator::{Act, Fault, Media, Player};

use crate::hub::{Hub, ada, whatsapp};

fn photo(bytes: &'static [u8]) -> Act {
    Act::Media(Media {
        kind: "image".into(),
        file_name: "valve.jpg".into(),
        mime: "image/jpeg".into(),
        bytes: Bytes::from_static(bytes),
        caption: None,
    })
}

fn file(kind: MediaKind, file_name: &str, mime: &str) -> Content {
    let source = MediaSource::Bytes(Bytes::from_static(b"outbound bytes"));
    let files = vec![OutboundMedia { kind, file_name: file_name.into(), mime: mime.into(), source }];
    Content::Media { files, caption: None }
}

#[tokio::test]
async fn a_customer_s_file_is_fetched_whole() {
    let hub = Hub::start().await;
    hub.act(&ada(), photo(b"a picture of a valve")).await;
    let media = hub.last_message().media.remove(0);
    let limit = MediaLimit(1 << 20);
    let fetched = whatsapp().fetch_media(&hub.account, &media.reference, limit, &hub.net).await.unwrap();
    assert_eq!(fetched.bytes, Bytes::from_static(b"a picture of a valve"));
    assert_eq!(fetched.mime.as_deref(), Some("image/jpeg"));
    assert_eq!(media.sha256.unwrap(), hex::encode(Sha256::digest(&fetched.bytes)));
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused() {
    let hub = Hub::start().await;
    hub.act(&ada(), photo(b"a picture of a valve")).await;
    let reference = hub.last_message().media.remove(0).reference;
    let refused = whatsapp().fetch_media(&hub.account, &reference, MediaLimit(5), &hub.net).await;
    let Err(SendError::Refused(reason)) = refused else { panic!("{refused:?}") };
    assert_eq!(reason.code, "media_too_large");
}

#[tokio::test]
async fn an_expired_address_is_asked_for_again() {
    let hub = Hub::start().await;
    hub.act(&ada(), photo(b"a picture of a valve")).await;
    let reference = hub.last_message().media.remove(0).reference;
    let fetch = || whatsapp().fetch_media(&hub.account, &reference, MediaLimit(1 << 20), &hub.net);
    hub.simulator.whatsapp.faults().next("download", Fault::Status(404));
    assert!(matches!(fetch().await, Err(SendError::Later { .. })));
    fetch().await.unwrap();
}

#[tokio::test]
async fn an_address_needs_the_token_and_expires() {
    let hub = Hub::start().await;
    hub.act(&ada(), photo(b"a picture of a valve")).await;
    let id = hub.last_message().media.remove(0).reference["id"].as_str().unwrap().to_owned();
    let get = |url: String, token: bool| {
        let request = net::Request::get(url.parse().unwrap());
        let request = if token { request.bearer(&hub.account.secret("access_token")) } else { request };
        hub.net.send(request)
    };
    let graph = format!("{}/v25.0/{id}", hub.simulator.base_url());
    let found: serde_json::Value = get(graph, true).await.unwrap().json().unwrap();
    let url = found["url"].as_str().unwrap().to_owned();
    assert_eq!(get(url.clone(), false).await.unwrap().status, 401);
    assert_eq!(get(url.clone(), true).await.unwrap().status, 200);
    hub.simulator.whatsapp.expire_addresses();
    assert_eq!(get(url, true).await.unwrap().status, 404);
}

#[tokio::test]
async fn trouble_with_a_download_is_no_answer_for_good() {
    let hub = Hub::start().await;
    hub.act(&ada(), photo(b"a picture of a valve")).await;
    let reference = hub.last_message().media.remove(0).reference;
    let faults = hub.simulator.whatsapp.faults();
    for (method, fault) in [
        ("media_url", Fault::Status(500)),
        ("media_url", Fault::CutAfter),
        ("download", Fault::CutBefore),
        ("download", Fault::Status(503)),
    ] {
        faults.next(method, fault.clone());
        let failed = whatsapp().fetch_media(&hub.account, &reference, MediaLimit(1 << 20), &hub.net).await;
        assert!(matches!(failed, Err(SendError::Later { .. })), "{fault:?}: {failed:?}");
    }
    faults.next("media_url", Fault::Refuse { code: 190, retry_after: None });
    let failed = whatsapp().fetch_media(&hub.account, &reference, MediaLimit(1 << 20), &hub.net).await;
    assert!(matches!(failed, Err(SendError::AccountBroken(_))), "{failed:?}");
    let gone = whatsapp().fetch_media(&hub.account, &json!({ "id": "17" }), MediaLimit(9), &hub.net).await;
    assert!(matches!(gone, Err(SendError::Refused(_))), "{gone:?}");
}

#[tokio::test]
async fn every_kind_of_file_reaches_the_phone() {
    let hub = Hub::start().await;
    hub.greeted().await;
    for (kind, name, mime, shown) in [
        (MediaKind::Image, "a.jpg", "image/jpeg", "image"),
        (MediaKind::Video, "a.mp4", "video/mp4", "video"),
        (MediaKind::Audio, "a.mp3", "audio/mpeg", "audio"),
        (MediaKind::Voice, "a.ogg", "audio/ogg; codecs=opus", "voice"),
        (MediaKind::Document, "Rechnung für Jürgen.pdf", "application/pdf", "document"),
        (MediaKind::Sticker, "a.webp", "image/webp", "sticker"),
    ] {
        hub.send(&ada().id, file(kind, name, mime)).await.unwrap();
        let bubble = hub.simulator.whatsapp.chat(hub.key(), &ada().id).pop().unwrap();
        assert_eq!(bubble.kind, shown);
        let url = bubble.media_url.unwrap().parse().unwrap();
        let seen = hub.net.send(net::Request::get(url)).await.unwrap();
        assert_eq!(seen.body, Bytes::from_static(b"outbound bytes"));
        if kind == MediaKind::Document {
            assert_eq!(bubble.file_name.as_deref(), Some(name));
        }
    }
}

#[tokio::test]
async fn a_type_that_whatsapp_does_not_take_is_refused_with_its_words() {
    let hub = Hub::start().await;
    hub.greeted().await;
    let refused = hub.send(&ada().id, file(MediaKind::Image, "a.gif", "image/gif")).await;
    let Err(SendError::Refused(reason)) = refused else { panic!("{refused:?}") };
    assert!(reason.detail.contains("image/gif"), "{reason}");
}
