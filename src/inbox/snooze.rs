//! Snoozed conversations come back when their time has come.

use crate::{
    db::{self, Db, Tx},
    error::Result,
    ids::{ConversationId, OrganizationId},
    inbox::{
        conversation::{self, Locked},
        tell,
        timeline::{self, Line},
    },
};

/// Conversations woken in one transaction.
const BATCH: i64 = 200;

/// Reopens everything that is due. For the maintenance job; several may run at once.
pub async fn wake(db: &Db) -> Result<()> {
    let organizations: Vec<OrganizationId> = sqlx::query_scalar(
        "select distinct organization_id from conversations
         where status = 'snoozed' and snoozed_until <= now() and deleted_at is null",
    )
    .fetch_all(db.system())
    .await?;
    db::for_each(organizations, |organization| db::in_batches(db, organization, BATCH, wake_batch)).await
}

async fn wake_batch(tx: &mut Tx) -> Result<usize> {
    let woken: Vec<Locked> = sqlx::query_as(
        "with due as (
             select organization_id, id from conversations
             where organization_id = $1 and status = 'snoozed' and snoozed_until <= now() and deleted_at is null
             order by id limit $2 for no key update skip locked
         )
         update conversations c set status = 'open', snoozed_until = null, version = version + 1
         from due where c.organization_id = due.organization_id and c.id = due.id
         returning c.id, c.integration_id, c.channel, c.contact_id, c.thread, c.status, c.assignee_id, c.team_id, c.last_seq,
                   c.read_seq, c.window_closes_at, c.subject, c.version",
    )
    .bind(tx.organization())
    .bind(BATCH)
    .fetch_all(tx.sql())
    .await?;
    let ids: Vec<ConversationId> = woken.iter().map(|one| one.id).collect();
    let mut lines = Vec::new();
    for mut locked in woken {
        let line = Line::new("The snooze is over.", "status", "snoozed", "open");
        lines.push((locked.id, timeline::append(tx, &mut locked, None, &[line]).await?));
    }
    for conversation in conversation::load(tx, &ids).await? {
        tell::updated(tx, None, &conversation);
        for (_, written) in lines.iter().filter(|(id, _)| *id == conversation.id) {
            tell::new_messages(tx, &conversation, written).await?;
        }
    }
    Ok(ids.len())
}
