//! A text without any markup, and what the markup said about stretches of it.

use crate::message::{FormatRange, Part};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    pub text: String,
    /// In the order of their beginnings, outer ones first.
    pub marks: Vec<Mark>,
}

/// A stretch of bytes; never empty, never inside a character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub start: usize,
    pub end: usize,
    pub style: Style,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Style {
    /// Whole lines, without what marks them as quoted.
    Quote,
    /// A whole line that begins with `- ` or `1. `, which is part of the text.
    Item,
    Pre,
    /// Leads to an address; the text may be the address itself.
    Link(String),
    Bold,
    Italic,
    Underline,
    Strike,
    Spoiler,
    /// Somebody, by the platform's id; empty where there is none.
    Mention(String),
    Code,
}

impl Style {
    /// The order in which styles of the same stretch stand in each other.
    fn rank(&self) -> u8 {
        match self {
            Self::Quote => 0,
            Self::Item => 1,
            Self::Pre => 2,
            Self::Link(_) => 8,
            Self::Bold => 3,
            Self::Italic => 4,
            Self::Underline => 5,
            Self::Strike => 6,
            Self::Spoiler => 7,
            Self::Mention(_) => 9,
            Self::Code => 10,
        }
    }

    /// Inside these, nothing else is marked.
    pub fn is_literal(&self) -> bool {
        matches!(self, Self::Pre | Self::Code | Self::Mention(_))
    }

    fn name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Quote => "quote",
            Self::Item => return None,
            Self::Pre => "pre",
            Self::Link(_) => "link",
            Self::Bold => "bold",
            Self::Italic => "italic",
            Self::Underline => "underline",
            Self::Strike => "strike",
            Self::Spoiler => "spoiler",
            Self::Mention(_) => "mention",
            Self::Code => "code",
        })
    }

    fn named(range: &FormatRange) -> Option<Self> {
        let url = || range.url.clone().unwrap_or_default();
        Some(match range.style.as_str() {
            "quote" => Self::Quote,
            "pre" => Self::Pre,
            "link" if range.url.is_some() => Self::Link(url()),
            "bold" => Self::Bold,
            "italic" => Self::Italic,
            "underline" => Self::Underline,
            "strike" => Self::Strike,
            "spoiler" => Self::Spoiler,
            "mention" => Self::Mention(url()),
            "code" => Self::Code,
            _ => return None,
        })
    }
}

impl Mark {
    pub fn new(start: usize, end: usize, style: Style) -> Self {
        Self { start, end, style }
    }
}

impl Marked {
    pub fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), marks: Vec::new() }
    }

    /// All of it in one style.
    pub fn all(text: &str, style: Style) -> Self {
        Self::new(text.to_owned(), vec![Mark::new(0, text.len(), style)])
    }

    /// Puts another text behind it.
    pub fn push(&mut self, other: &Self) {
        let at = self.text.len();
        self.text.push_str(&other.text);
        let moved = |mark: &Mark| Mark::new(mark.start + at, mark.end + at, mark.style.clone());
        self.marks.extend(other.marks.iter().map(moved));
    }

    /// The same with the names of people for mentions: what `name` gives for an id stands there instead, behind its sign.
    #[must_use]
    pub fn with_names(&self, name: impl Fn(&str) -> Option<String>) -> Self {
        let mut out = Self::default();
        let mut at = 0;
        for mark in &self.marks {
            let Style::Mention(id) = &mark.style else { continue };
            let Some(name) = name(id).filter(|_| mark.start >= at) else { continue };
            let sign: String = self.text[mark.start..mark.end].chars().take(1).collect();
            out.push(&self.slice(at, mark.start));
            out.push(&Self::all(&format!("{sign}{name}"), mark.style.clone()));
            at = mark.end;
        }
        out.push(&self.slice(at, self.text.len()));
        Self::new(out.text, out.marks)
    }

    /// Drops marks that are empty or lie outside the text, and those inside literal ones; puts the rest in order.
    pub fn new(text: String, mut marks: Vec<Mark>) -> Self {
        marks.retain(|mark| text.get(mark.start..mark.end).is_some_and(|covered| !covered.is_empty()));
        marks.sort_by(|a, b| (a.start, b.end, a.style.rank()).cmp(&(b.start, a.end, b.style.rank())));
        marks.dedup();
        let literal: Vec<_> =
            marks.iter().filter(|mark| mark.style.is_literal()).map(|mark| (mark.start, mark.end)).collect();
        marks.retain(|mark| {
            let behind = literal.partition_point(|literal| literal.0 <= mark.start);
            let near = &literal[behind.saturating_sub(2)..behind];
            !near.iter().any(|&(start, end)| {
                start <= mark.start && mark.end <= end && (start, end) != (mark.start, mark.end)
            })
        });
        Self { text, marks }
    }

    /// From a message's text and its `format` part.
    pub fn from_ranges(text: &str, ranges: &[FormatRange]) -> Self {
        let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        places.push(text.len());
        let mark = |range: &FormatRange| {
            let end = range.start.checked_add(range.length)?;
            Some(Mark::new(*places.get(range.start)?, *places.get(end)?, Style::named(range)?))
        };
        Self::new(text.to_owned(), ranges.iter().filter_map(mark).collect())
    }

    /// For a message's `format` part: ranges of characters. Addresses that stand in the text as they are need no range.
    pub fn ranges(&self) -> Vec<FormatRange> {
        let characters = |from: usize, to: usize| self.text[from..to].chars().count();
        let (mut before, mut counted) = (0, 0);
        let mut ranges = Vec::new();
        for mark in &self.marks {
            let Some(name) = mark.style.name() else { continue };
            let url = match &mark.style {
                Style::Link(url) if *url == self.text[mark.start..mark.end] => continue,
                Style::Link(url) => Some(url.clone()),
                Style::Mention(id) => Some(id.clone()).filter(|id| !id.is_empty()),
                _ => None,
            };
            counted += characters(before, mark.start);
            before = mark.start;
            let length = characters(mark.start, mark.end);
            ranges.push(FormatRange { start: counted, length, style: name.to_owned(), url });
        }
        ranges
    }

    /// The `format` part, where there is anything to say.
    pub fn part(&self) -> Option<Part> {
        Some(self.ranges()).filter(|ranges| !ranges.is_empty()).map(|ranges| Part::Format { ranges })
    }

    /// A stretch of it, with the marks that reach into it cut to fit. Half an address leads nowhere, and half a name is nobody's.
    pub fn slice(&self, start: usize, end: usize) -> Self {
        let whole = |mark: &&Mark| {
            !matches!(mark.style, Style::Link(_) | Style::Mention(_))
                || (mark.start >= start && mark.end <= end)
        };
        let reaching = self.marks.iter().filter(|mark| mark.start < end && mark.end > start);
        let cut = reaching.filter(whole).map(|mark| Mark {
            start: mark.start.max(start) - start,
            end: mark.end.min(end) - start,
            style: mark.style.clone(),
        });
        Self::new(self.text[start..end].to_owned(), cut.collect())
    }
}
