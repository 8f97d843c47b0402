//! Meta's Graph API as far as a business number needs it: paths, tokens, error bodies, faults on request.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRequestParts, Path, Query},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use webhooks::sign;

use super::{Player, media, messages, number, subscription, templates, world::Number};
use crate::Fault;

/// Versions that are answered; all alike.
const VERSIONS: std::ops::RangeInclusive<u8> = 17..=30;

const LARGEST_FILE: usize = 110 << 20;

pub(super) fn router(player: Arc<Player>) -> Router {
    let graph = Router::new()
        .route("/{object}", get(number::get).delete(media::delete))
        .route("/{object}/messages", post(messages::post))
        .route("/{object}/media", post(media::upload))
        .route("/{object}/phone_numbers", get(number::list))
        .route("/{object}/message_templates", get(templates::list))
        .route(
            "/{object}/subscribed_apps",
            get(subscription::get).post(subscription::post).delete(subscription::delete),
        )
        .fallback(async || GraphError::unknown_object("").into_response())
        .layer(DefaultBodyLimit::max(LARGEST_FILE));
    let router =
        VERSIONS.fold(Router::new(), |router, version| router.nest(&format!("/v{version}.0"), graph.clone()));
    router
        .route(&format!("{}/{{media}}", media::ADDRESS), get(media::download))
        .route(&format!("{}/{{media}}", media::PHONE), get(media::show))
        .with_state(player)
}

/// What every call brings: the object of the path, and who calls.
pub(super) struct Call {
    pub object: String,
    pub query: HashMap<String, String>,
    bearer: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Path(object) =
            Path::<String>::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let Query(query) =
            Query::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
        Ok(Self { object, query, bearer })
    }
}

/// An error in Meta's own form.
#[derive(Clone, Debug)]
pub(super) struct GraphError {
    pub status: u16,
    pub code: i64,
    pub message: String,
    pub details: Option<String>,
    pub retry_after: Option<u64>,
}

impl GraphError {
    pub(super) fn new(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: None, retry_after: None }
    }

    pub(super) fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// A parameter that is missing.
    pub(super) fn required(parameter: &str) -> Self {
        Self::new(400, 100, format!("(#100) The parameter {parameter} is required."))
    }

    /// A parameter that Meta does not take.
    pub(super) fn invalid(details: impl Into<String>) -> Self {
        Self::new(400, 131009, "(#131009) Parameter value is not valid").details(details)
    }

    pub(super) fn unknown_object(id: &str) -> Self {
        let message = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
             or does not support this operation."
        );
        Self::new(400, 100, message)
    }

    fn token() -> Self {
        Self::new(401, 190, "Invalid OAuth access token - Cannot parse access token")
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let mut error = json!({
            "message": self.message,
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": super::world::random_hex(8),
        });
        if let Some(details) = self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, Json(json!({ "error": error }))).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl Player {
    /// The number whose token came with the call, if the object is the number or its business account.
    pub(super) fn caller(&self, call: &Call) -> Result<String, GraphError> {
        let id = self.bearer(call)?;
        let world = self.world();
        let ours = world
            .numbers
            .get(&id)
            .is_some_and(|number| [&number.id, &number.business_account_id].contains(&&call.object));
        if ours { Ok(id) } else { Err(GraphError::unknown_object(&call.object)) }
    }

    /// The number whose token came with the call.
    pub(super) fn bearer(&self, call: &Call) -> Result<String, GraphError> {
        let token = call.bearer.as_deref().unwrap_or_default();
        let world = self.world();
        let number = world.numbers.values().find(|number| same(&number.token, token));
        let number = number.filter(|number| number.token_works).ok_or_else(GraphError::token)?;
        match call.query.get("appsecret_proof") {
            Some(proof) if !same(proof, &proof_of(number)) => {
                Err(GraphError::new(400, 100, "Invalid appsecret_proof provided in the API argument"))
            }
            _ => Ok(number.id.clone()),
        }
    }

    /// Answers a call, after the trouble that was asked for.
    pub(super) async fn answer(
        &self,
        method: &str,
        work: impl Future<Output = Result<Response, GraphError>>,
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

pub(super) fn ok(body: Value) -> Result<Response, GraphError> {
    Ok(Json(body).into_response())
}

fn same(one: &str, other: &str) -> bool {
    !one.is_empty() && bool::from(one.as_bytes().ct_eq(other.as_bytes()))
}

fn proof_of(number: &Number) -> String {
    sign::hmac_sha256_hex(number.app_secret.as_bytes(), number.token.as_bytes())
}

fn refused(code: i64, retry_after: Option<u64>) -> GraphError {
    let (status, title) = match code {
        0 | 190 => (401, "Error validating access token: The session has been invalidated"),
        4 | 80007 | 130429 => (429, "Rate limit hit"),
        3 | 10 | 200..=299 | 131005 => (403, "Application does not have permission for this action"),
        1 | 2 | 131000 | 131016 => (500, "Something went wrong"),
        _ => (400, "The request was refused"),
    };
    GraphError { retry_after, ..GraphError::new(status, code, format!("(#{code}) {title}")) }
}

/// A body that breaks before its first byte makes the server close the connection without an answer.
fn cut() -> Response {
    let broken = futures::stream::once(async { Err::<&str, _>(std::io::Error::other("cut")) });
    Response::new(Body::from_stream(broken))
}
