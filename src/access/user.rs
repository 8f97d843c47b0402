//! A person as they see themselves.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{
    error::{Error, Result},
    ids::UserId,
};

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    /// Whatever the client keeps: theme, sounds, shortcuts.
    #[schema(value_type = Object)]
    pub preferences: Value,
    pub created_at: DateTime<Utc>,
}

/// E-mail addresses are compared and kept in lower case.
pub fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// As the connection's role may see them.
pub async fn find(connection: &mut PgConnection, id: UserId) -> Result<User> {
    sqlx::query_as("select id, email, name, preferences, created_at from users where id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| Error::not_found("user"))
}

/// Makes an account; 409 `email_taken` if there is one.
pub async fn create(
    connection: &mut PgConnection,
    email: &str,
    name: &str,
    password_hash: &str,
) -> Result<User> {
    sqlx::query_as(
        "insert into users (id, email, name, password_hash) values ($1, $2, $3, $4)
         returning id, email, name, preferences, created_at",
    )
    .bind(UserId::new())
    .bind(email)
    .bind(name)
    .bind(password_hash)
    .fetch_one(connection)
    .await
    .map_err(|error| match Error::from(error) {
        error if error.breaks("users_email") => {
            Error::conflict("email_taken", "There is an account with this e-mail address. Log in instead.")
        }
        error => error,
    })
}
