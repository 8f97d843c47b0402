//! Slack's mrkdwn: <https://docs.slack.dev/messaging/formatting-message-text>. Only `&`, `<` and `>` are escaped, which also
//! disarms mentions; its other marks have no escape. Links and mentions stand in angle brackets.

use super::{
    inline::{Collector, Grammar, Pair},
    lines::{self, Blocks},
    marked::{Marked, Style},
    source::{self, REACH, boundary},
    writer::{self, Dialect, Place},
};

const GRAMMAR: Grammar = Grammar {
    pairs: &[
        Pair { mark: "*", styles: &[Style::Bold], at_words: true },
        Pair { mark: "_", styles: &[Style::Italic], at_words: true },
        Pair { mark: "~", styles: &[Style::Strike], at_words: true },
    ],
    backslash: false,
    special,
};
const BLOCKS: Blocks =
    Blocks { quotes: &["&gt; ", "> "], quotes_rest: Some("&gt;&gt;&gt; "), languages: false };

/// Entities are decoded last, when everything that means something has been found.
pub(super) fn read(text: &str) -> Marked {
    decoded(&lines::read(&GRAMMAR, &BLOCKS, text))
}

/// `<https://x|words>`, `<@U1|name>`, `<#C1|name>`, `<!here>`, `<!subteam^S1|@team>`, `<!date^…|words>`.
fn special(_: &Grammar, rest: &str) -> Option<(usize, Marked)> {
    let inside = rest.strip_prefix('<')?;
    let end = inside[..boundary(inside, REACH)]
        .find(['>', '<', '\n'])
        .filter(|&at| inside[at..].starts_with('>'))?;
    let token = &inside[..end];
    let (name, label) = token.split_once('|').map_or((token, None), |(name, label)| (name, Some(label)));
    let label = label.filter(|label| !label.is_empty());
    let mut out = Collector::default();
    if let Some(id) = name.strip_prefix('@') {
        out.text = format!("@{}", label.unwrap_or(id).trim_start_matches('@'));
        out.mark(0, Style::Mention(id.to_owned()));
    } else if let Some(id) = name.strip_prefix('#') {
        out.text = format!("#{}", label.unwrap_or(id).trim_start_matches('#'));
        out.mark(0, Style::Mention(id.to_owned()));
    } else if let Some(command) = name.strip_prefix('!') {
        let word = command.split('^').next().unwrap_or(command);
        out.text = label.map_or_else(|| format!("@{word}"), str::to_owned);
        if word != "date" {
            let id = command.strip_prefix("subteam^").unwrap_or_default();
            out.mark(0, Style::Mention(id.to_owned()));
        }
    } else if source::is_address(name) {
        let shown = name.strip_prefix("mailto:").or_else(|| name.strip_prefix("tel:")).unwrap_or(name);
        out.text = label.unwrap_or(shown).to_owned();
        out.mark(0, Style::Link(name.to_owned()));
    } else {
        return None;
    }
    Some((end + 2, out.finish()))
}

const ENTITIES: [(&str, char); 3] = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];

/// The text with its entities decoded, and the marks where they then stand.
fn decoded(marked: &Marked) -> Marked {
    let mut text = String::with_capacity(marked.text.len());
    // Where each entity ended before, and how much shorter the text is from there on.
    let mut shorter: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while let Some(found) = marked.text[at..].find('&').map(|found| at + found) {
        text.push_str(&marked.text[at..found]);
        let entity = ENTITIES.iter().find(|(name, _)| marked.text[found..].starts_with(name));
        let (length, c) = entity.map_or((1, '&'), |(name, c)| (name.len(), *c));
        text.push(c);
        at = found + length;
        let before = shorter.last().map_or(0, |last| last.1);
        shorter.push((at, before + length - 1));
    }
    text.push_str(&marked.text[at..]);
    let moved = |place: usize| {
        let index = shorter.partition_point(|(end, _)| *end <= place);
        place - index.checked_sub(1).and_then(|index| shorter.get(index)).map_or(0, |one| one.1)
    };
    let mut marks = marked.marks.clone();
    for mark in &mut marks {
        (mark.start, mark.end) = (moved(mark.start), moved(mark.end));
        if let Style::Link(url) = &mut mark.style {
            *url = url.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        }
    }
    Marked::new(text, marks)
}

pub(super) fn render(marked: &Marked) -> String {
    let dialect = Dialect {
        wrap,
        escape: |text: &str, _: &Place, out: &mut String| escape(text, out),
        at_words: |style| !matches!(style, Style::Link(_) | Style::Mention(_) | Style::Code),
        by_line: true,
    };
    writer::write(marked, &dialect)
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}

fn wrap(style: &Style, inner: &str, plain: &str, out: &mut String) -> bool {
    match style {
        Style::Link(url) if source::is_address(url) => {
            out.push('<');
            escape(&url.replace('|', "%7C").replace('<', "%3C").replace('>', "%3E"), out);
            if url != plain {
                out.push('|');
                escape(plain, out);
            }
            out.push('>');
            true
        }
        Style::Mention(id) => mention(id, out),
        _ => source::punctuation(style, inner, plain, out),
    }
}

/// Users, channels and groups by their ids; whatever is no id of Slack's stays the name that it is.
fn mention(id: &str, out: &mut String) -> bool {
    let known = id.len() > 1 && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    match id.chars().next().filter(|_| known) {
        Some('U' | 'W' | 'B') => out.push_str(&format!("<@{id}>")),
        Some('C') => out.push_str(&format!("<#{id}>")),
        Some('S') => out.push_str(&format!("<!subteam^{id}>")),
        _ => return false,
    }
    true
}
