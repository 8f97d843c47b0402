//! Follows a mailbox as it fills: the inbox, and beside it the folder of sent letters, so that what colleagues write with other programs
//! stands in the conversation. What came while nobody listened is read first, from the last number that was remembered.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex, time::timeout};

use super::{
    account,
    files::{self, Folder, Lies, Place},
    imap::{self, Fault, Mailbox, Opened},
    read::{self, Arrival},
    sent,
};
use crate::{
    Account, Check, Incoming, ListenError, Listener,
    event::{InboundEvent, Notice, Severity, What},
};

/// Letters that are handed over side by side, and bytes of theirs; then the place is remembered.
const BATCH: usize = 20;
const BATCH_BYTES: usize = 4 << 20;
/// Attempts after which a letter that breaks the connection is passed over.
const ATTEMPTS: u32 = 3;
/// Days that are read again where the server has numbered its letters anew.
const AGAIN_DAYS: i64 = 7;
/// After trouble with the folder of sent letters, which keeps nothing else waiting.
const PAUSE: Duration = Duration::from_secs(60);
/// Until a mailbox is asked again whether it has such a folder.
const NO_FOLDER_PAUSE: Duration = Duration::from_secs(3600);

/// The line before a letter in what the flight recorder keeps: where it lies.
const PLACE: &str = "X-Switchboard-Mailbox:";

/// Where we were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct State {
    #[serde(flatten)]
    inbox: Mark,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<Mark>,
}

/// The same of one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Mark {
    /// Whose folder it is: an account may be given another one.
    mailbox: String,
    uid_validity: u32,
    /// The last letter that was handed over.
    uid: u32,
    /// The letter being read, and how often that failed.
    trying: Option<(u32, u32)>,
}

/// What both folders remember together.
struct Memory<'a> {
    listener: &'a dyn Listener,
    state: Mutex<State>,
}

/// Letters that were read and not handed over yet.
#[derive(Default)]
struct Batch {
    letters: Vec<(Bytes, Incoming)>,
    /// The last one of them.
    uid: Option<u32>,
}

/// One folder, being followed.
struct Reader<'a> {
    account: &'a Account,
    folder: Folder,
    mark: Mark,
    memory: &'a Memory<'a>,
}

pub(super) async fn listen(
    account: &Account,
    listener: &dyn Listener,
    net: &net::Client,
) -> Result<Infallible, ListenError> {
    let (mut session, opened) = imap::open(account, net).await?;
    let known = listener.resume().and_then(|state| serde_json::from_value(state).ok());
    let memory = Memory { listener, state: Mutex::new(known.unwrap_or_default()) };
    let name = account::own(account);
    let inbox = Reader::begin(account, Folder::Inbox, name, &mut session, &opened, &memory).await?;
    listener.health(Check::passed("connection", "The mailbox is listened to.")).await;
    tokio::select! {
        ended = inbox.follow(session) => ended,
        ended = watch_sent(account, &memory, net) => ended,
    }
}

/// The place behind what is there now: what comes afterwards is new.
pub(super) async fn place(account: &Account, net: &net::Client) -> Result<serde_json::Value, Fault> {
    let (mut session, opened) = imap::open(account, net).await?;
    let _ = timeout(imap::PARTING_TIME, session.logout()).await;
    let inbox = Mark::end(account::own(account), &opened);
    let sent = if sent::watched(account) { sent::open(account, net).await.ok().flatten() } else { None };
    let sent = sent.map(|(_, opened)| Mark::end(sent_name(account), &opened));
    Ok(serde_json::to_value(State { inbox, sent }).unwrap_or_default())
}

fn sent_name(account: &Account) -> String {
    format!("{}/{}", account::own(account), account.text(account::SENT_FOLDER).trim())
}

