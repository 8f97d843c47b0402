//! What deals stand in: pipelines with their stages and sums, and the companies that they are with.

use serde_json::{Value, json};

use super::{make, path, pipeline, stage};
use crate::{
    harness::{
        hub::Hub,
        inbox::{id, ids},
    },
    realtime::socket::Socket,
};

#[tokio::test]
async fn pipelines_keep_the_stages_that_have_deals() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let board = pipeline(&owner, "Sales").await;
    owner
        .post("/pipelines", &json!({"name": "sales", "currency": "BRL"}))
        .await
        .expect_problem(409, "name_taken");
    let at = format!("/pipelines/{}", id(&board));
    let deal = make(&owner, json!({"title": "a"})).await;
    let mut stages = board["stages"].as_array().unwrap().clone();
    let without_new = stages.split_off(1);
    owner.patch(&at, &json!({"stages": without_new})).await.expect_problem(409, "stage_in_use");
    // The other way round, renamed, with a new one; who had an id keeps it.
    let mut turned = board["stages"].as_array().unwrap().clone();
    turned.reverse();
    turned[5]["name"] = json!("Fresh");
    turned.push(json!({"name": "Dreams", "probability": 1, "stale_after_days": 5}));
    let changed = owner.patch(&at, &json!({"stages": turned, "version": 1})).await.expect(200).body;
    let names: Vec<_> =
        changed["stages"].as_array().unwrap().iter().map(|stage| stage["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Lost", "Won", "Negotiation", "Offer sent", "Qualified", "Fresh", "Dreams"]);
    assert_eq!(changed["stages"][5]["id"], deal["stage_id"]);
    owner.patch(&at, &json!({"name": "x", "version": 1})).await.expect_problem(409, "version_conflict");
    owner.delete(&at).await.expect_problem(409, "pipeline_in_use");

    let second = pipeline(&owner, "Second").await;
    let third = pipeline(&owner, "Third").await;
    owner.patch(&format!("/pipelines/{}", id(&third)), &json!({"position": 0})).await.expect(200);
    let order = ids(&owner.get("/pipelines").await.expect(200).body);
    assert_eq!(order, [id(&third), id(&board), id(&second)]);
    owner.delete(&format!("/pipelines/{}", id(&second))).await.expect(204);
    for wrong in [
        json!({"name": "x", "currency": "BR"}),
        json!({"name": "x", "currency": "BRL", "stages": []}),
        json!({"name": "x", "currency": "BRL", "stages": [{"name": "Won", "kind": "won"}]}),
        json!({"name": "x", "currency": "BRL", "stages": [{"name": "A"}, {"name": "a"}]}),
        json!({"name": "x", "currency": "BRL", "stages": [{"name": "A", "probability": 101}]}),
    ] {
        assert_eq!(owner.post("/pipelines", &wrong).await.status, 422, "{wrong}");
    }
}

/// Deals are over, or open again, with the stage in which they stand.
#[tokio::test]
async fn a_stage_that_means_something_else_changes_its_deals() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let board = pipeline(&owner, "Sales").await;
    let deal = make(&owner, json!({"title": "a", "stage_id": stage(&board, "Negotiation")})).await;
    let at = format!("/pipelines/{}", id(&board));
    let mut stages = board["stages"].clone();
    for (kind, closed) in [("won", true), ("lost", true), ("open", false)] {
        stages[3]["kind"] = json!(kind);
        owner.patch(&at, &json!({"stages": stages})).await.expect(200);
        let deal = owner.get(&path(&deal)).await.expect(200).body;
        assert_eq!(deal["closed_at"].is_string(), closed, "{kind}");
    }
}

