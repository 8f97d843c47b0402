//! What agents write.

use super::{
    inline::{self, Collector, Grammar, Pair},
    lines::{self, Blocks, FENCE},
    marked::{Marked, Style},
    writer::{self, Dialect, Place},
};

const PAIRS: &[Pair] = &[
    Pair { mark: "**", styles: &[Style::Bold], at_words: true },
    Pair { mark: "~~", styles: &[Style::Strike], at_words: true },
    Pair { mark: "*", styles: &[Style::Bold], at_words: true },
    Pair { mark: "_", styles: &[Style::Italic], at_words: true },
    Pair { mark: "~", styles: &[Style::Strike], at_words: true },
];

/// Characters in which the end of a link or a mention must come.
pub(super) const REACH: usize = 2048;

const GRAMMAR: Grammar = Grammar { pairs: PAIRS, backslash: false, special };
/// Within a link's words there are no further links.
const WORDS: Grammar = Grammar { pairs: PAIRS, backslash: false, special: |_, _| None };
const BLOCKS: Blocks = Blocks { quotes: &["> "], quotes_rest: None, languages: false };

pub(super) fn parse(text: &str) -> Marked {
    lines::read(&GRAMMAR, &BLOCKS, text)
}

fn special(_: &Grammar, rest: &str) -> Option<(usize, Marked)> {
    match rest.strip_prefix('@') {
        Some(name) => mention(name).map(|(length, marked)| (length + 1, marked)),
        None => link(&WORDS, rest),
    }
}

/// `[Name](id)` behind an `@`.
fn mention(rest: &str) -> Option<(usize, Marked)> {
    let (name, id, length) = bracketed(rest)?;
    let known =
        !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
    if !known {
        return None;
    }
    let mut out = Collector::default();
    out.text.push('@');
    out.text.push_str(name);
    out.mark(0, Style::Mention(id.to_owned()));
    Some((length, out.finish()))
}

/// `[words](address)`.
pub(super) fn link(words: &Grammar, rest: &str) -> Option<(usize, Marked)> {
    let (label, url, length) = bracketed(rest)?;
    if !is_address(url) {
        return None;
    }
    let mut out = Collector::default();
    inline::read(words, label, None, &mut out);
    // A label that is another address would show one and lead to the other.
    out.marks.retain(|mark| !matches!(mark.style, Style::Link(_)));
    out.mark(0, Style::Link(url.to_owned()));
    Some((length, out.finish()))
}

/// Both texts of `[…](…)`, and its length. Brackets within the second are in balance.
fn bracketed(rest: &str) -> Option<(&str, &str, usize)> {
    let inside = rest.strip_prefix('[')?;
    let window = &inside[..boundary(inside, REACH)];
    let middle = window.find("](").filter(|&at| !window[..at].trim().is_empty())?;
    let mut depth = 0usize;
    for (at, c) in window[middle + 2..].char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => {
                return Some((&inside[..middle], &inside[middle + 2..middle + 2 + at], middle + at + 4));
            }
            ')' => depth -= 1,
            c if c.is_whitespace() => return None,
            _ => {}
        }
    }
    None
}

/// The last place that is not behind `at` and not inside a character.
pub(super) fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default()
}

/// Only what leads to a page, a letter or a telephone.
pub(super) fn is_address(url: &str) -> bool {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let rest = |scheme: &str| url.len() > scheme.len();
    ["https://", "http://", "mailto:", "tel:"]
        .into_iter()
        .any(|scheme| lower.starts_with(scheme) && rest(scheme))
        && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

const DIALECT: Dialect = Dialect {
    wrap,
    escape: |text: &str, _: &Place, out: &mut String| out.push_str(text),
    at_words: |style| !matches!(style, Style::Link(_) | Style::Mention(_) | Style::Code),
    by_line: true,
};

pub(super) fn write(marked: &Marked) -> String {
    writer::write(marked, &DIALECT)
}

fn wrap(style: &Style, inner: &str, plain: &str, out: &mut String) -> bool {
    match style {
        Style::Link(url) if url == plain => out.push_str(plain),
        Style::Link(url) if is_address(url) && !plain.contains("](") => {
            let url = balanced(url);
            out.push_str(&format!("[{inner}]({url})"));
        }
        Style::Link(url) => out.push_str(&format!("{inner} ({url})")),
        Style::Mention(id) if !id.is_empty() && plain.len() > 1 => {
            out.push_str(&format!("@[{}]({id})", plain.trim_start_matches('@')));
        }
        _ => return punctuation(style, inner, plain, out),
    }
    true
}

/// Brackets that would end the link early stand as their codes.
pub(super) fn balanced(url: &str) -> String {
    let mut depth = 0i32;
    let even = url.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    });
    if even && depth == 0 { url.to_owned() } else { url.replace('(', "%28").replace(')', "%29") }
}

/// The marks that this markup has in common with WhatsApp and Slack.
pub(super) fn punctuation(style: &Style, inner: &str, plain: &str, out: &mut String) -> bool {
    match style {
        Style::Bold => writer::between("*", inner, out),
        Style::Italic => writer::between("_", inner, out),
        Style::Strike => writer::between("~", inner, out),
        Style::Code if !plain.contains('`') && !plain.trim().is_empty() => writer::between("`", inner, out),
        Style::Pre if !plain.contains(FENCE) && !plain.trim().is_empty() => {
            writer::between(FENCE, inner, out)
        }
        Style::Quote => {
            writer::before_lines("> ", inner, out);
            true
        }
        _ => false,
    }
}
