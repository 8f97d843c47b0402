//! Where platforms call: `/webhooks/{channel}/{integration_id}`, and `/webhooks/{channel}` where a platform has one address per app.
//! A callback is answered 2xx only after what it said is committed, for everybody whom it concerns; a forgery is answered 401 and
//! leaves nothing but a count.

use std::net::{IpAddr, SocketAddr};

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, Path, RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use channels::{Channel, event::Answer};
use chrono::Utc;
use futures::future::try_join_all;
use webhooks::{Forged, Unverified, Verified};

use crate::{
    app::App,
    error::{Error, Problem, Result},
    ids::IntegrationId,
    inbox::integration::Integration,
    ingest::{Delivery, NotTaken},
    routing::{self, Routed, Unbelieved},
};

/// `body_limit` is in bytes; a larger callback is refused with 413 before it is read.
pub fn router(body_limit: usize) -> Router<App> {
    Router::new()
        .route("/webhooks/{channel}", get(take_shared).post(take_shared))
        .route("/webhooks/{channel}/{integration_id}", get(take).post(take))
        .layer(DefaultBodyLimit::max(body_limit))
}

#[expect(clippy::too_many_arguments, reason = "each is a part of the request that a signature may cover")]
async fn take(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path((channel, id)): Path<(String, String)>,
    method: Method,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response> {
    let integration = find(&app, &channel, &id).await?;
    let body = body.map_err(unreadable)?;
    // Under overload the work of proving and reading is for those that can be stored.
    if method == Method::POST && app.ingest.is_full(integration.organization_id) {
        return Err(not_taken(NotTaken::Busy));
    }
    let request = unverified(&app, &method, &uri, query.as_deref(), &headers, body);
    match verify(&integration, request) {
        Ok(request) => store(&app, integration, request).await,
        Err(forged) => {
            app.forgeries.note(&integration, forged, peer.ip());
            count(integration.channel, "forged");
            Err(refusal(&method, forged))
        }
    }
}

/// At the app's address.
#[expect(clippy::too_many_arguments, reason = "each is a part of the request that a signature may cover")]
async fn take_shared(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(channel): Path<String>,
    method: Method,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response> {
    let unknown = || Error::not_found("channel");
    let channel = app.integrations.channel(&channel).ok_or_else(unknown)?;
    let body = body.map_err(unreadable)?;
    let request = unverified(&app, &method, &uri, query.as_deref(), &headers, body);
    match routing::route(&app, channel, request).await? {
        Ok(routed) => store_shares(&app, channel, routed).await,
        Err(Unbelieved::Unknown) => Err(unknown()),
        Err(Unbelieved::Forged(forged, named)) => {
            note_forgery(&app, &named, forged, peer.ip());
            count(channel, "forged");
            Err(refusal(&method, forged))
        }
    }
}

/// Believed as a whole: all of it is taken, or the platform repeats all of it, which changes nothing where it was taken.
async fn store_shares(app: &App, channel: &'static dyn Channel, routed: Routed) -> Result<Response> {
    if routed.deliveries.iter().any(|one| app.ingest.is_full(one.integration.organization_id)) {
        return Err(not_taken(NotTaken::Busy));
    }
    try_join_all(routed.deliveries.into_iter().map(|one| app.ingest.store(one))).await.map_err(not_taken)?;
    count(channel, if routed.unrouted { "unrouted" } else { "verified" });
    Ok(routed.answer.map_or_else(|| StatusCode::OK.into_response(), answered))
}

fn note_forgery(app: &App, named: &[std::sync::Arc<Integration>], forged: Forged, address: IpAddr) {
    named.iter().for_each(|one| app.forgeries.note(one, forged, address));
}

fn count(channel: &dyn Channel, verdict: &'static str) {
    metrics::counter!("switchboard_callbacks_total", "channel" => channel.id().as_str(), "verdict" => verdict)
        .increment(1);
}

async fn find(app: &App, channel: &str, id: &str) -> Result<std::sync::Arc<Integration>> {
    let unknown = || Error::not_found("integration");
    let id: IntegrationId = id.parse().map_err(|_| unknown())?;
    let found = app.integrations.find(id).await?;
    found.filter(|integration| integration.channel.id().as_str() == channel).ok_or_else(unknown)
}

fn unverified(
    app: &App,
    method: &Method,
    uri: &Uri,
    query: Option<&str>,
    headers: &HeaderMap,
    body: Bytes,
) -> Unverified {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let url = format!("{}{path}", app.config.server.public_url.as_str().trim_end_matches('/'));
    let query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Unverified::new(method.as_str(), &url, query, headers, body)
}

fn verify(integration: &Integration, request: Unverified) -> Result<Verified, Forged> {
    let scheme = integration.channel.proof(&integration.account, &request);
    request.verify(&scheme, Utc::now())
}

async fn store(app: &App, integration: std::sync::Arc<Integration>, request: Verified) -> Result<Response> {
    let channel = integration.channel;
    let delivery = Delivery::read(integration, request);
    let answer = delivery.incoming.as_ref().ok().and_then(|incoming| incoming.answer.clone());
    // A handshake that says nothing leaves nothing to store.
    let silent =
        delivery.incoming.as_ref().is_ok_and(|incoming| incoming.events.is_empty()) && answer.is_some();
    if !silent {
        app.ingest.store(delivery).await.map_err(not_taken)?;
    }
    count(channel, "verified");
    Ok(answer.map_or_else(|| StatusCode::OK.into_response(), answered))
}

fn answered(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}

/// The platform repeats what is answered 503.
fn not_taken(error: NotTaken) -> Error {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string()).with_retry_after(1).into()
}

fn refusal(method: &Method, forged: Forged) -> Error {
    let status = if *method == Method::GET { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
    Problem::new(status, "forged", forged.to_string()).into()
}

fn unreadable(rejection: BytesRejection) -> Error {
    let code = if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE { "too_large" } else { "unreadable" };
    Problem::new(rejection.status(), code, rejection.body_text()).into()
}
