//! Providers that call the hub with what came in: SendGrid's Inbound Parse, Mailgun's routes, Postmark's inbound stream, Amazon SES. All of
//! them can hand over the whole letter, which is what is asked for; one that was taken apart is put together again, so that there is one
//! reader.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use mail_parser::decoders::charsets::map::charset_decoder;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use webhooks::{
    Scheme, Stamp, Unverified, Verified,
    posted::{self, FormField},
};

use super::{
    account::{self, CALLBACK_SECRET, CALLBACK_USER, Provider, VERIFICATION_KEYS},
    address::clean,
    events, read, ses,
};
use crate::{
    Account, Incoming, ReadError, body,
    event::{InboundEvent, What},
};

/// SendGrid's, of its event webhook and its Inbound Parse alike.
/// <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features>
const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
/// It repeats a letter for three days; a letter or an event that is told twice changes nothing.
const SIGNED: Stamp =
    Stamp { header: "x-twilio-email-event-webhook-timestamp", tolerance_seconds: 3 * 86_400 };

/// A callback that SendGrid signs is proved by that; what nobody signs, by the secret in the address.
pub(super) fn proof(account: &Account, request: &Unverified) -> Scheme {
    let secret = account.secret(CALLBACK_SECRET);
    match account::provider(account) {
        None => Scheme::Refuse("this mailbox is listened to, nobody calls for it"),
        Some(Provider::Ses) => ses::proof(account),
        Some(Provider::Sendgrid) if account.has(VERIFICATION_KEYS) && request.header(SIGNATURE).is_some() => {
            let keys = account.text(VERIFICATION_KEYS).split([',', ' ']).filter(|key| !key.is_empty());
            let public_keys = keys.map(str::to_owned).collect();
            Scheme::EcdsaP256 { header: SIGNATURE, public_keys, stamp: SIGNED }
        }
        Some(_) if secret.expose_secret().is_empty() => Scheme::Refuse("the callback secret is missing"),
        Some(Provider::Mailgun) => Scheme::SignedFields { secret },
        Some(Provider::Sendgrid | Provider::Postmark) => {
            let pair = STANDARD.encode(format!("{CALLBACK_USER}:{}", secret.expose_secret()));
            Scheme::HeaderToken {
                header: "authorization",
                secret: SecretString::from(format!("Basic {pair}")),
            }
        }
    }
}

pub(super) fn read(account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
    let kind = request.header("content-type").unwrap_or_default();
    let fields = posted::fields(kind, request.body());
    let at = request.received_at();
    let events = if fields.is_empty() {
        json(account, &body::json(request.body())?, at)
    } else {
        let checked = checked(&fields);
        let arrival = read::Arrival {
            lies: None,
            recipient: recipient(&fields),
            checked: (!checked.is_empty()).then_some(checked),
            at,
        };
        vec![read::read(account, &fields_letter(&fields), &arrival)]
    };
    Ok(Incoming::events(events.into_iter().map(InboundEvent::from).collect()))
}

/// Postmark's letters and events, SendGrid's lists of events, Mailgun's events, what Amazon SNS says.
fn json(account: &Account, body: &Value, at: DateTime<Utc>) -> Vec<What> {
    if let Some(list) = body.as_array() {
        return list.iter().map(|event| events::sendgrid(account, event, at)).collect();
    }
    if let Some(event) = body.get("event-data") {
        return vec![events::mailgun(account, event, at)];
    }
    if account::provider(account) == Some(Provider::Ses) {
        return ses::read(account, body, at);
    }
    if body.get("RecordType").and_then(Value::as_str).is_some_and(|kind| kind != "Inbound") {
        return vec![events::postmark(account, body, at)];
    }
    if body.get("FromFull").or(body.get("From")).or(body.get("RawEmail")).is_none() {
        return vec![What::Ignored { reason: "a callback that holds no letter".to_owned() }];
    }
    let raw = text(body, "RawEmail");
    let raw = if raw.is_empty() { postmark_letter(body) } else { raw.as_bytes().to_vec() };
    let recipient = Some(text(body, "OriginalRecipient").to_owned());
    vec![read::read(account, &raw, &read::Arrival { lies: None, recipient, checked: None, at })]
}

pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A letter that was taken apart.
#[derive(Default)]
struct Pieces {
    headers: Vec<(String, String)>,
    text: String,
    html: String,
    files: Vec<Piece>,
}

struct Piece {
    name: String,
    mime: String,
    id: String,
    base64: String,
}

impl Pieces {
    /// As one letter. The same pieces give the same bytes.
    fn joined(&self) -> Vec<u8> {
        const BOUNDARY: &str = "=_switchboard_put_together_again";
        let mut out = String::new();
        let own = ["content-type", "content-transfer-encoding", "mime-version", "content-disposition"];
        for (name, value) in &self.headers {
            let written = !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() && c != ':');
            if written && !own.contains(&name.to_ascii_lowercase().as_str()) {
                out.push_str(&format!("{name}: {}\r\n", clean(value)));
            }
        }
        out.push_str(&format!(
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n"
        ));
        let mut part = |head: String, base64: &str| {
            out.push_str(&format!(
                "--{BOUNDARY}\r\n{head}\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}\r\n"
            ));
        };
        let both = [("plain", &self.text), ("html", &self.html)];
        // With HTML beside it the text stands for the same; a reader takes the alternative that it likes.
        let inner = "=_switchboard_alternatives";
        let mut alternatives = String::new();
        for (kind, text) in both.into_iter().filter(|(_, text)| !text.is_empty()) {
            alternatives.push_str(&format!(
                "--{inner}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
                STANDARD.encode(text)
            ));
        }
        for file in &self.files {
            let id = if file.id.is_empty() {
                String::new()
            } else {
                format!("\r\nContent-ID: <{}>", clean(&file.id))
            };
            let name = clean(&file.name).replace(['"', '\\'], "_");
            let head = format!(
                "Content-Type: {}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"{id}",
                clean(&file.mime)
            );
            part(head, &file.base64);
        }
        if !alternatives.is_empty() {
            let at = out.find("\r\n\r\n").map_or(out.len(), |at| at + 4);
            let whole = format!(
                "--{BOUNDARY}\r\nContent-Type: multipart/alternative; boundary=\"{inner}\"\r\n\r\n{alternatives}--{inner}--\r\n"
            );
            out.insert_str(at, &whole);
        }
        out.push_str(&format!("--{BOUNDARY}--\r\n"));
        out.into_bytes()
    }
}

