//! The flight recorder: what platforms told us, whether we believed it, and what it became.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::QueryBuilder;
use utoipa::ToSchema;

use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{CallbackId, IntegrationId},
};

/// A recorded callback. Secrets were removed before it was stored.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Callback {
    pub id: CallbackId,
    pub channel: String,
    pub integration_id: IntegrationId,
    pub received_at: DateTime<Utc>,
    /// `verified` or `replayed`.
    pub verdict: String,
    /// `stored`, `repeated`, `ignored`, `unreadable` or `failed`.
    pub outcome: String,
    pub error: Option<String>,
    /// What it became: `type`, `external_id`, `conversation_id`, `message_id`, `effect`.
    #[schema(value_type = Vec<Object>)]
    pub events: Value,
    #[sqlx(flatten)]
    pub request: Request,
}

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Request {
    pub method: String,
    #[schema(value_type = Object)]
    pub query: Value,
    #[schema(value_type = Object)]
    pub headers: Value,
    /// As text, where it is text; only with a single callback.
    #[sqlx(default)]
    pub body: Option<String>,
    pub body_bytes: i32,
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub channel: Option<String>,
    pub integration_id: Option<IntegrationId>,
    pub verdict: Option<String>,
    pub outcome: Option<String>,
}

/// The sort key of a row: newest first, which is the order of ids.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Position(pub CallbackId);

const COLUMNS: &str = "select id, channel, integration_id, received_at, verdict, outcome, error, events, method, query, headers,
    octet_length(body) as body_bytes";

/// Newest first, without bodies.
pub async fn list(tx: &mut Tx, filter: &Filter, after: Option<Position>, rows: i64) -> Result<Vec<Callback>> {
    let mut sql = QueryBuilder::new(format!("{COLUMNS} from callbacks where organization_id = "));
    sql.push_bind(tx.organization());
    if let Some(channel) = &filter.channel {
        sql.push(" and channel = ").push_bind(channel.clone());
    }
    if let Some(integration) = filter.integration_id {
        sql.push(" and integration_id = ").push_bind(integration);
    }
    if let Some(verdict) = &filter.verdict {
        sql.push(" and verdict = ").push_bind(verdict.clone());
    }
    if let Some(outcome) = &filter.outcome {
        sql.push(" and outcome = ").push_bind(outcome.clone());
    }
    if let Some(Position(id)) = after {
        sql.push(" and id < ").push_bind(id);
    }
    sql.push(format!(" order by id desc limit {rows}"));
    Ok(sql.build_query_as().fetch_all(tx.sql()).await?)
}

/// One, with its body.
pub async fn find(tx: &mut Tx, id: CallbackId) -> Result<Callback> {
    let mut found: Callback = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} from callbacks where organization_id = $1 and id = $2"
    )))
    .bind(tx.organization())
    .bind(id)
    .fetch_optional(tx.sql())
    .await?
    .ok_or_else(|| Error::not_found("callback"))?;
    let body: Vec<u8> =
        sqlx::query_scalar("select body from callbacks where organization_id = $1 and id = $2")
            .bind(tx.organization())
            .bind(id)
            .fetch_one(tx.sql())
            .await?;
    found.request.body = Some(String::from_utf8_lossy(&body).into_owned());
    Ok(found)
}
