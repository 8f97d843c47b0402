//! Letters as a customer's program writes them, and the little of a received one that is shown.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Utc;

use crate::{Customer, Media};

/// What a customer's letter holds.
pub(super) struct Written<'a> {
    pub id: &'a str,
    pub from: &'a Customer,
    pub to: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    pub file: Option<&'a Media>,
    /// The letter that is answered, and what it answered itself.
    pub answers: Option<(&'a str, &'a str)>,
}

/// A name as it may stand before the `@`.
pub(super) fn local(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let local = words.collect::<Vec<_>>().join(".");
    if local.is_empty() { "someone".to_owned() } else { local }
}

impl Written<'_> {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = format!(
            "Return-Path: <{0}>\r\nDelivered-To: {1}\r\nDate: {2}\r\nFrom: {3} <{0}>\r\nTo: {1}\r\nSubject: {4}\r\nMessage-ID: <{5}>\r\n",
            self.from.id,
            self.to,
            Utc::now().to_rfc2822(),
            encoded(&self.from.name),
            encoded(self.subject),
            self.id,
        );
        if let Some((id, before)) = self.answers {
            let before = if before.is_empty() { String::new() } else { format!("{before} ") };
            out.push_str(&format!("In-Reply-To: <{id}>\r\nReferences: {before}<{id}>\r\n"));
        }
        out.push_str("MIME-Version: 1.0\r\n");
        let text = format!(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            folded(self.text.as_bytes())
        );
        match self.file {
            None => out.push_str(&text),
            Some(file) => out.push_str(&format!(
                "Content-Type: multipart/mixed; boundary=\"=_played\"\r\n\r\n--=_played\r\n{text}--=_played\r\nContent-Type: {}\r\n\
                 Content-Disposition: attachment; filename=\"{}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--=_played--\r\n",
                file.mime,
                file.file_name.replace(['"', '\r', '\n'], "_"),
                folded(&file.bytes),
            )),
        }
        out.into_bytes()
    }
}

fn encoded(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -.'".contains(&byte)) {
        return text.to_owned();
    }
    format!("=?utf-8?B?{}?=", STANDARD.encode(text))
}

fn folded(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    text.as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect::<Vec<_>>()
        .join("\r\n")
}

/// A header's value, unfolded.
pub(super) fn header(raw: &str, name: &str) -> Option<String> {
    let head = raw.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ").replace("\r\n\t", " ");
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// The plain text of a letter, and the name of its first file.
pub(super) fn shown(raw: &str) -> (String, Option<String>) {
    let mut text = None;
    let mut file = None;
    for part in parts(raw) {
        let kind = header(part, "Content-Type").unwrap_or_default().to_ascii_lowercase();
        let disposition = header(part, "Content-Disposition").unwrap_or_default();
        if disposition.starts_with("attachment") {
            let name = disposition.split("filename=").nth(1).unwrap_or("file");
            file.get_or_insert_with(|| name.trim_matches('"').to_owned());
        } else if kind.starts_with("text/plain") || (kind.is_empty() && text.is_none()) {
            text.get_or_insert_with(|| decoded(part));
        }
    }
    (text.unwrap_or_default(), file)
}

/// All leaves of a multipart letter; itself if it is none.
fn parts(raw: &str) -> Vec<&str> {
    let kind = header(raw, "Content-Type").unwrap_or_default();
    let Some(boundary) = kind.split("boundary=").nth(1).map(|rest| rest.trim_matches(['"', ' ', ';'])) else {
        return vec![raw];
    };
    let mark = format!("--{boundary}");
    let pieces = raw.split(mark.as_str()).skip(1).filter_map(|piece| piece.strip_prefix("\r\n"));
    pieces.flat_map(parts).collect()
}

fn decoded(part: &str) -> String {
    let body = part.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let way = header(part, "Content-Transfer-Encoding").unwrap_or_default().to_ascii_lowercase();
    let text = match way.as_str() {
        "base64" => {
            let joined: String = body.split_whitespace().collect();
            String::from_utf8_lossy(&STANDARD.decode(joined).unwrap_or_default()).into_owned()
        }
        "quoted-printable" => unquoted(body),
        _ => body.to_owned(),
    };
    text.replace("\r\n", "\n").trim_end().to_owned()
}

fn unquoted(body: &str) -> String {
    let body = body.replace("=\r\n", "");
    let mut out = Vec::new();
    let mut rest = body.as_bytes();
    while let [first, more @ ..] = rest {
        let coded = more.get(..2).filter(|_| *first == b'=').and_then(|digits| hex::decode(digits).ok());
        match coded {
            Some(byte) => {
                out.extend(byte);
                rest = &more[2..];
            }
            None => {
                out.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
