//! What was noticed about an account: refused callbacks, the platform's own notices, the state of its live connection.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{db::Tx, error::Result, ids::IntegrationId};

/// Refused callbacks of the last days.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Forgeries {
    pub day: NaiveDate,
    pub reason: String,
    pub count: i64,
    pub last_at: DateTime<Utc>,
    pub last_address: Option<String>,
}

/// Something the platform told about the account.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Notice {
    pub topic: String,
    pub severity: String,
    pub text: String,
    pub created_at: DateTime<Utc>,
}

/// The live connection of an account that has one.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct LiveConnection {
    /// Whether a worker holds it.
    pub held: bool,
    /// Since when it is held, or is not.
    pub since: DateTime<Utc>,
    /// What it says of itself: `name`, `ok`, `detail`.
    #[schema(value_type = Vec<channels::Check>)]
    pub checks: Value,
}

pub async fn live_connection(tx: &mut Tx, id: IntegrationId) -> Result<Option<LiveConnection>> {
    Ok(sqlx::query_as(
        "select holder is not null and leased_until > now() as held, since, health as checks from listeners
         where organization_id = $1 and integration_id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_optional(tx.sql())
    .await?)
}

/// Refused callbacks of the last 30 days, newest first.
pub async fn forgeries(tx: &mut Tx, id: IntegrationId) -> Result<Vec<Forgeries>> {
    Ok(sqlx::query_as(
        "select day, reason, count, last_at, last_address from forgeries
         where organization_id = $1 and integration_id = $2 and day > current_date - 30 order by day desc, reason limit 100",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?)
}

/// The newest 50.
pub async fn notices(tx: &mut Tx, id: IntegrationId) -> Result<Vec<Notice>> {
    Ok(sqlx::query_as(
        "select topic, severity, text, created_at from notices
         where organization_id = $1 and integration_id = $2 order by created_at desc limit 50",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?)
}

/// Something that admins should look at. The same is said once an hour.
pub async fn warn(tx: &mut Tx, id: IntegrationId, topic: &str, text: &str) -> Result<()> {
    sqlx::query(
        "insert into notices (organization_id, id, integration_id, topic, severity, text)
         select $1, $2, $3, $4, 'warning', $5
         where not exists (select from notices
                           where organization_id = $1 and integration_id = $3 and topic = $4 and text = $5
                             and created_at > now() - interval '1 hour')",
    )
    .bind(tx.organization())
    .bind(uuid::Uuid::now_v7())
    .bind(id)
    .bind(topic)
    .bind(text)
    .execute(tx.sql())
    .await?;
    super::tell(tx);
    Ok(())
}
