//! Deals: made from a conversation or by themselves, moved along their board, counted, changed by one and seen by all.

mod fields;
mod files;
mod pipelines;
mod views;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{
    client::Session,
    hub::Hub,
    inbox::{Inbox, id, ids},
};

/// A pipeline with the usual stages: its id, and theirs by name.
async fn pipeline(who: &Session, name: &str) -> Value {
    who.post("/pipelines", &json!({"name": name, "currency": "BRL"})).await.expect(201).body
}

fn stage<'a>(pipeline: &'a Value, name: &str) -> &'a str {
    let stages = pipeline["stages"].as_array().unwrap();
    id(stages.iter().find(|stage| stage["name"] == name).unwrap())
}

async fn make(who: &Session, deal: Value) -> Value {
    who.post("/deals", &deal).await.expect(201).body
}

async fn column(who: &Session, stage: &str) -> Vec<String> {
    let page = who.get(&format!("/deals?stage_id={stage}&order=board&limit=200")).await.expect(200).body;
    page["data"].as_array().unwrap().iter().map(|deal| deal["title"].as_str().unwrap().to_owned()).collect()
}

fn path(deal: &Value) -> String {
    format!("/deals/{}", id(deal))
}

#[tokio::test]
async fn a_deal_begins_in_a_conversation_and_is_won() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    owner.post("/deals", &json!({"title": "Too early"})).await.expect_problem(422, "no_pipeline");
    let board = pipeline(owner, "Sales").await;
    let conversation = inbox.receive("4915100000001", "wamid.1", "I want a car").await;
    let deal = make(
        owner,
        json!({"title": " Car ", "conversation_id": id(&conversation), "value": {"minor": 1_250_050, "currency": "BRL"}}),
    )
    .await;
    assert_eq!((deal["title"].as_str(), deal["status"].as_str()), (Some("Car"), Some("open")));
    assert_eq!(deal["stage_id"], stage(&board, "New"), "the first open stage");
    assert_eq!(deal["contact"]["id"], conversation["contact"]["id"], "the conversation brings its contact");
    assert_eq!(deal["conversation_ids"], json!([id(&conversation)]));
    assert_eq!(deal["owner_id"], json!(owner.user_id));

    let again = owner
        .patch(&path(&deal), &json!({"stage_id": stage(&board, "Lost"), "lost_reason": "price"}))
        .await
        .expect(200);
    assert_eq!(
        (again.body["status"].as_str(), again.body["lost_reason"].as_str()),
        (Some("lost"), Some("price"))
    );
    assert!(again.body["closed_at"].is_string());
    let back =
        owner.patch(&path(&deal), &json!({"stage_id": stage(&board, "Qualified")})).await.expect(200).body;
    assert_eq!((&back["closed_at"], &back["lost_reason"]), (&Value::Null, &Value::Null), "it goes on");
    let won = owner.patch(&path(&deal), &json!({"stage_id": stage(&board, "Won")})).await.expect(200).body;
    assert_eq!(won["status"], "won");

    let written = json!({"kind": "call", "text": "She is happy"});
    owner.post(&format!("{}/activities", path(&deal)), &written).await.expect(201);
    let story = owner.get(&format!("{}/activities", path(&deal))).await.expect(200).body;
    let story: Vec<_> = story["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["kind"].as_str().unwrap().to_owned(),
                one["data"]["to"]["name"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let told =
        [("call", ""), ("stage", "Won"), ("stage", "Qualified"), ("stage", "Lost"), ("created", "New")];
    assert_eq!(story, told.map(|(kind, to)| (kind.to_owned(), to.to_owned())));

    let of_contact = format!("/contacts/{}/deals", deal["contact"]["id"].as_str().unwrap());
    assert_eq!(ids(&owner.get(&of_contact).await.expect(200).body), [id(&deal)]);
    let of_talk = format!("/deals?conversation_id={}", id(&conversation));
    assert_eq!(ids(&owner.get(&of_talk).await.expect(200).body), [id(&deal)]);
    let events: i64 = sqlx::query_scalar("select count(*) from events where kind = 'deal_updated'")
        .fetch_one(&mut inbox.hub.sql().await)
        .await
        .unwrap();
    assert_eq!(events, 5, "made, moved three times, written about");
}

#[tokio::test]
async fn deals_stand_where_they_were_put() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let board = pipeline(&owner, "Sales").await;
    let (new, qualified) = (stage(&board, "New"), stage(&board, "Qualified"));
    let mut deals = Vec::new();
    for title in ["a", "b", "c"] {
        deals.push(make(&owner, json!({"title": title})).await);
    }
    assert_eq!(column(&owner, new).await, ["c", "b", "a"], "new ones come on top");
    let put = async |deal: &Value, change: Value| owner.patch(&path(deal), &change).await;
    put(&deals[2], json!({"below": id(&deals[1])})).await.expect(200);
    assert_eq!(column(&owner, new).await, ["b", "c", "a"]);
    put(&deals[0], json!({"below": null})).await.expect(200);
    assert_eq!(column(&owner, new).await, ["a", "b", "c"]);
    put(&deals[1], json!({"stage_id": qualified})).await.expect(200);
    put(&deals[2], json!({"stage_id": qualified, "below": id(&deals[1])})).await.expect(200);
    assert_eq!(
        (column(&owner, new).await.concat(), column(&owner, qualified).await.concat()),
        ("a".into(), "bc".into())
    );
    put(&deals[0], json!({"below": id(&deals[1])})).await.expect_problem(422, "invalid");
    // However often something is put between the same two, there is room.
    for _ in 0..60 {
        put(&deals[0], json!({"stage_id": qualified, "below": id(&deals[1])})).await.expect(200);
        put(&deals[2], json!({"below": id(&deals[1])})).await.expect(200);
    }
    assert_eq!(column(&owner, qualified).await, ["b", "c", "a"]);
    // Page by page the column is the same.
    let mut paged = Vec::new();
    let mut query = format!("/deals?stage_id={qualified}&order=board&limit=1");
    loop {
        let page = owner.get(&query).await.expect(200).body;
        paged.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("/deals?stage_id={qualified}&order=board&limit=1&cursor={cursor}");
    }
    assert_eq!(paged, [id(&deals[1]), id(&deals[2]), id(&deals[0])]);
}

