//! What operators and tools ask the process itself.

use std::sync::Arc;

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde_json::json;

use crate::app::App;

pub fn router(document: utoipa::openapi::OpenApi) -> Router<App> {
    let document = Arc::new(document);
    Router::new()
        .route("/health/live", get(async || StatusCode::OK))
        .route("/health/ready", get(ready))
        .route("/api/health", get(ready))
        .route("/api/openapi.json", get(async move || Json(document.clone()).into_response()))
}

/// 200 while the database answers, 503 otherwise.
async fn ready(State(app): State<App>) -> impl IntoResponse {
    match sqlx::query("select 1").execute(app.db.system()).await {
        Ok(_) => (StatusCode::OK, Json(json!({"status": "ready", "version": env!("CARGO_PKG_VERSION")}))),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "database unreachable"}))),
    }
}
