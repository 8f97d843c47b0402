//! Texts that nobody thought of.

use proptest::prelude::*;

use super::*;

/// Markup as people write it, of what all dialects can say.
fn written() -> impl Strategy<Value = String> {
    let word = "[a-zéß👋0-9]{1,6}";
    let leaf = prop_oneof![
        word.prop_map(|w| w),
        (word, word).prop_map(|(a, b)| format!("{a} & {b}")),
        (word, word).prop_map(|(a, b)| format!("{a} <{b}>")),
        word.prop_map(|w| format!("https://x.org/{}", w.replace('👋', "_"))),
        word.prop_map(|w| format!("`{w} *{w}*`")),
    ];
    let inline = prop_oneof![
        4 => leaf.clone(),
        1 => leaf.clone().prop_filter("no code in marks", |l| !l.contains('`')).prop_map(|l| format!("*{l}*")),
        1 => word.prop_map(|l| format!("_{l}_")),
        1 => word.prop_map(|l| format!("~{l}~")),
        1 => word.prop_map(|l| format!("*_{l}_*")),
        1 => word.prop_map(|l| format!("*{l} ~{l}~ {l}*")),
    ];
    let line = prop::collection::vec(inline, 1..4).prop_map(|parts| parts.join(" "));
    let block = prop_oneof![
        5 => line.clone(),
        1 => line.clone().prop_map(|l| format!("> {l}\n> {l}")),
        1 => line.prop_map(|l| format!("- {l}\n- x\n7. y")),
    ];
    prop::collection::vec(block, 1..4).prop_map(|blocks| blocks.join("\n"))
}

proptest! {
    #[test]
    fn what_is_written_in_a_dialect_is_read_the_same(written in written()) {
        let marked = parse(&written);
        prop_assert_eq!(&parse(&write(&marked)), &marked);
        for dialect in DIALECTS {
            let rendered = render(&marked, dialect);
            prop_assert_eq!(&read(&rendered, dialect), &marked, "{:?}: {:?}", dialect, rendered);
        }
    }

    #[test]
    fn text_without_markup_passes_unchanged(text in "[a-zA-Z0-9é👋,.!?&<>\"' \n]{0,60}") {
        let marked = parse(&text);
        prop_assume!(marked.marks.is_empty() && !text.contains("> "));
        prop_assert_eq!(&marked.text, &text);
        prop_assert_eq!(&translate(&text, Markup::Whatsapp), &text);
        prop_assert_eq!(&translate(&text, Markup::Plain), &text);
        // A browser shows no spaces at the end of a line, and no empty lines at the end of a text.
        let bare = |text: &str| text.split('\n').map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned();
        for dialect in [Markup::Slack, Markup::Discord, Markup::Html] {
            prop_assert_eq!(bare(&read(&translate(&text, dialect), dialect).text), bare(&text), "{:?}", dialect);
        }
    }

    #[test]
    fn anything_is_read_and_no_mark_leaves_the_text(text in "(\\*|_|~|`|```|\\[|\\]\\(|\\)|https://x.y|> |- |\n|<|>|@|&amp;|\\||\\\\|[a-zé👋 ]){0,40}") {
        let mut read_texts: Vec<_> = DIALECTS.iter().map(|dialect| read(&text, *dialect)).collect();
        read_texts.push(parse(&text));
        for marked in read_texts {
            for mark in &marked.marks {
                prop_assert!(marked.text.get(mark.start..mark.end).is_some_and(|covered| !covered.is_empty()));
            }
            for dialect in DIALECTS {
                let letters = |text: &str| text.chars().filter(|c| matches!(c, 'é' | '👋')).count();
                prop_assert!(letters(&render(&marked, dialect)) >= letters(&marked.text));
            }
        }
    }
}
