//! What comes before the message it speaks of waits here.

use channels::event::What;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    db::Tx,
    error::{Error, Result},
    ids::IntegrationId,
};

/// Serialises "this id is not known" with "this id is now known": whoever comes second sees what the first one committed.
pub async fn lock(tx: &mut Tx, keys: &[(IntegrationId, &str)]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "select pg_advisory_xact_lock(key) from (
             select distinct hashtextextended(integration_id::text || external_id, 0) as key
             from unnest($1::uuid[], $2::text[]) as w (integration_id, external_id) order by 1) keys",
    )
    .bind(keys.iter().map(|key| key.0).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.1).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Takes out what waited for these messages, oldest first.
pub(super) async fn take<'a>(
    tx: &mut Tx,
    keys: impl Iterator<Item = &'a (IntegrationId, String)>,
) -> Result<Vec<(IntegrationId, String, What)>> {
    let (integrations, externals): (Vec<_>, Vec<_>) = keys.map(|key| (key.0, key.1.as_str())).unzip();
    if integrations.is_empty() {
        return Ok(Vec::new());
    }
    let organization = tx.organization();
    let mut rows: Vec<(Uuid, IntegrationId, String, Value)> = sqlx::query_as(
        "delete from early_changes e using unnest($2::uuid[], $3::text[]) as w (integration_id, external_id)
         where e.organization_id = $1 and e.integration_id = w.integration_id and e.external_id = w.external_id
         returning e.id, e.integration_id, e.external_id, e.change",
    )
    .bind(organization)
    .bind(integrations)
    .bind(externals)
    .fetch_all(tx.sql())
    .await?;
    // Ids are UUIDv7: their order is the order of coming.
    rows.sort_unstable_by_key(|row| row.0);
    rows.into_iter()
        .map(|(_, integration, external, change)| {
            let what = serde_json::from_value(change)
                .map_err(|error| Error::Internal(format!("an early change: {error}")))?;
            Ok((integration, external, what))
        })
        .collect()
}

/// Keeps changes until [`take`] asks for their messages.
pub(super) async fn keep(tx: &mut Tx, waiting: &[(IntegrationId, &str, &What)]) -> Result<()> {
    if waiting.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into early_changes (organization_id, id, integration_id, external_id, change)
         select $1, * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::jsonb[])",
    )
    .bind(organization)
    .bind(waiting.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
    .bind(waiting.iter().map(|one| one.0).collect::<Vec<_>>())
    .bind(waiting.iter().map(|one| one.1).collect::<Vec<_>>())
    .bind(waiting.iter().map(|one| Json(one.2)).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}
