//! Telegram's inbound objects, as far as the hub reads them. Nothing here can fail: a missing field and a field of
//! the wrong form are both "not there", so that a change of one field never costs a message.
//! Fields: <https://core.telegram.org/bots/api#available-types>.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};

/// A field that may be missing or malformed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Maybe<T>(pub(super) Option<T>);

/// A list whose malformed items are dropped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Many<T>(pub(super) Vec<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> std::ops::Deref for Maybe<T> {
    type Target = Option<T>;
    fn deref(&self) -> &Option<T> {
        &self.0
    }
}

impl<T> std::ops::Deref for Many<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::deserialize(Value::deserialize(deserializer)?).ok()))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Value::Array(items) = Value::deserialize(deserializer)? else { return Ok(Self::default()) };
        Ok(Self(items.into_iter().filter_map(|item| T::deserialize(item).ok()).collect()))
    }
}

impl<T> Maybe<T> {
    pub(super) fn text(&self) -> &str
    where
        T: AsRef<str>,
    {
        self.0.as_ref().map_or("", AsRef::as_ref)
    }

    pub(super) fn is_true(&self) -> bool
    where
        T: PartialEq<bool>,
    {
        self.0.as_ref().is_some_and(|value| *value == true)
    }
}

/// Declares objects whose fields are all tolerant. A field in parentheses is a list.
macro_rules! objects {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $kind:tt $of:ty),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
        #[serde(default)]
        pub(super) struct $name {
            $($(#[$field_meta])* pub(super) $field: $kind<$of>,)*
        }
    )*};
}

objects! {
    Message {
        message_id: Maybe i64,
        message_thread_id: Maybe i64,
        direct_messages_topic: Maybe DirectTopic,
        from: Maybe User,
        sender_chat: Maybe Chat,
        sender_business_bot: Maybe User,
        date: Maybe i64,
        edit_date: Maybe i64,
        business_connection_id: Maybe String,
        chat: Maybe Chat,
        forward_origin: Maybe Value,
        is_topic_message: Maybe bool,
        is_automatic_forward: Maybe bool,
        reply_to_message: Maybe Replied,
        external_reply: Maybe Replied,
        quote: Maybe TextQuote,
        media_group_id: Maybe String,
        author_signature: Maybe String,
        text: Maybe String,
        entities: Many Entity,
        caption: Maybe String,
        caption_entities: Many Entity,
        animation: Maybe File,
        audio: Maybe File,
        document: Maybe File,
        live_photo: Maybe File,
        photo: Many File,
        sticker: Maybe File,
        video: Maybe File,
        video_note: Maybe File,
        voice: Maybe File,
        contact: Maybe Contact,
        dice: Maybe Dice,
        poll: Maybe Poll,
        venue: Maybe Venue,
        location: Maybe Location,
        migrate_to_chat_id: Maybe i64,
        migrate_from_chat_id: Maybe i64,
        reply_markup: Maybe Markup,
        /// Everything else: service messages, contents that we do not show, and what Telegram will invent.
        #[serde(flatten)]
        rest: Rest Value,
    }
    User {
        id: Maybe i64,
        is_bot: Maybe bool,
        first_name: Maybe String,
        last_name: Maybe String,
        username: Maybe String,
        language_code: Maybe String,
    }
    /// `private`, `group`, `supergroup` or `channel`.
    Chat {
        id: Maybe i64,
        r#type: Maybe String,
        title: Maybe String,
        first_name: Maybe String,
        last_name: Maybe String,
        username: Maybe String,
    }
    DirectTopic { topic_id: Maybe i64, user: Maybe User }
    /// The message answered, or (`external_reply`) what is known of one elsewhere.
    Replied {
        message_id: Maybe i64,
        chat: Maybe Chat,
        text: Maybe String,
        caption: Maybe String,
        forum_topic_created: Maybe Value,
    }
    TextQuote { text: Maybe String }
    /// `offset` and `length` count UTF-16 code units.
    Entity {
        r#type: Maybe String,
        offset: Maybe i64,
        length: Maybe i64,
        url: Maybe String,
        user: Maybe User,
    }
    /// A size of a photo, or any other file.
    File {
        file_id: Maybe String,
        file_name: Maybe String,
        mime_type: Maybe String,
        file_size: Maybe u64,
        width: Maybe u32,
        height: Maybe u32,
        length: Maybe u32,
        duration: Maybe u32,
        emoji: Maybe String,
        is_animated: Maybe bool,
        is_video: Maybe bool,
        title: Maybe String,
        performer: Maybe String,
    }
    Contact {
        phone_number: Maybe String,
        first_name: Maybe String,
        last_name: Maybe String,
        user_id: Maybe i64,
        vcard: Maybe String,
    }
    Dice { emoji: Maybe String, value: Maybe i64 }
    Poll { question: Maybe String, options: Many PollOption }
    PollOption { text: Maybe String }
    Location { latitude: Maybe f64, longitude: Maybe f64, live_period: Maybe i64 }
    Venue { location: Maybe Location, title: Maybe String, address: Maybe String }
    Markup { inline_keyboard: Many Vec<Button> }
    Button { text: Maybe String, callback_data: Maybe String }
    CallbackQuery {
        id: Maybe String,
        from: Maybe User,
        message: Maybe Message,
        data: Maybe String,
        game_short_name: Maybe String,
    }
    Reaction {
        chat: Maybe Chat,
        message_id: Maybe i64,
        user: Maybe User,
        actor_chat: Maybe Chat,
        date: Maybe i64,
        new_reaction: Many ReactionKind,
    }
    /// `emoji`, `custom_emoji` or `paid`.
    ReactionKind { r#type: Maybe String, emoji: Maybe String }
    BusinessConnection { id: Maybe String, user: Maybe User, is_enabled: Maybe bool }
    BusinessDeleted { business_connection_id: Maybe String, chat: Maybe Chat, message_ids: Many i64 }
    MemberUpdated {
        chat: Maybe Chat,
        from: Maybe User,
        date: Maybe i64,
        old_chat_member: Maybe Member,
        new_chat_member: Maybe Member,
    }
    Member { status: Maybe String, is_member: Maybe bool }
    JoinRequest { chat: Maybe Chat, from: Maybe User, date: Maybe i64, bio: Maybe String }
    /// What the updates that carry a person and an id have in common.
    FromSomebody { from: Maybe User, user: Maybe User }
}

/// All remaining fields by name.
pub(super) type Rest<T> = Map<String, T>;

/// An answer of the API.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    pub(super) ok: bool,
    pub(super) result: Value,
    pub(super) description: Maybe<String>,
    pub(super) parameters: Maybe<Parameters>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameters {
    pub(super) retry_after: Option<u64>,
    pub(super) migrate_to_chat_id: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_the_wrong_form_costs_only_itself() {
        let message: Message = serde_json::from_str(
            r#"{"message_id":7,"text":{"no":"text"},"photo":[3,{"file_id":"a"}],"chat":{"id":-1002000000000123}}"#,
        )
        .unwrap();
        assert_eq!(message.message_id.0, Some(7));
        assert_eq!(message.text.0, None);
        assert_eq!(message.photo.len(), 1);
        assert_eq!(message.chat.as_ref().and_then(|chat| chat.id.0), Some(-1_002_000_000_000_123));
    }
}
