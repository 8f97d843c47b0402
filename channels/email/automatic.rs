//! What a program wrote instead of a person (RFC 3834), and what has come round in a circle.

use mail_parser::Message;

use super::address::{header, headers};

/// Every server adds a `Received`; a letter with more of them goes in circles.
const HOPS_MAX: usize = 50;

/// The hub's mark in what it sends, this hub or another one.
pub(super) const MARK: &str = "X-Switchboard-Message";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Automatic {
    /// A person.
    No,
    /// A list, a newsletter, a notification: shown, never answered by the hub itself.
    Sent,
    /// An answer that a program gave: out of office, ticket received.
    Reply,
    /// Goes round.
    Loop,
}

/// `domain` is that of our own Message-IDs.
pub(super) fn automatic(message: &Message<'_>, sender: &str, domain: &str) -> Automatic {
    let ours = header(message, MARK).is_some_and(|mark| {
        message.message_id().is_some_and(|id| id.eq_ignore_ascii_case(&format!("{mark}@{domain}")))
    });
    if ours || headers(message, "Received").len() > HOPS_MAX {
        return Automatic::Loop;
    }
    let word = |name: &str| header(message, name).unwrap_or_default().to_ascii_lowercase();
    let submitted = word("Auto-Submitted");
    let submitted = submitted.split(';').next().unwrap_or_default().trim();
    let precedence = word("Precedence");
    let has = |name: &str| header(message, name).is_some();
    if submitted == "auto-replied"
        || precedence == "auto_reply"
        || ["X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Auto-Reply"].into_iter().any(has)
    {
        return Automatic::Reply;
    }
    let suppressed = word("X-Auto-Response-Suppress");
    let asked = suppressed.split(',').any(|one| matches!(one.trim(), "all" | "autoreply" | "oof"));
    let listed = ["List-Id", "List-Post", "List-Unsubscribe", "Feedback-ID"].into_iter().any(has);
    let bulk = matches!(precedence.as_str(), "bulk" | "junk" | "list");
    let empty = word("Return-Path") == "<>";
    let declared = !submitted.is_empty() && submitted != "no";
    if declared || asked || listed || bulk || empty || machine(sender) {
        Automatic::Sent
    } else {
        Automatic::No
    }
}

/// Mailboxes that nobody reads.
pub(super) fn machine(sender: &str) -> bool {
    let local = sender.split('@').next().unwrap_or_default();
    let exact = ["mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply", "donotreply"];
    exact.contains(&local)
        || local.starts_with("bounce")
        || local.starts_with("owner-")
        || local.ends_with("-request")
}
