//! HTML, for letters and web pages: every line break and every run of spaces is kept, nothing but our own tags is written.

use super::{
    lines,
    marked::{Marked, Style},
    source,
    writer::{self, Dialect, Place},
};

/// Blocks break lines themselves, so the line break beside one is left out.
const BLOCKS: [&str; 4] = ["blockquote", "pre", "ul", "ol"];

pub(super) fn render(marked: &Marked) -> String {
    let dialect = Dialect { wrap, escape, at_words: |_| false, by_line: false };
    let mut html = writer::write(marked, &dialect);
    for block in BLOCKS {
        html = html.replace(&format!("\n<{block}>"), &format!("<{block}>"));
        html = html.replace(&format!("</{block}>\n"), &format!("</{block}>"));
    }
    html = html.replace("</ul><ul>", "").replace("</ol><ol>", "");
    html.replace('\n', "<br>")
}

fn wrap(style: &Style, inner: &str, plain: &str, out: &mut String) -> bool {
    let tag = match style {
        Style::Quote => "blockquote",
        Style::Pre => "pre",
        Style::Bold => "b",
        Style::Italic => "i",
        Style::Underline => "u",
        Style::Strike => "s",
        Style::Code => "code",
        Style::Item => return item(inner, plain, out),
        Style::Link(url) if source::is_address(url) => {
            out.push_str("<a href=\"");
            attribute(url, out);
            out.push_str(&format!("\">{inner}</a>"));
            return true;
        }
        Style::Link(_) | Style::Spoiler | Style::Mention(_) => return false,
    };
    out.push_str(&format!("<{tag}>{inner}</{tag}>"));
    true
}

/// The item's own mark becomes its place in the list.
fn item(inner: &str, plain: &str, out: &mut String) -> bool {
    let Some(length) = lines::item(plain) else { return false };
    let marker = &plain[..length];
    let number = marker.trim().trim_end_matches(['.', ')']).parse::<u16>().ok();
    // The marker is punctuation and digits, with spaces that may have been escaped.
    let mut escaped = String::new();
    escape(marker, &Place::default(), &mut escaped);
    let Some(words) = inner.strip_prefix(&escaped) else { return false };
    match number {
        Some(number) => out.push_str(&format!("<ol><li value=\"{number}\">{words}</li></ol>")),
        None => out.push_str(&format!("<ul><li>{words}</li></ul>")),
    }
    true
}

fn attribute(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

fn escape(text: &str, place: &Place, out: &mut String) {
    let mut before = place.before.unwrap_or('\n');
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' if place.literal => out.push_str("&#10;"),
            '\u{a0}' => out.push_str("&#160;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            // Browsers make one space of several, and none of those at a line's beginning.
            ' ' if !place.literal && matches!(before, ' ' | '\n') => out.push_str("&nbsp;"),
            c => out.push(c),
        }
        before = c;
    }
}
