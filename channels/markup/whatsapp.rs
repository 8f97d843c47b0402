//! WhatsApp: <https://faq.whatsapp.com/539178204879377>. It has no escapes; our marks are its own.

use super::{
    inline::{Grammar, Pair},
    lines::{self, Blocks},
    marked::{Marked, Style},
    plain, source,
    writer::{self, Dialect, Place},
};

const GRAMMAR: Grammar = Grammar {
    pairs: &[
        Pair { mark: "*", styles: &[Style::Bold], at_words: true },
        Pair { mark: "_", styles: &[Style::Italic], at_words: true },
        Pair { mark: "~", styles: &[Style::Strike], at_words: true },
    ],
    backslash: false,
    special: |_, _| None,
};
const BLOCKS: Blocks = Blocks { quotes: &["> "], quotes_rest: None, languages: false };

pub(super) fn read(text: &str) -> Marked {
    lines::read(&GRAMMAR, &BLOCKS, text)
}

pub(super) fn render(marked: &Marked) -> String {
    let dialect = Dialect {
        wrap: |style, inner, plain, out| match style {
            Style::Link(url) => plain::link(url, inner, plain, out),
            _ => source::punctuation(style, inner, plain, out),
        },
        escape: |text: &str, _: &Place, out: &mut String| out.push_str(text),
        at_words: |style| !matches!(style, Style::Link(_) | Style::Mention(_) | Style::Code),
        by_line: true,
    };
    writer::write(marked, &dialect)
}