/// Never ends of itself: trouble with this folder keeps no letter of a customer waiting.
async fn watch_sent(
    account: &Account,
    memory: &Memory<'_>,
    net: &net::Client,
) -> Result<Infallible, ListenError> {
    if !sent::watched(account) {
        return std::future::pending().await;
    }
    loop {
        let (why, pause) = match follow_sent(account, memory, net).await {
            Err(ListenError::Stopped) => return Err(ListenError::Stopped),
            Err(ListenError::Lost(why)) => (why, PAUSE),
            Err(ListenError::AccountBroken(refusal)) => (refusal.detail, PAUSE),
            Ok(()) => ("the mailbox has no such folder".to_owned(), NO_FOLDER_PAUSE),
        };
        let words = format!("Letters that were sent with other programs are not shown: {why}");
        memory.listener.health(Check::failed(sent::WATCH, words)).await;
        tokio::time::sleep(pause).await;
    }
}

/// Ends well where there is no such folder.
async fn follow_sent(account: &Account, memory: &Memory<'_>, net: &net::Client) -> Result<(), ListenError> {
    let Some((mut session, opened)) = sent::open(account, net).await? else { return Ok(()) };
    let name = sent_name(account);
    let reader = Reader::begin(account, Folder::Sent, name, &mut session, &opened, memory).await?;
    let words = "Letters that were sent with other programs are shown.";
    memory.listener.health(Check::passed(sent::WATCH, words)).await;
    match reader.follow(session).await? {}
}

impl Mark {
    fn end(mailbox: String, opened: &Opened) -> Self {
        Self { mailbox, uid_validity: opened.uid_validity, uid: opened.last(), trying: None }
    }
}

impl Memory<'_> {
    async fn of(&self, folder: Folder) -> Option<Mark> {
        let state = self.state.lock().await;
        match folder {
            Folder::Inbox => Some(state.inbox.clone()),
            Folder::Sent => state.sent.clone(),
        }
    }

    /// One after the other: an older state of one folder must not follow a newer one of the other.
    async fn keep(&self, folder: Folder, mark: &Mark) -> Result<(), ListenError> {
        let mut state = self.state.lock().await;
        match folder {
            Folder::Inbox => state.inbox = mark.clone(),
            Folder::Sent => state.sent = Some(mark.clone()),
        }
        self.listener.remember(serde_json::to_value(&*state).unwrap_or_default()).await
    }
}

impl<'a> Reader<'a> {
    /// At the next letter of a folder that is new to us, behind the last one otherwise.
    async fn begin(
        account: &'a Account,
        folder: Folder,
        name: String,
        session: &mut Mailbox,
        opened: &Opened,
        memory: &'a Memory<'a>,
    ) -> Result<Self, ListenError> {
        let mut mark = Mark::end(name, opened);
        match memory.of(folder).await.filter(|known| known.mailbox == mark.mailbox) {
            Some(known) if known.uid_validity == opened.uid_validity => {
                return Ok(Self { account, folder, mark: known, memory });
            }
            Some(_) => {
                let since = (Utc::now() - chrono::TimeDelta::days(AGAIN_DAYS)).format("%d-%b-%Y");
                let found = imap::search(session, format!("SINCE {since}")).await?;
                mark.uid = found.into_iter().min().map_or(mark.uid, |uid| uid.saturating_sub(1));
            }
            None => {}
        }
        memory.keep(folder, &mark).await?;
        Ok(Self { account, folder, mark, memory })
    }

    async fn follow(mut self, mut session: Mailbox) -> Result<Infallible, ListenError> {
        let idles = imap::within(imap::COMMAND_TIME, session.capabilities()).await?.has_str("IDLE");
        loop {
            imap::heard(&session);
            self.catch_up(&mut session).await?;
            session = if idles { imap::idle(session).await? } else { imap::wait(session).await? };
        }
    }

    /// Hands over everything behind the last number.
    async fn catch_up(&mut self, session: &mut Mailbox) -> Result<(), ListenError> {
        let asked = format!("UID {}:*", self.mark.uid.saturating_add(1));
        let found = imap::search(session, asked).await?;
        // A range that ends with * holds at least the last letter, however small its number.
        let mut uids: Vec<_> = found.into_iter().filter(|uid| *uid > self.mark.uid).collect();
        uids.sort_unstable();
        let mut batch = Batch::default();
        for uid in uids {
            match self.one(session, uid).await {
                // Deleted in the meantime where there is none.
                Ok(letter) => batch.letters.extend(letter),
                Err(fault) => {
                    let times = self.failed(uid) + 1;
                    self.hand_over(&mut batch).await?;
                    self.mark.trying = Some((uid, times));
                    self.memory.keep(self.folder, &self.mark).await?;
                    return Err(fault.into());
                }
            }
            batch.uid = Some(uid);
            if batch.is_full() || self.mark.trying.is_some() {
                self.hand_over(&mut batch).await?;
            }
        }
        self.hand_over(&mut batch).await
    }

