//! What an agent wrote, as a letter: text and HTML, files, and the headers by which programs keep an exchange together.

use lettre::{
    Message,
    message::{
        Attachment, Mailbox as Sendable, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use super::{account, address, automatic::MARK};
use crate::{
    Account, OutboundMessage, Refusal, SendError,
    abilities::Markup,
    error::NextStep,
    mail::Mailbox,
    markup,
    message::{Content, MediaSource, OutboundMedia},
};

/// Characters of a subject made from the text.
const SUBJECT_MAX: usize = 70;

/// A letter's pieces, from which SMTP and the providers each make their own form.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub id: String,
    pub from: Mailbox,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub bcc: Vec<Mailbox>,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub files: Vec<OutboundMedia>,
    pub in_reply_to: Option<String>,
    /// Oldest first.
    pub references: Vec<String>,
    /// The hub's id of the message.
    pub mark: String,
}

pub(super) fn draft(account: &Account, message: &OutboundMessage) -> Result<Draft, SendError> {
    let (written, files) = match &message.content {
        Content::Text { text } => (text.clone(), Vec::new()),
        Content::Media { files, caption } => (caption.clone().unwrap_or_default(), files.clone()),
        _ => return Err(refused("not_supported", "A letter cannot carry this.", NextStep::None)),
    };
    let to = message.to.iter().find(|id| address::key(&id.address).is_some());
    let to = to.ok_or_else(|| {
        refused("no_address", "This contact has no e-mail address.", NextStep::FixRecipient)
    })?;
    let letter = &message.letter;
    let in_reply_to =
        message.reply_to.clone().or_else(|| letter.references.last().cloned().filter(|_| letter.answers));
    let mut references =
        if letter.answers || message.reply_to.is_some() { letter.references.clone() } else { Vec::new() };
    references.retain(|id| Some(id) != in_reply_to.as_ref());
    references.extend(in_reply_to.clone());
    references.retain(|id| is_id(id));
    let text = markup::translate(&written, Markup::Plain);
    let subject = subject(message, &text);
    let html = letter.html.clone().unwrap_or_else(|| markup::translate(&written, Markup::Html));
    let (text, html) = signed(account, text, html);
    Ok(Draft {
        id: format!("{}@{}", message.id, account::domain(account)),
        from: Mailbox {
            name: Some(account.text(account::NAME).to_owned()).filter(|name| !name.is_empty()),
            address: account.text(account::ADDRESS).to_owned(),
        },
        to: vec![Mailbox::new(to.address.clone())],
        cc: letter.cc.clone(),
        bcc: letter.bcc.clone(),
        subject,
        html,
        text,
        files,
        in_reply_to: in_reply_to.filter(|id| is_id(id)),
        references,
        mark: message.id.to_string(),
    })
}

/// With the account's signature, behind the line by which programs know one (RFC 3676).
fn signed(account: &Account, text: String, html: String) -> (String, String) {
    let signature = account.text(account::SIGNATURE).replace("\r\n", "\n");
    let signature = signature.trim();
    if signature.is_empty() {
        return (text, html);
    }
    let [plain, formatted] =
        [Markup::Plain, Markup::Html].map(|dialect| markup::translate(signature, dialect));
    (format!("{text}\n\n-- \n{plain}"), format!("{html}<div>-- <br>{formatted}</div>"))
}

fn subject(message: &OutboundMessage, text: &str) -> String {
    let letter = &message.letter;
    match letter.subject.as_deref().map(address::clean).filter(|subject| !subject.is_empty()) {
        Some(subject) if letter.answers && !subject.to_lowercase().starts_with("re:") => {
            format!("Re: {subject}")
        }
        Some(subject) => subject,
        None => {
            let line =
                address::clean(text.lines().find(|line| !line.trim().is_empty()).unwrap_or("(no subject)"));
            line.chars().take(SUBJECT_MAX).collect()
        }
    }
}

/// An id that another program wrote; ids that stand for a missing one lead nowhere.
fn is_id(id: &str) -> bool {
    id.contains('@') && id.is_ascii() && !id.contains(['<', '>', ' ', '\r', '\n'])
}

fn refused(code: &str, detail: &str, next: NextStep) -> SendError {
    SendError::Refused(Refusal::new(code, detail, next))
}

impl Draft {
    /// The whole letter, and everybody whom it is handed to.
    pub(super) fn mime(&self) -> Result<Message, SendError> {
        let invalid = |detail: String| refused("invalid_message", &detail, NextStep::FixContent);
        let mut builder = Message::builder()
            .from(sendable(&self.from)?)
            .subject(self.subject.clone())
            .date_now()
            .message_id(Some(format!("<{}>", self.id)));
        for one in &self.to {
            builder = builder.to(sendable(one)?);
        }
        for one in &self.cc {
            builder = builder.cc(sendable(one)?);
        }
        for one in &self.bcc {
            builder = builder.bcc(sendable(one)?);
        }
        if let Some(id) = &self.in_reply_to {
            builder = builder.in_reply_to(format!("<{id}>"));
        }
        if !self.references.is_empty() {
            builder = builder.references(self.references_header());
        }
        let name = HeaderName::new_from_ascii(MARK.to_owned()).map_err(|error| invalid(error.to_string()))?;
        builder = builder.raw_header(HeaderValue::new(name, self.mark.clone()));
        let body = MultiPart::alternative_plain_html(self.text.clone(), self.page());
        let whole = if self.files.is_empty() {
            builder.multipart(body)
        } else {
            let files = self.files.iter().map(part);
            builder.multipart(
                files.fold(MultiPart::mixed().multipart(body), |mixed, file| mixed.singlepart(file)),
            )
        };
        whole.map_err(|error| invalid(error.to_string()))
    }

    pub(super) fn references_header(&self) -> String {
        self.references.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn page(&self) -> String {
        format!("<!doctype html><html><body>{}</body></html>", self.html)
    }
}

fn sendable(mailbox: &Mailbox) -> Result<Sendable, SendError> {
    let address = mailbox.address.trim().parse();
    let address = address.map_err(|_| {
        let detail = format!("{} is not an e-mail address that can be written to.", mailbox.address);
        refused("recipient_unknown", &detail, NextStep::FixRecipient)
    })?;
    Ok(Sendable::new(mailbox.name.clone(), address))
}

fn part(file: &OutboundMedia) -> SinglePart {
    let octets = || ContentType::parse("application/octet-stream");
    let kind = ContentType::parse(&file.mime).or_else(|_| octets()).unwrap_or(ContentType::TEXT_PLAIN);
    Attachment::new(address::clean(&file.file_name)).body(bytes(file).to_vec(), kind)
}

/// Files of this channel are handed over as bytes.
pub(super) fn bytes(file: &OutboundMedia) -> &[u8] {
    match &file.source {
        MediaSource::Bytes(bytes) => bytes,
        MediaSource::Link(_) => &[],
    }
}
