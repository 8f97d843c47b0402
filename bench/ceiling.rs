//! What PostgreSQL itself can do with a message: the yardstick of ingest. Four lean tables (callback, message, conversation, event),
//! durable, driven straight through sqlx.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sqlx::{Executor, PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{Failure, Result, platform, postgres, statistics::median};

pub const DATABASE: &str = "ceiling";
const ORGANIZATION: Uuid = Uuid::from_u128(7);
const CONVERSATIONS: i64 = 20_000;
/// Bytes of a callback and of an event beside the text.
const BODY: usize = 430;
const EVENT: usize = 1_300;
/// Clients of the unbatched rate: the best of several counts tried on two cores.
pub const CLIENTS: usize = 32;
const BATCH: usize = 100;
const BATCHING_CLIENTS: usize = 4;

/// The least that an inbox needs: tenants' keys, each message once, numbered, one list that new messages reorder.
const TABLES: &str = "
    create table callbacks (organization_id uuid, external_id text, headers jsonb not null, body text not null,
        received_at timestamptz not null default now(), primary key (organization_id, external_id));
    create table conversations (organization_id uuid, id uuid, status text not null default 'open', last_seq bigint not null default 0,
        unread_count int not null default 0, last_message_id uuid, last_message_at timestamptz not null default now(),
        primary key (organization_id, id));
    create index on conversations (organization_id, status, last_message_at desc, id desc);
    create table messages (organization_id uuid, id uuid, conversation_id uuid not null, seq bigint not null,
        integration_id uuid not null, external_id text not null, text text not null, sender jsonb not null,
        created_at timestamptz not null default now(),
        primary key (organization_id, id), unique (organization_id, conversation_id, seq),
        unique (organization_id, integration_id, external_id));
    create table events (organization_id uuid, id bigint generated always as identity, xid xid8 not null default pg_current_xact_id(),
        conversation_id uuid not null, payload text not null, primary key (organization_id, id));
    create table lone (id bigint generated always as identity primary key, text text not null);";

const ONE: &str = "
    with callback as (
        insert into callbacks (organization_id, external_id, headers, body) values ($1, $3, $4::jsonb, $5)
        on conflict do nothing returning external_id),
    conversation as (
        update conversations set last_seq = last_seq + 1, unread_count = unread_count + 1, last_message_id = $2, last_message_at = now()
        where organization_id = $1 and id = $6 and exists (select from callback) returning id, last_seq),
    message as (
        insert into messages (organization_id, id, conversation_id, seq, integration_id, external_id, text, sender)
        select $1, $2, id, last_seq, $1, $3, $7, $8::jsonb from conversation returning conversation_id)
    insert into events (organization_id, conversation_id, payload) select $1, conversation_id, $9 from message";

const MANY: &str = "
    with input as (
        select * from unnest($2::uuid[], $3::text[], $4::jsonb[], $5::text[], $6::uuid[], $7::text[], $8::jsonb[], $9::text[])
            with ordinality as i (id, external_id, headers, body, conversation_id, text, sender, payload, n)),
    callback as (
        insert into callbacks (organization_id, external_id, headers, body) select $1, external_id, headers, body from input
        on conflict do nothing returning external_id),
    fresh as (
        select input.*, row_number() over (partition by conversation_id order by n) as place
        from input join callback using (external_id)),
    counted as (
        select distinct on (conversation_id) conversation_id, place as count, id from fresh order by conversation_id, place desc),
    conversation as (
        update conversations c set last_seq = last_seq + count, unread_count = unread_count + count, last_message_id = counted.id,
            last_message_at = now()
        from counted where c.organization_id = $1 and c.id = counted.conversation_id returning c.id, c.last_seq - count as before),
    message as (
        insert into messages (organization_id, id, conversation_id, seq, integration_id, external_id, text, sender)
        select $1, fresh.id, conversation.id, before + place, $1, external_id, text, sender
        from fresh join conversation on conversation.id = conversation_id
        returning id)
    insert into events (organization_id, conversation_id, payload) select $1, conversation_id, payload from fresh";

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
    sqlx::query(
        "insert into conversations (organization_id, id)
         select $1, lpad(to_hex(n), 32, '0')::uuid from generate_series(0, $2 - 1) as n",
    )
    .bind(ORGANIZATION)
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
    let row = Row::of(number, number % CONVERSATIONS.unsigned_abs());
    sqlx::query(ONE)
        .bind(ORGANIZATION)
        .bind(row.id)
        .bind(row.external_id)
        .bind(row.headers)
        .bind(row.body)
        .bind(row.conversation_id)
        .bind(row.text)
        .bind(row.sender)
        .bind(row.payload)
        .execute(connection)
        .await?;
    Ok(())
}

/// Each client has conversations of its own: none waits for another's lock.
async fn store_many(connection: &mut PgConnection, first: u64, client: usize) -> Result<()> {
    let clients = BATCHING_CLIENTS as u64;
    let own = |number: u64| number % (CONVERSATIONS.unsigned_abs() / clients) * clients + client as u64;
    let rows: Vec<_> = (first..first + BATCH as u64).map(|number| Row::of(number, own(number))).collect();
    sqlx::query(MANY)
        .bind(ORGANIZATION)
        .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.external_id.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| &row.headers).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.body.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.conversation_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| &row.sender).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.payload.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

pub type Connection = PoolConnection<Postgres>;

/// Lets clients repeat a step for a while; messages per second.
pub async fn drive<Step, Done>(
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

/// A message with as many bytes as the hub stores for one.
pub struct Row {
    pub id: Uuid,
    pub external_id: String,
    pub headers: Value,
    pub body: String,
    pub conversation_id: Uuid,
    pub text: String,
    pub sender: Value,
    pub payload: String,
}

impl Row {
    pub fn of(number: u64, conversation: u64) -> Self {
        let text = platform::sentence(number);
        Self {
            id: Uuid::now_v7(),
            external_id: platform::external_id(number),
            headers: json!([
                ["content-type", "application/json"],
                ["user-agent", "facebookexternalua"],
                ["accept", "*/*"]
            ]),
            body: format!(r#"{{"object":"whatsapp_business_account","entry":"{}{text}"}}"#, ".".repeat(BODY)),
            conversation_id: Uuid::from_u128(conversation.into()),
            sender: json!({"kind": "contact", "id": Uuid::nil(), "name": "Customer 1"}),
            payload: format!(r#"{{"message":{{"text":"{text}"}},"conversation":"{}"}}"#, ".".repeat(EVENT)),
            text,
        }
    }
}
