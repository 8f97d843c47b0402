//! Stripe's error object.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// Why a call was refused.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) error: Value,
    /// Refused while it was carried out, not before: the answer belongs to the idempotency key from then on.
    pub(super) executed: bool,
}

impl Refused {
    fn new(status: u16, error: Value) -> Self {
        Self { status, error, executed: false }
    }

    pub(super) fn invalid(param: &str, message: String) -> Self {
        Self::new(400, json!({ "type": "invalid_request_error", "message": message, "param": param }))
    }

    pub(super) fn coded(code: &str, param: &str, message: String) -> Self {
        let error = json!({
            "type": "invalid_request_error", "code": code, "message": message, "param": param,
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")),
        });
        Self::new(400, error)
    }

    pub(super) fn missing(param: &str) -> Self {
        Self::coded("parameter_missing", param, format!("Missing required param: {param}."))
    }

    pub(super) fn empty(param: &str) -> Self {
        let message = format!(
            "You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; however '{param}' cannot \
             be unset. You should remove '{param}' from your request or supply a non-empty value."
        );
        Self::coded("parameter_invalid_empty", param, message)
    }

    pub(super) fn unknown_parameter(param: &str) -> Self {
        Self::coded("parameter_unknown", param, format!("Received unknown parameter: {param}"))
    }

    /// `kind` as people say it: `payment_intent`.
    pub(super) fn no_such(kind: &str, id: &str, param: &str) -> Self {
        let refused = Self::coded("resource_missing", param, format!("No such {kind}: '{id}'"));
        Self { status: 404, ..refused }
    }

    /// The state of things does not allow it.
    pub(super) fn state(code: Option<&str>, message: String) -> Self {
        let mut error = json!({ "type": "invalid_request_error", "message": message });
        if let Some(code) = code {
            error["code"] = json!(code);
        }
        Self { executed: true, ..Self::new(400, error) }
    }

    pub(super) fn unknown_key(key: &str) -> Self {
        let message = match key.len() {
            0 => "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. \
                  'Authorization: Bearer YOUR_SECRET_KEY')."
                .to_owned(),
            length => format!("Invalid API Key provided: {}{}", key.get(..8).unwrap_or_default(), "*".repeat(length.min(24))),
        };
        Self::new(401, json!({ "type": "invalid_request_error", "message": message }))
    }

    pub(super) fn unknown_address(method: &str, path: &str) -> Self {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
        );
        Self::new(404, json!({ "type": "invalid_request_error", "message": message }))
    }

    pub(super) fn other_parameters(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than \
             '{key}' if you meant to execute a different request."
        );
        Self::new(400, json!({ "type": "idempotency_error", "message": message }))
    }

    pub(super) fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other \
             request is still going through): {key}. Please try again later."
        );
        let error =
            json!({ "type": "idempotency_error", "code": "idempotency_key_in_use", "message": message });
        Self::new(409, error)
    }

    /// What a test asked for.
    pub(super) fn on_request(status: u16) -> Self {
        let error = match status {
            429 => {
                json!({ "type": "invalid_request_error", "code": "rate_limit", "message": "Request rate limit exceeded." })
            }
            402 => {
                json!({ "type": "card_error", "code": "card_declined", "decline_code": "generic_decline", "message": "Your card was declined." })
            }
            401 => return Self::unknown_key("sk_test_revoked"),
            403 => {
                json!({ "type": "invalid_request_error", "message": "The provided key does not have the required permissions for this endpoint." })
            }
            400..500 => json!({ "type": "invalid_request_error", "message": "Invalid request." }),
            _ => {
                json!({ "type": "api_error", "message": "An error occurred internally with Stripe. Please try again." })
            }
        };
        Self::new(status, error)
    }

    pub(super) fn body(&self) -> Value {
        json!({ "error": self.error })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, axum::Json(self.body())).into_response()
    }
}
