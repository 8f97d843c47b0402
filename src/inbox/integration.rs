//! Connected accounts. Their secrets are sealed in the table and unsealed here, in memory, for the channel that uses them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use channels::{Account, Channel};
use dashmap::DashMap;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use crate::{
    accounts,
    db::Db,
    error::{Error, Result},
    ids::{IntegrationId, OrganizationId},
    vault::{Place, Vault},
};

/// How long a server may use an account that another server has changed since.
const FRESH: Duration = Duration::from_secs(10);

/// An integration ready for use.
#[derive(Clone)]
pub struct Integration {
    pub id: IntegrationId,
    pub organization_id: OrganizationId,
    pub channel: &'static dyn Channel,
    pub name: String,
    pub account: Account,
    pub account_key: String,
    /// `active`, `paused` or `broken`.
    pub status: String,
    vault: Vault,
}

/// Integrations by id, unsealed once and kept for a moment.
#[derive(Clone)]
pub struct Integrations {
    db: Db,
    vault: Vault,
    public_url: Url,
    channels: FindChannel,
    known: Arc<DashMap<IntegrationId, (Instant, Arc<Integration>)>>,
}

/// A channel by its id.
pub type FindChannel = fn(&str) -> Option<&'static dyn Channel>;

#[derive(sqlx::FromRow)]
struct Row {
    organization_id: OrganizationId,
    id: IntegrationId,
    channel: String,
    name: String,
    account: Value,
    account_key: String,
    sealed: Vec<u8>,
    status: String,
}

const SELECT: &str = "select organization_id, id, channel, name, account, account_key, sealed, status
     from integrations where deleted_at is null";

impl Integration {
    /// What a platform waits to be answered with: whoever has it may answer in the account's name, so that it lies open nowhere while
    /// its job waits.
    pub fn seal_token(&self, token: &str) -> Result<String> {
        let sealed = self.vault.seal(self.token_place(), token.as_bytes());
        sealed.map(|sealed| BASE64.encode(sealed)).map_err(|error| Error::Internal(error.to_string()))
    }

    pub fn open_token(&self, sealed: &str) -> Result<SecretString> {
        let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
        let sealed = BASE64.decode(sealed).map_err(|error| internal(&error))?;
        let token = self.vault.open(self.token_place(), &sealed).map_err(|error| internal(&error))?;
        std::str::from_utf8(&token).map(SecretString::from).map_err(|error| internal(&error))
    }

    fn token_place(&self) -> Place {
        Place { organization: self.organization_id.0, column: "jobs.payload.sealed", row: self.id.0 }
    }
}

impl Integrations {
    /// `public_url` is where platforms reach the hub.
    pub fn new(db: Db, vault: Vault, public_url: Url) -> Self {
        Self::with_channels(db, vault, public_url, channels::find)
    }

    /// With other channels than those that are built in.
    pub fn with_channels(db: Db, vault: Vault, public_url: Url, channels: FindChannel) -> Self {
        Self { db, vault, public_url, channels, known: Arc::default() }
    }

