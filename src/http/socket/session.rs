//! One socket from its first frame to its last. A single task: it waits for frames to send, frames from the client and the
//! end of the token, whichever comes first.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use chrono::Utc;
use futures::SinkExt;
use serde::Serialize;
use serde_json::json;
use tokio::time::{Sleep, sleep, timeout};

use super::{
    Sockets,
    command::{Command, Credentials, Mark, Misunderstood},
    review::viewer,
};
use crate::{
    access::{
        agent::{Agent, Member},
        permission::May,
        token::Claims,
    },
    error::{Error, Result},
    ids::ConversationId,
    inbox::{conversation, read_mark, typing::typing},
    realtime::{
        cursor::Cursor,
        frame::{Frame, encode},
        live::{Entrance, Place, Present},
        outbox::Cut,
        resume::{Lost, Resume, Step},
    },
};

/// Within which a new socket must say who it is.
const INTRODUCTION: Duration = Duration::from_secs(10);
/// After the token's end, to come with a new one.
const GRACE: Duration = Duration::from_secs(10);
/// A write that takes longer has no reader.
const WRITE: Duration = Duration::from_secs(30);
/// A peer that answers no ping for so long is dead. Pings come every 20 s.
const SILENCE: Duration = Duration::from_secs(65);
const FAREWELL: Duration = Duration::from_secs(1);
/// Between two signs to the customer that somebody is writing.
const TYPING_EVERY: Duration = Duration::from_secs(4);
const MOST_JOINED: usize = 100;
const MOST_ATTEMPTS: usize = 5;
/// Frames that a client may send per second, and at once.
const RATE: f32 = 20.0;
const BURST: f32 = 100.0;
/// Frames beyond the rate after which the socket is closed.
const MOST_REFUSED: u32 = 200;

/// The client has to log in again, or to refresh its token.
const UNAUTHENTICATED: u16 = 4401;

/// Why a socket ends.
enum End {
    /// The peer is gone; there is nobody to tell.
    Gone,
    Close {
        code: u16,
        reason: &'static str,
    },
}

type Flow<T = ()> = std::result::Result<T, End>;

pub async fn run(sockets: Arc<Sockets>, mut socket: WebSocket) {
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

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let farewell = async {
        socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await.ok()?;
        // Unread frames of the client would turn the end of the connection into an abort.
        while let Some(Ok(_)) = socket.recv().await {}
        Some(())
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// Until the client has said who it is.
async fn introduce(sockets: &Arc<Sockets>, socket: &mut WebSocket) -> Flow<Session> {
    let deadline = tokio::time::Instant::now() + INTRODUCTION;
    let mut refused = 0;
    while refused < MOST_ATTEMPTS {
        let received = tokio::time::timeout_at(deadline, receive(socket)).await;
        let late = |_| End::Close { code: UNAUTHENTICATED, reason: "authentication_timeout" };
        let refusal = match received.map_err(late)?? {
            None => continue,
            Some(Ok(Command::Authenticate(credentials))) => {
                match Session::begin(sockets, socket, credentials).await {
                    Ok(session) => return session,
                    Err(error) => refusal(error),
                }
            }
            Some(Ok(_)) => Misunderstood { code: "unauthenticated", detail: "Authenticate first.".into() },
            Some(Err(misunderstood)) => misunderstood,
        };
        refused += 1;
        send(socket, encode("error", None, Some(json!({"code": refusal.code, "detail": refusal.detail}))))
            .await?;
    }
    Err(End::Close { code: UNAUTHENTICATED, reason: "unauthenticated" })
}

/// The client's next frame; `None` for one of the protocol's own.
async fn receive(socket: &mut WebSocket) -> Flow<Option<std::result::Result<Command, Misunderstood>>> {
    match socket.recv().await {
        Some(Ok(message)) => read(message),
        Some(Err(error)) => Err(broken(&error)),
        None => Err(End::Gone),
    }
}

fn read(message: Message) -> Flow<Option<std::result::Result<Command, Misunderstood>>> {
    match message {
        Message::Text(text) => Ok(Some(Command::read(&text))),
        Message::Binary(_) => {
            Ok(Some(Err(Misunderstood { code: "invalid_frame", detail: "Frames are text.".into() })))
        }
        Message::Ping(_) | Message::Pong(_) => Ok(None),
        Message::Close(_) => Err(End::Gone),
    }
}

/// What the protocol library refuses to read.
fn broken(error: &axum::Error) -> End {
    let text = error.to_string();
    if text.contains("too long") || text.contains("too big") || text.contains("Space limit") {
        return End::Close { code: close_code::SIZE, reason: "too_large" };
    }
    if text.contains("UTF-8") || text.contains("utf-8") {
        return End::Close { code: close_code::INVALID, reason: "not_text" };
    }
    End::Gone
}

fn refusal(error: Error) -> Misunderstood {
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

async fn send(socket: &mut WebSocket, text: String) -> Flow {
    match timeout(WRITE, socket.send(Message::Text(text.into()))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Gone),
    }
}

/// A socket whose member is known.
struct Session {
    sockets: Arc<Sockets>,
    claims: Claims,
    place: Place,
    /// The token's end, and once it has passed, the end of patience.
    deadline: Pin<Box<Sleep>>,
    expired: bool,
    heard: Instant,
    allowance: Allowance,
    joined: Vec<ConversationId>,
    typing: Option<ConversationId>,
    customer_told: Option<(ConversationId, Instant)>,
}

#[derive(Serialize)]
struct Authenticated<'a> {
    member: MemberView<'a>,
    replayed: usize,
    /// What came before is lost to this client; it must read everything again.
    reset: bool,
    /// Members with a socket.
    online: Vec<crate::ids::UserId>,
    /// Seconds until the token ends.
    expires_in: i64,
}

#[derive(Serialize)]
struct MemberView<'a> {
    organization_id: crate::ids::OrganizationId,
    user_id: crate::ids::UserId,
    name: &'a str,
    role: crate::access::permission::Role,
    team_ids: &'a [crate::ids::TeamId],
}

