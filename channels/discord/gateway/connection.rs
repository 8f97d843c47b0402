//! One connection's protocol: hello, identify or resume, heartbeats, events in order, and what each end of it means.
//! <https://docs.discord.com/developers/events/gateway>

use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use net::{Frame, Socket};
use rand::Rng;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use serenity::{
    constants::{Opcode, close_codes},
    model::gateway::GatewayIntents,
};
use tokio::time::{Instant, Sleep};
use url::Url;

use super::{End, INTENT_MISSING, Mark};
use crate::{
    Account, Check, ListenError, Listener, Refusal,
    discord::{
        account, connect, dispatch, history,
        rest::Api,
        session::{Resume, Session},
        wire,
    },
    error::NextStep,
};

/// How long Discord may take for its hello.
const PATIENCE: Duration = Duration::from_secs(20);
/// Events that are being stored at a time; more wait in the socket.
const UNDER_WAY: usize = 64;
/// Ends a connection so that its session can be resumed: any code but 1000 and 1001 does.
const RESUMABLE: u16 = 4900;

/// One WebSocket and what is known of its session.
pub(super) struct Connection<'a> {
    account: &'a Account,
    listener: &'a dyn Listener,
    api: &'a Api<'a>,
    own: String,
    pub(super) session: Session,
    /// Of the last event that came, which may not be stored yet.
    seq: Option<u64>,
    /// Events in their order, each until it is stored.
    under_way: FuturesOrdered<BoxFuture<'a, Result<Mark, ListenError>>>,
    /// Reads the history that a lost session left untold.
    history: Option<BoxFuture<'a, Result<Mark, ListenError>>>,
    desk: dispatch::Desk,
}

impl<'a> Connection<'a> {
    pub(super) fn new(
        account: &'a Account,
        listener: &'a dyn Listener,
        api: &'a Api<'a>,
        session: Session,
    ) -> Self {
        Self {
            account,
            listener,
            api,
            own: account::bot_id(account),
            seq: session.resume.as_ref().map(|resume| resume.seq),
            session,
            under_way: FuturesOrdered::new(),
            history: None,
            desk: dispatch::Desk::default(),
        }
    }

    pub(super) async fn run(&mut self, mut socket: Socket) -> Result<End, ListenError> {
        let hello = tokio::time::timeout(PATIENCE, socket.next()).await;
        let hello = hello.map_err(|_| ListenError::Lost("Discord said no hello".to_owned()))?;
        let interval = match hello? {
            Frame::Text(raw) => interval(&raw)?,
            Frame::Closed { code, reason } => return Err(self.closed(code, &reason).await),
            Frame::Binary(_) => return Err(ListenError::Lost("Discord said no hello".to_owned())),
        };
        socket.send(self.greeting().to_string()).await?;
        let jitter = interval.mul_f64(rand::rng().random_range(0.0..1.0));
        let beat = tokio::time::sleep(jitter);
        tokio::pin!(beat);
        let mut answered = true;
        loop {
            tokio::select! {
                () = &mut beat => {
                    if !answered {
                        // Nobody is there: the connection only looks alive.
                        let _ = socket.close(RESUMABLE).await;
                        return Err(ListenError::Lost("Discord did not answer a heartbeat".to_owned()));
                    }
                    self.beat(&mut socket).await?;
                    answered = false;
                    beat.as_mut().reset(Instant::now() + interval);
                }
                frame = socket.next(), if self.under_way.len() < UNDER_WAY => match frame? {
                    Frame::Text(raw) => {
                        let end = self.hear(raw, &mut socket, &mut answered, beat.as_mut()).await?;
                        if let Some(end) = end {
                            self.settle().await?;
                            let _ = socket.close(RESUMABLE).await;
                            return Ok(end);
                        }
                    }
                    Frame::Binary(_) => {}
                    Frame::Closed { code, reason } => {
                        self.settle().await?;
                        return Err(self.closed(code, &reason).await);
                    }
                },
                Some(done) = self.under_way.next(), if !self.under_way.is_empty() => self.stored(done?).await?,
                done = async { self.history.as_mut()?.await.into() }, if self.history.is_some() => {
                    self.history = None;
                    if let Some(done) = done {
                        self.stored(done?).await?;
                    }
                }
            }
        }
    }

