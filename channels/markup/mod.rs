//! One small markup in, each platform's dialect out, and every dialect back in.
//!
//! Agents write `*bold*`, `_italic_`, `~strike~`, `` `code` ``, three backticks around a block, `> ` before a quote, `- ` or `1. ` before
//! an item, `[words](https://…)` and `@[Name](id)`. Whatever is none of these is text: nothing is refused and no character lost.
//! [`parse`] makes a [`Marked`] of it; [`render`] writes one in a dialect and [`read`] reads one back.

mod discord;
mod html;
mod html_read;
mod inline;
mod lines;
mod marked;
mod plain;
mod slack;
mod source;
mod whatsapp;
mod writer;

#[cfg(test)]
mod tests;

pub use marked::{Mark, Marked, Style};

use crate::abilities::Markup;

/// Reads what an agent wrote.
pub fn parse(text: &str) -> Marked {
    source::parse(text)
}

/// Writes a marked text as an agent would; [`parse`] reads the same from it.
pub fn write(marked: &Marked) -> String {
    source::write(marked)
}

/// Writes a marked text in the platform's dialect. What the platform would take for a command is escaped where it knows
/// escapes. Telegram's marks travel beside the text: for it this is the text alone.
pub fn render(marked: &Marked, dialect: Markup) -> String {
    match dialect {
        Markup::Plain => plain::render(marked),
        Markup::Whatsapp => whatsapp::render(marked),
        Markup::Telegram => marked.text.clone(),
        Markup::Slack => slack::render(marked),
        Markup::Discord => discord::render(marked),
        Markup::Html => html::render(marked),
    }
}

/// Reads a platform's text. Telegram's marks are read by its channel; for it this is the text alone.
pub fn read(text: &str, dialect: Markup) -> Marked {
    match dialect {
        Markup::Plain | Markup::Telegram => Marked::plain(text),
        Markup::Whatsapp => whatsapp::read(text),
        Markup::Slack => slack::read(text),
        Markup::Discord => discord::read(text),
        Markup::Html => html_read::read(text),
    }
}

/// What an agent wrote, in the platform's dialect.
pub fn translate(text: &str, dialect: Markup) -> String {
    render(&parse(text), dialect)
}
