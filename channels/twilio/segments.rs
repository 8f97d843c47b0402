//! How many parts a text message is sent in, and paid for: GSM-7 where every character is in its tables, UCS-2 otherwise.
//! The tables are GSM 03.38; lengths are 3GPP 23.040's.

use serde::Serialize;

use crate::abilities::Segmentation;

/// The basic table, without the escape character.
pub const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
    abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters that cost two, as an escape stands before them.
pub const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// The same rules for whoever counts elsewhere.
pub(super) const RULES: Segmentation = Segmentation {
    basic: BASIC,
    extended: EXTENDED,
    gsm7: Encoding::Gsm7.room(),
    ucs2: Encoding::Ucs2.room(),
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    Gsm7,
    Ucs2,
}

/// How a text is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Segments {
    pub encoding: Encoding,
    /// Septets or UTF-16 code units.
    pub length: usize,
    /// 0 for an empty text.
    pub segments: usize,
    /// Units that are left in the last segment.
    pub left: usize,
}

impl Encoding {
    /// Units of a message that is sent whole, and of each part where it is split.
    pub const fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    fn of(text: &str) -> Self {
        let known = |character: char| BASIC.contains(character) || EXTENDED.contains(character);
        if text.chars().all(known) { Self::Gsm7 } else { Self::Ucs2 }
    }

    fn cost(self, character: char) -> usize {
        match self {
            Self::Gsm7 => 1 + usize::from(EXTENDED.contains(character)),
            Self::Ucs2 => character.len_utf16(),
        }
    }
}

/// Counts as the carriers do: no escape sequence and no surrogate pair is divided between two parts.
pub fn segments(text: &str) -> Segments {
    let encoding = Encoding::of(text);
    let (whole, part) = encoding.room();
    let length: usize = text.chars().map(|character| encoding.cost(character)).sum();
    if length <= whole {
        return Segments { encoding, length, segments: usize::from(length > 0), left: whole - length };
    }
    let (mut segments, mut used) = (1, 0);
    for character in text.chars() {
        let cost = encoding.cost(character);
        if used + cost > part {
            (segments, used) = (segments + 1, 0);
        }
        used += cost;
    }
    Segments { encoding, length, segments, left: part - used }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> (Encoding, usize, usize, usize) {
        let found = segments(text);
        (found.encoding, found.length, found.segments, found.left)
    }

    #[test]
    fn the_tables_are_whole() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENDED.chars().count(), 10);
        assert!(!BASIC.chars().any(|character| EXTENDED.contains(character)));
    }

    #[test]
    fn texts_are_counted_as_carriers_do() {
        use Encoding::{Gsm7, Ucs2};
        assert_eq!(of(""), (Gsm7, 0, 0, 160));
        assert_eq!(of("Hello"), (Gsm7, 5, 1, 155));
        assert_eq!(of(&"a".repeat(160)), (Gsm7, 160, 1, 0));
        assert_eq!(of(&"a".repeat(161)), (Gsm7, 161, 2, 145));
        assert_eq!(of(&"a".repeat(306)), (Gsm7, 306, 2, 0));
        assert_eq!(of(&"a".repeat(307)), (Gsm7, 307, 3, 152));
        assert_eq!(of("5 €"), (Gsm7, 4, 1, 156));
        assert_eq!(of("È possível? Não"), (Ucs2, 15, 1, 55));
        assert_eq!(of("Olá"), (Ucs2, 3, 1, 67));
        assert_eq!(of("à é è ù ì ò Ç Ñ"), (Gsm7, 15, 1, 145));
        assert_eq!(of("ç"), (Ucs2, 1, 1, 69), "the small cedilla is not in the table");
        assert_eq!(of("“quoted”"), (Ucs2, 8, 1, 62));
        assert_eq!(of("👍"), (Ucs2, 2, 1, 68));
        assert_eq!(of(&"ã".repeat(70)), (Ucs2, 70, 1, 0));
        assert_eq!(of(&"ã".repeat(71)), (Ucs2, 71, 2, 63));
    }

    #[test]
    fn nothing_is_divided_between_two_parts() {
        // 152 septets, then a pair: it moves to the next part, where one more septet of room is lost.
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(153));
        assert_eq!(of(&text), (Encoding::Gsm7, 307, 3, 151));
        let text = format!("{}👍{}", "ã".repeat(66), "é".repeat(10));
        assert_eq!(of(&text), (Encoding::Ucs2, 78, 2, 55));
    }

    proptest! {
        #[test]
        fn parts_hold_the_text(text in ".{0,400}") {
            let found = segments(&text);
            let (whole, part) = found.encoding.room();
            prop_assert!(found.segments == 0 || found.length <= found.segments * whole);
            prop_assert!(found.segments <= 1 || found.length > (found.segments - 1) * (part - 1));
            prop_assert_eq!(found.segments == 0, text.is_empty());
        }
    }
}
