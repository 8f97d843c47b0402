//! Long texts in pieces that the platform takes: cut between paragraphs, lines, sentences or words, never inside an address, a
//! mention or what is seen as one character. A formatted stretch that is cut goes on in the next piece.

use unicode_segmentation::UnicodeSegmentation;

use crate::{
    abilities::TextAbility,
    markup::{self, Marked, Style},
};

/// Cuts what an agent wrote into texts of the same markup, each of which the platform takes. One piece, unchanged, if all of it
/// fits. The number of pieces is that of the messages it will take.
pub fn split(text: &str, ability: &TextAbility) -> Vec<String> {
    let marked = markup::parse(text);
    if ability.length_of(&marked) <= ability.max {
        return vec![text.to_owned()];
    }
    // As it will be read again, not as it is: half an address may be one, too.
    let fits = |piece: &Marked| ability.length(&markup::write(piece)) <= ability.max;
    // No unit counts a character as less than one.
    pieces(&marked, ability.max, fits).iter().map(markup::write).collect()
}

/// The same by any measure: `most` is the greatest number of characters that could fit.
pub fn pieces(marked: &Marked, most: usize, fits: impl Fn(&Marked) -> bool) -> Vec<Marked> {
    let text = marked.text.as_str();
    let mut pieces = Vec::new();
    let mut start = after_space(marked, 0);
    while start < text.len() {
        let rest = marked.slice(start, text.len());
        let window = rest.text.char_indices().nth(most.max(1)).map_or(rest.text.len(), |(at, _)| at);
        let end = if window == rest.text.len() && fits(&rest) { window } else { cut(&rest, window, &fits) };
        let piece = rest.slice(0, trimmed(&rest, end));
        if !piece.text.is_empty() {
            pieces.push(piece);
        }
        start = after_space(marked, start + end);
    }
    pieces
}

/// Where the first piece of a text that is too long ends: at least one visible character on.
fn cut(rest: &Marked, window: usize, fits: &impl Fn(&Marked) -> bool) -> usize {
    let text = rest.text.as_str();
    let places: Vec<usize> =
        text[..window].grapheme_indices(true).map(|(at, piece)| at + piece.len()).collect();
    // A window may end inside what is seen as one character; its last place is none then.
    let whole = places.partition_point(|&at| at < window || grapheme_ends(text, at));
    let places = &places[..whole.max(1).min(places.len())];
    let fitting = places.partition_point(|&at| fits(&rest.slice(0, trimmed(rest, at))));
    let Some(&furthest) = places.get(fitting.saturating_sub(1)) else { return window };
    let free = |at: usize| {
        !rest.marks.iter().any(|mark| is_whole(&mark.style) && mark.start < at && at < mark.end)
            && fits(&rest.slice(0, trimmed(rest, at)))
    };
    best(text, furthest, &free)
        .or_else(|| places[..fitting].iter().rev().copied().find(|&at| free(at)))
        .unwrap_or(furthest)
}

fn grapheme_ends(text: &str, at: usize) -> bool {
    let mut cursor = unicode_segmentation::GraphemeCursor::new(at, text.len(), true);
    cursor.is_boundary(text, 0).unwrap_or(true)
}

fn is_whole(style: &Style) -> bool {
    matches!(style, Style::Link(_) | Style::Mention(_))
}

/// The best place up to `furthest`: the higher the division, the further back it may be.
fn best(text: &str, furthest: usize, free: &impl Fn(usize) -> bool) -> Option<usize> {
    let (within, behind) = text.split_at(furthest);
    // A word or a sentence may go on behind the window.
    let unfinished = behind.chars().next().is_some_and(char::is_alphanumeric);
    let finished = |mut places: Vec<usize>| {
        places.pop_if(|last| unfinished && *last == furthest);
        places
    };
    let mut lines: Vec<usize> = within.match_indices('\n').map(|(at, _)| at).collect();
    lines.extend(behind.starts_with('\n').then_some(furthest));
    let half = furthest / 2;
    let paragraphs = within.match_indices("\n\n").map(|(at, _)| at).collect();
    let sentences = || finished(ends(within.split_sentence_bound_indices()));
    let words = || finished(ends(within.split_word_bound_indices()));
    let last = |places: Vec<usize>, least: usize| {
        places.into_iter().rev().find(|&at| at >= least.max(1) && free(at))
    };
    // Where there are spaces, words are what is between them; not every script has them.
    let space = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let spaced = |at: &usize| space(text[..*at].chars().last()) || space(text[*at..].chars().next());
    last(paragraphs, half)
        .or_else(|| last(lines, half))
        .or_else(|| last(sentences(), half))
        .or_else(|| last(words().into_iter().filter(spaced).collect(), furthest / 8))
        .or_else(|| last(words(), furthest / 8))
}

