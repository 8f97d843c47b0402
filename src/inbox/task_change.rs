//! Tasks are made, changed, done and deleted, by people and by the telephone. Everybody who sees a task, or saw it before, is told.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId, DealId, MessageId, TaskId, TeamId, UserId},
    inbox::{
        change, contact, conversation,
        task::{self, Task, TaskKind},
        tell,
    },
    realtime::event::{EventKind, NewEvent, Subject},
};

/// A missed call is told at once; who has not called back after this time is reminded.
const CALL_BACK_WITHIN: TimeDelta = TimeDelta::minutes(15);

/// What a task says, as people write it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    pub title: String,
    pub kind: TaskKind,
    pub due_at: Option<DateTime<Utc>>,
    pub reminder_at: Option<DateTime<Utc>>,
    pub assignee_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    /// The conversation's where it has one.
    pub contact_id: Option<ContactId>,
    pub conversation_id: Option<ConversationId>,
    pub deal_id: Option<DealId>,
}

/// What is to be changed; `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub title: Option<String>,
    pub kind: Option<TaskKind>,
    pub due_at: Option<Option<DateTime<Utc>>>,
    pub reminder_at: Option<Option<DateTime<Utc>>>,
    pub assignee_id: Option<Option<UserId>>,
    pub team_id: Option<Option<TeamId>>,
    pub contact_id: Option<Option<ContactId>>,
    pub conversation_id: Option<Option<ConversationId>>,
    pub deal_id: Option<Option<DealId>>,
    pub done: Option<bool>,
    /// Refused with the current state when the task has another version.
    pub version: Option<i32>,
}

impl Content {
    fn of(task: &Task) -> Self {
        Self {
            title: task.title.clone(),
            kind: task.kind,
            due_at: task.due_at,
            reminder_at: task.reminder_at,
            assignee_id: task.assignee_id,
            team_id: task.team_id,
            contact_id: task.contact.as_ref().map(|one| one.id),
            conversation_id: task.conversation.as_ref().map(|one| one.id),
            deal_id: task.deal_id,
        }
    }

    fn with(self, change: &Change) -> Self {
        let conversation_id = change.conversation_id.unwrap_or(self.conversation_id);
        // Another conversation brings its contact along.
        let moved = conversation_id.is_some() && conversation_id != self.conversation_id;
        let contact_id = change.contact_id.unwrap_or(if moved { None } else { self.contact_id });
        Self {
            title: change.title.clone().unwrap_or(self.title),
            kind: change.kind.unwrap_or(self.kind),
            due_at: change.due_at.unwrap_or(self.due_at),
            reminder_at: change.reminder_at.unwrap_or(self.reminder_at),
            assignee_id: change.assignee_id.unwrap_or(self.assignee_id),
            team_id: change.team_id.unwrap_or(self.team_id),
            contact_id,
            conversation_id,
            deal_id: change.deal_id.unwrap_or(self.deal_id),
        }
    }

    /// Looks up what is new against `before`, and takes the contact from the conversation.
    async fn check(mut self, tx: &mut Tx, member: &Member, before: &Self) -> Result<Self> {
        if let Some(user) = self.assignee_id.filter(|_| self.assignee_id != before.assignee_id) {
            change::assignable(tx, user).await?;
        }
        if let Some(team) = self.team_id.filter(|_| self.team_id != before.team_id) {
            change::team_name(tx, team).await?;
        }
        let place = (self.conversation_id, self.contact_id) != (before.conversation_id, before.contact_id);
        match (self.conversation_id, self.contact_id) {
            _ if !place => {}
            (Some(id), contact) => {
                let found = conversation::find(tx, member, id).await;
                let found = found
                    .map_err(|_| Error::invalid_field("conversation_id", "There is no such conversation."))?;
                if contact.is_some_and(|contact| contact != found.contact.id) {
                    return Err(Error::invalid_field("contact_id", "The conversation is somebody else's."));
                }
                self.contact_id = Some(found.contact.id);
            }
            (None, Some(id)) => {
                let found = contact::find(tx, id).await;
                found.map_err(|_| Error::invalid_field("contact_id", "There is no such contact."))?;
            }
            (None, None) => {}
        }
        if let Some(deal) = self.deal_id.filter(|deal| Some(*deal) != before.deal_id) {
            known_deal(tx, deal).await?;
        }
        Ok(self)
    }
}

