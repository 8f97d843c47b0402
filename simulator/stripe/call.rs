//! A call of the API: whose key, which method, which trouble, and whether it was answered before.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use url::form_urlencoded;

use super::{
    Shared,
    books::{Account, Kept, VERSION, new_id},
    charges, disputes, form, intents, lists, refunds,
    refused::Refused,
    sessions,
};
use crate::cashier::{Call, suffer};

type Run = Box<dyn FnOnce(&mut Account, &Value) -> Result<Value, Refused> + Send>;

/// What an address and a verb stand for.
struct Endpoint {
    name: &'static str,
    takes: &'static [&'static str],
    run: Run,
}

const EXPAND: &[&str] = &["expand[#]"];

fn endpoint(verb: &str, path: &str) -> Option<Endpoint> {
    let parts: Vec<_> = path.strip_prefix("/v1/")?.split('/').collect();
    let of = |name, takes, run| Some(Endpoint { name, takes, run });
    let id = parts.get(parts.len().saturating_sub(1)).map(|id| (*id).to_owned()).unwrap_or_default();
    let before = parts.get(parts.len().saturating_sub(2)).map(|id| (*id).to_owned()).unwrap_or_default();
    match (verb, parts.as_slice()) {
        ("GET", ["account"]) => of("account.retrieve", EXPAND, Box::new(|account, _| Ok(account.json()))),
        ("POST", ["checkout", "sessions"]) => {
            of("checkout.sessions.create", sessions::TAKES, Box::new(sessions::create))
        }
        ("GET", ["checkout", "sessions"]) => {
            of("checkout.sessions.list", lists::TAKES, Box::new(sessions::list))
        }
        ("GET", ["checkout", "sessions", _]) => of(
            "checkout.sessions.retrieve",
            EXPAND,
            Box::new(move |account, _| sessions::retrieve(account, &id)),
        ),
        ("GET", ["checkout", "sessions", _, "line_items"]) => of(
            "checkout.sessions.line_items",
            &["limit", "expand[#]"],
            Box::new(move |account, _| sessions::line_items(account, &before)),
        ),
        ("POST", ["checkout", "sessions", _, "expire"]) => of(
            "checkout.sessions.expire",
            EXPAND,
            Box::new(move |account, _| sessions::expire(account, &before)),
        ),
        ("POST", ["payment_intents"]) => {
            of("payment_intents.create", intents::TAKES, Box::new(intents::create))
        }
        ("GET", ["payment_intents"]) => of("payment_intents.list", lists::TAKES, Box::new(intents::list)),
        ("GET", ["payment_intents", _]) => of(
            "payment_intents.retrieve",
            EXPAND,
            Box::new(move |account, _| intents::retrieve(account, &id)),
        ),
        ("POST", ["payment_intents", _, "cancel"]) => of(
            "payment_intents.cancel",
            &["cancellation_reason", "expand[#]"],
            Box::new(move |account, form| intents::cancel(account, &before, form)),
        ),
        ("POST", ["refunds"]) => of("refunds.create", refunds::TAKES, Box::new(refunds::create)),
        ("GET", ["refunds"]) => of("refunds.list", lists::TAKES, Box::new(refunds::list)),
        ("GET", ["refunds", _]) => {
            of("refunds.retrieve", EXPAND, Box::new(move |account, _| refunds::retrieve(account, &id)))
        }
        ("GET", ["disputes"]) => of("disputes.list", lists::TAKES, Box::new(disputes::list)),
        ("GET", ["disputes", _]) => {
            of("disputes.retrieve", EXPAND, Box::new(move |account, _| disputes::retrieve(account, &id)))
        }
        ("GET", ["charges"]) => of("charges.list", lists::TAKES, Box::new(charges::list)),
        ("GET", ["charges", _]) => {
            of("charges.retrieve", EXPAND, Box::new(move |account, _| charges::retrieve(account, &id)))
        }
        ("GET", ["events"]) => {
            let list = |account: &mut Account, form: &Value| {
                lists::page(account, "event", "/v1/events", form, &["type", "types", "delivery_success"])
            };
            of("events.list", lists::TAKES, Box::new(list))
        }
        ("GET", ["events", _]) => {
            let retrieve = move |account: &mut Account, _: &Value| {
                account.get_as("event", &id).cloned().ok_or_else(|| Refused::no_such("event", &id, "id"))
            };
            of("events.retrieve", EXPAND, Box::new(retrieve))
        }
        _ => None,
    }
}

pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let request_id = new_id("req_", 14);
    let version = request.headers().get("stripe-version").cloned();
    let mut response = match answer(&shared, request, &request_id).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(),
    };
    let headers = response.headers_mut();
    if let Ok(id) = request_id.parse() {
        headers.insert("request-id", id);
    }
    headers.insert("stripe-version", version.unwrap_or(HeaderValue::from_static(VERSION)));
    response
}

