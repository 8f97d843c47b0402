//! Business hours as an admin writes them: `Mon-Fri 09:00-18:00, Sat 10:00-14:00`.

use serde::Serialize;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When somebody is there, in one time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hours {
    /// An IANA name; the window's browser knows its rules.
    pub time_zone: String,
    pub open: Vec<Opening>,
}

/// A stretch of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// 1 is Monday.
    pub day: u8,
    /// Minutes after midnight.
    pub from: u16,
    pub until: u16,
}

/// Errs with the piece that means nothing.
pub(super) fn parse(text: &str) -> Result<Vec<Opening>, String> {
    let mut open = Vec::new();
    for piece in text.split([',', ';']).map(str::trim).filter(|piece| !piece.is_empty()) {
        let read = || {
            let (days, times) = piece.split_once(char::is_whitespace)?;
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let (first, last) = (day(first)?, day(last)?);
            let (from, until) = times.trim().split_once('-')?;
            let (from, until) = (minutes(from)?, minutes(until)?);
            (first <= last && from < until)
                .then(|| (first..=last).map(move |day| Opening { day, from, until }))
        };
        open.extend(read().ok_or_else(|| piece.to_owned())?);
    }
    Ok(open)
}

fn day(text: &str) -> Option<u8> {
    let text = text.trim().to_lowercase();
    let at = DAYS.iter().position(|day| text.get(..3) == Some(*day))?;
    u8::try_from(at + 1).ok()
}

fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks() {
        let open = parse("Mon-Fri 09:00-18:00, Sat 10:00-14:30").unwrap();
        assert_eq!(open.len(), 6);
        assert_eq!(open[0], Opening { day: 1, from: 540, until: 1080 });
        assert_eq!(open[5], Opening { day: 6, from: 600, until: 870 });
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn nonsense_is_named() {
        for text in [
            "Mon",
            "Mon 9-18",
            "Fri-Mon 09:00-10:00",
            "Mon 10:00-09:00",
            "Mon 09:00-25:00",
            "Xyz 09:00-10:00",
        ] {
            assert_eq!(parse(text), Err(text.to_owned()));
        }
    }
}
