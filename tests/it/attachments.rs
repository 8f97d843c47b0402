//! Uploads, the addresses of files, and sending them.

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::json;

use crate::harness::{
    client::{Answer, Session},
    hub::Hub,
    inbox::{Inbox, id},
};

/// A PNG of 2 × 1 pixels.
fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(2, 1).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn upload(session: &Session, name: &str, mime: &str, bytes: Vec<u8>) -> Answer {
    let part = Part::bytes(bytes).file_name(name.to_owned()).mime_str(mime).unwrap();
    Answer::of(session.request(Method::POST, "/attachments").multipart(Form::new().part("file", part))).await
}

/// Follows the redirect to the file itself.
async fn fetch(hub: &Hub, session: &Session, path: &str, range: Option<&str>) -> Answer {
    let redirect = session.get(path).await.expect(302);
    let location = redirect.headers["location"].to_str().unwrap().to_owned();
    let mut request = hub.client().http().get(format!("{}{location}", hub.url));
    if let Some(range) = range {
        request = request.header("range", range);
    }
    Answer::of(request).await
}

#[tokio::test]
async fn a_picture_goes_up_and_comes_back() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let stored = upload(owner, "../cat.png", "text/html", png()).await.expect(201).body;
    assert_eq!(
        (&stored["kind"], &stored["mime"], &stored["file_name"]),
        (&json!("image"), &json!("image/png"), &json!("cat.png"))
    );
    assert_eq!(
        (&stored["width"], &stored["height"], &stored["thumbnail"]),
        (&json!(2), &json!(1), &json!(true))
    );
    let path = format!("/attachments/{}", id(&stored));
    let file = fetch(&inbox.hub, owner, &path, None).await.expect(200);
    assert_eq!(file.bytes, png());
    assert_eq!(file.headers["content-type"], "image/png");
    assert_eq!(file.headers["x-content-type-options"], "nosniff");
    assert!(file.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    let part = fetch(&inbox.hub, owner, &path, Some("bytes=1-3")).await.expect(206);
    assert_eq!(part.bytes, b"PNG");
    assert!(part.headers["content-range"].to_str().unwrap().starts_with("bytes 1-3/"));
    fetch(&inbox.hub, owner, &path, Some("bytes=99999-")).await.expect(416);
    let preview = fetch(&inbox.hub, owner, &format!("{path}?thumbnail=true"), None).await.expect(200);
    assert_eq!(preview.headers["content-type"], "image/webp");
    let dan = inbox.hub.invite(owner, "dan", "agent").await;
    dan.get(&path).await.expect_problem(404, "not_found");
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_a_browser_would_run_is_only_downloaded() {
    let inbox = Inbox::start().await;
    let page = b"<!DOCTYPE html><html><script>alert(1)</script></html>".to_vec();
    let stored = upload(&inbox.owner, "x.png", "image/png", page).await.expect(201).body;
    assert_eq!(stored["kind"], "document");
    let file =
        fetch(&inbox.hub, &inbox.owner, &format!("/attachments/{}", id(&stored)), None).await.expect(200);
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
}

#[tokio::test]
async fn forged_and_absurd_requests_are_refused() {
    let inbox = Inbox::start().await;
    let http = inbox.hub.client().http();
    let forged = Answer::of(http.get(format!("{}/media/abc.def", inbox.hub.url))).await;
    assert_eq!(forged.status, 403);
    upload(&inbox.owner, "x", "text/plain", Vec::new()).await.expect_problem(422, "invalid");
    inbox.owner.post("/attachments", &json!({})).await.expect(400);
    let viewer = inbox.hub.invite(&inbox.owner, "vic", "viewer").await;
    upload(&viewer, "x", "text/plain", b"x".to_vec()).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn large_files_are_streamed_up_to_the_limit() {
    let hub = Hub::start_with(&[("SWITCHBOARD_MAX_MEDIA_BYTES", "3145728")]).await;
    let owner = hub.found("Acme", "ada").await;
    let fits = upload(&owner, "a.bin", "application/octet-stream", vec![7; 3_000_000]).await.expect(201).body;
    assert_eq!(fits["size"], 3_000_000);
    upload(&owner, "a.bin", "application/octet-stream", vec![7; 3_200_000])
        .await
        .expect_problem(413, "too_large");
}

#[tokio::test]
async fn several_files_become_several_messages() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let conversation = inbox.receive("4915100000001", "wamid.1", "send me the pictures").await;
    let mut files = Vec::new();
    for n in 0..3 {
        files.push(upload(owner, &format!("{n}.png"), "image/png", png()).await.expect(201).id());
    }
    let path = format!("/conversations/{}/messages", id(&conversation));
    let body = json!({"client_id": "album", "text": "here you are", "attachments": files});
    let first = owner.post(&path, &body).await.expect(201).body;
    assert_eq!((&first["text"], &first["attachments"][0]["id"]), (&json!("here you are"), &json!(files[0])));
    let page = owner.get(&format!("{path}?direction=newer&from=1")).await.expect(200).body;
    let sent: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["seq"].as_i64().unwrap(), one["client_id"].as_str().unwrap()))
        .collect();
    assert_eq!(sent, [(2, "album"), (3, "album#2"), (4, "album#3")], "WhatsApp takes one file per message");
    owner
        .post(&path, &json!({"client_id": "again", "attachments": files}))
        .await
        .expect_problem(422, "invalid");
    let dan = inbox.hub.invite(owner, "dan", "agent").await;
    dan.get(&format!("/attachments/{}", files[0])).await.expect(302);
}
