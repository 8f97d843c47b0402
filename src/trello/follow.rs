//! Deals that change here, read from the table of events as mirrors read conversations: from where it was to below which nothing can still
//! appear. Orders and the new position are one transaction. Deals know nothing of it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::order::What;
use crate::{
    app::App,
    db::Tx,
    error::Result,
    ids::{DealId, OrganizationId, TrelloId},
};

const PAUSE: Duration = Duration::from_millis(500);
/// Events read at once, give or take one transaction's.
const EVENTS: i64 = 2_000;

#[derive(sqlx::FromRow)]
struct Follower {
    id: TrelloId,
    position: String,
    horizon: String,
}

/// Follows until told to stop. Several processes may: each takes the connections that no other one has at the moment.
pub async fn run(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = round(&app).await {
            tracing::warn!(%error, "boards could not follow their deals");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn round(app: &App) -> Result<()> {
    let organizations: Vec<OrganizationId> = sqlx::query_scalar(
        "select distinct c.organization_id from trello_connections c
         where c.status = 'connected' and c.deleted_at is null
           and exists (select from events e
                       where e.organization_id = c.organization_id and e.xid >= c.position
                         and e.xid < pg_snapshot_xmin(pg_current_snapshot()))",
    )
    .fetch_all(app.db.system())
    .await?;
    for organization in organizations {
        let mut tx = app.db.begin(organization).await?;
        for follower in followers(&mut tx).await? {
            follow(&mut tx, &follower).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn followers(tx: &mut Tx) -> Result<Vec<Follower>> {
    Ok(sqlx::query_as(
        "select id, position::text as position, pg_snapshot_xmin(pg_current_snapshot())::text as horizon
         from trello_connections
         where organization_id = $1 and status = 'connected' and deleted_at is null
         order by id
         for no key update skip locked",
    )
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?)
}

async fn follow(tx: &mut Tx, follower: &Follower) -> Result<()> {
    let end = end(tx, follower).await?;
    for deal_id in deals(tx, follower, &end).await? {
        tx.enqueue(What::Deal { deal_id }.of(follower.id));
    }
    sqlx::query(
        "update trello_connections set position = $3::text::xid8 where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(follower.id)
    .bind(&end)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Where this round ends: never within a transaction.
async fn end(tx: &mut Tx, follower: &Follower) -> Result<String> {
    let far: Option<String> = sqlx::query_scalar(
        "select xid::text from events
         where organization_id = $1 and xid >= $2::text::xid8 and xid < $3::text::xid8
         order by xid, id offset $4 limit 1",
    )
    .bind(tx.organization())
    .bind(&follower.position)
    .bind(&follower.horizon)
    .bind(EVENTS)
    .fetch_optional(tx.sql())
    .await?;
    Ok(match far {
        None => follower.horizon.clone(),
        // One transaction alone told so much.
        Some(far) if far == follower.position => {
            far.parse::<u64>().map_or(follower.horizon.clone(), |xid| (xid + 1).to_string())
        }
        Some(far) => far,
    })
}

/// Those that changed and have a card, or stand in the connection's pipeline, each once and in the order of their first change.
async fn deals(tx: &mut Tx, follower: &Follower, end: &str) -> Result<Vec<DealId>> {
    Ok(sqlx::query_scalar(
        "select d.id
         from (select (payload::jsonb->'deal'->>'id')::uuid as id, min(id) as first from events
               where organization_id = $1 and xid >= $3::text::xid8 and xid < $4::text::xid8 and kind = 'deal_updated'
               group by 1) news
         join deals d on d.organization_id = $1 and d.id = news.id
         join trello_connections c on c.organization_id = $1 and c.id = $2
         left join trello_cards k on k.organization_id = $1 and k.connection_id = $2 and k.deal_id = d.id
         where (k.deal_id is not null or d.pipeline_id = c.pipeline_id) and k.deal_version is distinct from d.version
         order by news.first",
    )
    .bind(tx.organization())
    .bind(follower.id)
    .bind(&follower.position)
    .bind(end)
    .fetch_all(tx.sql())
    .await?)
}
