//! The beginning of a socket: the client says who it is, hears what it missed, and is told directly from then on.

use std::{sync::Arc, time::Instant};

use axum::extract::ws::{WebSocket, close_code};
use chrono::Utc;
use serde::Serialize;
use serde_json::json;
use tokio::time::{Duration, sleep};

use super::{
    Sockets,
    allowance::Allowance,
    command::{Command, Credentials, Misunderstood},
    ending::{End, Flow, LEAVING, UNAUTHENTICATED, end_of},
    frames::{receive, refusal, send},
    review::viewer,
    session::Session,
};
use crate::{
    access::{agent::Member, token::Claims},
    error::Result,
    realtime::{
        cursor::Cursor,
        frame::encode,
        live::{Entrance, Present},
        resume::{Lost, Resume, Step},
    },
};

/// Within which a new socket must say who it is.
const INTRODUCTION: Duration = Duration::from_secs(10);
const MOST_ATTEMPTS: usize = 5;

/// Until the client has said who it is.
pub(super) async fn introduce(sockets: &Arc<Sockets>, socket: &mut WebSocket) -> Flow<Session> {
    let deadline = tokio::time::Instant::now() + INTRODUCTION;
    let closing = &sockets.app.connections.closing;
    let mut refused = 0;
    while refused < MOST_ATTEMPTS {
        let received = tokio::select! {
            biased;
            () = closing.cancelled() => return Err(LEAVING),
            received = tokio::time::timeout_at(deadline, receive(socket)) => received,
        };
        let late = |_| End::Close { code: UNAUTHENTICATED, reason: "authentication_timeout" };
        let refusal = match received.map_err(late)?? {
            None => continue,
            Some(Ok(Command::Authenticate(credentials))) => {
                match Session::begin(sockets, socket, credentials).await {
                    // It may have come in after all others were told to leave.
                    Ok(_) if closing.is_cancelled() => return Err(LEAVING),
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

#[derive(Serialize)]
pub(super) struct Authenticated<'a> {
    pub(super) member: MemberView<'a>,
    pub(super) replayed: usize,
    /// What came before is lost to this client; it must read everything again.
    pub(super) reset: bool,
    /// Members with a socket.
    pub(super) online: Vec<crate::ids::UserId>,
    /// Seconds until the token ends.
    pub(super) expires_in: i64,
}

#[derive(Serialize)]
pub(super) struct MemberView<'a> {
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
}

pub(super) fn authenticated(member: &Member, claims: Claims) -> Authenticated<'_> {
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

pub(super) fn remaining(claims: Claims) -> Duration {
    Duration::from_secs(u64::try_from(claims.exp - Utc::now().timestamp()).unwrap_or_default())
}
