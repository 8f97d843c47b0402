//! Tasks: made by people and by missed calls, seen by whom they concern, ticked off once, and reminded of in time.

mod lists;
mod reminders;

use channels::{
    Party, PartyId,
    call::{CallChange, CallDirection, CallState},
    event::What,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    client::Session,
    hub::Hub,
    inbox::{Inbox, id, ids},
};

fn in_hours(hours: i64) -> DateTime<Utc> {
    Utc::now() + TimeDelta::hours(hours)
}

async fn make(who: &Session, task: Value) -> Value {
    who.post("/tasks", &task).await.expect(201).body
}

async fn listed(who: &Session, query: &str) -> Vec<String> {
    ids(&who.get(&format!("/tasks{query}")).await.expect(200).body)
}

/// Kinds of the events about tasks, the task, and who hears each beside those who see its conversation.
async fn told(hub: &Hub) -> Vec<(String, Uuid, Option<Uuid>, Vec<Uuid>)> {
    sqlx::query_as(
        "select kind, (payload::jsonb -> 'task' ->> 'id')::uuid, conversation_id, coalesce(audience, '{}')
         from events where kind like 'task%' order by id",
    )
    .fetch_all(&mut hub.sql().await)
    .await
    .unwrap()
}

/// What notifications of that kind say, and to whom.
async fn notified(hub: &Hub, kind: &str) -> Vec<(Value, Vec<Uuid>)> {
    sqlx::query_as(
        "select payload::jsonb, audience from events
         where kind = 'notification' and payload::jsonb ->> 'kind' = $1 order by id",
    )
    .bind(kind)
    .fetch_all(&mut hub.sql().await)
    .await
    .unwrap()
}

fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

fn call(external_id: &str, state: CallState) -> What {
    What::Call(Box::new(CallChange {
        external_id: external_id.into(),
        thread: String::new(),
        contact: Some(Party { ids: vec![PartyId::plain("wa_id", "4915100000001")], ..Party::default() }),
        direction: CallDirection::Inbound,
        state: Some(state),
        at: Utc::now(),
        duration_seconds: None,
        answered_by: None,
        recording: None,
        transcript: None,
        reason: None,
        message_id: None,
    }))
}

#[tokio::test]
async fn a_task_is_made_changed_done_and_deleted() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let conversation = inbox.receive("4915100000001", "wamid.1", "call me").await;
    let task = make(
        owner,
        json!({"title": " Send the offer ", "kind": "follow_up", "conversation_id": id(&conversation), "due_at": in_hours(5)}),
    )
    .await;
    assert_eq!(
        (&task["title"], &task["kind"], &task["version"]),
        (&json!("Send the offer"), &json!("follow_up"), &json!(1))
    );
    assert_eq!(task["contact"]["id"], conversation["contact"]["id"], "the conversation brings its contact");
    assert_eq!(
        (&task["conversation"]["channel"], &task["created_by"]),
        (&json!("whatsapp"), &json!(owner.user_id))
    );
    let path = format!("/tasks/{}", id(&task));

    let changed =
        owner.patch(&path, &json!({"title": "Send it", "due_at": null, "version": 1})).await.expect(200).body;
    assert_eq!(
        (&changed["title"], &changed["due_at"], &changed["version"]),
        (&json!("Send it"), &Value::Null, &json!(2))
    );
    let stale = owner.patch(&path, &json!({"title": "Old", "version": 1})).await;
    let stale = stale.expect_problem(409, "version_conflict").body;
    assert_eq!(stale["current"]["title"], "Send it");
    let same = owner.patch(&path, &json!({"title": "Send it"})).await.expect(200).body;
    assert_eq!(same["version"], 2, "nothing changed");

    let bia = inbox.hub.invite(owner, "bia", "agent").await;
    let done = bia.patch(&path, &json!({"done": true})).await.expect(200).body;
    assert_eq!((&done["done_by"], done["done_at"].is_string()), (&json!(bia.user_id), true));
    let again = owner.patch(&path, &json!({"done": true})).await.expect(200).body;
    assert_eq!((&again["done_by"], &again["version"]), (&json!(bia.user_id), &json!(3)), "it is done once");
    let open = owner.patch(&path, &json!({"done": false})).await.expect(200).body;
    assert_eq!((&open["done_at"], &open["done_by"]), (&Value::Null, &Value::Null));

    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect_problem(404, "not_found");
    owner.delete(&path).await.expect_problem(404, "not_found");
    let kinds: Vec<_> = told(&inbox.hub).await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["task_created", "task_updated", "task_updated", "task_updated", "task_deleted"]);
}

