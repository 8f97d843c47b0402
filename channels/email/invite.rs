//! Calendar files (RFC 5545): the invitation in them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use mail_parser::Message;

use super::{address, files};
use crate::mail::{Invite, Mailbox};

/// A line: its name, its parameters, its value.
struct Line {
    name: String,
    parameters: BTreeMap<String, String>,
    value: String,
}

pub(super) fn find(message: &Message<'_>) -> Option<Invite> {
    let part = message.parts.iter().find(|part| files::is_calendar(part))?;
    let text = part.text_contents().map(str::to_owned);
    read(&text.unwrap_or_else(|| String::from_utf8_lossy(part.contents()).into_owned()))
}

/// The first event of a calendar.
fn read(text: &str) -> Option<Invite> {
    let lines = unfolded(text);
    let begin = lines.iter().position(|line| line.name == "BEGIN" && line.value == "VEVENT")?;
    let event = &lines[begin + 1..];
    let end =
        event.iter().position(|line| line.name == "END" && line.value == "VEVENT").unwrap_or(event.len());
    // An alarm inside the event has a description of its own.
    let alarm = event[..end].iter().position(|line| line.name == "BEGIN").unwrap_or(end);
    let event = &event[..alarm];
    let find = |name: &str| event.iter().find(|line| line.name == name);
    let text = |name: &str| find(name).map(|line| unescaped(&line.value)).filter(|text| !text.is_empty());
    let method = lines.iter().find(|line| line.name == "METHOD").map(|line| line.value.to_lowercase());
    let start = find("DTSTART")?;
    Some(Invite {
        uid: text("UID").unwrap_or_default(),
        method: method.unwrap_or_else(|| "publish".to_owned()),
        title: text("SUMMARY").unwrap_or_default(),
        starts_at: time(start, &lines)?,
        ends_at: find("DTEND").and_then(|line| time(line, &lines)),
        all_day: start.value.len() == 8,
        location: text("LOCATION"),
        description: text("DESCRIPTION"),
        organizer: find("ORGANIZER").and_then(person),
        attendees: event.iter().filter(|line| line.name == "ATTENDEE").filter_map(person).collect(),
        sequence: find("SEQUENCE").and_then(|line| line.value.parse().ok()).unwrap_or(0),
    })
}

fn unfolded(text: &str) -> Vec<Line> {
    let text = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    text.lines().filter_map(line).collect()
}

/// `NAME;PARAM=x;PARAM="y":value`.
fn line(line: &str) -> Option<Line> {
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    })?;
    let (head, value) = (&line[..colon.0], &line[colon.0 + 1..]);
    let mut pieces = head.split(';');
    let name = pieces.next()?.trim().to_ascii_uppercase();
    let parameters = pieces
        .filter_map(|piece| piece.split_once('='))
        .map(|(name, value)| (name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
        .collect();
    Some(Line { name, parameters, value: value.trim().to_owned() })
}

fn unescaped(value: &str) -> String {
    let value = value.replace("\\n", "\n").replace("\\N", "\n");
    let value = value.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
    value.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>().trim().to_owned()
}

fn person(line: &Line) -> Option<Mailbox> {
    let value = line.value.trim();
    let address =
        value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).map_or(value, |_| &value[7..]);
    address::key(address)?;
    let name = line
        .parameters
        .get("CN")
        .map(|name| address::clean(name))
        .filter(|name| !name.is_empty() && name != address);
    Some(Mailbox { name, address: address.to_owned() })
}

/// In UTC; days begin at midnight UTC.
fn time(line: &Line, all: &[Line]) -> Option<DateTime<Utc>> {
    let value = line.value.as_str();
    if let Some(utc) = value.strip_suffix('Z') {
        return Some(local(utc)?.and_utc());
    }
    if value.len() == 8 {
        return Some(NaiveDate::parse_from_str(value, "%Y%m%d").ok()?.and_hms_opt(0, 0, 0)?.and_utc());
    }
    let local = local(value)?;
    let Some(zone) = line.parameters.get("TZID") else { return Some(local.and_utc()) };
    if let Ok(zone) = zone.parse::<chrono_tz::Tz>() {
        return Some(zone.from_local_datetime(&local).earliest()?.with_timezone(&Utc));
    }
    // A zone of its own: the offset that the calendar gives for the half of the year.
    Some((local - offset(zone, all).unwrap_or_default()).and_utc())
}

fn local(value: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S").ok()
}

/// The standard time's offset of a zone that the calendar describes.
fn offset(zone: &str, all: &[Line]) -> Option<chrono::TimeDelta> {
    let at = all.iter().position(|line| line.name == "TZID" && line.value == zone)?;
    let standard = at + all[at..].iter().position(|line| line.name == "BEGIN" && line.value == "STANDARD")?;
    let line = all[standard..].iter().find(|line| line.name == "TZOFFSETTO")?;
    let (sign, digits) = match line.value.split_at_checked(1)? {
        ("-", digits) => (-1, digits),
        ("+", digits) => (1, digits),
        _ => return None,
    };
    let minutes = digits.get(..2)?.parse::<i64>().ok()? * 60 + digits.get(2..4)?.parse::<i64>().ok()?;
    chrono::TimeDelta::try_minutes(sign * minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_obeyed() {
        let at = |line: &str, zone: &str| {
            let text = format!("BEGIN:VCALENDAR\r\n{zone}BEGIN:VEVENT\r\n{line}\r\nEND:VEVENT\r\n");
            read(&text).unwrap().starts_at.to_rfc3339()
        };
        assert_eq!(at("DTSTART:20260105T090000Z", ""), "2026-01-05T09:00:00+00:00");
        assert_eq!(at("DTSTART;TZID=Europe/Berlin:20260705T090000", ""), "2026-07-05T07:00:00+00:00");
        assert_eq!(at("DTSTART;VALUE=DATE:20260105", ""), "2026-01-05T00:00:00+00:00");
        let own = "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nTZOFFSETTO:-0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
        assert_eq!(at("DTSTART;TZID=Ours:20260105T090000", own), "2026-01-05T12:00:00+00:00");
    }

    #[test]
    fn folded_lines_and_names_are_read() {
        let text = "METHOD:REQUEST\nBEGIN:VEVENT\nUID:1\nDTSTART:20260105T090000Z\nSUMMARY:A very\n  long\\, title\nORGANIZER;CN=\"Ada: L\":mailto:ada@x.org\nATTENDEE:MAILTO:b@x.org\nSEQUENCE:2\nBEGIN:VALARM\nDESCRIPTION:no\n";
        let invite = read(text).unwrap();
        assert_eq!(
            (invite.title.as_str(), invite.method.as_str(), invite.sequence),
            ("A very long, title", "request", 2)
        );
        assert_eq!(invite.organizer.unwrap().name.as_deref(), Some("Ada: L"));
        assert_eq!((invite.attendees.len(), invite.description), (1, None));
    }
}
