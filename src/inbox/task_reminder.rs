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
    db::for_each(organizations, |organization| db::in_batches(db, organization, BATCH, remind_batch)).await
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
    let tasks = task::load(tx, &due).await?;
    task_change::tell_each(tx, EventKind::TaskUpdated, &tasks).await?;
    notify(tx, &tasks).await?;
    Ok(due.len())
}

/// Tells of each task who has it; its team where nobody has it yet; who made it where it is nobody's; and for one that the hub made,
/// everybody who may do it.
async fn notify(tx: &mut Tx, tasks: &[Task]) -> Result<()> {
    let told: Vec<(i64, Vec<UserId>)> = sqlx::query_as(
        "select t.place, array_agg(m.user_id)
         from unnest($2::uuid[], $3::uuid[], $4::uuid[]) with ordinality as t (assignee_id, team_id, created_by, place)
         join members m on m.organization_id = $1 and m.deactivated_at is null and m.role <> 'viewer'
         where case when t.assignee_id is not null then m.user_id = t.assignee_id
                    when t.team_id is not null then exists (
                        select from team_members belongs
                        where belongs.organization_id = $1 and belongs.team_id = t.team_id and belongs.user_id = m.user_id)
                    else t.created_by is null or m.user_id = t.created_by end
         group by t.place order by t.place",
    )
    .bind(tx.organization())
    .bind(tasks.iter().map(|task| task.assignee_id).collect::<Vec<_>>())
    .bind(tasks.iter().map(|task| task.team_id).collect::<Vec<_>>())
    .bind(tasks.iter().map(|task| task.created_by).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    let places: Vec<_> = tasks.iter().filter_map(|task| Some(task.conversation.as_ref()?.id)).collect();
    let conversations = conversation::load(tx, &places).await?;
    for (place, people) in told {
        let Some(task) = usize::try_from(place - 1).ok().and_then(|place| tasks.get(place)) else { continue };
        let place = task.conversation.as_ref().map(|place| place.id);
        let conversation = conversations.iter().find(|one| Some(one.id) == place);
        let data = json!({"kind": "task_due", "task": task, "conversation": conversation});
        tx.tell(NewEvent::everybody(EventKind::Notification, &data).also_for(people));
    }
    Ok(())
}
