//! Discord's markdown: <https://docs.discord.com/developers/reference#message-formatting>. A backslash escapes any punctuation.
//! `@everyone` is disarmed here, too, though only `allowed_mentions` of the call is a promise.

use chrono::DateTime;

use super::{
    inline::{self, Collector, Grammar, Pair},
    lines::{self, Blocks, FENCE},
    marked::{Marked, Style},
    plain,
    source::{self, REACH, boundary},
    writer::{self, Dialect, Place},
};

const PAIRS: &[Pair] = &[
    Pair { mark: "***", styles: &[Style::Bold, Style::Italic], at_words: false },
    Pair { mark: "**", styles: &[Style::Bold], at_words: false },
    Pair { mark: "__", styles: &[Style::Underline], at_words: false },
    Pair { mark: "~~", styles: &[Style::Strike], at_words: false },
    Pair { mark: "||", styles: &[Style::Spoiler], at_words: false },
    Pair { mark: "*", styles: &[Style::Italic], at_words: false },
    Pair { mark: "_", styles: &[Style::Italic], at_words: true },
];
const GRAMMAR: Grammar = Grammar { pairs: PAIRS, backslash: true, special };
const WORDS: Grammar = Grammar { pairs: PAIRS, backslash: true, special: |_, _| None };
const BLOCKS: Blocks = Blocks { quotes: &["> "], quotes_rest: Some(">>> "), languages: true };

/// Keeps `@everyone` from being one.
const GAP: char = '\u{200b}';

pub(super) fn read(text: &str) -> Marked {
    let text = text.replace("@\u{200b}everyone", "@everyone").replace("@\u{200b}here", "@here");
    lines::read(&GRAMMAR, &BLOCKS, &text)
}

fn special(_: &Grammar, rest: &str) -> Option<(usize, Marked)> {
    if rest.starts_with('[') {
        return source::link(&WORDS, rest);
    }
    let inside = rest.strip_prefix('<')?;
    let end = inside[..boundary(inside, REACH)]
        .find(['>', '<', '\n'])
        .filter(|&at| inside[at..].starts_with('>'))?;
    Some((end + 2, token(&inside[..end])?))
}

/// `<@1>`, `<@!1>`, `<@&1>`, `<#1>`, `<:name:1>`, `<t:0:R>`, `<https://…>`. The names of people come beside the text.
fn token(token: &str) -> Option<Marked> {
    let mut out = Collector::default();
    let number = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    let people = token.strip_prefix('@').map(|id| ('@', id.trim_start_matches(['!', '&'])));
    if let Some((sign, id)) =
        people.or_else(|| token.strip_prefix('#').map(|id| ('#', id))).filter(|(_, id)| number(id))
    {
        out.text = format!("{sign}{id}");
        out.mark(0, Style::Mention(id.to_owned()));
    } else if let Some((name, _)) =
        token.strip_prefix("a:").or(token.strip_prefix(':')).and_then(|emoji| emoji.split_once(':'))
    {
        out.text = format!(":{name}:");
    } else if let Some(time) = token.strip_prefix("t:") {
        let seconds = time.split(':').next()?.parse().ok()?;
        out.text = DateTime::from_timestamp(seconds, 0)?.format("%Y-%m-%d %H:%M UTC").to_string();
    } else if source::is_address(token) {
        out.text = token.to_owned();
        out.mark(0, Style::Link(token.to_owned()));
    } else {
        return None;
    }
    Some(out.finish())
}

pub(super) fn render(marked: &Marked) -> String {
    let dialect = Dialect { wrap, escape, at_words: |style| matches!(style, Style::Italic), by_line: true };
    writer::write(marked, &dialect)
}

fn wrap(style: &Style, inner: &str, plain: &str, out: &mut String) -> bool {
    match style {
        Style::Bold => writer::between("**", inner, out),
        Style::Italic if inner.starts_with('_') || inner.ends_with('_') => writer::between("*", inner, out),
        Style::Italic => writer::between("_", inner, out),
        Style::Underline if inner.starts_with('_') || inner.ends_with('_') => false,
        Style::Underline => writer::between("__", inner, out),
        Style::Strike => writer::between("~~", inner, out),
        Style::Spoiler => writer::between("||", inner, out),
        Style::Code if plain.contains('`') => false,
        Style::Code => writer::between("`", plain, out),
        Style::Pre if plain.contains(FENCE) => false,
        Style::Pre => {
            out.push_str(FENCE);
            // The first of several lines would be taken for a language's name.
            if plain.contains('\n') {
                out.push('\n');
            }
            out.push_str(plain);
            out.push_str(FENCE);
            true
        }
        Style::Quote => {
            writer::before_lines("> ", inner, out);
            true
        }
        Style::Link(url) if url == plain => {
            out.push_str(plain);
            true
        }
        Style::Link(url) if url.starts_with("http") && source::is_address(url) => {
            out.push_str(&format!("[{inner}]({})", source::balanced(url)));
            true
        }
        Style::Link(url) => plain::link(url, inner, plain, out),
        Style::Mention(id) if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) => {
            let sign = if plain.starts_with('#') { '#' } else { '@' };
            out.push_str(&format!("<{sign}{id}>"));
            true
        }
        Style::Mention(_) => false,
        Style::Item => false,
    }
}

fn escape(text: &str, place: &Place, out: &mut String) {
    if place.literal {
        out.push_str(text);
        return;
    }
    let mut before = place.before;
    let mut at = place.marker;
    if at > 0 {
        out.push_str(&text[..at]);
        before = Some(' ');
    }
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let begins = matches!(before, None | Some('\n'));
        let word = before.is_some_and(char::is_alphanumeric);
        if let Some(length) = inline::address(rest).filter(|_| !word) {
            out.push_str(&rest[..length]);
            before = rest[..length].chars().last();
            at += length;
            continue;
        }
        match c {
            '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            '>' | '#' | '-' if begins => {
                out.push('\\');
                out.push(c);
            }
            '@' if rest.starts_with("@everyone") || rest.starts_with("@here") => {
                out.push('@');
                out.push(GAP);
            }
            c => out.push(c),
        }
        before = Some(c);
        at += c.len_utf8();
    }
}
