//! Connecting by consent: an admin is sent to the platform's page and comes back with a code, which is traded for accounts. What ties
//! the return to the beginning is a state that is good once, for ten minutes, for the member who began, in the browser that began:
//! the cookie keeps others from having an admin consent for them.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use channels::{Account, Channel, Installed, SendError};
use chrono::{TimeDelta, Utc};
use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::{
    access::{
        agent::Member,
        permission::May,
        secret::{self, OneTimeSecret},
        token::Claims,
    },
    accounts,
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::{IntegrationId, OrganizationId, SessionId, UserId},
    inbox::{integration, integration::Integration, integration_admin},
    vault::Place,
};

/// Minutes that an admin has for the platform's page.
const MINUTES: i32 = 10;
/// How long the platform may take to trade a code for accounts.
const PATIENCE: Duration = Duration::from_secs(20);
/// RFC 6749's word for “no”, which all platforms use.
const DENIED: &str = "access_denied";

/// Where to send the admin's browser, and what it must bring back.
pub struct Begun {
    pub address: Url,
    pub state: OneTimeSecret,
    pub browser: OneTimeSecret,
}

/// Why nothing was connected; each is a word that the settings page explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// Not a state of ours, used already, too old, or another browser's.
    State,
    /// The admin did not consent.
    Denied,
    /// The admin consented, and chose nothing that can be connected.
    NothingChosen,
    /// The platform's page ended with an error of its own: a redirect address or a permission that the app does not have.
    ConsentPage,
    /// The member may not connect accounts any more.
    Forbidden,
    /// The platform does not take the code or the app's keys.
    Refused,
    /// Consent was given for another account than the one to be consented to again.
    OtherAccount,
    /// The platform, or the database, was away.
    Unavailable,
}

/// What a platform's page sends the browser back with.
#[derive(Clone, Copy, Debug)]
pub enum Brought<'a> {
    Code(&'a str),
    /// The platform's word for what went wrong.
    Error(&'a str),
    Nothing,
}

#[derive(sqlx::FromRow)]
struct Row {
    organization_id: OrganizationId,
    id: Uuid,
    user_id: UserId,
    session_id: SessionId,
    integration_id: Option<IntegrationId>,
    sealed: Vec<u8>,
}

impl Failed {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Denied => "denied",
            Self::NothingChosen => "nothing_chosen",
            Self::ConsentPage => "consent_page",
            Self::Forbidden => "forbidden",
            Self::Refused => "refused",
            Self::OtherAccount => "other_account",
            Self::Unavailable => "unavailable",
        }
    }
}

/// The form's checks, and that the channel is connected this way at all: 422 otherwise.
pub fn fill(app: &App, channel: &dyn Channel, given: BTreeMap<String, String>) -> Result<Account> {
    let form = channel.install_form().ok_or_else(not_installable)?;
    accounts::fill(&app.config.server, &form, given)
}

/// The app's keys, of an account that has them: not every one was connected by consent.
pub fn app_of(integration: &Integration) -> Result<Account> {
    let form = integration.channel.install_form().ok_or_else(not_installable)?;
    let wanting: Vec<_> = form
        .fields
        .iter()
        .filter(|field| field.required && !integration.account.has(field.name))
        .map(|field| field.label)
        .collect();
    if !wanting.is_empty() {
        return Err(keys_wanting(&wanting));
    }
    let fields = integration.account.fields().map(|(name, value)| (name.to_owned(), value.clone()));
    Ok(Account::new(fields.filter(|(name, _)| form.fields.iter().any(|field| field.name == name))))
}

