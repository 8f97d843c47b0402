//! Where platforms call: `/webhooks/{channel}/{integration_id}`, and `/webhooks/{channel}` where a platform has one address per app.
//! A callback is answered 2xx only after what it said is committed, for everybody whom it concerns; a forgery is answered 401 and
//! leaves nothing but a count.

use std::{
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
};

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, FromRequest, Request, State, rejection::BytesRejection},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use channels::{Channel, event::Answer};
use chrono::Utc;
use futures::{FutureExt, future::try_join_all};
use metrics::Counter;
use tracing::Instrument;
use webhooks::{Forged, Unverified, Verified};

use super::{
    edge,
    request_id::{REQUEST_ID, RequestId},
};
use crate::{
    app::App,
    certificates::Certificates,
    error::{Error, Problem, Result},
    ids::IntegrationId,
    inbox::integration::Integration,
    ingest::{Delivery, NotTaken},
    metrics::{CALLBACKS, HTTP_REQUESTS},
    routing::{self, Routed, Unbelieved},
};

/// An integration's own address, and the address of an app that speaks for many.
const OWN: &str = "/webhooks/{channel}/{integration_id}";
const SHARED: &str = "/webhooks/{channel}";

/// What all callbacks of this server share.
struct Door {
    app: App,
    /// The public address without a slash at its end, which some platforms sign.
    address: Arc<str>,
    certificates: Certificates,
    /// Answers by route and status, from 100.
    answered: [(&'static str, Box<[OnceLock<Counter>]>); 2],
}

/// A request whose sender may or may not be a platform.
struct Knock {
    request: Unverified,
    method: Method,
    peer: IpAddr,
}

/// The way in for platforms, with an edge of its own: a flood of forgeries must not cost more than its signatures. A callback larger
/// than the configured limit is refused with 413 before it is read.
pub fn router(app: &App) -> Router {
    let counters = || (100..600).map(|_| OnceLock::new()).collect();
    let door = Door {
        app: app.clone(),
        address: app.config.server.public_url.as_str().trim_end_matches('/').into(),
        certificates: Certificates::new(app.net.clone()),
        answered: [OWN, SHARED].map(|route| (route, counters())),
    };
    Router::new()
        .route(
            OWN,
            any(async |State(door): State<Arc<Door>>, request: Request| answer(&door, OWN, request).await),
        )
        .route(
            SHARED,
            any(async |State(door): State<Arc<Door>>, request: Request| answer(&door, SHARED, request).await),
        )
        .with_state(Arc::new(door))
}

async fn answer(door: &Door, route: &'static str, request: Request) -> Response {
    let id = RequestId::of(request.headers());
    // A span costs more than a signature; forgeries, of which nothing is logged, have none.
    let span = {
        let (id, method, path) = (id.clone(), request.method().clone(), request.uri().clone());
        move || edge::span(&id, &method, path.path())
    };
    let taken =
        AssertUnwindSafe(door.take(route, request, &span)).catch_unwind().await.unwrap_or_else(|_| {
            span().in_scope(|| tracing::error!("a handler panicked"));
            Err(Problem::internal().into())
        });
    let mut response = match taken {
        Ok(response) => response,
        Err(Error::Problem(problem)) => refused(*problem, &id),
        Err(error) => refused(span().in_scope(|| Problem::from(error)), &id),
    };
    door.count(route, response.status());
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, const { HeaderValue::from_static("nosniff") });
    headers.insert(REQUEST_ID, id.into());
    response
}

impl Door {
    async fn take(
        &self,
        route: &'static str,
        request: Request,
        span: &impl Fn() -> tracing::Span,
    ) -> Result<Response> {
        if ![Method::POST, Method::GET, Method::HEAD].contains(request.method()) {
            return Err(edge::bare(StatusCode::METHOD_NOT_ALLOWED).into());
        }
        let path = request.uri().path();
        let rest = path.strip_prefix("/webhooks/").unwrap_or_default();
        if route == SHARED {
            let channel = self.app.integrations.channel(rest).ok_or_else(|| Error::not_found("channel"))?;
            let knock = self.hear(request).await?;
            return self.take_shared(channel, knock).instrument(span()).await;
        }
        let integration = self.find(rest).await?;
        let knock = self.hear(request).await?;
        self.take_own(integration, knock, span).await
    }

