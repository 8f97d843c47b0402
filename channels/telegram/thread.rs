//! What names a conversation and a message on Telegram. A chat alone is not enough: topics divide it, and a
//! business connection is another conversation with the same chat id.

use std::fmt;

/// A conversation: chat, topic of a forum, topic of a channel's direct messages, business connection.
/// Written as `-1001234567890:t42`, `-1001234567890:d7`, `5000000001:bAQAD…`, the connection always last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Thread {
    pub(super) chat: i64,
    pub(super) topic: Option<i64>,
    pub(super) direct: Option<i64>,
    pub(super) business: Option<String>,
}

/// A message: its number counts within a chat, and within a business connection apart.
/// Written as `5000000001:7` or `5000000001:7:bAQAD…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MessageId {
    pub(super) chat: i64,
    pub(super) id: i64,
    pub(super) business: Option<String>,
}

impl Thread {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, business) = split_business(text);
        let mut pieces = text.split(':');
        let mut thread = Self { chat: pieces.next()?.parse().ok()?, business, ..Self::default() };
        for piece in pieces {
            if let Some(topic) = piece.strip_prefix('t') {
                thread.topic = Some(topic.parse().ok()?);
            } else {
                thread.direct = Some(piece.strip_prefix('d')?.parse().ok()?);
            }
        }
        Some(thread)
    }
}

impl MessageId {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, business) = split_business(text);
        let (chat, id) = text.split_once(':')?;
        Some(Self { chat: chat.parse().ok()?, id: id.parse().ok()?, business })
    }
}

fn split_business(text: &str) -> (&str, Option<String>) {
    match text.split_once(":b") {
        Some((front, connection)) => (front, Some(connection.to_owned())),
        None => (text, None),
    }
}

impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.chat)?;
        if let Some(topic) = self.topic {
            write!(f, ":t{topic}")?;
        }
        if let Some(direct) = self.direct {
            write!(f, ":d{direct}")?;
        }
        self.business.as_ref().map_or(Ok(()), |connection| write!(f, ":b{connection}"))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.chat, self.id)?;
        self.business.as_ref().map_or(Ok(()), |connection| write!(f, ":b{connection}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_can_be_read(
            chat: i64, id: i64, topic: Option<i64>, direct: Option<i64>, business in proptest::option::of(".{1,30}"),
        ) {
            let thread = Thread { chat, topic, direct, business: business.clone() };
            prop_assert_eq!(Thread::parse(&thread.to_string()), Some(thread));
            let message = MessageId { chat, id, business };
            prop_assert_eq!(MessageId::parse(&message.to_string()), Some(message));
        }

        #[test]
        fn anything_else_is_refused_without_panic(text: String) {
            let _ = (Thread::parse(&text), MessageId::parse(&text));
        }
    }

    #[test]
    fn other_ids_are_not_messages() {
        for text in ["", "callback:123", "5", "5:x", "x:5"] {
            assert_eq!(MessageId::parse(text), None, "{text}");
        }
        assert_eq!(Thread::parse("5:q3"), None);
    }
}
