//! Messages found by words, by who may see them.

use serde_json::{Value, json};

use crate::harness::inbox::{Inbox, id};

fn texts(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn words_phrases_and_beginnings() {
    let inbox = Inbox::start().await;
    for (n, text) in
        ["red shoes please", "shoes that are red", "blue hat", "<b>shoelace</b>"].into_iter().enumerate()
    {
        inbox.receive("4915100000001", &format!("wamid.{n}"), text).await;
    }
    let found = async |q: &str| inbox.owner.get(&format!("/messages?q={q}")).await.expect(200).body;
    assert_eq!(texts(&found("red%20shoes").await), ["shoes that are red", "red shoes please"]);
    assert_eq!(texts(&found("%22red%20shoes%22").await), ["red shoes please"]);
    assert_eq!(texts(&found("sho").await), ["<b>shoelace</b>", "shoes that are red", "red shoes please"]);
    assert_eq!(texts(&found("shoes%20-please").await), ["shoes that are red"]);
    assert_eq!(texts(&found("hat%20or%20please").await), ["blue hat", "red shoes please"]);
    for odd in ["%27%3B--", "%26%7C%21%28", "%3A%2A", "%22", "-", "%5C"] {
        found(odd).await;
    }
    inbox.owner.get("/messages?q=").await.expect_problem(422, "invalid");
    let first = inbox.owner.get("/messages?q=sho&limit=2").await.expect(200).body;
    let next = format!("/messages?q=sho&limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(texts(&inbox.owner.get(&next).await.expect(200).body), ["red shoes please"]);
}

#[tokio::test]
async fn agents_find_what_they_see() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let dan = inbox.hub.invite(owner, "dan", "agent").await;
    let mine = inbox.receive("4915100000001", "wamid.1", "secret of the first").await;
    let other = inbox.receive("4915100000002", "wamid.2", "secret of the second").await;
    owner
        .patch(&format!("/conversations/{}", id(&other)), &json!({"assignee_id": owner.user_id}))
        .await
        .expect(200);
    assert_eq!(texts(&dan.get("/messages?q=secret").await.expect(200).body), ["secret of the first"]);
    assert_eq!(owner.get("/messages?q=secret").await.expect(200).body["data"].as_array().unwrap().len(), 2);
    let within = format!("/messages?q=secret&conversation_id={}", id(&other));
    assert_eq!(texts(&owner.get(&within).await.expect(200).body), ["secret of the second"]);
    assert_eq!(texts(&dan.get(&within).await.expect(200).body), [] as [&str; 0]);
    let _ = mine;
}

#[tokio::test]
async fn the_organizations_language_knows_its_words() {
    let inbox = Inbox::start().await;
    sqlx::query("update organizations set search_language = 'spanish'")
        .execute(&mut inbox.hub.sql().await)
        .await
        .unwrap();
    let conversation = inbox.receive("4915100000001", "wamid.1", "quiero dos zapatos").await;
    let note = json!({"client_id": "n", "note": true, "text": "zapatos rojos"});
    inbox.owner.post(&format!("/conversations/{}/messages", id(&conversation)), &note).await.expect(201);
    assert_eq!(
        texts(&inbox.owner.get("/messages?q=zapato").await.expect(200).body),
        ["zapatos rojos", "quiero dos zapatos"]
    );
    assert_eq!(texts(&inbox.owner.get("/messages?q=querer").await.expect(200).body), [] as [&str; 0]);
}
