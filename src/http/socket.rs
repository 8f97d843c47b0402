//! `/ws`: the live connection of a browser. Who it is, is said in its first frame.

mod allowance;
mod command;
mod ending;
mod frames;
mod introduction;
mod obedience;
mod review;
mod session;

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequestParts, Request, State, ws::WebSocketUpgrade},
    http::{HeaderMap, header},
    response::Response,
    routing::get,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    access::standing::Standing,
    app::App,
    error::{Error, Result},
    realtime::live::Live,
};

/// Largest frame that a client may send.
const INBOUND_BYTES: usize = 16 * 1024;
/// Larger buffers would cost their size for every idle socket.
const READ_BUFFER: usize = 4 * 1024;
/// Allocated only while there is something to write.
const WRITE_BUFFER: usize = 16 * 1024;

/// What all sockets of this server share.
struct Sockets {
    app: App,
    live: Live,
    standing: Standing,
}

/// Starts this server's part of the live news; needs a runtime.
pub fn router(app: &App) -> Router<App> {
    let retention = app.config.limits.event_retention;
    let live = Live::start(app.db.system().clone(), app.db.bus().clone(), retention);
    tokio::spawn(review::run(app.db.system().clone(), live.downgrade()));
    tokio::spawn(say_goodbye(app.connections.closing.clone(), live.downgrade()));
    let standing = Standing::new(app.db.system().clone());
    let sockets = Arc::new(Sockets { app: app.clone(), live, standing });
    Router::new().route(
        "/ws",
        get(async move |State(app): State<App>, request: Request| {
            upgrade(sockets.clone(), app, request).await
        }),
    )
}

/// Tells all sockets to go elsewhere once this server is about to end.
async fn say_goodbye(closing: CancellationToken, live: impl Fn() -> Option<Live>) {
    closing.cancelled().await;
    if let Some(live) = live() {
        live.leave();
    }
}

async fn upgrade(sockets: Arc<Sockets>, app: App, request: Request) -> Result<Response> {
    if !is_welcome(request.headers(), &app.config.server.public_url) {
        return Err(Error::forbidden("Sockets are opened from the hub's own pages only."));
    }
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| Error::bad_request("not_a_socket", "This address speaks WebSocket only."))?;
    Ok(upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(INBOUND_BYTES)
        .max_frame_size(INBOUND_BYTES)
        .on_upgrade(async move |socket| session::run(sockets, socket).await))
}

/// Browsers say which page opens a socket: one of the hub's own, by its public address or the one it was reached under.
/// Programs say nothing.
fn is_welcome(headers: &HeaderMap, public_url: &Url) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|text| Url::parse(text).ok()) else { return false };
    let authority = match (origin.host_str(), origin.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => return false,
    };
    let reached = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    origin.origin() == public_url.origin() || reached == Some(&authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome(origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        is_welcome(&headers, &"https://hub.example".parse().unwrap())
    }

    #[test]
    fn foreign_pages_are_not_welcome() {
        assert!(welcome(None));
        assert!(welcome(Some("https://hub.example")));
        assert!(welcome(Some("http://127.0.0.1:8080")));
        for origin in [
            "https://evil.example",
            "http://hub.example",
            "https://hub.example:444",
            "null",
            "http://127.0.0.1",
        ] {
            assert!(!welcome(Some(origin)), "{origin}");
        }
    }
}
