//! The web app: its hashed files for ever, its entry page for every other address, so that a reload finds its way back.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tower_http::compression::{CompressionLayer, DefaultPredicate, Predicate, predicate::NotForContentType};

use crate::{app::App, error::Error, http::policy::InboxPolicy, web};

type Policy = Extension<Arc<InboxPolicy>>;

/// Hashed names never change their content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Everything else is asked for again, and mostly answered 304.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// `demo`: whether the playground is served too.
pub fn router(demo: bool) -> Router<App> {
    let router = Router::new()
        .route(
            "/",
            get(async |State(app): State<App>, Extension(policy): Policy, headers: HeaderMap| {
                inbox(&app, &policy, &headers).await
            }),
        )
        .route("/webchat.js", get(widget))
        .route("/api/docs", get(async |headers: HeaderMap| page("docs.html", &headers)))
        .route("/{*path}", get(any));
    let router = if demo {
        router.route("/playground", get(async |headers: HeaderMap| page("playground.html", &headers)))
    } else {
        router
    };
    // The edge still writes the request's id into problems.
    let files = DefaultPredicate::new().and(NotForContentType::const_new("application/problem+json"));
    router
        .layer(CompressionLayer::new().compress_when(files))
        .layer(Extension(Arc::new(InboxPolicy::default())))
}

/// The chat window's script, which pages of other origins load.
async fn widget(headers: HeaderMap) -> impl IntoResponse {
    let foreign = [
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (foreign, page("webchat.js", &headers))
}

/// Every address inside the app.
async fn inbox(app: &App, policy: &InboxPolicy, headers: &HeaderMap) -> Response {
    let policy = [(header::CONTENT_SECURITY_POLICY, policy.now(app).await)];
    (policy, page("index.html", headers)).into_response()
}

async fn any(
    State(app): State<App>,
    Extension(policy): Policy,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let reserved = ["api", "webhooks", "media", "health", "playground", "ws", "metrics", "webchat"];
    let first = path.split('/').next().unwrap_or_default();
    if reserved.contains(&first) || ["playground.html", "docs.html"].contains(&path.as_str()) {
        return Error::not_found("address").into_response();
    }
    if web::file(&path).is_some() {
        return page(&path, &headers);
    }
    // A missing script must not be answered with a page.
    if first == "assets" {
        Error::not_found("file").into_response()
    } else {
        inbox(&app, &policy, &headers).await
    }
}

fn page(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = web::file(path) else {
        let hint = "The web app is not part of this build. Run `make web` and build again.";
        return (StatusCode::NOT_FOUND, hint).into_response();
    };
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|given| given.as_bytes() == tag.as_bytes());
    let cache = if path.starts_with("assets/") { FOR_EVER } else { ASK_AGAIN };
    let headers = [
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_TYPE, HeaderValue::from_static(kind(path))),
        (header::ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static(""))),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, file.data.into_owned()).into_response()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
