//! Reads a mailbox as it fills (RFC 3501, IDLE of RFC 2177). Nothing in it is changed: it is opened for reading, and no letter is marked.
//! What came while nobody listened is read first, from the last number that was remembered.

use std::{convert::Infallible, time::Duration};

use async_imap::{Authenticator, Client, Session, error::Error, types::UnsolicitedResponse};
use bytes::Bytes;
use chrono::Utc;
use futures::TryStreamExt;
use net::Stream;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::{
    account::{self, Server},
    files::{self, Place},
    read::{self, Arrival},
};
use crate::{
    Account, Check, FetchedMedia, Incoming, ListenError, Listener, MediaLimit, Refusal, Scope, SendError,
    error::NextStep,
    event::{InboundEvent, Notice, Severity, What},
};

/// Servers end an IDLE after 29 minutes, and routers forget silent connections much earlier.
const IDLE_TIME: Duration = Duration::from_secs(9 * 60);
/// For servers without IDLE.
const POLL: Duration = Duration::from_secs(60);
const COMMAND_TIME: Duration = Duration::from_secs(60);
const LETTER_TIME: Duration = Duration::from_secs(300);
const PARTING_TIME: Duration = Duration::from_secs(5);
/// Bytes of the largest letter that is read whole; of larger ones the head is.
const LETTER_MAX: u32 = 40 << 20;
/// Letters after which the place is remembered.
const BATCH: usize = 20;
/// Attempts after which a letter that breaks the connection is passed over.
const ATTEMPTS: u32 = 3;
/// Days that are read again where the server has numbered its letters anew.
const AGAIN_DAYS: i64 = 7;

/// The line before a letter in what the flight recorder keeps: where it lies.
const PLACE: &str = "X-Switchboard-Mailbox:";

/// Where we were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// Whose inbox it is: an account may be given another one.
    mailbox: String,
    uid_validity: u32,
    /// The last letter that was handed over.
    uid: u32,
    /// The letter being read, and how often that failed.
    trying: Option<(u32, u32)>,
}

