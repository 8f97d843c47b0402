//! A provider that takes letters by HTTP and tells what became of them: Postmark.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State as Shared,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{State, world::Stored};

/// Every played server's token.
pub const SERVER_TOKEN: &str = "played-server-token";

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new().route("/email", post(email)).route("/server", get(server)).with_state(state)
}

async fn server(headers: HeaderMap) -> Response {
    if is_known(&headers) {
        Json(json!({ "ID": 1, "Name": "Played" })).into_response()
    } else {
        refused(401, 10, "No token.")
    }
}

async fn email(Shared(state): Shared<Arc<State>>, headers: HeaderMap, Json(letter): Json<Value>) -> Response {
    if !is_known(&headers) {
        return refused(401, 10, "The server token is wrong.");
    }
    let text = |name: &str| letter[name].as_str().unwrap_or_default().to_owned();
    let to = text("To");
    if to.contains("inactive") {
        return refused(422, 406, "You tried to send to a recipient that has been marked as inactive.");
    }
    let id = letter["Headers"].as_array().into_iter().flatten().find(|one| one["Name"] == "Message-ID");
    let id = id.and_then(|one| one["Value"].as_str()).unwrap_or_default();
    let raw = format!(
        "Message-ID: {id}\r\nSubject: {}\r\nContent-Type: text/plain\r\n\r\n{}",
        text("Subject"),
        text("TextBody")
    );
    let from = text("From");
    let from = from.rsplit('<').next().unwrap_or_default().trim_end_matches('>').to_owned();
    let changed = state.world().take(Stored { from, to: vec![to.clone()], raw });
    changed.iter().for_each(|(account, customer)| state.changed(account, customer));
    let said = json!({ "To": to, "SubmittedAt": chrono::Utc::now(), "MessageID": Uuid::new_v4(), "ErrorCode": 0, "Message": "OK" });
    let record = if to.starts_with("bounce") { "Bounce" } else { "Delivery" };
    let mut event = json!({
        "RecordType": record, "MessageID": said["MessageID"], "Metadata": letter["Metadata"], "MessageStream": "outbound",
        "Recipient": to, "Tag": "", "ServerID": 1,
    });
    if record == "Bounce" {
        event["Type"] = json!("HardBounce");
        event["Details"] = json!("smtp;550 5.1.1 The email account does not exist.");
        event["BouncedAt"] = json!(chrono::Utc::now());
    } else {
        event["DeliveredAt"] = json!(chrono::Utc::now());
    }
    tell(&state, event);
    Json(said).into_response()
}

/// To every address that was entered.
fn tell(state: &Arc<State>, event: Value) {
    let addresses = state.world().event_addresses.clone();
    let state = state.clone();
    tokio::spawn(async move {
        for address in addresses {
            state.poster.post(&address, &[], event.to_string().into_bytes()).await;
        }
    });
}

fn is_known(headers: &HeaderMap) -> bool {
    headers.get("x-postmark-server-token").is_some_and(|token| token == SERVER_TOKEN)
}

fn refused(status: u16, code: u32, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({ "ErrorCode": code, "Message": message }))).into_response()
}