/// Remembers who goes where. With `again`, only that account and its siblings here are given new tokens.
pub async fn begin(
    app: &App,
    tx: &mut Tx,
    claims: Claims,
    channel: &dyn Channel,
    account: &Account,
    again: Option<IntegrationId>,
) -> Result<Begun> {
    let (id, state, browser) = (Uuid::now_v7(), OneTimeSecret::new()?, OneTimeSecret::new()?);
    let address = channel
        .install_address(account, &redirect(app, channel)?, state.text())
        .ok_or_else(not_installable)?;
    sqlx::query(
        "insert into installs (organization_id, id, channel, user_id, session_id, integration_id, state_hash, browser_hash, sealed, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(mins => $10))",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(channel.id().as_str())
    .bind(claims.user_id)
    .bind(claims.session_id)
    .bind(again)
    .bind(state.hash())
    .bind(browser.hash())
    .bind(seal(app, tx.organization(), id, account)?)
    .bind(MINUTES)
    .execute(tx.sql())
    .await?;
    Ok(Begun { address, state, browser })
}

/// The browser is back: uses up the state, trades the code, stores the accounts, registers and tests them. `Err` inside: nothing was
/// connected.
pub async fn finish(
    app: &App,
    channel: &'static dyn Channel,
    state: &str,
    browser: &str,
    brought: Brought<'_>,
) -> Result<std::result::Result<Vec<IntegrationId>, Failed>> {
    let Some(row) = take(app, channel, state, browser).await? else { return Ok(Err(Failed::State)) };
    let code = match brought {
        Brought::Code(code) => code,
        Brought::Error(DENIED) | Brought::Nothing => return Ok(Err(Failed::Denied)),
        Brought::Error(error) => {
            let error: String = error.chars().take(100).collect();
            tracing::info!(channel = %channel.id(), error, "a consent page ended with an error");
            return Ok(Err(Failed::ConsentPage));
        }
    };
    let keys = open(app, &row)?;
    if may_write(app, &row).await?.is_none() {
        return Ok(Err(Failed::Forbidden));
    }
    let installed = match trade(app, channel, &keys, code).await? {
        Ok(installed) => installed,
        Err(failed) => return Ok(Err(failed)),
    };
    // Before they are stored: from then on a worker may listen.
    let froms = installed.iter().map(|one| integration_admin::listens_from(app, channel, &one.account));
    let froms = join_all(froms).await;
    let installed = installed.into_iter().zip(froms).collect();
    // The platform took its time: the member may have gone meanwhile.
    let Some(mut tx) = may_write(app, &row).await? else { return Ok(Err(Failed::Forbidden)) };
    let stored = store(app, &mut tx, channel, installed, row.integration_id).await?;
    let Some(ids) = stored else { return Ok(Err(Failed::OtherAccount)) };
    tx.commit().await?;
    settle(app, row.organization_id, &ids).await?;
    Ok(Ok(ids))
}

async fn take(app: &App, channel: &dyn Channel, state: &str, browser: &str) -> Result<Option<Row>> {
    Ok(sqlx::query_as(
        "delete from installs where state_hash = $1 and browser_hash = $2 and channel = $3 and expires_at > now()
         returning organization_id, id, user_id, session_id, integration_id, sealed",
    )
    .bind(secret::hash(state))
    .bind(secret::hash(browser))
    .bind(channel.id().as_str())
    .fetch_optional(app.db.system())
    .await?)
}

/// A transaction of the member who began, if that member may still do this.
async fn may_write(app: &App, row: &Row) -> Result<Option<Tx>> {
    let mut tx = app.db.begin(row.organization_id).await?;
    let claims = Claims {
        user_id: row.user_id,
        organization_id: row.organization_id,
        session_id: row.session_id,
        exp: (Utc::now() + TimeDelta::minutes(1)).timestamp(),
    };
    let member = Member::load(&mut tx, claims).await.ok();
    Ok(member.filter(|member| member.role.may(May::WriteIntegrations)).map(|_| tx))
}

async fn trade(
    app: &App,
    channel: &dyn Channel,
    keys: &Account,
    code: &str,
) -> Result<std::result::Result<Vec<Installed>, Failed>> {
    let redirect = redirect(app, channel)?;
    let trading = channel.install(keys, code, &redirect, &app.net);
    Ok(match tokio::time::timeout(PATIENCE, trading).await {
        Ok(Ok(installed)) if !installed.is_empty() => Ok(installed),
        Ok(Ok(_)) => Err(Failed::NothingChosen),
        Ok(Err(SendError::Refused(why) | SendError::AccountBroken(why))) => {
            tracing::info!(channel = %channel.id(), %why, "a platform did not take a consent");
            Err(Failed::Refused)
        }
        Ok(Err(SendError::Later { .. } | SendError::Unknown(_))) | Err(_) => Err(Failed::Unavailable),
    })
}

/// New accounts, and new tokens for those that are here already. `None` if `again` is not among them.
async fn store(
    app: &App,
    tx: &mut Tx,
    channel: &'static dyn Channel,
    installed: Vec<(Installed, Option<Value>)>,
    again: Option<IntegrationId>,
) -> Result<Option<Vec<IntegrationId>>> {
    let mut accounts: HashMap<String, (Installed, Option<Value>)> = HashMap::new();
    for (mut one, from) in installed {
        channel.complete(&mut one.account);
        accounts.insert(channel.account_key(&one.account), (one, from));
    }
    let known = known(tx, channel, accounts.keys().cloned().collect()).await?;
    if let Some(again) = again {
        if !known.values().any(|id| *id == again) {
            return Ok(None);
        }
        accounts.retain(|key, _| known.contains_key(key));
    }
    let mut rows = Vec::with_capacity(accounts.len());
    let mut places = Vec::new();
    for (key, (one, from)) in accounts {
        let id = known.get(&key).copied().unwrap_or_default();
        places.extend(from.map(|from| (id, from)));
        let (open, sealed) = integration::seal(&app.vault, tx.organization(), id, channel, &one.account)?;
        rows.push((id, key, one, open, sealed));
    }
    sqlx::query(
        "insert into integrations (organization_id, id, channel, name, account_key, account, sealed, refresh_at)
         select $1, id, $2, left(name, 100), account_key, account, sealed, refresh_at
         from unnest($3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::bytea[], $8::timestamptz[])
              as new (id, name, account_key, account, sealed, refresh_at)
         on conflict (organization_id, id) do update set account = excluded.account, sealed = excluded.sealed,
             refresh_at = excluded.refresh_at, fault = null, version = integrations.version + 1,
             status = case when integrations.status = 'broken' then 'active' else integrations.status end",
    )
    .bind(tx.organization())
    .bind(channel.id().as_str())
    .bind(rows.iter().map(|(id, ..)| *id).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, key, one, ..)| name(key, one)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, key, ..)| key.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, _, _, open, _)| open).collect::<Vec<&Value>>())
    .bind(rows.iter().map(|(.., sealed)| sealed.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, _, one, ..)| channel.refresh_at(&one.account)).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    integration_admin::listen_from(tx, &places).await?;
    integration_admin::tell(tx);
    Ok(Some(rows.into_iter().map(|(id, ..)| id).collect()))
}