/// Why a mailbox cannot be used.
#[derive(Debug)]
pub(super) enum Fault {
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
pub(super) type Mailbox = Session<Stream>;

/// Logs in and opens the inbox for reading; gives its number space and the next number.
pub(super) async fn open(account: &Account, net: &net::Client) -> Result<(Session<Stream>, Inbox), Fault> {
    let server = account::imap(account).map_err(Fault::Refused)?;
    let stream = net.stream(&server.host, server.port, server.tls).await.map_err(Fault::of)?;
    let opening = async {
        let mut client = Client::new(stream);
        client.read_response().await.map_err(|error| Fault::Lost(error.to_string()))?;
        if server.tls == net::Tls::StartTls {
            client.run_command_and_check_ok("STARTTLS", None).await?;
            client = Client::new(client.into_inner().start_tls().await.map_err(Fault::of)?);
        }
        let mut session = log_in(&server, client).await?;
        let inbox = session.examine("INBOX").await?;
        let inbox = Inbox { uid_validity: inbox.uid_validity.unwrap_or(1), uid_next: inbox.uid_next };
        Ok((session, inbox))
    };
    timeout(COMMAND_TIME, opening).await.unwrap_or_else(|_| Err(Fault::Lost("it took too long".to_owned())))
}

pub(super) struct Inbox {
    uid_validity: u32,
    uid_next: Option<u32>,
}

async fn log_in(server: &Server, client: Client<Stream>) -> Result<Session<Stream>, Fault> {
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

pub(super) async fn listen(
    account: &Account,
    listener: &dyn Listener,
    net: &net::Client,
) -> Result<Infallible, ListenError> {
    let (mut session, inbox) = open(account, net).await?;
    let mut state = begin(account, &mut session, &inbox, listener).await?;
    listener.health(Check::passed("connection", "The mailbox is listened to.")).await;
    let idles = within(COMMAND_TIME, session.capabilities()).await?.has_str("IDLE");
    loop {
        heard(&session);
        catch_up(account, &mut session, &mut state, listener).await?;
        session = if idles { idle(session).await? } else { wait(session).await? };
    }
}

/// The place behind what is there now: what comes afterwards is new.
pub(super) async fn place(account: &Account, net: &net::Client) -> Result<serde_json::Value, Fault> {
    let (mut session, inbox) = open(account, net).await?;
    let _ = timeout(PARTING_TIME, session.logout()).await;
    Ok(serde_json::to_value(inbox.end(account)).unwrap_or_default())
}

/// Where to begin: at the next letter for a new mailbox, behind the last one otherwise.
async fn begin(
    account: &Account,
    session: &mut Session<Stream>,
    inbox: &Inbox,
    listener: &dyn Listener,
) -> Result<State, ListenError> {
    let known = listener.resume().and_then(|state| serde_json::from_value::<State>(state).ok());
    let mut state = inbox.end(account);
    match known.filter(|known| known.mailbox == state.mailbox) {
        Some(known) if known.uid_validity == inbox.uid_validity => return Ok(known),
        Some(_) => {
            let since = (Utc::now() - chrono::TimeDelta::days(AGAIN_DAYS)).format("%d-%b-%Y");
            let found = search(session, format!("SINCE {since}")).await?;
            state.uid = found.into_iter().min().map_or(state.uid, |uid| uid.saturating_sub(1));
        }
        None => {}
    }
    remember(listener, &state).await?;
    Ok(state)
}

impl Inbox {
    fn end(&self, account: &Account) -> State {
        let uid = self.uid_next.unwrap_or(1).saturating_sub(1);
        State { mailbox: account::own(account), uid_validity: self.uid_validity, uid, trying: None }
    }
}

/// Hands over everything behind the last number, letter by letter.
async fn catch_up(
    account: &Account,
    session: &mut Session<Stream>,
    state: &mut State,
    listener: &dyn Listener,
) -> Result<(), ListenError> {
    let asked = format!("UID {}:*", state.uid.saturating_add(1));
    let found = search(session, asked).await?;
    // A range that ends with * holds at least the last letter, however small its number.
    let mut uids: Vec<_> = found.into_iter().filter(|uid| *uid > state.uid).collect();
    uids.sort_unstable();
    for (index, uid) in uids.iter().copied().enumerate() {
        one(account, session, state, uid, listener).await?;
        state.uid = uid;
        if state.trying.take().is_some() || index % BATCH == BATCH - 1 || index + 1 == uids.len() {
            remember(listener, state).await?;
        }
    }
    Ok(())
}

async fn one(
    account: &Account,
    session: &mut Session<Stream>,
    state: &mut State,
    uid: u32,
    listener: &dyn Listener,
) -> Result<(), ListenError> {
    let failed = state.trying.filter(|(trying, _)| *trying == uid).map_or(0, |(_, times)| times);
    let place = Place { uid_validity: state.uid_validity, uid };
    if failed >= ATTEMPTS {
        return skip(place, listener).await;
    }
    match fetch(session, uid, LETTER_MAX).await {
        Ok(Some(letter)) => {
            let raw = recorded(place, &files::without_large_files(&letter));
            let incoming = incoming(account, &raw, Utc::now());
            listener.deliver(raw, incoming).await
        }
        // Deleted in the meantime.
        Ok(None) => Ok(()),
        Err(fault) => {
            state.trying = Some((uid, failed + 1));
            remember(listener, state).await?;
            Err(fault.into())
        }
    }
}

async fn skip(place: Place, listener: &dyn Listener) -> Result<(), ListenError> {
    let notice = What::Notice(Notice {
        topic: "letter_passed_over".to_owned(),
        severity: Severity::Warning,
        text: format!(
            "Letter {} of the inbox could not be read {ATTEMPTS} times and was passed over.",
            place.uid
        ),
    });
    let raw = Bytes::from(format!("{PLACE} {} {}\r\n\r\n", place.uid_validity, place.uid));
    listener.deliver(raw, Incoming::events(vec![InboundEvent::from(notice)])).await
}

/// A letter, or its head if it is larger than `most`; `None` if it is gone.
async fn fetch(session: &mut Session<Stream>, uid: u32, most: u32) -> Result<Option<Vec<u8>>, Fault> {
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

async fn search(session: &mut Session<Stream>, query: String) -> Result<Vec<u32>, Fault> {
    let found = within(COMMAND_TIME, session.uid_search(query)).await?;
    if found.is_empty() {
        living(session).await?;
    }
    Ok(found.into_iter().collect())
}

/// An answer that the connection's end cut off looks like an empty one to the library: nothing is only nothing if the server still
/// answers.
async fn living(session: &mut Session<Stream>) -> Result<(), Fault> {
    within(COMMAND_TIME, session.noop()).await
}

/// Whether the server has told of letters since this was last asked: it says so once, in the middle of anything.
fn heard(session: &Session<Stream>) -> bool {
    let said = std::iter::from_fn(|| session.unsolicited_responses.try_recv().ok());
    said.fold(false, |heard, one| heard | matches!(one, UnsolicitedResponse::Exists(_)))
}

async fn idle(session: Session<Stream>) -> Result<Session<Stream>, ListenError> {
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

async fn wait(mut session: Session<Stream>) -> Result<Session<Stream>, ListenError> {
    tokio::time::sleep(POLL).await;
    within(COMMAND_TIME, session.noop()).await?;
    Ok(session)
}

async fn remember(listener: &dyn Listener, state: &State) -> Result<(), ListenError> {
    listener.remember(serde_json::to_value(state).unwrap_or_default()).await
}

fn recorded(place: Place, letter: &[u8]) -> Bytes {
    let mut raw = format!("{PLACE} {} {}\r\n", place.uid_validity, place.uid).into_bytes();
    raw.extend_from_slice(letter);
    raw.into()
}

/// What was recorded, read, now or again.
pub(super) fn incoming(account: &Account, raw: &[u8], at: chrono::DateTime<Utc>) -> Incoming {
    let (place, letter) = placed(raw);
    let what = read::read(account, letter, &Arrival { place, recipient: None, checked: None, at });
    Incoming::events(vec![InboundEvent::from(what)])
}

fn placed(raw: &[u8]) -> (Option<Place>, &[u8]) {
    let Some(rest) = raw.strip_prefix(PLACE.as_bytes()) else { return (None, raw) };
    let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else { return (None, raw) };
    let line = String::from_utf8_lossy(&rest[..end]);
    let mut numbers = line.split_whitespace().filter_map(|word| word.parse().ok());
    let place = numbers.next().zip(numbers.next()).map(|(uid_validity, uid)| Place { uid_validity, uid });
    (place, &rest[end + 2..])
}

/// A file of a letter that still lies in the mailbox.
pub(super) async fn file(
    account: &Account,
    place: Place,
    part: usize,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<FetchedMedia, SendError> {
    let (mut session, inbox) = open(account, net).await?;
    if inbox.uid_validity != place.uid_validity {
        return Err(files::gone());
    }
    let most = u32::try_from(limit.0).unwrap_or(u32::MAX).min(LETTER_MAX);
    let letter = fetch(&mut session, place.uid, most).await?.ok_or_else(files::gone)?;
    let _ = timeout(PARTING_TIME, session.logout()).await;
    files::part(&letter, part)
}

/// Logs in and out again.
pub(super) async fn check(account: &Account, net: &net::Client) -> Check {
    match open(account, net).await {
        Ok(_) => Check::passed("mailbox", "The mailbox can be read."),
        Err(Fault::Refused(why)) => Check::refused("mailbox", &why),
        Err(Fault::Lost(why)) => {
            Check::failed("mailbox", format!("The mail server could not be reached: {why}"))
        }
    }
}

async fn within<T>(time: Duration, doing: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
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
