//! Whoever has a task is reminded of it when its time has come, once.

use channels::call::CallState;
use serde_json::json;

use super::{call, id, in_hours, make, notified, uuid};
use crate::harness::inbox::Inbox;

#[tokio::test]
async fn whoever_has_a_task_is_reminded_once() {
    let inbox = Inbox::start().await;
    let (hub, owner) = (&inbox.hub, &inbox.owner);
    let bia = hub.invite(owner, "bia", "agent").await;
    let rui = hub.invite(owner, "rui", "agent").await;
    let vera = hub.invite(owner, "vera", "viewer").await;
    let team = owner
        .post("/teams", &json!({"name": "Phones", "member_ids": [rui.user_id, vera.user_id]}))
        .await
        .expect(201)
        .id();
    let due = make(owner, json!({"title": "due", "due_at": in_hours(-1), "assignee_id": bia.user_id})).await;
    let of_team = make(
        owner,
        json!({"title": "of the team", "reminder_at": in_hours(-1), "due_at": in_hours(5), "team_id": team}),
    )
    .await;
    let done = make(owner, json!({"title": "done", "due_at": in_hours(-1)})).await;
    owner.patch(&format!("/tasks/{}", id(&done)), &json!({"done": true})).await.expect(200);
    make(owner, json!({"title": "later", "due_at": in_hours(-1), "reminder_at": in_hours(1)})).await;
    let remind = || switchboard::inbox::task_reminder::remind(&hub.app.db);
    remind().await.unwrap();
    remind().await.unwrap();
    let told = notified(hub, "task_due").await;
    let mut said: Vec<_> =
        told.iter().map(|(data, to)| (data["task"]["title"].as_str().unwrap(), to.clone())).collect();
    said.sort();
    assert_eq!(said, [("due", vec![uuid(&bia.user_id)]), ("of the team", vec![uuid(&rui.user_id)])]);
    let seen = bia.get(&format!("/tasks/{}", id(&due))).await.expect(200).body;
    assert!(seen["reminded_at"].is_string());
    assert_eq!(seen["version"], 2);

    // Another time is another reminder.
    bia.patch(&format!("/tasks/{}", id(&due)), &json!({"due_at": in_hours(-2)})).await.expect(200);
    owner
        .patch(&format!("/tasks/{}", id(&of_team)), &json!({"title": "of the team still"}))
        .await
        .expect(200);
    remind().await.unwrap();
    assert_eq!(notified(hub, "task_due").await.len(), 3);
}

#[tokio::test]
async fn who_has_not_called_back_in_a_quarter_of_an_hour_is_reminded() {
    let inbox = Inbox::start().await;
    let (hub, owner) = (&inbox.hub, &inbox.owner);
    inbox.hear([call("CA1", CallState::NoAnswer)]).await;
    switchboard::inbox::task_reminder::remind(&hub.app.db).await.unwrap();
    assert!(notified(hub, "task_due").await.is_empty(), "they were told of the missed call just now");
    sqlx::raw_sql("update tasks set due_at = due_at - interval '15 minutes', reminder_at = reminder_at - interval '15 minutes'")
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    switchboard::inbox::task_reminder::remind(&hub.app.db).await.unwrap();
    let told = notified(hub, "task_due").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1, [uuid(&owner.user_id)]);
    assert_eq!(told[0].0["conversation"]["contact"]["id"], inbox.conversations().await[0]["contact"]["id"]);
}

#[tokio::test]
async fn what_breaks_in_one_organization_holds_up_no_other() {
    let inbox = Inbox::start().await;
    let hub = &inbox.hub;
    let mut owners = vec![hub.found("Globex", "gil").await, hub.found("Initech", "ines").await];
    for owner in &owners {
        make(owner, json!({"title": "due", "due_at": in_hours(-1), "assignee_id": owner.user_id})).await;
    }
    let mut sql = hub.sql().await;
    // The list of organizations comes in no order: each is the broken one in its turn.
    for _ in 0..2 {
        let (broken, whole) = (&owners[0], &owners[1]);
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "alter table tasks drop constraint if exists broken;
             update tasks set reminded_at = null;
             alter table tasks add constraint broken check (assignee_id <> '{}' or reminded_at is null)",
            broken.user_id
        )))
        .execute(&mut sql)
        .await
        .unwrap();
        let before = notified(hub, "task_due").await.len();
        assert!(switchboard::inbox::task_reminder::remind(&hub.app.db).await.is_err(), "it is told");
        let told = notified(hub, "task_due").await;
        assert_eq!(told.len(), before + 1);
        assert_eq!(told.last().unwrap().1, [uuid(&whole.user_id)]);
        owners.reverse();
    }
}
