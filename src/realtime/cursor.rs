//! A position to resume from.

use std::{fmt, str::FromStr, time::Duration};

/// Nothing of a transaction with a lower number can still appear. Text form: `{xid}.{at}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    pub xid: u64,
    /// Unix seconds at which that was so; tells a position older than what is kept.
    pub at: i64,
}

/// The text is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct NoCursor;

impl Cursor {
    /// Whether what came after it may be gone already.
    pub fn is_past(self, retention: Duration, now: i64) -> bool {
        now.saturating_sub(self.at) > i64::try_from(retention.as_secs()).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.xid, self.at)
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (xid, at) = text.split_once('.').ok_or(NoCursor)?;
        Ok(Self { xid: xid.parse().map_err(|_| NoCursor)?, at: at.parse().map_err(|_| NoCursor)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let cursor = Cursor { xid: 74_123, at: 1_763_712_000 };
        assert_eq!(cursor.to_string(), "74123.1763712000");
        assert_eq!("74123.1763712000".parse(), Ok(cursor));
    }

    #[test]
    fn garbage_is_no_cursor() {
        for text in ["", ".", "12", "1.x", "-1.5", "99999999999999999999999.1", "1.2.3", "\u{0}"] {
            assert_eq!(text.parse::<Cursor>(), Err(NoCursor), "{text}");
        }
    }

    #[test]
    fn age_is_measured_against_the_retention() {
        let cursor = Cursor { xid: 1, at: 1000 };
        assert!(!cursor.is_past(Duration::from_secs(60), 1060));
        assert!(cursor.is_past(Duration::from_secs(60), 1061));
        assert!(!Cursor { xid: 1, at: i64::MAX }.is_past(Duration::from_secs(60), 0));
        assert!(Cursor { xid: 1, at: i64::MIN }.is_past(Duration::from_secs(60), 1000));
    }
}
