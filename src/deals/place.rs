//! Where deals stand in their columns. Between any two places there is another, so that moving one deal writes one row.

use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{DealId, StageId},
};

/// Where in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    Top,
    /// Directly below this deal, which must stand in the same stage.
    Below(DealId),
}

/// The rank of that spot, as PostgreSQL writes the number. `moved` itself is not in the way.
pub async fn rank(tx: &mut Tx, stage: StageId, spot: Spot, moved: DealId) -> Result<String> {
    let rank: Option<String> = match spot {
        Spot::Top => {
            sqlx::query_scalar(
                "select trim_scale(coalesce((
                     select rank - 1 from deals
                     where organization_id = $1 and stage_id = $2 and deleted_at is null and id <> $3
                     order by rank, id limit 1), 0))::text",
            )
            .bind(tx.organization())
            .bind(stage)
            .bind(moved)
            .fetch_optional(tx.sql())
            .await?
        }
        Spot::Below(above) => {
            sqlx::query_scalar(
                "select trim_scale(coalesce((above.rank + (
                     select rank from deals
                     where organization_id = $1 and stage_id = $2 and deleted_at is null and id <> $3 and rank > above.rank
                     order by rank, id limit 1)) * 0.5, above.rank + 1))::text
                 from deals above
                 where above.organization_id = $1 and above.stage_id = $2 and above.id = $4 and above.deleted_at is null",
            )
            .bind(tx.organization())
            .bind(stage)
            .bind(moved)
            .bind(above)
            .fetch_optional(tx.sql())
            .await?
        }
    };
    rank.ok_or_else(|| Error::invalid_field("below", "This deal does not stand in that stage."))
}
