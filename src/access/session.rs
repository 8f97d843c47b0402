//! One log-in and the refresh tokens that follow from it. Each refresh token is used once and gives the next one; a second
//! use means that two hold it, so the whole family ends.
//!
//! Two tabs that refresh at the same moment look alike. Within [`GRACE_SECONDS`] of the first use the second is refused with
//! `refresh_raced` and nothing else happens: no token is given out, so a thief gains nothing, and a browser
//! repeats with the cookie that the first answer has set meanwhile.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use crate::{
    access::{permission::Role, secret, secret::OneTimeSecret},
    error::{Error, Result},
    ids::{OrganizationId, SessionId, UserId},
};

/// How long a refresh token lives.
pub const REFRESH_DAYS: i32 = 7;
/// How long after its use a refresh token may come again without being taken for stolen.
const GRACE_SECONDS: f64 = 10.0;

/// Where somebody is from now on.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub user_id: UserId,
    pub organization_id: OrganizationId,
    pub role: Role,
}

/// What begins a session, for the list of sessions.
#[derive(Clone, Debug)]
pub struct Origin {
    pub address: String,
    pub user_agent: Option<String>,
}

/// Why a session is over; kept with it.
#[derive(Clone, Copy, Debug)]
pub enum End {
    LoggedOut,
    EndedByUser,
    RefreshTokenReused,
    PasswordChanged,
    PasswordReset,
    Deactivated,
}

#[derive(sqlx::FromRow)]
struct Brought {
    session_id: SessionId,
    user_id: UserId,
    last_organization_id: OrganizationId,
    ended_at: Option<DateTime<Utc>>,
    expired: bool,
    used_seconds_ago: Option<f64>,
}

impl End {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::EndedByUser => "ended_by_user",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::Deactivated => "deactivated",
        }
    }
}

