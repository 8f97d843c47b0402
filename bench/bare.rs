//! A bare axum server to compare with, in a process of its own: what the web framework costs before a hub is built on it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::{
        State,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::{get, post},
};
use futures::SinkExt;
use tokio::{net::TcpListener, sync::mpsc};

use crate::{Result, platform};

pub const SUBSCRIBE: &str = "/sub";
pub const PUBLISH: &str = "/pub";
/// The argument that makes this program the bare server.
pub const NAME: &str = "bare";

/// A running bare server.
pub struct Bare {
    process: Child,
    pub address: SocketAddr,
}

impl Bare {
    pub fn start() -> Result<Self> {
        let mut process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(std::env::current_exe()?)
            .arg(NAME)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        Ok(Self { process, address: line.trim().parse()? })
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until it is killed; its address is its first line.
pub async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let routes = Router::new()
        .route("/webhooks/{channel}/{integration}", post(verify))
        .route(SUBSCRIBE, get(subscribe))
        .route(PUBLISH, post(publish))
        .with_state(Room::default());
    Ok(axum::serve(listener, routes).await?)
}

/// The signature and nothing else.
async fn verify(headers: HeaderMap, body: Bytes) -> StatusCode {
    let given = headers.get("x-hub-signature-256").map(|value| value.as_bytes()).unwrap_or_default();
    let right = webhooks::sign::hmac_sha256_hex(platform::app_secret(), &body);
    match given.strip_prefix(b"sha256=") == Some(right.as_bytes()) {
        true => StatusCode::OK,
        false => StatusCode::UNAUTHORIZED,
    }
}

/// Everybody who listens.
type Room = Arc<Mutex<Vec<mpsc::UnboundedSender<Utf8Bytes>>>>;

async fn publish(State(room): State<Room>, body: String) -> StatusCode {
    let text = Utf8Bytes::from(body);
    room.lock().unwrap_or_else(PoisonError::into_inner).retain(|one| one.send(text.clone()).is_ok());
    StatusCode::OK
}

async fn subscribe(State(room): State<Room>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.read_buffer_size(4096).write_buffer_size(16 * 1024).on_upgrade(async move |mut socket| {
        let (sender, mut waiting) = mpsc::unbounded_channel();
        room.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        loop {
            tokio::select! {
                text = waiting.recv() => {
                    let Some(text) = text else { return };
                    if write(&mut socket, text, &mut waiting).await.is_err() { return }
                }
                frame = socket.recv() => if !matches!(frame, Some(Ok(_))) { return },
            }
        }
    })
}

/// All that waits goes into one write.
async fn write(
    socket: &mut WebSocket,
    first: Utf8Bytes,
    waiting: &mut mpsc::UnboundedReceiver<Utf8Bytes>,
) -> Result<(), axum::Error> {
    socket.feed(Message::Text(first)).await?;
    while let Ok(text) = waiting.try_recv() {
        socket.feed(Message::Text(text)).await?;
    }
    socket.flush().await
}
