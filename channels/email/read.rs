//! One letter (RFC 5322) into what happened. Pure: the same bytes give the same events.

use chrono::{DateTime, Utc};
use mail_parser::{HeaderValue, Message, MessageParser};
use sha2::{Digest, Sha256};

use super::{
    account, address,
    automatic::{self, Automatic},
    body, bounce,
    files::{self, Lies},
    html, invite, sender_check,
};
use crate::{
    Account,
    event::{InboundMessage, Notice, Severity, What},
    mail::{Letter, Mailbox},
    message::{Kind, Part, Quote},
    party::Party,
};

/// Characters of the longest id that is kept as it is.
const ID_MAX: usize = 250;
/// Ids of earlier letters that are looked for.
const ANSWERS_MAX: usize = 50;

/// How a letter came in.
pub(super) struct Arrival {
    /// In the mailbox; a provider's callback holds the files itself.
    pub lies: Option<Lies>,
    /// The address that it was really delivered to, where the provider tells.
    pub recipient: Option<String>,
    /// What the provider found out about the sender, as `Authentication-Results` has it.
    pub checked: Option<String>,
    pub at: DateTime<Utc>,
}

pub(super) fn read(account: &Account, raw: &[u8], arrival: &Arrival) -> What {
    match MessageParser::default().parse(raw) {
        Some(message) if !message.headers().is_empty() => letter(account, &message, raw, arrival),
        _ => unreadable("A letter was no letter at all, and is kept among the callbacks only."),
    }
}

pub(super) fn unreadable(text: &str) -> What {
    What::Notice(Notice {
        topic: "unreadable_letter".to_owned(),
        severity: Severity::Warning,
        text: text.to_owned(),
    })
}

fn letter(account: &Account, message: &Message<'_>, raw: &[u8], arrival: &Arrival) -> What {
    let at = sent_at(message, arrival.at);
    if let Some(report) = bounce::read(message, at) {
        return report;
    }
    let own = account::own(account);
    let Some(sender) = sender(message, &own) else {
        return no_sender(message, &own);
    };
    let key = address::key(&sender.address).unwrap_or_default();
    let automatic = automatic::automatic(message, &key, &account::domain(account));
    if automatic == Automatic::Loop {
        return ignored("our own letter, or one that goes round in circles");
    }
    if address::base(&key).0 == address::base(&own).0 {
        return ignored("written by this mailbox itself");
    }
    let warning = sender_check::doubt(account, message, arrival.checked.as_deref());
    let mut answers = answers(account, message, arrival);
    if warning.is_some() {
        // Who got a letter of ours knows its id; the ids of others' letters can be guessed or read elsewhere.
        answers.retain(|id| bounce::ours(id).is_some());
    }
    if automatic == Automatic::Reply && answers.is_empty() {
        return ignored("an automatic answer to nothing that we know of");
    }
    if matches!(key.split('@').next(), Some("mailer-daemon"))
        && let Some(failed) = came_back(&answers, at)
    {
        return failed;
    }
    let letter = head(message, &sender, automatic, warning);
    let contact = person(&sender, letter.warning.is_some());
    What::Message(Box::new(shown(message, raw, arrival, contact, answers, letter, at)))
}

/// A letter from the folder of sent ones: what a colleague wrote with another program. The hub's own letters, of which copies lie there,
/// are known by their mark and only prove that they left.
pub(super) fn sent(account: &Account, raw: &[u8], arrival: &Arrival) -> What {
    let parsed = MessageParser::default().parse(raw).filter(|message| !message.headers().is_empty());
    let Some(message) = parsed else { return ignored("no letter at all, among the sent ones") };
    let at = sent_at(&message, arrival.at);
    if let Some(proof) = left(account, &message, at) {
        return proof;
    }
    let own = account::own(account);
    let foreign = |one: &Mailbox| {
        address::key(&one.address).is_some_and(|key| address::base(&key).0 != address::base(&own).0)
    };
    let receivers = [message.to(), message.cc(), message.bcc()].into_iter().flat_map(address::list);
    let Some(receiver) = receivers.into_iter().find(foreign) else {
        return ignored("a letter from this mailbox to itself");
    };
    let writer = address::list(message.from()).into_iter().next();
    if automatic::automatic(&message, "", "") != Automatic::No {
        return ignored("sent by a program in this mailbox's name");
    }
    let answers = answers(account, &message, arrival);
    let from = writer.clone().unwrap_or_else(|| Mailbox::new(own.clone()));
    let mut letter = head(&message, &from, Automatic::No, None);
    letter.bcc = address::list(message.bcc());
    let contact = person(&receiver, false);
    let author = Party { name: writer.and_then(|writer| writer.name), ..Party::default() };
    let shown = shown(&message, raw, arrival, contact, answers, letter, at);
    What::Message(Box::new(InboundMessage {
        echo: true,
        author: author.name.is_some().then_some(author),
        opens_window: false,
        ..shown
    }))
}

