//! A browser's end of a socket.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

use crate::harness::{client::Session, hub::Hub};

/// Longer than anything here takes, however busy the machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Socket {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The newest position heard.
    pub cursor: Option<String>,
}

impl Socket {
    /// Connected, but nobody yet.
    pub async fn connect(hub: &Hub) -> Self {
        Self::connect_to(&hub.url).await
    }

    pub async fn connect_to(url: &str) -> Self {
        let (stream, _) = connect_async(format!("{}/ws", url.replace("http", "ws"))).await.unwrap();
        Self { stream, cursor: None }
    }

    /// The status with which a page of this origin is turned away.
    pub async fn refused(hub: &Hub, origin: &str) -> u16 {
        Self::refused_at(&hub.url, origin).await
    }

    /// The same, at an address of its own; 101 where it is let in.
    pub async fn refused_at(url: &str, origin: &str) -> u16 {
        let mut request = format!("{}/ws", url.replace("http", "ws")).into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        match connect_async(request).await {
            Err(Error::Http(response)) => response.status().as_u16(),
            Err(error) => panic!("{error}"),
            Ok(_) => 101,
        }
    }

    /// A socket that has said who it is, and heard that it is live.
    pub async fn of(hub: &Hub, session: &Session) -> Self {
        Self::at(&hub.url, session).await
    }

    pub async fn at(url: &str, session: &Session) -> Self {
        let mut socket = Self::connect_to(url).await;
        let answer = socket.authenticate(session, None).await;
        assert_eq!(answer["type"], "authenticated", "{answer}");
        socket
    }

    /// Comes back; answers the socket and what `authenticated` said.
    pub async fn resume(url: &str, session: &Session, cursor: &str) -> (Self, Value) {
        let mut socket = Self::connect_to(url).await;
        let answer = socket.authenticate(session, Some(cursor)).await;
        assert_eq!(answer["type"], "authenticated", "{answer}");
        (socket, answer)
    }

    /// The first answer.
    pub async fn authenticate(&mut self, session: &Session, cursor: Option<&str>) -> Value {
        let token = session.client.token.as_deref().unwrap();
        let mut data = json!({"token": token});
        if let Some(cursor) = cursor {
            data["cursor"] = json!(cursor);
        }
        self.say("authenticate", data).await;
        self.next().await
    }

    pub async fn say(&mut self, kind: &str, data: Value) {
        self.text(&json!({"type": kind, "data": data}).to_string()).await;
    }

    pub async fn text(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The next frame of any kind; fails when the socket is closed.
    pub async fn next(&mut self) -> Value {
        match self.next_or_close().await {
            Ok(frame) => frame,
            Err(code) => panic!("closed with {code:?}"),
        }
    }

    /// A frame, or the code with which the socket was closed.
    pub async fn next_or_close(&mut self) -> Result<Value, Option<u16>> {
        loop {
            match timeout(PATIENCE, self.stream.next()).await.expect("nothing came") {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if let Some(cursor) = frame["cursor"].as_str() {
                        self.cursor = Some(cursor.to_owned());
                    }
                    return Ok(frame);
                }
                Some(Ok(Message::Close(close))) => return Err(close.map(|close| close.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The next frame of this kind; others are skipped.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Who looks at a conversation, as the next word on that says. Members who come online are told of in frames of the same
    /// kind, whenever the clock ticks; those are skipped.
    pub async fn next_viewers(&mut self) -> Vec<String> {
        loop {
            let frame = self.next_of("presence").await;
            if let Some(viewers) = frame["data"]["viewers"].as_array() {
                return viewers.iter().map(|one| one["user_id"].as_str().unwrap().to_owned()).collect();
            }
        }
    }

    /// The next frame that is an event of the table.
    pub async fn next_event(&mut self) -> Value {
        loop {
            let frame = self.next().await;
            if frame["id"].is_string() {
                return frame;
            }
        }
    }

    /// The code with which the socket is closed; frames before that are skipped.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.next_or_close().await {
                return code;
            }
        }
    }

    /// A position after everything heard, from the answer to a ping.
    pub async fn position(&mut self) -> String {
        self.say("ping", json!({})).await;
        self.next_of("pong").await["cursor"].as_str().unwrap().to_owned()
    }
}
