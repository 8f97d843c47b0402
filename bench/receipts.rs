//! Messages that were sent, and the platform's word that each was delivered: the shortest event that is stored and told.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sqlx::{Executor, PgPool};

use crate::{Result, load::Make, platform::Number};

/// Each is delivered once; a fan-out measurement uses up a few thousand.
const SENT: i64 = 60_000;

const MESSAGES: &str = "
    insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind, status,
        status_history, external_id, sent_at)
    select $1, gen_random_uuid(), c.id, c.last_seq + 1 + n / c.count, $2, 'outbound', 'text', 'On its way', 'system', 'sent',
        jsonb_build_array(jsonb_build_object('status', 'sent', 'at', now())), 'sent.' || n, now()
    from generate_series(0, $3 - 1) as n
    join (select id, last_seq, row_number() over (order by id) - 1 as place, count(*) over () as count
          from conversations where organization_id = $1) c on c.place = n % c.count";

const NUMBERS: &str = "
    update conversations c set last_seq = (select max(seq) from messages m where m.organization_id = $1 and m.conversation_id = c.id)
    where organization_id = $1";

/// Writes messages to all conversations of the number, and makes the platform's word on the next of them at every call.
pub async fn receipts(sql: &PgPool, number: &Number) -> Result<Make> {
    let mut connection = sql.acquire().await?;
    connection.execute("set synchronous_commit = off").await?;
    let organization = number.organization.id;
    sqlx::query(MESSAGES)
        .bind(organization)
        .bind(number.integration)
        .bind(SENT)
        .execute(&mut *connection)
        .await?;
    sqlx::query(NUMBERS).bind(organization).execute(&mut *connection).await?;
    connection.execute("reset synchronous_commit").await?;
    let (number, next) = (number.clone(), Arc::new(AtomicU64::new(0)));
    Ok(Arc::new(move |_| number.delivered(&format!("sent.{}", next.fetch_add(1, Ordering::Relaxed)))))
}
