//! What is ordered from time to time.

use crate::{
    app::App,
    db,
    error::Result,
    ids::{OrganizationId, TrelloId},
    trello::order::What,
};

/// Orders catching up for every connection that did not for ten minutes: callbacks get lost.
pub async fn order_catching_up(app: &App) -> Result<()> {
    let organizations: Vec<OrganizationId> = sqlx::query_scalar(
        "select distinct organization_id from trello_connections
         where deleted_at is null and status = 'connected' and ordered_at < now() - interval '10 minutes'",
    )
    .fetch_all(app.db.system())
    .await?;
    db::for_each(organizations, async |organization| {
        let mut tx = app.db.begin(organization).await?;
        let due: Vec<TrelloId> = sqlx::query_scalar(
            "update trello_connections set ordered_at = now()
             where organization_id = $1 and deleted_at is null and status = 'connected' and ordered_at < now() - interval '10 minutes'
             returning id",
        )
        .bind(tx.organization())
        .fetch_all(tx.sql())
        .await?;
        for id in due {
            tx.enqueue(What::CatchUp.of(id));
        }
        Ok(tx.commit().await?)
    })
    .await
}

/// Trello tells nothing again that is older.
pub async fn forget_actions(app: &App) -> Result<()> {
    sqlx::query("delete from trello_actions where received_at < now() - interval '30 days'")
        .execute(app.db.system())
        .await?;
    Ok(())
}
