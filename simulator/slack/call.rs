//! A call of the Web API: JSON, form or query in, `{"ok": …}` out, with status 200 also for refusals.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{CALLS, Shared, consent, lock, methods};
use crate::Fault;

/// What the hub asked.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    /// The account whose token it was; empty where none is asked for.
    pub account: String,
    pub fields: Map<String, Value>,
}

/// Why a call was refused: Slack's own code for it, and what stands beside it.
pub(super) struct Refused(pub(super) &'static str, pub(super) Value);

impl From<&'static str> for Refused {
    fn from(code: &'static str) -> Self {
        Self(code, json!({}))
    }
}

impl Call {
    pub(super) fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }
}

pub(super) async fn method(
    State(shared): State<Arc<Shared>>,
    Path(method): Path<String>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (token, kind) = (text(header::AUTHORIZATION), text(header::CONTENT_TYPE));
    let Ok(body) = axum::body::to_bytes(request.into_body(), 8 << 20).await else { return broken() };
    let mut fields = form(query.as_bytes());
    if kind.starts_with("application/json") {
        match serde_json::from_slice(&body) {
            Ok(Value::Object(json)) => fields.extend(json),
            _ => return answer(Err(Refused::from("invalid_json")), ""),
        }
    } else {
        fields.extend(form(&body));
    }
    let mut cut = false;
    match shared.faults.take(&method) {
        Some(Fault::Refuse { retry_after: Some(seconds), .. }) => {
            let body = axum::Json(json!({ "ok": false, "error": "ratelimited" }));
            return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], body)
                .into_response();
        }
        Some(Fault::Refuse { .. }) => return answer(Err(Refused::from("internal_error")), ""),
        Some(Fault::Status(status)) => {
            return StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        }
        Some(Fault::CutBefore) => return broken(),
        Some(Fault::CutAfter) => cut = true,
        Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
        None => {}
    }
    let (account, answered, scopes) = if method == "oauth.v2.access" {
        (String::new(), consent::access(&shared, &token, &fields), String::new())
    } else {
        carry_out(&shared, &method, &token, &fields)
    };
    remember(&shared, Call { method, account, fields });
    if cut { broken() } else { answer(answered, &scopes) }
}

fn form(text: &[u8]) -> Map<String, Value> {
    form_urlencoded::parse(text)
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
        .collect()
}

fn carry_out(
    shared: &Shared,
    method: &str,
    token: &str,
    fields: &Map<String, Value>,
) -> (String, Result<Value, Refused>, String) {
    let token = token.strip_prefix("Bearer ").unwrap_or_default();
    if token.is_empty() {
        return (String::new(), Err("not_authed".into()), String::new());
    }
    let mut workspaces = lock(&shared.workspaces);
    let for_app = method == "apps.connections.open";
    let found = workspaces
        .values_mut()
        .find(|one| if for_app { one.app_token == token } else { one.bot_token == token });
    let Some(workspace) = found else {
        let wrong_kind = workspaces.values().any(|one| one.app_token == token || one.bot_token == token);
        let code = if wrong_kind { "not_allowed_token_type" } else { "invalid_auth" };
        return (String::new(), Err(code.into()), String::new());
    };
    let (account, scopes) = (workspace.key(), workspace.scopes.clone());
    let call = Call { method: method.to_owned(), account: account.clone(), fields: fields.clone() };
    let (answered, seen) = methods::run(&shared.base_url, workspace, &call);
    drop(workspaces);
    if let Some(customer) = seen {
        shared.changed(&account, &customer);
    }
    (account, answered, scopes)
}

fn remember(shared: &Shared, call: Call) {
    let mut calls = lock(&shared.calls);
    if calls.len() == CALLS {
        calls.pop_front();
    }
    calls.push_back(call);
}

fn answer(answered: Result<Value, Refused>, scopes: &str) -> Response {
    let body = match answered {
        Ok(mut body) => {
            body["ok"] = json!(true);
            body
        }
        Err(Refused(code, mut beside)) => {
            beside["ok"] = json!(false);
            beside["error"] = json!(code);
            beside
        }
    };
    let headers: BTreeMap<_, _> =
        [("x-oauth-scopes", scopes)].into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let mut response = axum::Json(body).into_response();
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// An answer that breaks off.
pub(super) fn broken() -> Response {
    let cut = futures::stream::once(async { Err::<&str, _>(std::io::Error::other("cut")) });
    Response::new(Body::from_stream(cut))
}
