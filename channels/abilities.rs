//! What a channel can do, as plain data: it drives the composer, the server's checks and the tests.

use serde::Serialize;

use crate::markup::{self, Marked};

/// Limits count UTF-16 code units where the platform does, characters otherwise; sizes are bytes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    /// Where the customer's network knows no buttons and lists, they are written below the text as numbered lines.
    pub choices_in_words: bool,
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
    /// Letters: a conversation has a subject.
    pub subject: bool,
    /// Copies to further addresses, open and hidden.
    pub cc: bool,
    /// A body in HTML beside the text.
    pub html: bool,
    /// Calls can be begun and steered from the conversation.
    pub calls: bool,
    /// Texts are paid for by the segment: the composer counts segments and names the encoding by these rules.
    pub segments: Option<Segmentation>,
    /// Messages that only one member of a group sees, and that are gone with the next reload.
    pub ephemeral: bool,
    /// The platform itself can send at a later time.
    pub schedule: bool,
    /// Cards with picture, title and buttons, side by side.
    pub cards: bool,
    /// Messages per second that the platform takes from an account of which nothing else is known.
    pub rate_per_second: u32,
    /// Whether callbacks arrive on `/webhooks/{channel}/{integration}`, or on a live connection that we hold.
    pub transport: Transport,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TextAbility {
    pub max: usize,
    pub caption_max: usize,
    pub unit: Unit,
    pub markup: Markup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = TextUnit))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Characters,
    Utf16,
    /// UTF-8 bytes.
    Bytes,
}

/// The platform's dialect, into which [`crate::markup`] is translated and from which its messages are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// No formatting at all.
    Plain,
    Whatsapp,
    /// Entities beside the text.
    Telegram,
    Slack,
    Discord,
    Html,
}

/// How texts become the segments of text messages. A text all of whose characters stand in the tables is sent in GSM-7, any other
/// in UCS-2. Lengths are in septets and in UTF-16 code units: of a text that is sent whole, and of each part where it is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Segmentation {
    pub basic: &'static str,
    /// Cost two septets each.
    pub extended: &'static str,
    pub gsm7: (usize, usize),
    pub ucs2: (usize, usize),
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MediaAbility {
    pub kind: MediaKind,
    /// Accepted types; a trailing `*` stands for any subtype.
    pub mime: Vec<&'static str>,
    pub max_bytes: u64,
    pub caption: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reactions {
    None,
    Any,
    /// Only these.
    Listed(Vec<&'static str>),
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ButtonsAbility))]
pub struct Buttons {
    pub max: usize,
    pub title_max: usize,
    pub id_max: usize,
    pub body_max: usize,
    pub url: bool,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ListAbility))]
pub struct List {
    pub max_rows: usize,
    pub title_max: usize,
    pub description_max: usize,
    pub body_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CanStart))]
#[serde(rename_all = "snake_case")]
pub enum Starts {
    Never,
    WithTemplate,
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    Webhook,
    Stream,
}

impl TextAbility {
    /// Length of what an agent wrote, as the platform counts it: in its own dialect.
    pub fn length(&self, text: &str) -> usize {
        self.length_of(&markup::parse(text))
    }

    pub fn length_of(&self, marked: &Marked) -> usize {
        self.unit.measure(&markup::render(marked, self.markup))
    }
}

impl Unit {
    pub fn measure(self, text: &str) -> usize {
        match self {
            Self::Characters => text.chars().count(),
            Self::Utf16 => text.encode_utf16().count(),
            Self::Bytes => text.len(),
        }
    }
}

/// Sends plain text of up to 4,096 characters, one file at a time of no kind, and nothing else: for `Abilities { reply: true,
/// ..Abilities::default() }`.
impl Default for Abilities {
    fn default() -> Self {
        Self {
            text: TextAbility { max: 4096, caption_max: 0, unit: Unit::Characters, markup: Markup::Plain },
            media: Vec::new(),
            attachments_per_message: 1,
            albums: Vec::new(),
            media_by_link: false,
            reply: false,
            reactions: Reactions::None,
            edit_seconds: None,
            delete_seconds: None,
            buttons: None,
            list: None,
            choices_in_words: false,
            templates: false,
            location: false,
            contacts: false,
            read_receipts: false,
            typing: false,
            statuses: false,
            window_hours: None,
            can_start: Starts::Never,
            groups: false,
            subject: false,
            cc: false,
            html: false,
            calls: false,
            segments: None,
            ephemeral: false,
            schedule: false,
            cards: false,
            rate_per_second: 1,
            transport: Transport::Webhook,
        }
    }
}

impl Abilities {
    /// Length of a text without markup (a title) as the platform counts it; see [`TextAbility::length`].
    pub fn measure(&self, text: &str) -> usize {
        self.text.unit.measure(text)
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
