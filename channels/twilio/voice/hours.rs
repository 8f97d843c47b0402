//! When somebody answers the telephone: `Mon-Fri 09:00-18:00, Sat 10:00-14:00`, in the shop's own time zone.

use chrono::{DateTime, Datelike, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

/// Spans of a week. Empty for a shop that is always open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hours {
    zone: Tz,
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    first: Weekday,
    last: Weekday,
    from: NaiveTime,
    /// Exclusive; before `from` where the span goes on past midnight.
    until: NaiveTime,
}

impl Hours {
    /// What is wrong with it, for an admin.
    pub(super) fn parse(hours: &str, zone: &str) -> Result<Self, String> {
        let zone = match zone.trim() {
            "" => Tz::UTC,
            name => name.parse().map_err(|_| format!("“{name}” is no time zone such as Europe/Berlin."))?,
        };
        let spans = hours.split([',', ';']).map(str::trim).filter(|span| !span.is_empty()).map(Span::parse);
        Ok(Self { zone, spans: spans.collect::<Result<_, _>>()? })
    }

    pub(super) fn are_open(&self, at: DateTime<Utc>) -> bool {
        let local = at.with_timezone(&self.zone);
        self.spans.is_empty() || self.spans.iter().any(|span| span.holds(local.weekday(), local.time()))
    }
}

impl Span {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{text}” is no span such as Mon-Fri 09:00-18:00.");
        let (days, times) = text.split_once(char::is_whitespace).ok_or_else(wrong)?;
        let (first, last) = days.split_once(['-', '–']).unwrap_or((days, days));
        let (from, until) = times.split_once(['-', '–']).ok_or_else(wrong)?;
        let day = |text: &str| text.trim().parse::<Weekday>().map_err(|_| wrong());
        let time = |text: &str| match text.trim() {
            // Midnight at the day's end.
            "24:00" => Ok(NaiveTime::MIN),
            text => NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| wrong()),
        };
        Ok(Self { first: day(first)?, last: day(last)?, from: time(from)?, until: time(until)? })
    }

    fn holds(&self, day: Weekday, time: NaiveTime) -> bool {
        if self.from < self.until {
            return self.has(day) && self.from <= time && time < self.until;
        }
        (self.has(day) && self.from <= time) || (self.has(day.pred()) && time < self.until)
    }

    fn has(&self, day: Weekday) -> bool {
        let length = self.last.days_since(self.first);
        day.days_since(self.first) <= length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(hours: &str, zone: &str, at: &str) -> bool {
        Hours::parse(hours, zone).unwrap().are_open(at.parse().unwrap())
    }

    #[test]
    fn shops_open_in_their_own_time() {
        // 2026-01-02 is a Friday, 2026-07-03 too.
        let hours = "Mon-Fri 09:00-18:00, Sat 10:00-14:00";
        for (at, expected) in [
            ("2026-01-02T08:00:00Z", true),
            ("2026-01-02T07:59:59Z", false),
            ("2026-01-02T17:00:00Z", false),
            ("2026-07-03T07:00:00Z", true),
            ("2026-07-03T16:00:00Z", false),
            ("2026-01-03T12:59:59Z", true),
            ("2026-01-03T13:00:00Z", false),
            ("2026-01-04T12:00:00Z", false),
        ] {
            assert_eq!(open(hours, "Europe/Berlin", at), expected, "{at}");
        }
        assert!(open("", "", "2026-01-04T12:00:00Z"), "no hours are all hours");
        assert!(open("Sat-Mon 00:00-24:00", "", "2026-01-04T23:59:00Z"), "a week goes round");
    }

    #[test]
    fn a_bar_closes_after_midnight() {
        let hours = "Fri-Sat 18:00-02:00";
        assert!(open(hours, "", "2026-01-02T18:00:00Z"));
        assert!(open(hours, "", "2026-01-04T01:59:00Z"), "Saturday's night");
        assert!(!open(hours, "", "2026-01-04T18:00:00Z"));
        assert!(!open(hours, "", "2026-01-02T01:00:00Z"), "Thursday's night");
    }

    #[test]
    fn what_is_no_span_is_named() {
        for hours in ["Mon-Fri", "09:00-18:00", "Mon 9-18", "Xyz 09:00-18:00", "Mon 25:00-26:00"] {
            assert!(Hours::parse(hours, "").is_err(), "{hours}");
        }
        assert_eq!(Hours::parse("", "Berlin"), Err("“Berlin” is no time zone such as Europe/Berlin.".into()));
    }
}
