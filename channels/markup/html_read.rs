//! Reads HTML as a browser would show it: blocks are lines, runs of spaces are one, what is not for eyes is left out. It does not
//! sanitise: what it gives is text with marks, in which no tag has survived.

use super::{
    inline::Collector,
    marked::{Marked, Style},
    source,
};

pub(super) fn read(html: &str) -> Marked {
    let mut reader = Reader::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        reader.text(&rest[..at]);
        rest = &rest[at..];
        rest = match tag(rest) {
            Some((tag, after)) => reader.tag(&tag, after),
            None if rest.starts_with("<!") || rest.starts_with("<?") => comment(rest),
            None => {
                reader.text("<");
                &rest[1..]
            }
        };
    }
    reader.text(rest);
    reader.finish()
}

struct Tag<'a> {
    name: String,
    attributes: &'a str,
    closes: bool,
}

/// A tag at the beginning, and what is behind it.
fn tag(rest: &str) -> Option<(Tag<'_>, &str)> {
    let inside = rest.strip_prefix('<')?;
    let (closes, inside) = inside.strip_prefix('/').map_or((false, inside), |inside| (true, inside));
    if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = tag_end(inside)?;
    let body = inside[..end].trim_end_matches('/');
    let (name, attributes) = body.split_once(|c: char| c.is_whitespace() || c == '/').unwrap_or((body, ""));
    Some((Tag { name: name.to_ascii_lowercase(), attributes, closes }, &inside[end + 1..]))
}

/// The `>` that is in no attribute's quotes.
fn tag_end(inside: &str) -> Option<usize> {
    let mut quote = None;
    for (at, b) in inside.bytes().enumerate() {
        match (quote, b) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(b),
            (Some(open), b) if open == b => quote = None,
            _ => {}
        }
    }
    None
}

fn comment(rest: &str) -> &str {
    let end = if rest.starts_with("<!--") {
        rest.find("-->").map(|at| at + 3)
    } else {
        rest.find('>').map(|at| at + 1)
    };
    end.map_or("", |end| &rest[end..])
}

#[derive(Default)]
struct Reader {
    out: Collector,
    /// Open inline tags: name, style, where they began.
    open: Vec<(String, Option<Style>, usize)>,
    /// Open lists: the number of the next item, where they count.
    lists: Vec<Option<u32>>,
    quotes: Vec<usize>,
    pre: Option<usize>,
    item: Option<usize>,
    /// A space that will be written if words follow on the line.
    space: bool,
    /// The line has ended; written when something follows.
    broken: bool,
}