    /// Returns when all are stored. They wait for it together, so that they share a commit, and come in their order.
    async fn hand_over(&mut self, batch: &mut Batch) -> Result<(), ListenError> {
        let Some(uid) = batch.uid.take() else { return Ok(()) };
        let listener = self.memory.listener;
        let letters = batch.letters.drain(..).map(|(raw, incoming)| listener.deliver(raw, incoming));
        try_join_all(letters).await?;
        self.mark.uid = uid;
        self.mark.trying = None;
        self.memory.keep(self.folder, &self.mark).await
    }

    /// How often reading that letter failed.
    fn failed(&self, uid: u32) -> u32 {
        self.mark.trying.filter(|(trying, _)| *trying == uid).map_or(0, |(_, times)| times)
    }

    /// A letter; `None` if it is gone. What can never be read is a notice.
    async fn one(&self, session: &mut Mailbox, uid: u32) -> Result<Option<(Bytes, Incoming)>, Fault> {
        let place = Place { uid_validity: self.mark.uid_validity, uid, folder: self.folder };
        if self.failed(uid) >= ATTEMPTS {
            return Ok(Some(passed_over(place)));
        }
        let letter = imap::fetch(session, uid, imap::LETTER_MAX).await?;
        Ok(letter.map(|letter| {
            let raw = recorded(place, &files::without_large_files(&letter));
            let incoming = incoming(self.account, &raw, Utc::now());
            (raw, incoming)
        }))
    }
}

impl Batch {
    fn is_full(&self) -> bool {
        self.letters.len() >= BATCH
            || self.letters.iter().map(|(raw, _)| raw.len()).sum::<usize>() >= BATCH_BYTES
    }
}

fn passed_over(place: Place) -> (Bytes, Incoming) {
    let folder = match place.folder {
        Folder::Inbox => "inbox",
        Folder::Sent => "folder of sent letters",
    };
    let notice = What::Notice(Notice {
        topic: "letter_passed_over".to_owned(),
        severity: Severity::Warning,
        text: format!(
            "Letter {} of the {folder} could not be read {ATTEMPTS} times and was passed over.",
            place.uid
        ),
    });
    (recorded(place, b"\r\n"), Incoming::events(vec![InboundEvent::from(notice)]))
}

fn recorded(place: Place, letter: &[u8]) -> Bytes {
    let folder = if place.folder == Folder::Sent { " sent" } else { "" };
    let mut raw = format!("{PLACE} {} {}{folder}\r\n", place.uid_validity, place.uid).into_bytes();
    raw.extend_from_slice(letter);
    raw.into()
}

/// What was recorded, read, now or again.
pub(super) fn incoming(account: &Account, raw: &[u8], at: DateTime<Utc>) -> Incoming {
    let (place, letter) = placed(raw);
    let sent = place.is_some_and(|place| place.folder == Folder::Sent);
    let arrival = Arrival { lies: place.map(Lies::Mailbox), recipient: None, checked: None, at };
    let what =
        if sent { read::sent(account, letter, &arrival) } else { read::read(account, letter, &arrival) };
    Incoming::events(vec![InboundEvent::from(what)])
}

fn placed(raw: &[u8]) -> (Option<Place>, &[u8]) {
    let Some(rest) = raw.strip_prefix(PLACE.as_bytes()) else { return (None, raw) };
    let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else { return (None, raw) };
    let line = String::from_utf8_lossy(&rest[..end]);
    let folder = if line.trim_end().ends_with(" sent") { Folder::Sent } else { Folder::Inbox };
    let mut numbers = line.split_whitespace().map_while(|word| word.parse().ok());
    let numbers = numbers.next().zip(numbers.next());
    let place = numbers.map(|(uid_validity, uid)| Place { uid_validity, uid, folder });
    (place, &rest[end + 2..])
}
