//! What a channel can do, as plain data: it drives the composer, the server's checks and the tests.

use serde::Serialize;

/// Limits count UTF-16 code units where the platform does, characters otherwise; sizes are bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Abilities {
    pub text: TextAbility,
    pub media: Vec<MediaAbility>,
    /// Attachments that one message of the platform can carry; more are split over several.
    pub attachments_per_message: usize,
    /// Kinds of files that may share one message; files of different groups never do. Empty where every file is a
    /// message of its own.
    pub albums: Vec<Vec<MediaKind>>,
    /// Files are handed over as addresses that the platform fetches itself; otherwise as bytes.
    pub media_by_link: bool,
    pub reply: bool,
    pub reactions: Reactions,
    /// Seconds after sending within which our own messages can be edited; `None` if never.
    pub edit_seconds: Option<u32>,
    /// Seconds after sending within which our own messages can be deleted for everybody; `None` if never.
    pub delete_seconds: Option<u32>,
    pub buttons: Option<Buttons>,
    pub list: Option<List>,
    pub templates: bool,
    pub location: bool,
    pub contacts: bool,
    /// Whether we can tell the customer that we have read.
    pub read_receipts: bool,
    pub typing: bool,
    /// Whether the platform tells us `delivered` and `read`.
    pub statuses: bool,
    /// Hours after the customer's last message within which free text may be sent; `None` if always.
    pub window_hours: Option<u32>,
    /// Whether we may write to somebody who has not written to us.
    pub can_start: Starts,
    pub groups: bool,
    /// Messages per second that the platform takes from an account of which nothing else is known.
    pub rate_per_second: u32,
    /// Whether callbacks arrive on `/webhooks/{channel}/{integration}`, or on a live connection that we hold.
    pub transport: Transport,
}

#[derive(Clone, Debug, Serialize)]
pub struct TextAbility {
    pub max: usize,
    pub caption_max: usize,
    pub unit: Unit,
    pub markup: Markup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Characters,
    Utf16,
}

/// How the platform writes bold and italic; the composer previews it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    Plain,
    Whatsapp,
    TelegramHtml,
}

#[derive(Clone, Debug, Serialize)]
pub struct MediaAbility {
    pub kind: MediaKind,
    /// Accepted types; a trailing `*` stands for any subtype.
    pub mime: Vec<&'static str>,
    pub max_bytes: u64,
    pub caption: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Video,
    Audio,
    Voice,
    Document,
    Sticker,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reactions {
    None,
    Any,
    /// Only these.
    Listed(Vec<&'static str>),
}

#[derive(Clone, Debug, Serialize)]
pub struct Buttons {
    pub max: usize,
    pub title_max: usize,
    pub id_max: usize,
    pub body_max: usize,
    pub url: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct List {
    pub max_rows: usize,
    pub title_max: usize,
    pub description_max: usize,
    pub body_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Starts {
    Never,
    WithTemplate,
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    Webhook,
    Stream,
}

impl Abilities {
    /// Length of a text as the platform counts it.
    pub fn measure(&self, text: &str) -> usize {
        match self.text.unit {
            Unit::Characters => text.chars().count(),
            Unit::Utf16 => text.encode_utf16().count(),
        }
    }

    /// What the channel can carry of that kind.
    pub fn media(&self, kind: MediaKind) -> Option<&MediaAbility> {
        self.media.iter().find(|media| media.kind == kind)
    }

    /// How many of these files, from the first on, fit into one message. At least 1 unless there are none.
    pub fn album_length(&self, kinds: &[MediaKind]) -> usize {
        let Some(first) = kinds.first() else { return 0 };
        let Some(album) = self.albums.iter().find(|album| album.contains(first)) else { return 1 };
        kinds.iter().take(self.attachments_per_message).take_while(|kind| album.contains(kind)).count().max(1)
    }

    pub fn can_react_with(&self, emoji: &str) -> bool {
        match &self.reactions {
            Reactions::None => false,
            Reactions::Any => true,
            Reactions::Listed(list) => list.contains(&emoji),
        }
    }
}

impl MediaAbility {
    /// Whether a type is accepted; parameters behind `;` are ignored.
    pub fn accepts(&self, mime: &str) -> bool {
        let mime = mime.split(';').next().unwrap_or_default().trim();
        self.mime.iter().any(|allowed| match allowed.strip_suffix('*') {
            Some(family) => mime.starts_with(family),
            None => *allowed == mime,
        })
    }
}