async fn answer(shared: &Arc<Shared>, request: Request, request_id: &str) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let (verb, path) = (parts.method.as_str().to_owned(), parts.uri.path().to_owned());
    let key = api_key(&parts.headers);
    let account = shared.holder(&key).ok_or_else(|| Refused::unknown_key(&key))?;
    let endpoint = endpoint(&verb, &path).ok_or_else(|| Refused::unknown_address(&verb, &path))?;
    let body = axum::body::to_bytes(body, 1 << 20).await.map_err(|_| Refused::on_request(400))?;
    let fields = fields(&verb, &parts.headers, parts.uri.query(), &body)?;
    let idempotency_key = header(&parts.headers, "idempotency-key").filter(|_| verb == "POST");
    let call = Call {
        method: endpoint.name.to_owned(),
        account: account.clone(),
        path: path.clone(),
        fields: fields.clone(),
        idempotency_key: idempotency_key.clone(),
    };
    shared.remember(call);
    let form = form::read(&fields, endpoint.takes)?;
    let asked = format!("{verb} {path} {}", serde_json::to_string(&fields).unwrap_or_default());
    let claim = Claim::take(shared, &account, idempotency_key.clone(), asked)?;
    let mut claim = match claim {
        Ok(claim) => claim,
        Err(replayed) => return Ok(*replayed),
    };
    let refuse = |code: i64, wait: Option<u64>| {
        let mut response = Refused::on_request(u16::try_from(code).unwrap_or(500)).into_response();
        if let Some(wait) = wait {
            response.headers_mut().insert("retry-after", wait.into());
        }
        response
    };
    let work = || {
        let cause = (Some(request_id.to_owned()), idempotency_key);
        let result = shared.in_account(&account, cause, |account| {
            let answer = (endpoint.run)(account, &form)?;
            lists::expand(account, answer, &form)
        });
        let (status, body, executed) = match result.unwrap_or_else(|| Err(Refused::unknown_key(""))) {
            Ok(body) => (200, body, true),
            Err(refused) => (refused.status, refused.body(), refused.executed),
        };
        if executed {
            claim.keep(status, &body);
        }
        (StatusCode::from_u16(status).unwrap_or(StatusCode::OK), axum::Json(body)).into_response()
    };
    Ok(suffer(&shared.faults, endpoint.name, refuse, work).await)
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// As bearer, or as the user of basic authentication.
fn api_key(headers: &HeaderMap) -> String {
    let given = header(headers, "authorization").unwrap_or_default();
    if let Some(key) = given.strip_prefix("Bearer ") {
        return key.to_owned();
    }
    let basic = given.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
    let basic = basic.and_then(|text| String::from_utf8(text).ok()).unwrap_or_default();
    basic.split(':').next().unwrap_or_default().to_owned()
}

fn fields(
    verb: &str,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> Result<Vec<(String, String)>, Refused> {
    if verb == "GET" {
        return Ok(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect());
    }
    let kind = header(headers, "content-type").unwrap_or_default();
    if !body.is_empty() && !kind.starts_with("application/x-www-form-urlencoded") {
        let said = "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have questions, we can help \
                    at https://support.stripe.com/.";
        return Err(Refused::state(None, said.to_owned()));
    }
    Ok(form_urlencoded::parse(body).into_owned().collect())
}

/// An idempotency key while its first call is under way. What is not kept in the end leaves the key free.
struct Claim {
    shared: Arc<Shared>,
    account: String,
    key: Option<String>,
}

impl Claim {
    /// The claim, or what was answered before.
    fn take(
        shared: &Arc<Shared>,
        account: &str,
        key: Option<String>,
        asked: String,
    ) -> Result<Result<Self, Box<Response>>, Refused> {
        let claim = |key| Self { shared: shared.clone(), account: account.to_owned(), key };
        let Some(key) = key else { return Ok(Ok(claim(None))) };
        if key.is_empty() || key.len() > 255 {
            let said = "Idempotency keys may be at most 255 characters.".to_owned();
            return Err(Refused::invalid("idempotency_key", said));
        }
        let known = shared.look(account, |account| match account.kept.get(&key) {
            Some(kept) if kept.asked != asked => Some(Err(Refused::other_parameters(&key))),
            Some(Kept { answer: Some(answer), .. }) => Some(Ok(answer.clone())),
            Some(Kept { answer: None, .. }) => Some(Err(Refused::key_in_use(&key))),
            None => {
                account.kept.insert(key.clone(), Kept { asked, answer: None });
                None
            }
        });
        match known.flatten() {
            None => Ok(Ok(claim(Some(key)))),
            Some(Err(refused)) => Err(refused),
            Some(Ok((status, body))) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
                let mut response = (status, axum::Json(body)).into_response();
                response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
                Ok(Err(Box::new(response)))
            }
        }
    }

    fn keep(&mut self, status: u16, body: &Value) {
        let Some(key) = self.key.take() else { return };
        self.shared.look(&self.account, |account| {
            if let Some(kept) = account.kept.get_mut(&key) {
                kept.answer = Some((status, body.clone()));
            }
        });
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        self.shared.look(&self.account, |account| account.kept.remove(&key));
    }
}
