//! In what the two products differ.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    Messenger,
    Instagram,
}

impl Product {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Messenger => "messenger",
            Self::Instagram => "instagram",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Messenger => "Messenger",
            Self::Instagram => "Instagram",
        }
    }

    /// The `object` of its callbacks.
    pub(super) fn object(self) -> &'static str {
        match self {
            Self::Messenger => "page",
            Self::Instagram => "instagram",
        }
    }

    /// The field of an account that callbacks name in `entry[].id`.
    pub(super) fn account_field(self) -> &'static str {
        match self {
            Self::Messenger => super::account::PAGE_ID,
            Self::Instagram => super::account::INSTAGRAM_ACCOUNT_ID,
        }
    }

    /// The kind of its customers' ids, which are other ones for every Page.
    pub(super) fn identity(self) -> &'static str {
        match self {
            Self::Messenger => "psid",
            Self::Instagram => "igsid",
        }
    }

    /// What it calls kinds of reactions, and how people see them; the first emoji of a word is the one we show.
    pub(super) fn reactions(self) -> &'static [(&'static str, &'static str)] {
        const ALL: [(&str, &str); 8] = [
            ("love", "❤"),
            ("love", "❤️"),
            ("like", "👍"),
            ("dislike", "👎"),
            ("smile", "😆"),
            ("wow", "😮"),
            ("sad", "😢"),
            ("angry", "😠"),
        ];
        match self {
            Self::Messenger => &ALL,
            // Whatever people use, a business can give a heart only.
            Self::Instagram => ALL.first_chunk::<2>().map_or(&[], |hearts| hearts),
        }
    }
}

/// The emoji for a word in a callback, where Meta does not give it beside.
pub(super) fn emoji(word: &str) -> Option<&'static str> {
    Product::Messenger.reactions().iter().find(|(known, _)| *known == word).map(|(_, emoji)| *emoji)
}
