//! Coming in and going out: accounts, log-ins, refresh tokens in a cookie, letters with links, invitations.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{
        organization::{self, Organization},
        permission::Role,
        secret::OneTimeSecret,
        session::{self, Origin, Place},
        token,
        user::{self, User},
    },
    app::App,
    error::{Error, Result},
    http::{address::Caller, extract::Json},
    ids::SessionId,
};

mod cookie;
mod invitation;
mod login;
mod password;
mod register;
mod sessions;

/// `/auth`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(login::refresh))
        .routes(routes!(login::logout))
        .routes(routes!(password::forgot))
        .routes(routes!(password::reset))
        .routes(routes!(invitation::look_at))
        .routes(routes!(invitation::accept))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
}

/// Who somebody is now, and the token that says so. The refresh token travels in a cookie.
#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    /// For the header `Authorization: Bearer …`.
    pub access_token: String,
    /// Seconds.
    pub expires_in: i64,
    pub user: User,
    pub organization: Organization,
    pub role: Role,
}

impl From<&Caller> for Origin {
    fn from(caller: &Caller) -> Self {
        Self { address: caller.address.to_string(), user_agent: caller.user_agent.clone() }
    }
}

/// Begins a session and answers with its tokens.
async fn enter(app: &App, place: Place, caller: &Caller, status: StatusCode) -> Result<Response> {
    let mut tx = app.db.system().begin().await?;
    let (session, refresh) = session::begin(&mut tx, place, &caller.into()).await?;
    tx.commit().await?;
    answer(app, place, session, &refresh, status).await
}

async fn answer(
    app: &App,
    place: Place,
    session: SessionId,
    refresh: &OneTimeSecret,
    status: StatusCode,
) -> Result<Response> {
    let mut connection = app.db.system().acquire().await?;
    let body = LoggedIn {
        access_token: app.tokens.sign(place.user_id, place.organization_id, session, Utc::now())?,
        expires_in: token::MINUTES * 60,
        user: user::find(&mut connection, place.user_id).await?,
        organization: organization::find(&mut connection, place.organization_id).await?,
        role: place.role,
    };
    Ok((status, cookies(cookie::set(refresh, &app.config.server.public_url))?, Json(body)).into_response())
}

fn cookies(cookie: String) -> Result<HeaderMap> {
    let value =
        HeaderValue::from_str(&cookie).map_err(|error| Error::Internal(format!("a cookie: {error}")))?;
    Ok(HeaderMap::from_iter([(header::SET_COOKIE, value)]))
}
