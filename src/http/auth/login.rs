//! In, on and out.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{LoggedIn, cookie};
use crate::{
    access::{
        agent::Agent,
        lockout, password,
        session::{self, End},
        user::normal_email,
    },
    app::App,
    error::{Error, Problems, Result},
    http::{address::Caller, extract::Json},
    ids::{OrganizationId, UserId},
};

#[derive(Deserialize, Validate, ToSchema)]
pub struct Login {
    #[garde(length(bytes, max = 254))]
    email: String,
    #[garde(skip)]
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// The one used last unless told.
    #[garde(skip)]
    organization_id: Option<OrganizationId>,
}

#[derive(Default, Deserialize, Validate, ToSchema)]
pub struct Refresh {
    /// Another of the person's organizations, to switch to it.
    #[garde(skip)]
    organization_id: Option<OrganizationId>,
}

/// Logs in. An unknown address and a wrong password have one answer.
#[utoipa::path(post, path = "/auth/login", operation_id = "log_in", tag = "auth", security(()),
    request_body = Login, responses((status = 200, body = LoggedIn), Problems))]
pub async fn login(State(app): State<App>, caller: Caller, Json(body): Json<Login>) -> Result<Response> {
    app.throttle.attempt(caller.address)?;
    let user = authenticate(&app, &normal_email(&body.email), body.password).await?;
    let mut connection = app.db.system().acquire().await?;
    let place = session::place(&mut connection, user, body.organization_id).await?;
    drop(connection);
    super::enter(&app, place, &caller, StatusCode::OK).await
}

/// Checks a password, with all that slows a guesser down.
pub async fn authenticate(app: &App, email: &str, password: SecretString) -> Result<UserId> {
    let system = app.db.system();
    app.throttle.account(email)?;
    lockout::check(system, email).await?;
    let found: Option<(UserId, Option<String>)> =
        sqlx::query_as("select id, password_hash from users where lower(email) = $1")
            .bind(email)
            .fetch_optional(system)
            .await?;
    let (id, hash) = found.map_or((None, None), |(id, hash)| (Some(id), hash));
    let fits = password::fits(password, hash).await?;
    match id.filter(|_| fits) {
        Some(id) => {
            lockout::succeeded(system, email).await?;
            Ok(id)
        }
        None => {
            lockout::failed(system, email).await?;
            Err(Error::unauthorized("wrong_credentials", "The e-mail address or the password is wrong."))
        }
    }
}

/// Trades the refresh cookie for the next one and a new access token. 409 `refresh_raced` when another request has just
/// done so: repeat once, with the cookie that the browser has by then.
#[utoipa::path(post, path = "/auth/refresh", operation_id = "refresh", tag = "auth", security(()),
    request_body(content = Option<Refresh>), responses((status = 200, body = LoggedIn), Problems))]
pub async fn refresh(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Option<Json<Refresh>>,
) -> Result<Response> {
    app.throttle.refresh(caller.address)?;
    let token = cookie::read(&headers)
        .ok_or_else(|| Error::unauthorized("refresh_token_missing", "There is no refresh cookie. Log in."))?;
    let organization = body.and_then(|Json(body)| body.organization_id);
    match session::refresh(app.db.system(), token, organization).await {
        Ok((session, place, next)) => super::answer(&app, place, session, &next, StatusCode::OK).await,
        Err(Error::Problem(problem)) if problem.status == 401 => {
            let clear = super::cookies(cookie::clear(&app.config.server.public_url))?;
            Ok((clear, *problem).into_response())
        }
        Err(error) => Err(error),
    }
}

/// Ends the session of the refresh cookie, and that of the access token where one is sent. Always succeeds.
#[utoipa::path(post, path = "/auth/logout", operation_id = "log_out", tag = "auth", security((), ("bearer" = [])),
    responses((status = 204, description = "Logged out")))]
pub async fn logout(State(app): State<App>, headers: HeaderMap, agent: Option<Agent>) -> Result<Response> {
    if let Some(token) = cookie::read(&headers) {
        session::end_by_token(app.db.system(), token).await?;
    }
    if let Some(agent) = agent {
        let mut connection = app.db.system().acquire().await?;
        session::end(&mut connection, agent.claims().session_id, End::LoggedOut).await?;
    }
    let clear = super::cookies(cookie::clear(&app.config.server.public_url))?;
    Ok((StatusCode::NO_CONTENT, clear).into_response())
}