/// News of one of the hub's own letters: a copy in the mailbox proves that it left.
fn left(account: &Account, message: &Message<'_>, at: DateTime<Utc>) -> Option<What> {
    let written = message.message_id().and_then(id);
    let marked = address::header(message, automatic::MARK).and_then(|mark| uuid::Uuid::parse_str(&mark).ok());
    let domain = format!("@{}", account::domain(account));
    let named =
        || written.as_deref().filter(|id| id.to_ascii_lowercase().ends_with(&domain)).and_then(bounce::ours);
    let message_id = marked.or_else(named)?;
    Some(What::Status(crate::event::StatusChange {
        message_id: Some(message_id),
        external_id: written.unwrap_or_else(|| format!("{message_id}{domain}")),
        status: crate::message::MessageStatus::Sent,
        at,
        error: None,
        contact: None,
    }))
}

fn head(message: &Message<'_>, sender: &Mailbox, automatic: Automatic, warning: Option<String>) -> Letter {
    Letter {
        from: address::list(message.from()).into_iter().next().or_else(|| Some(sender.clone())),
        to: address::list(message.to()),
        cc: address::list(message.cc()),
        bcc: Vec::new(),
        reply_to: address::list(message.reply_to()),
        subject: message.subject().map(address::clean).filter(|subject| !subject.is_empty()),
        quoted: None,
        warning,
        automatic: automatic != Automatic::No,
    }
}

fn shown(
    message: &Message<'_>,
    raw: &[u8],
    arrival: &Arrival,
    contact: Party,
    answers: Vec<String>,
    mut letter: Letter,
    at: DateTime<Utc>,
) -> InboundMessage {
    let id = external_id(message, raw);
    let body = body::read(message);
    let subject = letter.subject.clone();
    let is_doubtful = letter.warning.is_some();
    letter.quoted = body.quoted;
    let pictures = html::pictures(message);
    let invite = invite::find(message);
    let media = files::media(
        message,
        arrival.lies.as_ref(),
        &used(&pictures, body.html.as_deref()),
        invite.is_some(),
    );
    let mut parts = vec![Part::Email(letter)];
    let safe = body.html.map(|html| html::sanitised(&html, pictures)).filter(|html| !html.trim().is_empty());
    parts.extend(safe.map(|html| Part::Html { html }));
    parts.extend(invite.map(Part::Invite));
    let kind = match media.first() {
        Some(first) if body.text.is_empty() => first.kind.into(),
        _ => Kind::Text,
    };
    let text = if body.text.is_empty() && media.is_empty() {
        subject.clone().unwrap_or_default()
    } else {
        body.text
    };
    // A forged letter joins nothing that somebody else has begun.
    let thread = root(message).filter(|_| !is_doubtful).unwrap_or_else(|| id.clone());
    InboundMessage {
        text,
        parts,
        media,
        reply_to: answers.first().map(|id| Quote { external_id: id.clone(), text: None }),
        answers,
        subject,
        ..InboundMessage::new(id.clone(), thread, contact, kind, at)
    }
}

fn person(mailbox: &Mailbox, is_doubtful: bool) -> Party {
    Party {
        ids: address::party(&mailbox.address).into_iter().collect(),
        // Whoever a forged letter names is nobody's evidence.
        email: address::party(&mailbox.address).filter(|_| !is_doubtful).map(|id| id.address),
        // A known person keeps the name that is known.
        name: mailbox.name.clone().filter(|_| !is_doubtful),
        ..Party::default()
    }
}

/// Pictures that the HTML shows.
fn used(pictures: &html::Pictures, html: Option<&str>) -> html::Pictures {
    let html = html.unwrap_or_default();
    let shown = |id: &String| {
        html.contains(&format!("cid:{id}")) || html.contains(&format!("cid:{}", id.replace('@', "%40")))
    };
    pictures.iter().filter(|(id, _)| shown(id)).map(|(id, data)| (id.clone(), data.clone())).collect()
}

fn ignored(reason: &str) -> What {
    What::Ignored { reason: reason.to_owned() }
}

