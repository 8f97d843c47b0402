//! The gateway: connections one after the other, each going on with the session of the one before where Discord still knows it.
//! <https://docs.discord.com/developers/events/gateway>

mod connection;

use std::{convert::Infallible, time::Duration};

use rand::Rng;
use serde_json::Value;
use serenity::constants::GATEWAY_VERSION;
use url::Url;

use self::connection::Connection;
use super::{
    rest::Api,
    session::{Resume, Session},
    wire,
};
use crate::{Account, Check, ListenError, Listener, SendError};

/// The name of the line that says whether the bot sees what people write.
pub(super) const CONTENT: &str = "message_content";
pub(super) const INTENT_MISSING: &str = "The Message Content Intent is off, so Discord keeps the text of messages on servers to itself. In the Discord \
    Developer Portal open the application, then Bot → Privileged Gateway Intents, switch on Message Content Intent, save, and connect the \
    account here again.";

/// How one connection ended, where it is no error.
enum End {
    /// Connect at once and go on.
    Resume,
    /// The session is over: a new one after a moment.
    Invalid,
}

/// What is to be remembered once an event is stored.
pub(super) enum Mark {
    Began(Resume),
    Event {
        seq: u64,
        message: Option<Value>,
    },
    /// History has told all that it knows.
    CaughtUp(Vec<String>),
}

pub(super) async fn listen(
    account: &Account,
    listener: &dyn Listener,
    net: &net::Client,
) -> Result<Infallible, ListenError> {
    let api = Api::new(account, net).map_err(lost)?;
    loop {
        let mut session = Session::of(listener.resume());
        let url = match &session.resume {
            Some(resume) => resume.url.clone(),
            None => address(&api, listener).await?,
        };
        let socket = match net.websocket(&with_version(url), &[]).await {
            Ok(socket) => socket,
            // The address of a session's own may be gone with it; the next attempt asks for a new one.
            Err(failure) if session.resume.is_some() => {
                session.lost();
                listener.remember(session.state()).await?;
                return Err(ListenError::Lost(failure.to_string()));
            }
            Err(failure) => return Err(failure.into()),
        };
        let mut connection = Connection::new(account, listener, &api, session);
        match connection.run(socket).await? {
            End::Resume => {}
            End::Invalid => {
                connection.session.lost();
                listener.remember(connection.session.state()).await?;
                let pause = rand::rng().random_range(1.0..3.0);
                tokio::time::sleep(Duration::from_secs_f64(pause)).await;
            }
        }
    }
}

/// Where new sessions begin. More than a thousand a day, and Discord takes the token away.
async fn address(api: &Api<'_>, listener: &dyn Listener) -> Result<Url, ListenError> {
    let bot = api.get(&["gateway", "bot"]).await.map_err(lost)?;
    let limit = wire::field(&bot, "session_start_limit");
    if wire::number(limit, "remaining") == Some(0) {
        let minutes = wire::number(limit, "reset_after").unwrap_or_default() / 60_000;
        let detail = format!("Discord allows no more new sessions today; the next in {minutes} minutes.");
        listener.health(Check::failed("gateway", detail.clone())).await;
        return Err(ListenError::Lost(detail));
    }
    Url::parse(wire::text(&bot, "url"))
        .map_err(|error| ListenError::Lost(format!("the gateway's address: {error}")))
}

fn with_version(mut url: Url) -> Url {
    url.set_query(Some(&format!("v={GATEWAY_VERSION}&encoding=json")));
    url
}

pub(super) fn lost(error: SendError) -> ListenError {
    match error {
        SendError::AccountBroken(refusal) => ListenError::AccountBroken(refusal),
        other => ListenError::Lost(other.to_string()),
    }
}
