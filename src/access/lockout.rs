//! Five failed log-ins lock an e-mail address for fifteen minutes, whether it has an account or not, so that nobody
//! learns from it who has one. Kept in the database: every process and every restart knows it.

use sqlx::PgPool;

use crate::{
    access::secret,
    error::{Error, Problem, Result},
};

const FAILURES: i32 = 5;
const MINUTES: i32 = 15;

/// 429 `account_locked` while the lock lasts.
pub async fn check(system: &PgPool, email: &str) -> Result<()> {
    let seconds: Option<f64> = sqlx::query_scalar(
        "select extract(epoch from locked_until - now())::float8 from login_failures
         where email_hash = $1 and locked_until > now()",
    )
    .bind(secret::hash(email))
    .fetch_optional(system)
    .await?;
    seconds.map_or(Ok(()), |seconds| Err(locked(seconds)))
}

/// Counts a failure; failures more than fifteen minutes apart do not add up.
pub async fn failed(system: &PgPool, email: &str) -> Result<()> {
    sqlx::query(
        "insert into login_failures as kept (email_hash, failures) values ($1, 1)
         on conflict (email_hash) do update set
             failures = case when kept.last_at < now() - make_interval(mins => $3) then 1 else kept.failures + 1 end,
             locked_until = case when kept.last_at >= now() - make_interval(mins => $3) and kept.failures + 1 >= $2
                                 then now() + make_interval(mins => $3) end,
             last_at = now()",
    )
    .bind(secret::hash(email))
    .bind(FAILURES)
    .bind(MINUTES)
    .execute(system)
    .await?;
    sqlx::query("delete from login_failures where last_at < now() - interval '1 hour'")
        .execute(system)
        .await?;
    Ok(())
}

/// Forgets the failures. Of many guesses at once some may pass [`check`] together; those that come in after the lock fell
/// are refused here, right or wrong.
pub async fn succeeded(system: &PgPool, email: &str) -> Result<()> {
    check(system, email).await?;
    clear(system, email).await
}

/// Forgets failures and lock: the owner of the mailbox has shown up.
pub async fn clear(system: &PgPool, email: &str) -> Result<()> {
    sqlx::query("delete from login_failures where email_hash = $1")
        .bind(secret::hash(email))
        .execute(system)
        .await?;
    Ok(())
}

fn locked(seconds: f64) -> Error {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 900 seconds")]
    let seconds = seconds.ceil().clamp(1.0, 900.0) as u64;
    Problem::new(
        axum::http::StatusCode::TOO_MANY_REQUESTS,
        "account_locked",
        "Too many failed log-ins. Wait a quarter of an hour, or reset your password.",
    )
    .with_retry_after(seconds)
    .into()
}
