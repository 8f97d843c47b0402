//! The tenant itself: its name and its settings.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{
    access::permission::Role,
    db::Tx,
    error::{Error, Result},
    ids::{OrganizationId, UserId},
};

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    pub search_language: SearchLanguage,
    /// Agents see every conversation, not only theirs, their teams' and the unassigned.
    pub agents_see_all: bool,
    /// A customer who writes after closing continues the same conversation.
    pub single_thread: bool,
    pub send_read_receipts: bool,
    pub send_typing: bool,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

/// How words of messages and contacts are cut for search: PostgreSQL's own text search configurations. `simple` takes them as
/// they are. A change counts for what is written from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum SearchLanguage {
    Simple,
    Arabic,
    Armenian,
    Basque,
    Catalan,
    Danish,
    Dutch,
    English,
    Finnish,
    French,
    German,
    Greek,
    Hindi,
    Hungarian,
    Indonesian,
    Irish,
    Italian,
    Lithuanian,
    Nepali,
    Norwegian,
    Portuguese,
    Romanian,
    Russian,
    Serbian,
    Spanish,
    Swedish,
    Tamil,
    Turkish,
    Yiddish,
}

/// What a change of the settings may say; absent fields stay.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Change {
    pub name: Option<String>,
    pub search_language: Option<SearchLanguage>,
    pub agents_see_all: Option<bool>,
    pub single_thread: Option<bool>,
    pub send_read_receipts: Option<bool>,
    pub send_typing: Option<bool>,
    /// The version that the change was made from.
    pub version: Option<i32>,
}

const COLUMNS: &str = "id, name, search_language::text as search_language, agents_see_all, single_thread, \
                       send_read_receipts, send_typing, version, created_at";

/// As the connection's role may see it.
pub async fn find(connection: &mut PgConnection, id: OrganizationId) -> Result<Organization> {
    sqlx::query_as(sqlx::AssertSqlSafe(format!("select {COLUMNS} from organizations where id = $1")))
        .bind(id)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| Error::not_found("organization"))
}

/// 409 with the present state when the version is another one by now.
pub async fn change(tx: &mut Tx, change: &Change) -> Result<Organization> {
    let id = tx.organization();
    let changed: Option<Organization> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "update organizations set
             name = coalesce($3, name),
             search_language = coalesce($4::text::regconfig, search_language),
             agents_see_all = coalesce($5, agents_see_all),
             single_thread = coalesce($6, single_thread),
             send_read_receipts = coalesce($7, send_read_receipts),
             send_typing = coalesce($8, send_typing),
             version = version + 1
         where id = $1 and ($2::int is null or version = $2)
         returning {COLUMNS}"
    )))
    .bind(id)
    .bind(change.version)
    .bind(change.name.as_deref().map(str::trim))
    .bind(change.search_language)
    .bind(change.agents_see_all)
    .bind(change.single_thread)
    .bind(change.send_read_receipts)
    .bind(change.send_typing)
    .fetch_optional(tx.sql())
    .await?;
    match changed {
        Some(organization) => Ok(organization),
        None => Err(Error::version_conflict(find(tx.sql(), id).await?)),
    }
}

/// A new organization with its first owner.
pub async fn found(connection: &mut PgConnection, name: &str, owner: UserId) -> Result<Organization> {
    let organization: Organization = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "insert into organizations (id, name) values ($1, $2) returning {COLUMNS}"
    )))
    .bind(OrganizationId::new())
    .bind(name)
    .fetch_one(&mut *connection)
    .await?;
    join(connection, organization.id, owner, Role::Owner).await?;
    Ok(organization)
}

/// Makes somebody a member; whoever was one before comes back with the new role.
pub async fn join(
    connection: &mut PgConnection,
    organization: OrganizationId,
    user: UserId,
    role: Role,
) -> Result<()> {
    sqlx::query(
        "insert into members (organization_id, user_id, role) values ($1, $2, $3)
         on conflict (organization_id, user_id) do update set role = excluded.role, deactivated_at = null",
    )
    .bind(organization)
    .bind(user)
    .bind(role)
    .execute(connection)
    .await?;
    Ok(())
}
