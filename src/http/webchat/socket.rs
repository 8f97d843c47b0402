//! `/webchat/ws`: what is new in a visitor's conversation. The first frame brings the visitor's token; everything that is shown comes
//! through [`own`], so that a frame can only hold what the visitor could read over HTTP.

mod frames;

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{
        FromRequestParts, Request, State,
        ws::{Message as Packet, WebSocket, WebSocketUpgrade, close_code},
    },
    response::Response,
};
use chrono::{DateTime, TimeDelta, Utc};
use frames::{Command, Cursor, End, Flow, close, encode, refuse, send};
use serde_json::json;
use tokio::time::{Duration, MissedTickBehavior, interval, timeout};

use super::knock;
use crate::{
    error::{Error, Result},
    http::address::Caller,
    ids::MessageId,
    webchat::{
        Door, News, Seat,
        acts::Guest,
        own::{self, Position, Window},
        token::{self, Visitor},
        view::{self, Shown, ShownConversation},
    },
};

const INBOUND_BYTES: usize = 8 * 1024;
/// Within which a new socket must say whose it is.
const INTRODUCTION: Duration = Duration::from_secs(10);
const PING: Duration = Duration::from_secs(20);
/// Pings after which the socket looks for what it may have missed.
const LOOK_EVERY: u32 = 3;
/// Clocks and transactions: what was written so long ago may only be seen now.
const MARGIN: TimeDelta = TimeDelta::seconds(10);
/// More than this is read anew by the client.
const MOST: i64 = 200;
/// Frames of a client between two pings.
const FRAMES: u32 = 200;

pub(super) async fn upgrade(State(door): State<Arc<Door>>, request: Request) -> Result<Response> {
    let (mut parts, _) = request.into_parts();
    let Ok(caller) = Caller::from_request_parts(&mut parts, &door.app).await;
    door.limits.request(caller.address)?;
    let origin = knock::origin(&parts.headers).map(str::to_owned);
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| Error::bad_request("not_a_socket", "This address speaks WebSocket only."))?;
    Ok(upgrade
        .read_buffer_size(INBOUND_BYTES)
        .write_buffer_size(INBOUND_BYTES)
        .max_message_size(INBOUND_BYTES)
        .max_frame_size(INBOUND_BYTES)
        .on_upgrade(async move |socket| run(door, socket, origin).await))
}

async fn run(door: Arc<Door>, mut socket: WebSocket, origin: Option<String>) {
    let _open = door.app.connections.open.token();
    let end = match Box::pin(introduce(&door, &mut socket, origin.as_deref())).await {
        Ok(mut session) => session.run(&mut socket).await,
        Err(end) => end,
    };
    if let End::Close { code, reason } = end {
        metrics::counter!("switchboard_sockets_dropped_total", "reason" => reason).increment(1);
        Box::pin(close(socket, code, reason)).await;
    }
}

struct Session {
    door: Arc<Door>,
    guest: Guest,
    token: String,
    seat: Seat,
    /// The newest message that was shown.
    at: Position,
    /// Everything written before was looked at.
    since: DateTime<Utc>,
    heard: Instant,
    frames: u32,
}

async fn introduce(door: &Arc<Door>, socket: &mut WebSocket, origin: Option<&str>) -> Flow<Session> {
    let closing = door.app.connections.closing.clone();
    let received = tokio::select! {
        biased;
        () = closing.cancelled() => return Err(End::LEAVING),
        received = timeout(INTRODUCTION, frames::receive(socket)) => received,
    };
    let command = received.map_err(|_| End::unauthenticated("authentication_timeout"))??;
    let Some(Command::Authenticate(credentials)) = command else {
        refuse(socket, "unauthenticated", "Authenticate first.").await?;
        return Err(End::unauthenticated("unauthenticated"));
    };
    let guest = match guest(door, &credentials.token, origin).await {
        Ok(guest) => guest,
        Err(Error::Problem(problem)) => {
            refuse(socket, &problem.code, &problem.detail).await?;
            return Err(End::unauthenticated("unauthenticated"));
        }
        Err(error) => return Err(frames::failed(&error)),
    };
    let organization = guest.integration.organization_id;
    // Seated before it reads, so that nothing falls in between.
    let Some(seat) = door.lobby.enter(organization, &guest.own()) else {
        return Err(End::Close { code: close_code::POLICY, reason: "too_many_sockets" });
    };
    let mut session = Session {
        door: door.clone(),
        token: credentials.token,
        guest,
        seat,
        at: Position::default(),
        since: Utc::now() - MARGIN,
        heard: Instant::now(),
        frames: 0,
    };
    session.welcome(socket, credentials.after.as_deref()).await?;
    Ok(session)
}