/// A new session with its first refresh token.
pub async fn begin(
    connection: &mut PgConnection,
    place: Place,
    origin: &Origin,
) -> Result<(SessionId, OneTimeSecret)> {
    let id = SessionId::new();
    sqlx::query(
        "insert into sessions (id, user_id, last_organization_id, user_agent, address) values ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(place.user_id)
    .bind(place.organization_id)
    .bind(&origin.user_agent)
    .bind(&origin.address)
    .execute(&mut *connection)
    .await?;
    Ok((id, give_token(connection, id).await?))
}

/// Uses a refresh token and gives the next, for the same organization or another of the person's.
///
/// # Errors
/// 401 with a code that says why; a token that was used before ends its session.
pub async fn refresh(
    system: &PgPool,
    token: &str,
    organization: Option<OrganizationId>,
) -> Result<(SessionId, Place, OneTimeSecret)> {
    let mut tx = system.begin().await?;
    let brought = take(&mut tx, token).await?;
    match brought.used_seconds_ago {
        Some(seconds) if seconds <= GRACE_SECONDS => {
            return Err(Error::conflict(
                "refresh_raced",
                "Another request has just used this refresh token. Repeat with the cookie that it was given.",
            ));
        }
        Some(_) => {
            tracing::warn!(session.id = %brought.session_id, user.id = %brought.user_id, "refresh token reused, session ended");
            end(&mut tx, brought.session_id, End::RefreshTokenReused).await?;
            tx.commit().await?;
            return Err(Error::unauthorized(
                "refresh_token_reused",
                "This session was used from two places and has been ended. Log in again.",
            ));
        }
        None => {}
    }
    let wanted = organization.unwrap_or(brought.last_organization_id);
    let place = place(&mut tx, brought.user_id, Some(wanted)).await?;
    sqlx::query("update refresh_tokens set used_at = now() where token_hash = $1")
        .bind(secret::hash(token))
        .execute(&mut *tx)
        .await?;
    sqlx::query("update sessions set last_organization_id = $2, last_used_at = now() where id = $1")
        .bind(brought.session_id)
        .bind(place.organization_id)
        .execute(&mut *tx)
        .await?;
    let next = give_token(&mut tx, brought.session_id).await?;
    tx.commit().await?;
    Ok((brought.session_id, place, next))
}

/// Ends the session that a refresh token belongs to, if there is one.
pub async fn end_by_token(system: &PgPool, token: &str) -> Result<()> {
    sqlx::query(
        "update sessions set ended_at = now(), ended_because = $2
         where ended_at is null and id = (select session_id from refresh_tokens where token_hash = $1)",
    )
    .bind(secret::hash(token))
    .bind(End::LoggedOut.as_str())
    .execute(system)
    .await?;
    Ok(())
}

pub async fn end(connection: &mut PgConnection, id: SessionId, why: End) -> Result<()> {
    sqlx::query(
        "update sessions set ended_at = now(), ended_because = $2 where id = $1 and ended_at is null",
    )
    .bind(id)
    .bind(why.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends every session of a person, but for one where that is given.
pub async fn end_all(
    connection: &mut PgConnection,
    user: UserId,
    except: Option<SessionId>,
    why: End,
) -> Result<()> {
    sqlx::query(
        "update sessions set ended_at = now(), ended_because = $3
         where user_id = $1 and ended_at is null and id is distinct from $2",
    )
    .bind(user)
    .bind(except)
    .bind(why.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// The organization that somebody enters: the one they name, or the one they were in last.
///
/// # Errors
/// 403 when they are no active member of it, or of any.
pub async fn place(
    connection: &mut PgConnection,
    user: UserId,
    organization: Option<OrganizationId>,
) -> Result<Place> {
    let place: Option<(OrganizationId, Role)> = sqlx::query_as(
        "select members.organization_id, members.role from members
         where members.user_id = $1 and members.deactivated_at is null
           and ($2::uuid is null or members.organization_id = $2)
         order by (select max(last_used_at) from sessions
                   where sessions.user_id = members.user_id
                     and sessions.last_organization_id = members.organization_id) desc nulls last,
                  members.created_at desc
         limit 1",
    )
    .bind(user)
    .bind(organization)
    .fetch_optional(connection)
    .await?;
    place.map(|(organization_id, role)| Place { user_id: user, organization_id, role }).ok_or_else(|| {
        crate::error::Problem::new(
            axum::http::StatusCode::FORBIDDEN,
            "not_a_member",
            "You are not an active member of this organization. Ask its admins to invite you.",
        )
        .into()
    })
}

/// The token's row, with its session locked, so that of two uses at once one comes second.
async fn take(tx: &mut PgConnection, token: &str) -> Result<Brought> {
    sqlx::query("select from sessions where id = (select session_id from refresh_tokens where token_hash = $1) for update")
        .bind(secret::hash(token))
        .execute(&mut *tx)
        .await?;
    // A statement of its own: it must see what the one before it has waited for.
    let brought: Option<Brought> = sqlx::query_as(
        "select sessions.id as session_id, sessions.user_id, sessions.last_organization_id, sessions.ended_at,
                refresh_tokens.expires_at <= now() as expired,
                extract(epoch from clock_timestamp() - refresh_tokens.used_at)::float8 as used_seconds_ago
         from refresh_tokens join sessions on sessions.id = refresh_tokens.session_id
         where token_hash = $1",
    )
    .bind(secret::hash(token))
    .fetch_optional(tx)
    .await?;
    let over = |code, detail| Err(Error::unauthorized(code, detail));
    match brought {
        None => over("refresh_token_invalid", "The refresh token is not valid. Log in again."),
        Some(Brought { ended_at: Some(_), .. }) => {
            over("session_ended", "This session has ended. Log in again.")
        }
        Some(Brought { expired: true, used_seconds_ago: None, .. }) => {
            over("refresh_token_expired", "The session was not used for a week. Log in again.")
        }
        Some(brought) => Ok(brought),
    }
}

async fn give_token(connection: &mut PgConnection, session: SessionId) -> Result<OneTimeSecret> {
    let token = OneTimeSecret::new()?;
    sqlx::query(
        "insert into refresh_tokens (token_hash, session_id, expires_at) values ($1, $2, now() + make_interval(days => $3))",
    )
    .bind(token.hash())
    .bind(session)
    .bind(REFRESH_DAYS)
    .execute(&mut *connection)
    .await?;
    // Used tokens are kept as long as they could be tried again by somebody who stole them.
    sqlx::query(
        "delete from refresh_tokens where session_id = $1 and expires_at < now() - interval '7 days'",
    )
    .bind(session)
    .execute(connection)
    .await?;
    Ok(token)
}
