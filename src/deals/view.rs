//! Saved views of the board: which deals, in which order, as columns or as a table. One's own, or everybody's.

use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{deal_list::Order, owner, pipeline::StageKind};
use crate::{
    access::{agent::Member, permission::May},
    db::Tx,
    error::{Error, Result},
    ids::{DealViewId, PipelineId, UserId},
    realtime::event::{EventKind, NewEvent},
};

/// Most views that everybody has, and most that one member has.
const MOST: i64 = 100;

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct DealView {
    pub id: DealViewId,
    pub name: String,
    /// Everybody has it; otherwise it is the caller's own.
    pub shared: bool,
    /// `null`: of whichever pipeline is shown.
    pub pipeline_id: Option<PipelineId>,
    #[sqlx(json)]
    pub look: DealLook,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Conditions that all hold, and how what is found is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DealLook {
    /// A piece of the title.
    #[garde(inner(length(chars, min = 1, max = 200)))]
    pub q: Option<String>,
    #[garde(inner(length(chars, min = 1, max = 50)))]
    pub tag: Option<String>,
    #[garde(skip)]
    pub shape: Shape,
    /// Of the table.
    #[garde(skip)]
    pub order: Order,
    #[garde(skip)]
    pub whose: Whose,
    /// With `whose` = `member`.
    #[garde(skip)]
    pub owner_id: Option<UserId>,
    #[garde(skip)]
    pub status: Option<StageKind>,
    #[garde(skip)]
    pub stale: bool,
    /// Expected to close before this day (`2027-03-31`), or before the one that comes so many days after today (`8`; `0`: overdue).
    #[garde(inner(pattern(r"^(\d{4}-\d{2}-\d{2}|\d{1,4})$")))]
    pub closing: Option<String>,
    /// In smallest units of whichever currency.
    #[garde(inner(range(min = 0)))]
    pub value_from: Option<i64>,
    #[garde(inner(range(min = 0)))]
    pub value_to: Option<i64>,
    /// Keys of fields that the table has as columns beside its own.
    #[garde(length(max = 20), inner(length(chars, min = 1, max = 64)))]
    pub columns: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DealViewShape)]
pub enum Shape {
    #[default]
    Board,
    Table,
}

/// Whose deals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DealViewWhose)]
pub enum Whose {
    #[default]
    All,
    /// Of whoever looks.
    Mine,
    Nobody,
    Member,
}

/// What is to be changed; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub shared: Option<bool>,
    pub pipeline_id: Option<Option<PipelineId>>,
    pub look: Option<DealLook>,
    /// Where it stands among the shared or one's own, from 0.
    pub position: Option<i32>,
    /// Refused with the current state when the view has another version.
    pub version: Option<i32>,
}

const SELECT: &str =
    "select id, name, user_id is null as shared, pipeline_id, look, version, created_at, updated_at
    from deal_views where organization_id = $1 and (user_id is null or user_id = $2)";

/// Everybody's in their order, then the member's own.
pub async fn list(tx: &mut Tx, member: &Member) -> Result<Vec<DealView>> {
    let sql = format!("{SELECT} order by user_id is not null, position, id");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(tx.organization())
        .bind(member.user_id)
        .fetch_all(tx.sql())
        .await?)
}

/// 404 for another member's own.
pub async fn find(tx: &mut Tx, member: &Member, id: DealViewId) -> Result<DealView> {
    let found: Option<DealView> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and id = $3")))
        .bind(tx.organization())
        .bind(member.user_id)
        .bind(id)
        .fetch_optional(tx.sql())
        .await?;
    found.ok_or_else(|| Error::not_found("view"))
}

