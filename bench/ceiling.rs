//! What PostgreSQL itself can do with a message: the yardstick of ingest. Four lean tables (callback, message, conversation, event),
//! durable, driven straight through sqlx.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{Executor, PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::task::JoinSet;

use crate::{Failure, Result, platform, postgres, statistics::median};

pub const DATABASE: &str = "ceiling";
const CONVERSATIONS: i64 = 20_000;
/// Clients of the unbatched rate: the best of several counts tried on two cores.
const CLIENTS: usize = 32;
const BATCH: usize = 100;
const BATCHING_CLIENTS: usize = 4;

const TABLES: &str = "
    create table callbacks (id text primary key, body text not null);
    create table conversations (id bigint primary key, last_seq bigint not null, unread int not null, last_message_at timestamptz not null);
    create table messages (id text primary key, conversation_id bigint not null, seq bigint not null, text text not null,
        created_at timestamptz not null default now(), unique (conversation_id, seq));
    create table events (id bigint generated always as identity primary key, conversation_id bigint not null, payload text not null);
    create table lone (id bigint generated always as identity primary key, text text not null);";

const ONE: &str = "
    with callback as (insert into callbacks values ($1, $2) on conflict do nothing returning id),
    conversation as (
        update conversations set last_seq = last_seq + 1, unread = unread + 1, last_message_at = now()
        where id = $3 and exists (select from callback) returning id, last_seq),
    message as (
        insert into messages (id, conversation_id, seq, text) select $1, id, last_seq, $4 from conversation returning conversation_id)
    insert into events (conversation_id, payload) select conversation_id, $5 from message";

const MANY: &str = "
    with input as (
        select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
            with ordinality as i (id, body, conversation_id, text, payload, n)),
    callback as (insert into callbacks select id, body from input on conflict do nothing returning id),
    fresh as (
        select input.*, row_number() over (partition by conversation_id order by n) as place
        from input join callback using (id)),
    counted as (select conversation_id, count(*) as count from fresh group by conversation_id),
    conversation as (
        update conversations c set last_seq = last_seq + count, unread = unread + count, last_message_at = now()
        from counted where c.id = counted.conversation_id returning c.id, c.last_seq - count as before),
    message as (
        insert into messages (id, conversation_id, seq, text)
        select fresh.id, conversation.id, before + place, text from fresh join conversation on conversation.id = conversation_id
        returning id)
    insert into events (conversation_id, payload) select conversation_id, payload from fresh";

/// What one run found.
#[derive(Clone, Copy, Debug)]
pub struct Ceiling {
    /// One client's time for one committed row, ms.
    pub commit: f64,
    /// Messages per second, a transaction each.
    pub unbatched: f64,
    /// Messages per second, a hundred per transaction.
    pub batched: f64,
}

pub async fn prepare(postgres: &postgres::Postgres) -> Result<PgPool> {
    postgres.create(DATABASE).await?;
    let pool = postgres.pool(DATABASE, u32::try_from(CLIENTS)?).await?;
    pool.execute(TABLES).await?;
    sqlx::query("insert into conversations select n, 0, 0, now() from generate_series(0, $1 - 1) as n")
        .bind(CONVERSATIONS)
        .execute(&pool)
        .await?;
    Ok(pool)
}

/// Measures all three, `seconds` each.
pub async fn measure(pool: &PgPool, seconds: f64, numbers: &Arc<AtomicU64>) -> Result<Ceiling> {
    Ok(Ceiling {
        commit: commit(pool, seconds / 2.0).await?,
        unbatched: unbatched(pool, seconds, numbers).await?,
        batched: batched(pool, seconds, numbers).await?,
    })
}

