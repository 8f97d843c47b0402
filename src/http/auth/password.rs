//! The way back in for who forgot: a letter with a link that works once, for an hour.

use axum::{extract::State, http::StatusCode};
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    access::{
        lockout, password, secret,
        secret::OneTimeSecret,
        session::{self, End},
        user::normal_email,
    },
    app::App,
    error::{Error, Problems, Result},
    http::{
        address::Caller,
        extract::{Json, password_length},
    },
    ids::UserId,
    mail::{self, Mail},
};

#[derive(Deserialize, Validate, ToSchema)]
pub struct ForgotPassword {
    #[garde(length(bytes, max = 254))]
    email: String,
}

#[derive(Deserialize, Validate, ToSchema)]
pub struct ResetPassword {
    /// From the link.
    #[garde(length(bytes, max = 200))]
    token: String,
    #[garde(custom(password_length))]
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 200)]
    password: SecretString,
}

/// Sends a letter with a link to a new password, if there is such an account. The answer never tells.
#[utoipa::path(post, path = "/auth/forgot-password", operation_id = "forgot_password", tag = "auth", security(()),
    request_body = ForgotPassword, responses((status = 202, description = "Accepted"), Problems))]
pub async fn forgot(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<ForgotPassword>,
) -> Result<StatusCode> {
    app.throttle.attempt(caller.address)?;
    let email = normal_email(&body.email);
    app.throttle.letter(&email)?;
    // Apart from the answer, which must take as long for an address that nobody has.
    tokio::spawn(async move {
        if let Err(error) = write_letter(&app, &email).await {
            tracing::error!(error = %error, "a letter with a password link could not be written");
        }
    });
    Ok(StatusCode::ACCEPTED)
}

async fn write_letter(app: &App, email: &str) -> Result<()> {
    let found: Option<(UserId, String)> =
        sqlx::query_as("select id, email from users where lower(email) = $1")
            .bind(email)
            .fetch_optional(app.db.system())
            .await?;
    let Some((user, to)) = found else { return Ok(()) };
    let token = OneTimeSecret::new()?;
    sqlx::query("insert into password_resets (token_hash, user_id, expires_at) values ($1, $2, now() + interval '1 hour')")
        .bind(token.hash())
        .bind(user)
        .execute(app.db.system())
        .await?;
    sqlx::query("delete from password_resets where expires_at < now() - interval '1 day'")
        .execute(app.db.system())
        .await?;
    let server = &app.config.server;
    let text = format!(
        "Somebody asked for a new password for your Switchboard account. If it was you, choose one here within an hour:\r\n\r\n\
         {}reset-password?token={}\r\n\r\nIf it was not you, do nothing: your password stays as it is.",
        server.public_url,
        token.text(),
    );
    mail::send(&server.data, &Mail { to, subject: "Choose a new password".into(), text })
        .await
        .map_err(|error| Error::Internal(format!("the outbox: {error}")))
}

/// Sets a new password with the token of a letter, ends every session and lifts a lock.
#[utoipa::path(post, path = "/auth/reset-password", operation_id = "reset_password", tag = "auth", security(()),
    request_body = ResetPassword, responses((status = 204, description = "The new password works"), Problems))]
pub async fn reset(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<ResetPassword>,
) -> Result<StatusCode> {
    app.throttle.attempt(caller.address)?;
    let hash = password::hash(body.password).await?;
    let mut tx = app.db.system().begin().await?;
    let user: Option<UserId> = sqlx::query_scalar(
        "update password_resets set used_at = now()
         where token_hash = $1 and used_at is null and expires_at > now() returning user_id",
    )
    .bind(secret::hash(&body.token))
    .fetch_optional(&mut *tx)
    .await?;
    let user = user.ok_or_else(|| {
        Error::bad_request(
            "reset_token_invalid",
            "This link was used before or is older than an hour. Ask for a new one.",
        )
    })?;
    let email: String =
        sqlx::query_scalar("update users set password_hash = $2 where id = $1 returning email")
            .bind(user)
            .bind(hash)
            .fetch_one(&mut *tx)
            .await?;
    sqlx::query("delete from password_resets where user_id = $1 and used_at is null")
        .bind(user)
        .execute(&mut *tx)
        .await?;
    session::end_all(&mut tx, user, None, End::PasswordReset).await?;
    tx.commit().await?;
    lockout::clear(app.db.system(), &normal_email(&email)).await?;
    Ok(StatusCode::NO_CONTENT)
}