impl Reader {
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let (c, length, entity) = match entity(rest) {
                Some((c, length)) => (c, length, true),
                None => (c, c.len_utf8(), false),
            };
            rest = &rest[length..];
            let collapses = !entity && self.pre.is_none() && matches!(c, ' ' | '\n' | '\t' | '\r');
            if collapses {
                self.space = true;
            } else {
                self.push(c);
            }
        }
    }

    fn push(&mut self, c: char) {
        self.settle();
        self.out.text.push(c);
    }

    /// Writes the line break or the space that was due.
    fn settle(&mut self) {
        let begins = self.out.text.is_empty() || self.out.text.ends_with('\n');
        if std::mem::take(&mut self.broken) && !self.out.text.is_empty() {
            self.out.text.push('\n');
        } else if self.space && !begins {
            self.out.text.push(' ');
        }
        self.space = false;
    }

    /// A block begins or ends here.
    fn line(&mut self) {
        self.space = false;
        if !self.out.text.is_empty() {
            self.broken = true;
        }
    }

    fn tag<'a>(&mut self, tag: &Tag<'_>, after: &'a str) -> &'a str {
        match (tag.name.as_str(), tag.closes) {
            ("script" | "style" | "head" | "title" | "template" | "noscript", false) => {
                return skip(&tag.name, after);
            }
            ("br", _) => self.line_break(),
            ("blockquote", false) => {
                self.line();
                self.settle();
                self.quotes.push(self.out.text.len());
            }
            ("blockquote", true) => {
                if let Some(start) = self.quotes.pop() {
                    self.out.mark(start, Style::Quote);
                }
                self.line();
            }
            ("pre", false) => {
                self.line();
                self.settle();
                self.pre = Some(self.out.text.len());
                // A line break right behind the tag is not shown.
                return after.strip_prefix('\n').unwrap_or(after);
            }
            ("pre", true) => {
                if let Some(start) = self.pre.take() {
                    self.out.mark(start, Style::Pre);
                }
                self.line();
            }
            ("ul", false) => self.list(None),
            ("ol", false) => {
                let first = attribute(tag.attributes, "start").and_then(|start| start.parse().ok());
                self.list(Some(first.unwrap_or(1)));
            }
            ("ul" | "ol", true) => {
                self.end_item();
                self.lists.pop();
                self.line();
            }
            ("li", false) => self.begin_item(tag.attributes),
            ("li", true) => self.end_item(),
            (
                "p" | "div" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "tr" | "table" | "section"
                | "article" | "header" | "footer" | "hr" | "address" | "dl" | "dt" | "dd" | "form"
                | "fieldset" | "figure",
                _,
            ) => self.line(),
            ("td" | "th", false) => self.space = true,
            (_, false) => self.begin(tag),
            (name, true) => self.end(name),
        }
        after
    }

    fn line_break(&mut self) {
        let due = std::mem::take(&mut self.broken) && !self.out.text.is_empty();
        if due {
            self.out.text.push('\n');
        }
        self.space = false;
        self.out.text.push('\n');
    }

    fn list(&mut self, first: Option<u32>) {
        self.line();
        self.lists.push(first);
    }

    fn begin_item(&mut self, attributes: &str) {
        self.end_item();
        self.line();
        self.settle();
        self.item = Some(self.out.text.len());
        let marker = match self.lists.last_mut() {
            Some(Some(next)) => {
                let number =
                    attribute(attributes, "value").and_then(|value| value.parse().ok()).unwrap_or(*next);
                *next = number.saturating_add(1);
                format!("{number}. ")
            }
            _ => "- ".to_owned(),
        };
        self.out.text.push_str(&marker);
    }

    fn end_item(&mut self) {
        if let Some(start) = self.item.take() {
            self.out.mark(start, Style::Item);
            self.line();
        }
    }

    fn begin(&mut self, tag: &Tag<'_>) {
        let style = match tag.name.as_str() {
            "b" | "strong" => Some(Style::Bold),
            "i" | "em" => Some(Style::Italic),
            "u" | "ins" => Some(Style::Underline),
            "s" | "strike" | "del" => Some(Style::Strike),
            "code" | "tt" | "kbd" | "samp" if self.pre.is_none() => Some(Style::Code),
            "a" => attribute(tag.attributes, "href").filter(|url| source::is_address(url)).map(Style::Link),
            "img" => {
                if let Some(words) = attribute(tag.attributes, "alt").filter(|words| !words.trim().is_empty())
                {
                    self.settle();
                    self.out.text.push_str(&words);
                }
                return;
            }
            _ => None,
        };
        if matches!(tag.name.as_str(), "input" | "meta" | "link" | "wbr" | "col" | "source" | "area" | "base")
        {
            return;
        }
        if style.is_some() {
            self.settle();
        }
        self.open.push((tag.name.clone(), style, self.out.text.len()));
    }

    fn end(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|(open, ..)| open == name) else { return };
        for (_, style, start) in self.open.drain(at..).rev() {
            if let Some(style) = style {
                self.out.mark(start, style);
            }
        }
    }

    fn finish(mut self) -> Marked {
        self.end_item();
        while let Some(start) = self.quotes.pop() {
            self.out.mark(start, Style::Quote);
        }
        if let Some(start) = self.pre.take() {
            self.out.mark(start, Style::Pre);
        }
        for (_, style, start) in std::mem::take(&mut self.open) {
            if let Some(style) = style {
                self.out.mark(start, style);
            }
        }
        self.out.finish()
    }
}

/// Behind the end of an element whose content is not for eyes.
fn skip<'a>(name: &str, after: &'a str) -> &'a str {
    let mut rest = after;
    while let Some(at) = rest.find("</") {
        rest = &rest[at..];
        match tag(rest) {
            Some((found, behind)) if found.name == name => return behind,
            _ => rest = &rest[2..],
        }
    }
    ""
}

/// `name="value"` among a tag's attributes, decoded.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        if end == 0 {
            return None;
        }
        let found = &rest[..end];
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(behind) = rest.strip_prefix('=') {
            let behind = behind.trim_start();
            let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (inside, after) = match quote {
                Some(quote) => behind[1..].split_once(quote)?,
                None => behind.split_at(behind.find(char::is_whitespace).unwrap_or(behind.len())),
            };
            (value, rest) = (inside, after);
        }
        if found.eq_ignore_ascii_case(name) {
            return Some(decoded(value));
        }
    }
}

fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (c, length) = entity(rest).unwrap_or((c, c.len_utf8()));
        out.push(c);
        rest = &rest[length..];
    }
    out
}

/// The names that mail programs write; all others come as numbers or as the characters themselves.
const NAMES: [(&str, char); 22] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    // Written for spaces that must not be lost.
    ("nbsp", ' '),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("bull", '•'),
    ("middot", '·'),
    ("euro", '€'),
    ("pound", '£'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
];

/// A character reference at the beginning, and its length.
fn entity(rest: &str) -> Option<(char, usize)> {
    let inside = rest.strip_prefix('&')?;
    let end = inside.bytes().take(10).position(|b| b == b';')?;
    let name = &inside[..end];
    let c = if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        char::from_u32(code).filter(|c| *c != '\0')?
    } else {
        NAMES.iter().find(|(known, _)| *known == name)?.1
    };
    Some((c, end + 2))
}
