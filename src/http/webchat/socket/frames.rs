//! Frames between the hub and a visitor's client, and how a socket ends.

use axum::extract::ws::{CloseFrame, Message as Packet, WebSocket, close_code};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Duration, timeout};

use super::super::signs::{SeenUpTo, TypingNow};
use crate::{error::Error, realtime::cursor::NoCursor, webchat::own::Position};

/// A write that takes longer has no reader.
pub(super) const WRITE: Duration = Duration::from_secs(30);
const FAREWELL: Duration = Duration::from_secs(1);
/// The client has to ask for a new session.
const UNAUTHENTICATED: u16 = 4401;

#[derive(Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub(super) enum Command {
    Authenticate(Credentials),
    Ping,
    Pong,
    Typing(TypingNow),
    Seen(SeenUpTo),
    #[serde(skip)]
    Unknown,
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    pub token: String,
    /// The newest cursor that the client was given.
    pub after: Option<String>,
}

/// Where a client was. Text form: `{position}.{unix seconds}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub at: Position,
    pub since: DateTime<Utc>,
}

pub(super) enum End {
    /// The peer is gone; there is nobody to tell.
    Gone,
    Close {
        code: u16,
        reason: &'static str,
    },
}

pub(super) type Flow<T = ()> = std::result::Result<T, End>;

impl End {
    /// This server is about to end; another takes the socket.
    pub(super) const LEAVING: Self = Self::Close { code: close_code::RESTART, reason: "leaving" };

    pub(super) fn unauthenticated(reason: &'static str) -> Self {
        Self::Close { code: UNAUTHENTICATED, reason }
    }
}

pub(super) fn failed(error: &Error) -> End {
    tracing::warn!(%error, "a visitor's socket could not read");
    End::Close { code: close_code::AGAIN, reason: "try_again" }
}

pub(super) async fn receive(socket: &mut WebSocket) -> Flow<Option<Command>> {
    match socket.recv().await {
        Some(Ok(packet)) => read(packet),
        _ => Err(End::Gone),
    }
}

/// `None` for the protocol's own packets.
pub(super) fn read(packet: Packet) -> Flow<Option<Command>> {
    match packet {
        Packet::Text(text) => Ok(Some(serde_json::from_str(&text).unwrap_or(Command::Unknown))),
        Packet::Binary(_) => Ok(Some(Command::Unknown)),
        Packet::Ping(_) | Packet::Pong(_) => Ok(None),
        Packet::Close(_) => Err(End::Gone),
    }
}

pub(super) fn encode(kind: &str, cursor: Option<Cursor>, data: Value) -> String {
    match cursor {
        Some(cursor) => json!({"type": kind, "cursor": cursor.to_string(), "data": data}).to_string(),
        None => json!({"type": kind, "data": data}).to_string(),
    }
}

pub(super) async fn send(socket: &mut WebSocket, text: String) -> Flow {
    match timeout(WRITE, socket.send(Packet::Text(text.into()))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Gone),
    }
}

pub(super) async fn refuse(socket: &mut WebSocket, code: &str, detail: &str) -> Flow {
    send(socket, encode("error", None, json!({"code": code, "detail": detail}))).await
}

pub(super) async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let farewell = async {
        socket.send(Packet::Close(Some(CloseFrame { code, reason: reason.into() }))).await.ok()?;
        // Unread frames of the client would turn the end of the connection into an abort.
        while let Some(Ok(_)) = socket.recv().await {}
        Some(())
    };
    let _ = timeout(FAREWELL, farewell).await;
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at, self.since.timestamp())
    }
}

impl std::str::FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (at, since) = text.rsplit_once('.').ok_or(NoCursor)?;
        // Nothing was written before there were computers, and the clock's ends are no times to reckon with.
        let since = since.parse().ok().filter(|seconds| *seconds >= 0);
        let since = since.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        Ok(Self { at: at.parse()?, since: since.ok_or(NoCursor)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_were_written() {
        let text = "019b0000-0000-7000-8000-00000000000c.17.1767225600";
        assert_eq!(text.parse::<Cursor>().unwrap().to_string(), text);
        for seconds in ["-1", "-8334601228800", "9223372036854775807"] {
            let text = format!("019b0000-0000-7000-8000-00000000000c.17.{seconds}");
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
        for text in ["", "1.2", "019b0000-0000-7000-8000-00000000000c.1", "x.1.2", "a.b.c"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_command() {
        let read = |text: &str| read(Packet::Text(text.into())).ok().flatten();
        assert!(matches!(read(r#"{"type":"typing","data":{"typing":true}}"#), Some(Command::Typing(_))));
        assert!(matches!(read(r#"{"type":"ping"}"#), Some(Command::Ping)));
        for text in ["", "[]", r#"{"type":"join"}"#, r#"{"type":"typing"}"#] {
            assert!(matches!(read(text), Some(Command::Unknown)), "{text}");
        }
    }
}