/// The visitor of a token, on a page that the window allows.
async fn guest(door: &Door, token: &str, origin: Option<&str>) -> Result<Guest> {
    let unknown = || Error::unauthorized("token_invalid", "This is no visitor's token.");
    let id = token::window(token).ok_or_else(unknown)?;
    let integration = door.find(id).await?;
    if origin.is_some() && !knock::is_welcome(&integration, origin, &door.app) {
        return Err(Error::forbidden("This site may not show the chat window."));
    }
    let visitor = Visitor::read(&door.app.vault, &integration, token, Utc::now())?;
    Ok(Guest { integration, visitor })
}

impl Session {
    async fn run(&mut self, socket: &mut WebSocket) -> End {
        let closing = self.door.app.connections.closing.clone();
        let mut clock = interval(PING);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        clock.reset();
        let mut pings = 0;
        loop {
            let done = tokio::select! {
                biased;
                () = closing.cancelled() => Err(End::LEAVING),
                news = self.seat.news() => match news {
                    Some(news) => Box::pin(self.show(socket, news)).await,
                    None => Err(End::LEAVING),
                },
                _ = clock.tick() => {
                    pings += 1;
                    Box::pin(self.ping(socket, pings % LOOK_EVERY == 0)).await
                }
                packet = socket.recv() => match packet {
                    Some(Ok(packet)) => Box::pin(self.obey(socket, packet)).await,
                    _ => Err(End::Gone),
                },
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn welcome(&mut self, socket: &mut WebSocket, after: Option<&str>) -> Flow {
        let conversations = self.conversations().await.map_err(|error| frames::failed(&error))?;
        let data = json!({
            "conversations": conversations,
            "expires_at": DateTime::from_timestamp(self.guest.visitor.expires, 0),
        });
        let resumed = after.and_then(|text| text.parse::<Cursor>().ok());
        match resumed {
            Some(cursor) => (self.at, self.since) = (cursor.at, cursor.since - MARGIN),
            None => self.at = self.newest().await.map_err(|error| frames::failed(&error))?,
        }
        send(socket, encode("authenticated", Some(self.cursor()), data)).await?;
        match (after, resumed) {
            (Some(_), None) => self.reset(socket).await,
            (Some(_), Some(_)) => self.look(socket).await,
            (None, _) => Ok(()),
        }
    }

    async fn show(&mut self, socket: &mut WebSocket, news: News) -> Flow {
        match news {
            News::Message(id) => self.show_message(socket, id).await,
            News::Said(message) => {
                let at = Position::of(&message);
                let (tenant, own) = (self.guest.integration.organization_id, self.guest.own());
                let shown = view::show_one(&self.door.app, tenant, &own, Arc::unwrap_or_clone(message)).await;
                self.send_message(socket, at, &shown.map_err(|error| frames::failed(&error))?).await
            }
            News::Typing { name, typing } => {
                send(socket, encode("typing", None, json!({"name": name, "typing": typing}))).await
            }
            News::Conversation => self.show_conversations(socket).await,
            News::Look => {
                self.show_conversations(socket).await?;
                self.look(socket).await
            }
        }
    }

    async fn show_message(&mut self, socket: &mut WebSocket, id: MessageId) -> Flow {
        let organization = self.guest.integration.organization_id;
        let seen = self.door.sight.look(organization, self.guest.own(), id).await;
        let Some((at, shown)) = seen.map_err(|error| frames::failed(&error))? else { return Ok(()) };
        self.send_message(socket, at, &shown).await
    }

    async fn send_message(&mut self, socket: &mut WebSocket, at: Position, shown: &Shown) -> Flow {
        self.at = self.at.max(at);
        send(socket, encode("message", Some(self.cursor()), json!(shown))).await
    }

    async fn show_conversations(&mut self, socket: &mut WebSocket) -> Flow {
        for conversation in self.conversations().await.map_err(|error| frames::failed(&error))? {
            send(socket, encode("conversation", None, json!(conversation))).await?;
        }
        Ok(())
    }

    /// Everything after the newest that was shown, and what was changed since the last look.
    async fn look(&mut self, socket: &mut WebSocket) -> Flow {
        let begun = Utc::now();
        let read = async {
            let mut tx = self.door.app.db.begin(self.guest.integration.organization_id).await?;
            let own = self.guest.own();
            let found = own::messages(&mut tx, &own, Window::After(self.at, self.since), MOST).await?;
            let at = found.iter().map(Position::of).max();
            Result::Ok((view::show(&self.door.app, &mut tx, &own, found).await?, at))
        };
        let (shown, at) = read.await.map_err(|error| frames::failed(&error))?;
        if shown.len() as i64 >= MOST {
            return self.reset(socket).await;
        }
        self.at = self.at.max(at.unwrap_or_default());
        self.since = begun - MARGIN;
        for message in shown {
            send(socket, encode("message", Some(self.cursor()), json!(message))).await?;
        }
        Ok(())
    }

    /// The client reads its messages anew.
    async fn reset(&mut self, socket: &mut WebSocket) -> Flow {
        self.since = Utc::now() - MARGIN;
        self.at = self.newest().await.map_err(|error| frames::failed(&error))?;
        send(socket, encode("reset", Some(self.cursor()), json!({}))).await
    }

    async fn ping(&mut self, socket: &mut WebSocket, looks: bool) -> Flow {
        if self.heard.elapsed() > self.door.app.connections.silence {
            return Err(End::Close { code: close_code::AWAY, reason: "silent" });
        }
        // The window may have been closed, its secret exchanged, the token's time run out.
        let integration = match self.door.find(self.guest.integration.id).await {
            Ok(integration) => integration,
            Err(Error::Problem(_)) => return Err(End::unauthenticated("session_ended")),
            Err(error) => return Err(frames::failed(&error)),
        };
        let read = Visitor::read(&self.door.app.vault, &integration, &self.token, Utc::now());
        read.map_err(|_| End::unauthenticated("session_ended"))?;
        self.guest.integration = integration;
        self.frames = 0;
        if looks {
            self.look(socket).await?;
        }
        send(socket, encode("ping", Some(self.cursor()), json!({}))).await?;
        match timeout(frames::WRITE, socket.send(Packet::Ping(bytes::Bytes::new()))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }

    async fn obey(&mut self, socket: &mut WebSocket, packet: Packet) -> Flow {
        self.heard = Instant::now();
        self.frames += 1;
        if self.frames > FRAMES {
            return Err(End::Close { code: close_code::POLICY, reason: "too_many_frames" });
        }
        let done = match frames::read(packet)? {
            None | Some(Command::Pong) => return Ok(()),
            Some(Command::Ping) => {
                return send(socket, encode("pong", Some(self.cursor()), json!({}))).await;
            }
            Some(Command::Typing(typing)) => {
                let allowed = self.door.limits.sign(self.guest.visitor.id);
                match allowed {
                    Ok(()) => self.door.type_at(&self.guest, typing.typing).await,
                    Err(error) => Err(error),
                }
            }
            Some(Command::Seen(seen)) => {
                let allowed = self.door.limits.sign(self.guest.visitor.id);
                match allowed {
                    Ok(()) => self.door.see(&self.guest, seen.up_to, seen.state.into()).await,
                    Err(error) => Err(error),
                }
            }
            Some(Command::Authenticate(_)) => {
                Err(Error::bad_request("authenticated", "Open a new socket for another visitor."))
            }
            Some(Command::Unknown) => Err(Error::bad_request("invalid_frame", "There is no such frame.")),
        };
        match done {
            Ok(()) => Ok(()),
            Err(Error::Problem(problem)) => refuse(socket, &problem.code, &problem.detail).await,
            Err(error) => {
                tracing::error!(%error, "a visitor's frame failed");
                refuse(socket, "internal", "Something went wrong on our side.").await
            }
        }
    }

    async fn conversations(&self) -> Result<Vec<ShownConversation>> {
        let mut tx = self.door.app.db.begin(self.guest.integration.organization_id).await?;
        let own = own::conversations(&mut tx, &self.guest.own()).await?;
        self.seat.learn(own.iter().map(|one| one.id));
        Ok(own.iter().map(ShownConversation::of).collect())
    }

    async fn newest(&self) -> Result<Position> {
        let mut tx = self.door.app.db.begin(self.guest.integration.organization_id).await?;
        let newest = own::messages(&mut tx, &self.guest.own(), Window::Before(None), 1).await?;
        Ok(newest.first().map(Position::of).unwrap_or_default())
    }

    fn cursor(&self) -> Cursor {
        Cursor { at: self.at, since: self.since }
    }
}
