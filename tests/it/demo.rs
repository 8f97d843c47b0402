//! The demo's seeding: whole, also when the first start was cut off.

use sqlx::Executor;
use switchboard::demo::{Demo, LOGINS, PASSWORD};

use crate::harness::{client::Session, hub::Hub};

async fn log_in(hub: &Hub) -> Session {
    let answer = hub.try_log_in(LOGINS[0].0, PASSWORD).await.expect(200);
    Session::from(hub.client(), answer)
}

/// What the inbox shows: contact, and the texts in order.
async fn talks(session: &Session) -> Vec<(String, Vec<String>)> {
    let listed = session.get("/conversations?limit=100").await.expect(200).body;
    let mut talks = Vec::new();
    for conversation in listed["data"].as_array().unwrap() {
        let path =
            format!("/conversations/{}/messages?direction=newer", conversation["id"].as_str().unwrap());
        let messages = session.get(&path).await.expect(200).body;
        let texts = messages["data"].as_array().unwrap().iter().map(|one| one["text"].to_string()).collect();
        talks.push((conversation["contact"]["name"].as_str().unwrap().to_owned(), texts));
    }
    talks.sort();
    talks
}

async fn counted(hub: &Hub, table: &str) -> i64 {
    let statement = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&mut hub.sql().await).await.unwrap()
}

#[tokio::test]
async fn a_seeding_that_broke_off_is_taken_up_at_the_next_start() {
    let whole = Hub::start().await;
    Demo::start().await.unwrap().settle(&whole.app).await.unwrap();
    let expected = talks(&log_in(&whole).await).await;
    assert_eq!(expected.len(), 10);

    let hub = Hub::start().await;
    // In the middle of a talk, of the accounts, of the labels.
    let breaks = [
        ("labels", "name is distinct from 'VIP'"),
        ("integrations", "channel is distinct from 'telegram'"),
        ("messages", "text not like 'Hello Yuki%'"),
        ("conversation_labels", "false"),
    ];
    for (table, condition) in breaks {
        let constraint = format!("alter table {table} add constraint broken check ({condition}) not valid");
        hub.sql().await.execute(sqlx::AssertSqlSafe(constraint)).await.unwrap();
        // Each try is a start of its own, with platforms that know nothing of the one before.
        let demo = Demo::start().await.unwrap();
        demo.settle(&hub.app).await.unwrap_err();
        drop(demo);
        let lifted = format!("alter table {table} drop constraint broken");
        hub.sql().await.execute(sqlx::AssertSqlSafe(lifted)).await.unwrap();
        let name = log_in(&hub).await.get("/organizations/current").await.expect(200).body["name"].clone();
        assert!(name.as_str().unwrap().contains("being set up"), "{name}");
    }
    for _ in 0..2 {
        Demo::start().await.unwrap().settle(&hub.app).await.unwrap();
        let session = log_in(&hub).await;
        assert_eq!(talks(&session).await, expected);
        let name = session.get("/organizations/current").await.expect(200).body["name"].clone();
        assert_eq!(name, "Northwind Outfitters");
        // One account on every played platform.
        let played = i64::try_from(channels::all().len()).unwrap();
        for (table, count) in
            [("users", 4), ("teams", 2), ("labels", 4), ("integrations", played), ("contacts", 10)]
        {
            assert_eq!(counted(&hub, table).await, count, "{table}");
        }
    }
}
