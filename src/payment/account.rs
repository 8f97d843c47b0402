//! Accounts at payment providers, ready for use. Their secrets are unsealed here, in memory, for the provider that uses them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use account::Account;
use dashmap::DashMap;
use payments::{Currency, Provider};
use serde_json::Value;
use url::Url;

use crate::{
    accounts,
    db::Db,
    error::{Error, Result},
    ids::{OrganizationId, PaymentAccountId},
    vault::{Place, Vault},
};

/// How long a server may use an account that another server has changed since.
const FRESH: Duration = Duration::from_secs(10);

/// An account ready for use.
pub struct PaymentAccount {
    pub id: PaymentAccountId,
    pub organization_id: OrganizationId,
    pub provider: &'static dyn Provider,
    pub name: String,
    pub account: Account,
    /// `connected`, `paused` or `broken`.
    pub status: String,
    /// The only one that it takes, where there is only one.
    pub currency: Option<Currency>,
}

/// Accounts by id, unsealed once and kept for a moment.
#[derive(Clone)]
pub struct PaymentAccounts {
    db: Db,
    vault: Vault,
    known: Arc<DashMap<PaymentAccountId, (Instant, Arc<PaymentAccount>)>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    organization_id: OrganizationId,
    id: PaymentAccountId,
    provider: String,
    name: String,
    account: Value,
    sealed: Vec<u8>,
    status: String,
    currency: Option<String>,
}

impl PaymentAccounts {
    pub fn new(db: Db, vault: Vault) -> Self {
        Self { db, vault, known: Arc::default() }
    }

    /// `None` if there is no such account, or its provider is not built in. Crosses tenants: callers are callbacks, which know no
    /// tenant yet, and jobs, which check the organization.
    pub async fn find(&self, id: PaymentAccountId) -> Result<Option<Arc<PaymentAccount>>> {
        if let Some(entry) = self.known.get(&id).filter(|entry| entry.0.elapsed() < FRESH) {
            return Ok(Some(entry.1.clone()));
        }
        let row: Option<Row> = sqlx::query_as(
            "select organization_id, id, provider, name, account, sealed, status, currency
             from payment_accounts where id = $1 and deleted_at is null",
        )
        .bind(id)
        .fetch_optional(self.db.system())
        .await?;
        let Some(row) = row else {
            self.known.remove(&id);
            return Ok(None);
        };
        let found = self.unseal(row)?.map(Arc::new);
        if let Some(found) = &found {
            self.known.insert(id, (Instant::now(), found.clone()));
        }
        Ok(found)
    }

    /// That of an organization, to be used in its name.
    pub async fn of(
        &self,
        organization: OrganizationId,
        id: PaymentAccountId,
    ) -> Result<Arc<PaymentAccount>> {
        let found = self.find(id).await?.filter(|one| one.organization_id == organization);
        found.ok_or_else(|| Error::not_found("payment account"))
    }

    /// To be called after a change, so that this server sees it at once; others do within ten seconds.
    pub fn forget(&self, id: PaymentAccountId) {
        self.known.remove(&id);
    }

    fn unseal(&self, row: Row) -> Result<Option<PaymentAccount>> {
        let Some(provider) = payments::find(&row.provider) else { return Ok(None) };
        let account =
            accounts::whole(&self.vault, place(row.organization_id, row.id), row.account, &row.sealed)?;
        Ok(Some(PaymentAccount {
            id: row.id,
            organization_id: row.organization_id,
            provider,
            name: row.name,
            account,
            status: row.status,
            currency: row.currency.and_then(|code| code.parse().ok()),
        }))
    }
}

/// Where the sealed fields of an account belong.
pub fn place(organization: OrganizationId, id: PaymentAccountId) -> Place {
    Place { organization: organization.0, column: "payment_accounts.sealed", row: id.0 }
}

/// Where the provider calls the hub for this account.
pub fn webhook_url(public_url: &Url, provider: &str, id: PaymentAccountId) -> Result<Url> {
    let origin = public_url.as_str().trim_end_matches('/');
    let address = format!("{origin}/webhooks/{provider}/{id}");
    Url::parse(&address).map_err(|error| Error::Internal(error.to_string()))
}
