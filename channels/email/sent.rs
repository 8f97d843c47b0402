//! Copies of what is sent, in the mailbox's own folder for it, where the account asks for them: a server that takes letters keeps none,
//! except Google's and Microsoft's.

use std::time::Duration;

use async_imap::types::{Name, NameAttribute};
use futures::TryStreamExt;
use tokio::time::timeout;

use super::{
    account::SENT_COPIES,
    imap::{self, Fault},
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

async fn folder(account: &Account, net: &net::Client) -> Result<Option<(imap::Mailbox, String)>, Fault> {
    let (mut session, _) = imap::open(account, net).await?;
    let names: Vec<Name> = session.list(Some(""), Some("*")).await?.try_collect().await?;
    let marked = names.iter().find(|name| name.attributes().contains(&NameAttribute::Sent));
    let named = || USUAL.iter().find_map(|usual| names.iter().find(|name| name.name() == *usual));
    let found = marked.or_else(named).map(|name| name.name().to_owned());
    Ok(found.map(|name| (session, name)))
}
