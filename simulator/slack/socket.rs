//! Socket Mode: an address that is good for one connection, envelopes, and their acknowledgements.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{
        Query, State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Shared, deliver, lock};

pub(super) async fn connect(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let ticket = query.get("ticket").cloned().unwrap_or_default();
    let account = lock(&shared.workspaces).values_mut().find_map(|workspace| {
        let at = workspace.tickets.iter().position(|known| *known == ticket)?;
        workspace.tickets.remove(at);
        Some((workspace.key(), workspace.app.clone()))
    });
    let Some((account, app)) = account else { return StatusCode::UNAUTHORIZED.into_response() };
    upgrade.on_upgrade(move |socket| hold(shared, account, app, socket)).into_response()
}

async fn hold(shared: Arc<Shared>, account: String, app: String, mut socket: WebSocket) {
    let hello = json!({
        "type": "hello", "num_connections": 1, "connection_info": { "app_id": app },
        "debug_info": { "host": "applink-1", "approximate_connection_time": 18060 },
    });
    if socket.send(Message::text(hello.to_string())).await.is_err() {
        return;
    }
    let (frames, mut outgoing) = mpsc::unbounded_channel::<Value>();
    shared.with(&account, |workspace| workspace.sockets.push(frames));
    loop {
        tokio::select! {
            frame = outgoing.recv() => {
                let Some(frame) = frame else { break };
                let last = frame["type"] == "disconnect";
                if socket.send(Message::text(frame.to_string())).await.is_err() || last {
                    break;
                }
            }
            said = socket.recv() => match said {
                Some(Ok(Message::Text(text))) => acknowledged(&text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
        }
    }
    outgoing.close();
    shared.with(&account, |workspace| workspace.sockets.retain(|one| !one.is_closed()));
}

fn acknowledged(text: &str) {
    if let Ok(said) = serde_json::from_str::<Value>(text) {
        deliver::acknowledge(said["envelope_id"].as_str().unwrap_or_default(), said["payload"].clone());
    }
}
