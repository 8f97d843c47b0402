//! One socket from its first frame to its last. A single task: it waits for frames to send, frames from the client and the
//! end of the token, whichever comes first.

use std::{pin::Pin, sync::Arc, time::Instant};

use axum::extract::ws::{Message, WebSocket, close_code};
use futures::SinkExt;
use serde_json::json;
use tokio::time::{Duration, Sleep, sleep, timeout};

use super::{
    Sockets,
    allowance::Allowance,
    command::Misunderstood,
    ending::{End, FAREWELL, Flow, UNAUTHENTICATED, broken, close, end_of},
    frames::{WRITE, read, send},
    introduction::introduce,
};
use crate::{
    access::token::Claims,
    ids::ConversationId,
    realtime::{
        frame::{Frame, encode},
        live::Place,
        outbox::Cut,
    },
};

/// After the token's end, to come with a new one.
const GRACE: Duration = Duration::from_secs(10);
/// Frames beyond the rate after which the socket is closed.
const MOST_REFUSED: u32 = 200;

/// From the first frame to the last.
pub(super) async fn run(sockets: Arc<Sockets>, mut socket: WebSocket) {
    // The process waits for it before it ends.
    let _open = sockets.app.connections.open.token();
    let end = match Box::pin(introduce(&sockets, &mut socket)).await {
        Ok(session) => {
            let mut session = session;
            let end = session.run(&mut socket).await.err();
            Box::pin(session.stop_typing()).await;
            end
        }
        Err(end) => Some(end),
    };
    if let Some(End::Close { code, reason }) = end {
        metrics::counter!("switchboard_sockets_dropped_total", "reason" => reason).increment(1);
        Box::pin(close(socket, code, reason)).await;
    }
}

/// A socket whose member is known.
pub(super) struct Session {
    pub(super) sockets: Arc<Sockets>,
    pub(super) claims: Claims,
    pub(super) place: Place,
    /// The token's end, and once it has passed, the end of patience.
    pub(super) deadline: Pin<Box<Sleep>>,
    pub(super) expired: bool,
    pub(super) heard: Instant,
    pub(super) allowance: Allowance,
    pub(super) joined: Vec<ConversationId>,
    pub(super) typing: Option<ConversationId>,
    pub(super) customer_told: Option<(ConversationId, Instant)>,
}

impl Session {
    async fn run(&mut self, socket: &mut WebSocket) -> Flow<std::convert::Infallible> {
        let mut frames = Vec::new();
        loop {
            tokio::select! {
                taken = self.place.outbox().take(&mut frames) => match taken {
                    Ok(()) => self.write(socket, &mut frames).await?,
                    Err(cut) => return Err(Box::pin(self.explain(socket, cut)).await),
                },
                message = socket.recv() => {
                    self.heard = Instant::now();
                    match message {
                        Some(Ok(message)) => Box::pin(self.answer(socket, message)).await?,
                        Some(Err(error)) => return Err(broken(&error)),
                        None => return Err(End::Gone),
                    }
                }
                () = &mut self.deadline => Box::pin(self.expire(socket)).await?,
            }
        }
    }

    /// Everything that waited, in as few writes as possible. Others never wait for this.
    pub(super) async fn write(&self, socket: &mut WebSocket, frames: &mut Vec<Arc<Frame>>) -> Flow {
        let mut probe = false;
        let writing = async {
            for frame in frames.drain(..) {
                probe |= frame.is_ping;
                socket.feed(Message::Text(frame.text.clone())).await?;
            }
            if probe {
                socket.feed(Message::Ping(bytes::Bytes::new())).await?;
            }
            socket.flush().await
        };
        tokio::select! {
            biased;
            written = timeout(WRITE, writing) => match written {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(End::Gone),
                Err(_) => return Err(end_of(Cut::Slow)),
            },
            cut = self.place.outbox().was_cut() => return Err(end_of(cut)),
        }
        match probe && self.heard.elapsed() > self.sockets.app.connections.silence {
            true => Err(End::Close { code: close_code::AWAY, reason: "silent" }),
            false => Ok(()),
        }
    }

    async fn explain(&self, socket: &mut WebSocket, cut: Cut) -> End {
        if cut == Cut::Ended {
            let data = json!({"code": "session_ended", "detail": "This session has ended. Log in again."});
            let _ = timeout(FAREWELL, send(socket, encode("error", None, Some(data)))).await;
        }
        end_of(cut)
    }

    async fn expire(&mut self, socket: &mut WebSocket) -> Flow {
        if self.expired {
            return Err(End::Close { code: UNAUTHENTICATED, reason: "token_expired" });
        }
        self.expired = true;
        self.deadline = Box::pin(sleep(GRACE));
        let detail = "The access token has expired. Refresh it and authenticate again.";
        send(socket, encode("error", None, Some(json!({"code": "token_expired", "detail": detail})))).await
    }

    async fn answer(&mut self, socket: &mut WebSocket, message: Message) -> Flow {
        let Some(command) = read(message)? else { return Ok(()) };
        if !self.allowance.spend() {
            if self.allowance.refused > MOST_REFUSED {
                return Err(End::Close { code: close_code::POLICY, reason: "too_many_frames" });
            }
            let data = json!({"code": "too_many_frames", "detail": "Send fewer frames."});
            return send(socket, encode("error", None, Some(data))).await;
        }
        let answered = match command {
            Ok(command) => self.obey(socket, command).await?,
            Err(misunderstood) => Err(misunderstood),
        };
        match answered {
            Ok(()) => Ok(()),
            Err(Misunderstood { code, detail }) => {
                send(socket, encode("error", None, Some(json!({"code": code, "detail": detail})))).await
            }
        }
    }
}
