//! A mailbox at its server (RFC 3501). Folders are opened for reading, and no letter is marked.

mod session;

use std::time::Duration;

use tokio::time::timeout;

pub(super) use self::session::{
    COMMAND_TIME, Fault, Mailbox, Opened, enter, examine, fetch, heard, idle, open, search, wait, within,
};
use super::{
    files::{self, Folder, Place},
    sent,
};
use crate::{Account, Check, FetchedMedia, MediaLimit, SendError};

pub(super) const PARTING_TIME: Duration = Duration::from_secs(5);
/// Bytes of the largest letter that is read whole; of larger ones the head is.
pub(super) const LETTER_MAX: u32 = 40 << 20;

/// A file of a letter that still lies in the mailbox.
pub(super) async fn file(
    account: &Account,
    place: Place,
    part: usize,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<FetchedMedia, SendError> {
    let (mut session, opened) = match place.folder {
        Folder::Inbox => open(account, net).await?,
        Folder::Sent => sent::open(account, net).await?.ok_or_else(files::gone)?,
    };
    if opened.uid_validity != place.uid_validity {
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
