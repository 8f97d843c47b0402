//! How sockets end: gone without a word, or closed with a code that tells the client what to do.

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use tokio::time::{Duration, timeout};

use crate::realtime::outbox::Cut;

pub(super) const FAREWELL: Duration = Duration::from_secs(1);

/// The client has to log in again, or to refresh its token.
pub(super) const UNAUTHENTICATED: u16 = 4401;

/// Why a socket ends.
pub(super) enum End {
    /// The peer is gone; there is nobody to tell.
    Gone,
    Close {
        code: u16,
        reason: &'static str,
    },
}

pub(super) type Flow<T = ()> = std::result::Result<T, End>;

/// This server is about to end; another takes the socket.
pub(super) const LEAVING: End = End::Close { code: close_code::RESTART, reason: "leaving" };

pub(super) async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let farewell = async {
        socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await.ok()?;
        // Unread frames of the client would turn the end of the connection into an abort.
        while let Some(Ok(_)) = socket.recv().await {}
        Some(())
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// What the protocol library refuses to read.
pub(super) fn broken(error: &axum::Error) -> End {
    let text = error.to_string();
    if text.contains("too long") || text.contains("too big") || text.contains("Space limit") {
        return End::Close { code: close_code::SIZE, reason: "too_large" };
    }
    if text.contains("UTF-8") || text.contains("utf-8") {
        return End::Close { code: close_code::INVALID, reason: "not_text" };
    }
    End::Gone
}

pub(super) fn end_of(cut: Cut) -> End {
    match cut {
        Cut::Slow => End::Close { code: close_code::AGAIN, reason: "slow" },
        Cut::Leaving => LEAVING,
        Cut::Ended => End::Close { code: UNAUTHENTICATED, reason: "session_ended" },
    }
}
