//! What a chunk of history costs a conversation that is long already.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use simulator::whatsapp::Remembered;

use super::Phone;
use crate::harness::{hub::Hub, inbox::id};

/// Rows of messages that were read so far. Every other connection to the database is ended first: only then is all
/// that it read counted at once.
async fn rows_read(hub: &Hub) -> i64 {
    let mut sql = hub.sql().await;
    let others =
        "pid <> pg_backend_pid() and datname = current_database() and backend_type = 'client backend'";
    loop {
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where {others}"
        )))
        .fetch_one(&mut sql)
        .await
        .unwrap();
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sqlx::query_scalar(
        "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables where relname = 'messages'",
    )
    .fetch_one(&mut sql)
    .await
    .unwrap()
}

/// The answer's body. Each connection that was ended is found out by the request that gets it.
async fn asked(phone: &Phone, path: &str) -> Value {
    loop {
        let answer = phone.owner.get(path).await;
        if answer.status != 503 {
            return answer.expect(200).body;
        }
    }
}

/// Numbers change behind a chunk's first message only; what stands before it is not even looked at.
#[tokio::test]
async fn a_chunk_behind_a_long_past_reads_little_of_it() {
    const LONG: i64 = 20_000;
    let phone = Phone::start().await;
    phone.share(&[Remembered::text(true, "long ago", phone.at(90_000))], 1).await;
    let conversation = phone.conversations().await.remove(0);
    // As if it had been imported, among others of usual length.
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind, external_id,
                               sent_at, past)
         select m.organization_id, gen_random_uuid(), m.conversation_id, 1 + n, m.integration_id, m.direction, m.kind, 'word ' || n,
                m.sender_kind, 'past.' || n, m.sent_at + n * interval '2 seconds', true
         from messages m, generate_series(1, {LONG}) as n;
         update conversations set last_seq = 1 + {LONG}, read_seq = 1 + {LONG};
         insert into conversations (organization_id, id, integration_id, channel, contact_id, thread, status, last_seq, read_seq)
         select organization_id, gen_random_uuid(), integration_id, channel, contact_id, 'other.' || n, 'closed', 50, 50
         from conversations, generate_series(1, 400) as n;
         with m as materialized (select * from messages where seq = 1)
         insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind, external_id,
                               sent_at, past)
         select c.organization_id, gen_random_uuid(), c.id, n, m.integration_id, m.direction, m.kind, 'word ' || n, m.sender_kind,
                c.thread || '.' || n, m.sent_at + n * interval '2 seconds', true
         from conversations c, m, generate_series(1, 50) as n where c.thread like 'other.%';
         analyze messages; analyze conversations"
    )))
    .execute(&mut phone.hub.sql().await)
    .await
    .unwrap();
    let before = rows_read(&phone.hub).await;
    phone
        .share(
            &[
                Remembered::text(false, "and yes", phone.at(4990)),
                Remembered::text(true, "fine", phone.at(4989)),
            ],
            2,
        )
        .await;
    let read = rows_read(&phone.hub).await - before;
    assert!(read > 0 && read < LONG / 4, "{read} of {LONG} rows were read");
    let path = format!("/conversations/{}/messages?limit=3", id(&conversation));
    let last = asked(&phone, &path).await["data"].as_array().unwrap().clone();
    let mut last: Vec<_> =
        last.iter().map(|one| (one["seq"].as_i64().unwrap(), one["text"].as_str().unwrap())).collect();
    last.sort_unstable();
    assert_eq!(last, [(LONG + 1, "word 20000"), (LONG + 2, "and yes"), (LONG + 3, "fine")]);
    // One that belongs into the middle moves what stands behind it.
    let middle = phone.at(90_000) + TimeDelta::seconds(2 * (LONG - 10) + 1);
    phone.share(&[Remembered::text(true, "between", middle)], 3).await;
    let page = asked(&phone, &format!("/conversations/{}/messages?limit=50", id(&conversation))).await;
    let found = page["data"].as_array().unwrap().iter().find(|one| one["text"] == "between").unwrap().clone();
    let seq = found["seq"].as_i64().unwrap();
    let below = page["data"].as_array().unwrap().iter().find(|one| one["seq"] == seq - 1).unwrap();
    assert_eq!(
        (below["text"].as_str().unwrap(), page["data"][0]["seq"].as_i64().unwrap()),
        ("word 19990", LONG + 4)
    );
}
