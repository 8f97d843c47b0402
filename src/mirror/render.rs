//! How conversations look in a thread. What customers wrote stays text: nothing in it calls anybody or becomes a command.

use channels::{
    Abilities,
    markup::{self, Marked, Style},
    message::Part,
};
use serde_json::Value;
use url::Url;

use crate::inbox::{
    conversation::Conversation,
    message::{Message, MessageAttachment},
};

/// Bytes of a message that are tried first; the platform may count more of them than it takes.
const LONG: usize = 3_600;
/// Characters of a line of the inbox's own.
const LINE: usize = 1_000;

/// What a thread begins with: who, where, and the way to the conversation.
pub(super) fn beginning(
    conversation: &Conversation,
    channel: &str,
    integration: &str,
    public_url: &Url,
) -> String {
    let contact = &conversation.contact;
    let name = Some(short(&contact.name)).filter(|name| !name.is_empty());
    let name = name.as_deref().unwrap_or("A customer");
    let mut out = Marked::all(name, Style::Bold);
    out.push(&Marked::plain(&format!(" on {channel} ({})", integration.trim())));
    let reached: Vec<_> =
        [&contact.phone, &contact.email].into_iter().flatten().map(String::as_str).collect();
    if !reached.is_empty() {
        out.push(&Marked::plain(&format!("\n{}", reached.join(" · "))));
    }
    if let Some(subject) = &conversation.subject {
        out.push(&Marked::plain(&format!("\n{}", short(subject))));
    }
    out.push(&Marked::plain("\n"));
    let address = format!("{}/inbox/{}", public_url.as_str().trim_end_matches('/'), conversation.id);
    out.push(&Marked::all("Open in the inbox", Style::Link(address)));
    markup::write(&out)
}

/// A message as it is now.
pub(super) fn message(message: &Message, abilities: &Abilities) -> String {
    if message.kind == "system" {
        let line: String = message.text.trim().chars().take(LINE).collect();
        return markup::write(&Marked::all(&line, Style::Italic));
    }
    let (head, body) = (head(message), body(message));
    let with = |body: &Marked| {
        let mut whole = head.clone();
        whole.push(body);
        whole
    };
    let fits = |whole: &Marked| abilities.text.length_of(whole) <= abilities.text.max;
    let mut whole = with(&body);
    let mut most = LONG;
    // Shorter each time, down to nothing.
    while !fits(&whole) && most > 0 {
        let mut cut = body.slice(0, floor(&body.text, most));
        cut.push(&Marked::plain(" …"));
        whole = with(&cut);
        most = most * 2 / 3;
    }
    markup::write(&whole)
}

/// Why a message did not reach the customer, or that nobody knows.
pub(super) fn failure(message: &Message) -> String {
    let detail = message.error.as_ref().and_then(|error| error.get("detail")).and_then(Value::as_str);
    match (message.status.as_deref(), detail) {
        (Some("unknown"), _) => "It is not known whether this reached the customer.".to_owned(),
        (_, Some(detail)) => format!("This did not reach the customer: {}", short(detail)),
        _ => "This did not reach the customer.".to_owned(),
    }
}

/// A warning, to somebody or about a message.
pub(super) fn warning(to: Option<(&str, &str)>, about: Option<&str>, text: &str) -> String {
    let mut out = Marked::plain("⚠️ ");
    if let Some((name, id)) = to {
        out.push(&Marked::all(&format!("@{name}"), Style::Mention(id.to_owned())));
        out.push(&Marked::plain(" "));
    }
    out.push(&Marked::plain(text));
    if let Some(about) = about.map(str::trim).filter(|about| !about.is_empty()) {
        out.push(&Marked::plain("\n"));
        out.push(&Marked::all(&short(about), Style::Italic));
    }
    markup::write(&out)
}

fn head(message: &Message) -> Marked {
    let name = message.sender.name.as_deref().map(short).filter(|name| !name.is_empty());
    let name = name.as_deref();
    let (sign, name) = match (message.direction.as_str(), message.sender.kind.as_str()) {
        ("inbound", _) => ("", name.unwrap_or("Customer")),
        ("internal", _) => ("📝 ", name.unwrap_or("Note")),
        _ => ("↩️ ", name.unwrap_or("We")),
    };
    let mut head = Marked::plain(sign);
    head.push(&Marked::all(name, Style::Bold));
    head.push(&Marked::plain(if message.direction == "internal" { " (note): " } else { ": " }));
    head
}

