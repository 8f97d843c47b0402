//! Saved views of the board, and the conditions that they keep.

use serde_json::{Value, json};

use super::{make, pipeline, stage};
use crate::harness::{
    client::Session,
    hub::Hub,
    inbox::{id, ids},
};

async fn names(who: &Session) -> String {
    let views = who.get("/deal-views").await.expect(200).body;
    let names = views["data"].as_array().unwrap().iter().map(|view| view["name"].as_str().unwrap());
    names.collect::<Vec<_>>().join(" ")
}

fn path(view: &Value) -> String {
    format!("/deal-views/{}", id(view))
}

#[tokio::test]
async fn ones_own_views_are_ones_own_and_shared_ones_are_the_managers() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let board = pipeline(&owner, "Sales").await;
    let bia = hub.invite(&owner, "bia", "agent").await;
    let look = json!({"shape": "table", "order": "value", "whose": "mine", "stale": true, "closing": "7", "columns": ["plan"]});
    let shared = json!({"name": " Quiet ", "shared": true, "pipeline_id": id(&board), "look": look});
    bia.post("/deal-views", &shared).await.expect(403);
    let shared = owner.post("/deal-views", &shared).await.expect(201).body;
    assert_eq!((shared["name"].as_str(), &shared["shared"]), (Some("Quiet"), &json!(true)));
    for (name, value) in look.as_object().unwrap() {
        assert_eq!(&shared["look"][name], value, "{name}");
    }
    let own = bia.post("/deal-views", &json!({"name": "Quiet"})).await.expect(201).body;
    bia.post("/deal-views", &json!({"name": "QUIET"})).await.expect_problem(409, "name_taken");
    assert_eq!((names(&owner).await.as_str(), names(&bia).await.as_str()), ("Quiet", "Quiet Quiet"));
    owner.get(&path(&own)).await.expect(404);
    owner.patch(&path(&own), &json!({"name": "Seen"})).await.expect(404);
    owner.delete(&path(&own)).await.expect(404);
    bia.patch(&path(&shared), &json!({"name": "Loud"})).await.expect(403);
    bia.delete(&path(&shared)).await.expect(403);
    bia.patch(&path(&own), &json!({"shared": true})).await.expect(403);

    let renamed = bia.patch(&path(&own), &json!({"name": "Mine", "version": 1})).await.expect(200).body;
    assert_eq!(renamed["version"], 2);
    bia.patch(&path(&own), &json!({"name": "Old", "version": 1}))
        .await
        .expect_problem(409, "version_conflict");
    bia.delete(&path(&own)).await.expect(204);
    owner.delete(&format!("/pipelines/{}", id(&board))).await.expect(204);
    assert_eq!(names(&owner).await, "", "a pipeline's views go with it");
}

#[tokio::test]
async fn views_stand_in_the_order_that_they_were_given() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let mut views = Vec::new();
    for name in ["a", "b", "c"] {
        views.push(owner.post("/deal-views", &json!({"name": name, "shared": true})).await.expect(201).body);
    }
    let own = owner.post("/deal-views", &json!({"name": "x"})).await.expect(201).body;
    owner.patch(&path(&views[2]), &json!({"position": 0})).await.expect(200);
    assert_eq!(names(&owner).await, "c a b x");
    owner.patch(&path(&views[2]), &json!({"position": 1})).await.expect(200);
    assert_eq!(names(&owner).await, "a c b x");
    owner.patch(&path(&own), &json!({"shared": true})).await.expect(200);
    owner.patch(&path(&views[0]), &json!({"shared": false})).await.expect(200);
    assert_eq!(names(&owner).await, "c b x a", "behind the others of its kind");
}

#[tokio::test]
async fn what_no_view_can_look_for_is_refused() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let look = |look: Value| json!({"name": "a", "look": look});
    for (wrong, field) in [
        (json!({"closing": "soon"}), "look.closing"),
        (json!({"value_from": -1}), "look.value_from"),
        (json!({"whose": "member"}), "look.owner_id"),
        (json!({"whose": "member", "owner_id": uuid::Uuid::now_v7()}), "owner_id"),
    ] {
        owner.post("/deal-views", &look(wrong)).await.expect(422).expect_field(field);
    }
    let foreign = json!({"name": "a", "pipeline_id": uuid::Uuid::now_v7()});
    owner.post("/deal-views", &foreign).await.expect(422).expect_field("pipeline_id");
}

#[tokio::test]
async fn lists_and_sums_hold_to_the_same_conditions() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let board = pipeline(&owner, "Sales").await;
    for (minor, free, name) in [(100, true, "New"), (200, false, "New"), (300, true, "Won")] {
        let owner_id = if free { Value::Null } else { json!(owner.user_id) };
        let deal = json!({"title": minor.to_string(), "value": {"minor": minor, "currency": "BRL"}, "owner_id": owner_id,
                          "stage_id": stage(&board, name)});
        make(&owner, deal).await;
    }
    for (query, sum) in [
        ("", 600),
        ("unowned=true", 400),
        ("value_from=200", 500),
        ("value_to=200", 300),
        ("value_from=150&value_to=250", 200),
        ("status=open", 300),
        ("status=won&unowned=true", 300),
    ] {
        let list = owner.get(&format!("/deals?{query}")).await.expect(200).body;
        let totals = owner.get(&format!("/pipelines/{}/totals?{query}", id(&board))).await.expect(200).body;
        let add = |page: &Value, get: fn(&Value) -> &Value| -> i64 {
            page["data"].as_array().unwrap().iter().map(|one| get(one).as_i64().unwrap()).sum()
        };
        assert_eq!(add(&list, |deal| &deal["value"]["minor"]), sum, "{query} of {:?}", ids(&list));
        assert_eq!(add(&totals, |total| &total["value_minor"]), sum, "the sums of {query}");
    }
}
