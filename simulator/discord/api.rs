//! The HTTP API under `/api/v10`, as far as a hub calls it.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Request, State, WebSocketUpgrade},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use serde_json::{Value, json};

use super::{Shared, gateway, limits, messages, world::App};
use crate::Fault;

/// Larger requests are refused.
const REQUEST_MAX: usize = 26 << 20;

/// An error as Discord says it.
pub(super) struct Refused {
    pub status: u16,
    pub code: i64,
    pub message: &'static str,
}

pub(super) const fn refused(status: u16, code: i64, message: &'static str) -> Refused {
    Refused { status, code, message }
}

/// One call, taken apart.
pub(super) struct Call {
    pub app: String,
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub json: Value,
    pub files: Vec<messages::Upload>,
}

/// `None` answers 204.
pub(super) type Answer = Result<Option<Value>, Refused>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/v10/{*path}", any(call))
        .route("/discord/gateway", get(open))
        .route("/discord/files/{id}/{name}", get(file))
        .with_state(shared)
}

async fn open(State(shared): State<Arc<Shared>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| gateway::serve(shared, socket))
}

async fn file(State(shared): State<Arc<Shared>>, Path((id, _)): Path<(String, String)>) -> Response {
    let world = shared.world();
    match world.files.get(&id) {
        Some(file) => ([(header::CONTENT_TYPE, file.mime.clone())], file.bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn call(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path: Vec<String> = head.uri.path().split('/').skip(3).map(decoded).collect();
    let name = name(&head.method, &path);
    let Ok(body) = axum::body::to_bytes(body, REQUEST_MAX).await else {
        return said(&refused(413, 40005, "Request entity too large"));
    };
    let mut after = false;
    match shared.faults.take(name) {
        Some(Fault::Refuse { code: 429, retry_after }) => {
            return limits::refused(retry_after.unwrap_or(1) as f64, false);
        }
        Some(Fault::Refuse { code, .. }) => return said(&refused(400, code, "Refused on request")),
        Some(Fault::Status(status)) => {
            return StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY).into_response();
        }
        Some(Fault::CutBefore) => return cut(),
        Some(Fault::CutAfter) => after = true,
        Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
        None => {}
    }
    let answer = answer(&shared, &head.method, &head.headers, name, path, head.uri.query(), body).await;
    if after { cut() } else { answer }
}

async fn answer(
    shared: &Arc<Shared>,
    method: &Method,
    headers: &HeaderMap,
    name: &str,
    path: Vec<String>,
    query: Option<&str>,
    body: Bytes,
) -> Response {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !agent.starts_with("DiscordBot (") {
        return said(&refused(403, 40333, "internal network error"));
    }
    if name == "callback" {
        return outcome(shared.confirm(&path, &body), HeaderMap::new());
    }
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let app = shared.world().by_token(token).map(|app| app.id.clone());
    let Some(app) = app else { return said(&refused(401, 0, "401: Unauthorized")) };
    let left = shared.take(&app, name, path.get(1).map_or("", String::as_str));
    if left.exceeded {
        let mut answer = limits::refused(left.reset_after.as_secs_f64(), false);
        answer.headers_mut().extend(left.headers());
        return answer;
    }
    let (json, files) = match messages::body(headers, body).await {
        Ok(read) => read,
        Err(refused) => return said(&refused),
    };
    let query = query.map(|query| url::form_urlencoded::parse(query.as_bytes()).into_owned().collect());
    let call = Call { app, path, query: query.unwrap_or_default(), json, files };
    outcome(act(shared, method, name, &call).await, left.headers())
}

/// What trouble can be asked for by.
fn name(method: &Method, path: &[String]) -> &'static str {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (method.as_str(), path.as_slice()) {
        ("GET", ["users", "@me"]) => "me",
        (_, ["applications", "@me"]) => "application",
        ("GET", ["gateway", ..]) => "gateway",
        ("POST", ["users", "@me", "channels"]) => "create_dm",
        ("GET", ["channels", _]) => "channel",
        ("GET", ["channels", _, "messages"]) => "get_messages",
        ("GET", ["channels", _, "messages", _]) => "get_message",
        ("POST", ["channels", _, "messages"]) => "create_message",
        ("PATCH", ["channels", _, "messages", _]) => "edit_message",
        ("DELETE", ["channels", _, "messages", _]) => "delete_message",
        (_, ["channels", _, "messages", _, "reactions", ..]) => "react",
        ("POST", ["channels", _, "typing"]) => "typing",
        ("POST", ["interactions", _, _, "callback"]) => "callback",
        _ => "",
    }
}

