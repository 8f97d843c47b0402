//! Accounts at payment providers as admins connect, change and remove them.

use std::collections::BTreeMap;

use ::account::Account;
use chrono::{DateTime, Utc};
use payments::{Identity, Provider, ProviderError};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;
use utoipa::ToSchema;

use super::account::{self, PaymentAccount, place};
use crate::{
    accounts,
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::PaymentAccountId,
    realtime::event::{EventKind, NewEvent},
};

/// An account as people see it; its secrets are masked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PaymentAccount)]
pub struct AccountView {
    pub id: PaymentAccountId,
    /// `stripe`
    pub provider: String,
    pub name: String,
    /// `connected`, `paused`, or `broken`: the provider refuses its credentials.
    pub status: String,
    /// Whether real money moves.
    pub live: bool,
    /// The only currency that it takes, where there is only one.
    pub currency: Option<String>,
    /// Who stands behind the credentials, as the provider says.
    pub holder: Option<String>,
    /// Where the provider is to call.
    pub webhook_url: String,
    /// Empty for those who may not read integrations.
    pub account: BTreeMap<String, String>,
    /// What the provider said when it was last asked, where it refused.
    pub problem: Option<String>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: PaymentAccountId,
    provider: String,
    name: String,
    account: Json<BTreeMap<String, String>>,
    sealed: Vec<u8>,
    status: String,
    live: bool,
    currency: Option<String>,
    holder: Option<String>,
    problem: Option<String>,
    version: i32,
    created_at: DateTime<Utc>,
}

const SELECT: &str =
    "select id, provider, name, account, sealed, status, live, currency, holder, problem, version, created_at
     from payment_accounts where organization_id = $1 and deleted_at is null";

pub async fn list(app: &App, tx: &mut Tx) -> Result<Vec<AccountView>> {
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} order by created_at, id")))
        .bind(tx.organization())
        .fetch_all(tx.sql())
        .await?;
    rows.into_iter().map(|row| view(app, tx, row)).collect()
}

pub async fn find(app: &App, tx: &mut Tx, id: PaymentAccountId) -> Result<AccountView> {
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and id = $2")))
        .bind(tx.organization())
        .bind(id)
        .fetch_optional(tx.sql())
        .await?;
    view(app, tx, row.ok_or_else(|| Error::not_found("payment account"))?)
}

fn view(app: &App, tx: &Tx, row: Row) -> Result<AccountView> {
    let at = place(tx.organization(), row.id);
    Ok(AccountView {
        webhook_url: account::webhook_url(&app.config.server.public_url, &row.provider, row.id)?.into(),
        account: accounts::masked(&app.vault, at, row.account.0, &row.sealed)?,
        id: row.id,
        provider: row.provider,
        name: row.name,
        status: row.status,
        live: row.live,
        currency: row.currency,
        holder: row.holder,
        problem: row.problem,
        version: row.version,
        created_at: row.created_at,
    })
}

/// Stores a new account; [`note_check`] follows after the provider was asked.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    provider: &dyn Provider,
    name: &str,
    account: &Account,
) -> Result<PaymentAccountId> {
    let id = PaymentAccountId::new();
    let organization = tx.organization();
    let (open, sealed) =
        accounts::seal(&app.vault, place(organization, id), &provider.account_form(), account)?;
    sqlx::query(
        "insert into payment_accounts (organization_id, id, provider, name, account, sealed) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(organization)
    .bind(id)
    .bind(provider.id())
    .bind(name)
    .bind(open)
    .bind(sealed)
    .execute(tx.sql())
    .await?;
    tell(tx);
    Ok(id)
}

/// Renames, or gives other account fields. 409 when the version is another.
pub async fn change(
    app: &App,
    tx: &mut Tx,
    current: &PaymentAccount,
    name: Option<&str>,
    given: BTreeMap<String, String>,
    version: Option<i32>,
) -> Result<()> {
    let before = find(app, tx, current.id).await?;
    if version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(before));
    }
    let form = current.provider.account_form();
    let fields = accounts::with_changes(&current.account, given);
    let account = accounts::fill(&app.config.server, &form, fields)?;
    let organization = tx.organization();
    let (open, sealed) = accounts::seal(&app.vault, place(organization, current.id), &form, &account)?;
    sqlx::query(
        "update payment_accounts set name = coalesce($3, name), account = $4, sealed = $5, version = version + 1
         where organization_id = $1 and id = $2",
    )
    .bind(organization)
    .bind(current.id)
    .bind(name)
    .bind(open)
    .bind(sealed)
    .execute(tx.sql())
    .await?;
    tell(tx);
    Ok(())
}

/// Nothing new can be asked for with it. What was, stays in the books, and is no longer looked at.
pub async fn delete(tx: &mut Tx, id: PaymentAccountId) -> Result<()> {
    let done = sqlx::query(
        "update payment_accounts set deleted_at = now(), sealed = '', account = '{}'
         where organization_id = $1 and id = $2 and deleted_at is null",
    )
    .bind(tx.organization())
    .bind(id)
    .execute(tx.sql())
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::not_found("payment account"));
    }
    tell(tx);
    Ok(())
}

/// Writes down what the provider said of the credentials. Only a refusal breaks the account; a provider that is away says nothing
/// about it.
pub async fn note_check(
    tx: &mut Tx,
    id: PaymentAccountId,
    checked: &Result<Identity, ProviderError>,
) -> Result<()> {
    let found = checked.as_ref().ok();
    let (status, problem) = match checked {
        Ok(_) => (Some("connected"), None),
        Err(ProviderError::AccountBroken(why)) => (Some("broken"), Some(why.clone())),
        Err(error) => (None, Some(error.to_string())),
    };
    sqlx::query(
        "update payment_accounts set status = coalesce($3, status), problem = $4, holder_id = coalesce($5, holder_id),
             holder = coalesce($6, holder), live = coalesce($7, live), currency = case when $7 is null then currency else $8 end,
             version = version + 1
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(status)
    .bind(problem)
    .bind(found.map(|one| one.id.as_str()))
    .bind(found.map(|one| one.name.as_str()))
    .bind(found.map(|one| one.live))
    .bind(found.and_then(|one| one.currency).map(|one| one.as_str().to_owned()))
    .execute(tx.sql())
    .await?;
    tell(tx);
    Ok(())
}

/// The provider refuses its credentials in the middle of the work: admins see it.
pub async fn note_broken(tx: &mut Tx, id: PaymentAccountId, why: &str) -> Result<()> {
    note_check(tx, id, &Err(ProviderError::AccountBroken(why.to_owned()))).await
}

fn tell(tx: &mut Tx) {
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "payment_accounts"})));
}

/// What the last comparison with the provider's list came to.
pub async fn note_review(tx: &mut Tx, id: PaymentAccountId, review: &Value) -> Result<()> {
    sqlx::query(
        "update payment_accounts set reviewed_at = now(), review = $3 where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(review)
    .execute(tx.sql())
    .await?;
    Ok(())
}
