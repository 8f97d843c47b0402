//! Connecting accounts: filling in the form, sealing, registering with the platform, and saying at once what works and what
//! does not. Secrets never come back out: answers show their last characters at most.

use std::{collections::BTreeMap, time::Duration};

use channels::{
    Account, Channel, Check, Connection, Form, Refusal, SendError, Template, account::API_BASE_URL,
};
use chrono::{DateTime, NaiveDate, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;
use url::Url;
use utoipa::ToSchema;

use crate::{
    app::App,
    db::Tx,
    error::{Error, FieldError, Result},
    ids::{IntegrationId, OrganizationId},
    inbox::{integration, integration::Integration, template},
    realtime::event::{EventKind, NewEvent},
};

/// How long an admin waits for a platform.
const PATIENCE: Duration = Duration::from_secs(10);

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

/// Stores a new account; [`register`] follows after the commit. 409 if the organization has this account already.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    channel: &'static dyn Channel,
    name: &str,
    given: BTreeMap<String, String>,
) -> Result<IntegrationId> {
    let mut account = fill(app, &channel.account_form(), given)?;
    channel.complete(&mut account);
    let id = IntegrationId::new();
    let organization = tx.organization();
    let (open, sealed) = integration::seal(&app.vault, organization, id, channel, &account)?;
    sqlx::query(
        "insert into integrations (organization_id, id, channel, name, account_key, account, sealed, refresh_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(organization)
    .bind(id)
    .bind(channel.id().as_str())
    .bind(name)
    .bind(channel.account_key(&account))
    .bind(open)
    .bind(sealed)
    .bind(channel.refresh_at(&account))
    .execute(tx.sql())
    .await
    .map_err(taken)?;
    tell(tx);
    Ok(id)
}

/// Renames, or gives other account fields; those not given stay. [`register`] follows where the account changed.
pub async fn change(
    app: &App,
    tx: &mut Tx,
    current: &Integration,
    name: Option<&str>,
    given: BTreeMap<String, String>,
    version: Option<i32>,
) -> Result<()> {
    let before = find(app, tx, current.id).await?;
    if version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(before));
    }
    let organization = tx.organization();
    let mut fields: BTreeMap<String, String> = current
        .account
        .fields()
        .map(|(name, value)| (name.to_owned(), value.expose_secret().to_owned()))
        .collect();
    // A masked secret that a form sends back unchanged is no new secret.
    fields.extend(given.into_iter().filter(|(_, value)| !value.starts_with(MASK)));
    let account = fill(app, &current.channel.account_form(), fields)?;
    let (open, sealed) = integration::seal(&app.vault, organization, current.id, current.channel, &account)?;
    sqlx::query(
        "update integrations set name = coalesce($3, name), account_key = $4, account = $5, sealed = $6, refresh_at = $7, version = version + 1
         where organization_id = $1 and id = $2",
    )
    .bind(organization)
    .bind(current.id)
    .bind(name)
    .bind(current.channel.account_key(&account))
    .bind(open)
    .bind(sealed)
    .bind(current.channel.refresh_at(&account))
    .execute(tx.sql())
    .await
    .map_err(taken)?;
    tell(tx);
    Ok(())
}

