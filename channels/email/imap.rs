//! Reads a mailbox as it fills (RFC 3501, IDLE of RFC 2177). Nothing in it is changed: it is opened for reading, and no letter is marked.
//! What came while nobody listened is read first, from the last number that was remembered.

mod session;

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use chrono::Utc;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use self::session::{COMMAND_TIME, Inbox, fetch, heard, idle, search, wait, within};
pub(super) use self::session::{Fault, Mailbox, open};
use super::{
    account,
    files::{self, Place},
    read::{self, Arrival},
};
use crate::{
    Account, Check, FetchedMedia, Incoming, ListenError, Listener, MediaLimit, SendError,
    event::{InboundEvent, Notice, Severity, What},
};

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
    session: &mut Mailbox,
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
    session: &mut Mailbox,
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
    session: &mut Mailbox,
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
