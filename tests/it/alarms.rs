//! Accounts that are silent or broken: admins are told once.

use serde_json::{Value, json};
use switchboard::alarms;

use crate::harness::inbox::Inbox;

async fn sql(inbox: &Inbox, statement: &'static str) {
    sqlx::raw_sql(statement).execute(&mut inbox.hub.sql().await).await.unwrap();
}

async fn check(inbox: &Inbox) {
    alarms::check(&inbox.hub.app).await.unwrap();
}

async fn detail(inbox: &Inbox) -> Value {
    inbox.owner.get(&format!("/integrations/{}", inbox.whatsapp.id)).await.expect(200).body
}

/// Topics of the account's notices, and who was told what by an event.
async fn told(inbox: &Inbox) -> (Vec<String>, Vec<(String, usize)>) {
    let notices = detail(inbox).await["notices"].clone();
    let topics = notices.as_array().unwrap().iter().map(|one| one["topic"].as_str().unwrap().to_owned());
    let events: Vec<(String, i64)> = sqlx::query_as(
        "select payload::jsonb ->> 'kind', count(distinct person) from events, unnest(audience) as person
         where kind = 'notification' group by events.id, 1 order by events.id",
    )
    .fetch_all(&mut inbox.hub.sql().await)
    .await
    .unwrap();
    (topics.collect(), events.into_iter().map(|(kind, people)| (kind, people as usize)).collect())
}

#[tokio::test]
async fn an_account_that_is_silent_for_too_long_is_told_to_admins_once() {
    let inbox = Inbox::start().await;
    inbox.hub.invite(&inbox.owner, "cy", "admin").await;
    inbox.hub.invite(&inbox.owner, "dan", "agent").await;
    let path = format!("/integrations/{}", inbox.whatsapp.id);
    inbox.receive("491", "wamid.1", "hi").await;
    sql(&inbox, "update integrations set last_inbound_at = now() - interval '1 hour', created_at = now() - interval '1 day'").await;
    check(&inbox).await;
    assert_eq!(told(&inbox).await, (vec![], vec![]), "nobody asked for it");

    for wrong in [json!(4), json!(43_201), json!("30")] {
        inbox
            .owner
            .patch(&path, &json!({"silent_after_minutes": wrong}))
            .await
            .expect_problem(422, "invalid");
    }
    let set = inbox.owner.patch(&path, &json!({"silent_after_minutes": 30})).await.expect(200).body;
    assert_eq!((&set["silent_after_minutes"], &set["silent_since"]), (&json!(30), &Value::Null));
    check(&inbox).await;
    assert_eq!(told(&inbox).await, (vec![], vec![]), "silence counts from when it was asked for");
    sql(&inbox, "update integrations set watched_since = now() - interval '31 minutes'").await;
    for _ in 0..2 {
        check(&inbox).await;
    }
    let once = (vec!["account_silent".to_owned()], vec![("account_silent".to_owned(), 2)]);
    assert_eq!(told(&inbox).await, once, "the owner and the admin, once");
    assert!(detail(&inbox).await["silent_since"].is_string());

    sql(&inbox, "update integrations set last_inbound_at = now()").await;
    check(&inbox).await;
    assert_eq!(detail(&inbox).await["silent_since"], Value::Null, "heard again");
    assert_eq!(told(&inbox).await, once);
    sql(&inbox, "update integrations set last_inbound_at = now() - interval '31 minutes'").await;
    check(&inbox).await;
    assert_eq!(told(&inbox).await.1.len(), 2, "and again once it was well in between");

    inbox.owner.patch(&path, &json!({"silent_after_minutes": null})).await.expect(200);
    check(&inbox).await;
    assert_eq!(detail(&inbox).await["silent_since"], Value::Null);
}

#[tokio::test]
async fn an_account_that_breaks_is_told_to_admins_once() {
    let inbox = Inbox::start().await;
    sql(
        &inbox,
        "update integrations set status = 'broken', fault = '{\"detail\": \"The token was withdrawn.\"}'",
    )
    .await;
    for _ in 0..2 {
        check(&inbox).await;
    }
    assert_eq!(
        told(&inbox).await,
        (vec!["account_broken".to_owned()], vec![("account_broken".to_owned(), 1)])
    );
    let text = detail(&inbox).await["notices"][0]["text"].clone();
    assert_eq!(text, "Support has stopped: The token was withdrawn.");
    inbox.owner.post(&format!("/integrations/{}/resume", inbox.whatsapp.id), &Value::Null).await.expect(200);
    check(&inbox).await;
    sql(&inbox, "update integrations set status = 'broken'").await;
    check(&inbox).await;
    assert_eq!(told(&inbox).await.1.len(), 2);
}