#[tokio::test]
async fn many_put_to_one_place_at_once_all_stand_there() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let board = pipeline(&owner, "Sales").await;
    let top = make(&owner, json!({"title": "top"})).await;
    let mut deals = Vec::new();
    for n in 0..12 {
        deals.push(
            make(&owner, json!({"title": format!("{n}"), "stage_id": stage(&board, "Qualified")})).await,
        );
    }
    let moves = deals.iter().map(|deal| {
        let change = json!({"stage_id": stage(&board, "New"), "below": id(&top)});
        let owner = &owner;
        async move { owner.patch(&path(deal), &change).await.expect(200) }
    });
    futures::future::join_all(moves).await;
    let column = column(&owner, stage(&board, "New")).await;
    assert_eq!(column.len(), 13);
    assert_eq!(column.iter().collect::<BTreeSet<_>>().len(), 13);
    assert_eq!(column[0], "top");
}

#[tokio::test]
async fn a_second_writer_sees_what_the_first_wrote() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let deal = make(&owner, json!({"title": "Car", "attributes": {"colour": "red"}})).await;
    let first = owner.patch(&path(&deal), &json!({"title": "Red car", "version": 1})).await.expect(200).body;
    assert_eq!(first["version"], 2);
    let second = owner.patch(&path(&deal), &json!({"title": "Blue car", "version": 1})).await;
    let current = second.expect_problem(409, "version_conflict").body["current"].clone();
    assert_eq!((current["title"].as_str(), current["version"].as_i64()), (Some("Red car"), Some(2)));
    let merged = owner
        .patch(&path(&deal), &json!({"attributes": {"doors": 4, "colour": null}}))
        .await
        .expect(200)
        .body;
    assert_eq!(merged["attributes"], json!({"doors": 4}));
}