fn name<'a>(key: &'a str, one: &'a Installed) -> &'a str {
    if one.name.trim().is_empty() { key } else { one.name.trim() }
}

async fn known(
    tx: &mut Tx,
    channel: &dyn Channel,
    keys: Vec<String>,
) -> Result<HashMap<String, IntegrationId>> {
    let rows: Vec<(String, IntegrationId)> = sqlx::query_as(
        "select account_key, id from integrations
         where organization_id = $1 and channel = $2 and account_key = any($3) and deleted_at is null for update",
    )
    .bind(tx.organization())
    .bind(channel.id().as_str())
    .bind(keys)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().collect())
}

/// Registers and tests them side by side, as connecting by the form does.
async fn settle(app: &App, organization: OrganizationId, ids: &[IntegrationId]) -> Result<()> {
    ids.iter().for_each(|id| app.integrations.forget(*id));
    let integrations = app.integrations.of_ids(ids).await?;
    let said = join_all(integrations.iter().map(|one| integration_admin::register(app, one))).await;
    let mut tx = app.db.begin(organization).await?;
    for (one, (checks, fault)) in integrations.iter().zip(&said) {
        integration_admin::keep_checks(&mut tx, one.id, checks, fault.as_ref()).await?;
    }
    Ok(tx.commit().await?)
}

fn redirect(app: &App, channel: &dyn Channel) -> Result<Url> {
    let origin = app.config.server.public_url.as_str().trim_end_matches('/');
    let address = format!("{origin}/oauth/{}/callback", channel.id());
    Url::parse(&address).map_err(|error| Error::Internal(error.to_string()))
}

fn seal(app: &App, organization: OrganizationId, id: Uuid, account: &Account) -> Result<Vec<u8>> {
    let fields: BTreeMap<_, _> =
        account.fields().map(|(name, value)| (name, value.expose_secret())).collect();
    let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(&fields).map_err(|error| internal(&error))?);
    app.vault.seal(place(organization, id), &plain).map_err(|error| internal(&error))
}

fn open(app: &App, row: &Row) -> Result<Account> {
    let plain = app
        .vault
        .open(place(row.organization_id, row.id), &row.sealed)
        .map_err(|error| Error::Internal(error.to_string()))?;
    let fields: BTreeMap<String, String> =
        serde_json::from_slice(&plain).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Account::new(fields.into_iter().map(|(name, value)| (name, SecretString::from(value)))))
}

fn place(organization: OrganizationId, id: Uuid) -> Place {
    Place { organization: organization.0, column: "installs.sealed", row: id }
}

fn keys_wanting(labels: &[&str]) -> Error {
    let detail = format!(
        "This account was connected without the app's own keys. Fill in {}, then renew the consent.",
        labels.join(" and ")
    );
    Error::unprocessable("app_keys_missing", detail)
}

fn not_installable() -> Error {
    Error::unprocessable("not_installable", "This channel is connected by filling in its form.")
}