#[tokio::test]
async fn what_a_task_names_must_be_there() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let conversation = inbox.receive("4915100000001", "wamid.1", "hello").await;
    let other = owner.post("/contacts", &json!({"name": "Eva"})).await.expect(201).id();
    let viewer = inbox.hub.invite(owner, "vera", "viewer").await;
    for wrong in [
        json!({"title": "  "}),
        json!({"title": "x".repeat(301)}),
        json!({"title": "x", "kind": "dance"}),
        json!({"title": "x", "assignee_id": Uuid::now_v7()}),
        json!({"title": "x", "assignee_id": viewer.user_id}),
        json!({"title": "x", "team_id": Uuid::now_v7()}),
        json!({"title": "x", "contact_id": Uuid::now_v7()}),
        json!({"title": "x", "conversation_id": Uuid::now_v7()}),
        json!({"title": "x", "conversation_id": id(&conversation), "contact_id": other}),
    ] {
        let answer = owner.post("/tasks", &wrong).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{wrong}: {} {}", answer.status, answer.body);
    }
    viewer.post("/tasks", &json!({"title": "x"})).await.expect_problem(403, "forbidden");
    assert!(viewer.get("/tasks").await.expect(200).body["data"].as_array().unwrap().is_empty());
    owner.get("/tasks?cursor=e30").await.expect_problem(400, "bad_cursor");
}

#[tokio::test]
async fn lists_are_by_time_and_come_in_pages() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let bia = inbox.hub.invite(owner, "bia", "agent").await;
    let team =
        owner.post("/teams", &json!({"name": "Phones", "member_ids": [bia.user_id]})).await.expect(201).id();
    let conversation = inbox.receive("4915100000001", "wamid.1", "hello").await;
    let whenever = id(&make(owner, json!({"title": "whenever"})).await).to_owned();
    let late =
        id(&make(owner, json!({"title": "late", "due_at": in_hours(9), "team_id": team})).await).to_owned();
    let soon = make(owner, json!({"title": "soon", "due_at": in_hours(1), "assignee_id": bia.user_id})).await;
    let soon = id(&soon).to_owned();
    let there =
        make(owner, json!({"title": "there", "due_at": in_hours(2), "conversation_id": id(&conversation)}))
            .await;
    let there = id(&there).to_owned();
    let all = [soon.clone(), there.clone(), late.clone(), whenever.clone()];

    let mut walked = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = owner.get(&format!("/tasks?open=true&limit=1{cursor}")).await.expect(200).body;
        walked.extend(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(walked, all);
    assert_eq!(
        listed(&bia, "?mine=true").await,
        [&*soon, &*late],
        "one's own, and what one's team has to do"
    );
    assert!(listed(owner, "?mine=true").await.is_empty());
    let before = in_hours(3).to_rfc3339().replace('+', "%2B");
    assert_eq!(listed(owner, &format!("?due_before={before}")).await, [&*soon, &*there]);
    assert_eq!(listed(owner, &format!("?conversation_id={}", id(&conversation))).await, [&*there]);
    assert_eq!(listed(owner, &format!("?contact_id={}", id(&conversation["contact"]))).await, [&*there]);
    assert_eq!(listed(owner, &format!("?team_id={team}")).await, [&*late]);
    assert_eq!(listed(owner, &format!("?assignee_id={}", bia.user_id)).await, [&*soon]);

    for one in [&late, &whenever] {
        owner.patch(&format!("/tasks/{one}"), &json!({"done": true})).await.expect(200);
    }
    assert_eq!(listed(owner, "?open=false").await, [&*whenever, &*late], "the last one done comes first");
    let first = owner.get("/tasks?open=false&limit=1").await.expect(200).body;
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(listed(owner, &format!("?open=false&limit=1&cursor={next}")).await, [&*late]);
    assert_eq!(listed(owner, "?open=true").await, [&*soon, &*there]);
    assert_eq!(listed(owner, "").await, all);
}

