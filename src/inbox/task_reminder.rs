//! Tasks whose time has come: marked, and told once to those who have them.

use serde_json::json;

use crate::{
    db::{self, Db, Tx},
    error::Result,
    ids::{OrganizationId, TaskId, UserId},
    inbox::{
        conversation,
        task::{self, Task},
        task_change,
    },
    realtime::event::{EventKind, NewEvent},
};

/// Tasks of which is told in one transaction.
const BATCH: i64 = 100;

/// Reminds of everything whose time has come. For the maintenance job; several may run at once.
pub async fn remind(db: &Db) -> Result<()> {
    let organizations: Vec<OrganizationId> = sqlx::query_scalar(
        "select distinct organization_id from tasks
         where coalesce(reminder_at, due_at) <= now() and done_at is null and reminded_at is null",
    )
    .fetch_all(db.system())
    .await?;
    db::for_each(organizations, |organization| remind_all(db, organization)).await
}

async fn remind_all(db: &Db, organization: OrganizationId) -> Result<()> {
    loop {
        let mut tx = db.begin(organization).await?;
        let reminded = remind_batch(&mut tx).await?;
        tx.commit().await?;
        if reminded < usize::try_from(BATCH).unwrap_or_default() {
            return Ok(());
        }
    }
}

async fn remind_batch(tx: &mut Tx) -> Result<usize> {
    let due: Vec<TaskId> = sqlx::query_scalar(
        "with due as (
             select organization_id, id from tasks
             where organization_id = $1 and coalesce(reminder_at, due_at) <= now() and done_at is null and reminded_at is null
             order by coalesce(reminder_at, due_at) limit $2 for no key update skip locked
         )
         update tasks t set reminded_at = now(), version = version + 1, updated_at = now()
         from due where t.organization_id = due.organization_id and t.id = due.id
         returning t.id",
    )
    .bind(tx.organization())
    .bind(BATCH)
    .fetch_all(tx.sql())
    .await?;
    for task in task::load(tx, &due).await? {
        task_change::tell_all(tx, EventKind::TaskUpdated, None, &task, None).await?;
        notify(tx, &task).await?;
    }
    Ok(due.len())
}

/// Who has the task; its team where nobody has it yet; who made it where it is nobody's; and for one that the hub made, everybody
/// who may do it.
async fn notify(tx: &mut Tx, task: &Task) -> Result<()> {
    let told: Vec<UserId> = sqlx::query_scalar(
        "select m.user_id from members m
         where m.organization_id = $1 and m.deactivated_at is null and m.role <> 'viewer'
           and case when $2::uuid is not null then m.user_id = $2
                    when $3::uuid is not null then exists (
                        select from team_members t
                        where t.organization_id = $1 and t.team_id = $3 and t.user_id = m.user_id)
                    else $4::uuid is null or m.user_id = $4 end",
    )
    .bind(tx.organization())
    .bind(task.assignee_id)
    .bind(task.team_id)
    .bind(task.created_by)
    .fetch_all(tx.sql())
    .await?;
    if told.is_empty() {
        return Ok(());
    }
    let conversation = match &task.conversation {
        Some(place) => conversation::load(tx, &[place.id]).await?.pop(),
        None => None,
    };
    let data = json!({"kind": "task_due", "task": task, "conversation": conversation});
    tx.tell(NewEvent::everybody(EventKind::Notification, &data).also_for(told));
    Ok(())
}
