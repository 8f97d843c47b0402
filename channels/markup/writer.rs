//! Writes marked texts in dialects that mark with punctuation. A [`Dialect`] says how a stretch is wrapped and what is escaped;
//! here is what they share: stretches that overlap are closed and opened again, and what a dialect cannot say is left out.

use super::{
    lines,
    marked::{Mark, Marked, Style},
};

pub(super) struct Dialect {
    /// Writes a stretch: its style, as it was rendered, and its bare text. `false` if the dialect has no such style.
    pub wrap: fn(&Style, &str, &str, &mut String) -> bool,
    /// Writes bare text.
    pub escape: fn(&str, &Place, &mut String),
    /// Styles that must stand at the edges of words, or they would be read as punctuation.
    pub at_words: fn(&Style) -> bool,
    /// Whether an inline stretch ends with its line.
    pub by_line: bool,
}

/// Where a piece of bare text stands.
#[derive(Default)]
pub(super) struct Place {
    /// The character before it.
    pub before: Option<char>,
    /// In code, or in an address that is its own text.
    pub literal: bool,
    /// How many bytes of it are what an item begins with.
    pub marker: usize,
}

pub(super) fn write(marked: &Marked, dialect: &Dialect) -> String {
    let marks = fitted(marked, dialect);
    let text = marked.text.as_str();
    let mut cuts: Vec<usize> =
        marks.iter().flat_map(|mark| [mark.start, mark.end]).chain([text.len()]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut coming = marks.iter().peekable();
    let mut levels = Levels { text, dialect, out: String::new(), open: Vec::new() };
    let mut at = 0;
    for cut in cuts {
        levels.say(at, cut);
        at = cut;
        let mut again = levels.close(at);
        while let Some(mark) = coming.next_if(|mark| mark.start == at) {
            again.push(mark);
        }
        again.sort_by_key(|mark| std::cmp::Reverse(mark.end));
        for mark in again {
            levels.open.push(Level { mark, start: at, out: String::new() });
        }
    }
    levels.out
}

struct Levels<'a> {
    text: &'a str,
    dialect: &'a Dialect,
    out: String,
    open: Vec<Level<'a>>,
}

struct Level<'a> {
    mark: &'a Mark,
    /// Where it was opened, perhaps again.
    start: usize,
    out: String,
}

impl<'a> Levels<'a> {
    fn say(&mut self, from: usize, to: usize) {
        if from == to {
            return;
        }
        let bare = |level: &Level<'_>| match &level.mark.style {
            Style::Link(url) => *url == self.text[level.mark.start..level.mark.end],
            style => style.is_literal(),
        };
        let place = Place {
            before: self.text[..from].chars().last(),
            literal: self.open.iter().any(bare),
            marker: self.marker(from, to),
        };
        let out = self.open.last_mut().map_or(&mut self.out, |level| &mut level.out);
        (self.dialect.escape)(&self.text[from..to], &place, out);
    }

    fn marker(&self, from: usize, to: usize) -> usize {
        let item = self.open.iter().find(|level| level.mark.style == Style::Item && level.mark.start == from);
        let length = item.and_then(|level| lines::item(&self.text[from..level.mark.end]));
        length.unwrap_or_default().min(to - from)
    }

    /// Closes what ends here, and with it what stands inside; that goes on and is returned.
    fn close(&mut self, at: usize) -> Vec<&'a Mark> {
        let Some(outermost) = self.open.iter().position(|level| level.mark.end == at) else {
            return Vec::new();
        };
        let mut again = Vec::new();
        while self.open.len() > outermost {
            let Some(level) = self.open.pop() else { break };
            let mut wrapped = String::new();
            let plain = &self.text[level.start..at];
            let known =
                plain.is_empty() || (self.dialect.wrap)(&level.mark.style, &level.out, plain, &mut wrapped);
            let out = self.open.last_mut().map_or(&mut self.out, |level| &mut level.out);
            out.push_str(if known { &wrapped } else { &level.out });
            if level.mark.end > at {
                again.push(level.mark);
            }
        }
        again.reverse();
        again
    }
}

/// The marks as the dialect can say them.
fn fitted(marked: &Marked, dialect: &Dialect) -> Vec<Mark> {
    let mut fitted = Vec::new();
    for mark in &marked.marks {
        let blocks = matches!(mark.style, Style::Quote | Style::Item | Style::Pre);
        let covered = &marked.text[mark.start..mark.end];
        if blocks || !dialect.by_line {
            fitted.push(mark.clone());
        } else if mark.style == Style::Code && covered.contains('\n') {
            fitted.push(Mark { style: Style::Pre, ..mark.clone() });
        } else {
            pieces(&marked.text, mark, dialect, &mut fitted);
        }
    }
    Marked::new(marked.text.clone(), fitted).marks
}

/// A stretch line by line, without the spaces around it.
fn pieces(text: &str, mark: &Mark, dialect: &Dialect, fitted: &mut Vec<Mark>) {
    let mut start = mark.start;
    for line in text[mark.start..mark.end].split('\n') {
        let from = start + (line.len() - line.trim_start().len());
        let to = start + line.trim_end().len();
        start += line.len() + 1;
        if from >= to {
            continue;
        }
        let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let inside = word(text[..from].chars().last()) || word(text[to..].chars().next());
        if !inside || !(dialect.at_words)(&mark.style) {
            fitted.push(Mark::new(from, to, mark.style.clone()));
        }
    }
}

/// Puts a mark before every line.
pub(super) fn before_lines(mark: &str, text: &str, out: &mut String) {
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(mark);
        out.push_str(line);
    }
}

/// Between the same marks.
pub(super) fn between(mark: &str, text: &str, out: &mut String) -> bool {
    out.push_str(mark);
    out.push_str(text);
    out.push_str(mark);
    true
}