/// How long it may be silent before admins are told; `None`: as long as it likes.
pub async fn set_silence(tx: &mut Tx, id: IntegrationId, minutes: Option<i32>) -> Result<()> {
    sqlx::query(
        "update integrations set silent_after_minutes = $3, watched_since = now(), silent_since = null, version = version + 1
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(minutes)
    .execute(tx.sql())
    .await?;
    tell(tx);
    Ok(())
}

pub async fn set_status(tx: &mut Tx, id: IntegrationId, status: &str) -> Result<()> {
    let done = sqlx::query(
        "update integrations set status = $3, fault = null, watched_since = now(), version = version + 1
         where organization_id = $1 and id = $2 and deleted_at is null",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(status)
    .execute(tx.sql())
    .await?;
    tell(tx);
    if done.rows_affected() == 0 { Err(missing()) } else { Ok(()) }
}

/// The platform refuses an account that was in use: it stops, and its admins hear why. One that is paused stays so.
pub async fn break_account(tx: &mut Tx, id: IntegrationId, why: &Refusal) -> Result<()> {
    sqlx::query(
        "update integrations set status = 'broken', fault = $3, version = version + 1
         where organization_id = $1 and id = $2 and status = 'active'",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(Json(why))
    .execute(tx.sql())
    .await?;
    let data = json!({"what": "integrations", "integration_id": id, "fault": why});
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &data));
    Ok(())
}

/// Conversations stay; nothing comes or goes through it any more.
pub async fn delete(tx: &mut Tx, id: IntegrationId) -> Result<()> {
    let done = sqlx::query(
        "update integrations set deleted_at = now(), status = 'paused', version = version + 1
         where organization_id = $1 and id = $2 and deleted_at is null",
    )
    .bind(tx.organization())
    .bind(id)
    .execute(tx.sql())
    .await?;
    tell(tx);
    if done.rows_affected() == 0 { Err(missing()) } else { Ok(()) }
}

/// Registers the callback address with the platform and tests the account. To be called outside a transaction; the platform
/// may take its time.
pub async fn register(app: &App, integration: &Integration) -> (Vec<Check>, Option<Value>) {
    let connection = match connection(app, integration) {
        Ok(connection) => connection,
        Err(error) => return (vec![Check::failed("webhook", error.to_string())], None),
    };
    let connecting = integration.channel.connect(&integration.account, &connection, &app.net);
    let mut checks = Vec::new();
    let mut fault = None;
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(())) => {}
        Ok(Err(SendError::AccountBroken(refusal))) => {
            checks.push(Check::refused("connect", &refusal));
            fault = serde_json::to_value(&refusal).ok();
        }
        Ok(Err(SendError::Refused(refusal) | SendError::Later { reason: refusal, .. })) => {
            checks.push(Check::refused("connect", &refusal));
        }
        Ok(Err(SendError::Unknown(why))) => checks.push(Check::failed("connect", why)),
        Err(_) => checks.push(Check::failed("connect", "The platform did not answer in time.")),
    }
    checks.extend(check(app, integration).await);
    (checks, fault)
}

/// Asks the platform about the token, the callback address and the permissions.
pub async fn check(app: &App, integration: &Integration) -> Vec<Check> {
    let Ok(connection) = connection(app, integration) else { return Vec::new() };
    let checking = integration.channel.check(&integration.account, &connection, &app.net);
    let late = vec![Check::failed("platform", "The platform did not answer in time.")];
    tokio::time::timeout(PATIENCE, checking).await.unwrap_or(late)
}

