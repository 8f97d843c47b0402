//! Where past messages stand among the others of their conversation.

use chrono::{DateTime, Utc};

use crate::{
    db::Tx,
    error::Result,
    ids::{ConversationId, MessageId},
    ingest::threads::Threads,
};

/// By how many past messages a conversation grew, and where the first of them belongs.
#[derive(Clone, Copy)]
pub(super) struct Grown {
    pub count: i64,
    pub at: DateTime<Utc>,
    pub first: MessageId,
}

/// Numbers conversations anew that held messages before: the past first, by its time, then the rest as it was. Everybody's marks
/// move along. What lies before the first new message keeps its number and is not read: it is looked for from the end, past what
/// moves. A number may be taken until all have moved, so they are negative meanwhile.
pub(super) async fn renumber(
    tx: &mut Tx,
    grown: &[(ConversationId, Grown)],
    threads: &Threads,
) -> Result<()> {
    let last = |id: &ConversationId| threads.get(*id).map_or(0, |thread| thread.last_seq);
    let grown: Vec<_> = grown.iter().filter(|(id, _)| last(id) > 0).collect();
    if grown.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    let ids: Vec<_> = grown.iter().map(|one| one.0).collect();
    let moved = sqlx::query(
        "update messages m set seq = -numbered.n
         from unnest($2::uuid[], $3::bigint[], $4::timestamptz[], $5::uuid[]) as grown (id, last, at, first)
         cross join lateral (
             select coalesce((
                 select before.seq from messages before
                 where before.organization_id = $1 and before.conversation_id = grown.id and before.seq <= grown.last
                   and before.past and (before.sent_at, before.id) < (grown.at, grown.first)
                 order by before.seq desc limit 1), 0) as seq offset 0) kept
         cross join lateral (
             select behind.id, behind.seq, kept.seq + row_number() over (
                        order by past desc, case when past then sent_at end, case when past then behind.id end, behind.seq) as n
             from messages behind
             where behind.organization_id = $1 and behind.conversation_id = grown.id and behind.seq > kept.seq) numbered
         where m.organization_id = $1 and m.id = numbered.id and numbered.n <> numbered.seq",
    )
    .bind(organization)
    .bind(&ids)
    .bind(grown.iter().map(|(id, _)| last(id)).collect::<Vec<_>>())
    .bind(grown.iter().map(|(_, grown)| grown.at).collect::<Vec<_>>())
    .bind(grown.iter().map(|(_, grown)| grown.first).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?
    .rows_affected();
    if moved > 0 {
        sqlx::query(
            "update messages set seq = -seq where organization_id = $1 and conversation_id = any($2) and seq < 0",
        )
        .bind(organization)
        .bind(&ids)
        .execute(tx.sql())
        .await?;
    }
    sqlx::query(
        "update read_marks r set seq = r.seq + grown.count, updated_at = now()
         from unnest($2::uuid[], $3::bigint[]) as grown (id, count)
         where r.organization_id = $1 and r.conversation_id = grown.id",
    )
    .bind(organization)
    .bind(&ids)
    .bind(grown.iter().map(|(_, grown)| grown.count).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Where nothing was said since, the newest past message is the one that lists show.
pub(super) async fn newest(
    tx: &mut Tx,
    grown: &[(ConversationId, Grown)],
    threads: &mut Threads,
) -> Result<()> {
    let last = |id| threads.get(id).and_then(|thread| thread.last_message_id);
    let organization = tx.organization();
    let newest: Vec<(ConversationId, MessageId, DateTime<Utc>)> = sqlx::query_as(
        "select grown.id, newest.id, newest.sent_at
         from unnest($2::uuid[], $3::uuid[]) as grown (id, last)
         left join messages last on last.organization_id = $1 and last.id = grown.last
         cross join lateral (
             select m.id, m.sent_at from messages m
             where m.organization_id = $1 and m.conversation_id = grown.id and m.past and coalesce(last.past, true)
             order by m.seq desc
             limit 1) newest",
    )
    .bind(organization)
    .bind(grown.iter().map(|one| one.0).collect::<Vec<_>>())
    .bind(grown.iter().map(|one| last(one.0)).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    for (conversation, id, at) in newest {
        if let Some(thread) = threads.get_mut(conversation) {
            thread.ended_with(id, at);
        }
    }
    Ok(())
}
