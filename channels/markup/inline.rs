//! Marks within a line: which character opens what, and where it is closed. One reader serves all dialects that mark with
//! punctuation; a [`Grammar`] says what is different.

use super::marked::{Mark, Marked, Style};

/// A pair of the same marks around a stretch: `*`, `**`, `~`. Longer ones come first.
pub(super) struct Pair {
    pub mark: &'static str,
    pub styles: &'static [Style],
    /// Whether it must stand at the edge of a word on its outside.
    pub at_words: bool,
}

pub(super) struct Grammar {
    pub pairs: &'static [Pair],
    /// A backslash takes its meaning from a punctuation mark.
    pub backslash: bool,
    /// Reads what begins here and is no pair: a link, a mention. Gives its length and what it says.
    pub special: fn(&Grammar, &str) -> Option<(usize, Marked)>,
}

/// Collects text and marks.
#[derive(Default)]
pub(super) struct Collector {
    pub text: String,
    pub marks: Vec<Mark>,
}

impl Collector {
    pub fn add(&mut self, marked: &Marked) {
        let at = self.text.len();
        self.text.push_str(&marked.text);
        self.marks.extend(
            marked.marks.iter().map(|mark| Mark::new(mark.start + at, mark.end + at, mark.style.clone())),
        );
    }

    pub fn mark(&mut self, start: usize, style: Style) {
        self.marks.push(Mark::new(start, self.text.len(), style));
    }

    pub fn finish(self) -> Marked {
        Marked::new(self.text, self.marks)
    }
}

/// A line, cut into what can be a mark and what is settled.
enum Token<'a> {
    Text(&'a str),
    /// A pair's mark, by its index, and whether it may open and close.
    Mark {
        pair: usize,
        opens: bool,
        closes: bool,
    },
    /// Read already.
    Done(Marked),
}

/// Reads one line, or a part of it that begins behind `before`.
pub(super) fn read(grammar: &Grammar, line: &str, before: Option<char>, out: &mut Collector) {
    let tokens = tokens(grammar, line, before);
    let mut closers: Vec<Vec<usize>> = grammar.pairs.iter().map(|_| Vec::new()).collect();
    for (index, token) in tokens.iter().enumerate() {
        if let Token::Mark { pair, closes: true, .. } = token {
            closers[*pair].push(index);
        }
    }
    emit(grammar, &tokens, &closers, 0, tokens.len(), out);
}

fn emit(
    grammar: &Grammar,
    tokens: &[Token<'_>],
    closers: &[Vec<usize>],
    from: usize,
    to: usize,
    out: &mut Collector,
) {
    let mut at = from;
    while at < to {
        match &tokens[at] {
            Token::Text(text) => out.text.push_str(text),
            Token::Done(marked) => out.add(marked),
            Token::Mark { pair, opens, .. } => {
                let closing = closing(&closers[*pair], at, to).filter(|_| *opens);
                if let Some(end) = closing {
                    let start = out.text.len();
                    emit(grammar, tokens, closers, at + 1, end, out);
                    for style in grammar.pairs[*pair].styles {
                        out.mark(start, style.clone());
                    }
                    at = end;
                } else {
                    out.text.push_str(grammar.pairs[*pair].mark);
                }
            }
        }
        at += 1;
    }
}

/// The nearest mark that closes and has something before it.
fn closing(closers: &[usize], opener: usize, to: usize) -> Option<usize> {
    let next = closers.partition_point(|&index| index <= opener + 1);
    closers.get(next).copied().filter(|&index| index < to)
}

fn tokens<'a>(grammar: &Grammar, line: &'a str, before: Option<char>) -> Vec<Token<'a>> {
    let mut tokens = Vec::new();
    let (mut plain, mut at, mut previous) = (0, 0, before);
    while let Some(c) = line[at..].chars().next() {
        let rest = &line[at..];
        let found = settled(grammar, rest, previous).or_else(|| {
            let (pair, opens, closes) = pair(grammar, rest, previous)?;
            Some((grammar.pairs[pair].mark.len(), Token::Mark { pair, opens, closes }))
        });
        let Some((length, token)) = found else {
            at += c.len_utf8();
            previous = Some(c);
            continue;
        };
        if plain < at {
            tokens.push(Token::Text(&line[plain..at]));
        }
        tokens.push(token);
        previous = rest[..length].chars().last();
        at += length;
        plain = at;
    }
    if plain < line.len() {
        tokens.push(Token::Text(&line[plain..]));
    }
    tokens
}

/// What stands for itself, whatever is around it: escapes, code, links, mentions, addresses.
fn settled<'a>(grammar: &Grammar, rest: &'a str, previous: Option<char>) -> Option<(usize, Token<'a>)> {
    let c = rest.chars().next()?;
    match c {
        '\\' if grammar.backslash => {
            let escaped = rest[1..].chars().next().filter(char::is_ascii_punctuation)?;
            Some((1 + escaped.len_utf8(), Token::Text(&rest[1..=escaped.len_utf8()])))
        }
        '`' => {
            let (length, code) = code(rest)?;
            Some((length, Token::Done(code)))
        }
        'h' if previous.is_none_or(|c| !c.is_alphanumeric()) => {
            let length = address(rest)?;
            let mut out = Collector::default();
            out.text.push_str(&rest[..length]);
            out.mark(0, Style::Link(rest[..length].to_owned()));
            Some((length, Token::Done(out.finish())))
        }
        _ => {
            let (length, marked) = (grammar.special)(grammar, rest)?;
            Some((length, Token::Done(marked)))
        }
    }
}

/// `` `code` ``, with something in it.
fn code(rest: &str) -> Option<(usize, Marked)> {
    let inside = &rest[1..];
    let end = inside.find('`').filter(|&end| !inside[..end].trim().is_empty())?;
    let mut out = Collector::default();
    out.text.push_str(&inside[..end]);
    out.mark(0, Style::Code);
    Some((end + 2, out.finish()))
}

/// The length of the web address that begins here. Punctuation behind it, and marks around it, are not its own.
pub(super) fn address(rest: &str) -> Option<usize> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| rest.starts_with(scheme))?;
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '|' | '\\'))
        .unwrap_or(rest.len());
    let mut found = &rest[..end];
    let mut excess = found.matches(')').count() as isize - found.matches('(').count() as isize;
    while let Some(last) = found.chars().last() {
        match last {
            ')' if excess > 0 => excess -= 1,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | ']' | '}' => {}
            // Marks behind it belong to what is around it, unless they close one inside: `https://x.org/_a_`.
            '*' | '_' | '~' if found.trim_end_matches(last).matches(last).count() % 2 == 0 => {}
            _ => break,
        }
        found = &found[..found.len() - last.len_utf8()];
    }
    (found.len() > scheme.len()).then_some(found.len())
}

fn pair(grammar: &Grammar, rest: &str, previous: Option<char>) -> Option<(usize, bool, bool)> {
    let (index, pair) = grammar.pairs.iter().enumerate().find(|(_, pair)| rest.starts_with(pair.mark))?;
    let own = pair.mark.chars().next();
    let next = rest[pair.mark.len()..].chars().next();
    let edge = |c: Option<char>| !pair.at_words || c.is_none_or(|c| !c.is_alphanumeric() && Some(c) != own);
    let solid = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    let inward = |c: Option<char>| solid(c) && (!pair.at_words || c != own);
    Some((index, edge(previous) && inward(next), inward(previous) && edge(next)))
}
