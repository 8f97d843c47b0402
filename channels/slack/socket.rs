//! Socket Mode: where Slack cannot reach the hub, the hub opens a connection and Slack sends the same events over it. Each must be
//! acknowledged, which is done once it is stored. <https://docs.slack.dev/apis/events-api/using-socket-mode>

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use chrono::Utc;
use net::{Frame, Socket};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{account, api::Api, errors, memory::Memory, missed, read};
use crate::{Account, Check, ListenError, Listener, Refusal, SendError, body, error::NextStep};

/// Slack pings every few seconds: a connection that was silent for so long is dead.
const SILENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_secs(15);
/// How long a connection that Slack ends is still listened to beside its successor.
const PARTING: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Opened {
    url: Url,
}

enum Heard {
    /// The connection is to be replaced.
    Renew,
    On,
}

pub(super) async fn listen(
    account: &Account,
    listener: &dyn Listener,
    net: &net::Client,
) -> Result<Infallible, ListenError> {
    let socket = open(account, net).await?;
    let memory = Memory::of(listener);
    let catching_up = async {
        match missed::tell(account, &memory, net).await {
            Ok(()) => std::future::pending().await,
            Err(error) => error,
        }
    };
    tokio::select! {
        ended = hear_on(account, listener, &memory, net, socket) => ended,
        error = catching_up => Err(error),
    }
}

async fn hear_on(
    account: &Account,
    listener: &dyn Listener,
    memory: &Memory<'_>,
    net: &net::Client,
    mut socket: Socket,
) -> Result<Infallible, ListenError> {
    loop {
        let heard = hear(account, listener, memory, &mut socket).await?;
        if matches!(heard, Heard::Renew) {
            let next = open(account, net).await?;
            let mut last = std::mem::replace(&mut socket, next);
            let rest =
                async { while let Ok(Heard::On) = hear(account, listener, memory, &mut last).await {} };
            // What is said on the new one waits in its buffer meanwhile, or is said again.
            let _ = tokio::time::timeout(PARTING, rest).await;
        }
    }
}

/// An address is good for one connection.
async fn open(account: &Account, net: &net::Client) -> Result<Socket, ListenError> {
    let api = Api::with_token(account, account::APP_TOKEN, net).map_err(lost)?;
    let opened: Result<Opened, _> = api.post("apps.connections.open", &json!({})).await;
    let opened = opened.map_err(|error| lost(errors::repeatable(&error)))?;
    Ok(net.websocket(&opened.url, &[]).await?)
}

fn lost(error: SendError) -> ListenError {
    match error {
        SendError::AccountBroken(reason) | SendError::Refused(reason) => ListenError::AccountBroken(reason),
        SendError::Later { reason, .. } => ListenError::Lost(reason.to_string()),
        SendError::Unknown(why) => ListenError::Lost(why),
    }
}

async fn hear(
    account: &Account,
    listener: &dyn Listener,
    memory: &Memory<'_>,
    socket: &mut Socket,
) -> Result<Heard, ListenError> {
    let frame = loop {
        match tokio::time::timeout(LOOK, socket.next()).await {
            Ok(frame) => break frame?,
            Err(_) if socket.quiet_for() > SILENCE => {
                return Err(ListenError::Lost("Slack has gone silent".to_owned()));
            }
            Err(_) => {}
        }
    };
    let raw = match frame {
        Frame::Text(raw) | Frame::Binary(raw) => raw,
        Frame::Closed { code, reason } => {
            return Err(ListenError::Lost(format!("Slack closed the connection ({code:?}) {reason}")));
        }
    };
    let Ok(said) = body::json(&raw) else { return Ok(Heard::On) };
    match read::text(&said, "type") {
        Some("hello") => {
            listener.health(Check::passed("connection", "Slack sends its events over Socket Mode.")).await;
            Ok(Heard::On)
        }
        Some("disconnect") => parted(&said),
        _ => {
            envelope(account, listener, socket, raw, &said).await?;
            memory.saw(said.pointer("/payload/event").unwrap_or(&Value::Null)).await?;
            Ok(Heard::On)
        }
    }
}

fn parted(said: &Value) -> Result<Heard, ListenError> {
    match read::text(said, "reason") {
        Some("link_disabled") => {
            let detail =
                "Socket Mode is switched off for this app. Switch it on, or remove the app-level token here.";
            Err(ListenError::AccountBroken(Refusal::new("socket_mode_off", detail, NextStep::Reconnect)))
        }
        _ => Ok(Heard::Renew),
    }
}

/// Acknowledged after it is stored. An app's connections share its events: those of another workspace are left to another connection.
async fn envelope(
    account: &Account,
    listener: &dyn Listener,
    socket: &mut Socket,
    raw: Bytes,
    said: &Value,
) -> Result<(), ListenError> {
    let Some(id) = read::text(said, "envelope_id") else { return Ok(()) };
    let incoming = read::frame(account, said, Utc::now());
    let own = account::key(account);
    let foreign = incoming.events.iter().any(|event| event.account.as_ref().is_some_and(|key| *key != own));
    if foreign {
        let detail =
            "The app is installed in several workspaces: Socket Mode mixes their events. Use a Request URL.";
        listener.health(Check::failed("workspaces", detail)).await;
        return Ok(());
    }
    let answer = incoming.answer.clone();
    listener.deliver(raw, incoming).await?;
    let mut acknowledge = json!({ "envelope_id": id });
    let takes = said.get("accepts_response_payload").and_then(Value::as_bool).unwrap_or_default();
    let payload =
        answer.filter(|_| takes).and_then(|answer| serde_json::from_slice::<Value>(&answer.body).ok());
    if let Some(payload) = payload {
        acknowledge["payload"] = payload;
    }
    Ok(socket.send(acknowledge.to_string()).await?)
}
