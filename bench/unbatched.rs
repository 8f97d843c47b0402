//! What PostgreSQL can do with one message per transaction in the hub's own tables: the same columns, indexes, constraints and
//! triggers, the best single statement for it, as a role that no row-level security slows down.

use std::sync::{Arc, atomic::AtomicU64};

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::{
    Result,
    ceiling::{self, Row},
    platform::Number,
    stage::{House, Stage},
};

const ONE: &str = "
    with callback as (
        insert into callbacks (organization_id, id, integration_id, channel, verdict, outcome, events, method, headers, body)
        values ($1, $2, $3, 'whatsapp', 'verified', 'stored', $4::json, 'POST', $5::json, $6)),
    conversation as (
        update conversations set last_seq = last_seq + 1, unread_count = unread_count + 1, last_message_id = $2,
            last_message_at = now(), last_inbound_at = now(), window_closes_at = now() + interval '24 hours', version = version + 1
        where organization_id = $1 and id = $7
          and not exists (select from messages where organization_id = $1 and integration_id = $3 and external_id = $8)
        returning id, last_seq, contact_id),
    message as (
        insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind, sender_id,
            sender_name, external_id, sent_at, words)
        select $1, $2, id, last_seq, $3, 'inbound', 'text', $9, 'contact', contact_id, 'Customer 1', $8, now(), to_tsvector('simple', $9)
        from conversation
        returning conversation_id)
    insert into events (organization_id, kind, conversation_id, payload)
    select $1, 'new_message', conversation_id, $10 from message";

/// The conversations of one number, and connections to write to them.
pub struct Unbatched {
    pool: PgPool,
    organization: Uuid,
    integration: Uuid,
    /// Lives as long as the program, which every client's task can then borrow.
    conversations: &'static [Uuid],
}

impl Unbatched {
    pub async fn prepare(stage: &Stage, house: &House, number: &Number) -> Result<Self> {
        let (organization, integration) = (number.organization.id.0, number.integration.0);
        let conversations: Vec<Uuid> = sqlx::query_scalar(
            "select id from conversations where organization_id = $1 order by md5(id::text)",
        )
        .bind(organization)
        .fetch_all(&house.sql)
        .await?;
        let pool = stage.postgres.pool(house.database, u32::try_from(ceiling::CLIENTS)?).await?;
        Ok(Self { pool, organization, integration, conversations: conversations.leak() })
    }

    /// Messages per second.
    pub async fn measure(&self, seconds: f64, numbers: &Arc<AtomicU64>) -> Result<f64> {
        let (organization, integration, conversations) =
            (self.organization, self.integration, self.conversations);
        ceiling::drive(
            &self.pool,
            ceiling::CLIENTS,
            seconds,
            numbers,
            move |mut connection, numbers, _| async move {
                let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let at = usize::try_from(number).unwrap_or_default() % conversations.len();
                store(&mut connection, organization, integration, conversations[at], number).await?;
                Ok((connection, 1))
            },
        )
        .await
    }
}

async fn store(
    connection: &mut PgConnection,
    organization: Uuid,
    integration: Uuid,
    conversation: Uuid,
    number: u64,
) -> Result<()> {
    let row = Row::of(number, 0);
    let events = format!(
        r#"[{{"type":"message","external_id":"{}","conversation_id":"{conversation}","message_id":"{}","effect":"stored"}}]"#,
        row.external_id, row.id
    );
    sqlx::query(ONE)
        .bind(organization)
        .bind(row.id)
        .bind(integration)
        .bind(events)
        .bind(row.headers.to_string())
        .bind(row.body.as_bytes())
        .bind(conversation)
        .bind(row.external_id)
        .bind(row.text)
        .bind(row.payload)
        .execute(connection)
        .await?;
    Ok(())
}
