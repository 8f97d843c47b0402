//! A call of the API: whose token, which method, which trouble, and whether it was answered before.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    Shared,
    books::{Account, Kept},
    payments, preferences,
    refused::Refused,
    search,
};
use crate::cashier::{Call, suffer};

/// What came with a call.
struct Given {
    query: Vec<(String, String)>,
    body: Value,
}

type Run = Box<dyn FnOnce(&mut Account, &Given) -> Result<Value, Refused> + Send>;

struct Endpoint {
    name: &'static str,
    /// Of success.
    status: u16,
    /// Refused without an `X-Idempotency-Key`.
    keyed: bool,
    run: Run,
}

fn endpoint(verb: &str, path: &str) -> Option<Endpoint> {
    let parts: Vec<_> = path.trim_start_matches('/').split('/').map(str::to_owned).collect();
    let parts_as_text: Vec<_> = parts.iter().map(String::as_str).collect();
    let of = |name, status, keyed, run| Some(Endpoint { name, status, keyed, run });
    let part = |at: usize| parts.get(at).cloned().unwrap_or_default();
    let (third, fifth) = (part(2), part(4));
    match (verb, parts_as_text.as_slice()) {
        ("GET", ["users", "me"]) => of("users.me", 200, false, Box::new(|account, _| Ok(account.json()))),
        ("POST", ["checkout", "preferences"]) => of(
            "preferences.create",
            201,
            false,
            Box::new(|account, given| preferences::create(account, &given.body)),
        ),
        ("GET", ["checkout", "preferences", _]) => {
            of("preferences.get", 200, false, Box::new(move |account, _| preferences::get(account, &third)))
        }
        ("PUT", ["checkout", "preferences", _]) => of(
            "preferences.update",
            200,
            false,
            Box::new(move |account, given| preferences::update(account, &third, &given.body)),
        ),
        ("POST", ["v1", "payments"]) => of(
            "payments.create",
            201,
            true,
            Box::new(|account, given| payments::create(account, &given.body)),
        ),
        ("GET", ["v1", "payments", "search"]) => of(
            "payments.search",
            200,
            false,
            Box::new(|account, given| search::search(account, &given.query)),
        ),
        ("GET", ["v1", "payments", _]) => {
            of("payments.get", 200, false, Box::new(move |account, _| payments::get(account, &third)))
        }
        ("PUT", ["v1", "payments", _]) => of(
            "payments.update",
            200,
            false,
            Box::new(move |account, given| payments::update(account, &third, &given.body)),
        ),
        ("POST", ["v1", "payments", _, "refunds"]) => of(
            "refunds.create",
            201,
            true,
            Box::new(move |account, given| payments::refund(account, &third, &given.body)),
        ),
        ("GET", ["v1", "payments", _, "refunds"]) => {
            of("refunds.list", 200, false, Box::new(move |account, _| payments::refunds(account, &third)))
        }
        ("GET", ["v1", "payments", _, "refunds", _]) => of(
            "refunds.get",
            200,
            false,
            Box::new(move |account, _| payments::one_refund(account, &third, &fifth)),
        ),
        ("GET", ["merchant_orders", _]) => {
            let id = part(1);
            of(
                "merchant_orders.get",
                200,
                false,
                Box::new(move |account, _| preferences::order(account, &id)),
            )
        }
        ("GET", ["v1", "chargebacks", "search"]) => of(
            "chargebacks.search",
            200,
            false,
            Box::new(|account, given| preferences::chargebacks(account, &given.query)),
        ),
        ("GET", ["v1", "chargebacks", _]) => of(
            "chargebacks.get",
            200,
            false,
            Box::new(move |account, _| preferences::chargeback(account, &third)),
        ),
        _ => None,
    }
}

pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    answer(&shared, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(shared: &Arc<Shared>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let (verb, path) = (parts.method.as_str().to_owned(), parts.uri.path().to_owned());
    let endpoint = endpoint(&verb, &path).ok_or_else(|| Refused::not_found("resource not found"))?;
    let token = header(&parts.headers, "authorization").unwrap_or_default();
    let token = token.strip_prefix("Bearer ").unwrap_or_default();
    let account = shared.holder(token).ok_or_else(Refused::unauthorized)?;
    let body = axum::body::to_bytes(body, 1 << 20).await.map_err(|_| Refused::on_request(400))?;
    let body = match body.is_empty() || verb == "GET" {
        true => json!({}),
        false => serde_json::from_slice(&body)
            .map_err(|_| Refused::new(400, "bad_request", "Malformed JSON in the request's body"))?,
    };
    let query: Vec<_> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let idempotency_key = header(&parts.headers, "x-idempotency-key").filter(|_| verb != "GET");
    let fields = if verb == "GET" { query.clone() } else { vec![(String::new(), body.to_string())] };
    shared.remember(Call {
        method: endpoint.name.to_owned(),
        account: account.to_string(),
        path: path.clone(),
        fields,
        idempotency_key: idempotency_key.clone(),
    });
    if endpoint.keyed && idempotency_key.is_none() {
        return Err(Refused::bad(4292, "Header X-Idempotency-Key can't be null"));
    }
    let asked = format!("{verb} {path} {body}");
    let mut claim = match Claim::take(shared, account, idempotency_key, asked)? {
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
    let given = Given { query, body };
    let work = || match shared.in_account(account, |account| (endpoint.run)(account, &given)) {
        Some(Ok(body)) => {
            claim.keep(endpoint.status, &body);
            (StatusCode::from_u16(endpoint.status).unwrap_or(StatusCode::OK), axum::Json(body))
                .into_response()
        }
        Some(Err(refused)) => refused.into_response(),
        None => Refused::unauthorized().into_response(),
    };
    Ok(suffer(&shared.faults, endpoint.name, refuse, work).await)
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// An idempotency key while its first call is under way. A call that was refused leaves it free.
struct Claim {
    shared: Arc<Shared>,
    account: i64,
    key: Option<String>,
}

impl Claim {
    /// The claim, or what was answered before.
    fn take(
        shared: &Arc<Shared>,
        account: i64,
        key: Option<String>,
        asked: String,
    ) -> Result<Result<Self, Box<Response>>, Refused> {
        let claim = |key| Self { shared: shared.clone(), account, key };
        let Some(key) = key else { return Ok(Ok(claim(None))) };
        if key.len() > 64 {
            return Err(Refused::bad(4293, "X-Idempotency-Key must have at most 64 characters"));
        }
        let known = shared.look(account, |account| match account.kept.get(&key) {
            Some(kept) if kept.asked != asked => {
                let said = "The X-Idempotency-Key was already used with another request";
                Some(Err(Refused::new(409, "idempotency_error", said)))
            }
            Some(Kept { answer: Some(answer), .. }) => Some(Ok(answer.clone())),
            Some(Kept { answer: None, .. }) => {
                Some(Err(Refused::new(409, "conflict", "A request with this X-Idempotency-Key is under way")))
            }
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
                Ok(Err(Box::new((status, axum::Json(body)).into_response())))
            }
        }
    }

    fn keep(&mut self, status: u16, body: &Value) {
        let Some(key) = self.key.take() else { return };
        self.shared.look(self.account, |account| {
            if let Some(kept) = account.kept.get_mut(&key) {
                kept.answer = Some((status, body.clone()));
            }
        });
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        self.shared.look(self.account, |account| account.kept.remove(&key));
    }
}
