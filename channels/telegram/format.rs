//! Formatting both ways: Telegram's entities become ranges of characters, and the HTML that an agent writes becomes
//! entities. Sending entities instead of a parse mode means that no text can be refused for its punctuation.

use teloxide_core::types::{MessageEntity, MessageEntityKind};
use url::Url;

use super::wire::Entity;
use crate::message::FormatRange;

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

/// A text without tags and what the tags said. Known tags in balance are formatting; every other `<` is just a
/// character, so that `a < b` and `<script>` arrive as they were written.
pub(super) fn parse(html: &str) -> (String, Vec<MessageEntity>) {
    if html.matches('<').count() > TAGS {
        return (html.to_owned(), Vec::new());
    }
    let mut text = Writer::default();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        text.push(before);
        rest = if let Some((tag, after)) = tag(from) {
            if text.apply(tag, after) {
                after
            } else {
                text.push(&from[..from.len() - after.len()]);
                after
            }
        } else if let Some((c, after)) = named(from) {
            text.escaped = true;
            text.push(c);
            after
        } else {
            text.push(&from[..1]);
            &from[1..]
        };
    }
    text.push(rest);
    // A text that uses no tag is taken literally, its `&amp;` included.
    if text.entities.is_empty() && text.escaped {
        return (html.to_owned(), Vec::new());
    }
    text.entities.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length));
    (text.text, text.entities)
}

/// Telegram takes 100 entities in a message; a text with many more brackets than that is program code.
const TAGS: usize = 400;

enum Tag<'a> {
    Open { name: &'a str, attributes: &'a str },
    Close { name: &'a str },
}

/// A tag at the beginning of `text`, and what follows it.
fn tag(text: &str) -> Option<(Tag<'_>, &str)> {
    let inner = text.strip_prefix('<')?;
    let end = inner.find(['>', '<']).filter(|at| inner[*at..].starts_with('>'))?;
    let (inside, after) = (&inner[..end], &inner[end + 1..]);
    if let Some(name) = inside.strip_prefix('/') {
        return Some((Tag::Close { name: name.trim() }, after));
    }
    let (name, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    Some((Tag::Open { name, attributes }, after))
}

fn named(text: &str) -> Option<(&'static str, &str)> {
    [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&quot;", "\"")]
        .into_iter()
        .find_map(|(name, c)| text.strip_prefix(name).map(|after| (c, after)))
}

/// `name="value"` among a tag's attributes.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let (_, value) = attributes.split_once(name)?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value[1..].split_once(quote)?.0;
    Some(value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

fn kind(name: &str, attributes: &str) -> Option<MessageEntityKind> {
    Some(match name.to_ascii_lowercase().as_str() {
        "b" | "strong" => MessageEntityKind::Bold,
        "i" | "em" => MessageEntityKind::Italic,
        "u" | "ins" => MessageEntityKind::Underline,
        "s" | "strike" | "del" => MessageEntityKind::Strikethrough,
        "code" => MessageEntityKind::Code,
        "pre" => MessageEntityKind::Pre { language: None },
        "tg-spoiler" => MessageEntityKind::Spoiler,
        "blockquote" => MessageEntityKind::Blockquote,
        "a" => MessageEntityKind::TextLink { url: link(&attribute(attributes, "href")?)? },
        _ => return None,
    })
}

fn link(address: &str) -> Option<Url> {
    Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "tg" | "mailto" | "tel"))
}

#[derive(Default)]
struct Writer<'a> {
    text: String,
    units: usize,
    /// Open tags: name, kind, where they began.
    open: Vec<(&'a str, MessageEntityKind, usize)>,
    entities: Vec<MessageEntity>,
    escaped: bool,
}

impl<'a> Writer<'a> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.units += text.encode_utf16().count();
    }

    /// Whether the tag was formatting: a known one that is closed later, or the end of the innermost open one.
    fn apply(&mut self, tag: Tag<'a>, after: &str) -> bool {
        match tag {
            Tag::Open { name, attributes } => match kind(name, attributes) {
                Some(kind) if self.closes(after, name) => {
                    self.open.push((name, kind, self.units));
                    true
                }
                _ => false,
            },
            Tag::Close { name } => {
                if !self.open.last().is_some_and(|(open, ..)| open.eq_ignore_ascii_case(name)) {
                    return false;
                }
                let Some((_, kind, offset)) = self.open.pop() else { return false };
                if self.units > offset {
                    self.entities.push(MessageEntity { kind, offset, length: self.units - offset });
                }
                true
            }
        }
    }

    /// Whether the tag just opened is closed in `after` before anything that it stands in is.
    fn closes(&self, after: &str, name: &str) -> bool {
        let mut open: Vec<&str> = self.open.iter().map(|(name, ..)| *name).collect();
        let own = open.len();
        open.push(name);
        let mut rest = after;
        while let Some(at) = rest.find('<') {
            rest = &rest[at..];
            let Some((tag, after)) = tag(rest) else {
                rest = &rest[1..];
                continue;
            };
            rest = after;
            match tag {
                Tag::Open { name, attributes } if kind(name, attributes).is_some() => open.push(name),
                Tag::Open { .. } => {}
                // Tags that nobody closes are text; what stands around them may still be closed.
                Tag::Close { name } => match open.iter().rposition(|open| open.eq_ignore_ascii_case(name)) {
                    Some(at) if at <= own => return at == own,
                    Some(at) => open.truncate(at),
                    None => {}
                },
            }
        }
        false
    }
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
    fn tags_become_entities_and_everything_else_stays_text() {
        type Case = (&'static str, &'static str, &'static [(&'static str, usize, usize)]);
        let cases: [Case; 10] = [
            ("plain", "plain", &[]),
            ("a < b && c > d", "a < b && c > d", &[]),
            ("<script>alert(1)</script>", "<script>alert(1)</script>", &[]),
            ("Tom &amp; Ada", "Tom &amp; Ada", &[]),
            ("👋 <b>bold &amp; <i>both</i></b>", "👋 bold & both", &[("bold", 3, 11), ("italic", 10, 4)]),
            ("<b>never closed", "<b>never closed", &[]),
            ("<b>one <i>two</b>", "one <i>two", &[("bold", 0, 10)]),
            ("<b>x<i>y</b></i>", "x<i>y</i>", &[("bold", 0, 5)]),
            ("</b><u></u>", "</b>", &[]),
            ("<a href=\"https://example.org/?a=1&amp;b=2\">here</a>", "here", &[("text_link", 0, 4)]),
        ];
        for (html, text, expected) in cases {
            let (parsed, entities) = parse(html);
            assert_eq!(parsed, text, "{html}");
            let found: Vec<_> = entities
                .iter()
                .map(|entity| {
                    let json = serde_json::to_value(entity).unwrap();
                    (json["type"].as_str().unwrap().to_owned(), entity.offset, entity.length)
                })
                .collect();
            let expected: Vec<_> =
                expected.iter().map(|(kind, at, length)| ((*kind).to_owned(), *at, *length)).collect();
            assert_eq!(found, expected, "{html}");
        }
    }

    #[test]
    fn links_that_run_programs_are_text() {
        let (text, entities) = parse("<a href=\"javascript:alert(1)\">x</a>");
        assert_eq!((text.as_str(), entities.len()), ("<a href=\"javascript:alert(1)\">x</a>", 0));
    }

    proptest! {
        #[test]
        fn entities_never_leave_the_text(html in "(<b>|</b>|<i>|</i>|<a href=\"https://x.y\">|</a>|<|>|&amp;|[a-z👋é ]){0,30}") {
            let (text, entities) = parse(&html);
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
