//! `/webhooks/{channel}/{integration_id}`: where platforms call. A callback is answered 2xx only after what it said is
//! committed; a forgery is answered 401 and leaves nothing but a count.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, Path, RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use channels::event::Answer;
use chrono::Utc;
use webhooks::{Forged, Unverified, Verified};

use crate::{
    app::App,
    error::{Error, Problem, Result},
    ids::IntegrationId,
    inbox::integration::Integration,
    ingest::{Delivery, NotTaken},
};

/// `body_limit` is in bytes; a larger callback is refused with 413 before it is read.
pub fn router(body_limit: usize) -> Router<App> {
    Router::new()
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
            metrics::counter!("switchboard_callbacks_total", "channel" => integration.channel.id().as_str(), "verdict" => "forged")
                .increment(1);
            Err(refusal(&method, forged))
        }
    }
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
    let channel = integration.channel.id().as_str();
    let delivery = Delivery::read(integration, request);
    let answer = delivery.incoming.as_ref().ok().and_then(|incoming| incoming.answer.clone());
    // A handshake that says nothing leaves nothing to store.
    let silent =
        delivery.incoming.as_ref().is_ok_and(|incoming| incoming.events.is_empty()) && answer.is_some();
    if !silent {
        app.ingest.store(delivery).await.map_err(not_taken)?;
    }
    metrics::counter!("switchboard_callbacks_total", "channel" => channel, "verdict" => "verified")
        .increment(1);
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
