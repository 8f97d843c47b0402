//! What every request passes on its way in and every answer on its way out: a request id, a net under panics, problems in
//! place of bare error statuses, and the headers that tell browsers what a page may do.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use tracing::Instrument;
use url::Url;

use super::{
    policy,
    request_id::{REQUEST_ID, RequestId},
};
use crate::{error::Problem, http::extract::BODY_BYTES, metrics::count_request};

const PERMISSIONS: HeaderValue = HeaderValue::from_static("camera=(), geolocation=(), payment=()");
pub const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Puts the edge around all routes. A route that takes larger bodies has a `DefaultBodyLimit` of its own.
pub fn around<S: Clone + Send + Sync + 'static>(router: Router<S>, public_url: &Url) -> Router<S> {
    let https = public_url.scheme() == "https";
    let policy = policy::policy(public_url, &[]);
    router.layer(DefaultBodyLimit::max(BODY_BYTES)).layer(from_fn(move |request: Request, next: Next| {
        let policy = policy.clone();
        async move {
            let id = RequestId::of(request.headers());
            let api = request.uri().path().starts_with("/api/");
            let route = request.extensions().get::<MatchedPath>().cloned();
            let mut response = watched(request, next, &id).await;
            explain(&mut response, &id);
            protect(response.headers_mut(), &policy, api, https);
            count_request(route.as_ref(), response.status());
            response.headers_mut().insert(REQUEST_ID, id.into());
            response
        }
    }))
}

/// The span that everything logged about a request stands in. Without the query, which may hold a token.
pub fn span(id: &RequestId, method: &axum::http::Method, path: &str) -> tracing::Span {
    tracing::info_span!("request", request.id = id.as_str(), http.method = %method, http.path = path)
}

/// Runs the request in a span of its own; a panic becomes a 500.
async fn watched(request: Request, next: Next, id: &RequestId) -> Response {
    let begun = Instant::now();
    let span = span(id, request.method(), request.uri().path());
    async {
        let response = AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("a handler panicked");
            Problem::internal().into_response()
        });
        tracing::debug!(http.status = response.status().as_u16(), http.took = ?begun.elapsed(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// Gives a problem its request id, and an error without a readable body a problem.
fn explain(response: &mut Response, id: &RequestId) {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if is_bare_error(response) => bare(response.status()),
        None => return,
    };
    *response.body_mut() = Body::from(written(problem, id));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM);
}

/// A problem's body, with the id of the request that met it.
pub fn written(problem: Problem, id: &RequestId) -> Vec<u8> {
    let problem = Problem { request_id: Some(id.as_str().to_owned()), ..problem };
    serde_json::to_vec(&problem).unwrap_or_default()
}

/// What the framework answers by itself: an unknown path, a wrong method, a broken upload or handshake.
fn is_bare_error(response: &Response) -> bool {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    (status.is_client_error() || status.is_server_error())
        && kind.is_none_or(|kind| kind.starts_with(b"text/plain"))
}

/// What a bare error status means.
pub fn bare(status: StatusCode) -> Problem {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("method_not_allowed", "This address does not take that method; see the Allow header.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The body is larger than this route takes."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ("unsupported_media_type", "This route does not take that content type.")
        }
        StatusCode::REQUEST_TIMEOUT => ("timeout", "The request took too long to arrive."),
        StatusCode::SERVICE_UNAVAILABLE => return Problem::unavailable("Not at the moment. Try again."),
        status if status.is_server_error() => return Problem::internal(),
        _ => ("bad_request", "The request cannot be taken as it is."),
    };
    Problem::new(status, code, detail)
}

/// Sets what is not yet set: a page with other needs brings its own policy.
fn protect(headers: &mut HeaderMap, policy: &HeaderValue, api: bool, https: bool) {
    let mut set = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    set(header::CONTENT_SECURITY_POLICY, policy.clone());
    set(header::X_CONTENT_TYPE_OPTIONS, const { HeaderValue::from_static("nosniff") });
    set(header::X_FRAME_OPTIONS, const { HeaderValue::from_static("DENY") });
    set(header::REFERRER_POLICY, const { HeaderValue::from_static("no-referrer") });
    set(
        const { HeaderName::from_static("cross-origin-opener-policy") },
        const { HeaderValue::from_static("same-origin") },
    );
    set(const { HeaderName::from_static("permissions-policy") }, PERMISSIONS);
    if api {
        set(header::CACHE_CONTROL, const { HeaderValue::from_static("no-store") });
    }
    if https {
        set(header::STRICT_TRANSPORT_SECURITY, const { HeaderValue::from_static("max-age=31536000") });
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn answer(path: &str, id: &str) -> (Response, serde_json::Value) {
        async fn panics() {
            panic!("on purpose")
        }
        let router = Router::new()
            .route("/fine", get(async || "fine"))
            .route("/panics", get(panics))
            .route("/teapot", get(async || StatusCode::IM_A_TEAPOT));
        let router = around(router, &Url::parse("https://hub.example").unwrap());
        let request = Request::builder().uri(path).header("x-request-id", id).body(Body::empty()).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (Response::from_parts(parts, Body::empty()), serde_json::from_slice(&body).unwrap_or_default())
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_with_the_request_s_id() {
        let (response, problem) = answer("/panics", "abc-1").await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(problem["request_id"], "abc-1");
        assert_eq!(problem["code"], "internal");
        assert!(!problem.to_string().contains("on purpose"));
    }

    #[tokio::test]
    async fn bare_errors_become_problems_and_bad_ids_are_replaced() {
        let (response, problem) = answer("/teapot", "not an id!").await;
        assert_eq!((response.status().as_u16(), problem["status"].as_u64()), (418, Some(418)));
        assert_eq!(response.headers()["x-request-id"].to_str().unwrap().len(), 36);
        assert_eq!(answer("/nowhere", "abc").await.1["code"], "not_found");
    }

    #[tokio::test]
    async fn every_page_is_protected() {
        let (response, _) = answer("/fine", "abc").await;
        let headers = response.headers();
        assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(headers.contains_key("strict-transport-security"));
    }
}