    /// The channel of that id, if this hub has it.
    pub fn channel(&self, id: &str) -> Option<&'static dyn Channel> {
        (self.channels)(id)
    }

    /// Those of every organization that a platform calls by one of these names. Not remembered: an account that was connected a
    /// moment ago must be found.
    pub async fn of_accounts(
        &self,
        channel: &dyn Channel,
        names: &[String],
    ) -> Result<Vec<Arc<Integration>>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let select = format!("{SELECT} and channel = $1 and account_key = any($2) order by account_key, id");
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(select))
            .bind(channel.id().as_str())
            .bind(names)
            .fetch_all(self.db.system())
            .await?;
        self.unseal_all(rows)
    }

    /// As they are in the table now.
    pub async fn of_ids(&self, ids: &[IntegrationId]) -> Result<Vec<Arc<Integration>>> {
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and id = any($1)")))
            .bind(ids)
            .fetch_all(self.db.system())
            .await?;
        self.unseal_all(rows)
    }

    /// Up to `most` of a channel, of every organization, those heard from last first.
    pub async fn of_channel(&self, channel: &dyn Channel, most: usize) -> Result<Vec<Arc<Integration>>> {
        let select =
            format!("{SELECT} and channel = $1 order by last_inbound_at desc nulls last, id desc limit $2");
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(select))
            .bind(channel.id().as_str())
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_all(self.db.system())
            .await?;
        self.unseal_all(rows)
    }

    /// `None` if there is no such integration, or its channel is not built in. Crosses tenants: callers are callbacks, which know
    /// no tenant yet, and jobs, which check the organization.
    pub async fn find(&self, id: IntegrationId) -> Result<Option<Arc<Integration>>> {
        if let Some(entry) = self.known.get(&id).filter(|entry| entry.0.elapsed() < FRESH) {
            return Ok(Some(entry.1.clone()));
        }
        let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and id = $1")))
            .bind(id)
            .fetch_optional(self.db.system())
            .await?;
        let Some(row) = row else {
            self.known.remove(&id);
            return Ok(None);
        };
        let integration = self.unseal(row)?.map(Arc::new);
        if let Some(integration) = &integration {
            self.known.insert(id, (Instant::now(), integration.clone()));
        }
        Ok(integration)
    }

    /// The organization's integration for what the platform calls `account_key`.
    pub async fn sibling(
        &self,
        organization: OrganizationId,
        channel: &str,
        account_key: &str,
    ) -> Result<Option<Arc<Integration>>> {
        let known = self.known.iter().find(|entry| {
            let (since, one) = entry.value();
            since.elapsed() < FRESH
                && one.organization_id == organization
                && one.channel.id().as_str() == channel
                && one.account_key == account_key
        });
        if let Some(entry) = known {
            return Ok(Some(entry.value().1.clone()));
        }
        let id: Option<IntegrationId> = sqlx::query_scalar(
            "select id from integrations
             where organization_id = $1 and channel = $2 and account_key = $3 and deleted_at is null",
        )
        .bind(organization)
        .bind(channel)
        .bind(account_key)
        .fetch_optional(self.db.system())
        .await?;
        match id {
            Some(id) => self.find(id).await,
            None => Ok(None),
        }
    }

    /// To be called after a change, so that this server sees it at once; others do within ten seconds.
    pub fn forget(&self, id: IntegrationId) {
        self.known.remove(&id);
    }

    fn unseal_all(&self, rows: Vec<Row>) -> Result<Vec<Arc<Integration>>> {
        rows.into_iter().filter_map(|row| self.unseal(row).transpose()).map(|one| one.map(Arc::new)).collect()
    }

    fn unseal(&self, row: Row) -> Result<Option<Integration>> {
        let Some(channel) = (self.channels)(&row.channel) else { return Ok(None) };
        let account =
            accounts::whole(&self.vault, place(row.organization_id, row.id), row.account, &row.sealed)?;
        Ok(Some(Integration {
            id: row.id,
            organization_id: row.organization_id,
            channel,
            name: row.name,
            account: account.called_at(webhook_url(&self.public_url, &row.channel, row.id)?),
            account_key: row.account_key,
            status: row.status,
            vault: self.vault.clone(),
        }))
    }
}

/// Where the platform calls the hub for this integration.
pub fn webhook_url(public_url: &Url, channel: &str, id: IntegrationId) -> Result<Url> {
    let origin = public_url.as_str().trim_end_matches('/');
    let address = format!("{origin}/webhooks/{channel}/{id}");
    Url::parse(&address).map_err(|error| Error::Internal(error.to_string()))
}

/// Splits an account into what may lie open and what is sealed, ready for the columns `account` and `sealed`.
pub fn seal(
    vault: &Vault,
    organization: OrganizationId,
    id: IntegrationId,
    channel: &dyn Channel,
    account: &Account,
) -> Result<(Value, Vec<u8>)> {
    accounts::seal(vault, place(organization, id), &channel.account_form(), account)
}

/// Where the sealed fields of an integration belong.
pub fn place(organization: OrganizationId, id: IntegrationId) -> Place {
    Place { organization: organization.0, column: "integrations.sealed", row: id.0 }
}
