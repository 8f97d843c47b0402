//! Connected accounts in the database: stored sealed, changed, stopped and removed. What admins see of them, what is asked of
//! their platforms and what was noticed about them have a file each.

mod news;
mod platform;
mod view;

use std::collections::BTreeMap;

use channels::{Account, Channel, Check, Refusal, Template};
use serde_json::{Value, json};
use sqlx::types::Json;

pub use self::{
    news::{Forgeries, LiveConnection, Notice, forgeries, live_connection, notices, warn},
    platform::{check, fetch_templates, listens_from, register, unregister},
    view::{IntegrationView, find, list, shared_webhook_url},
};
use crate::{
    accounts,
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::IntegrationId,
    inbox::{integration, integration::Integration, template},
    realtime::event::{EventKind, NewEvent},
};

/// What an admin filled in, with what the hub makes itself.
pub fn complete(app: &App, channel: &dyn Channel, given: BTreeMap<String, String>) -> Result<Account> {
    let mut account = accounts::fill(&app.config.server, &channel.account_form(), given)?;
    channel.complete(&mut account);
    Ok(account)
}

/// Stores a new account, to be listened to from a place on; [`register`] follows after the commit. 409 if the organization has this
/// account already.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    channel: &'static dyn Channel,
    name: &str,
    account: &Account,
    from: Option<Value>,
) -> Result<IntegrationId> {
    let id = IntegrationId::new();
    let organization = tx.organization();
    let (open, sealed) = integration::seal(&app.vault, organization, id, channel, account)?;
    sqlx::query(
        "insert into integrations (organization_id, id, channel, name, account_key, account, sealed, refresh_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(organization)
    .bind(id)
    .bind(channel.id().as_str())
    .bind(name)
    .bind(channel.account_key(account))
    .bind(open)
    .bind(sealed)
    .bind(channel.refresh_at(account))
    .execute(tx.sql())
    .await
    .map_err(taken)?;
    listen_from(tx, &from.map(|from| (id, from)).into_iter().collect::<Vec<_>>()).await?;
    tell(tx);
    Ok(id)
}

/// Where listening begins, for those that were never listened to.
pub async fn listen_from(tx: &mut Tx, places: &[(IntegrationId, Value)]) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into listeners (organization_id, integration_id, state)
         select $1, * from unnest($2::uuid[], $3::jsonb[])
         on conflict (organization_id, integration_id) do update set state = coalesce(listeners.state, excluded.state)",
    )
    .bind(tx.organization())
    .bind(places.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(places.iter().map(|(_, from)| from).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Renames, or gives other account fields; those not given stay, those given empty are taken away. [`register`] follows where the
/// account changed.
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
    let fields = accounts::with_changes(&current.account, given);
    let mut account = accounts::fill(&app.config.server, &current.channel.account_form(), fields)?;
    current.channel.complete(&mut account);
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

/// Replaces what was known of the integration's templates.
pub async fn keep_templates(tx: &mut Tx, id: IntegrationId, templates: &[Template]) -> Result<()> {
    template::replace(tx, id, templates).await?;
    tx.tell(NewEvent::everybody(
        EventKind::SettingsUpdated,
        &json!({"what": "templates", "integration_id": id}),
    ));
    Ok(())
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
