//! Mercado Pago's error object.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// Why a call was refused.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    error: &'static str,
    message: String,
    cause: Vec<Value>,
}

impl Refused {
    pub(super) fn new(status: u16, error: &'static str, message: impl Into<String>) -> Self {
        Self { status, error, message: message.into(), cause: vec![] }
    }

    /// 400 with the platform's number for it.
    pub(super) fn bad(code: i64, message: impl Into<String>) -> Self {
        let message = message.into();
        let cause = vec![json!({ "code": code, "description": message, "data": null })];
        Self { cause, ..Self::new(400, "bad_request", message) }
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self::new(404, "not_found", message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "invalid access token")
    }

    /// What a test asked for.
    pub(super) fn on_request(status: u16) -> Self {
        match status {
            401 => Self::unauthorized(),
            403 => Self::new(403, "forbidden", "At least one policy returned UNAUTHORIZED."),
            409 => Self::new(409, "conflict", "The idempotency key is in use."),
            423 => Self::new(423, "locked", "The resource is locked."),
            429 => Self::new(429, "too_many_requests", "Too many requests."),
            400..500 => Self::new(status, "bad_request", "Invalid request."),
            _ => Self::new(status, "internal_error", "Internal server error."),
        }
    }

    pub(super) fn body(&self) -> Value {
        json!({ "message": self.message, "error": self.error, "status": self.status, "cause": self.cause })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, axum::Json(self.body())).into_response()
    }
}
