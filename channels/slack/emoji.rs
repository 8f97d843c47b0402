//! Slack calls emoji by names: `:thumbsup:`. The table `emoji.txt` says which characters these are.

use std::{collections::HashMap, sync::LazyLock};

/// One emoji a line, then its names, the usual one first.
const TABLE: &str = include_str!("emoji.txt");
const TONES: [(&str, &str); 5] = [
    ("skin-tone-2", "\u{1f3fb}"),
    ("skin-tone-3", "\u{1f3fc}"),
    ("skin-tone-4", "\u{1f3fd}"),
    ("skin-tone-5", "\u{1f3fe}"),
    ("skin-tone-6", "\u{1f3ff}"),
];
/// No name is longer.
const NAME_MAX: usize = 80;

static BY_NAME: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    rows().flat_map(|(emoji, names)| names.split(' ').map(move |name| (name, emoji))).collect()
});
static BY_EMOJI: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
    rows().map(|(emoji, names)| (bare(emoji), names.split(' ').next().unwrap_or(names))).collect()
});

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter_map(|line| line.split_once(' '))
}

/// Keyboards write some emoji with a variation selector and some without.
fn bare(emoji: &str) -> String {
    emoji.replace('\u{fe0f}', "")
}

/// The character of `thumbsup` or `thumbsup::skin-tone-3`; `None` for the workspace's own emoji.
pub(super) fn character(name: &str) -> Option<String> {
    let (name, tone) = name.split_once("::").map_or((name, None), |(name, tone)| (name, Some(tone)));
    let emoji = *BY_NAME.get(name)?;
    let tone = tone.and_then(|tone| TONES.iter().find(|(name, _)| *name == tone)).map(|(_, tone)| *tone);
    Some(match tone {
        Some(tone) => {
            let mut characters = emoji.chars();
            let first: String = characters.by_ref().take(1).collect();
            [&first, tone, characters.as_str().trim_start_matches('\u{fe0f}')].concat()
        }
        None => emoji.to_owned(),
    })
}

/// What is shown for a name: its character, or `:party_parrot:` for the workspace's own.
pub(super) fn shown(name: &str) -> String {
    character(name).unwrap_or_else(|| format!(":{name}:"))
}

/// Slack's name for an emoji, or for `:party_parrot:`.
pub(super) fn name(emoji: &str) -> Option<String> {
    let own = emoji.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).filter(|name| is_name(name));
    if let Some(own) = own {
        return Some(own.to_owned());
    }
    let emoji = bare(emoji);
    if let Some(name) = BY_EMOJI.get(&emoji) {
        return Some((*name).to_owned());
    }
    let (tone_name, tone) = TONES.iter().find(|(_, tone)| emoji.contains(tone))?;
    let name = BY_EMOJI.get(&emoji.replace(tone, ""))?;
    Some(format!("{name}::{tone_name}"))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_MAX
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_+'-:".contains(c) || !c.is_ascii())
}

/// A text of Slack's with the characters for the names in it. What stands in angle brackets or is code stays as it is.
pub(super) fn in_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find([':', '<', '`']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match rest.as_bytes()[0] {
            b'<' => rest.find('>').map_or(1, |end| end + 1),
            b'`' => code(rest),
            _ => match named(rest) {
                Some((length, emoji)) => {
                    out.push_str(&emoji);
                    rest = &rest[length..];
                    continue;
                }
                None => 1,
            },
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn code(rest: &str) -> usize {
    let fence = if rest.starts_with("```") { "```" } else { "`" };
    rest[fence.len()..].find(fence).map_or(fence.len(), |end| end + 2 * fence.len())
}

/// `:name:` or `:name::skin-tone-3:` at the beginning.
fn named(rest: &str) -> Option<(usize, String)> {
    let end = rest[1..].find(':').filter(|end| (1..=NAME_MAX).contains(end))? + 1;
    let name = &rest[1..end];
    let tone = TONES.iter().map(|(tone, _)| *tone).find(|tone| {
        rest[end..]
            .strip_prefix("::")
            .and_then(|more| more.strip_prefix(*tone))
            .is_some_and(|more| more.starts_with(':'))
    });
    match tone {
        Some(tone) => Some((end + 3 + tone.len(), character(&format!("{name}::{tone}"))?)),
        None => Some((end + 1, character(name)?)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_characters_go_both_ways() {
        for (name_of, emoji) in [("+1", "👍"), ("heart", "❤️"), ("wave", "👋"), ("flag-se", "🇸🇪")]
        {
            assert_eq!(character(name_of).as_deref(), Some(emoji));
            assert_eq!(name(emoji).as_deref(), Some(name_of));
        }
        assert_eq!(character("thumbsup::skin-tone-3").as_deref(), Some("👍🏼"));
        assert_eq!(name("👍🏼").as_deref(), Some("+1::skin-tone-3"));
        assert_eq!(name("❤").as_deref(), Some("heart"));
        assert_eq!(shown("party_parrot"), ":party_parrot:");
        assert_eq!(name(":party_parrot:").as_deref(), Some("party_parrot"));
        assert_eq!(name("x"), None);
    }

    #[test]
    fn texts_keep_what_is_no_emoji() {
        let cases = [
            ("hi :wave::skin-tone-3: :tada:", "hi 👋🏼 🎉"),
            ("at 10:30:15 :nosuch: `:tada:`", "at 10:30:15 :nosuch: `:tada:`"),
            ("<https://x.org/a:tada:b|:tada:> :+1:", "<https://x.org/a:tada:b|:tada:> 👍"),
            ("```:tada:\n``` ::tada:", "```:tada:\n``` :🎉"),
        ];
        for (text, expected) in cases {
            assert_eq!(in_text(text), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in r#"[:<>`a-z0-9 é-]{0,60}"#) {
            let _ = in_text(&text);
            let _ = name(&text);
        }
    }
}
