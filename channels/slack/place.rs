//! What names a conversation and a message on Slack. A `ts` is a text: as a number it would lose digits.

use std::fmt;

/// A conversation: a direct message `D1`, a thread of a channel `C1:1760000000.000100`, or a person `U1` whose direct message has
/// not been opened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) channel: String,
    /// The `ts` of the message that began the thread.
    pub(super) root: Option<String>,
}

/// A message: `ts` is unique within a channel. Written as `C1:1760000000.000100`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MessageId {
    pub(super) channel: String,
    pub(super) ts: String,
}

impl Place {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some((channel, root)) => (is_id(channel) && is_ts(root))
                .then(|| Self { channel: channel.into(), root: Some(root.into()) }),
            None => is_id(text).then(|| Self { channel: text.into(), root: None }),
        }
    }
}

impl MessageId {
    pub(super) fn new(channel: &str, ts: &str) -> Option<Self> {
        (is_id(channel) && is_ts(ts)).then(|| Self { channel: channel.into(), ts: ts.into() })
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (channel, ts) = text.split_once(':')?;
        Self::new(channel, ts)
    }
}

/// `C0123456789`: a letter, then capitals and digits.
pub(super) fn is_id(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn is_ts(text: &str) -> bool {
    text.split_once('.').is_some_and(|(seconds, rest)| {
        [seconds, rest]
            .iter()
            .all(|part| (1..=20).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    })
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.channel)?;
        self.root.as_ref().map_or(Ok(()), |root| write!(f, ":{root}"))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.channel, self.ts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        for text in ["D1", "U0123456789", "C1:1760000000.000100"] {
            assert_eq!(Place::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(MessageId::parse("C1:1760000000.000100").unwrap().to_string(), "C1:1760000000.000100");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "C", "c1", "C1:", "C1:5", "C1:x.y", "C1:1.2:3", "#general", "action:1.2"] {
            assert_eq!(Place::parse(text), None, "{text}");
            assert_eq!(MessageId::parse(text), None, "{text}");
        }
    }
}
