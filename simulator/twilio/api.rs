//! Twilio's REST API: paths, HTTP basic, error bodies, faults on request.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use tokio::time::Instant;

use super::{Platform, calls, contents, media, messages, numbers};
use crate::Fault;

const ACCOUNT: &str = "/2010-04-01/Accounts/{account}";

pub(super) fn router(platform: Arc<Platform>) -> Router {
    let under = |path: &str| format!("{ACCOUNT}{path}");
    Router::new()
        .route(ACCOUNT, get(numbers::account))
        .route(&under("/IncomingPhoneNumbers.json"), get(numbers::list))
        .route(&under("/IncomingPhoneNumbers/{sid}"), get(numbers::get).post(numbers::change))
        .route(&under("/Calls.json"), get(calls::list).post(calls::post))
        .route(&under("/Calls/{sid}"), get(calls::get).post(calls::change))
        .route(&under("/Recordings/{sid}"), get(calls::recording))
        .route(&under("/Keys/{sid}"), get(calls::key))
        .route("/v1/ContentAndApprovals", get(contents::list))
        .route("/v1/Content", post(contents::make))
        .route("/v1/Services/{sid}", get(numbers::service).post(numbers::change_service))
        .route(&under("/Messages.json"), post(messages::post))
        .route(&under("/Messages/{sid}"), get(messages::get))
        .route(&under("/Messages/{sid}/Media/{media}"), get(media::get))
        .route(&format!("{}/{{media}}", media::STORE), get(media::show))
        .with_state(platform)
}

/// What every call brings.
pub(super) struct Call {
    /// The account of the path, where it names one.
    pub account: Option<String>,
    /// The resource of the path, without `.json`.
    pub sid: String,
    pub query: HashMap<String, String>,
    pub form: Vec<(String, String)>,
    /// The body where it is JSON.
    pub json: Value,
    user: String,
    password: String,
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let (user, password) = credentials(&parts.headers).unwrap_or_default();
        let Query(query) =
            Query::from_request_parts(&mut parts, state).await.map_err(IntoResponse::into_response)?;
        let Path(mut path) = Path::<HashMap<String, String>>::from_request_parts(&mut parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        let mut bare = |name: &str| path.remove(name).map(|text| text.trim_end_matches(".json").to_owned());
        let (account, sid) = (bare("account"), bare("sid").unwrap_or_default());
        let body = Bytes::from_request(Request::from_parts(parts, body), state)
            .await
            .map_err(IntoResponse::into_response)?;
        let form = url::form_urlencoded::parse(&body).into_owned().collect();
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Self { account, sid, query, form, json, user, password })
    }
}

impl Call {
    /// A parameter that says something.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.form
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a repeated parameter.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.form.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    /// A parameter to be changed, which may become empty.
    pub(super) fn change(&self, name: &str, value: &mut String) {
        if let Some((_, new)) = self.form.iter().find(|(key, _)| key == name) {
            value.clone_from(new);
        }
    }
}

fn credentials(headers: &axum::http::HeaderMap) -> Option<(String, String)> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let pair = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// An error in Twilio's own form.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    pub status: u16,
    pub code: i64,
    pub message: String,
    pub retry_after: Option<u64>,
}

impl ApiError {
    pub(super) fn new(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(404, 20404, format!("The requested resource {what} was not found"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status,
        });
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl Platform {
    /// The number whose account's token came with the call, if the path is that account's.
    pub(super) fn caller(&self, call: &Call) -> Result<String, ApiError> {
        let limit = self.settings().calls_per_second;
        let mut world = self.world();
        let number = world.of_account(&call.user);
        let number = number.filter(|one| one.account.token_works && same(&one.account.token, &call.password));
        let number = number.ok_or_else(|| ApiError::new(401, 20003, "Authenticate"))?;
        if call.account.as_ref().is_some_and(|account| *account != number.account.sid) {
            return Err(ApiError::not_found(call.account.as_deref().unwrap_or_default()));
        }
        let (calls, now) = (&mut number.account.calls, Instant::now());
        while calls.front().is_some_and(|at| now - *at >= Duration::from_secs(1)) {
            calls.pop_front();
        }
        if calls.len() >= limit {
            return Err(ApiError::new(429, 20429, "Too Many Requests"));
        }
        calls.push_back(now);
        Ok(number.phone.clone())
    }

    /// Answers a call, after the trouble that was asked for.
    pub(super) async fn answer(
        &self,
        method: &str,
        work: impl Future<Output = Result<Response, ApiError>>,
    ) -> Response {
        match self.faults.take(method) {
            None => work.await.unwrap_or_else(IntoResponse::into_response),
            Some(Fault::Slow(pause)) => {
                tokio::time::sleep(pause).await;
                work.await.unwrap_or_else(IntoResponse::into_response)
            }
            Some(Fault::Refuse { code, retry_after }) => refused(code, retry_after).into_response(),
            Some(Fault::Status(status)) => {
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
            }
            Some(Fault::CutBefore) => cut(),
            Some(Fault::CutAfter) => {
                let _ = work.await;
                cut()
            }
        }
    }
}

pub(super) fn ok(body: Value) -> Result<Response, ApiError> {
    Ok(Json(body).into_response())
}

pub(super) fn created(body: Value) -> Result<Response, ApiError> {
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

pub(super) fn same(one: &str, other: &str) -> bool {
    !one.is_empty() && bool::from(one.as_bytes().ct_eq(other.as_bytes()))
}

fn refused(code: i64, retry_after: Option<u64>) -> ApiError {
    let (status, message) = match code {
        20003 => (401, "Authenticate"),
        20429 => (429, "Too Many Requests"),
        20404 => (404, "The requested resource was not found"),
        20500..=20599 => (503, "Service unavailable"),
        _ => (400, "The request was refused"),
    };
    ApiError { retry_after, ..ApiError::new(status, code, message) }
}

/// A body that breaks before its first byte makes the server close the connection without an answer.
fn cut() -> Response {
    let broken = futures::stream::once(async { Err::<&str, _>(std::io::Error::other("cut")) });
    Response::new(Body::from_stream(broken))
}
