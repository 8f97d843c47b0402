//! Deals that were paid for: it is written down, and where their pipeline says so, they move.

use payments::Money;

use super::{
    activity::{self, Fact, Turned},
    deal,
    deal_change::{self, Change},
    pipeline::StageKind,
};
use crate::{
    db::Tx,
    error::Result,
    ids::{DealId, StageId},
};

/// So much was paid for the deal. One that was deleted, or is over, stays where it is.
pub async fn paid(tx: &mut Tx, id: DealId, amount: Money) -> Result<()> {
    deal_change::lock(tx, id).await?;
    let Some(before) = deal::load(tx, &[id]).await?.pop().filter(|deal| deal.deleted_at.is_none()) else {
        return Ok(());
    };
    activity::note_down(tx, None, &[Fact::new(id, "paid", None, Some(Turned::Value(amount)))]).await?;
    let stage: Option<Option<StageId>> =
        sqlx::query_scalar("select on_paid_stage_id from pipelines where organization_id = $1 and id = $2")
            .bind(tx.organization())
            .bind(before.pipeline_id)
            .fetch_optional(tx.sql())
            .await?;
    let stage = stage.flatten().filter(|stage| before.status == StageKind::Open && *stage != before.stage_id);
    let change = Change { stage_id: stage, ..Change::default() };
    deal_change::follow(tx, &before, &change).await
}
