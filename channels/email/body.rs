//! What somebody wrote, apart from what their program repeated below it.

use mail_parser::{Message, PartType};

use super::html;
use crate::{abilities::Markup, markup};

/// Characters of text that are kept; the whole letter stays in the flight recorder.
const TEXT_MAX: usize = 200_000;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Body {
    pub text: String,
    /// Not sanitised yet.
    pub html: Option<String>,
    /// Earlier letters, as text.
    pub quoted: Option<String>,
}

pub(super) fn read(message: &Message<'_>) -> Body {
    let part = |id: &u32| message.parts.get(*id as usize).map(|part| &part.body);
    let plain: Vec<&str> = message
        .text_body
        .iter()
        .filter_map(|id| match part(id) {
            Some(PartType::Text(text)) => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    let rich: Vec<&str> = message
        .html_body
        .iter()
        .filter_map(|id| match part(id) {
            Some(PartType::Html(html)) => Some(html.as_ref()),
            _ => None,
        })
        .collect();
    let html = Some(rich.join("<br>").replace('\0', "")).filter(|html| !html.trim().is_empty());
    body(&plain.join("\n"), html)
}

fn body(plain: &str, html: Option<String>) -> Body {
    let plain = tidy(plain);
    let start = html.as_deref().and_then(html::quote_start);
    if plain.is_empty() {
        return from_html(html, start);
    }
    let Some(at) = quote_start(&plain) else { return Body { text: plain, html, quoted: None } };
    let html = match (html, start) {
        (Some(html), Some(start)) => Some(html[..start].to_owned()),
        (html, _) => html,
    };
    Body { text: tidy(&plain[..at]), html, quoted: Some(tidy(&plain[at..])) }
}

fn from_html(html: Option<String>, start: Option<usize>) -> Body {
    let Some(html) = html else { return Body::default() };
    if let Some(start) = start {
        let text = shown(&html[..start]);
        if !text.is_empty() {
            let quoted = Some(shown(&html[start..])).filter(|text| !text.is_empty());
            return Body { text, html: Some(html[..start].to_owned()), quoted };
        }
    }
    let text = shown(&html);
    match quote_start(&text) {
        Some(at) => Body { quoted: Some(tidy(&text[at..])), text: tidy(&text[..at]), html: Some(html) },
        None => Body { text, html: Some(html), quoted: None },
    }
}

fn shown(html: &str) -> String {
    tidy(&markup::read(html, Markup::Html).text)
}

/// Without control characters, trailing spaces and runs of empty lines.
fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut empty = 0;
    for line in text.lines() {
        let line: String = line.chars().filter(|c| *c == '\t' || !c.is_control()).collect();
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 3 {
            out.push_str(line);
            out.push('\n');
        }
    }
    let text = out.trim_matches('\n').trim_end();
    text.chars().take(TEXT_MAX).collect()
}

/// Where the quoted end of a text begins: behind something that was written, and with nothing written below it.
fn quote_start(text: &str) -> Option<usize> {
    let lines = starts(text);
    for (index, (at, line)) in lines.iter().enumerate() {
        let next = lines.get(index + 1).map_or("", |(_, line)| line);
        let rest = || lines[index + 1..].iter().map(|(_, line)| *line);
        let begins = is_separator(line)
            || is_header_block(line, rest())
            || (line.starts_with('>') && only_quoted(rest()))
            || (introduces(line) && only_quoted(rest()))
            // A long introduction is broken in two.
            || (begins_introduction(line) && ends_introduction(next) && only_quoted(rest().skip(1)));
        if begins {
            return Some(*at).filter(|at| !text[..*at].trim().is_empty());
        }
    }
    None
}

fn starts(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let start = at;
            at += line.len();
            (start, line.trim())
        })
        .collect()
}

fn only_quoted<'a>(rest: impl Iterator<Item = &'a str>) -> bool {
    rest.into_iter().all(|line| line.is_empty() || line.starts_with('>'))
}

fn is_separator(line: &str) -> bool {
    let words = line.trim_matches(['-', '_', ' ']).to_lowercase();
    line.starts_with("---")
        && [
            "original message",
            "mensagem original",
            "ursprüngliche nachricht",
            "mensaje original",
            "message d'origine",
        ]
        .contains(&words.as_str())
}

/// `From: … Sent: … To: …`, as Outlook writes it.
fn is_header_block<'a>(line: &str, rest: impl Iterator<Item = &'a str>) -> bool {
    let begins = |line: &str, names: &[&str]| {
        names.iter().any(|name| line.trim_start_matches('*').to_lowercase().starts_with(name))
    };
    if !begins(line, &["from:", "de:", "von:"]) {
        return false;
    }
    let more = rest.take(4).filter(|line| {
        begins(
            line,
            &[
                "sent:",
                "date:",
                "to:",
                "subject:",
                "enviado",
                "para:",
                "assunto:",
                "gesendet:",
                "an:",
                "betreff:",
                "data:",
            ],
        )
    });
    more.count() >= 2
}

fn introduces(line: &str) -> bool {
    begins_introduction(line) && ends_introduction(line)
}

fn begins_introduction(line: &str) -> bool {
    ["On ", "Em ", "Am ", "El ", "Le ", "Il "].iter().any(|word| line.starts_with(word))
}

fn ends_introduction(line: &str) -> bool {
    let line = line.trim_end_matches([' ', '\u{a0}']);
    ["wrote:", "escreveu:", "schrieb:", "escribió:", "a écrit:", "a écrit :", "ha scritto:"]
        .iter()
        .any(|word| line.ends_with(word))
        || (line.ends_with(':') && line.contains(" schrieb "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (String, Option<String>) {
        let body = body(text, None);
        (body.text, body.quoted)
    }

    #[test]
    fn what_is_repeated_below_is_folded() {
        for quote in [
            "On Mon, Jan 5, 2026 at 9:00 Ada <a@x.org> wrote:\n> Hello\n>\n> there",
            "On Mon, Jan 5, 2026 at 9:00 Somebody With A Name\n<a@x.org> wrote:\n\n> Hello",
            "Em seg., 5 de jan. de 2026, Ada escreveu:\n> Olá",
            "-----Original Message-----\nFrom: Ada\nHello",
            "From: Ada <a@x.org>\nSent: Monday\nTo: Support\nSubject: Hi\n\nHello",
            "> Hello\n> there",
        ] {
            let (text, quoted) = split(&format!("Thank you!\n\n{quote}"));
            assert_eq!((text.as_str(), quoted.as_deref()), ("Thank you!", Some(quote)));
        }
    }

    #[test]
    fn answers_between_the_lines_stay_whole() {
        for text in [
            "> When?\nOn Monday.\n> Where?\nHere.",
            "On the one hand: yes",
            "> only a quote",
            "From: here\nto there",
        ] {
            assert_eq!(split(text), (text.to_owned(), None));
        }
    }

    #[test]
    fn html_alone_is_read_as_text() {
        let html = "<p>Yes &amp; no</p><div class=\"gmail_quote\">On Monday Ada wrote:<blockquote>Hello</blockquote></div>";
        let body = body("", Some(html.to_owned()));
        assert_eq!((body.text.as_str(), body.html.as_deref()), ("Yes & no", Some("<p>Yes &amp; no</p>")));
        assert!(body.quoted.unwrap().contains("Hello"));
    }
}
