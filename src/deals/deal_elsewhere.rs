//! What happens to deals in another program in which they are kept as well: done here in nobody's name, and told to everybody.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    activity,
    deal::{self, Deal},
    deal_change::{self, Change},
    deal_make::{self, Plan},
};
use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{DealId, StageId},
};

/// What is to be as it is there; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Step {
    pub title: Option<String>,
    pub stage_id: Option<StageId>,
    pub expected_close: Option<Option<NaiveDate>>,
    pub deleted: Option<bool>,
}

/// A deal that was begun there. Nobody owns it.
pub async fn make(tx: &mut Tx, plan: Plan) -> Result<Deal> {
    deal_make::make(tx, None, Plan { owner_id: Some(None), ..plan }).await
}

/// Lock it first. Also of a deleted deal.
pub async fn change(tx: &mut Tx, id: DealId, step: &Step) -> Result<()> {
    let before = deal::load(tx, &[id]).await?.pop().ok_or_else(|| Error::not_found("deal"))?;
    sqlx::query(
        "update deals set title = coalesce($3, title), expected_close = case when $4 then $5 else expected_close end
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(step.title.as_deref())
    .bind(step.expected_close.is_some())
    .bind(step.expected_close.flatten())
    .execute(tx.sql())
    .await?;
    if let Some(deleted) = step.deleted {
        deal_change::set_deleted(tx, None, id, deleted).await?;
    }
    deal_change::follow(tx, &before, &Change { stage_id: step.stage_id, ..Change::default() }).await
}

/// What somebody wrote about it there. A deal that is gone takes no notes.
pub async fn note(tx: &mut Tx, id: DealId, text: &str, at: DateTime<Utc>) -> Result<()> {
    deal_change::lock(tx, id).await?;
    let Some(deal) = deal::load(tx, &[id]).await?.pop() else { return Ok(()) };
    activity::hear(tx, id, text, at).await?;
    deal_change::follow(tx, &deal, &Change::default()).await
}
