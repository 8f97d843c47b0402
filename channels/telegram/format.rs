//! Formatting both ways: Telegram's entities become ranges of characters, and what an agent marks becomes entities. Sending entities instead of a parse mode means that no text can be refused for its punctuation.

use teloxide_core::types::{MessageEntity, MessageEntityKind};
use url::Url;

use super::wire::Entity;
use crate::{
    markup::{self, Marked, Style},
    message::FormatRange,
};

/// Ranges of Unicode characters from entities that count UTF-16 code units. Entities that lie outside the text are
/// dropped, and so are those without a look of their own (hashtags, commands, dates).
pub(super) fn ranges(text: &str, entities: &[Entity]) -> Vec<FormatRange> {
    entities.iter().filter_map(|entity| range(text, entity)).collect()
}

fn range(text: &str, entity: &Entity) -> Option<FormatRange> {
    let from = usize::try_from(entity.offset.0?).ok()?;
    let length = usize::try_from(entity.length.0?).ok()?;
    let (start, end) = (character(text, from)?, character(text, from.checked_add(length)?)?);
    if end <= start {
        return None;
    }
    let covered = || text.chars().skip(start).take(end - start).collect::<String>();
    let (style, url) = match entity.r#type.text() {
        "bold" => ("bold", None),
        "italic" => ("italic", None),
        "underline" => ("underline", None),
        "strikethrough" => ("strike", None),
        "code" => ("code", None),
        "pre" => ("pre", None),
        "spoiler" => ("spoiler", None),
        "blockquote" | "expandable_blockquote" => ("quote", None),
        "text_link" => ("link", entity.url.0.clone()),
        "url" => ("link", Some(with_scheme(&covered()))),
        "email" => ("link", Some(format!("mailto:{}", covered()))),
        "phone_number" => ("link", Some(format!("tel:{}", covered()))),
        "mention" => ("mention", Some(format!("https://t.me/{}", covered().trim_start_matches('@')))),
        "text_mention" => ("mention", None),
        _ => return None,
    };
    Some(FormatRange { start, length: end - start, style: style.to_owned(), url })
}

/// Telegram marks bare host names as addresses, too.
fn with_scheme(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("https://{address}") }
}

/// The index in characters of a place in UTF-16 code units; none beyond the end. A place inside a surrogate pair
/// counts as before it.
fn character(text: &str, units: usize) -> Option<usize> {
    let mut seen = 0;
    for (index, c) in text.chars().enumerate() {
        if seen + c.len_utf16() > units {
            return Some(index);
        }
        seen += c.len_utf16();
    }
    (seen == units).then(|| text.chars().count())
}

/// What an agent wrote, as a text and the entities beside it.
pub(super) fn parse(text: &str) -> (String, Vec<MessageEntity>) {
    entities(markup::parse(text))
}

/// The text and its entities, in UTF-16 code units. Addresses that stand as they are, Telegram finds itself.
pub(super) fn entities(marked: Marked) -> (String, Vec<MessageEntity>) {
    let (mut before, mut units) = (0, 0);
    let mut entities = Vec::new();
    for mark in &marked.marks {
        let covered = &marked.text[mark.start..mark.end];
        let Some(kind) = kind(&mark.style, covered) else { continue };
        units += marked.text[before..mark.start].encode_utf16().count();
        before = mark.start;
        entities.push(MessageEntity { kind, offset: units, length: covered.encode_utf16().count() });
    }
    (marked.text, entities)
}

fn kind(style: &Style, covered: &str) -> Option<MessageEntityKind> {
    Some(match style {
        Style::Bold => MessageEntityKind::Bold,
        Style::Italic => MessageEntityKind::Italic,
        Style::Underline => MessageEntityKind::Underline,
        Style::Strike => MessageEntityKind::Strikethrough,
        Style::Spoiler => MessageEntityKind::Spoiler,
        Style::Code => MessageEntityKind::Code,
        Style::Pre => MessageEntityKind::Pre { language: None },
        Style::Quote => MessageEntityKind::Blockquote,
        Style::Link(url) if url == covered => return None,
        Style::Link(url) => MessageEntityKind::TextLink { url: Url::parse(url).ok()? },
        Style::Mention(id) if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) => {
            MessageEntityKind::TextLink { url: Url::parse(&format!("tg://user?id={id}")).ok()? }
        }
        Style::Mention(_) | Style::Item => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entity(kind: &str, offset: i64, length: i64) -> Entity {
        serde_json::from_value(serde_json::json!({ "type": kind, "offset": offset, "length": length }))
            .unwrap()
    }

    #[test]
    fn offsets_count_utf16_outside_and_characters_inside() {
        let text = "👋 bold ✨";
        let found = ranges(text, &[entity("bold", 3, 4), entity("italic", 0, 2)]);
        assert_eq!((found[0].start, found[0].length), (2, 4));
        assert_eq!((found[1].start, found[1].length), (0, 1));
        for outside in
            [entity("bold", 90, 4), entity("bold", 3, 400), entity("bold", -1, 2), entity("hashtag", 0, 2)]
        {
            assert_eq!(ranges(text, &[outside]), vec![]);
        }
    }

    #[test]
    fn marks_become_entities_in_utf16() {
        let (text, entities) =
            parse("👋 *bold & _both_* [here](https://example.org/?a=1&b=2) https://x.org <b>");
        assert_eq!(text, "👋 bold & both here https://x.org <b>");
        let found: Vec<_> = entities
            .iter()
            .map(|entity| {
                let json = serde_json::to_value(entity).unwrap();
                (json["type"].as_str().unwrap().to_owned(), entity.offset, entity.length)
            })
            .collect();
        let expected = [("bold", 3, 11), ("italic", 10, 4), ("text_link", 15, 4)];
        assert_eq!(found, expected.map(|(kind, offset, length)| (kind.to_owned(), offset, length)));
    }

    proptest! {
        #[test]
        fn entities_never_leave_the_text(written in "(\\*|_|~|`|\\[|\\]\\(https://x.y\\)|> |\n|[a-z👋é ]){0,30}") {
            let (text, entities) = parse(&written);
            let units = text.encode_utf16().count();
            for entity in entities {
                prop_assert!(entity.length > 0 && entity.offset + entity.length <= units);
            }
        }

        #[test]
        fn ranges_never_leave_the_text(text: String, offset: i64, length in 0i64..50) {
            for range in ranges(&text, &[entity("bold", offset, length), entity("url", offset % 20, length)]) {
                prop_assert!(range.start + range.length <= text.chars().count());
            }
        }
    }
}