    /// Reads the body.
    async fn hear(&self, request: Request) -> Result<Knock> {
        let method = request.method().clone();
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let query = query.into_owned().collect();
        let (head, body) = request.into_parts();
        let mut body = Request::new(body);
        DefaultBodyLimit::max(self.app.config.limits.callback_bytes).apply(&mut body);
        let body = Bytes::from_request(body, &()).await.map_err(unreadable)?;
        let request = Unverified::received(self.address.clone(), head, query, body);
        Ok(Knock { request, method, peer: peer.unwrap_or(IpAddr::from([0; 4])) })
    }

    async fn take_own(
        &self,
        integration: Arc<Integration>,
        knock: Knock,
        span: &impl Fn() -> tracing::Span,
    ) -> Result<Response> {
        let Knock { request, method, peer } = knock;
        // Under overload the work of proving and reading is for those that can be stored.
        if method == Method::POST && self.app.ingest.is_full(integration.organization_id) {
            return Err(not_taken(NotTaken::Busy));
        }
        let request = self.certified(&integration, request).await?;
        match verify(&integration, request) {
            Ok(request) => store(&self.app, integration, request).instrument(span()).await,
            Err(forged) => {
                self.app.forgeries.note(&integration, forged, peer);
                count(integration.channel, "forged");
                Err(refusal(&method, forged))
            }
        }
    }

    /// With the certificate that it names. A platform repeats what cannot be verified now.
    async fn certified(&self, integration: &Integration, request: Unverified) -> Result<Unverified> {
        let Some(address) = integration.channel.certificate(&integration.account, &request) else {
            return Ok(request);
        };
        let certificate = self.certificates.get(&address).await;
        certificate.map(|one| request.certified(one)).ok_or_else(|| {
            let detail = "the certificate could not be fetched";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).with_retry_after(10).into()
        })
    }

    /// At the app's address.
    async fn take_shared(&self, channel: &'static dyn Channel, knock: Knock) -> Result<Response> {
        let Knock { request, method, peer } = knock;
        match routing::route(&self.app, channel, request).await? {
            Ok(routed) => store_shares(&self.app, channel, routed).await,
            Err(Unbelieved::Unknown) => Err(Error::not_found("channel")),
            Err(Unbelieved::Forged(forged, named)) => {
                named.iter().for_each(|one| self.app.forgeries.note(one, forged, peer));
                count(channel, "forged");
                Err(refusal(&method, forged))
            }
        }
    }

    async fn find(&self, address: &str) -> Result<Arc<Integration>> {
        let unknown = || Error::not_found("integration");
        let (channel, id) = address.split_once('/').ok_or_else(unknown)?;
        let id: IntegrationId = id.parse().map_err(|_| unknown())?;
        let found = self.app.integrations.find(id).await?;
        found.filter(|integration| integration.channel.id().as_str() == channel).ok_or_else(unknown)
    }

    /// As the edge of the other routes does, without looking for the counter each time.
    fn count(&self, route: &'static str, status: StatusCode) {
        let counters = self.answered.iter().find(|(one, _)| *one == route);
        let at = usize::from(status.as_u16()).wrapping_sub(100);
        let Some(counter) = counters.and_then(|(_, counters)| counters.get(at)) else { return };
        let register =
            || metrics::counter!(HTTP_REQUESTS, "route" => route, "status" => status.as_str().to_owned());
        counter.get_or_init(register).increment(1);
    }
}

fn verify(integration: &Integration, request: Unverified) -> Result<Verified, Forged> {
    let scheme = integration.channel.proof(&integration.account, &request);
    request.verify(&scheme, Utc::now())
}

fn count(channel: &dyn Channel, verdict: &'static str) {
    metrics::counter!(CALLBACKS, "channel" => channel.id().as_str(), "verdict" => verdict).increment(1);
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

async fn store(app: &App, integration: Arc<Integration>, request: Verified) -> Result<Response> {
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

/// Written at once with the request's id in it.
fn refused(problem: Problem, id: &RequestId) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let retry_after = problem.retry_after;
    let body = edge::written(problem, id);
    let mut response = (status, [(header::CONTENT_TYPE, edge::PROBLEM)], body).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, const { HeaderValue::from_static("GET,HEAD,POST") });
    }
    response
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
