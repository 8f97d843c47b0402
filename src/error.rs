//! What a request can fail with. A [`Problem`] is the caller's to mend and says how; anything else is ours, is logged
//! once, and tells the caller nothing but the request's id. The body is RFC 9457.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// Ours, with a word for the log.
    #[error("internal: {0}")]
    Internal(String),
}

/// The caller's to mend.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A URI reference that names the kind of problem: `/problems/{code}`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// Stable, for programs.
    pub code: String,
    /// Faults of single fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The present state of the thing, where a version did not match; what came meanwhile, where somebody answers too early; the
    /// templates to choose from, where the window is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<serde_json::Value>,
    /// Filled in by the outermost layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Seconds, told in the header of that name.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    pub field: String,
    pub detail: String,
}

/// For OpenAPI: what any operation may answer beside its own answers. `responses((status = 200, body = X), Problems)`.
pub struct Problems;

impl utoipa::IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let problem = ResponseBuilder::new()
            .description("A problem, RFC 9457")
            .content("application/problem+json", content)
            .build();
        BTreeMap::from([("4XX".to_owned(), problem.clone().into()), ("5XX".to_owned(), problem.into())])
    }
}

impl Problem {
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{code}"),
            title: status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            errors: Vec::new(),
            current: None,
            request_id: None,
            retry_after: None,
        }
    }

    /// 500, with nothing in it but the request's id.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side. Nothing was changed.",
        )
    }

    /// 503 for a moment.
    pub fn unavailable(detail: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with_retry_after(2)
    }

    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    #[must_use]
    pub fn with_current(mut self, current: impl Serialize) -> Self {
        self.current = serde_json::to_value(current).ok();
        self
    }

    #[must_use]
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl Error {
    /// 400: the request as a whole makes no sense.
    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, code, detail).into()
    }

    /// 401: nobody we know.
    pub fn unauthorized(code: &str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::UNAUTHORIZED, code, detail).into()
    }

    /// 403: known, but may not.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", detail).into()
    }

    /// 404, also for what the caller may not see. `what` is a word of the product: `conversation`.
    pub fn not_found(what: &str) -> Self {
        Problem::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}.")).into()
    }

    /// 409: what is asked for clashes with what is.
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::CONFLICT, code, detail).into()
    }

    /// 422: understood, but one or more fields cannot be taken.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some fields cannot be accepted.")
            .with_errors(errors)
            .into()
    }

    /// 422 for one field.
    pub fn invalid_field(field: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { field: field.into(), detail: detail.into() }])
    }

    /// 422 with a code of its own.
    pub fn unprocessable(code: &str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).into()
    }

    /// 429.
    pub fn too_many(retry_after_seconds: u64) -> Self {
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many requests. Try again later.",
        )
        .with_retry_after(retry_after_seconds)
        .into()
    }

    /// 409 with the present state, for optimistic locking.
    pub fn version_conflict(current: impl Serialize) -> Self {
        Problem::new(
            StatusCode::CONFLICT,
            "version_conflict",
            "Somebody changed this in the meantime. Look at the current state and try again.",
        )
        .with_current(current)
        .into()
    }

    /// Whether the same may succeed a moment later without anybody's doing: the database is away, or two stood in each other's way.
    pub fn passes(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.status == 503,
            Self::Database(error) => is_away(error) || is_clash(error),
            Self::Internal(_) => false,
        }
    }

    /// Whether the database is away.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Database(error) if is_away(error))
    }

    /// Whether no connection to the database could be had in all the time that one is waited for.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed))
    }

    /// Whether a write broke that named constraint.
    pub fn breaks(&self, constraint: &str) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.constraint() == Some(constraint))
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Error> for Problem {
    /// Logs what is ours to mend.
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => *problem,
            Error::Database(error) if is_value_out_of_range(&error) => {
                tracing::warn!(error = %error, "the database cannot hold a value");
                Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid",
                    "A value is outside of what can be stored.",
                )
            }
            Error::Database(error) if is_away(&error) => {
                tracing::error!(error = %error, "the database is away");
                Self::unavailable("The database cannot be reached at the moment. Try again.")
            }
            error => {
                tracing::error!(error = %error, "request failed");
                Self::internal()
            }
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

/// A timestamp, a number or a character that a column cannot hold: numeric_value_out_of_range, datetime_field_overflow,
/// character_not_in_repertoire, untranslatable_character.
fn is_value_out_of_range(error: &sqlx::Error) -> bool {
    has_state(error, &["22003", "22008", "22021", "22P05"])
}

/// No connection could be had: starting, shutting down, out of connections or unreachable.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        error => has_state(error, &["57P01", "57P02", "57P03", "53300", "08006"]),
    }
}

/// serialization_failure, deadlock_detected.
fn is_clash(error: &sqlx::Error) -> bool {
    has_state(error, &["40001", "40P01"])
}

fn has_state(error: &sqlx::Error, states: &[&str]) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| states.contains(&&*code))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(&self)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // For the layer that knows the request's id.
        response.extensions_mut().insert(self);
        response
    }
}
