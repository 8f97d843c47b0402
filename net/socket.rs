//! WebSockets to platforms' gateways.

use std::{
    fmt,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        handshake::client::generate_key,
        http,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};
use url::Url;

use crate::{Client, Failure, Stream, Tls, client::Cause, guard, stream};

/// Bytes of the largest message taken from a platform: Discord's largest `READY` frames are a few megabytes.
const LARGEST: usize = 16 << 20;
/// Bytes that a socket's buffer keeps while it is idle.
const BUFFER: usize = 4 << 10;

/// An open WebSocket. Pings are answered while [`Socket::next`] is awaited, so await it all the time.
pub struct Socket {
    inner: WebSocketStream<Stream>,
    heard: Instant,
}

/// One message of the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Text(Bytes),
    Binary(Bytes),
    /// The platform closes; nothing follows.
    Closed {
        code: Option<u16>,
        reason: String,
    },
}

impl Client {
    /// Opens a WebSocket to a `wss` (or `ws`) address, with these headers beside the protocol's own. Follows no redirects.
    ///
    /// # Errors
    /// `Refused` for private addresses; `NotSent` if the handshake fails, with the platform's status in the text.
    pub async fn websocket(&self, url: &Url, headers: &[(&str, &str)]) -> Result<Socket, Failure> {
        let (tls, default_port) = match url.scheme() {
            "wss" => (Tls::Implicit, 443),
            "ws" => (Tls::None, 80),
            _ => return Err(Failure::Refused(guard::Refusal::NoHost)),
        };
        let host = url.host_str().ok_or(Failure::Refused(guard::Refusal::NoHost))?;
        let request = request(url, host, headers)?;
        let opening = async {
            let stream = self.stream(host, url.port().unwrap_or(default_port), tls).await?;
            let config = WebSocketConfig::default()
                .read_buffer_size(BUFFER)
                .write_buffer_size(0)
                .max_message_size(Some(LARGEST))
                .max_frame_size(Some(LARGEST));
            let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
            opened.map_err(|error| Failure::NotSent(cause(&error)))
        };
        // A platform that accepts the connection has as long again for the handshake.
        let opened = tokio::time::timeout(self.limits().connect * 2, opening).await;
        let (inner, _) = opened.unwrap_or_else(|_| Err(stream::late()))?;
        Ok(Socket { inner, heard: Instant::now() })
    }
}

impl Socket {
    /// The next message; `Closed` when the platform says goodbye, `MaybeSent` when the connection breaks without it. Safe to drop.
    pub async fn next(&mut self) -> Result<Frame, Failure> {
        loop {
            let Some(message) = self.inner.next().await else {
                return Ok(Frame::Closed { code: None, reason: String::new() });
            };
            self.heard = Instant::now();
            match message.map_err(|error| self.broken(&error))? {
                Message::Text(text) => return Ok(Frame::Text(text.into())),
                Message::Binary(bytes) => return Ok(Frame::Binary(bytes)),
                Message::Close(frame) => return Ok(closed(frame)),
                // tungstenite queues the answer; flushing it is ours.
                Message::Ping(_) => self.inner.flush().await.map_err(|error| self.broken(&error))?,
                Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// How long nothing has been heard, pings included. Counts only while [`Socket::next`] is awaited.
    pub fn quiet_for(&self) -> Duration {
        self.heard.elapsed()
    }

    /// Returns once the message is on its way.
    pub async fn send(&mut self, text: impl Into<String>) -> Result<(), Failure> {
        let sent = self.inner.send(Message::text(text.into())).await;
        sent.map_err(|error| self.broken(&error))
    }

    /// Says goodbye with a code that the platform understands: most keep a session after 4000 and above, and end it after 1000.
    pub async fn close(mut self, code: u16) -> Result<(), Failure> {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        let sent = self.inner.close(Some(frame)).await;
        sent.map_err(|error| self.broken(&error))
    }

    fn broken(&self, error: &tungstenite::Error) -> Failure {
        match error {
            tungstenite::Error::Capacity(_) => Failure::TooLarge(LARGEST),
            error => Failure::MaybeSent(cause(error)),
        }
    }
}

fn request(url: &Url, host: &str, headers: &[(&str, &str)]) -> Result<http::Request<()>, Failure> {
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut request = http::Request::get(url.as_str())
        .header("Host", authority)
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", generate_key())
        .header("User-Agent", concat!("switchboard/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).map_err(|_| Failure::NotSent(Cause::said("a header or the address is malformed")))
}

fn closed(frame: Option<CloseFrame>) -> Frame {
    let code = frame.as_ref().map(|frame| frame.code.into());
    Frame::Closed { code, reason: frame.map(|frame| frame.reason.to_string()).unwrap_or_default() }
}

/// Without the address, whose query may hold a ticket.
fn cause(error: &tungstenite::Error) -> Cause {
    match error {
        tungstenite::Error::Http(answer) => {
            Cause::said(&format!("the platform answered {}", answer.status()))
        }
        tungstenite::Error::Url(_) => Cause::said("the address is malformed"),
        error => Cause::said(&error.to_string()),
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("stream", self.inner.get_ref()).finish()
    }
}
