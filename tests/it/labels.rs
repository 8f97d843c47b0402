//! Labels: made, renamed, removed, and who may.

use serde_json::{Value, json};

use crate::harness::inbox::{Inbox, id, ids};

#[tokio::test]
async fn labels_have_unique_names_and_versions() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let vip = owner.post("/labels", &json!({"name": " VIP ", "color": "amber"})).await.expect(201).body;
    assert_eq!((&vip["name"], &vip["color"]), (&json!("VIP"), &json!("amber")));
    owner.post("/labels", &json!({"name": "vip"})).await.expect_problem(409, "name_taken");
    owner.post("/labels", &json!({"name": "x", "color": "<red>"})).await.expect_problem(422, "invalid");
    let path = format!("/labels/{}", id(&vip));
    let renamed = owner.patch(&path, &json!({"name": "Gold", "version": 1})).await.expect(200).body;
    assert_eq!(renamed["version"], 2);
    owner
        .patch(&path, &json!({"name": "Silver", "version": 1}))
        .await
        .expect_problem(409, "version_conflict");
    let agent = inbox.hub.invite(owner, "dan", "agent").await;
    agent.post("/labels", &json!({"name": "mine"})).await.expect_problem(403, "forbidden");
    assert_eq!(ids(&agent.get("/labels").await.expect(200).body), [id(&vip)]);
}

#[tokio::test]
async fn labels_that_change_together_are_one_line_of_the_timeline() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let conversation = inbox.receive("4915100000001", "wamid.1", "hello").await;
    let path = format!("/conversations/{}", id(&conversation));
    let mut labels = Vec::new();
    for name in ["billing", "urgent", "vip"] {
        labels.push(owner.post("/labels", &json!({"name": name})).await.expect(201).id());
    }
    owner.patch(&path, &json!({"labels": labels})).await.expect(200);
    owner.patch(&path, &json!({"labels": [labels[1]]})).await.expect(200);
    owner.patch(&path, &json!({"labels": []})).await.expect(200);
    let lines = inbox.messages(&conversation).await;
    let said: Vec<_> =
        lines.iter().filter(|one| one["kind"] == "system").map(|one| one["text"].as_str().unwrap()).collect();
    let [added, removed, last] = said[..] else { panic!("{said:?}") };
    assert!(added.ends_with("added the labels billing, urgent and vip."), "{added}");
    assert!(removed.ends_with("removed the labels billing and vip."), "{removed}");
    assert!(last.ends_with("removed the label urgent."), "{last}");
    let changes: Vec<_> =
        lines.iter().filter(|one| one["kind"] == "system").map(|one| &one["parts"][0]).collect();
    assert_eq!(changes[0]["to"].as_array().unwrap().len(), 3);
    assert_eq!(changes[2]["from"], json!([{"id": labels[1], "name": "urgent"}]));
}

#[tokio::test]
async fn a_removed_label_leaves_its_conversations() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let conversation = inbox.receive("4915100000001", "wamid.1", "hello").await;
    let label = owner.post("/labels", &json!({"name": "vip"})).await.expect(201).id();
    let path = format!("/conversations/{}", id(&conversation));
    let unknown = json!({"labels": [uuid::Uuid::now_v7()]});
    owner.patch(&path, &unknown).await.expect_problem(422, "invalid");
    assert_eq!(
        owner.patch(&path, &json!({"labels": [label]})).await.expect(200).body["labels"],
        json!([label])
    );
    owner.delete(&format!("/labels/{label}")).await.expect(204);
    assert_eq!(owner.get(&path).await.expect(200).body["labels"], json!([]));
    assert_eq!(owner.get("/conversations/counts").await.expect(200).body["labels"], json!({}));
    owner.delete(&format!("/labels/{label}")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_labels_list_keeps_the_order_of_messages() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let label = owner.post("/labels", &json!({"name": "vip"})).await.expect(201).id();
    let mut all: Vec<Value> = Vec::new();
    for (n, from) in ["4915100000001", "4915100000002"].into_iter().enumerate() {
        let conversation = inbox.receive(from, &format!("wamid.{n}"), "hello").await;
        owner
            .patch(&format!("/conversations/{}", id(&conversation)), &json!({"labels": [label]}))
            .await
            .expect(200);
        all.push(conversation);
    }
    let query = format!("/conversations?label={label}");
    assert_eq!(ids(&owner.get(&query).await.expect(200).body), [id(&all[1]), id(&all[0])]);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    inbox.receive("4915100000001", "wamid.again", "me again").await;
    assert_eq!(ids(&owner.get(&query).await.expect(200).body), [id(&all[0]), id(&all[1])]);
}
