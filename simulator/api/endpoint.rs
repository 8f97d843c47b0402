//! Where the hub tells the system things: proves the signature, takes each thing once, and says so.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use serde_json::{Value, json};
use webhooks::{Scheme, Unverified, standard};

use super::{Player, System, bubble};
use crate::{ChatButton, Fault};

pub(super) async fn take(
    State(player): State<Arc<Player>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(told) = proven(&player, &name, &headers, body) else {
        return problem(StatusCode::UNAUTHORIZED, "forged", "The signature does not match.");
    };
    let r#type = told["type"].as_str().unwrap_or_default().to_owned();
    let fault = player.faults.take(&r#type);
    match fault {
        Some(Fault::Refuse { code, retry_after }) => {
            let mut refused = problem(StatusCode::UNPROCESSABLE_ENTITY, &code.to_string(), "It was refused.");
            if let Some(seconds) = retry_after {
                *refused.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                refused.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            return refused;
        }
        Some(Fault::Status(status)) => {
            return StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT).into_response();
        }
        Some(Fault::CutBefore) => return cut(),
        Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
        Some(Fault::CutAfter) | None => {}
    }
    let id = headers.get(standard::ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let answer = taken(&player, &name, id, &r#type, &told["data"]);
    if matches!(fault, Some(Fault::CutAfter)) { cut() } else { axum::Json(answer).into_response() }
}

fn proven(player: &Player, name: &str, headers: &HeaderMap, body: Bytes) -> Option<Value> {
    let secret = player.systems().get(name)?.secret.clone();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let request = Unverified::new("POST", "", vec![], headers, body);
    let proven = request.verify(&Scheme::Standard { secrets: vec![secret] }, Utc::now()).ok()?;
    serde_json::from_slice(proven.body()).ok()
}

fn taken(player: &Arc<Player>, name: &str, id: &str, r#type: &str, data: &Value) -> Value {
    let customer = data["contact"]["id"].as_str().unwrap_or_default().to_owned();
    let answer = {
        let mut systems = player.systems();
        let Some(system) = systems.get_mut(name) else { return json!({}) };
        if let Some(hub) = data["hub"].as_str() {
            system.hub = Some(hub.to_owned());
            return json!({});
        }
        let message = data["message_id"].as_str().unwrap_or_default().to_owned();
        if system.taken.insert(id.to_owned()) {
            system.change(&customer, r#type, &message, data);
        }
        json!({ "id": message })
    };
    player.changed(name, &customer, r#type == "typing.started");
    if r#type == "message.created" {
        let (player, name, id) = (player.clone(), name.to_owned(), answer["id"].clone());
        tokio::spawn(async move {
            // The hub should have the answer first.
            tokio::time::sleep(Duration::from_millis(100)).await;
            let _ = player.deliver(&name, "message.status", json!({ "id": id, "status": "delivered" })).await;
        });
    }
    answer
}

impl System {
    fn change(&mut self, customer: &str, r#type: &str, message: &str, data: &Value) {
        let text = |field: &str| data[field].as_str().unwrap_or_default();
        let chat = self.chats.entry(customer.to_owned()).or_default();
        if r#type == "message.created" {
            let kind = match text("kind") {
                "media" => data["attachments"][0]["kind"].as_str().unwrap_or("document"),
                "buttons" | "list" => "interactive",
                other => other,
            };
            let mut view = bubble(message, false, kind, text("text"));
            view.reply_to = data["reply_to"].as_str().map(str::to_owned);
            view.media_url = data["attachments"][0]["url"].as_str().map(str::to_owned);
            view.file_name = data["attachments"][0]["file_name"].as_str().map(str::to_owned);
            view.buttons = data["buttons"].as_array().into_iter().flatten().map(button).collect();
            chat.push(view);
            return;
        }
        let about = text("message").to_owned();
        let Some(found) = chat.iter_mut().find(|one| one.id == about) else { return };
        match r#type {
            "message.updated" => {
                text("text").clone_into(&mut found.text);
                found.edited = true;
            }
            "message.deleted" => found.deleted = true,
            "conversation.read" => "read".clone_into(&mut found.status),
            "reaction.changed" => {
                found.reactions.retain(|(_, by)| by != "business");
                let emoji = data["emoji"].as_array().into_iter().flatten().filter_map(Value::as_str);
                found.reactions.extend(emoji.map(|emoji| (emoji.to_owned(), "business".to_owned())));
            }
            _ => {}
        }
    }
}

fn button(value: &Value) -> ChatButton {
    let text = |field: &str| value[field].as_str().map(str::to_owned);
    ChatButton {
        id: text("id").unwrap_or_default(),
        title: text("title").unwrap_or_default(),
        description: text("description"),
        url: text("url"),
    }
}

pub(super) async fn file(State(player): State<Arc<Player>>, Path(id): Path<String>) -> Response {
    let Some((mime, bytes)) = player.files().get(&id).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    ([(header::CONTENT_TYPE, mime)], bytes).into_response()
}

fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    (status, axum::Json(json!({ "code": code, "detail": detail }))).into_response()
}

/// The connection ends in the middle of an answer.
fn cut() -> Response {
    let broken = futures::stream::once(async { Err::<&str, _>(std::io::Error::other("cut")) });
    Response::new(axum::body::Body::from_stream(broken))
}