impl Session {
    /// The outer error refuses the credentials; the inner one ends the socket.
    async fn begin(
        sockets: &Arc<Sockets>,
        socket: &mut WebSocket,
        credentials: Credentials,
    ) -> Result<Flow<Self>> {
        let claims = sockets.app.tokens.read(&credentials.token)?;
        let member = sockets.standing.check(claims).await?;
        let who = Present {
            organization_id: claims.organization_id,
            user_id: claims.user_id,
            session_id: claims.session_id,
        };
        let cursor = credentials.cursor.as_deref();
        let entrance = sockets.live.enter(who, viewer(&member), cursor).await?;
        let Entrance { place, cursor, resume, replayed, reset, online } = entrance;
        let session = Self {
            sockets: sockets.clone(),
            claims,
            place,
            deadline: Box::pin(sleep(remaining(claims))),
            expired: false,
            heard: Instant::now(),
            allowance: Allowance::default(),
            joined: Vec::new(),
            typing: None,
            customer_told: None,
        };
        let news = Authenticated { replayed, reset, online, ..authenticated(&member, claims) };
        Ok(session.welcome(socket, cursor, news, resume).await)
    }

    async fn welcome(
        self,
        socket: &mut WebSocket,
        cursor: Cursor,
        news: Authenticated<'_>,
        resume: Option<Resume>,
    ) -> Flow<Self> {
        let reset = news.reset;
        send(socket, encode("authenticated", Some(cursor), Some(news))).await?;
        if reset {
            let data = json!({"reason": "cursor_too_old"});
            send(socket, encode("reset", Some(cursor), Some(data))).await?;
        }
        if let Some(mut resume) = resume {
            self.catch_up(socket, &mut resume).await?;
        }
        Ok(self)
    }