fn body(message: &Message) -> Marked {
    if message.deleted_at.is_some() {
        return Marked::all("This message was deleted.", Style::Italic);
    }
    let mut body = words(message);
    let mut line = |text: &str| {
        let before = if body.text.is_empty() { "" } else { "\n" };
        body.push(&Marked::plain(&format!("{before}{text}")));
    };
    for part in parts(message) {
        if let Part::Location { latitude, longitude, .. } = part {
            line(&format!("📍 https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"));
        }
    }
    message.attachments.iter().for_each(|file| line(&attachment(file)));
    let emoji: Vec<_> = message
        .reactions
        .iter()
        .filter(|one| one.by == "contact" && !one.emoji.is_empty())
        .map(|one| one.emoji.as_str())
        .collect();
    if !emoji.is_empty() {
        line(&emoji.concat());
    }
    if body.text.is_empty() {
        body = Marked::all(&format!("({})", message.kind), Style::Italic);
    }
    if message.edited_at.is_some() {
        body.push(&Marked::all(" (edited)", Style::Italic));
    }
    body
}

/// Agents write in the hub's markup; what came from a platform has its marks beside it.
fn words(message: &Message) -> Marked {
    let ranges = parts(message).into_iter().find_map(|part| match part {
        Part::Format { ranges } => Some(ranges),
        _ => None,
    });
    match ranges {
        Some(ranges) => Marked::from_ranges(&message.text, &ranges),
        None if message.direction == "inbound" => Marked::plain(&message.text),
        None => markup::parse(&message.text),
    }
}

fn parts(message: &Message) -> Vec<Part> {
    let each = message.parts.as_array().into_iter().flatten();
    each.filter_map(|part| serde_json::from_value(part.clone()).ok()).collect()
}

fn attachment(file: &MessageAttachment) -> String {
    let name = file.file_name.as_deref().unwrap_or(&file.kind);
    match (file.state.as_str(), &file.error) {
        ("failed", Some(why)) => format!("📎 {name}: {why}"),
        _ => format!("📎 {name}"),
    }
}

/// One line of at most 200 characters: names and subjects are anybody's word.
fn short(text: &str) -> String {
    text.trim().chars().take(200).collect::<String>().replace(['\n', '\r'], " ")
}

/// The last place at or before `at` that is between two characters.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use channels::abilities::Markup;
    use chrono::DateTime;
    use serde_json::json;

    use super::*;
    use crate::{
        ids::{ConversationId, MessageId},
        inbox::message::Sender,
    };

    fn said(direction: &str, text: &str) -> Message {
        Message {
            id: MessageId::new(),
            seq: 1,
            conversation_id: ConversationId::new(),
            direction: direction.to_owned(),
            kind: "text".to_owned(),
            text: text.to_owned(),
            parts: json!([]),
            attachments: Vec::new(),
            reactions: Vec::new(),
            reply_to: None,
            quoted: None,
            sender: Sender { kind: "contact".to_owned(), id: None, name: Some("Maria".to_owned()) },
            status: None,
            status_history: Vec::new(),
            error: None,
            external_id: None,
            client_id: None,
            album: None,
            forwarded: false,
            late: false,
            past: false,
            sent_at: DateTime::UNIX_EPOCH,
            created_at: DateTime::UNIX_EPOCH,
            edited_at: None,
            deleted_at: None,
        }
    }

    fn in_slack(one: &Message) -> String {
        let abilities = channels::find("slack").unwrap().abilities();
        markup::translate(&message(one, &abilities), Markup::Slack)
    }

    #[test]
    fn what_customers_write_calls_nobody() {
        let shown = in_slack(&said("inbound", "<!channel> <@U1> @here *not bold"));
        assert_eq!(shown, "*Maria*: &lt;!channel&gt; &lt;@U1&gt; @here *not bold");
    }

    #[test]
    fn notes_edits_and_deletions_are_told_apart() {
        assert_eq!(in_slack(&said("internal", "look at *this*")), "📝 *Maria* (note): look at *this*");
        let edited = Message { edited_at: Some(DateTime::UNIX_EPOCH), ..said("inbound", "hi") };
        assert_eq!(in_slack(&edited), "*Maria*: hi _(edited)_");
        let deleted = Message { deleted_at: Some(DateTime::UNIX_EPOCH), ..said("inbound", "") };
        assert_eq!(in_slack(&deleted), "*Maria*: _This message was deleted._");
    }

    #[test]
    fn whatever_is_too_long_is_cut() {
        for text in ["ä".repeat(40_000), "&<>".repeat(9_000), "x".repeat(3_599)] {
            let shown = in_slack(&said("inbound", &text));
            assert!(shown.chars().count() <= 4_000);
            assert!(shown.chars().count() > 1_000);
        }
        let sender = Sender { name: Some("é\n".repeat(40_000)), ..said("inbound", "hi").sender };
        let shown = in_slack(&Message { sender, ..said("inbound", "hi") });
        assert!(shown.chars().count() < 300 && shown.ends_with(": hi"), "{shown}");
    }
}
