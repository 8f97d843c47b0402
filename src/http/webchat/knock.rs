//! Who stands before the door: a page of an origin that the window allows, with or without a visitor's token.

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use channels::webchat::Widget;
use chrono::Utc;
use url::Url;

use crate::{
    app::App,
    error::{Error, Result},
    http::address::Caller,
    ids::IntegrationId,
    inbox::integration::Integration,
    webchat::{Door, acts::Guest, token::Visitor},
};

/// A caller whose origin the window allows.
pub(super) struct Knock {
    pub integration: Arc<Integration>,
    pub address: IpAddr,
}

/// A caller with a visitor's token.
pub(super) struct Visit(pub Guest);

/// Where the caller is.
pub(super) struct Address(pub IpAddr);

impl FromRequestParts<Arc<Door>> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, Infallible> {
        let Ok(caller) = Caller::from_request_parts(parts, &door.app).await;
        Ok(Self(caller.address))
    }
}

impl FromRequestParts<Arc<Door>> for Knock {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self> {
        let Ok(caller) = Caller::from_request_parts(parts, &door.app).await;
        door.limits.request(caller.address)?;
        let id = integration_id(parts.uri.path()).ok_or_else(|| Error::not_found("chat window"))?;
        let integration = door.find(id).await?;
        // A browser leaves the origin out where a page reads from its own.
        let origin = origin(&parts.headers);
        let reads_its_own = origin.is_none() && parts.method == Method::GET;
        if !reads_its_own && !is_welcome(&integration, origin, &door.app) {
            let detail = "This site may not show the chat window. An admin names its origin in the integration's settings.";
            return Err(Error::forbidden(detail));
        }
        Ok(Self { integration, address: caller.address })
    }
}

impl FromRequestParts<Arc<Door>> for Visit {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self> {
        let token = bearer(&parts.headers).map(str::to_owned);
        // A visitor's token tells a program from a page better than a missing origin.
        let Knock { integration, .. } = match origin(&parts.headers) {
            None if token.is_some() => {
                let Ok(caller) = Caller::from_request_parts(parts, &door.app).await;
                door.limits.request(caller.address)?;
                let id = integration_id(parts.uri.path()).ok_or_else(|| Error::not_found("chat window"))?;
                Knock { integration: door.find(id).await?, address: caller.address }
            }
            _ => Knock::from_request_parts(parts, door).await?,
        };
        let missing = || Error::unauthorized("token_missing", "Ask for a session first.");
        let token = token.ok_or_else(missing)?;
        let visitor = Visitor::read(&door.app.vault, &integration, &token, Utc::now())?;
        Ok(Self(Guest { integration, visitor }))
    }
}

/// Whether a page of that origin, or a program, may come in. The hub's own pages may always.
pub(super) fn is_welcome(integration: &Integration, origin: Option<&str>, app: &App) -> bool {
    let own = |origin: &str| {
        Url::parse(origin).is_ok_and(|url| url.origin() == app.config.server.public_url.origin())
    };
    Widget::allows(&integration.account, origin) || origin.is_some_and(own)
}

pub(super) fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or("null"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

fn integration_id(path: &str) -> Option<IntegrationId> {
    path.strip_prefix("/webchat/")?.split('/').next()?.parse().ok()
}

/// Lets pages of allowed origins read the answers, errors too, and answers their preflights.
pub(super) async fn share(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let origin = origin(request.headers()).and_then(|origin| HeaderValue::from_str(origin).ok());
    let window = match integration_id(request.uri().path()) {
        Some(id) if origin.is_some() => door.find(id).await.ok(),
        _ => None,
    };
    let preflight = request.method() == Method::OPTIONS;
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::VARY, const { HeaderValue::from_static("origin") });
    headers.insert(header::CACHE_CONTROL, const { HeaderValue::from_static("no-store") });
    headers.insert("cross-origin-resource-policy", const { HeaderValue::from_static("cross-origin") });
    let (Some(origin), Some(window)) = (origin, window) else { return response };
    if is_welcome(&window, origin.to_str().ok(), &door.app) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if preflight {
            let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
            set(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
            set(header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type");
            set(header::ACCESS_CONTROL_MAX_AGE, "600");
        }
    }
    response
}
