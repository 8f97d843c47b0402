//! Lists of many tasks are read from an index, whatever they ask for.

use std::time::Duration;

use serde_json::json;

use super::{in_hours, listed, make};
use crate::harness::hub::Hub;

/// How often an index was read.
async fn scans(hub: &Hub, index: &str) -> i64 {
    sqlx::query_scalar("select idx_scan from pg_stat_user_indexes where indexrelname = $1")
        .bind(index)
        .fetch_one(&mut hub.sql().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn all_tasks_done_or_not_are_listed_by_an_index() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let first = make(&owner, json!({"title": "first of all", "due_at": in_hours(-100_000)})).await;
    sqlx::query(
        "insert into tasks (organization_id, id, title, kind, due_at, done_at, created_by)
         select $1, gen_random_uuid(), 'task ' || n, 'to_do', now() + n * interval '1 minute',
                case when n % 3 > 0 then now() end, $2
         from generate_series(1, 20000) as n",
    )
    .bind(owner.organization_id.parse::<uuid::Uuid>().unwrap())
    .bind(owner.user_id.parse::<uuid::Uuid>().unwrap())
    .execute(&mut hub.sql().await)
    .await
    .unwrap();
    sqlx::raw_sql("analyze tasks").execute(&mut hub.sql().await).await.unwrap();
    let before = scans(&hub, "tasks_by_time").await;
    let all = listed(&owner, "?limit=50").await;
    assert_eq!((all.len(), &all[0]), (50, &first["id"].as_str().unwrap().to_owned()));
    // Connections hand in what they counted when they are idle for a while.
    for _ in 0..200 {
        if scans(&hub, "tasks_by_time").await > before {
            return;
        }
        listed(&owner, "?limit=50").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the list was read and sorted whole");
}