#[tokio::test]
async fn accounts_tell_of_their_changes() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let mut socket = Socket::of(&hub, &owner).await;
    let account = owner.post("/accounts", &json!({"name": "Globex"})).await.expect(201).body;
    let at = format!("/accounts/{}", id(&account));
    assert_eq!(socket.next_of("settings_updated").await["data"], json!({"what": "contacts"}));
    owner.patch(&at, &json!({"name": "Globex Inc"})).await.expect(200);
    assert_eq!(socket.next_of("settings_updated").await["data"], json!({"what": "contacts"}));
    owner.delete(&at).await.expect(204);
    assert_eq!(socket.next_of("settings_updated").await["data"], json!({"what": "contacts"}));
}

#[tokio::test]
async fn accounts_hold_contacts_and_deals() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let body = json!({"name": "Globex", "domain": "https://www.Globex.example/about"});
    let account = owner.post("/accounts", &body).await.expect(201).body;
    assert_eq!(account["domain"], "globex.example");
    owner
        .post("/accounts", &json!({"name": "Other", "domain": "globex.example"}))
        .await
        .expect_problem(409, "domain_taken");
    let contact = json!({"name": "Hank", "account_id": id(&account)});
    let contact = owner.post("/contacts", &contact).await.expect(201).body;
    assert_eq!(contact["account"], json!({"id": id(&account), "name": "Globex"}));
    let deal =
        make(&owner, json!({"title": "a", "account_id": id(&account), "contact_id": id(&contact)})).await;
    let at = format!("/accounts/{}", id(&account));
    let shown = owner.get(&at).await.expect(200).body;
    assert_eq!((shown["contacts"].as_i64(), shown["open_deals"].as_i64()), (Some(1), Some(1)));
    assert_eq!(
        ids(&owner.get(&format!("/contacts?account_id={}", id(&account))).await.expect(200).body),
        [id(&contact)]
    );
    assert_eq!(
        ids(&owner.get(&format!("/deals?account_id={}", id(&account))).await.expect(200).body),
        [id(&deal)]
    );
    assert_eq!(ids(&owner.get("/accounts?q=glob").await.expect(200).body), [id(&account)]);
    assert!(ids(&owner.get("/accounts?q=%25").await.expect(200).body).is_empty(), "a sign is a sign");
    owner.patch(&at, &json!({"name": "Globex Inc", "version": 1})).await.expect(200);
    owner.patch(&at, &json!({"name": "x", "version": 1})).await.expect_problem(409, "version_conflict");
    owner.delete(&at).await.expect(204);
    assert_eq!(owner.get(&path(&deal)).await.expect(200).body["account"], Value::Null);
    owner.get(&at).await.expect(404);
}

#[tokio::test]
async fn stages_add_up_by_currency() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let board = pipeline(&owner, "Sales").await;
    for (title, minor, currency, at) in [
        ("a", 1_000, "BRL", "Qualified"),
        ("b", 333, "BRL", "Qualified"),
        ("c", 500, "USD", "Qualified"),
        ("d", 700, "BRL", "Won"),
    ] {
        let value = json!({"minor": minor, "currency": currency});
        make(&owner, json!({"title": title, "value": value, "stage_id": stage(&board, at), "tags": [title]}))
            .await;
    }
    let gone = make(&owner, json!({"title": "e", "value": {"minor": 9, "currency": "BRL"}})).await;
    owner.delete(&path(&gone)).await.expect(204);
    let totals = async |query: &str| {
        let body = owner.get(&format!("/pipelines/{}/totals{query}", id(&board))).await.expect(200).body;
        let rows = body["data"].as_array().unwrap().clone();
        let row = |one: &Value| {
            let number = |name: &str| one[name].as_i64().unwrap();
            (
                one["currency"].as_str().unwrap().to_owned(),
                number("deals"),
                number("value_minor"),
                number("weighted_minor"),
            )
        };
        rows.iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(
        totals("").await,
        [("BRL".into(), 2, 1_333, 400), ("USD".into(), 1, 500, 150), ("BRL".into(), 1, 700, 700)]
    );
    assert_eq!(totals("?tag=c").await, [("USD".into(), 1, 500, 150)]);
    assert_eq!(totals("?q=A").await, [("BRL".into(), 1, 1_000, 300)]);
}
