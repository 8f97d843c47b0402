//! Tasks: lists, making, changing, ticking off.

use axum::{http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Problems, Result},
    http::{
        extract::{self, Json, Path, Query, text},
        idempotency::IdempotencyKey,
        page::{Limit, Page, read_cursor},
    },
    ids::{ContactId, ConversationId, DealId, TaskId, TeamId, UserId},
    inbox::{
        task::{self, Filter, Position, Task, TaskKind},
        task_change::{self, Change, Content},
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, update, remove))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct List {
    /// Only those that the caller has, and those of the caller's teams that nobody has.
    #[garde(skip)]
    mine: Option<bool>,
    /// Only those still to be done, or with `false` only the done ones, the last one first.
    #[garde(skip)]
    open: Option<bool>,
    /// Only those due before this time.
    #[garde(skip)]
    due_before: Option<DateTime<Utc>>,
    #[garde(skip)]
    assignee_id: Option<UserId>,
    #[garde(skip)]
    team_id: Option<TeamId>,
    #[garde(skip)]
    contact_id: Option<ContactId>,
    #[garde(skip)]
    conversation_id: Option<ConversationId>,
    #[garde(skip)]
    deal_id: Option<DealId>,
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// Tasks that the caller sees, by when they are due; those without a time come last.
#[utoipa::path(get, path = "/tasks", operation_id = "list_tasks", tag = "tasks", params(List),
    responses((status = 200, body = Page<Task>), Problems))]
async fn list(agent: Agent, Query(query): Query<List>) -> Result<Json<Page<Task>>> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let filter = Filter {
        mine: query.mine.unwrap_or_default(),
        open: query.open,
        due_before: query.due_before,
        assignee_id: query.assignee_id,
        team_id: query.team_id,
        contact_id: query.contact_id,
        conversation_id: query.conversation_id,
        deal_id: query.deal_id,
    };
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    let rows = task::list(&mut tx, &member, &filter, after, limit.with_next()).await?;
    Ok(Json(Page::cut(rows, limit, |row| row.position(filter.open))))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTask {
    #[garde(custom(text), length(chars, max = 300))]
    title: String,
    #[garde(skip)]
    #[serde(default)]
    kind: TaskKind,
    #[garde(skip)]
    due_at: Option<DateTime<Utc>>,
    /// When whoever has it is reminded; without a time, when it is due.
    #[garde(skip)]
    reminder_at: Option<DateTime<Utc>>,
    #[garde(skip)]
    assignee_id: Option<UserId>,
    #[garde(skip)]
    team_id: Option<TeamId>,
    #[garde(skip)]
    contact_id: Option<ContactId>,
    /// Brings its contact along.
    #[garde(skip)]
    conversation_id: Option<ConversationId>,
    #[garde(skip)]
    deal_id: Option<DealId>,
}

#[utoipa::path(post, path = "/tasks", operation_id = "create_task", tag = "tasks", request_body = NewTask,
    responses((status = 201, body = Task), Problems))]
async fn create(agent: Agent, key: IdempotencyKey, Json(body): Json<NewTask>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let fresh = match key.begin(&mut tx, &member, "tasks.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let content = Content {
        title: body.title.trim().to_owned(),
        kind: body.kind,
        due_at: body.due_at,
        reminder_at: body.reminder_at,
        assignee_id: body.assignee_id,
        team_id: body.team_id,
        contact_id: body.contact_id,
        conversation_id: body.conversation_id,
        deal_id: body.deal_id,
    };
    let task = task_change::create(&mut tx, &member, content).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &task).await?;
    tx.commit().await?;
    Ok(answer)
}

#[utoipa::path(get, path = "/tasks/{id}", operation_id = "get_task", tag = "tasks",
    params(("id" = TaskId, Path,)), responses((status = 200, body = Task), Problems))]
async fn show(agent: Agent, Path(id): Path<TaskId>) -> Result<Json<Task>> {
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    Ok(Json(task::find(&mut tx, &member, id).await?))
}

/// Fields that are absent stay as they are; `null` empties.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskChange {
    #[garde(inner(custom(text), length(chars, max = 300)))]
    title: Option<String>,
    #[garde(skip)]
    kind: Option<TaskKind>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    #[garde(skip)]
    due_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    #[garde(skip)]
    reminder_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<UserId>)]
    #[garde(skip)]
    assignee_id: Option<Option<UserId>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<TeamId>)]
    #[garde(skip)]
    team_id: Option<Option<TeamId>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<ContactId>)]
    #[garde(skip)]
    contact_id: Option<Option<ContactId>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<ConversationId>)]
    #[garde(skip)]
    conversation_id: Option<Option<ConversationId>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<DealId>)]
    #[garde(skip)]
    deal_id: Option<Option<DealId>>,
    /// `true` ticks it off, `false` takes that back.
    #[garde(skip)]
    done: Option<bool>,
    /// The version that the caller has seen.
    #[garde(skip)]
    version: Option<i32>,
}

/// 409 with the current state when the version is another.
#[utoipa::path(patch, path = "/tasks/{id}", operation_id = "update_task", tag = "tasks",
    params(("id" = TaskId, Path,)), request_body = TaskChange, responses((status = 200, body = Task), Problems))]
async fn update(agent: Agent, Path(id): Path<TaskId>, Json(body): Json<TaskChange>) -> Result<Json<Task>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let change = Change {
        title: body.title.map(|title| title.trim().to_owned()),
        kind: body.kind,
        due_at: body.due_at,
        reminder_at: body.reminder_at,
        assignee_id: body.assignee_id,
        team_id: body.team_id,
        contact_id: body.contact_id,
        conversation_id: body.conversation_id,
        deal_id: body.deal_id,
        done: body.done,
        version: body.version,
    };
    let task = task_change::apply(&mut tx, &member, id, &change).await?;
    tx.commit().await?;
    Ok(Json(task))
}

#[utoipa::path(delete, path = "/tasks/{id}", operation_id = "delete_task", tag = "tasks",
    params(("id" = TaskId, Path,)), responses((status = 204, description = "Deleted"), Problems))]
async fn remove(agent: Agent, Path(id): Path<TaskId>) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    task_change::delete(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
