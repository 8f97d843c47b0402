//! Days of events and callbacks: there before they are needed, gone when their time is over.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::harness::hub::Hub;

/// Days of a table's partitions, counted from today, in order.
async fn days(sql: &mut PgConnection, parent: &str) -> Vec<i32> {
    sqlx::query_scalar(
        "select to_date(right(c.relname, 8), 'YYYYMMDD') - current_date
         from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = $1::regclass and c.relname ~ '_[0-9]{8}$' order by 1",
    )
    .bind(parent)
    .fetch_all(sql)
    .await
    .unwrap()
}

async fn has(sql: &mut PgConnection, table: &str, age: i32) -> bool {
    let (kind, moment) = match table {
        "events" => ("kind = $1", "created_at"),
        _ => ("channel = $1", "received_at"),
    };
    let statement = format!(
        "select exists (select from {table} where {kind} and {moment}::date = current_date - $2::int)"
    );
    sqlx::query_scalar(AssertSqlSafe(statement)).bind("old").bind(age).fetch_one(sql).await.unwrap()
}

async fn write(sql: &mut PgConnection, age: i32) {
    sqlx::query(
        "insert into events (organization_id, kind, payload, created_at)
         values (gen_random_uuid(), 'old', '{}', current_date - $1::int + interval '1 hour')",
    )
    .bind(age)
    .execute(&mut *sql)
    .await
    .unwrap();
    sqlx::query(
        "insert into callbacks (organization_id, id, integration_id, channel, received_at, verdict, outcome, method, headers, body)
         values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'old', current_date - $1::int + interval '1 hour',
                 'verified', 'stored', 'POST', '[]', '')",
    )
    .bind(age)
    .execute(sql)
    .await
    .unwrap();
}

#[tokio::test]
async fn days_are_made_ahead_and_dropped_after_their_retention() {
    let kept = [("SWITCHBOARD_EVENT_RETENTION_HOURS", "48"), ("SWITCHBOARD_CALLBACK_RETENTION_DAYS", "5")];
    let hub = Hub::start_with(&kept).await;
    let mut sql = hub.sql().await;
    for parent in ["events", "callbacks"] {
        sql.execute(AssertSqlSafe(format!("call make_day_partitions('{parent}', current_date - 9, 8)")))
            .await
            .unwrap();
        // As if nobody had done the upkeep for days.
        let ahead: Vec<String> = sqlx::query_scalar(
            "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
             where i.inhparent = $1::regclass and c.relname ~ '_[0-9]{8}$'
               and to_date(right(c.relname, 8), 'YYYYMMDD') >= current_date",
        )
        .bind(parent)
        .fetch_all(&mut sql)
        .await
        .unwrap();
        for part in ahead {
            sql.execute(AssertSqlSafe(format!("drop table {part}"))).await.unwrap();
        }
    }
    // Today's and those older than any partition lie in the default one.
    for age in [0, 1, 4, 7, 40] {
        write(&mut sql, age).await;
    }
    let _work = hub.work();
    for _ in 0..200 {
        if days(&mut sql, "callbacks").await.first() == Some(&-6)
            && days(&mut sql, "events").await.contains(&2)
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A day goes when its last row is older than what is kept: the day before yesterday's first rows stay for some hours more.
    assert_eq!(days(&mut sql, "events").await, [-3, -2, -1, 0, 1, 2][1..].to_vec());
    assert_eq!(days(&mut sql, "callbacks").await, (-5..=2).collect::<Vec<_>>());
    for (table, expected) in
        [("events", [true, true, false, false, false]), ("callbacks", [true, true, true, false, false])]
    {
        let mut found = Vec::new();
        for age in [0, 1, 4, 7, 40] {
            found.push(has(&mut sql, table, age).await);
        }
        assert_eq!(found, expected, "{table}");
        let left: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}_default")))
            .fetch_one(&mut sql)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}: the default partition holds what has a day of its own, or is over");
        let walled: bool = sqlx::query_scalar(
            "select bool_and(relrowsecurity and relforcerowsecurity) from pg_class where relname like $1 || '_%' and relkind = 'r'",
        )
        .bind(table)
        .fetch_one(&mut sql)
        .await
        .unwrap();
        assert!(walled, "{table}: a partition is before the wall");
    }
}

#[tokio::test]
async fn uploads_that_nobody_sent_go_after_a_day_with_their_files() {
    use bytes::Bytes;
    use switchboard::upload;

    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let mut ids = Vec::new();
    for age in ["2 days", "1 hour"] {
        let form = reqwest::multipart::Form::new().part(
            "file",
            reqwest::multipart::Part::bytes(b"hello".to_vec())
                .file_name("a.txt")
                .mime_str("text/plain")
                .unwrap(),
        );
        let request = owner.request(reqwest::Method::POST, "/attachments").multipart(form);
        let id = crate::harness::client::Answer::of(request).await.expect(201).id();
        let statement = format!(
            "update attachments set created_at = now() - interval '{age}', thumbnail_key = storage_key || '.thumbnail' where id = '{id}'"
        );
        hub.sql().await.execute(AssertSqlSafe(statement)).await.unwrap();
        ids.push(id);
    }
    let keys: Vec<(String, String)> =
        sqlx::query_as("select storage_key, thumbnail_key from attachments order by created_at")
            .fetch_all(&mut hub.sql().await)
            .await
            .unwrap();
    for (_, thumbnail) in &keys {
        hub.app.store.put(thumbnail, Bytes::from_static(b"small")).await.unwrap();
    }
    assert_eq!(upload::forget_unsent(&hub.app).await.unwrap(), 1);
    assert_eq!(upload::forget_unsent(&hub.app).await.unwrap(), 0);
    owner.get(&format!("/attachments/{}", ids[0])).await.expect(404);
    owner.get(&format!("/attachments/{}", ids[1])).await.expect(302);
    for (at, (file, thumbnail)) in keys.iter().enumerate() {
        assert_eq!(hub.app.store.read(file).await.is_ok(), at == 1);
        assert_eq!(hub.app.store.read(thumbnail).await.is_ok(), at == 1);
    }
}