async fn act(shared: &Arc<Shared>, method: &Method, name: &str, call: &Call) -> Answer {
    match name {
        "me" => shared.of(call, |app| Ok(Some(app.user()))),
        "application" if method == Method::PATCH => set_endpoint(shared, call).await,
        "application" => shared.of(call, |app| Ok(Some(app.json()))),
        "gateway" => {
            let url = shared.gateway_url();
            shared.of(call, |app| {
                let limit = json!({ "total": 1000, "remaining": app.identifies, "reset_after": 3_600_000, "max_concurrency": 1 });
                Ok(Some(json!({ "url": url, "shards": 1, "session_start_limit": limit })))
            })
        }
        "create_dm" => shared.open_direct(call),
        "channel" => shared.in_channel(call, |channel| Ok(Some(channel.json()))),
        "get_messages" => shared.in_channel(call, |channel| Ok(Some(messages::page(channel, &call.query)))),
        "get_message" => shared.in_channel(call, |channel| messages::one(channel, &call.path[3])),
        "create_message" => shared.create_message(call),
        "edit_message" => shared.edit_message(call),
        "delete_message" => shared.delete_message(call),
        "react" => shared.react(call, method == Method::PUT),
        "typing" => shared.typing(call),
        _ => Err(refused(404, 0, "404: Not Found")),
    }
}

/// Discord tries an address with a right and a wrong signature before it takes it.
async fn set_endpoint(shared: &Arc<Shared>, call: &Call) -> Answer {
    let url = call.json["interactions_endpoint_url"].as_str().map(str::to_owned);
    if let Some(url) = &url {
        let ping = json!({ "id": "1", "application_id": call.app, "type": 1, "token": "ping", "version": 1 });
        let right = shared.post_signed(&call.app, url, &ping, false).await;
        let wrong = shared.post_signed(&call.app, url, &ping, true).await;
        let ponged = serde_json::from_str::<Value>(&right.body).is_ok_and(|body| body["type"] == 1);
        if right.status != 200 || !ponged || wrong.status != 401 {
            return Err(refused(400, 50035, "Invalid Form Body"));
        }
    }
    shared.of(call, |app| {
        app.interactions = url;
        Ok(Some(app.json()))
    })
}

impl Shared {
    pub(super) fn of(&self, call: &Call, act: impl FnOnce(&mut App) -> Answer) -> Answer {
        let mut world = self.world();
        world.apps.get_mut(&call.app).map_or_else(|| Err(refused(401, 0, "401: Unauthorized")), act)
    }
}

fn outcome(answer: Answer, headers: HeaderMap) -> Response {
    match answer {
        Ok(Some(value)) => (headers, axum::Json(value)).into_response(),
        Ok(None) => (StatusCode::NO_CONTENT, headers).into_response(),
        Err(refused) => said(&refused),
    }
}

fn said(refused: &Refused) -> Response {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, axum::Json(json!({ "message": refused.message, "code": refused.code }))).into_response()
}

fn cut() -> Response {
    let broken = futures::stream::once(async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Err::<&str, _>(std::io::Error::other("cut"))
    });
    Response::new(Body::from_stream(broken))
}

/// `%F0%9F%91%8D` is an emoji.
fn decoded(piece: &str) -> String {
    let pair = format!("x={}", piece.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
