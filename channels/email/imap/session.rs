//! A mailbox that is open: logging in, searching, fetching letters, waiting for more.

use std::time::Duration;

use async_imap::{Authenticator, Client, Session, error::Error, types::UnsolicitedResponse};
use futures::TryStreamExt;
use net::Stream;
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::{
    Account, ListenError, Refusal, Scope, SendError,
    email::account::{self, Server},
    error::NextStep,
};

/// Servers end an IDLE after 29 minutes, and routers forget silent connections much earlier.
const IDLE_TIME: Duration = Duration::from_secs(9 * 60);
/// For servers without IDLE.
const POLL: Duration = Duration::from_secs(60);
pub(in crate::email) const COMMAND_TIME: Duration = Duration::from_secs(60);
const LETTER_TIME: Duration = Duration::from_secs(300);
const INBOX: &str = "INBOX";

/// Why a mailbox cannot be used.
#[derive(Debug)]
pub(in crate::email) enum Fault {
    Refused(Refusal),
    Lost(String),
}

struct XOAuth2 {
    first: String,
    said: bool,
}

impl Authenticator for XOAuth2 {
    type Response = String;

    /// A second challenge is the reason for a refusal, and wants an empty answer.
    fn process(&mut self, _challenge: &[u8]) -> String {
        if std::mem::replace(&mut self.said, true) { String::new() } else { self.first.clone() }
    }
}

/// A mailbox that is open.
pub(in crate::email) type Mailbox = Session<Stream>;

/// Logs in and opens the inbox for reading.
pub(in crate::email) async fn open(account: &Account, net: &net::Client) -> Result<(Mailbox, Opened), Fault> {
    let mut session = enter(account, net).await?;
    let opened = examine(&mut session, INBOX).await?;
    Ok((session, opened))
}

/// Logs in.
pub(in crate::email) async fn enter(account: &Account, net: &net::Client) -> Result<Mailbox, Fault> {
    let server = account::imap(account).map_err(Fault::Refused)?;
    let stream = net.stream(&server.host, server.port, server.tls).await.map_err(Fault::of)?;
    let entering = async {
        let mut client = Client::new(stream);
        client.read_response().await.map_err(|error| Fault::Lost(error.to_string()))?;
        if server.tls == net::Tls::StartTls {
            client.run_command_and_check_ok("STARTTLS", None).await?;
            client = Client::new(client.into_inner().start_tls().await.map_err(Fault::of)?);
        }
        log_in(&server, client).await
    };
    timeout(COMMAND_TIME, entering).await.unwrap_or_else(|_| Err(Fault::Lost("it took too long".to_owned())))
}

/// Opens a folder for reading.
pub(in crate::email) async fn examine(session: &mut Mailbox, folder: &str) -> Result<Opened, Fault> {
    let opened = within(COMMAND_TIME, session.examine(folder)).await?;
    Ok(Opened { uid_validity: opened.uid_validity.unwrap_or(1), uid_next: opened.uid_next })
}

/// A folder's number space, and the next number.
pub(in crate::email) struct Opened {
    pub uid_validity: u32,
    pub uid_next: Option<u32>,
}

impl Opened {
    /// The number of the last letter there is.
    pub fn last(&self) -> u32 {
        self.uid_next.unwrap_or(1).saturating_sub(1)
    }
}

async fn log_in(server: &Server, client: Client<Stream>) -> Result<Mailbox, Fault> {
    let logged_in = match &server.token {
        Some(token) if token.expose_secret().is_empty() => {
            return Err(Fault::Lost("the OAuth token is not there yet".to_owned()));
        }
        Some(token) => {
            client.authenticate("XOAUTH2", XOAuth2 { first: server.xoauth2(token), said: false }).await
        }
        None => client.login(&server.user, server.password.expose_secret()).await,
    };
    logged_in.map_err(|(error, _)| match error {
        // Busy, not wrong.
        Error::No(text)
            if ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]"]
                .iter()
                .any(|code| text.contains(code)) =>
        {
            Fault::Lost(text)
        }
        Error::No(text) | Error::Bad(text) => Fault::Refused(Refusal::new(
            "token_rejected",
            format!("The mail server does not accept the user and password. It said: {text}"),
            NextStep::Reconnect,
        )),
        other => Fault::from(other),
    })
}

