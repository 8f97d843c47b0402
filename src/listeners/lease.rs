//! Who holds which connection: rows of `listeners`, across organizations. The database's clock decides; each process counts its own time
//! from before it asked, so that it always believes a lease to end earlier than the others do.

use std::time::Duration;

use channels::Check;
use serde_json::Value;
use sqlx::{PgPool, types::Json};
use uuid::Uuid;

use crate::{
    error::Result,
    ids::{IntegrationId, OrganizationId},
};

/// How long a process that is not heard of keeps its connections.
pub(super) const LEASE: Duration = Duration::from_secs(10);

/// One process' part in the table.
#[derive(Clone)]
pub(super) struct Leases {
    pub pool: PgPool,
    pub holder: Uuid,
}

/// An integration that may be listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Wanted {
    pub organization_id: OrganizationId,
    pub id: IntegrationId,
    pub version: i32,
}

impl Leases {
    /// Everything active; whether it streams is for its channel to say.
    pub async fn wanted(&self) -> Result<Vec<Wanted>> {
        Ok(sqlx::query_as(
            "select organization_id, id, version from integrations where status = 'active' and deleted_at is null order by id",
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Says that this process lives, and counts those that do.
    pub async fn attend(&self) -> Result<usize> {
        let living: i64 = sqlx::query_scalar(
            "with gone as (delete from listening_workers where seen_at < clock_timestamp() - make_interval(secs => $2 * 6)),
                  here as (insert into listening_workers (holder, seen_at) values ($1, clock_timestamp())
                           on conflict (holder) do update set seen_at = excluded.seen_at)
             select count(*) from listening_workers where holder <> $1 and seen_at > clock_timestamp() - make_interval(secs => $2)",
        )
        .bind(self.holder)
        .bind(LEASE.as_secs_f64())
        .fetch_one(&self.pool)
        .await?;
        Ok(usize::try_from(living).unwrap_or(0) + 1)
    }

    /// Takes up to `most` of those that nobody holds, with the state that was last remembered.
    pub async fn claim(&self, of: &[Wanted], most: usize) -> Result<Vec<(IntegrationId, Option<Value>)>> {
        Ok(sqlx::query_as(
            "insert into listeners as mine (organization_id, integration_id, holder, leased_until)
             select wanted.organization_id, wanted.id, $3, clock_timestamp() + make_interval(secs => $4)
             from unnest($1::uuid[], $2::uuid[]) as wanted (organization_id, id)
             left join listeners on listeners.organization_id = wanted.organization_id and listeners.integration_id = wanted.id
             where listeners.holder is null or listeners.leased_until < clock_timestamp()
             order by wanted.id limit $5
             on conflict (organization_id, integration_id) do update
                 set holder = excluded.holder, leased_until = excluded.leased_until, since = now()
                 where mine.holder is null or mine.leased_until < clock_timestamp()
             returning integration_id, state",
        )
        .bind(of.iter().map(|one| one.organization_id).collect::<Vec<_>>())
        .bind(of.iter().map(|one| one.id).collect::<Vec<_>>())
        .bind(self.holder)
        .bind(LEASE.as_secs_f64())
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?)
    }

    /// Those of `ids` that this process still holds, and now for another while.
    pub async fn renew(&self, ids: &[IntegrationId]) -> Result<Vec<IntegrationId>> {
        Ok(sqlx::query_scalar(
            "update listeners set leased_until = clock_timestamp() + make_interval(secs => $3)
             where integration_id = any($2) and holder = $1 and leased_until > clock_timestamp() returning integration_id",
        )
        .bind(self.holder)
        .bind(ids)
        .bind(LEASE.as_secs_f64())
        .fetch_all(&self.pool)
        .await?)
    }

    /// Anybody may have them now.
    pub async fn release(&self, ids: &[IntegrationId]) -> Result<()> {
        sqlx::query(
            "update listeners set holder = null, leased_until = clock_timestamp(), since = now(), health = '[]'
             where integration_id = any($2) and holder = $1",
        )
        .bind(self.holder)
        .bind(ids)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// This process takes no share any more.
    pub async fn leave(&self) -> Result<()> {
        sqlx::query("delete from listening_workers where holder = $1")
            .bind(self.holder)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// `false` if another process holds the connection now.
    pub async fn remember(&self, id: IntegrationId, state: &Value) -> Result<bool> {
        let done = sqlx::query(
            "update listeners set state = $3
             where integration_id = $2 and holder = $1 and leased_until > clock_timestamp()",
        )
        .bind(self.holder)
        .bind(id)
        .bind(state)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    pub async fn report(&self, id: IntegrationId, checks: &[Check]) -> Result<()> {
        sqlx::query("update listeners set health = $3 where integration_id = $2 and holder = $1")
            .bind(self.holder)
            .bind(id)
            .bind(Json(checks))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