fn postmark_letter(body: &Value) -> Vec<u8> {
    let list = |field: &str| body.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let headers = list("Headers");
    let mut pieces = Pieces {
        text: text(body, "TextBody").into(),
        html: text(body, "HtmlBody").into(),
        ..Pieces::default()
    };
    for (name, field) in [
        ("From", "From"),
        ("To", "To"),
        ("Cc", "Cc"),
        ("Reply-To", "ReplyTo"),
        ("Subject", "Subject"),
        ("Date", "Date"),
    ] {
        let given = headers.iter().any(|header| text(header, "Name").eq_ignore_ascii_case(name));
        if !given && !text(body, field).is_empty() {
            pieces.headers.push((name.to_owned(), text(body, field).to_owned()));
        }
    }
    pieces
        .headers
        .extend(headers.iter().map(|one| (text(one, "Name").to_owned(), text(one, "Value").to_owned())));
    pieces.files = list("Attachments")
        .iter()
        .map(|file| Piece {
            name: text(file, "Name").into(),
            mime: text(file, "ContentType").into(),
            id: text(file, "ContentID").into(),
            base64: text(file, "Content").split_whitespace().collect(),
        })
        .collect();
    pieces.joined()
}

/// SendGrid's `email` and Mailgun's `body-mime` are the letter itself.
fn fields_letter(fields: &[FormField]) -> Vec<u8> {
    let field = |name: &str| fields.iter().find(|field| field.name == name);
    if let Some(whole) = field("email").or_else(|| field("body-mime")) {
        return whole.value.clone();
    }
    let charsets: Value =
        field("charsets").and_then(|one| serde_json::from_slice(&one.value).ok()).unwrap_or_default();
    let read =
        |name: &str| field(name).map(|one| decoded(&one.value, text(&charsets, name))).unwrap_or_default();
    let either = |a: &str, b: &str| Some(read(a)).filter(|text| !text.is_empty()).unwrap_or_else(|| read(b));
    let mut pieces =
        Pieces { text: either("text", "body-plain"), html: either("html", "body-html"), ..Pieces::default() };
    let listed: Vec<(String, String)> = serde_json::from_str(&read("message-headers")).unwrap_or_default();
    pieces.headers = if listed.is_empty() { header_lines(&read("headers")) } else { listed };
    for name in ["from", "to", "cc", "subject"] {
        let given = pieces.headers.iter().any(|(found, _)| found.eq_ignore_ascii_case(name));
        if !given && !read(name).is_empty() {
            pieces.headers.push((name.to_owned(), read(name)));
        }
    }
    let ids: Value = serde_json::from_str(&read("attachment-info")).unwrap_or_default();
    pieces.files = fields
        .iter()
        .filter(|field| field.file_name.is_some())
        .map(|file| Piece {
            name: file.file_name.clone().unwrap_or_default(),
            mime: file.content_type.clone().unwrap_or_else(|| "application/octet-stream".into()),
            id: ids.get(&file.name).map_or("", |info| text(info, "content-id")).into(),
            base64: STANDARD.encode(&file.value),
        })
        .collect();
    pieces.joined()
}

fn header_lines(text: &str) -> Vec<(String, String)> {
    let unfolded = text.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    let lines = unfolded.lines().filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

/// SendGrid hands fields over in the letter's own character sets.
fn decoded(bytes: &[u8], charset: &str) -> String {
    match charset_decoder(charset.to_ascii_lowercase().as_bytes()) {
        Some(decode) => decode(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// What the provider found out about the sender, as a mail server would write it into the letter: SendGrid's `SPF` and `dkim`
/// (`{@example.org : pass}`), Mailgun's headers.
fn checked(fields: &[FormField]) -> String {
    let field = |name: &str| {
        let found = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        found.map(|field| String::from_utf8_lossy(&field.value).trim().to_ascii_lowercase())
    };
    let spf = field("SPF").or_else(|| field("X-Mailgun-Spf")).map(|spf| format!("; spf={}", clean(&spf)));
    let dkim = field("dkim").map(|all| {
        let each = all.trim_matches(['{', '}']).split(',').filter_map(|one| one.split_once(':'));
        each.map(|(domain, result)| {
            format!("; dkim={} header.d={}", clean(result), domain.trim().trim_start_matches('@'))
        })
        .collect::<String>()
    });
    let dkim = dkim
        .or_else(|| field("X-Mailgun-Dkim-Check-Result").map(|result| format!("; dkim={}", clean(&result))));
    [spf, dkim].into_iter().flatten().collect()
}

/// The envelope's receiver.
fn recipient(fields: &[FormField]) -> Option<String> {
    let field =
        |name: &str| fields.iter().rev().find(|field| field.name == name).map(|field| field.value.as_slice());
    if let Some(recipient) = field("recipient") {
        return Some(String::from_utf8_lossy(recipient).into_owned());
    }
    let envelope: Value = serde_json::from_slice(field("envelope")?).ok()?;
    envelope["to"][0].as_str().map(str::to_owned)
}
