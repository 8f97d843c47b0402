//! Blocks: preformatted stretches, quotes, items. What stands on a line is read by [`super::inline`].

use super::{
    inline::{self, Collector, Grammar},
    marked::{Marked, Style},
};

/// Around a preformatted stretch.
pub(super) const FENCE: &str = "```";

/// What is different between dialects.
pub(super) struct Blocks {
    /// What a quoted line begins with, the longest first.
    pub quotes: &'static [&'static str],
    /// What quotes everything behind it.
    pub quotes_rest: Option<&'static str>,
    /// Whether a block may begin with the name of a programming language on a line of its own.
    pub languages: bool,
}

pub(super) fn read(grammar: &Grammar, blocks: &Blocks, text: &str) -> Marked {
    let mut out = Collector::default();
    let mut rest = text;
    let mut at_line = true;
    while let Some((before, inside, after)) = fenced(rest) {
        lines(grammar, blocks, before, at_line, &mut out);
        let inside = if blocks.languages { without_language(inside) } else { inside };
        let start = out.text.len();
        out.text.push_str(inside);
        out.mark(start, Style::Pre);
        rest = after;
        at_line = false;
    }
    lines(grammar, blocks, rest, at_line, &mut out);
    out.finish()
}

/// Before, within and behind the first preformatted stretch that holds anything.
fn fenced(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text[from..].find(FENCE)?;
        let inside = open + FENCE.len();
        let end = inside + text[inside..].find(FENCE)?;
        from = end + FENCE.len();
        if !text[inside..end].trim().is_empty() {
            return Some((&text[..open], &text[inside..end], &text[from..]));
        }
    }
}

/// `rust\ncode`, or a line break alone, behind the fence.
fn without_language(inside: &str) -> &str {
    match inside.split_once('\n') {
        Some((language, code))
            if !code.trim().is_empty()
                && language
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '#' | '.')) =>
        {
            code
        }
        _ => inside,
    }
}

fn lines(grammar: &Grammar, blocks: &Blocks, text: &str, at_line: bool, out: &mut Collector) {
    let lines: Vec<&str> = text.split('\n').collect();
    let goes_on = goes_on(blocks, &lines);
    let mut quote: Option<usize> = None;
    let mut rest = false;
    for (index, line) in lines.iter().enumerate() {
        let begins = index > 0 || at_line;
        if let Some(inside) =
            blocks.quotes_rest.and_then(|mark| line.strip_prefix(mark)).filter(|_| begins && !rest)
        {
            close(&mut quote, out);
            step(index, out);
            quote = Some(out.text.len());
            rest = true;
            whole(grammar, inside, true, out);
            continue;
        }
        let inside = quoted(blocks, line).filter(|inside| {
            begins && !rest && (!inside.trim().is_empty() || (quote.is_some() && goes_on[index]))
        });
        if inside.is_none() && !rest {
            close(&mut quote, out);
        }
        step(index, out);
        if inside.is_some() && quote.is_none() {
            quote = Some(out.text.len());
        }
        whole(grammar, inside.unwrap_or(line), begins, out);
    }
    close(&mut quote, out);
}

fn step(index: usize, out: &mut Collector) {
    if index > 0 {
        out.text.push('\n');
    }
}

fn close(quote: &mut Option<usize>, out: &mut Collector) {
    if let Some(start) = quote.take() {
        out.mark(start, Style::Quote);
    }
}

/// What a quoted line says; empty for the mark alone.
fn quoted<'a>(blocks: &Blocks, line: &'a str) -> Option<&'a str> {
    blocks
        .quotes
        .iter()
        .find_map(|mark| line.strip_prefix(mark).or_else(|| (line == mark.trim_end()).then_some("")))
}

/// Whether a quote goes on with words in this line or behind it: an empty line at its end is no part of it.
fn goes_on(blocks: &Blocks, lines: &[&str]) -> Vec<bool> {
    let mut on = vec![false; lines.len()];
    let mut behind = false;
    for (index, line) in lines.iter().enumerate().rev() {
        behind = quoted(blocks, line).is_some_and(|inside| !inside.trim().is_empty() || behind);
        on[index] = behind;
    }
    on
}

/// One line without its quotation mark.
fn whole(grammar: &Grammar, line: &str, begins: bool, out: &mut Collector) {
    let start = out.text.len();
    match item(line).filter(|_| begins) {
        Some(marker) => {
            out.text.push_str(&line[..marker]);
            inline::read(grammar, &line[marker..], Some(' '), out);
            out.mark(start, Style::Item);
        }
        None => {
            let before = out.text.chars().last().filter(|c| *c != '\n');
            inline::read(grammar, line, before, out);
        }
    }
}

/// The length of what an item begins with: `- `, `* `, `• `, `12. `; words must follow.
pub(super) fn item(line: &str) -> Option<usize> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let inner = &line[indent..];
    let bullet = ['-', '*', '•'].into_iter().find_map(|c| inner.strip_prefix(c).map(|_| c.len_utf8()));
    let marker = bullet.or_else(|| {
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        let closes = inner[digits..].starts_with(['.', ')']);
        ((1..=4).contains(&digits) && closes).then_some(digits + 1)
    })?;
    let words = inner[marker..].strip_prefix(' ')?;
    words.chars().next().filter(|c| !c.is_whitespace())?;
    Some(indent + marker + 1)
}
