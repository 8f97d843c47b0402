//! Single frames from the client and to it.

use axum::extract::ws::{Message, WebSocket};
use tokio::time::{Duration, timeout};

use super::{
    command::{Command, Misunderstood},
    ending::{End, Flow, broken},
};
use crate::error::Error;

/// A write that takes longer has no reader.
pub(super) const WRITE: Duration = Duration::from_secs(30);

/// The client's next frame; `None` for one of the protocol's own.
pub(super) async fn receive(
    socket: &mut WebSocket,
) -> Flow<Option<std::result::Result<Command, Misunderstood>>> {
    match socket.recv().await {
        Some(Ok(message)) => read(message),
        Some(Err(error)) => Err(broken(&error)),
        None => Err(End::Gone),
    }
}

pub(super) fn read(message: Message) -> Flow<Option<std::result::Result<Command, Misunderstood>>> {
    match message {
        Message::Text(text) => Ok(Some(Command::read(&text))),
        Message::Binary(_) => {
            Ok(Some(Err(Misunderstood { code: "invalid_frame", detail: "Frames are text.".into() })))
        }
        Message::Ping(_) | Message::Pong(_) => Ok(None),
        Message::Close(_) => Err(End::Gone),
    }
}

pub(super) async fn send(socket: &mut WebSocket, text: String) -> Flow {
    match timeout(WRITE, socket.send(Message::Text(text.into()))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Gone),
    }
}

pub(super) fn refusal(error: Error) -> Misunderstood {
    match error {
        Error::Problem(problem) => Misunderstood { code: known(&problem.code), detail: problem.detail },
        error => {
            tracing::error!(error = %error, "a socket's frame failed");
            Misunderstood { code: "internal", detail: "Something went wrong on our side.".into() }
        }
    }
}

/// Codes are words of the protocol.
fn known(code: &str) -> &'static str {
    const CODES: [&str; 5] = ["token_expired", "token_invalid", "session_ended", "forbidden", "not_found"];
    CODES.into_iter().find(|known| *known == code).unwrap_or("refused")
}
