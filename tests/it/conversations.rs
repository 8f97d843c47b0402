//! Lists, badges, changes and read marks of conversations.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::harness::inbox::{Inbox, id, ids};

const ANA: &str = "4915100000001";
const BEA: &str = "4915100000002";
const CARL: &str = "4915100000003";

async fn three() -> (Inbox, [Value; 3]) {
    let inbox = Inbox::start().await;
    let first = inbox.receive(ANA, "wamid.1", "about my invoice").await;
    let second = inbox.receive(BEA, "wamid.2", "where is my parcel").await;
    let third = inbox.receive(CARL, "wamid.3", "hello").await;
    (inbox, [first, second, third])
}

fn path(conversation: &Value) -> String {
    format!("/conversations/{}", id(conversation))
}

#[tokio::test]
async fn pages_follow_one_another_in_every_order() {
    let (inbox, [first, second, third]) = three().await;
    let newest = [&third, &second, &first].map(|one| id(one).to_owned());
    for (sort, reversed) in
        [("-last_message_at", false), ("last_message_at", true), ("-created_at", false), ("created_at", true)]
    {
        let mut expected = newest.to_vec();
        if reversed {
            expected.reverse();
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = inbox
                .owner
                .get(&format!("/conversations?limit=1&sort={sort}{cursor}"))
                .await
                .expect(200)
                .body;
            seen.extend(ids(&page));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, expected, "{sort}");
    }
    inbox.owner.get("/conversations?cursor=nonsense").await.expect_problem(400, "bad_cursor");
    inbox.owner.get("/conversations?limit=201").await.expect_problem(400, "bad_query");
    inbox.owner.get("/conversations?status=lost").await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn every_filter_finds_its_own_and_no_other() {
    let (inbox, [first, second, third]) = three().await;
    let owner = &inbox.owner;
    let label = owner.post("/labels", &json!({"name": "vip"})).await.expect(201).id();
    let team = owner.post("/teams", &json!({"name": "Sales"})).await.expect(201).id();
    let change =
        json!({"labels": [label], "priority": "urgent", "assignee_id": owner.user_id, "team_id": team});
    owner.patch(&path(&first), &change).await.expect(200);
    owner.patch(&path(&second), &json!({"status": "closed"})).await.expect(200);
    owner.post(&format!("{}/read", path(&third)), &json!({"seq": 1})).await.expect(200);
    let (a, b, c) = (id(&first), id(&second), id(&third));
    let integration = inbox.whatsapp.id;
    let contact = id(&third["contact"]);
    let cases: Vec<(String, Vec<&str>)> = vec![
        ("status=open".into(), vec![c, a]),
        ("status=closed".into(), vec![b]),
        ("status=closed,open".into(), vec![c, b, a]),
        ("status=snoozed".into(), vec![]),
        ("channel=whatsapp".into(), vec![c, b, a]),
        ("channel=telegram".into(), vec![]),
        (format!("integration_id={integration}"), vec![c, b, a]),
        ("assignee_id=me".into(), vec![a]),
        (format!("assignee_id={}", owner.user_id), vec![a]),
        ("assignee_id=none".into(), vec![c, b]),
        (format!("team_id={team}"), vec![a]),
        (format!("label={label}"), vec![a]),
        (format!("label={label}&status=closed"), vec![]),
        ("priority=urgent".into(), vec![a]),
        ("priority=none".into(), vec![c, b]),
        ("unread=true".into(), vec![b, a]),
        (format!("contact_id={contact}"), vec![c]),
        ("q=parcel".into(), vec![b]),
        ("q=invo".into(), vec![a]),
        (format!("q={CARL}"), vec![c]),
        ("q=nobody%20wrote%20this".into(), vec![]),
        ("mentioned=true".into(), vec![]),
        ("assignee_id=none&status=open&unread=true".into(), vec![]),
        ("sort=created_at&status=open".into(), vec![a, c]),
    ];
    for (query, expected) in cases {
        let page = owner.get(&format!("/conversations?{query}")).await.expect(200).body;
        assert_eq!(ids(&page), expected, "{query}");
    }
}

#[tokio::test]
async fn agents_see_their_own_their_teams_and_the_unassigned() {
    let (inbox, [first, second, third]) = three().await;
    let owner = &inbox.owner;
    let (dan, eve) =
        (inbox.hub.invite(owner, "dan", "agent").await, inbox.hub.invite(owner, "eve", "agent").await);
    let team =
        owner.post("/teams", &json!({"name": "Sales", "member_ids": [dan.user_id]})).await.expect(201).id();
    owner.patch(&path(&first), &json!({"team_id": team})).await.expect(200);
    owner.patch(&path(&second), &json!({"assignee_id": eve.user_id})).await.expect(200);
    let (a, b, c) = (id(&first), id(&second), id(&third));
    let seen = async |agent: &crate::harness::client::Session, query: &str| {
        ids(&agent.get(&format!("/conversations?{query}")).await.expect(200).body)
    };
    assert_eq!(seen(&dan, "").await, [c, a]);
    assert_eq!(seen(&eve, "").await, [c, b]);
    assert_eq!(seen(&dan, "sort=created_at").await, [a, c]);
    assert_eq!(seen(&dan, "assignee_id=none").await, [c, a]);
    assert_eq!(seen(&eve, "assignee_id=none").await, [c]);
    assert_eq!(seen(&eve, &format!("team_id={team}")).await, [] as [&str; 0]);
    assert_eq!(seen(&dan, &format!("assignee_id={}", eve.user_id)).await, [] as [&str; 0]);
    assert_eq!(seen(&dan, "unread=true").await, [c, a]);
    assert_eq!(seen(&dan, "q=parcel").await, [] as [&str; 0]);
    dan.get(&path(&second)).await.expect_problem(404, "not_found");
    dan.get(&format!("{}/messages", path(&second))).await.expect_problem(404, "not_found");
    dan.patch(&path(&second), &json!({"status": "closed"})).await.expect_problem(404, "not_found");
    let counts = dan.get("/conversations/counts").await.expect(200).body;
    assert_eq!(
        (&counts["all"]["conversations"], &counts["unassigned"]["conversations"]),
        (&json!(2), &json!(2))
    );
}

#[tokio::test]
async fn counts_follow_every_change_before_and_after_folding() {
    let (inbox, [first, second, third]) = three().await;
    let owner = &inbox.owner;
    let label = owner.post("/labels", &json!({"name": "vip"})).await.expect(201).id();
    owner.patch(&path(&first), &json!({"labels": [label], "assignee_id": owner.user_id})).await.expect(200);
    owner.patch(&path(&second), &json!({"status": "closed", "labels": [label]})).await.expect(200);
    owner.post(&format!("{}/read", path(&third)), &json!({"seq": 1})).await.expect(200);
    for folded in [false, true] {
        if folded {
            switchboard::inbox::counts::fold(inbox.hub.app.db.system()).await.unwrap();
        }
        let counts = owner.get("/conversations/counts").await.expect(200).body;
        let count =
            |conversations: i64, unread: i64| json!({"conversations": conversations, "unread": unread});
        assert_eq!(counts["all"], count(2, 1), "{folded}");
        assert_eq!(counts["mine"], count(1, 1));
        assert_eq!(counts["unassigned"], count(1, 0));
        assert_eq!(counts["closed"], count(1, 1));
        assert_eq!(counts["labels"], json!({label.clone(): count(1, 1)}));
        assert_eq!(counts["channels"], json!({"whatsapp": count(2, 1)}));
        assert_eq!(counts["statuses"], json!({"open": count(2, 1), "closed": count(1, 1)}));
    }
    owner.patch(&path(&first), &json!({"labels": []})).await.expect(200);
    owner.delete(&path(&third)).await.expect(204);
    let counts = owner.get("/conversations/counts").await.expect(200).body;
    assert_eq!(counts["all"]["conversations"], 1);
    assert_eq!(counts["labels"], json!({}));
}

#[tokio::test]
async fn a_change_leaves_a_line_a_version_and_a_conflict_for_the_late() {
    let (inbox, [first, ..]) = three().await;
    let owner = &inbox.owner;
    let dan = inbox.hub.invite(owner, "dan", "agent").await;
    let change = json!({"assignee_id": dan.user_id, "priority": "high", "version": first["version"]});
    let changed = owner.patch(&path(&first), &change).await.expect(200).body;
    assert_eq!((&changed["assignee_id"], &changed["priority"]), (&json!(dan.user_id), &json!("high")));
    let late = owner.patch(&path(&first), &json!({"status": "closed", "version": first["version"]})).await;
    let late = late.expect_problem(409, "version_conflict");
    assert_eq!(late.body["current"]["version"], changed["version"]);
    let messages = owner.get(&format!("{}/messages?direction=newer", path(&first))).await.expect(200).body;
    let lines: Vec<_> = messages["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["seq"].as_i64().unwrap(), one["text"].as_str().unwrap()))
        .collect();
    assert_eq!(
        lines,
        [(1, "about my invoice"), (2, "ada assigned this to dan."), (3, "ada set the priority to high.")]
    );
    assert_eq!(changed["last_seq"], 3);
    assert_eq!(changed["last_message"]["text"], "about my invoice", "a line is no message");
    let viewer = inbox.hub.invite(owner, "vic", "viewer").await;
    owner.patch(&path(&first), &json!({"assignee_id": viewer.user_id})).await.expect_problem(422, "invalid");
    viewer.patch(&path(&first), &json!({"status": "closed"})).await.expect_problem(403, "forbidden");
    owner
        .patch(&path(&first), &json!({"status": "gone", "priority": "huge"}))
        .await
        .expect_problem(422, "invalid");
}

#[tokio::test]
async fn snoozed_conversations_wake_when_their_time_has_come() {
    let (inbox, [first, ..]) = three().await;
    let owner = &inbox.owner;
    owner.patch(&path(&first), &json!({"status": "snoozed"})).await.expect_problem(422, "invalid");
    let past = Utc::now() - TimeDelta::hours(1);
    owner.patch(&path(&first), &json!({"snoozed_until": past})).await.expect_problem(422, "invalid");
    let later = Utc::now() + TimeDelta::hours(1);
    let snoozed = owner.patch(&path(&first), &json!({"snoozed_until": later})).await.expect(200).body;
    assert_eq!(snoozed["status"], "snoozed");
    switchboard::inbox::snooze::wake(&inbox.hub.app.db).await.unwrap();
    assert_eq!(owner.get(&path(&first)).await.expect(200).body["status"], "snoozed");
    sqlx::query(
        "update conversations set snoozed_until = now() - interval '1 second' where status = 'snoozed'",
    )
    .execute(&mut inbox.hub.sql().await)
    .await
    .unwrap();
    switchboard::inbox::snooze::wake(&inbox.hub.app.db).await.unwrap();
    let awake = owner.get(&path(&first)).await.expect(200).body;
    assert_eq!((&awake["status"], &awake["snoozed_until"]), (&json!("open"), &Value::Null));
    assert_eq!(awake["last_seq"], 3, "two lines: snoozed, over");
}

#[tokio::test]
async fn unread_counts_are_exact() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    inbox.receive(ANA, "wamid.1", "one").await;
    inbox.receive(ANA, "wamid.2", "two").await;
    let third = inbox.receive(ANA, "wamid.3", "three").await;
    assert_eq!(third["unread_count"], 3);
    let read = async |seq: i64| {
        owner.post(&format!("{}/read", path(&third)), &json!({"seq": seq})).await.expect(200).body
    };
    assert_eq!(read(2).await["unread_count"], 1);
    assert_eq!(read(1).await["unread_count"], 1, "reading never goes back");
    let all = read(99).await;
    assert_eq!((&all["unread_count"], &all["read_seq"]), (&json!(0), &json!(3)));
    let again = owner.post(&format!("{}/unread", path(&third)), &Value::Null).await.expect(200).body;
    assert_eq!((&again["unread_count"], &again["read_seq"]), (&json!(1), &json!(2)));
    owner.post(&format!("{}/read", path(&third)), &json!({"seq": -1})).await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn a_bulk_change_answers_for_each() {
    let (inbox, [first, second, _]) = three().await;
    let owner = &inbox.owner;
    let nobody = uuid::Uuid::now_v7().to_string();
    let body = json!({"ids": [id(&first), nobody, id(&second)], "status": "pending"});
    let outcomes = owner.patch("/conversations/bulk", &body).await.expect(200).body;
    let statuses: Vec<_> =
        outcomes["data"].as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 404, 200]);
    assert_eq!(outcomes["data"][1]["problem"]["code"], "not_found");
    assert_eq!(
        owner.get("/conversations?status=pending").await.expect(200).body["data"].as_array().unwrap().len(),
        2
    );
    let many: Vec<_> = (0..201).map(|_| nobody.clone()).collect();
    owner
        .patch("/conversations/bulk", &json!({"ids": many, "status": "open"}))
        .await
        .expect_problem(422, "invalid");
}