    async fn catch_up(&self, socket: &mut WebSocket, resume: &mut Resume) -> Flow {
        loop {
            match self.place.step(resume).await {
                Ok(Step::Frames(mut frames)) => self.write(socket, &mut frames).await?,
                // A position after everything that was replayed.
                Ok(Step::Live) => {
                    return send(socket, encode("ping", Some(self.place.cursor()), None::<()>)).await;
                }
                Err(Lost::Cut(cut)) => return Err(end_of(cut)),
                Err(Lost::Database(error)) => {
                    tracing::warn!(error = %error, "a socket could not catch up");
                    return Err(End::Close { code: close_code::AGAIN, reason: "try_again" });
                }
            }
        }
    }

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
    async fn write(&self, socket: &mut WebSocket, frames: &mut Vec<Arc<Frame>>) -> Flow {
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
        match probe && self.heard.elapsed() > SILENCE {
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

    async fn obey(
        &mut self,
        socket: &mut WebSocket,
        command: Command,
    ) -> Flow<std::result::Result<(), Misunderstood>> {
        let done = match command {
            Command::Ping => {
                return send(socket, encode("pong", Some(self.place.cursor()), None::<()>)).await.map(Ok);
            }
            Command::Pong => Ok(()),
            Command::Authenticate(credentials) => match self.renew(&credentials).await {
                Ok(text) => return send(socket, text).await.map(Ok),
                Err(error) => Err(error),
            },
            Command::JoinConversation(id) => self.join(id).await,
            Command::LeaveConversation(id) => {
                self.leave(id).await;
                Ok(())
            }
            Command::TypingStart(id) => self.start_typing(id).await,
            Command::TypingStop(id) => {
                if self.typing == Some(id) {
                    self.stop_typing().await;
                }
                Ok(())
            }
            Command::MarkAsRead(mark) => self.mark_as_read(mark).await,
        };
        Ok(done.map_err(refusal))
    }

    /// A new token for the same member.
    async fn renew(&mut self, credentials: &Credentials) -> Result<String> {
        let claims = self.sockets.app.tokens.read(&credentials.token)?;
        if (claims.user_id, claims.organization_id) != (self.claims.user_id, self.claims.organization_id) {
            return Err(Error::forbidden("Open a new socket for somebody else."));
        }
        let member = self.sockets.standing.check(claims).await?;
        self.place.renew(claims.session_id);
        self.claims = claims;
        self.expired = false;
        self.deadline = Box::pin(sleep(remaining(claims)));
        let online = self.place.online();
        let news = Authenticated { online, ..authenticated(&member, claims) };
        Ok(encode("authenticated", Some(self.place.cursor()), Some(news)))
    }

    async fn join(&mut self, id: ConversationId) -> Result<()> {
        if self.joined.len() >= MOST_JOINED && !self.joined.contains(&id) {
            return Err(Error::forbidden("Leave a conversation before joining another."));
        }
        let (mut tx, member) = self.agent().begin(May::ReadConversations).await?;
        let subject = conversation::find(&mut tx, &member, id).await?.subject();
        drop(tx);
        if !self.joined.contains(&id) {
            self.joined.push(id);
        }
        self.place.join(subject);
        Ok(())
    }

    async fn leave(&mut self, id: ConversationId) {
        if self.typing == Some(id) {
            self.stop_typing().await;
        }
        self.joined.retain(|joined| *joined != id);
        self.place.leave(id);
    }

    async fn start_typing(&mut self, id: ConversationId) -> Result<()> {
        if !self.place.writes_in(id) {
            return Err(Error::forbidden("Join the conversation first; you must be allowed to write in it."));
        }
        if self.typing.is_some_and(|other| other != id) {
            self.stop_typing().await;
        }
        self.typing = Some(id);
        self.place.tell_typing(id, true).await;
        let told = |(told, at): (ConversationId, Instant)| told == id && at.elapsed() < TYPING_EVERY;
        if self.customer_told.is_some_and(told) {
            return Ok(());
        }
        self.customer_told = Some((id, Instant::now()));
        let (mut tx, member) = self.agent().begin(May::WriteConversations).await?;
        typing(&mut tx, &member, id, true).await?;
        Ok(tx.commit().await?)
    }

    async fn stop_typing(&mut self) {
        if let Some(id) = self.typing.take() {
            self.place.tell_typing(id, false).await;
        }
    }

    async fn mark_as_read(&mut self, mark: Mark) -> Result<()> {
        let (mut tx, member) = self.agent().begin(May::ReadConversations).await?;
        read_mark::read(&mut tx, &member, mark.conversation_id, mark.seq).await?;
        Ok(tx.commit().await?)
    }

    fn agent(&self) -> Agent {
        Agent::new(self.sockets.app.clone(), self.claims)
    }
}

fn authenticated(member: &Member, claims: Claims) -> Authenticated<'_> {
    Authenticated {
        member: MemberView {
            organization_id: member.organization_id,
            user_id: member.user_id,
            name: &member.name,
            role: member.role,
            team_ids: &member.teams,
        },
        replayed: 0,
        reset: false,
        online: Vec::new(),
        expires_in: claims.exp - Utc::now().timestamp(),
    }
}

fn remaining(claims: Claims) -> Duration {
    Duration::from_secs(u64::try_from(claims.exp - Utc::now().timestamp()).unwrap_or_default())
}

fn end_of(cut: Cut) -> End {
    match cut {
        Cut::Slow => End::Close { code: close_code::AGAIN, reason: "slow" },
        Cut::Ended => End::Close { code: UNAUTHENTICATED, reason: "session_ended" },
    }
}

/// A client's frames are paid from an allowance that refills.
struct Allowance {
    left: f32,
    since: Instant,
    refused: u32,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { left: BURST, since: Instant::now(), refused: 0 }
    }
}

impl Allowance {
    fn spend(&mut self) -> bool {
        let now = Instant::now();
        let refill = now.saturating_duration_since(self.since).as_secs_f32() * RATE;
        self.left = (self.left + refill).min(BURST);
        self.since = now;
        if self.left < 1.0 {
            self.refused += 1;
            return false;
        }
        self.left -= 1.0;
        true
    }
}
