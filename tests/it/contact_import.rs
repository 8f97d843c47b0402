//! Contacts taken in from a table.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    client::{Answer, Session},
    inbox::{Inbox, id},
};

async fn import(by: &Session, table: impl Into<reqwest::Body>) -> Answer {
    let request = by.request(Method::POST, "/contacts/import").header("content-type", "text/csv");
    Answer::of(request.body(table)).await
}

fn outcomes(answer: &Answer) -> Vec<&str> {
    answer.body["data"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect()
}

async fn found(by: &Session, text: &str) -> Vec<Value> {
    let request = by.request(Method::GET, "/contacts").query(&[("q", text)]);
    Answer::of(request).await.expect(200).body["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn rows_find_their_contact_or_make_one() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let conversation = inbox.receive("4915100000001", "wamid.1", "hi").await;
    let body =
        json!({"name": "Bea", "email": "bea@example.org", "attributes": {"plan": "free", "vip": true}});
    let bea = owner.post("/contacts", &body).await.expect(201).id();
    let table = "Name,Phone,Email,plan,City\r\n\
        Ada,+49 151 00000001,,gold,\"Lima, Peru\"\r\n\
        Bea B.,+4915100000002,BEA@example.org,silver,\r\n\
        Cyd,+4915100000003,cyd@example.org,,\r\n\
        ,,dora@example.org,,\r\n\
        Cyd again,+4915100000003,,,\r\n";
    let answer = import(owner, table).await.expect(200);
    assert_eq!(outcomes(&answer), ["updated", "updated", "created", "created", "updated"]);
    assert_eq!(answer.body["data"][4]["row"], 5);

    let ada = owner.get(&format!("/contacts/{}", id(&conversation["contact"]))).await.expect(200).body;
    assert_eq!(ada["name"], "Ada");
    assert_eq!(ada["attributes"], json!({"plan": "gold", "City": "Lima, Peru"}));
    let bea = owner.get(&format!("/contacts/{bea}")).await.expect(200).body;
    assert_eq!((&bea["name"], &bea["phone"]), (&json!("Bea B."), &json!("+4915100000002")));
    assert_eq!(
        bea["attributes"],
        json!({"plan": "silver", "vip": true}),
        "what the table does not say stays"
    );
    let cyd = found(owner, "cyd@example.org").await;
    assert_eq!((cyd.len(), &cyd[0]["name"], &cyd[0]["version"]), (1, &json!("Cyd again"), &json!(1)));
    assert_eq!(found(owner, "dora@example.org").await[0]["name"], "dora@example.org");

    let again = import(owner, table.replace("Cyd again", "Cyd")).await.expect(200);
    assert_eq!(outcomes(&again), ["skipped", "skipped", "updated", "skipped", "skipped"]);
    assert!(again.body["data"][0].get("error").is_none());
}

#[tokio::test]
async fn a_faulty_row_costs_its_neighbours_nothing() {
    let inbox = Inbox::start().await;
    let table = format!(
        "name;phone;email;note\nA;12;;\nB;;nobody;\nC;;;only a name\nD;+4915100000004;;{}\nE;;e@example.org;fine\nF;;f@example.org;x;y\n",
        "x".repeat(1001)
    );
    let answer = import(&inbox.owner, table).await.expect(200);
    assert_eq!(outcomes(&answer), ["skipped", "skipped", "skipped", "skipped", "created", "skipped"]);
    for (row, word) in [(0, "phone"), (1, "email"), (2, "neither"), (3, "note"), (5, "cells")] {
        let error = answer.body["data"][row]["error"].as_str().unwrap();
        assert!(error.contains(word), "{error}");
    }
    assert_eq!(found(&inbox.owner, "example.org").await.len(), 1);
}

#[tokio::test]
async fn what_was_exported_comes_back_unchanged() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let body = json!({"name": "=Zoë, \"the\" one", "phone": "+4915100000009", "tags": ["b2b"]});
    let before = owner.post("/contacts", &body).await.expect(201).body;
    let table = owner.get("/contacts/export").await.expect(200).bytes;
    assert_eq!(outcomes(&import(owner, table.clone()).await.expect(200)), ["skipped"]);
    assert_eq!(owner.get(&format!("/contacts/{}", id(&before))).await.expect(200).body, before);
    let other = inbox.hub.found("Other", "bob").await;
    assert_eq!(
        outcomes(&import(&other, table).await.expect(200)),
        ["created"],
        "another organization's are others"
    );
}

#[tokio::test]
async fn five_thousand_rows_and_two_imports_at_once() {
    let inbox = Inbox::start().await;
    let rows: String = (0..5_000).map(|n| format!("Name {n},+4915{n:08},n{n}@example.org\n")).collect();
    let table = format!("name,phone,email\n{rows}");
    let (one, two) = tokio::join!(import(&inbox.owner, table.clone()), import(&inbox.owner, table.clone()));
    let mut all = [outcomes(&one.expect(200)).join(","), outcomes(&two.expect(200)).join(",")].concat();
    let created = all.matches("created").count();
    all = all.replace("created", "");
    assert_eq!((created, all.matches("skipped").count()), (5_000, 5_000), "each is made once");
    let more = format!("{table}One more,+491,x@example.org\n");
    import(&inbox.owner, more).await.expect_problem(422, "too_many_rows");
}

#[tokio::test]
async fn what_is_no_table_is_refused_as_a_whole() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    import(owner, "").await.expect_problem(422, "bad_table");
    import(owner, "first,last\nAda,L\n").await.expect_problem(422, "bad_table");
    import(owner, "name,email\n\"Ada,a@example.org\n").await.expect_problem(422, "bad_table");
    import(owner, b"email\n\xff@example.org\n".to_vec()).await.expect_problem(400, "not_utf8");
    import(owner, "email\na\0@example.org\n").await.expect_problem(400, "nul_character");
    import(owner, "x".repeat((1 << 20) + 1)).await.expect_problem(413, "too_large");
    owner.post("/contacts/import", &json!([])).await.expect_problem(415, "unsupported_media_type");
    let viewer = inbox.hub.invite(owner, "dan", "viewer").await;
    import(&viewer, "email\na@example.org\n").await.expect_problem(403, "forbidden");
}
