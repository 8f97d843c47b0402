//! The tenant itself: its name and its settings.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{
    access::permission::Role,
    error::{Error, Result},
    ids::{OrganizationId, UserId},
};

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    /// How words are cut for search; one of PostgreSQL's text search configurations.
    pub search_language: String,
    /// Agents see every conversation, not only theirs, their teams' and the unassigned.
    pub agents_see_all: bool,
    /// A customer who writes after closing continues the same conversation.
    pub single_thread: bool,
    pub send_read_receipts: bool,
    pub send_typing: bool,
    pub version: i32,
    pub created_at: DateTime<Utc>,
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