#[tokio::test]
async fn lines_make_the_value() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let lines = json!([{"name": "Hour", "quantity": "1.5", "unit_minor": 9_999}, {"name": "Part", "sku": "P-1", "quantity": "3", "unit_minor": 10}]);
    let deal = make(&owner, json!({"title": "Repair", "lines": lines})).await;
    // 14998.5 is rounded up.
    assert_eq!(deal["value"], json!({"minor": 15_029, "currency": "BRL"}));
    let wanted = json!({"value": {"minor": 1, "currency": "BRL"}});
    owner.patch(&path(&deal), &wanted).await.expect_problem(422, "invalid");
    let plain = owner
        .patch(&path(&deal), &json!({"lines": [], "value": {"minor": 1, "currency": "USD"}}))
        .await
        .expect(200)
        .body;
    assert_eq!(plain["value"], json!({"minor": 1, "currency": "USD"}));
    for wrong in [
        json!({"title": "x", "value": {"minor": 1.5, "currency": "BRL"}}),
        json!({"title": "x", "value": {"minor": 1, "currency": "XXX"}}),
        json!({"title": "x", "value": {"minor": -1, "currency": "BRL"}}),
        json!({"title": "x", "lines": [{"name": "Hour", "quantity": "0", "unit_minor": 1}]}),
        json!({"title": " "}),
        json!({"title": "x", "stage_id": uuid::Uuid::now_v7()}),
        json!({"title": "x", "contact_id": uuid::Uuid::now_v7()}),
        json!({"title": "x", "account_id": uuid::Uuid::now_v7()}),
        json!({"title": "x", "owner_id": uuid::Uuid::now_v7()}),
    ] {
        assert_eq!(owner.post("/deals", &wrong).await.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn stale_deals_and_next_steps_are_pointed_out() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let (old, fresh) =
        (make(&owner, json!({"title": "old"})).await, make(&owner, json!({"title": "fresh"})).await);
    sqlx::query("update deals set last_activity_at = now() - interval '4 days', stage_entered_at = now() - interval '4 days' where title = 'old'")
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    assert_eq!(ids(&owner.get("/deals?stale=true").await.expect(200).body), [id(&old)]);
    let task = json!({"title": "Call", "deal_id": id(&old), "due_at": "2030-01-01T00:00:00Z"});
    let task = owner.post("/tasks", &task).await.expect(201).body;
    assert_eq!(task["deal_id"], old["id"]);
    owner.post("/tasks", &json!({"title": "Some day", "deal_id": id(&old)})).await.expect(201);
    let shown = owner.get(&path(&old)).await.expect(200).body;
    assert_eq!((shown["next_task"]["title"].as_str(), shown["stale"].as_bool()), (Some("Call"), Some(true)));
    assert_eq!(ids(&owner.get(&format!("/tasks?deal_id={}", id(&old))).await.expect(200).body).len(), 2);
    owner
        .post(&format!("{}/activities", path(&old)), &json!({"kind": "note", "text": "Called"}))
        .await
        .expect(201);
    assert_eq!(owner.get(&path(&old)).await.expect(200).body["stale"], false, "something happened");
    assert_eq!(owner.get(&path(&fresh)).await.expect(200).body["next_task"], Value::Null);
}

#[tokio::test]
async fn deleted_deals_come_back_to_their_place() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let board = pipeline(&owner, "Sales").await;
    let new = stage(&board, "New");
    let mut deals = Vec::new();
    for title in ["a", "b", "c"] {
        deals.push(make(&owner, json!({"title": title})).await);
    }
    owner.delete(&path(&deals[1])).await.expect(204);
    assert_eq!(column(&owner, new).await, ["c", "a"]);
    owner.get(&path(&deals[1])).await.expect(404);
    assert_eq!(ids(&owner.get("/deals?deleted=true").await.expect(200).body), [id(&deals[1])]);
    owner.post(&format!("{}/restore", path(&deals[1])), &Value::Null).await.expect(200);
    assert_eq!(column(&owner, new).await, ["c", "b", "a"]);
}

#[tokio::test]
async fn many_deals_are_done_each_for_itself() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    let board = pipeline(&owner, "Sales").await;
    let made =
        json!({"deals": [{"title": "a"}, {"title": "b", "stage_id": uuid::Uuid::now_v7()}, {"title": "c"}]});
    let made = owner.post("/deals/bulk", &made).await.expect(200).body;
    let statuses = |page: &Value| {
        page["data"].as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&made), [200, 422, 200]);
    let (a, c) = (made["data"][0]["id"].clone(), made["data"][2]["id"].clone());
    let nobody = uuid::Uuid::now_v7();
    let change = json!({"ids": [a, nobody, c], "stage_id": stage(&board, "Won"), "add_tags": ["done"]});
    let changed = owner.patch("/deals/bulk", &change).await.expect(200).body;
    assert_eq!(statuses(&changed), [200, 404, 200]);
    assert_eq!(changed["data"][0]["deal"]["tags"], json!(["done"]));
    let gone = hub_delete(&owner, &json!({"ids": [a, c]})).await;
    assert_eq!(statuses(&gone), [204, 204]);
    assert!(ids(&owner.get("/deals").await.expect(200).body).is_empty());
}

async fn hub_delete(who: &Session, body: &Value) -> Value {
    who.send(axum::http::Method::DELETE, "/deals/bulk", Some(body)).await.expect(200).body
}

