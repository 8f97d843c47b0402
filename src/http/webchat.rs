//! The door for visitors of the chat window: `/webchat/{integration_id}/…` over HTTP, `/webchat/ws` for what is new. Its callers are
//! pages of other origins, which the integration names, and programs; a visitor's sealed token opens their own conversation alone.
//! docs/channels/webchat.md is its description.

mod demo;
mod knock;
mod messages;
mod session;
mod signs;
mod socket;
mod uploads;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{get, post},
};

use crate::{app::App, webchat::Door};

/// Largest file of a visitor, in bytes, where the installation does not allow less.
const FILE_BYTES: usize = 25 << 20;
const BODY_BYTES: usize = 64 << 10;

/// Starts this server's lobby of visitors; needs a runtime.
pub fn router(app: &App) -> Router<App> {
    let door = Door::open(app);
    let uploads = post(uploads::create).layer(DefaultBodyLimit::max(FILE_BYTES + BODY_BYTES));
    Router::new()
        .route("/webchat/{integration_id}/settings", get(session::settings))
        .route("/webchat/{integration_id}/session", post(session::create))
        .route("/webchat/{integration_id}/messages", get(messages::list).post(messages::create))
        .route("/webchat/{integration_id}/messages/{id}", get(messages::show))
        .route("/webchat/{integration_id}/seen", post(signs::seen))
        .route("/webchat/{integration_id}/typing", post(signs::typing))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .route("/webchat/{integration_id}/uploads", uploads)
        .layer(from_fn_with_state(door.clone(), knock::share))
        .route("/webchat/ws", get(socket::upgrade))
        .route("/webchat/demo/{integration_id}", get(demo::show))
        .with_state(door)
}