fn ends<'a>(parts: impl Iterator<Item = (usize, &'a str)>) -> Vec<usize> {
    parts.map(|(at, part)| at + part.len()).collect()
}

/// Where the piece that ends here ends without the spaces behind it.
fn trimmed(rest: &Marked, end: usize) -> usize {
    rest.text[..end].trim_end().len()
}

/// Where the next piece begins: spaces at a cut are dropped, but the indentation of preformatted lines is kept.
fn after_space(marked: &Marked, at: usize) -> usize {
    let rest = &marked.text[at..];
    let inside =
        marked.marks.iter().find(|mark| mark.style == Style::Pre && mark.start < at && at < mark.end);
    if inside.is_some_and(|pre| !marked.text[at..pre.end].trim().is_empty()) {
        return at + usize::from(rest.starts_with('\n'));
    }
    at + rest.len() - rest.trim_start().len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::abilities::{Markup, Unit};

    fn ability(max: usize, unit: Unit, markup: Markup) -> TextAbility {
        TextAbility { max, caption_max: 0, unit, markup }
    }

    fn whatsapp(max: usize, text: &str) -> Vec<String> {
        split(text, &ability(max, Unit::Characters, Markup::Whatsapp))
    }

    #[test]
    fn texts_are_cut_where_a_reader_would() {
        assert_eq!(whatsapp(20, "short *enough* "), ["short *enough* "]);
        assert_eq!(whatsapp(16, "First part.\n\nSecond part."), ["First part.", "Second part."]);
        assert_eq!(whatsapp(16, "first line\nsecond line"), ["first line", "second line"]);
        assert_eq!(whatsapp(16, "It is so. Is it now? Yes."), ["It is so.", "Is it now? Yes."]);
        assert_eq!(whatsapp(12, "some words to be cut"), ["some words", "to be cut"]);
        assert_eq!(whatsapp(4, "abcdefghij"), ["abcd", "efgh", "ij"]);
    }

    #[test]
    fn what_belongs_together_stays_together() {
        // A family is seven characters, a flag two.
        assert_eq!(whatsapp(8, "👨‍👩‍👧‍👦👨‍👩‍👧‍👦"), ["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"]);
        assert_eq!(split("🇩🇪🇫🇷", &ability(5, Unit::Utf16, Markup::Plain)), ["🇩🇪", "🇫🇷"]);
        assert_eq!(whatsapp(24, "look at https://x.example/a-b-c"), ["look at", "https://x.example/a-b-c"]);
        let link = "see [the page](https://x.example) now";
        assert_eq!(whatsapp(28, link), ["see", "[the page](https://x.example)", "now"]);
    }

    #[test]
    fn formatting_goes_on_in_the_next_piece() {
        assert_eq!(whatsapp(12, "*some bold words to cut*"), ["*some bold*", "*words to*", "*cut*"]);
        assert_eq!(whatsapp(14, "> first line\n> second one"), ["> first line", "> second one"]);
        assert_eq!(whatsapp(16, "```\nlet a;\n  let b;\n```"), ["```let a;```", "```  let b;```"]);
    }

    #[test]
    fn the_platforms_own_marks_count() {
        let ability = |markup| ability(10, Unit::Characters, markup);
        assert_eq!(split("a & b & c", &ability(Markup::Slack)), ["a & b", "& c"]);
        assert_eq!(split("*bold* one", &ability(Markup::Telegram)), ["*bold* one"]);
        assert_eq!(split("*bold* one", &ability(Markup::Discord)), ["*bold*", "one"]);
    }

    #[test]
    fn a_limit_that_nothing_fits_still_ends() {
        assert_eq!(whatsapp(0, "ab"), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn every_piece_fits_and_nothing_is_lost(
            text in "( \\*[a-z]{1,9}( [a-z]{1,9}){0,3}\\* |[a-zé👋 ]{1,20}|\n|\n\n|https://x\\.y/[a-z]{0,9} |```[a-z][a-z\n]{0,29}``` |&|<){0,30}",
            max in 20usize..80,
        ) {
            for markup in [Markup::Plain, Markup::Whatsapp, Markup::Telegram, Markup::Slack, Markup::Discord] {
                let ability = ability(max, Unit::Utf16, markup);
                let pieces = split(&text, &ability);
                for piece in &pieces {
                    prop_assert!(ability.length(piece) <= max, "{markup:?}: {piece:?} has {}", ability.length(piece));
                }
                let bare = |text: &str| markup::parse(text).text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
                let joined: String = pieces.iter().map(|piece| bare(piece)).collect();
                prop_assert_eq!(joined, bare(&text));
            }
        }
    }
}