/// A letter, or its head if it is larger than `most`; `None` if it is gone.
pub(in crate::email) async fn fetch(
    session: &mut Mailbox,
    uid: u32,
    most: u32,
) -> Result<Option<Vec<u8>>, Fault> {
    let size = within(COMMAND_TIME, async {
        let found: Vec<_> =
            session.uid_fetch(uid.to_string(), "(UID RFC822.SIZE)").await?.try_collect().await?;
        Ok(found.iter().find(|one| one.uid == Some(uid)).map(|one| one.size.unwrap_or(0)))
    });
    let Some(size) = size.await? else {
        living(session).await?;
        return Ok(None);
    };
    let wanted = if size > most { "(UID BODY.PEEK[HEADER])" } else { "(UID BODY.PEEK[])" };
    let letter = within(LETTER_TIME, async {
        let found: Vec<_> = session.uid_fetch(uid.to_string(), wanted).await?.try_collect().await?;
        let letter = found.iter().find(|one| one.uid == Some(uid));
        Ok(letter.and_then(|one| one.body().or_else(|| one.header())).map(<[u8]>::to_vec))
    })
    .await?;
    if letter.is_none() {
        living(session).await?;
    }
    Ok(letter)
}

pub(in crate::email) async fn search(session: &mut Mailbox, query: String) -> Result<Vec<u32>, Fault> {
    let found = within(COMMAND_TIME, session.uid_search(query)).await?;
    if found.is_empty() {
        living(session).await?;
    }
    Ok(found.into_iter().collect())
}

/// An answer that the connection's end cut off looks like an empty one to the library: nothing is only nothing if the server still
/// answers.
async fn living(session: &mut Mailbox) -> Result<(), Fault> {
    within(COMMAND_TIME, session.noop()).await
}

/// Whether the server has told of letters since this was last asked: it says so once, in the middle of anything.
pub(in crate::email) fn heard(session: &Mailbox) -> bool {
    let said = std::iter::from_fn(|| session.unsolicited_responses.try_recv().ok());
    said.fold(false, |heard, one| heard | matches!(one, UnsolicitedResponse::Exists(_)))
}

pub(in crate::email) async fn idle(session: Mailbox) -> Result<Mailbox, ListenError> {
    if heard(&session) {
        return Ok(session);
    }
    let said = session.unsolicited_responses.clone();
    let mut handle = session.idle();
    within(COMMAND_TIME, handle.init()).await?;
    if said.is_empty() {
        let (heard, _interrupt) = handle.wait_with_timeout(IDLE_TIME);
        // Keep-alives of the server must not prolong it.
        if let Ok(Err(error)) = timeout(IDLE_TIME, heard).await {
            return Err(Fault::from(error).into());
        }
    }
    Ok(within(COMMAND_TIME, handle.done()).await?)
}

pub(in crate::email) async fn wait(mut session: Mailbox) -> Result<Mailbox, ListenError> {
    tokio::time::sleep(POLL).await;
    within(COMMAND_TIME, session.noop()).await?;
    Ok(session)
}

pub(in crate::email) async fn within<T>(
    time: Duration,
    doing: impl Future<Output = Result<T, Error>>,
) -> Result<T, Fault> {
    match timeout(time, doing).await {
        Ok(done) => done.map_err(Fault::from),
        Err(_) => Err(Fault::Lost("it took too long".to_owned())),
    }
}

impl Fault {
    fn of(failure: net::Failure) -> Self {
        match failure {
            net::Failure::Refused(why) => {
                Self::Refused(Refusal::new("address_refused", why.to_string(), NextStep::Reconnect))
            }
            other => Self::Lost(other.to_string()),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<Fault> for ListenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(why) => Self::AccountBroken(why),
            Fault::Lost(why) => Self::Lost(why),
        }
    }
}

impl From<Fault> for SendError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(why) => Self::AccountBroken(why),
            Fault::Lost(why) => Self::Later {
                after: None,
                scope: Scope::Account,
                reason: Refusal::new("platform_unreachable", why, NextStep::Wait),
            },
        }
    }
}