    /// Resume where a session is known, identify otherwise.
    fn greeting(&self) -> Value {
        let token = account::token(self.account);
        let token = token.expose_secret();
        match &self.session.resume {
            Some(resume) => json!({
                "op": u8::from(Opcode::Resume),
                "d": { "token": token, "session_id": resume.id, "seq": resume.seq },
            }),
            None => json!({
                "op": u8::from(Opcode::Identify),
                "d": {
                    "token": token,
                    "intents": intents().bits(),
                    "properties": { "os": std::env::consts::OS, "browser": "switchboard", "device": "switchboard" },
                },
            }),
        }
    }

    async fn beat(&mut self, socket: &mut Socket) -> Result<(), ListenError> {
        let beat = json!({ "op": u8::from(Opcode::Heartbeat), "d": self.seq });
        Ok(socket.send(beat.to_string()).await?)
    }

    async fn hear(
        &mut self,
        raw: Bytes,
        socket: &mut Socket,
        answered: &mut bool,
        beat: std::pin::Pin<&mut Sleep>,
    ) -> Result<Option<End>, ListenError> {
        let Ok(frame) = crate::body::json(&raw) else { return Ok(None) };
        let op = wire::number(&frame, "op").and_then(|op| u8::try_from(op).ok()).map(Opcode::from);
        match op {
            Some(Opcode::Dispatch) => self.event(raw, frame).await,
            Some(Opcode::Heartbeat) => {
                self.beat(socket).await?;
                Ok(None)
            }
            Some(Opcode::HeartbeatAck) => {
                *answered = true;
                Ok(None)
            }
            Some(Opcode::Hello) => {
                beat.reset(Instant::now() + interval(&raw)?);
                Ok(None)
            }
            Some(Opcode::Reconnect) => Ok(Some(End::Resume)),
            Some(Opcode::InvalidSession) if wire::flag(&frame, "d") => Ok(Some(End::Resume)),
            Some(Opcode::InvalidSession) => Ok(Some(End::Invalid)),
            _ => Ok(None),
        }
    }

    async fn event(&mut self, raw: Bytes, frame: Value) -> Result<Option<End>, ListenError> {
        let seq = wire::number(&frame, "s").or(self.seq).unwrap_or_default();
        self.seq = Some(seq);
        let data = wire::field(&frame, "d");
        match wire::text(&frame, "t") {
            "READY" => self.ready(data, seq).await?,
            "RESUMED" => {
                self.listener
                    .health(Check::passed("connection", "Connected, and went on where it was."))
                    .await;
                self.catch_up();
            }
            "TYPING_START" => {
                let told = self.desk.typing(self.listener, &self.own, seq, data);
                self.under_way.push_back(told);
            }
            _ => {
                let stored = self.desk.take(self.api, self.listener, &self.own, seq, raw, frame);
                self.under_way.push_back(stored);
            }
        }
        Ok(None)
    }

    async fn ready(&mut self, data: &Value, seq: u64) -> Result<(), ListenError> {
        let user = wire::field(data, "user");
        if let Some(id) = wire::id(user, "id") {
            self.own = id;
        }
        let id = wire::filled(data, "session_id")
            .ok_or_else(|| ListenError::Lost("a session without an id".into()))?;
        let url = Url::parse(wire::text(data, "resume_gateway_url"))
            .map_err(|error| ListenError::Lost(format!("the session's address: {error}")))?;
        self.under_way.push_back(async move { Ok(Mark::Began(Resume { id, url, seq })) }.boxed());
        let name = wire::filled(user, "username").unwrap_or_default();
        self.listener.health(Check::passed("connection", format!("Connected as {name}."))).await;
        if let Some(flags) = wire::number(wire::field(data, "application"), "flags") {
            self.listener.health(connect::content_intent(flags)).await;
        }
        self.catch_up();
        Ok(())
    }