#[tokio::test]
async fn an_agent_sees_the_tasks_that_concern_them() {
    let inbox = Inbox::start().await;
    let (hub, owner) = (&inbox.hub, &inbox.owner);
    let bia = hub.invite(owner, "bia", "agent").await;
    let rui = hub.invite(owner, "rui", "agent").await;
    let conversation = inbox.receive("4915100000001", "wamid.1", "hello").await;
    let there = make(owner, json!({"title": "there", "conversation_id": id(&conversation)})).await;
    let given = make(owner, json!({"title": "given", "assignee_id": bia.user_id})).await;
    let own = make(&bia, json!({"title": "own", "assignee_id": owner.user_id})).await;
    let free = make(owner, json!({"title": "free"})).await;
    assert_eq!(listed(&rui, "").await.len(), 2, "the conversation is nobody's yet");

    let path = format!("/conversations/{}", id(&conversation));
    owner.patch(&path, &json!({"assignee_id": bia.user_id})).await.expect(200);
    assert_eq!(listed(&rui, "").await, [id(&free)]);
    assert_eq!(listed(&bia, "").await.len(), 4);
    for hidden in [&there, &given, &own] {
        let path = format!("/tasks/{}", id(hidden));
        rui.get(&path).await.expect_problem(404, "not_found");
        rui.patch(&path, &json!({"done": true})).await.expect_problem(404, "not_found");
        rui.delete(&path).await.expect_problem(404, "not_found");
    }
    // Whoever is given a task of somebody else's conversation has the task.
    owner.patch(&format!("/tasks/{}", id(&there)), &json!({"assignee_id": rui.user_id})).await.expect(200);
    rui.get(&format!("/tasks/{}", id(&there))).await.expect(200);
    let notified = notified(hub, "task_assigned").await;
    assert_eq!(notified.last().unwrap().1, [uuid(&rui.user_id)]);
    assert_eq!(notified.len(), 3, "what one gives oneself is no news");

    let told = told(hub).await;
    let audience = |task: &Value| -> Vec<Uuid> {
        told.iter().rfind(|(_, id, ..)| *id == uuid(task["id"].as_str().unwrap())).unwrap().3.clone()
    };
    assert!(!audience(&given).contains(&uuid(&rui.user_id)));
    assert!(audience(&given).contains(&uuid(&bia.user_id)));
    assert!(audience(&free).contains(&uuid(&rui.user_id)));
    assert!(audience(&there).contains(&uuid(&rui.user_id)));
}

#[tokio::test]
async fn a_missed_call_asks_to_be_called_back_once() {
    let inbox = Inbox::start().await;
    let (hub, owner) = (&inbox.hub, &inbox.owner);
    let team = owner.post("/teams", &json!({"name": "Phones"})).await.expect(201).id();
    let bia = hub.invite(owner, "bia", "agent").await;
    let conversation = inbox.receive("4915100000001", "wamid.1", "I shall call").await;
    let path = format!("/conversations/{}", id(&conversation));
    owner.patch(&path, &json!({"assignee_id": bia.user_id, "team_id": team})).await.expect(200);
    let begun = Utc::now();
    inbox.hear([call("CA1", CallState::Ringing)]).await;
    for _ in 0..3 {
        inbox.hear([call("CA1", CallState::NoAnswer), call("CA1", CallState::NoAnswer)]).await;
    }
    // The caller leaves a message, which is news of the same missed call.
    inbox.hear([call("CA1", CallState::Voicemail)]).await;
    let page = bia.get("/tasks?open=true&mine=true").await.expect(200).body;
    let tasks = page["data"].as_array().unwrap();
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    let task = &tasks[0];
    assert_eq!((&task["kind"], &task["team_id"]), (&json!("callback"), &json!(team)));
    assert_eq!(task["contact"]["id"], conversation["contact"]["id"]);
    assert_eq!(task["conversation"]["id"], conversation["id"]);
    assert_eq!(task["created_by"], Value::Null);
    let due: DateTime<Utc> = task["due_at"].as_str().unwrap().parse().unwrap();
    assert!(due >= begun - TimeDelta::seconds(1) && due <= Utc::now(), "it is due now: {due}");
    let messages = inbox.messages(&conversation).await;
    let missed = messages.iter().find(|one| one["kind"] == "call").unwrap();
    assert_eq!(task["source_message_id"], missed["id"]);
    assert_eq!(told(hub).await.len(), 1);
    assert_eq!(notified(hub, "missed_call").await.len(), 1);

    inbox.hear([call("CA2", CallState::Busy)]).await;
    assert_eq!(listed(&bia, "?open=true").await.len(), 2, "another call is another task");
    // Ticked off by hand, it does not come back when the end of the call is told once more.
    owner.patch(&format!("/tasks/{}", id(task)), &json!({"done": true})).await.expect(200);
    inbox.hear([call("CA1", CallState::NoAnswer)]).await;
    assert_eq!(listed(&bia, "?open=true").await.len(), 1);
}

