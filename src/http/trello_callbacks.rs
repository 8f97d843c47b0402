//! Where Trello calls: `/webhooks/trello/{connection_id}`. `HEAD` asks whether somebody is there, unsigned. A callback is answered 200 once what
//! there is to look at is committed. Never 410: Trello deletes a webhook that hears it.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path as UrlPath, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use chrono::Utc;
use webhooks::{Digest, Encoding, Part, Scheme, Unverified};

use crate::{
    app::App,
    error::{Error, Problem, Result},
    ids::TrelloId,
    metrics::CALLBACKS,
    trello::{
        api::CLIENT,
        connection::{self, Connection},
        form::API_SECRET,
        receive,
        wire::Callback,
    },
};

/// Bytes of a callback; a description has 16 thousand characters at the most.
const LARGEST: usize = 512 * 1024;
const SIGNATURE: &str = "X-Trello-Webhook";

pub fn router() -> Router<App> {
    let take = post(take).head(hello).get(hello).layer(DefaultBodyLimit::max(LARGEST));
    Router::new().route("/webhooks/trello/{connection_id}", take)
}

async fn hello(State(app): State<App>, UrlPath(id): UrlPath<String>) -> Result<StatusCode> {
    find(&app, &id).await.map(|_| StatusCode::OK)
}

async fn take(
    State(app): State<App>,
    UrlPath(id): UrlPath<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode> {
    let connection = find(&app, &id).await?;
    let heard = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    // The address as it was registered is signed, whatever the request came by.
    let request = Unverified::new("POST", &connection.callback_url, Vec::new(), heard, body);
    let request = request.verify(&scheme(&connection), Utc::now()).map_err(|forged| {
        count("forged");
        Error::from(Problem::new(StatusCode::UNAUTHORIZED, "forged", forged.to_string()))
    })?;
    let callback: Callback = serde_json::from_slice(request.body()).map_err(|error| {
        count("unreadable");
        Error::bad_request("unreadable", error.to_string())
    })?;
    // Caught up with when it works again.
    if connection.works() {
        let echo = receive::is_echo(&connection, request.header(CLIENT), &callback.action);
        receive::take_in(&app, &connection, vec![callback.action], echo).await?;
    }
    count("verified");
    Ok(StatusCode::OK)
}

async fn find(app: &App, id: &str) -> Result<Connection> {
    let unknown = || Error::not_found("connection");
    let id: TrelloId = id.parse().map_err(|_| unknown())?;
    connection::find(app, id).await?.ok_or_else(unknown)
}

fn scheme(connection: &Connection) -> Scheme {
    Scheme::Hmac {
        digest: Digest::Sha1,
        header: SIGNATURE,
        prefix: "",
        encoding: Encoding::Base64,
        secrets: vec![connection.account.secret(API_SECRET)],
        message: vec![Part::Body, Part::Url],
        stamp: None,
    }
}

fn count(verdict: &'static str) {
    metrics::counter!(CALLBACKS, "channel" => "trello", "verdict" => verdict).increment(1);
}
