//! What stands in a pipeline: deals and money by stage, and what of it may be expected.

use serde::Serialize;
use sqlx::QueryBuilder;
use utoipa::ToSchema;

use super::deal_list::{Filter, narrow};
use crate::{db::Tx, error::Result, ids::StageId};

/// Of one stage and currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
pub struct StageTotal {
    pub stage_id: StageId,
    /// An ISO 4217 code.
    pub currency: String,
    pub deals: i64,
    /// In the currency's smallest unit.
    pub value_minor: i64,
    /// The value times the stage's probability, rounded to the smallest unit.
    pub weighted_minor: i64,
    pub stale: i64,
}

/// Of the deals that the filter lets through; stages without any are not named.
pub async fn by_stage(tx: &mut Tx, filter: &Filter) -> Result<Vec<StageTotal>> {
    // Sums beyond what fits are shown as the most that does.
    const MOST: i64 = i64::MAX;
    let mut sql = QueryBuilder::new(format!(
        "select d.stage_id, d.currency, count(*) as deals, least(sum(d.value), {MOST})::bigint as value_minor,
                least(round(sum(d.value) * s.probability / 100), {MOST})::bigint as weighted_minor,
                count(*) filter (where {}) as stale
         from deals d
         join stages s on s.organization_id = d.organization_id and s.id = d.stage_id
         where d.organization_id = ",
        super::deal::STALE
    ));
    sql.push_bind(tx.organization());
    narrow(&mut sql, filter);
    sql.push(" group by d.stage_id, s.probability, s.position, d.currency order by s.position, d.currency");
    Ok(sql.build_query_as().fetch_all(tx.sql()).await?)
}