/// Behind the others. 409 when the name is taken.
pub async fn create(
    tx: &mut Tx,
    member: &Member,
    name: &str,
    shared: bool,
    pipeline: Option<PipelineId>,
    look: &DealLook,
) -> Result<DealView> {
    may_arrange(member, shared)?;
    check(tx, look).await?;
    let id = DealViewId::new();
    let made = sqlx::query(
        "insert into deal_views (organization_id, id, name, user_id, pipeline_id, look, position)
         select $1, $2, $3, $4, $5, $6, coalesce(max(position) + 1, 0)
         from deal_views where organization_id = $1 and user_id is not distinct from $4 having count(*) < $7",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(name)
    .bind((!shared).then_some(member.user_id))
    .bind(pipeline)
    .bind(json!(look))
    .bind(MOST)
    .execute(tx.sql())
    .await
    .map_err(unfit)?;
    if made.rows_affected() == 0 {
        return Err(Error::unprocessable("too_many_views", format!("There are at most {MOST} views.")));
    }
    told(tx);
    find(tx, member, id).await
}

/// 409 when the version is another, or the name is taken. Views that everybody has are changed by who may make pipelines.
pub async fn change(tx: &mut Tx, member: &Member, id: DealViewId, change: &Change) -> Result<DealView> {
    lock(tx, id).await?;
    let before = find(tx, member, id).await?;
    let shared = change.shared.unwrap_or(before.shared);
    may_arrange(member, before.shared || shared)?;
    if change.version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(&before));
    }
    if let Some(look) = change.look.as_ref().filter(|look| **look != before.look) {
        check(tx, look).await?;
    }
    sqlx::query(
        "update deal_views set name = coalesce($3, name), user_id = $4,
             pipeline_id = case when $5 then $6 else pipeline_id end, look = coalesce($7, look),
             version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(change.name.as_deref())
    .bind((!shared).then_some(member.user_id))
    .bind(change.pipeline_id.is_some())
    .bind(change.pipeline_id.flatten())
    .bind(change.look.as_ref().map(|look| json!(look)))
    .execute(tx.sql())
    .await
    .map_err(unfit)?;
    let moved_over = (shared != before.shared).then_some(i32::from(i16::MAX));
    if let Some(position) = change.position.or(moved_over) {
        move_to(tx, id, position).await?;
    }
    told(tx);
    find(tx, member, id).await
}

pub async fn delete(tx: &mut Tx, member: &Member, id: DealViewId) -> Result<()> {
    let before = find(tx, member, id).await?;
    may_arrange(member, before.shared)?;
    sqlx::query("delete from deal_views where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    told(tx);
    Ok(())
}

async fn lock(tx: &mut Tx, id: DealViewId) -> Result<()> {
    sqlx::query("select from deal_views where organization_id = $1 and id = $2 for update")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Numbers its row of views anew, with this one at its place.
async fn move_to(tx: &mut Tx, id: DealViewId, position: i32) -> Result<()> {
    sqlx::query(
        "with moved as (select user_id from deal_views where organization_id = $1 and id = $2),
              others as (select v.id, row_number() over (order by v.position, v.id) - 1 as n
                         from deal_views v, moved
                         where v.organization_id = $1 and v.id <> $2 and v.user_id is not distinct from moved.user_id)
         update deal_views v set position = placed.n
         from (select id, row_number() over (order by place) - 1 as n
               from (select id, n * 2 as place from others union all select $2, $3::bigint * 2 - 1) as places) as placed
         where v.organization_id = $1 and v.id = placed.id",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(position)
    .execute(tx.sql())
    .await?;
    Ok(())
}

fn may_arrange(member: &Member, shared: bool) -> Result<()> {
    if shared && !member.role.may(May::WritePipelines) {
        return Err(Error::forbidden("Views that everybody has are made and changed by managers."));
    }
    Ok(())
}

async fn check(tx: &mut Tx, look: &DealLook) -> Result<()> {
    match (look.whose, look.owner_id) {
        (Whose::Member, None) => Err(Error::invalid_field("look.owner_id", "Say whose deals.")),
        (_, Some(user)) => owner::check(tx, user).await,
        _ => Ok(()),
    }
}

fn told(tx: &mut Tx) {
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "deal_views"})));
}

fn unfit(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("deal_views_name") => {
            Error::conflict("name_taken", "There is a view with this name already.")
        }
        error if error.breaks("deal_views_organization_id_pipeline_id_fkey") => {
            Error::invalid_field("pipeline_id", "There is no such pipeline.")
        }
        error => error,
    }
}
