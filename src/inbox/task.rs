//! Tasks: what somebody has to do, and until when. Who sees the conversation that a task belongs to sees the task; so does whoever
//! has it, or made it. Changing them is in `task_change.rs`, reminding in `task_reminder.rs`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;
use utoipa::ToSchema;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId, DealId, IntegrationId, MessageId, TaskId, TeamId, UserId},
    realtime::event::Subject,
};

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum TaskKind {
    #[default]
    ToDo,
    /// A customer waits to be called.
    Callback,
    FollowUp,
    Meeting,
}

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Task {
    pub id: TaskId,
    pub title: String,
    pub kind: TaskKind,
    pub due_at: Option<DateTime<Utc>>,
    /// When whoever has it is reminded; without a time, when it is due.
    pub reminder_at: Option<DateTime<Utc>>,
    /// When that was done.
    pub reminded_at: Option<DateTime<Utc>>,
    pub assignee_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    #[sqlx(json(nullable))]
    pub contact: Option<TaskContact>,
    #[sqlx(json(nullable))]
    pub conversation: Option<TaskConversation>,
    /// What it is about, beside or instead of a conversation.
    pub deal_id: Option<DealId>,
    /// The missed call that asked for it.
    pub source_message_id: Option<MessageId>,
    pub done_at: Option<DateTime<Utc>>,
    /// `null` in a done task: the hub saw that it was done.
    pub done_by: Option<UserId>,
    /// `null`: the hub made it.
    pub created_by: Option<UserId>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskContact {
    pub id: ContactId,
    pub name: String,
    pub phone: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskConversation {
    pub id: ConversationId,
    pub channel: String,
    pub integration_id: IntegrationId,
    pub status: String,
    pub assignee_id: Option<UserId>,
    pub team_id: Option<TeamId>,
}

/// Conditions that all hold. The default is every task that the member sees.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those that the member has, and those of the member's teams that nobody has.
    pub mine: bool,
    /// Still to be done, or done.
    pub open: Option<bool>,
    pub due_before: Option<DateTime<Utc>>,
    pub assignee_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    pub contact_id: Option<ContactId>,
    pub conversation_id: Option<ConversationId>,
    pub deal_id: Option<DealId>,
}

/// The sort key of a row: done ones by when they were, the others by when they are due, those without a time last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(pub Option<DateTime<Utc>>, pub TaskId);

const SELECT: &str = "select t.id, t.title, t.kind, t.due_at, t.reminder_at, t.reminded_at, t.assignee_id, t.team_id,
    t.deal_id, t.source_message_id, t.done_at, t.done_by, t.created_by, t.version, t.created_at, t.updated_at,
    case when p.id is not null then json_build_object('id', p.id, 'name', p.name, 'phone', p.phone) end as contact,
    case when c.id is not null then json_build_object('id', c.id, 'channel', c.channel, 'integration_id', c.integration_id,
        'status', c.status, 'assignee_id', c.assignee_id, 'team_id', c.team_id) end as conversation
    from tasks t
    left join contacts p on p.organization_id = t.organization_id and p.id = t.contact_id
    left join conversations c on c.organization_id = t.organization_id and c.id = t.conversation_id and c.deleted_at is null
    where t.organization_id = ";

impl Task {
    pub fn is_seen_by(&self, member: &Member) -> bool {
        let me = Some(member.user_id);
        self.assignee_id == me
            || self.created_by == me
            || self.team_id.is_some_and(|team| member.teams.contains(&team))
            || match &self.conversation {
                Some(place) => member.sees(place.assignee_id, place.team_id),
                None => member.sees(self.assignee_id, self.team_id),
            }
    }

    /// Of the conversation that it belongs to.
    pub fn subject(&self) -> Option<Subject> {
        self.conversation.as_ref().map(|place| Subject {
            conversation_id: place.id,
            assignee_id: place.assignee_id,
            team_id: place.team_id,
        })
    }

    /// Where it stands in a list of open tasks, or of done ones.
    pub fn position(&self, open: Option<bool>) -> Position {
        Position(if open == Some(false) { self.done_at } else { self.due_at }, self.id)
    }
}

/// Up to `rows` tasks that the member sees, behind `after`.
pub async fn list(
    tx: &mut Tx,
    member: &Member,
    filter: &Filter,
    after: Option<Position>,
    rows: i64,
) -> Result<Vec<Task>> {
    let mut sql = QueryBuilder::new(SELECT);
    sql.push_bind(tx.organization());
    visible(&mut sql, member);
    narrow(&mut sql, member, filter);
    // Times are never later than infinity, which stands for none.
    let (key, less, down) = match filter.open {
        Some(false) => ("t.done_at", "<", "desc"),
        _ => ("coalesce(t.due_at, 'infinity')", ">", "asc"),
    };
    if let Some(Position(at, id)) = after {
        sql.push(format!(" and ({key}, t.id) {less} (coalesce("));
        sql.push_bind(at).push("::timestamptz, 'infinity'), ").push_bind(id).push(")");
    }
    sql.push(format!(" order by {key} {down}, t.id {down} limit {rows}"));
    Ok(sql.build_query_as().fetch_all(tx.sql()).await?)
}

fn visible(sql: &mut QueryBuilder<sqlx::Postgres>, member: &Member) {
    if member.sees_all {
        return;
    }
    let me = member.user_id;
    sql.push(" and (t.assignee_id = ").push_bind(me).push(" or t.created_by = ").push_bind(me);
    sql.push(" or t.team_id = any(").push_bind(member.teams.clone());
    sql.push(") or case when c.id is null then t.assignee_id is null and t.team_id is null else c.free or c.assignee_id = ");
    sql.push_bind(me).push(" or c.team_id = any(").push_bind(member.teams.clone()).push(") end)");
}

fn narrow(sql: &mut QueryBuilder<sqlx::Postgres>, member: &Member, filter: &Filter) {
    match filter.open {
        Some(true) => sql.push(" and t.done_at is null"),
        Some(false) => sql.push(" and t.done_at is not null"),
        None => sql,
    };
    if filter.mine {
        sql.push(" and (t.assignee_id = ").push_bind(member.user_id);
        sql.push(" or (t.assignee_id is null and t.team_id = any(")
            .push_bind(member.teams.clone())
            .push(")))");
    }
    if let Some(at) = filter.due_before {
        sql.push(" and t.due_at < ").push_bind(at);
    }
    if let Some(user) = filter.assignee_id {
        sql.push(" and t.assignee_id = ").push_bind(user);
    }
    if let Some(team) = filter.team_id {
        sql.push(" and t.team_id = ").push_bind(team);
    }
    if let Some(contact) = filter.contact_id {
        sql.push(" and t.contact_id = ").push_bind(contact);
    }
    if let Some(conversation) = filter.conversation_id {
        sql.push(" and t.conversation_id = ").push_bind(conversation);
    }
    if let Some(deal) = filter.deal_id {
        sql.push(" and t.deal_id = ").push_bind(deal);
    }
}

/// The tasks with these ids, without asking who may see them, in no order.
pub async fn load(tx: &mut Tx, ids: &[TaskId]) -> Result<Vec<Task>> {
    let mut sql = QueryBuilder::new(SELECT);
    sql.push_bind(tx.organization()).push(" and t.id = any(").push_bind(ids).push(")");
    Ok(sql.build_query_as().fetch_all(tx.sql()).await?)
}

/// One that the member sees; 404 otherwise.
pub async fn find(tx: &mut Tx, member: &Member, id: TaskId) -> Result<Task> {
    let found = load(tx, &[id]).await?.pop().filter(|task| task.is_seen_by(member));
    found.ok_or_else(|| Error::not_found("task"))
}
