//! What a client asks for in the course of its socket.

use std::time::Instant;

use axum::extract::ws::WebSocket;
use tokio::time::{Duration, sleep};

use super::{
    command::{Command, Credentials, Mark, Misunderstood},
    ending::Flow,
    frames::{refusal, send},
    introduction::{Authenticated, authenticated, remaining},
    session::Session,
};
use crate::{
    access::{agent::Agent, permission::May},
    error::{Error, Result},
    ids::ConversationId,
    inbox::{conversation, read_mark, typing::typing},
    realtime::frame::encode,
};

/// Between two signs to the customer that somebody is writing.
const TYPING_EVERY: Duration = Duration::from_secs(4);
const MOST_JOINED: usize = 100;

impl Session {
    pub(super) async fn obey(
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

    pub(super) async fn stop_typing(&mut self) {
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