fn no_sender(message: &Message<'_>, own: &str) -> What {
    let from = address::list(message.from());
    if from.iter().any(|one| {
        address::key(&one.address).is_some_and(|key| address::base(&key).0 == address::base(own).0)
    }) {
        return ignored("written by this mailbox itself");
    }
    let subject = message.subject().map(address::clean).unwrap_or_default();
    unreadable(&format!("A letter without a usable sender was not shown: “{subject}”."))
}

/// Who is to be answered: the Reply-To, the writer whom a mailing group replaced, the From.
fn sender(message: &Message<'_>, own: &str) -> Option<Mailbox> {
    let ours = |one: &Mailbox| {
        address::key(&one.address).is_some_and(|key| address::base(&key).0 == address::base(own).0)
    };
    let from = address::list(message.from());
    let reply_to = address::list(message.reply_to());
    let original = address::header(message, "X-Original-Sender").filter(|text| address::key(text).is_some());
    let mut candidates = reply_to.into_iter().chain(original.map(Mailbox::new)).filter(|one| !ours(one));
    let written = from.first().cloned();
    let chosen = candidates
        .next()
        .or(written.clone())
        .or_else(|| address::list(message.sender()).into_iter().next())?;
    let name = chosen.name.clone().or_else(|| written.filter(|one| !ours(one)).and_then(|one| one.name));
    Some(Mailbox { name, address: chosen.address })
}

/// The letter's own time, if it is one that can be believed.
fn sent_at(message: &Message<'_>, now: DateTime<Utc>) -> DateTime<Utc> {
    let written = message.date().filter(|date| date.is_valid());
    let written = written.and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0));
    written.filter(|at| at.timestamp() > 0).map_or(now, |at| at.min(now))
}

/// The Message-ID, or what stands for it: the bytes themselves.
fn external_id(message: &Message<'_>, raw: &[u8]) -> String {
    message
        .message_id()
        .and_then(id)
        .unwrap_or_else(|| format!("sha256:{}", hex::encode(&Sha256::digest(raw)[..16])))
}

fn id(written: &str) -> Option<String> {
    let id = written.trim().trim_matches(['<', '>']).trim();
    let whole = !id.is_empty() && !id.chars().any(|c| c.is_control() || c.is_whitespace());
    (whole && id.chars().count() <= ID_MAX).then(|| id.to_owned())
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(text) => text.split_whitespace().filter_map(id).collect(),
        HeaderValue::TextList(list) => list.iter().filter_map(|text| id(text)).collect(),
        _ => Vec::new(),
    }
}

/// Where the exchange began.
fn root(message: &Message<'_>) -> Option<String> {
    ids(message.references()).into_iter().chain(ids(message.in_reply_to())).next()
}

/// What it answers: the letter that its address names, then In-Reply-To, then References from the newest on.
fn answers(account: &Account, message: &Message<'_>, arrival: &Arrival) -> Vec<String> {
    let own = account::own(account);
    let named = ["Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To"];
    let mut recipients: Vec<String> = arrival.recipient.clone().into_iter().collect();
    recipients.extend(named.iter().flat_map(|name| address::headers(message, name)));
    recipients
        .extend([message.to(), message.cc()].into_iter().flat_map(address::list).map(|one| one.address));
    let mut answers: Vec<String> = recipients
        .iter()
        .filter_map(|one| tagged(one, &own))
        .map(|id| format!("{id}@{}", account::domain(account)))
        .collect();
    answers.extend(ids(message.in_reply_to()));
    answers.extend(ids(message.references()).into_iter().rev());
    let mut seen = std::collections::HashSet::new();
    answers.retain(|id| seen.insert(id.clone()));
    answers.truncate(ANSWERS_MAX);
    answers
}

/// The message's id in an address of ours: `support+0197…@example.com`.
fn tagged(recipient: &str, own: &str) -> Option<uuid::Uuid> {
    let (base, tag) = address::base(&address::key(recipient)?);
    (base == address::base(own).0).then_some(())?;
    let tag = tag?;
    uuid::Uuid::parse_str(tag.strip_prefix("reply-").unwrap_or(&tag)).ok()
}

/// A bounce in a server's own words, with no report: it answers one of our letters.
fn came_back(answers: &[String], at: DateTime<Utc>) -> Option<What> {
    let external_id = answers.iter().find(|id| bounce::ours(id).is_some())?.clone();
    Some(What::Status(crate::event::StatusChange {
        message_id: bounce::ours(&external_id),
        external_id,
        status: crate::message::MessageStatus::Failed,
        at,
        error: Some(crate::Refusal::new(
            "bounced",
            "The letter came back.",
            crate::error::NextStep::FixRecipient,
        )),
        contact: None,
    }))
}