/// *c*: the median time of one client for an inserted row and its commit, ms.
pub async fn commit(pool: &PgPool, seconds: f64) -> Result<f64> {
    let mut connection = pool.acquire().await?;
    let begun = Instant::now();
    let mut times = Vec::new();
    while begun.elapsed().as_secs_f64() < seconds {
        let sent = Instant::now();
        sqlx::query("insert into lone (text) values ($1)").bind("a row").execute(&mut *connection).await?;
        times.push(sent.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(&times))
}

async fn unbatched(pool: &PgPool, seconds: f64, numbers: &Arc<AtomicU64>) -> Result<f64> {
    drive(pool, CLIENTS, seconds, numbers, |mut connection, numbers, _| async move {
        store_one(&mut connection, numbers.fetch_add(1, Ordering::Relaxed)).await?;
        Ok((connection, 1))
    })
    .await
}

async fn batched(pool: &PgPool, seconds: f64, numbers: &Arc<AtomicU64>) -> Result<f64> {
    drive(pool, BATCHING_CLIENTS, seconds, numbers, |mut connection, numbers, client| async move {
        store_many(&mut connection, numbers.fetch_add(BATCH as u64, Ordering::Relaxed), client).await?;
        Ok((connection, BATCH as u64))
    })
    .await
}

async fn store_one(connection: &mut PgConnection, number: u64) -> Result<()> {
    let (id, body, text, payload) = texts(number);
    sqlx::query(ONE)
        .bind(id)
        .bind(body)
        .bind(i64::try_from(number)? % CONVERSATIONS)
        .bind(text)
        .bind(payload)
        .execute(connection)
        .await?;
    Ok(())
}

/// Each client has conversations of its own: none waits for another's lock.
async fn store_many(connection: &mut PgConnection, first: u64, client: usize) -> Result<()> {
    let numbers = first..first + BATCH as u64;
    let each: Vec<_> = numbers.clone().map(texts).collect();
    let clients = i64::try_from(BATCHING_CLIENTS)?;
    let client = i64::try_from(client)?;
    let conversations: Vec<i64> = numbers
        .map(|number| Ok(i64::try_from(number)? % (CONVERSATIONS / clients) * clients + client))
        .collect::<Result<_>>()?;
    sqlx::query(MANY)
        .bind(each.iter().map(|one| one.0.as_str()).collect::<Vec<_>>())
        .bind(each.iter().map(|one| one.1.as_str()).collect::<Vec<_>>())
        .bind(conversations)
        .bind(each.iter().map(|one| one.2.as_str()).collect::<Vec<_>>())
        .bind(each.iter().map(|one| one.3.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

type Connection = PoolConnection<Postgres>;

/// Lets clients repeat a step for a while; messages per second.
async fn drive<Step, Done>(
    pool: &PgPool,
    clients: usize,
    seconds: f64,
    numbers: &Arc<AtomicU64>,
    step: Step,
) -> Result<f64>
where
    Step: Fn(Connection, Arc<AtomicU64>, usize) -> Done + Copy + Send + Sync + 'static,
    Done: Future<Output = Result<(Connection, u64)>> + Send,
{
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for client in 0..clients {
        let (pool, numbers) = (pool.clone(), numbers.clone());
        tasks.spawn(async move {
            let mut connection = pool.acquire().await?;
            let mut stored = 0;
            while begun.elapsed() < Duration::from_secs_f64(seconds) {
                let (back, count) = step(connection, numbers.clone(), client).await?;
                connection = back;
                stored += count;
            }
            Ok::<_, Failure>(stored)
        });
    }
    let mut stored = 0;
    while let Some(one) = tasks.join_next().await {
        stored += one??;
    }
    Ok(stored as f64 / begun.elapsed().as_secs_f64())
}

/// Id, callback, text and event of a message, as long as real ones.
fn texts(number: u64) -> (String, String, String, String) {
    let text = platform::sentence(number);
    let body = format!(r#"{{"object":"whatsapp_business_account","entry":"{}{text}"}}"#, ".".repeat(400));
    let payload = format!(r#"{{"message":{{"text":"{text}"}},"conversation":"{}"}}"#, ".".repeat(180));
    (platform::external_id(number), body, text, payload)
}
