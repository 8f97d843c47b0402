//! The table of contents: every path, grouped by who calls it.

use axum::Router;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{app::App, http};

#[derive(OpenApi)]
#[openapi(info(
    title = "Switchboard",
    description = "One shared inbox for every place customers write. Lists answer `{data, next_cursor}`; problems are RFC 9457.",
    license(name = "MIT OR Apache-2.0")
))]
struct Document;

/// Paths under `/api/v1`, for browsers and programs. One line per noun.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}

/// The REST interface's description, OpenAPI 3.1.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, document) =
        OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", api()).split_for_parts();
    document
}

/// Everything the server answers.
pub fn router(app: App) -> Router {
    let (api, document) =
        OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", api()).split_for_parts();
    let callbacks = http::incoming::router(app.config.limits.callback_bytes);
    Router::new()
        .merge(api)
        .merge(callbacks)
        .merge(http::process::router(document))
        .merge(http::media::router())
        .with_state(app)
}
