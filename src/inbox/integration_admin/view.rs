//! Connected accounts as admins see them. Secrets never come back out: answers show their last characters at most.

use std::collections::BTreeMap;

use channels::Check;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use url::Url;
use utoipa::ToSchema;

use super::missing;
use crate::{
    accounts,
    app::App,
    db::Tx,
    error::Result,
    ids::{IntegrationId, OrganizationId},
    inbox::integration,
};

/// A connected account as admins see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IntegrationView {
    pub id: IntegrationId,
    pub channel: String,
    pub name: String,
    /// `active`, `paused` or `broken`.
    pub status: String,
    /// Where the platform sends its callbacks.
    pub webhook_url: String,
    /// Secrets show their last four characters.
    pub account: BTreeMap<String, String>,
    /// Why it is broken.
    #[schema(value_type = Option<channels::error::Refusal>)]
    pub fault: Option<Value>,
    /// What the last test said.
    #[schema(value_type = Option<Vec<Check>>)]
    pub checks: Option<Value>,
    pub checked_at: Option<DateTime<Utc>>,
    pub templates_synced_at: Option<DateTime<Utc>>,
    pub last_inbound_at: Option<DateTime<Utc>>,
    pub last_outbound_at: Option<DateTime<Utc>>,
    /// Minutes without anything from the platform after which admins are told; `null`: never.
    pub silent_after_minutes: Option<i32>,
    /// Since when admins know that it is silent.
    pub silent_since: Option<DateTime<Utc>>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: IntegrationId,
    channel: String,
    name: String,
    status: String,
    account: Json<BTreeMap<String, String>>,
    sealed: Vec<u8>,
    fault: Option<Value>,
    checks: Option<Value>,
    checked_at: Option<DateTime<Utc>>,
    templates_synced_at: Option<DateTime<Utc>>,
    last_inbound_at: Option<DateTime<Utc>>,
    last_outbound_at: Option<DateTime<Utc>>,
    silent_after_minutes: Option<i32>,
    silent_since: Option<DateTime<Utc>>,
    version: i32,
    created_at: DateTime<Utc>,
}

const SELECT: &str =
    "select id, channel, name, status, account, sealed, fault, checks, checked_at, templates_synced_at,
    last_inbound_at, last_outbound_at, silent_after_minutes, silent_since, version, created_at
    from integrations where organization_id = $1 and deleted_at is null";

pub async fn list(app: &App, tx: &mut Tx) -> Result<Vec<IntegrationView>> {
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} order by created_at, id")))
        .bind(tx.organization())
        .fetch_all(tx.sql())
        .await?;
    let organization = tx.organization();
    rows.into_iter().map(|row| view(app, organization, row)).collect()
}

pub async fn find(app: &App, tx: &mut Tx, id: IntegrationId) -> Result<IntegrationView> {
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and id = $2")))
        .bind(tx.organization())
        .bind(id)
        .fetch_optional(tx.sql())
        .await?;
    view(app, tx.organization(), row.ok_or_else(missing)?)
}

fn view(app: &App, organization: OrganizationId, row: Row) -> Result<IntegrationView> {
    let place = integration::place(organization, row.id);
    Ok(IntegrationView {
        webhook_url: webhook_url(app, &row.channel, row.id)?.into(),
        account: accounts::masked(&app.vault, place, row.account.0, &row.sealed)?,
        id: row.id,
        channel: row.channel,
        name: row.name,
        status: row.status,
        fault: row.fault,
        checks: row.checks,
        checked_at: row.checked_at,
        templates_synced_at: row.templates_synced_at,
        last_inbound_at: row.last_inbound_at,
        last_outbound_at: row.last_outbound_at,
        silent_after_minutes: row.silent_after_minutes,
        silent_since: row.silent_since,
        version: row.version,
        created_at: row.created_at,
    })
}

pub(super) fn webhook_url(app: &App, channel: &str, id: IntegrationId) -> Result<Url> {
    integration::webhook_url(&app.config.server.public_url, channel, id)
}

/// Where a platform with one address per app calls.
pub fn shared_webhook_url(app: &App, channel: &str) -> String {
    let origin = app.config.server.public_url.as_str().trim_end_matches('/');
    format!("{origin}/webhooks/{channel}")
}