#[tokio::test]
async fn who_may_not_give_deals_away_takes_free_ones() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let bia = hub.invite(&owner, "bia", "agent").await;
    let vic = hub.invite(&owner, "vic", "viewer").await;
    let deal = make(&owner, json!({"title": "a", "owner_id": null})).await;
    assert_eq!(deal["owner_id"], Value::Null);
    bia.patch(&path(&deal), &json!({"owner_id": owner.user_id})).await.expect(403);
    bia.patch(&path(&deal), &json!({"owner_id": bia.user_id})).await.expect(200);
    owner.patch(&path(&deal), &json!({"owner_id": owner.user_id})).await.expect(200);
    bia.patch(&path(&deal), &json!({"owner_id": null})).await.expect(403);
    owner.patch(&path(&deal), &json!({"owner_id": vic.user_id})).await.expect(422);
    bia.delete(&path(&deal)).await.expect(403);
    bia.post("/pipelines", &json!({"name": "Mine", "currency": "BRL"})).await.expect(403);
    vic.get(&path(&deal)).await.expect(200);
    vic.patch(&path(&deal), &json!({"title": "b"})).await.expect(403);
}

#[tokio::test]
async fn lists_have_orders_and_chosen_fields() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    for (title, minor, close) in
        [("a", 5, json!("2027-01-02")), ("b", 9, Value::Null), ("c", 7, json!("2027-01-01"))]
    {
        make(
            &owner,
            json!({"title": title, "value": {"minor": minor, "currency": "BRL"}, "expected_close": close}),
        )
        .await;
    }
    for (order, expected) in [("newest", "cba"), ("value", "bca"), ("closing", "cab")] {
        let mut titles = String::new();
        let mut query = format!("/deals?order={order}&limit=1&fields=title");
        loop {
            let page = owner.get(&query).await.expect(200).body;
            for deal in page["data"].as_array().unwrap() {
                assert_eq!(deal.as_object().unwrap().len(), 2, "id and title");
                titles.push_str(deal["title"].as_str().unwrap());
            }
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            query = format!("/deals?order={order}&limit=1&fields=title&cursor={cursor}");
            let other = if order == "value" { "newest" } else { "value" };
            owner
                .get(&format!("/deals?order={other}&cursor={cursor}"))
                .await
                .expect_problem(400, "bad_cursor");
        }
        assert_eq!(titles, expected, "{order}");
    }
    owner.get("/deals?fields=title,secret").await.expect(422);
    owner.get("/deals?order=board").await.expect(422);
}

#[tokio::test]
async fn merged_contacts_bring_their_deals() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let (kept, gone) = (
        owner.post("/contacts", &json!({"name": "Hank"})).await.expect(201).body,
        owner.post("/contacts", &json!({"name": "Hank S."})).await.expect(201).body,
    );
    let deal = make(&owner, json!({"title": "a", "contact_id": id(&gone)})).await;
    owner
        .post(&format!("/contacts/{}/merge", id(&kept)), &json!({"contact_id": id(&gone)}))
        .await
        .expect(200);
    assert_eq!(owner.get(&path(&deal)).await.expect(200).body["contact"]["id"], kept["id"]);
}

#[tokio::test]
async fn what_is_gone_gets_nothing_new() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ana").await;
    pipeline(&owner, "Sales").await;
    let deal = make(&owner, json!({"title": "a"})).await;
    let person = |name: &str| json!({"name": name});
    let (kept, merged, deleted) = (
        owner.post("/contacts", &person("Hank")).await.expect(201).body,
        owner.post("/contacts", &person("Hank S.")).await.expect(201).body,
        owner.post("/contacts", &person("Bob")).await.expect(201).body,
    );
    let body = json!({"contact_id": id(&merged)});
    owner.post(&format!("/contacts/{}/merge", id(&kept)), &body).await.expect(200);
    owner.delete(&format!("/contacts/{}", id(&deleted))).await.expect(204);
    for gone in [&merged, &deleted] {
        let contact = json!({"contact_id": id(gone)});
        owner.patch(&path(&deal), &contact).await.expect_field("contact_id");
        let body = json!({"title": "b", "contact_id": id(gone)});
        owner.post("/deals", &body).await.expect_field("contact_id");
    }
    let account = owner.post("/accounts", &json!({"name": "Globex"})).await.expect(201).body;
    owner.delete(&format!("/accounts/{}", id(&account))).await.expect(204);
    let account = json!({"account_id": id(&account)});
    owner.patch(&path(&deal), &account).await.expect_field("account_id");
    owner.patch(&format!("/contacts/{}", id(&kept)), &account).await.expect_field("account_id");
    owner.delete(&path(&deal)).await.expect(204);
    let task = json!({"title": "Call", "deal_id": id(&deal)});
    owner.post("/tasks", &task).await.expect_field("deal_id");
}