pub async fn create(tx: &mut Tx, member: &Member, content: Content) -> Result<Task> {
    let content = content.check(tx, member, &Content::default()).await?;
    let id = TaskId::new();
    sqlx::query(
        "insert into tasks (organization_id, id, title, kind, due_at, reminder_at, assignee_id, team_id, contact_id, conversation_id, deal_id,
                            created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(&content.title)
    .bind(content.kind)
    .bind(content.due_at)
    .bind(content.reminder_at)
    .bind(content.assignee_id)
    .bind(content.team_id)
    .bind(content.contact_id)
    .bind(content.conversation_id)
    .bind(content.deal_id)
    .bind(member.user_id)
    .execute(tx.sql())
    .await?;
    let task = reload(tx, id).await?;
    tell_all(tx, EventKind::TaskCreated, Some(member), &task, None).await?;
    notify_assignee(tx, member, None, &task);
    Ok(task)
}

/// 404 for a task that the member does not see, 409 with the current state for another version.
pub async fn apply(tx: &mut Tx, member: &Member, id: TaskId, change: &Change) -> Result<Task> {
    let before = lock(tx, member, id).await?;
    if change.version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(&before));
    }
    let was = Content::of(&before);
    let content = was.clone().with(change).check(tx, member, &was).await?;
    let done = change.done.unwrap_or(before.done_at.is_some());
    if content == was && done == before.done_at.is_some() {
        return Ok(before);
    }
    sqlx::query(
        "update tasks set title = $3, kind = $4, due_at = $5, reminder_at = $6, assignee_id = $7, team_id = $8, contact_id = $9,
             conversation_id = $10, deal_id = $13,
             reminded_at = case when coalesce(reminder_at, due_at) is not distinct from coalesce($6, $5) then reminded_at end,
             done_at = case when $11 then coalesce(done_at, now()) end,
             done_by = case when $11 then case when done_at is null then $12 else done_by end end,
             version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(&content.title)
    .bind(content.kind)
    .bind(content.due_at)
    .bind(content.reminder_at)
    .bind(content.assignee_id)
    .bind(content.team_id)
    .bind(content.contact_id)
    .bind(content.conversation_id)
    .bind(done)
    .bind(member.user_id)
    .bind(content.deal_id)
    .execute(tx.sql())
    .await?;
    let after = reload(tx, id).await?;
    tell_all(tx, EventKind::TaskUpdated, Some(member), &after, Some(&before)).await?;
    notify_assignee(tx, member, Some(&before), &after);
    Ok(after)
}

