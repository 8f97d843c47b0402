//! People and chats as the hub knows them. A person is found by user id in every chat of the bot; a group or
//! channel is a party of its own.

use serde_json::Value;

use super::wire::{Chat, Contact, File, Message, User};
use crate::{
    message::Part,
    party::{Party, PartyId},
};

const USER: &str = "user";
const CHAT: &str = "chat";

pub(super) fn user(user: &User) -> Option<Party> {
    Some(Party {
        ids: vec![PartyId::plain(USER, user.id.0?)],
        name: full_name(user.first_name.text(), user.last_name.text()),
        username: filled(user.username.text()),
        language: filled(user.language_code.text()),
        ..Party::default()
    })
}

/// The other side of a chat: a person in a private one, the chat itself otherwise.
pub(super) fn chat(chat: &Chat) -> Option<Party> {
    let id = chat.id.0?;
    if is_private(chat) {
        return Some(Party {
            ids: vec![PartyId::plain(USER, id)],
            name: full_name(chat.first_name.text(), chat.last_name.text()),
            username: filled(chat.username.text()),
            ..Party::default()
        });
    }
    Some(Party {
        ids: vec![PartyId::plain(CHAT, id)],
        name: filled(chat.title.text()),
        username: filled(chat.username.text()),
        group: true,
        ..Party::default()
    })
}

/// Negative ids are groups and channels, also where the type is missing.
pub(super) fn is_private(chat: &Chat) -> bool {
    match chat.r#type.text() {
        "" => chat.id.0.is_some_and(|id| id > 0),
        kind => kind == "private",
    }
}

pub(super) fn chat_id(id: i64) -> PartyId {
    PartyId::plain(if id > 0 { USER } else { CHAT }, id)
}

/// The customer of a message, and who wrote it where that is somebody else.
pub(super) fn of_message(message: &Message) -> Option<(Party, Option<Party>)> {
    let in_chat = message.chat.as_ref()?;
    let mut contact = chat(in_chat)?;
    let sender = message.sender_chat.as_ref().and_then(chat).or_else(|| message.from.as_ref().and_then(user));
    let Some(mut sender) = sender else { return Some((contact, signature(message))) };
    if is_private(in_chat) {
        // The message's sender knows more about the person than the chat does.
        if sender.ids == contact.ids {
            sender.phone = own_number(message);
            contact = sender;
        }
        return Some((contact, None));
    }
    let author = (sender.ids != contact.ids).then_some(sender);
    Some((contact, author.or_else(|| signature(message))))
}

/// A channel's post may be signed with a bare name.
fn signature(message: &Message) -> Option<Party> {
    let name = filled(message.author_signature.text())?;
    let chat = message.chat.as_ref()?.id.0?;
    let id = PartyId::plain("signature", format!("{chat}:{name}"));
    Some(Party { ids: vec![id], name: Some(name), ..Party::default() })
}

/// A phone number that the sender shared as their own.
fn own_number(message: &Message) -> Option<String> {
    let contact = message.contact.as_ref()?;
    let own = contact.user_id.0.is_some() && contact.user_id.0 == message.from.as_ref()?.id.0;
    own.then(|| e164(contact.phone_number.text())).flatten()
}

/// Telegram writes numbers with or without plus and with spaces.
fn e164(number: &str) -> Option<String> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    (7..=15).contains(&digits.len()).then(|| format!("+{digits}"))
}

/// A shared contact; the vCard, where there is one, adds e-mail addresses, the organization and further numbers.
pub(super) fn card(contact: &Contact) -> Part {
    let name = full_name(contact.first_name.text(), contact.last_name.text());
    let vcard = contact.vcard.text();
    let mut phones: Vec<String> = filled(contact.phone_number.text()).into_iter().collect();
    for number in vcard_values(vcard, "TEL") {
        if !phones.iter().any(|known| e164(known) == e164(&number)) {
            phones.push(number);
        }
    }
    Part::Contact {
        name: name.or_else(|| phones.first().cloned()).unwrap_or_default(),
        phones,
        emails: vcard_values(vcard, "EMAIL").collect(),
        organization: vcard_values(vcard, "ORG")
            .next()
            .map(|name| name.trim_end_matches(';').replace(';', ", ")),
    }
}

fn vcard_values<'a>(vcard: &'a str, property: &'a str) -> impl Iterator<Item = String> + 'a {
    vcard.lines().filter_map(move |line| {
        let (name, value) = line.trim().split_once(':')?;
        let name = name.split(';').next()?;
        // Grouped properties are written `item1.EMAIL`.
        let name = name.rsplit('.').next()?;
        (name.eq_ignore_ascii_case(property)).then(|| filled(value.trim())).flatten()
    })
}

pub(super) fn full_name(first: &str, last: &str) -> Option<String> {
    filled(format!("{first} {last}").trim())
}

pub(super) fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// What a performer and a title say about a piece of music.
pub(super) fn track(file: &File) -> Option<String> {
    match (filled(file.performer.text()), filled(file.title.text())) {
        (Some(performer), Some(title)) => Some(format!("{performer} – {title}")),
        (performer, title) => performer.or(title),
    }
}

/// A member's name inside a service message.
pub(super) fn name_of(value: &Value) -> Option<String> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    full_name(text("first_name"), text("last_name")).or_else(|| filled(text("username")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vcard_adds_what_the_contact_lacks() {
        let contact: Contact = serde_json::from_value(serde_json::json!({
            "phone_number": "15550001111", "first_name": "Ada",
            "vcard": "BEGIN:VCARD\nTEL;TYPE=CELL:+1 555 000 1111\nTEL:+1 555 000 2222\nitem1.EMAIL:ada@example.org\nORG:Engines;Research\nEND:VCARD",
        }))
        .unwrap();
        assert_eq!(
            card(&contact),
            Part::Contact {
                name: "Ada".into(),
                phones: vec!["15550001111".into(), "+1 555 000 2222".into()],
                emails: vec!["ada@example.org".into()],
                organization: Some("Engines, Research".into()),
            }
        );
    }
}
