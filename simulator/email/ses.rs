//! Amazon SES taking letters by signed calls, and S3 giving those that it has put there.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State as Shared},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::NaiveDateTime;
use serde_json::{Value, json};
use webhooks::sigv4::{self, Call, Key};

use super::{
    State,
    consent::random,
    world::{Bucket, Stored},
};

/// The played account's key.
pub const ACCESS_KEY: &str = "AKIAPLAYED0000000001";
pub const SECRET: &str = "played/secret+access/key";
pub const REGION: &str = "eu-west-1";
/// Where the played SES puts letters.
pub const BUCKET: &str = "played-letters";

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/v2/email/outbound-emails", post(send))
        .route("/v2/email/account", get(account))
        .route("/played-letters/{*key}", get(object))
        .with_state(state)
}

async fn object(
    Shared(state): Shared<Arc<State>>,
    Path(key): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if distrust("s3", &Method::GET, &uri, &headers, &[]).is_some() {
        return kept_back(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match.",
        );
    }
    let world = state.world();
    match (world.bucket, world.objects.get(&key)) {
        (Bucket::KeyRevoked, _) => {
            kept_back(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist.")
        }
        (Bucket::Closed, _) => {
            kept_back(403, "AccessDenied", "User is not authorized to perform: s3:GetObject.")
        }
        (_, Some(letter)) => letter.clone().into_response(),
        (Bucket::Unlisted(words), None) => kept_back(403, "AccessDenied", words),
        (Bucket::Open, None) => kept_back(404, "NoSuchKey", "The specified key does not exist."),
    }
}

/// As S3 refuses.
fn kept_back(status: u16, code: &str, words: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{words}</Message></Error>"
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

async fn account(headers: HeaderMap, uri: Uri) -> Response {
    match distrust("ses", &Method::GET, &uri, &headers, &[]) {
        Some(refusal) => refusal,
        None => Json(json!({ "SendingEnabled": true, "ProductionAccessEnabled": true })).into_response(),
    }
}

async fn send(Shared(state): Shared<Arc<State>>, headers: HeaderMap, uri: Uri, body: Bytes) -> Response {
    if let Some(refusal) = distrust("ses", &Method::POST, &uri, &headers, &body) {
        return refusal;
    }
    let Ok(letter) = serde_json::from_slice::<Value>(&body) else {
        return refused(400, "BadRequestException", "The body is no JSON.");
    };
    let list = |name: &str| {
        let found = letter["Destination"][name].as_array().into_iter().flatten();
        found.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let to: Vec<_> = ["ToAddresses", "CcAddresses", "BccAddresses"].into_iter().flat_map(list).collect();
    let raw = letter["Content"]["Raw"]["Data"].as_str().and_then(|data| STANDARD.decode(data).ok());
    let (Some(raw), false) = (raw, to.is_empty()) else {
        return refused(400, "BadRequestException", "There is no letter, or nobody to send it to.");
    };
    if to.iter().any(|one| one.starts_with("unverified")) {
        return refused(400, "MessageRejected", "Email address is not verified.");
    }
    let from = letter["FromEmailAddress"].as_str().unwrap_or_default().to_owned();
    let id = format!("0102{}-{}-000000", random(), random());
    // SES writes an id of its own over the letter's.
    let raw = String::from_utf8_lossy(&raw).into_owned();
    let renamed = raw.lines().map(|line| match line.split_once(':') {
        Some((name, _)) if name.eq_ignore_ascii_case("message-id") => {
            format!("Message-ID: <{id}@{REGION}.amazonses.com>\r\n")
        }
        _ => format!("{line}\r\n"),
    });
    let letter = Stored { from, to, raw: renamed.collect() };
    let changed = state.world().take(letter);
    changed.iter().for_each(|(account, customer)| state.changed(account, customer));
    Json(json!({ "MessageId": id })).into_response()
}

/// The refusal of a request that the key has not signed as it stands.
fn distrust(service: &str, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Option<Response> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let forbidden =
        |name: &str| Some(refused(403, name, "The request signature we calculated does not match."));
    let Ok(at) = NaiveDateTime::parse_from_str(header("x-amz-date"), "%Y%m%dT%H%M%SZ") else {
        return forbidden("MissingAuthenticationTokenException");
    };
    let at = at.and_utc();
    if (chrono::Utc::now() - at).abs() > chrono::TimeDelta::minutes(15) {
        return forbidden("InvalidSignatureException");
    }
    let payload = sigv4::digest(body);
    let signed = [
        ("host", header("host")),
        ("x-amz-content-sha256", payload.as_str()),
        ("x-amz-date", header("x-amz-date")),
    ];
    let key = Key { id: ACCESS_KEY, secret: SECRET.as_bytes(), region: REGION, service };
    let call =
        Call { method: method.as_str(), path: uri.path(), query: "", headers: &signed, payload: &payload };
    let right = sigv4::authorization(key, call, at) == header("authorization");
    if right { None } else { forbidden("InvalidSignatureException") }
}

fn refused(status: u16, name: &str, words: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, [("x-amzn-errortype", name.to_owned())], Json(json!({ "message": words }))).into_response()
}
