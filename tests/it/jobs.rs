//! Claims on jobs: renewed for as long as a worker has them, and let be when it has given them back.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;
use switchboard::{db::NewJob, jobs::Jobs};

use crate::{harness::hub::Hub, realtime::organization};

async fn run_at(sql: &mut PgConnection, id: i64) -> DateTime<Utc> {
    sqlx::query_scalar("select run_at from jobs where id = $1").bind(id).fetch_one(sql).await.unwrap()
}

#[tokio::test]
async fn a_job_that_was_given_back_keeps_its_own_time() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut tx = hub.app.db.begin(organization(&ana)).await.unwrap();
    for n in 0..2 {
        tx.enqueue(NewJob::now("test", None, json!({"n": n})));
    }
    tx.commit().await.unwrap();
    let jobs = Jobs::new(hub.app.db.system().clone());
    let claimed = jobs.claim(100).await.unwrap();
    let [worked_on, given_back] =
        [0, 1].map(|n| claimed.iter().find(|job| job.payload["n"] == n).unwrap().id);
    let mut sql = hub.sql().await;
    // As the end of an attempt is recorded: the claim is let go a moment after the commit.
    sqlx::query("update jobs set run_at = clock_timestamp() + interval '2 s' where id = $1")
        .bind(given_back)
        .execute(&mut sql)
        .await
        .unwrap();
    let (before, soon) = (run_at(&mut sql, worked_on).await, run_at(&mut sql, given_back).await);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let renewal = tokio::spawn(jobs.keep_claims());
    while run_at(&mut sql, worked_on).await == before {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    renewal.abort();
    assert_eq!(run_at(&mut sql, given_back).await, soon);
    assert!(run_at(&mut sql, worked_on).await - before > TimeDelta::milliseconds(49));
}

#[tokio::test]
async fn a_claim_that_ended_lets_go_of_no_later_one() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut tx = hub.app.db.begin(organization(&ana)).await.unwrap();
    tx.enqueue(NewJob::now("test", None, json!({})));
    tx.commit().await.unwrap();
    let jobs = Jobs::new(hub.app.db.system().clone());
    let first = jobs.claim(1).await.unwrap().remove(0);
    // Given back, and claimed anew before the one who gave it back has let it go.
    sqlx::query("update jobs set run_at = clock_timestamp(), attempts = attempts - 1")
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    let second = jobs.claim(1).await.unwrap().remove(0);
    jobs.let_go(&first);
    assert_eq!(jobs.holding(), 1, "the second claim must be renewed");
    jobs.let_go(&second);
    assert_eq!(jobs.holding(), 0);
}
