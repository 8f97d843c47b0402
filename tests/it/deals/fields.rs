//! Fields with a type: what fits, what does not, and what a won deal needs.

use serde_json::{Value, json};

use super::{make, path, pipeline, stage};
use crate::harness::{client::Session, hub::Hub, inbox::id};

async fn field(who: &Session, field: Value) -> Value {
    who.post("/deal-fields", &field).await.expect(201).body
}

#[tokio::test]
async fn values_are_written_as_their_field_says() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let kinds = [
        ("text", json!("x"), json!(1)),
        ("number", json!(2.5), json!("2.5")),
        ("date", json!("2027-02-28"), json!("2027-02-30")),
        ("choice", json!("Gold"), json!("Lead")),
        ("yes_no", json!(false), json!("no")),
    ];
    for (kind, ..) in &kinds {
        let choices = if *kind == "choice" { json!([" Gold ", "Silver"]) } else { json!([]) };
        field(&owner, json!({"key": kind, "label": format!("The {kind}"), "kind": kind, "choices": choices}))
            .await;
    }
    let deal = make(&owner, json!({"title": "a", "attributes": {"free": true}})).await;
    for (kind, right, wrong) in &kinds {
        let set = |value: &Value| json!({"attributes": {*kind: value}});
        let refused = owner.patch(&path(&deal), &set(wrong)).await.expect(422);
        refused.expect_field(&format!("attributes.{kind}"));
        let made = json!({"title": "b", "attributes": {*kind: wrong}});
        owner.post("/deals", &made).await.expect(422).expect_field(&format!("attributes.{kind}"));
        let deal = owner.patch(&path(&deal), &set(right)).await.expect(200).body;
        assert_eq!(&deal["attributes"][*kind], right);
        owner.patch(&path(&deal), &set(&Value::Null)).await.expect(200);
    }
    owner.patch(&path(&deal), &json!({"attributes": {"free": 7}})).await.expect(200);

    field(&owner, json!({"about": "account", "key": "number", "label": "Staff", "kind": "number"})).await;
    let company = json!({"name": "Acme", "attributes": {"number": "many"}});
    owner.post("/accounts", &company).await.expect(422).expect_field("attributes.number");
}

#[tokio::test]
async fn a_won_deal_has_what_is_required_of_it() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let board = pipeline(&owner, "Sales").await;
    let contract =
        json!({"key": "contract", "label": "Contract number", "kind": "text", "required_when_won": true});
    field(&owner, contract).await;
    let deal = make(&owner, json!({"title": "a"})).await;
    let win = json!({"stage_id": stage(&board, "Won")});
    let refused = owner.patch(&path(&deal), &win).await.expect_problem(422, "fields_missing");
    assert!(refused.body["detail"].as_str().unwrap().contains("Contract number"));
    assert_eq!(owner.get(&path(&deal)).await.body["status"], "open", "it stays where it was");
    let made = json!({"title": "b", "stage_id": stage(&board, "Won")});
    owner.post("/deals", &made).await.expect_problem(422, "fields_missing");
    let bulk =
        owner.patch("/deals/bulk", &json!({"ids": [id(&deal)], "stage_id": stage(&board, "Won")})).await;
    assert_eq!(bulk.body["data"][0]["status"], 422);

    let both = json!({"stage_id": stage(&board, "Won"), "attributes": {"contract": "C-1"}});
    owner.patch(&path(&deal), &both).await.expect(200);
    owner
        .patch(&path(&deal), &json!({"attributes": {"contract": null}}))
        .await
        .expect_problem(422, "fields_missing");
    owner.patch(&path(&deal), &json!({"title": "c", "attributes": {"free": "x"}})).await.expect(200);
}

#[tokio::test]
async fn managers_arrange_fields_and_values_outlive_them() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let bia = hub.invite(&owner, "bia", "agent").await;
    let plan = json!({"key": "plan", "label": "Plan", "kind": "choice", "choices": ["Gold"]});
    bia.post("/deal-fields", &plan).await.expect(403);
    let made = field(&owner, plan.clone()).await;
    owner.post("/deal-fields", &plan).await.expect_problem(409, "key_taken");
    owner
        .post("/deal-fields", &json!({"key": "x", "label": "X", "kind": "choice"}))
        .await
        .expect(422)
        .expect_field("choices");
    let twice = json!({"key": "x", "label": "X", "kind": "choice", "choices": ["a", "a"]});
    owner.post("/deal-fields", &twice).await.expect(422).expect_field("choices");
    field(&owner, json!({"key": "seats", "label": "Seats", "kind": "number"})).await;
    let deal = make(&owner, json!({"title": "a", "attributes": {"plan": "Gold"}})).await;

    let one = format!("/deal-fields/{}", id(&made));
    let changed = json!({"label": "Tariff", "choices": ["Silver"], "position": 1, "version": 1});
    let changed = owner.patch(&one, &changed).await.expect(200).body;
    assert_eq!((&changed["label"], &changed["key"]), (&json!("Tariff"), &json!("plan")));
    owner.patch(&one, &json!({"label": "Old", "version": 1})).await.expect_problem(409, "version_conflict");
    let list = bia.get("/deal-fields").await.expect(200).body;
    let keys: Vec<_> = list["data"].as_array().unwrap().iter().map(|field| &field["key"]).collect();
    assert_eq!(keys, ["seats", "plan"]);
    let titled = owner.patch(&path(&deal), &json!({"title": "b"})).await.expect(200).body;
    assert_eq!(titled["attributes"]["plan"], "Gold", "a choice that is no more stays where it was made");
    owner.delete(&one).await.expect(204);
    let free = owner.patch(&path(&deal), &json!({"attributes": {"plan": 3}})).await.expect(200).body;
    assert_eq!(free["attributes"]["plan"], 3, "without its field it is free");
}