/// Keeps what a test said. A fault stops the integration; a test without one starts a broken one again.
pub async fn keep_checks(
    tx: &mut Tx,
    id: IntegrationId,
    checks: &[Check],
    fault: Option<&Value>,
) -> Result<()> {
    let healthy = checks.iter().all(|check| check.ok);
    sqlx::query(
        "update integrations set checks = $3, checked_at = now(), fault = case when $4::jsonb is null and $5 then null else coalesce($4, fault) end,
                status = case when $4::jsonb is not null and status <> 'paused' then 'broken' when $5 and status = 'broken' then 'active' else status end
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(Json(checks))
    .bind(fault)
    .bind(healthy)
    .execute(tx.sql())
    .await?;
    tell(tx);
    Ok(())
}

/// Takes the registration back; an account that is gone already is no fault.
pub async fn unregister(app: &App, integration: &Integration) {
    let parting = integration.channel.disconnect(&integration.account, &app.net);
    if !matches!(tokio::time::timeout(PATIENCE, parting).await, Ok(Ok(()))) {
        tracing::warn!(integration.id = %integration.id, "the platform keeps the registration of a removed integration");
    }
}

/// Asks the platform for its templates. To be called outside a transaction; the platform may take its time.
pub async fn fetch_templates(app: &App, integration: &Integration) -> Result<Vec<Template>> {
    let fetching = integration.channel.templates(&integration.account, &app.net);
    let fetched = tokio::time::timeout(PATIENCE, fetching)
        .await
        .map_err(|_| Error::unprocessable("platform_unreachable", "The platform did not answer in time."))?;
    fetched.map_err(|error| Error::unprocessable("platform_refused", error.to_string()))
}

/// Replaces what was known of the integration's templates.
pub async fn keep_templates(tx: &mut Tx, id: IntegrationId, templates: &[Template]) -> Result<()> {
    template::replace(tx, id, templates).await?;
    tx.tell(NewEvent::everybody(
        EventKind::SettingsUpdated,
        &json!({"what": "templates", "integration_id": id}),
    ));
    Ok(())
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

const MASK: &str = "••••";

fn mask(secret: &str) -> String {
    let characters = secret.chars().count();
    let shown = if characters >= 12 { 4 } else { 0 };
    format!("{MASK}{}", secret.chars().skip(characters - shown).collect::<String>())
}

fn view(app: &App, organization: OrganizationId, row: Row) -> Result<IntegrationView> {
    let secrets = integration::open(&app.vault, organization, row.id, &row.sealed)?;
    let masked = secrets.iter().map(|(name, secret)| (name.clone(), mask(secret)));
    Ok(IntegrationView {
        webhook_url: webhook_url(app, &row.channel, row.id)?.into(),
        account: row.account.0.into_iter().chain(masked).collect(),
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

fn webhook_url(app: &App, channel: &str, id: IntegrationId) -> Result<Url> {
    integration::webhook_url(&app.config.server.public_url, channel, id)
}

/// Where a platform with one address per app calls.
pub fn shared_webhook_url(app: &App, channel: &str) -> String {
    let origin = app.config.server.public_url.as_str().trim_end_matches('/');
    format!("{origin}/webhooks/{channel}")
}

fn connection(app: &App, integration: &Integration) -> Result<Connection> {
    let webhook_url = webhook_url(app, integration.channel.id().as_str(), integration.id)?;
    Ok(Connection { webhook_url })
}

/// The form's own checks, and that the API address does not point into the hub's network.
pub fn fill(app: &App, form: &Form, given: BTreeMap<String, String>) -> Result<Account> {
    let fault = |field: &str, detail: String| FieldError { field: format!("account.{field}"), detail };
    let account = form.fill(given).map_err(|faults| {
        Error::invalid(faults.into_iter().map(|one| fault(&one.field, one.detail)).collect())
    })?;
    let server = &app.config.server;
    let private = if server.allow_private_addresses || server.demo {
        net::guard::Private::Allowed
    } else {
        net::guard::Private::Refused
    };
    let address: SecretString = account.secret(API_BASE_URL);
    if let Ok(url) = Url::parse(address.expose_secret()) {
        net::guard::check(&url, private).map_err(|refusal| {
            Error::invalid(vec![fault(API_BASE_URL, format!("This cannot be used: {refusal}."))])
        })?;
    }
    Ok(account)
}

/// Browsers ask for the integrations anew.
pub fn tell(tx: &mut Tx) {
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "integrations"})));
}

fn taken(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("integrations_account") => {
            Error::conflict("account_taken", "This account is connected already.")
        }
        error => error,
    }
}

pub fn missing() -> Error {
    Error::not_found("integration")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_little_of_long_secrets_and_nothing_of_short_ones() {
        assert_eq!(mask("123456789:ABCDEF"), "••••CDEF");
        assert_eq!(mask("short"), "••••");
        assert_eq!(mask(""), "••••");
    }
}