#[tokio::test]
async fn merged_conversations_are_numbered_without_gaps() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    owner.patch("/organizations/current", &json!({"single_thread": false})).await.expect(200);
    let old = inbox.receive(ANA, "wamid.1", "first").await;
    owner.patch(&path(&old), &json!({"status": "closed"})).await.expect(200);
    inbox.receive(ANA, "wamid.2", "second").await;
    let new = inbox.receive(ANA, "wamid.3", "third").await;
    assert_ne!(id(&old), id(&new));
    let merged = owner
        .post(&format!("{}/merge", path(&new)), &json!({"conversation_id": id(&old)}))
        .await
        .expect(200)
        .body;
    assert_eq!(
        (id(&merged), &merged["status"], &merged["unread_count"]),
        (id(&new), &json!("open"), &json!(3))
    );
    let messages = owner.get(&format!("{}/messages?direction=newer", path(&new))).await.expect(200).body;
    let rows = messages["data"].as_array().unwrap();
    let numbers: Vec<_> = rows.iter().map(|one| one["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=i64::try_from(rows.len()).unwrap()).collect::<Vec<_>>());
    assert_eq!(merged["last_seq"], json!(rows.len()));
    let texts: Vec<_> = rows
        .iter()
        .filter(|one| one["direction"] == "inbound")
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["first", "second", "third"]);
    owner.get(&path(&old)).await.expect_problem(404, "not_found");
    let other = inbox.receive(BEA, "wamid.4", "somebody else").await;
    let body = json!({"conversation_id": id(&other)});
    owner.post(&format!("{}/merge", path(&new)), &body).await.expect_problem(422, "not_mergeable");
}

#[tokio::test]
async fn a_conversation_begins_where_the_channel_lets_it() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let contact =
        owner.post("/contacts", &json!({"name": "Zoe", "phone": "+49 151 0000 0009"})).await.expect(201).id();
    let body = json!({"contact_id": contact, "integration_id": inbox.whatsapp.id});
    let begun = owner.post("/conversations", &body).await.expect(201).body;
    assert_eq!(begun["assignee_id"], json!(owner.user_id));
    assert_eq!(id(&owner.post("/conversations", &body).await.expect(200).body), id(&begun));
    owner.patch(&path(&begun), &json!({"status": "closed"})).await.expect(200);
    let again = owner.post("/conversations", &body).await.expect(200).body;
    assert_eq!((id(&again), &again["status"]), (id(&begun), &json!("open")));
    let answered = inbox.receive("4915100000009", "wamid.9", "hi").await;
    assert_eq!(id(&answered), id(&begun), "the customer's answer comes into the same conversation");
    let unknown = owner.post("/contacts", &json!({"name": "No number"})).await.expect(201).id();
    let body = json!({"contact_id": unknown, "integration_id": inbox.whatsapp.id});
    owner.post("/conversations", &body).await.expect_problem(422, "no_address");
}
