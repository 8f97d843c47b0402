//! A page with nothing but the chat window on it, to look at a window before it stands on a site.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, header},
    response::{Html, IntoResponse, Response},
};

use crate::{error::Result, http::extract::Path, ids::IntegrationId, webchat::Door};

/// The settings show it in a frame; no other site may.
const FRAME: [(HeaderName, &str); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; \
         connect-src 'self' ws: wss:; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
    ),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
];

pub(super) async fn show(State(door): State<Arc<Door>>, Path(id): Path<IntegrationId>) -> Result<Response> {
    let integration = door.find(id).await?;
    let name = escaped(&integration.name);
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{name}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head>\
         <body style=\"margin:0;font:16px/1.6 system-ui,sans-serif;color:#1f2937;background:#f3f4f6\">\
         <main style=\"max-width:40rem;margin:4rem auto;padding:0 1.5rem\"><h1>{name}</h1>\
         <p>This page shows the chat window of this integration, as a visitor of your site sees it.</p></main>\
         <script async src=\"/webchat.js\" data-integration=\"{id}\"></script></body></html>"
    );
    Ok((FRAME, Html(page)).into_response())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
