//! The mailbox's own folder for sent letters. It is watched for what colleagues send with other programs, and copies of the hub's letters go
//! there where the account asks for them: a server that takes letters keeps none, except Google's and Microsoft's.

use std::time::Duration;

use async_imap::types::{Name, NameAttribute};
use futures::TryStreamExt;
use tokio::time::timeout;

use super::{
    account::{SENT_COPIES, SENT_FOLDER},
    imap::{self, Fault, Mailbox, Opened},
};
use crate::{Account, Check};

/// An agent sees the letter as sent only afterwards.
const TIME: Duration = Duration::from_secs(15);
/// Where a server does not say which folder it is (RFC 6154).
const USUAL: [&str; 6] = ["Sent", "Sent Items", "Sent Messages", "INBOX.Sent", "INBOX/Sent", "Gesendet"];

pub(super) fn wanted(account: &Account) -> bool {
    let asked = account.text(SENT_COPIES).trim().to_ascii_lowercase();
    account.has("imap_host") && matches!(asked.as_str(), "yes" | "true" | "1" | "on")
}

/// The line of the health report.
pub(super) const WATCH: &str = "sent_folder";

/// Whether letters that were sent with other programs are shown.
pub(super) fn watched(account: &Account) -> bool {
    let named = account.text(SENT_FOLDER).trim();
    account.has("imap_host") && !["none", "no"].iter().any(|off| named.eq_ignore_ascii_case(off))
}

/// Opens it for reading; `None` where the mailbox has none.
pub(super) async fn open(account: &Account, net: &net::Client) -> Result<Option<(Mailbox, Opened)>, Fault> {
    let Some((mut session, name)) = folder(account, net).await? else { return Ok(None) };
    let opened = imap::examine(&mut session, &name).await?;
    Ok(Some((session, opened)))
}

/// The letter has left already: a copy that cannot be kept does not make it fail.
pub(super) async fn keep(account: &Account, letter: &[u8], net: &net::Client) {
    if wanted(account) {
        let _ = timeout(TIME, copy(account, letter, net)).await;
    }
}

pub(super) async fn check(account: &Account, net: &net::Client) -> Check {
    match timeout(TIME, folder(account, net)).await {
        Ok(Ok(Some((_, name)))) => Check::passed("sent", format!("Copies go into {name}.")),
        Ok(Ok(None)) => {
            Check::failed("sent", "The mailbox has no folder for sent letters: no copies are kept.")
        }
        Ok(Err(Fault::Refused(why))) => Check::refused("sent", &why),
        Ok(Err(Fault::Lost(why))) => Check::failed("sent", format!("No copies can be kept: {why}")),
        Err(_) => Check::failed("sent", "The mail server did not answer in time."),
    }
}

async fn copy(account: &Account, letter: &[u8], net: &net::Client) -> Result<(), Fault> {
    let Some((mut session, name)) = folder(account, net).await? else { return Ok(()) };
    session.append(name, Some("(\\Seen)"), None, letter).await?;
    let _ = session.logout().await;
    Ok(())
}

/// The one that the account names, else the one that the server marks, else one of the usual names.
async fn folder(account: &Account, net: &net::Client) -> Result<Option<(Mailbox, String)>, Fault> {
    let mut session = imap::enter(account, net).await?;
    let listing = async {
        let names = session.list(Some(""), Some("*")).await?;
        names.try_collect::<Vec<Name>>().await
    };
    let names = imap::within(TIME, listing).await?;
    let wanted = account.text(SENT_FOLDER).trim();
    if watched(account) && !wanted.is_empty() {
        let found = names.iter().find(|name| name.name().eq_ignore_ascii_case(wanted));
        return Ok(found.map(|name| name.name().to_owned()).map(|name| (session, name)));
    }
    let marked = names.iter().find(|name| name.attributes().contains(&NameAttribute::Sent));
    let named = || USUAL.iter().find_map(|usual| names.iter().find(|name| name.name() == *usual));
    let found = marked.or_else(named).map(|name| name.name().to_owned());
    Ok(found.map(|name| (session, name)))
}
