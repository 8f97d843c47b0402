//! Deals as clients see them. Every member who may read deals reads all of them; conversations that a deal names open only to who
//! sees them.

use chrono::{DateTime, NaiveDate, Utc};
use payments::Money;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{line::Line, pipeline::StageKind};
use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{AccountId, ContactId, ConversationId, DealId, PipelineId, StageId, TaskId, UserId},
};

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Deal {
    pub id: DealId,
    pub pipeline_id: PipelineId,
    pub stage_id: StageId,
    /// `open`, `won` or `lost`, as its stage is.
    pub status: StageKind,
    pub title: String,
    /// The sum of its lines, where there are any.
    #[sqlx(json)]
    pub value: Money,
    #[sqlx(json)]
    pub lines: Vec<Line>,
    #[sqlx(json(nullable))]
    pub contact: Option<DealContact>,
    #[sqlx(json(nullable))]
    pub account: Option<DealAccount>,
    pub owner_id: Option<UserId>,
    pub expected_close: Option<NaiveDate>,
    /// Where it is talked about, the newest last.
    pub conversation_ids: Vec<ConversationId>,
    /// The open task that is due first.
    #[sqlx(json(nullable))]
    pub next_task: Option<NextTask>,
    pub tags: Vec<String>,
    /// Flat: texts, numbers, booleans.
    #[schema(value_type = Object)]
    pub attributes: Value,
    pub lost_reason: Option<String>,
    /// Nothing happened for longer than its stage allows.
    pub stale: bool,
    /// Where it stands in its column: compare as numbers, smallest on top.
    pub rank: String,
    pub stage_entered_at: DateTime<Utc>,
    pub last_activity_at: DateTime<Utc>,
    /// When it was won or lost.
    pub closed_at: Option<DateTime<Utc>>,
    pub created_by: Option<UserId>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DealContact {
    pub id: ContactId,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DealAccount {
    pub id: AccountId,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextTask {
    pub id: TaskId,
    pub title: String,
    pub due_at: Option<DateTime<Utc>>,
}

/// That nothing happened to `d` in `s` for too long.
pub(super) const STALE: &str = "(s.kind = 'open' and s.stale_after_days is not null
    and greatest(d.last_activity_at, d.stage_entered_at) < now() - make_interval(days => s.stale_after_days))";

/// Columns of [`Deal`] from `deals d` and `stages s`; end with more conditions.
pub(super) fn select() -> String {
    format!(
        "select d.id, d.pipeline_id, d.stage_id, s.kind as status, d.title,
            json_build_object('minor', d.value, 'currency', d.currency) as value, d.lines,
            (select json_build_object('id', c.id, 'name', c.name) from contacts c
             where c.organization_id = d.organization_id and c.id = d.contact_id) as contact,
            (select json_build_object('id', a.id, 'name', a.name) from accounts a
             where a.organization_id = d.organization_id and a.id = d.account_id) as account,
            d.owner_id, d.expected_close,
            array(select l.conversation_id from deal_conversations l
                  where l.organization_id = d.organization_id and l.deal_id = d.id
                  order by l.created_at, l.conversation_id) as conversation_ids,
            (select json_build_object('id', t.id, 'title', t.title, 'due_at', t.due_at) from tasks t
             where t.organization_id = d.organization_id and t.deal_id = d.id and t.done_at is null
             order by coalesce(t.due_at, 'infinity'), t.id limit 1) as next_task,
            d.tags, d.attributes, d.lost_reason, {STALE} as stale, trim_scale(d.rank)::text as rank,
            d.stage_entered_at, d.last_activity_at, d.closed_at, d.created_by, d.version, d.created_at, d.updated_at, d.deleted_at
         from deals d
         join stages s on s.organization_id = d.organization_id and s.id = d.stage_id
         where d.organization_id = "
    )
}

/// Those with these ids, also the deleted, in no order.
pub async fn load(tx: &mut Tx, ids: &[DealId]) -> Result<Vec<Deal>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = sqlx::QueryBuilder::new(select());
    sql.push_bind(tx.organization()).push(" and d.id = any(").push_bind(ids).push(")");
    Ok(sql.build_query_as().fetch_all(tx.sql()).await?)
}

/// 404 for the deleted.
pub async fn find(tx: &mut Tx, id: DealId) -> Result<Deal> {
    let found = load(tx, &[id]).await?.pop().filter(|deal| deal.deleted_at.is_none());
    found.ok_or_else(|| Error::not_found("deal"))
}
