//! Templates as the platform approved them, kept beside their integration.

use channels::Template;
use serde_json::Value;
use sqlx::types::Json;

use crate::{db::Tx, error::Result, ids::IntegrationId};

/// All of an integration, by name and language.
pub async fn list(tx: &mut Tx, integration: IntegrationId) -> Result<Vec<Template>> {
    let rows: Vec<Value> = sqlx::query_scalar(
        "select body from templates where organization_id = $1 and integration_id = $2 order by name, language",
    )
    .bind(tx.organization())
    .bind(integration)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().filter_map(read).collect())
}

pub async fn find(
    tx: &mut Tx,
    integration: IntegrationId,
    name: &str,
    language: &str,
) -> Result<Option<Template>> {
    let row: Option<Value> = sqlx::query_scalar(
        "select body from templates where organization_id = $1 and integration_id = $2 and name = $3 and language = $4",
    )
    .bind(tx.organization())
    .bind(integration)
    .bind(name)
    .bind(language)
    .fetch_optional(tx.sql())
    .await?;
    Ok(row.and_then(read))
}

/// What another version of the hub stored in a form that this one does not know is as good as not synced.
fn read(body: Value) -> Option<Template> {
    serde_json::from_value(body).ok()
}

/// Replaces what was known.
pub async fn replace(tx: &mut Tx, integration: IntegrationId, templates: &[Template]) -> Result<()> {
    let organization = tx.organization();
    sqlx::query("delete from templates where organization_id = $1 and integration_id = $2")
        .bind(organization)
        .bind(integration)
        .execute(tx.sql())
        .await?;
    sqlx::query(
        "insert into templates (organization_id, integration_id, name, language, external_id, category, status, body)
         select $1, $2, body->>'name', body->>'language', body->>'external_id', body->>'category', body->>'status', body
         from jsonb_array_elements($3) body
         on conflict do nothing",
    )
    .bind(organization)
    .bind(integration)
    .bind(Json(templates))
    .execute(tx.sql())
    .await?;
    sqlx::query("update integrations set templates_synced_at = now() where organization_id = $1 and id = $2")
        .bind(organization)
        .bind(integration)
        .execute(tx.sql())
        .await?;
    Ok(())
}