#[tokio::test]
async fn who_was_spoken_with_need_not_be_called_back() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    inbox.hear([call("CA1", CallState::Ringing), call("CA1", CallState::NoAnswer)]).await;
    let conversation = inbox.conversations().await.remove(0);
    let own = make(
        owner,
        json!({"title": "Ask for the number", "kind": "callback", "conversation_id": id(&conversation)}),
    )
    .await;
    inbox.hear([call("CA2", CallState::InProgress)]).await;
    assert_eq!(listed(owner, "?open=true").await.len(), 2, "they still speak");
    for _ in 0..2 {
        inbox.hear([call("CA2", CallState::Completed)]).await;
    }
    assert_eq!(listed(owner, "?open=true").await, [id(&own)], "what people wrote down is theirs to tick off");
    let done = owner.get("/tasks?open=false").await.expect(200).body["data"][0].clone();
    assert_eq!((&done["source_message_id"].is_string(), &done["done_by"]), (&true, &Value::Null));
    inbox.hear([call("CA3", CallState::NoAnswer)]).await;
    assert_eq!(listed(owner, "?open=true").await.len(), 2);
}

#[tokio::test]
async fn tasks_follow_their_people_and_places() {
    let inbox = Inbox::start().await;
    let (hub, owner) = (&inbox.hub, &inbox.owner);
    let bia = hub.invite(owner, "bia", "agent").await;
    let team = owner.post("/teams", &json!({"name": "Phones"})).await.expect(201).id();
    let one = inbox.receive("4915100000001", "wamid.1", "hello").await;
    let other = inbox.receive("4915100000002", "wamid.2", "hello, the same").await;
    let task = make(
        owner,
        json!({"title": "x", "conversation_id": id(&other), "assignee_id": bia.user_id, "team_id": team}),
    )
    .await;
    let path = format!("/tasks/{}", id(&task));
    let (into, from) = (id(&one["contact"]), id(&other["contact"]));
    owner.post(&format!("/contacts/{into}/merge"), &json!({"contact_id": from})).await.expect(200);
    let moved = owner.get(&path).await.expect(200).body;
    assert_eq!((&moved["contact"]["id"], &moved["conversation"]["id"]), (&one["contact"]["id"], &one["id"]));

    owner.delete(&format!("/teams/{team}")).await.expect(204);
    owner.delete(&format!("/users/{}", bia.user_id)).await.expect(204);
    let freed = owner.get(&path).await.expect(200).body;
    assert_eq!((&freed["team_id"], &freed["assignee_id"]), (&Value::Null, &Value::Null));

    owner.delete(&format!("/conversations/{}", id(&one))).await.expect(204);
    let alone = owner.get(&path).await.expect(200).body;
    assert_eq!((&alone["conversation"], &alone["contact"]["id"]), (&Value::Null, &one["contact"]["id"]));
}
