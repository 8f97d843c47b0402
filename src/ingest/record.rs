//! The flight recorder: each callback with what it became, without secrets, ready to be replayed.

use bytes::Bytes;
use serde::Serialize;
use sqlx::types::Json;
use webhooks::Verified;

use super::{Delivery, NotTaken};
use crate::{
    app::App,
    db::{Db, Tx},
    error::{Error, Result},
    ids::{CallbackId, ConversationId, IntegrationId, MessageId, OrganizationId},
};

/// Headers that prove something and are therefore not kept.
const SECRET_HEADERS: [&str; 6] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-telegram-bot-api-secret-token",
    "x-hub-signature",
    "x-hub-signature-256",
];
/// Query parameters that are secrets.
const SECRET_QUERY: [&str; 1] = ["hub.verify_token"];

/// What one event of a callback became.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Became {
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    pub effect: Effect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Effect {
    Stored,
    /// Known already.
    Repeated,
    /// Understood, without effect.
    Ignored,
    /// Waits for the message it speaks of.
    KeptForLater,
    /// The contact is blocked.
    Blocked,
    /// Belongs to an account that the organization has not connected.
    Unrouted,
}

/// A row of `callbacks` about to be written.
pub(super) struct Record<'a> {
    pub delivery: &'a Delivery,
    pub outcome: &'static str,
    pub error: Option<String>,
    pub became: &'a [Became],
}

/// Writes all records with one statement.
pub(super) async fn write(tx: &mut Tx, records: &[Record<'_>]) -> Result<()> {
    let each = || records.iter().map(|record| record.delivery);
    let bodies: Vec<Bytes> = each().map(body).collect();
    let organization = tx.organization();
    sqlx::query(
        "insert into callbacks (organization_id, id, integration_id, channel, verdict, outcome, error, events, method, query, headers, body)
         select $1, id, integration_id, channel, verdict, outcome, error, events::json, method, query::json, headers::json, body
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::text[], $10::text[], $11::text[], $12::bytea[])
              as c (id, integration_id, channel, verdict, outcome, error, events, method, query, headers, body)",
    )
    .bind(organization)
    .bind(each().map(|one| one.id).collect::<Vec<_>>())
    .bind(each().map(|one| one.integration.id).collect::<Vec<_>>())
    .bind(each().map(|one| one.integration.channel.id().as_str()).collect::<Vec<_>>())
    .bind(each().map(|one| if one.replayed { "replayed" } else { "verified" }).collect::<Vec<_>>())
    .bind(records.iter().map(|record| record.outcome).collect::<Vec<_>>())
    .bind(records.iter().map(|record| record.error.as_deref()).collect::<Vec<_>>())
    .bind(records.iter().map(|record| json(&record.became)).collect::<Vec<_>>())
    .bind(each().map(|one| one.request.method()).collect::<Vec<_>>())
    .bind(each().map(|one| json(&query(&one.request))).collect::<Vec<_>>())
    .bind(each().map(|one| json(&headers(&one.request))).collect::<Vec<_>>())
    .bind(bodies.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Keeps the raw form of a callback that could not be stored.
pub(super) async fn failed(
    db: &Db,
    organization: OrganizationId,
    delivery: &Delivery,
    error: &Error,
) -> Result<()> {
    let mut tx = db.begin(organization).await?;
    let record =
        Record { delivery, outcome: "failed", error: Some(error.to_string().replace('\0', "")), became: &[] };
    write(&mut tx, &[record]).await?;
    Ok(tx.commit().await?)
}

/// Names and values, as the record holds them.
type Pairs = Json<Vec<(String, String)>>;

/// Reads a recorded callback again and stores what it says; what is stored already stays as it is. 404 if there is no such
/// callback, or its integration is gone.
pub async fn replay(app: &App, organization: OrganizationId, id: CallbackId) -> Result<CallbackId> {
    let mut tx = app.db.begin(organization).await?;
    let row: Option<(IntegrationId, String, Pairs, Pairs, Vec<u8>)> = sqlx::query_as(
        "select integration_id, method, query, headers, body from callbacks where organization_id = $1 and id = $2",
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    tx.commit().await?;
    let (integration, method, query, headers, body) = row.ok_or_else(|| Error::not_found("callback"))?;
    let integration = app
        .integrations
        .find(integration)
        .await?
        .filter(|integration| integration.organization_id == organization)
        .ok_or_else(|| Error::not_found("integration"))?;
    let headers = headers.0.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let request = Verified::from_record(&method, query.0, headers, Bytes::from(body), chrono::Utc::now());
    let delivery = Delivery { replayed: true, ..Delivery::read(integration, request) };
    let replayed = delivery.id;
    app.ingest.store(delivery).await.map_err(|error| match error {
        NotTaken::Busy | NotTaken::Unavailable => Error::Internal(error.to_string()),
    })?;
    Ok(replayed)
}

/// Lists of plain structures: they always encode.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

/// Without what its channel would not have kept.
fn body(delivery: &Delivery) -> Bytes {
    let channel = delivery.integration.channel;
    channel.recorded(&delivery.request).unwrap_or_else(|| delivery.request.body().clone())
}

fn headers(request: &Verified) -> Vec<(String, String)> {
    request
        .headers()
        .filter(|(name, _)| !SECRET_HEADERS.contains(name))
        .map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).replace('\0', "")))
        .collect()
}

fn query(request: &Verified) -> Vec<(String, String)> {
    request
        .query_pairs()
        .filter(|(name, _)| !SECRET_QUERY.contains(name))
        .map(|(name, value)| (name.replace('\0', ""), value.replace('\0', "")))
        .collect()
}
