//! Meta's Graph API as far as a Page needs it: paths, tokens, error bodies, faults on request.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRequestParts, Query},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use webhooks::sign;

use super::{
    Player, Product, consent, messages, pages,
    world::{Page, random_hex},
};
use crate::Fault;

/// Versions that are answered; all alike.
const VERSIONS: std::ops::RangeInclusive<u8> = 17..=30;

const LARGEST_FILE: usize = 30 << 20;

pub(super) fn router<P: Product>(player: Arc<Player<P>>) -> Router {
    let graph = Router::new()
        .route("/debug_token", get(pages::debug_token::<P>))
        .route("/dialog/oauth", get(consent::page::<P>))
        .route("/oauth/access_token", post(consent::token::<P>))
        .route("/me/accounts", get(pages::accounts::<P>))
        .route("/{object}", get(pages::get::<P>))
        .route("/{object}/messages", post(messages::post::<P>))
        .route("/{object}/message_attachments", post(messages::upload::<P>))
        .route("/{object}/subscriptions", get(pages::subscriptions::<P>).post(pages::subscribe_app::<P>))
        .route(
            "/{object}/subscribed_apps",
            get(pages::apps::<P>).post(pages::subscribe::<P>).delete(pages::unsubscribe::<P>),
        )
        .fallback(async || GraphError::unknown_object("").into_response())
        .layer(DefaultBodyLimit::max(LARGEST_FILE));
    let router =
        VERSIONS.fold(Router::new(), |router, version| router.nest(&format!("/v{version}.0"), graph.clone()));
    let router = router.route("/files/{file}", get(messages::file::<P>)).with_state(player);
    Router::new().nest(&format!("/{}", P::CHANNEL), router)
}

/// Who calls.
pub(super) struct Call {
    pub query: HashMap<String, String>,
    bearer: String,
}

impl Call {
    /// The token that came with it.
    pub(super) fn bearer(&self) -> &str {
        &self.bearer
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Query(query) = Query::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
        let bearer = bearer.or_else(|| query.get("access_token").cloned()).unwrap_or_default();
        Ok(Self { query, bearer })
    }
}

/// An error in Meta's own form.
#[derive(Clone, Debug)]
pub(super) struct GraphError {
    status: u16,
    code: i64,
    subcode: Option<i64>,
    message: String,
    retry_after: Option<u64>,
}

impl GraphError {
    pub(super) fn new(status: u16, code: i64, subcode: Option<i64>, message: impl Into<String>) -> Self {
        Self { status, code, subcode, message: message.into(), retry_after: None }
    }

    /// Something in the request that Meta does not take.
    pub(super) fn invalid(message: &str) -> Self {
        Self::new(400, 100, None, format!("(#100) {message}"))
    }

    pub(super) fn unknown_object(id: &str) -> Self {
        let message = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
             or does not support this operation."
        );
        Self::new(400, 100, Some(33), message)
    }

    pub(super) fn token() -> Self {
        Self::new(401, 190, None, "Invalid OAuth access token - Cannot parse access token")
    }

    /// What Meta says with that code.
    fn of_code(code: i64) -> Self {
        let (status, subcode, text) = match code {
            0 | 190 => (401, Some(460), "Error validating access token: The session has been invalidated"),
            4 | 17 | 32 => (400, None, "Application request limit reached"),
            613 => (400, None, "Calls to this api have exceeded the rate limit."),
            10 => (400, Some(2_018_278), "This message is sent outside of allowed window."),
            551 => (400, Some(1_545_041), "This person isn't available right now."),
            3 | 200..=299 => (403, None, "Requires pages_messaging permission to manage the object"),
            1 | 2 | 1200 => (500, None, "Temporary send message failure. Please try again later."),
            _ => (400, None, "The request was refused"),
        };
        Self::new(status, code, subcode, format!("(#{code}) {text}"))
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let mut error = json!({
            "message": self.message,
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": random_hex(8),
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, Json(json!({ "error": error }))).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl<P: Product> Player<P> {
    /// The account whose token came with the call; `object` is `me`, or the account's own id.
    pub(super) fn caller(&self, call: &Call, object: &str) -> Result<String, GraphError> {
        let world = self.world();
        let page = world.pages.values().find(|page| same(&page.token, &call.bearer));
        let page = page.filter(|page| page.token_works).ok_or_else(GraphError::token)?;
        proven(call, page)?;
        match object == "me" || object == page.id {
            true => Ok(page.id.clone()),
            false => Err(GraphError::unknown_object(object)),
        }
    }

    /// The account of the app whose own token came with the call.
    pub(super) fn app(&self, call: &Call) -> Result<String, GraphError> {
        let world = self.world();
        let app = |page: &&Page| same(&format!("{}|{}", page.app_id, page.app_secret), &call.bearer);
        let page = world.pages.values().find(app).ok_or_else(GraphError::token)?;
        proven(call, page)?;
        Ok(page.id.clone())
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
            Some(Fault::Refuse { code, retry_after }) => {
                GraphError { retry_after, ..GraphError::of_code(code) }.into_response()
            }
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

pub(super) fn proven(call: &Call, page: &Page) -> Result<(), GraphError> {
    let right = || sign::hmac_sha256_hex(page.app_secret.as_bytes(), call.bearer.as_bytes());
    match call.query.get("appsecret_proof") {
        Some(proof) if !same(proof, &right()) => {
            Err(GraphError::new(400, 100, None, "Invalid appsecret_proof provided in the API argument"))
        }
        _ => Ok(()),
    }
}

fn same(one: &str, other: &str) -> bool {
    !one.is_empty() && bool::from(one.as_bytes().ct_eq(other.as_bytes()))
}

/// A body that breaks before its first byte makes the server close the connection without an answer.
fn cut() -> Response {
    let broken = futures::stream::once(async { Err::<&str, _>(std::io::Error::other("cut")) });
    Response::new(Body::from_stream(broken))
}
