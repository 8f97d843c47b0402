//! What a chunk of history costs a conversation that is long already.

use std::time::Duration;

use chrono::TimeDelta;
use simulator::whatsapp::Remembered;

use super::Phone;
use crate::harness::{hub::Hub, inbox::id};

/// Rows of messages that were read so far.
async fn rows_read(hub: &Hub) -> i64 {
    sqlx::query_scalar(
        "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables where relname = 'messages'",
    )
    .fetch_one(&mut hub.sql().await)
    .await
    .unwrap()
}

/// Numbers change behind a chunk's first message only; what stands before it is not even looked at.
#[tokio::test]
async fn a_chunk_behind_a_long_past_reads_little_of_it() {
    const LONG: i64 = 20_000;
    let phone = Phone::start().await;
    phone.share(&[Remembered::text(true, "long ago", phone.at(90_000))], 1).await;
    let conversation = phone.conversations().await.remove(0);
    // As if it had been imported.
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind, external_id,
                               sent_at, past)
         select m.organization_id, gen_random_uuid(), m.conversation_id, 1 + n, m.integration_id, m.direction, m.kind, 'word ' || n,
                m.sender_kind, 'past.' || n, m.sent_at + n * interval '2 seconds', true
         from messages m, generate_series(1, {LONG}) as n;
         update conversations set last_seq = 1 + {LONG}, read_seq = 1 + {LONG};
         analyze messages; analyze conversations"
    )))
    .execute(&mut phone.hub.sql().await)
    .await
    .unwrap();
    // Connections hand in what they counted when they are idle for a while.
    tokio::time::sleep(Duration::from_secs(2)).await;
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
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        phone.conversations().await;
        if rows_read(&phone.hub).await > before {
            break;
        }
    }
    let read = rows_read(&phone.hub).await - before;
    assert!(read > 0 && read < LONG / 4, "{read} of {LONG} rows were read");
    let path = format!("/conversations/{}/messages?limit=3", id(&conversation));
    let last = phone.owner.get(&path).await.expect(200).body["data"].as_array().unwrap().clone();
    let mut last: Vec<_> =
        last.iter().map(|one| (one["seq"].as_i64().unwrap(), one["text"].as_str().unwrap())).collect();
    last.sort_unstable();
    assert_eq!(last, [(LONG + 1, "word 20000"), (LONG + 2, "and yes"), (LONG + 3, "fine")]);
    // One that belongs into the middle moves what stands behind it.
    let middle = phone.at(90_000) + TimeDelta::seconds(2 * (LONG - 10) + 1);
    phone.share(&[Remembered::text(true, "between", middle)], 3).await;
    let page = phone
        .owner
        .get(&format!("/conversations/{}/messages?limit=50", id(&conversation)))
        .await
        .expect(200)
        .body;
    let found = page["data"].as_array().unwrap().iter().find(|one| one["text"] == "between").unwrap().clone();
    let seq = found["seq"].as_i64().unwrap();
    let below = page["data"].as_array().unwrap().iter().find(|one| one["seq"] == seq - 1).unwrap();
    assert_eq!(
        (below["text"].as_str().unwrap(), page["data"][0]["seq"].as_i64().unwrap()),
        ("word 19990", LONG + 4)
    );
}