pub async fn delete(tx: &mut Tx, member: &Member, id: TaskId) -> Result<()> {
    let before = lock(tx, member, id).await?;
    sqlx::query("delete from tasks where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    tell_all(tx, EventKind::TaskDeleted, Some(member), &before, None).await
}

/// A missed call asks to be called back, once: whoever has its conversation has the task. `None` when it was asked before.
pub async fn call_back(
    tx: &mut Tx,
    conversation: &conversation::Conversation,
    call: MessageId,
    at: DateTime<Utc>,
) -> Result<Option<Task>> {
    let id = TaskId::new();
    let made = sqlx::query(
        "insert into tasks (organization_id, id, title, kind, due_at, reminder_at, assignee_id, team_id, contact_id, conversation_id,
             source_message_id)
         values ($1, $2, 'Call back', 'callback', $3, $4, $5, $6, $7, $8, $9)
         on conflict (organization_id, source_message_id) do nothing",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(at)
    .bind(at + CALL_BACK_WITHIN)
    .bind(conversation.assignee_id)
    .bind(conversation.team_id)
    .bind(conversation.contact.id)
    .bind(conversation.id)
    .bind(call)
    .execute(tx.sql())
    .await?;
    if made.rows_affected() == 0 {
        return Ok(None);
    }
    let task = reload(tx, id).await?;
    tell_all(tx, EventKind::TaskCreated, None, &task, None).await?;
    Ok(Some(task))
}

/// The customer was spoken with: nobody has to call back any more.
pub async fn called(tx: &mut Tx, conversation: ConversationId) -> Result<()> {
    let done: Vec<TaskId> = sqlx::query_scalar(
        "update tasks set done_at = now(), version = version + 1, updated_at = now()
         where organization_id = $1 and conversation_id = $2 and source_message_id is not null and done_at is null
         returning id",
    )
    .bind(tx.organization())
    .bind(conversation)
    .fetch_all(tx.sql())
    .await?;
    let done = task::load(tx, &done).await?;
    tell_each(tx, EventKind::TaskUpdated, &done).await
}

/// Somebody leaves: what they had to do waits for others.
pub async fn free_of_member(tx: &mut Tx, id: UserId) -> Result<()> {
    let freed = sqlx::query_scalar(
        "update tasks set assignee_id = null, version = version + 1, updated_at = now()
         where organization_id = $1 and assignee_id = $2 and done_at is null returning id",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?;
    tell_freed(tx, freed).await
}

/// The team is no more.
pub async fn free_of_team(tx: &mut Tx, id: TeamId) -> Result<()> {
    let freed = sqlx::query_scalar(
        "update tasks set team_id = null, version = version + 1, updated_at = now()
         where organization_id = $1 and team_id = $2 returning id",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?;
    tell_freed(tx, freed).await
}

/// Beyond so many, browsers see it when they ask for their lists again.
async fn tell_freed(tx: &mut Tx, mut freed: Vec<TaskId>) -> Result<()> {
    freed.truncate(100);
    let freed = task::load(tx, &freed).await?;
    tell_each(tx, EventKind::TaskUpdated, &freed).await
}

/// Tells of a task to those who see it, and to those who saw it `before`.
async fn tell_all(
    tx: &mut Tx,
    kind: EventKind,
    by: Option<&Member>,
    task: &Task,
    before: Option<&Task>,
) -> Result<()> {
    let data = json!({"task": task, "changed_by": by.map(tell::changed_by)});
    let both: Vec<_> = std::iter::once(task).chain(before).collect();
    let mut people = named(tx, &both).await?.concat();
    people.sort_unstable();
    people.dedup();
    let mut subjects = vec![task.subject()];
    subjects.extend(before.map(Task::subject).filter(|subject| *subject != task.subject()));
    for subject in subjects {
        tx.tell(event(kind, subject, &data).also_for(people.iter().copied()));
    }
    Ok(())
}

/// Tells of what became of tasks by itself, each to those who see it.
pub(super) async fn tell_each(tx: &mut Tx, kind: EventKind, tasks: &[Task]) -> Result<()> {
    let people = named(tx, &tasks.iter().collect::<Vec<_>>()).await?;
    for (task, people) in tasks.iter().zip(people) {
        let data = json!({"task": task, "changed_by": null});
        tx.tell(event(kind, task.subject(), &data).also_for(people));
    }
    Ok(())
}

fn event(kind: EventKind, subject: Option<Subject>, data: &Value) -> NewEvent {
    match subject {
        Some(subject) => NewEvent::about(kind, subject, data),
        None => NewEvent::everybody(kind, data),
    }
}

/// Who sees each task, beside those who see its conversation. Never empty without one: an organization has an owner.
async fn named(tx: &mut Tx, tasks: &[&Task]) -> Result<Vec<Vec<UserId>>> {
    let mut named = vec![Vec::new(); tasks.len()];
    if tasks.is_empty() {
        return Ok(named);
    }
    let free = |task: &Task| task.assignee_id.is_none() && task.team_id.is_none();
    let found: Vec<(i64, UserId)> = sqlx::query_as(
        "select t.place, m.user_id
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[], $6::boolean[]) with ordinality
              as t (assignee_id, created_by, team_id, alone, free, place)
         join members m on m.organization_id = $1 and m.deactivated_at is null
         join organizations o on o.id = m.organization_id
         where m.user_id in (t.assignee_id, t.created_by)
            or exists (select from team_members belongs
                       where belongs.organization_id = $1 and belongs.team_id = t.team_id and belongs.user_id = m.user_id)
            or t.alone and (t.free or m.role <> 'agent' or o.agents_see_all)",
    )
    .bind(tx.organization())
    .bind(tasks.iter().map(|task| task.assignee_id).collect::<Vec<_>>())
    .bind(tasks.iter().map(|task| task.created_by).collect::<Vec<_>>())
    .bind(tasks.iter().map(|task| task.team_id).collect::<Vec<_>>())
    .bind(tasks.iter().map(|task| task.conversation.is_none()).collect::<Vec<_>>())
    .bind(tasks.iter().map(|task| free(task)).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    for (place, user) in found {
        if let Some(people) = usize::try_from(place - 1).ok().and_then(|place| named.get_mut(place)) {
            people.push(user);
        }
    }
    Ok(named)
}

fn notify_assignee(tx: &mut Tx, member: &Member, before: Option<&Task>, after: &Task) {
    let Some(user) = after.assignee_id.filter(|user| *user != member.user_id) else { return };
    if after.done_at.is_none() && before.and_then(|task| task.assignee_id) != Some(user) {
        let data = json!({"kind": "task_assigned", "task": after, "changed_by": tell::changed_by(member)});
        tell::notify(tx, user, &data);
    }
}

async fn known_deal(tx: &mut Tx, deal: DealId) -> Result<()> {
    let known: bool = sqlx::query_scalar(
        "select exists (select from deals where organization_id = $1 and id = $2 and deleted_at is null)",
    )
    .bind(tx.organization())
    .bind(deal)
    .fetch_one(tx.sql())
    .await?;
    if known { Ok(()) } else { Err(Error::invalid_field("deal_id", "There is no such deal.")) }
}

async fn lock(tx: &mut Tx, member: &Member, id: TaskId) -> Result<Task> {
    sqlx::query("select from tasks where organization_id = $1 and id = $2 for update")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    task::find(tx, member, id).await
}

async fn reload(tx: &mut Tx, id: TaskId) -> Result<Task> {
    task::load(tx, &[id]).await?.pop().ok_or_else(|| Error::not_found("task"))
}
