//! The site's own server: it learns where its window's hub is.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde_json::Value;

use super::Sites;

pub(super) async fn learn(State(sites): State<Arc<Sites>>, Json(told): Json<Value>) -> StatusCode {
    let text = |field: &str| told[field].as_str().unwrap_or_default();
    match sites.sites().get_mut(text("widget")) {
        Some(site) => {
            site.window = window(text("hub"));
            StatusCode::NO_CONTENT
        }
        None => StatusCode::NOT_FOUND,
    }
}

/// `{hub}/webchat/{integration}` of `{hub}/webhooks/webchat/{integration}`.
pub(super) fn window(webhook_url: &str) -> Option<String> {
    let (hub, integration) = webhook_url.split_once("/webhooks/webchat/")?;
    Some(format!("{hub}/webchat/{integration}"))
}
