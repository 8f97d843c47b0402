//! Accounts: the companies that contacts and deals belong to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sqlx::QueryBuilder;
use utoipa::ToSchema;

use super::{
    deal_list::containing,
    field::{self, About},
    owner,
};
use crate::{
    attributes,
    db::Tx,
    error::{Error, Result},
    ids::{AccountId, UserId},
    realtime::event::{EventKind, NewEvent},
};

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    /// In small letters, without `www.`; no two accounts have the same.
    pub domain: Option<String>,
    pub phone: Option<String>,
    pub owner_id: Option<UserId>,
    /// Contacts that belong to it.
    pub contacts: i64,
    /// Open deals with it.
    pub open_deals: i64,
    /// Flat: texts, numbers, booleans.
    #[schema(value_type = Object)]
    pub attributes: Value,
    pub tags: Vec<String>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What is to be changed; `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub domain: Option<Option<String>>,
    pub phone: Option<Option<String>>,
    pub owner_id: Option<Option<UserId>>,
    /// Given keys are set, `null` removes one.
    pub attributes: Option<Map<String, Value>>,
    pub tags: Option<Vec<String>>,
    /// Refused with the current state when the account has another version.
    pub version: Option<i32>,
}

/// The sort key of a row: newest first.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Position(pub DateTime<Utc>, pub AccountId);

const SELECT: &str = "select a.id, a.name, a.domain, a.phone, a.owner_id, a.attributes, a.tags, a.version, a.created_at, a.updated_at,
    (select count(*) from contacts c
     where c.organization_id = a.organization_id and c.account_id = a.id and c.deleted_at is null) as contacts,
    (select count(*) from deals d join stages s on s.organization_id = d.organization_id and s.id = d.stage_id
     where d.organization_id = a.organization_id and d.account_id = a.id and d.deleted_at is null and s.kind = 'open') as open_deals
    from accounts a where a.organization_id = ";

/// Up to `rows` accounts, newest first; with a text those that have it in their name or domain.
pub async fn list(
    tx: &mut Tx,
    text: Option<&str>,
    after: Option<Position>,
    rows: i64,
) -> Result<Vec<Account>> {
    let mut sql = QueryBuilder::new(SELECT);
    sql.push_bind(tx.organization());
    if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
        sql.push(" and lower(a.name || ' ' || coalesce(a.domain, '')) like ").push_bind(containing(text));
    }
    if let Some(Position(at, id)) = after {
        sql.push(" and (a.created_at, a.id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    sql.push(format!(" order by a.created_at desc, a.id desc limit {rows}"));
    Ok(sql.build_query_as().fetch_all(tx.sql()).await?)
}

pub async fn find(tx: &mut Tx, id: AccountId) -> Result<Account> {
    let mut sql = QueryBuilder::new(SELECT);
    sql.push_bind(tx.organization()).push(" and a.id = ").push_bind(id);
    let found: Option<Account> = sql.build_query_as().fetch_optional(tx.sql()).await?;
    found.ok_or_else(|| Error::not_found("account"))
}

/// 409 when another account has the domain.
pub async fn create(tx: &mut Tx, change: &Change) -> Result<Account> {
    let attributes = checked(tx, &Map::new(), change).await?;
    if let Some(user) = change.owner_id.flatten() {
        owner::check(tx, user).await?;
    }
    let id = AccountId::new();
    sqlx::query(
        "insert into accounts (organization_id, id, name, domain, phone, owner_id, attributes, tags) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(change.name.as_deref().unwrap_or_default())
    .bind(change.domain.clone().flatten().and_then(|domain| plain(&domain)))
    .bind(change.phone.clone().flatten())
    .bind(change.owner_id.flatten())
    .bind(Value::Object(attributes))
    .bind(change.tags.clone().unwrap_or_default())
    .execute(tx.sql())
    .await
    .map_err(taken)?;
    told(tx);
    find(tx, id).await
}

/// 409 when the version is another, or another account has the domain.
pub async fn change(tx: &mut Tx, id: AccountId, change: &Change) -> Result<Account> {
    sqlx::query("select from accounts where organization_id = $1 and id = $2 for update")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    let before = find(tx, id).await?;
    if change.version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(&before));
    }
    if let Some(user) = change.owner_id.flatten().filter(|user| Some(*user) != before.owner_id) {
        owner::check(tx, user).await?;
    }
    let attributes = checked(tx, &before.attributes.as_object().cloned().unwrap_or_default(), change).await?;
    sqlx::query(
        "update accounts set name = coalesce($3, name), domain = case when $4 then $5 else domain end,
             phone = case when $6 then $7 else phone end, owner_id = case when $8 then $9 else owner_id end, attributes = $10,
             tags = coalesce($11, tags), version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(change.name.as_deref())
    .bind(change.domain.is_some())
    .bind(change.domain.clone().flatten().and_then(|domain| plain(&domain)))
    .bind(change.phone.is_some())
    .bind(change.phone.clone().flatten())
    .bind(change.owner_id.is_some())
    .bind(change.owner_id.flatten())
    .bind(Value::Object(attributes))
    .bind(change.tags.clone())
    .execute(tx.sql())
    .await
    .map_err(taken)?;
    told(tx);
    find(tx, id).await
}

/// Its contacts and deals stay, and belong to no account.
pub async fn delete(tx: &mut Tx, id: AccountId) -> Result<()> {
    find(tx, id).await?;
    for statement in [
        "update contacts set account_id = null, version = version + 1, updated_at = now() where organization_id = $1 and account_id = $2",
        "update deals set account_id = null, version = version + 1, updated_at = now() where organization_id = $1 and account_id = $2",
        "delete from accounts where organization_id = $1 and id = $2",
    ] {
        sqlx::query(statement).bind(tx.organization()).bind(id).execute(tx.sql()).await?;
    }
    told(tx);
    Ok(())
}

/// Everybody shows contacts and deals with the names of their accounts.
fn told(tx: &mut Tx) {
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "contacts"})));
}

async fn checked(tx: &mut Tx, known: &Map<String, Value>, change: &Change) -> Result<Map<String, Value>> {
    let mut errors = Vec::new();
    attributes::check_tags(change.tags.as_deref(), &mut errors);
    let attributes = attributes::changed(known, change.attributes.as_ref(), &mut errors);
    field::check(tx, About::Account, change.attributes.as_ref(), &mut errors).await?;
    if errors.is_empty() { Ok(attributes) } else { Err(Error::invalid(errors)) }
}

/// A domain out of what people paste: an address of a page, with `www.` or without.
fn plain(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let host = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    (!host.is_empty()).then(|| host.to_owned())
}

fn taken(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("accounts_domain") => {
            Error::conflict("domain_taken", "Another account has this domain.")
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn domains_are_taken_out_of_addresses() {
        for text in [
            "acme.example",
            " https://www.Acme.example/about?x=1",
            "acme.example:8443",
            "http://acme.example#top",
        ] {
            assert_eq!(plain(text).as_deref(), Some("acme.example"), "{text}");
        }
        assert_eq!(plain(" "), None);
    }
}
