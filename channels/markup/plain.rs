//! No formatting at all: what the marks meant to say is said in words.

use super::{
    marked::{Marked, Style},
    writer::{self, Dialect, Place},
};

pub(super) fn render(marked: &Marked) -> String {
    let dialect = Dialect {
        wrap: |style, inner, plain, out| match style {
            Style::Link(url) => link(url, inner, plain, out),
            Style::Quote => {
                writer::before_lines("> ", inner, out);
                true
            }
            _ => false,
        },
        escape: |text: &str, _: &Place, out: &mut String| out.push_str(text),
        at_words: |_| false,
        by_line: false,
    };
    writer::write(marked, &dialect)
}

/// The words, and behind them where they lead, unless they say so.
pub(super) fn link(url: &str, inner: &str, plain: &str, out: &mut String) -> bool {
    let shown = url.strip_prefix("mailto:").or_else(|| url.strip_prefix("tel:")).unwrap_or(url);
    out.push_str(inner);
    if !shown.is_empty() && shown != plain {
        out.push_str(" (");
        out.push_str(shown);
        out.push(')');
    }
    true
}