    fn catch_up(&mut self) {
        if let Some(behind) = self.session.behind
            && self.history.is_none()
        {
            let told = history::tell(
                self.api,
                self.listener,
                self.own.clone(),
                behind,
                self.session.channels.clone(),
            );
            self.history = Some(told.boxed());
        }
    }

    /// Remembers what was stored, and what was stored with it by now.
    async fn stored(&mut self, mark: Mark) -> Result<(), ListenError> {
        self.mark(mark);
        while let Some(Some(more)) = self.under_way.next().now_or_never() {
            self.mark(more?);
        }
        self.listener.remember(self.session.state()).await
    }

    fn mark(&mut self, mark: Mark) {
        match mark {
            Mark::Began(resume) => self.session.resume = Some(resume),
            Mark::Event { seq, message } => {
                if let Some(resume) = &mut self.session.resume {
                    resume.seq = seq;
                }
                if let Some(message) = message {
                    self.session.heard(&message);
                }
            }
            Mark::CaughtUp(gone) => {
                self.session.behind = None;
                gone.iter().for_each(|channel| self.session.forget(channel));
            }
        }
    }

    /// What is under way is stored before the connection is left.
    async fn settle(&mut self) -> Result<(), ListenError> {
        while let Some(done) = self.under_way.next().await {
            self.stored(done?).await?;
        }
        Ok(())
    }

    /// <https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes>
    async fn closed(&mut self, code: Option<u16>, reason: &str) -> ListenError {
        let broken = |ours: &str, words: &str| {
            let refusal = Refusal::new(ours, words, NextStep::Reconnect);
            ListenError::AccountBroken(code.map_or(refusal.clone(), |code| refusal.platform_code(code)))
        };
        match code {
            Some(close_codes::AUTHENTICATION_FAILED) => broken(
                "token_rejected",
                "Discord does not accept the bot's token. Reset it in the Developer Portal under Bot, and enter it here.",
            ),
            Some(close_codes::DISALLOWED_GATEWAY_INTENTS) => broken("intent_missing", INTENT_MISSING),
            Some(close_codes::SHARDING_REQUIRED) => broken(
                "too_many_servers",
                "The bot is on more than 2,500 servers; Discord wants several connections then, and the hub has one.",
            ),
            Some(close_codes::INVALID_SHARD | 4012 | close_codes::INVALID_GATEWAY_INTENTS) => broken(
                "gateway_refused",
                "Discord does not take the hub's version of its gateway any more. Update the hub.",
            ),
            Some(close_codes::INVALID_SEQUENCE | close_codes::SESSION_TIMEOUT | 1000 | 1001) => {
                self.session.lost();
                if let Err(error) = self.listener.remember(self.session.state()).await {
                    return error;
                }
                ListenError::Lost(format!("the session ended ({})", code.unwrap_or_default()))
            }
            code => ListenError::Lost(format!(
                "Discord closed the connection ({}) {reason}",
                code.unwrap_or_default()
            )),
        }
    }
}

/// Servers and direct messages with their reactions, and what people write there.
fn intents() -> GatewayIntents {
    GatewayIntents::GUILDS
        | GatewayIntents::GUILD_MESSAGES
        | GatewayIntents::GUILD_MESSAGE_REACTIONS
        | GatewayIntents::GUILD_MESSAGE_TYPING
        | GatewayIntents::DIRECT_MESSAGES
        | GatewayIntents::DIRECT_MESSAGE_REACTIONS
        | GatewayIntents::DIRECT_MESSAGE_TYPING
        | GatewayIntents::MESSAGE_CONTENT
}

fn interval(raw: &[u8]) -> Result<Duration, ListenError> {
    let hello = crate::body::json(raw).unwrap_or_default();
    let millis = wire::number(wire::field(&hello, "d"), "heartbeat_interval");
    let millis = millis.filter(|_| wire::number(&hello, "op") == Some(u8::from(Opcode::Hello).into()));
    let millis = millis.ok_or_else(|| ListenError::Lost("Discord said no hello".to_owned()))?;
    Ok(Duration::from_millis(millis.clamp(100, 600_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_intents_are_those_of_a_hub() {
        assert_eq!(intents().bits(), 65025);
    }
}
