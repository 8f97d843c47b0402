//! Files on deals: put there, read by everybody, removed, and never forgotten meanwhile.

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use switchboard::upload;

use super::{make, path, pipeline};
use crate::harness::{
    client::{Answer, Session},
    hub::Hub,
    inbox::{Inbox, id, ids},
};

async fn upload(who: &Session, name: &str) -> Value {
    let part = Part::bytes(b"an offer".to_vec()).file_name(name.to_owned()).mime_str("text/plain").unwrap();
    let request = who.request(Method::POST, "/attachments").multipart(Form::new().part("file", part));
    Answer::of(request).await.expect(201).body
}

async fn put(who: &Session, deal: &Value, upload: &Value) -> Answer {
    who.post(&format!("{}/files", path(deal)), &json!({"attachment_id": id(upload)})).await
}

async fn bytes(hub: &Hub, who: &Session, file: &str) -> Vec<u8> {
    let redirect = who.get(&format!("/attachments/{file}")).await.expect(302);
    let location = redirect.headers["location"].to_str().unwrap().to_owned();
    Answer::of(hub.client().http().get(format!("{}{location}", hub.url))).await.expect(200).bytes
}

#[tokio::test]
async fn a_file_on_a_deal_is_everybodys_and_stays() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let deal = make(&owner, json!({"title": "a"})).await;
    let bia = hub.invite(&owner, "bia", "agent").await;
    let vic = hub.invite(&owner, "vic", "viewer").await;
    let offer = upload(&owner, "offer.txt").await;
    vic.get(&format!("/attachments/{}", id(&offer))).await.expect(404);
    put(&bia, &deal, &offer).await.expect(422).expect_field("attachment_id");
    put(&vic, &deal, &offer).await.expect(403);
    let file = put(&owner, &deal, &offer).await.expect(201).body;
    assert_eq!((file["file_name"].as_str(), file["size"].as_i64()), (Some("offer.txt"), Some(8)));
    put(&owner, &deal, &offer).await.expect(201);
    let other = make(&owner, json!({"title": "b"})).await;
    put(&owner, &other, &offer).await.expect(422).expect_field("attachment_id");
    owner.delete(&format!("/attachments/{}", id(&offer))).await.expect(404);
    assert_eq!(bytes(&hub, &vic, id(&offer)).await, b"an offer");

    sqlx::query("update attachments set created_at = now() - interval '9 days'")
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    assert_eq!(upload::forget_unsent(&hub.app).await.unwrap(), 0, "it is no upload that nobody sent");
    let list = vic.get(&format!("{}/files", path(&deal))).await.expect(200).body;
    assert_eq!(ids(&list), [id(&offer)]);
    let story = owner.get(&format!("{}/activities", path(&deal))).await.expect(200).body;
    assert_eq!(
        (&story["data"][0]["kind"], &story["data"][0]["data"]["to"]["file_name"]),
        (&json!("file"), &json!("offer.txt"))
    );

    let stranger = hub.found("Other", "zoe").await;
    stranger.get(&format!("{}/files", path(&deal))).await.expect(404);
    stranger.get(&format!("/attachments/{}", id(&offer))).await.expect(404);
}

#[tokio::test]
async fn who_added_a_file_removes_it_and_a_manager_does() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let deal = make(&owner, json!({"title": "a"})).await;
    let bia = hub.invite(&owner, "bia", "agent").await;
    let [theirs, hers] = [upload(&owner, "a.txt").await, upload(&bia, "b.txt").await];
    put(&owner, &deal, &theirs).await.expect(201);
    put(&bia, &deal, &hers).await.expect(201);
    let one = |file: &Value| format!("{}/files/{}", path(&deal), id(file));
    bia.delete(&one(&theirs)).await.expect(403);
    bia.delete(&one(&hers)).await.expect(204);
    bia.delete(&one(&hers)).await.expect(404);
    bia.get(&format!("/attachments/{}", id(&hers))).await.expect(404);
    owner.delete(&one(&theirs)).await.expect(204);
    let left = owner.get(&format!("{}/files", path(&deal))).await.expect(200).body;
    assert_eq!(left["data"], json!([]));
    let story = owner.get(&format!("{}/activities", path(&deal))).await.expect(200).body;
    assert_eq!(story["data"][0]["data"]["from"]["file_name"], "a.txt");
}

#[tokio::test]
async fn a_file_on_a_deal_is_not_sent_away_and_a_deleted_deal_hides_it() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    pipeline(owner, "Sales").await;
    let deal = make(owner, json!({"title": "a"})).await;
    let conversation = inbox.receive("4915100000001", "wamid.1", "An offer?").await;
    let bia = inbox.hub.invite(owner, "bia", "agent").await;
    let offer = upload(owner, "offer.txt").await;
    put(owner, &deal, &offer).await.expect(201);
    let message = json!({"client_id": "1", "attachments": [id(&offer)]});
    let messages = format!("/conversations/{}/messages", id(&conversation));
    owner.post(&messages, &message).await.expect(422).expect_field("attachments[0]");
    owner.delete(&path(&deal)).await.expect(204);
    bia.get(&format!("/attachments/{}", id(&offer))).await.expect(404);
    owner.post(&format!("{}/restore", path(&deal)), &json!({})).await.expect(200);
    assert_eq!(bytes(&inbox.hub, &bia, id(&offer)).await, b"an offer");
}
