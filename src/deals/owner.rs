//! Who can have a deal or an account.

use crate::{
    db::Tx,
    error::{Error, Result},
    ids::UserId,
};

/// 422 for whoever is no active member, and for viewers.
pub(super) async fn check(tx: &mut Tx, user: UserId) -> Result<()> {
    let found: bool = sqlx::query_scalar(
        "select exists (select from members where organization_id = $1 and user_id = $2 and deactivated_at is null and role <> 'viewer')",
    )
    .bind(tx.organization())
    .bind(user)
    .fetch_one(tx.sql())
    .await?;
    if found {
        Ok(())
    } else {
        Err(Error::invalid_field("owner_id", "This is no active member who can have it."))
    }
}
