//! The gateway: hello, identify, resume with replay, heartbeats, and every way in which Discord ends a connection.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::{Shared, world::Session};

/// What a test does to the connections of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// There is something new in the session's log.
    Look,
    /// The connection breaks without a goodbye.
    Drop,
    Close(u16),
    /// Opcode 7.
    Reconnect,
    /// Opcode 9; the session may be gone.
    Invalid {
        resumable: bool,
    },
}

/// One connection.
struct Line {
    shared: Arc<Shared>,
    socket: WebSocket,
    /// Key of the application, once it is known.
    app: String,
    number: u64,
    /// Frames of the log that were sent.
    sent: usize,
}

/// The line is cut.
struct Over;

pub(super) async fn serve(shared: Arc<Shared>, socket: WebSocket) {
    let orders = shared.orders.subscribe();
    let number = shared.next_connection();
    let mut line = Line { shared: shared.clone(), socket, app: String::new(), number, sent: 0 };
    let _ = line.talk(orders).await;
    let mut world = shared.world();
    let session = world.apps.get_mut(&line.app).and_then(|app| app.session.as_mut());
    if let Some(session) = session.filter(|session| session.held == Some(number)) {
        session.held = None;
    }
}

impl Line {
    async fn talk(&mut self, mut orders: broadcast::Receiver<(String, Order)>) -> Result<(), Over> {
        let interval = self.shared.heartbeat().as_millis();
        self.say(json!({ "op": 10, "s": null, "t": null, "d": { "heartbeat_interval": interval as u64 } }))
            .await?;
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Ok((app, order)) if app == self.app => self.obey(order).await?,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => self.show().await?,
                    Err(broadcast::error::RecvError::Closed) => return Err(Over),
                },
                heard = self.socket.recv() => match heard {
                    Some(Ok(Message::Text(text))) => {
                        let frame = serde_json::from_str(&text).unwrap_or_default();
                        self.hear(&frame).await?;
                    }
                    Some(Ok(Message::Close(frame))) => {
                        self.left(frame.map_or(1000, |frame| frame.code));
                        return Err(Over);
                    }
                    Some(Ok(_)) => {}
                    _ => return Err(Over),
                },
            }
        }
    }

    async fn hear(&mut self, frame: &Value) -> Result<(), Over> {
        match frame["op"].as_u64() {
            Some(1) => {
                if self.shared.answers_heartbeats() {
                    self.say(json!({ "op": 11, "s": null, "t": null, "d": null })).await?;
                }
                Ok(())
            }
            Some(2) => self.identify(&frame["d"]).await,
            Some(6) => self.resume(&frame["d"]).await,
            _ => self.close(4001).await,
        }
    }

    async fn identify(&mut self, hello: &Value) -> Result<(), Over> {
        if !self.app.is_empty() {
            return self.close(4005).await;
        }
        let intents = hello["intents"].as_u64().unwrap_or_default();
        let verdict = {
            let mut world = self.shared.world();
            let id = self.shared.ids().next();
            match world.by_token(hello["token"].as_str().unwrap_or_default()) {
                None => Err(4004),
                Some(app) if app.asks_for_more_than_it_has(intents) => Err(4014),
                Some(app) if app.identifies == 0 => Err(4008),
                Some(app) => {
                    app.identifies -= 1;
                    app.greetings.push("identify");
                    let mut session = Session { id, log: Vec::new(), intents, held: Some(self.number) };
                    let url = self.shared.gateway_url();
                    session.push(
                        "READY",
                        json!({ "v": 10, "user": app.user(), "guilds": [], "session_id": session.id, "resume_gateway_url": url,
                            "application": { "id": app.id, "flags": app.json()["flags"] } }),
                    );
                    app.session = Some(session);
                    Ok(app.id.clone())
                }
            }
        };
        match verdict {
            Ok(app) => {
                self.app = app;
                self.shared.met.notify_waiters();
                self.show().await
            }
            Err(code) => self.close(code).await,
        }
    }

    async fn resume(&mut self, wish: &Value) -> Result<(), Over> {
        let seq = wish["seq"].as_u64().and_then(|seq| usize::try_from(seq).ok()).unwrap_or(usize::MAX);
        let found = {
            let mut world = self.shared.world();
            match world.by_token(wish["token"].as_str().unwrap_or_default()) {
                None => None,
                Some(app) => {
                    app.greetings.push("resume");
                    let known = app.session.as_mut().filter(|session| session.id == wish["session_id"]);
                    Some(known.filter(|session| seq <= session.log.len()).map(|session| {
                        session.held = Some(self.number);
                        app.id.clone()
                    }))
                }
            }
        };
        match found {
            None => self.close(4004).await,
            Some(None) => self.say(json!({ "op": 9, "s": null, "t": null, "d": false })).await,
            Some(Some(app)) => {
                self.app = app;
                self.sent = seq;
                self.show().await?;
                let resumed = {
                    let mut world = self.shared.world();
                    let session = world.apps.get_mut(&self.app).and_then(|app| app.session.as_mut());
                    session.map(|session| session.push("RESUMED", json!({})))
                };
                if resumed.is_some() { self.show().await } else { Ok(()) }
            }
        }
    }

    async fn obey(&mut self, order: Order) -> Result<(), Over> {
        match order {
            Order::Look => self.show().await,
            Order::Drop => Err(Over),
            Order::Close(code) => self.close(code).await,
            Order::Reconnect => self.say(json!({ "op": 7, "s": null, "t": null, "d": null })).await,
            Order::Invalid { resumable } => {
                self.say(json!({ "op": 9, "s": null, "t": null, "d": resumable })).await
            }
        }
    }

    /// Sends what the log has more than was sent.
    async fn show(&mut self) -> Result<(), Over> {
        loop {
            let next = {
                let world = self.shared.world();
                let session = world.apps.get(&self.app).and_then(|app| app.session.as_ref());
                let session = session.filter(|session| session.held == Some(self.number));
                session.and_then(|session| session.log.get(self.sent)).cloned()
            };
            let Some(frame) = next else { return Ok(()) };
            self.sent += 1;
            self.say(frame).await?;
        }
    }

    async fn say(&mut self, frame: Value) -> Result<(), Over> {
        self.socket.send(Message::text(frame.to_string())).await.map_err(|_| Over)
    }

    async fn close(&mut self, code: u16) -> Result<(), Over> {
        let frame = CloseFrame { code, reason: "".into() };
        let _ = self.socket.send(Message::Close(Some(frame))).await;
        // The other side's goodbye, so that it surely reads ours.
        let _ = tokio::time::timeout(Duration::from_millis(500), self.socket.recv()).await;
        Err(Over)
    }

    /// 1000 and 1001 end the session.
    fn left(&self, code: u16) {
        if matches!(code, 1000 | 1001)
            && let Some(app) = self.shared.world().apps.get_mut(&self.app)
            && app.session.as_ref().is_some_and(|session| session.held == Some(self.number))
        {
            app.session = None;
        }
    }
}
