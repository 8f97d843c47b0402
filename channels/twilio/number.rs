//! Twilio's addresses: `+15551230000`, `whatsapp:+15551230000`, `client:agent_7`, a short code, or a sender's name.

use super::wire::Fields;
use crate::{
    party::{Party, PartyId},
    phone,
};

/// Of text messages and calls.
pub(super) const PHONE: &str = "phone";
/// Of WhatsApp through Twilio; also the thread, as the same person's text messages are another conversation.
pub(super) const WHATSAPP: &str = "whatsapp";
/// WhatsApp's business-scoped user id, and its parent across a company's portfolios.
pub(super) const BSUID: &str = "bsuid";
const PARENT_BSUID: &str = "parent_bsuid";

/// An address, split at its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// Lower case; `None` for a telephone.
    pub prefix: Option<&'a str>,
    pub id: &'a str,
}

impl<'a> Address<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        match text.trim().split_once(':') {
            Some((prefix, id)) if !prefix.is_empty() => Self { prefix: Some(prefix), id: id.trim() },
            _ => Self { prefix: None, id: text.trim() },
        }
    }

    /// The conversation beside the contact: empty for text messages, else the network's name.
    pub(super) fn thread(self) -> String {
        self.prefix.unwrap_or_default().to_owned()
    }
}

/// Whoever a callback names as the customer: `address` is `From` of what they sent, `To` of what we sent.
pub(super) fn party(address: &str, fields: &Fields) -> Option<Party> {
    let parsed = Address::parse(address);
    if parsed.id.is_empty() {
        return None;
    }
    match parsed.prefix {
        None => Some(telephone(parsed.id)),
        Some(WHATSAPP) => Some(whatsapp(parsed.id, fields)),
        Some(prefix) => Some(Party {
            ids: vec![PartyId { kind: prefix.into(), key: parsed.id.into(), address: address.trim().into() }],
            name: fields.text("ProfileName").map(short),
            ..Party::default()
        }),
    }
}

pub(super) fn telephone(number: &str) -> Party {
    Party { ids: vec![phone_id(number)], phone: phone::e164(number), ..Party::default() }
}

/// A short code or a sender's name is its own key.
pub(super) fn phone_id(number: &str) -> PartyId {
    PartyId { kind: PHONE.into(), key: normal(number), address: number.to_owned() }
}

/// As people write it, with its country.
pub(super) fn written(number: &str) -> Option<PartyId> {
    phone::e164(number).map(|number| phone_id(&number))
}

/// A number in the writing that compares.
pub(super) fn normal(number: &str) -> String {
    let address = Address::parse(number);
    phone::e164(address.id).unwrap_or_else(|| address.id.to_owned())
}

/// Known by the phone, by the user id where people hide their phone, or by both.
fn whatsapp(id: &str, fields: &Fields) -> Party {
    let digits = id.trim_start_matches('+');
    let has_phone = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let user =
        |name: &str| fields.text(name).map(|id| Address::parse(id).id.to_owned()).filter(|id| !id.is_empty());
    let bsuid = user("ExternalUserId").or_else(|| (!has_phone).then(|| id.to_owned()));
    let mut ids = Vec::new();
    ids.extend(bsuid.as_deref().map(|id| user_id(BSUID, id)));
    ids.extend(user("ParentExternalUserId").map(|id| user_id(PARENT_BSUID, &id)));
    if has_phone {
        ids.push(PartyId {
            kind: WHATSAPP.into(),
            key: phone::whatsapp_key(digits),
            address: format!("{WHATSAPP}:+{digits}"),
        });
    }
    let username = fields.text("ProfileUsername").map(short);
    let name = fields.text("ProfileName").map(short);
    // Somebody must be called something: who has neither phone nor name is called by the id.
    let nameless = !has_phone && name.is_none() && username.is_none();
    Party {
        ids,
        name: name.or_else(|| bsuid.filter(|_| nameless)),
        username,
        phone: if has_phone { phone::dialled(digits) } else { None },
        ..Party::default()
    }
}

fn user_id(kind: &str, id: &str) -> PartyId {
    PartyId { kind: kind.into(), key: id.into(), address: format!("{WHATSAPP}:{id}") }
}

fn short(name: &str) -> String {
    name.trim().chars().take(255).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_split_at_their_prefix() {
        let of = |text| {
            let address = Address::parse(text);
            (address.prefix, address.id)
        };
        assert_eq!(of("+15551230000"), (None, "+15551230000"));
        assert_eq!(of("whatsapp:+15551230000"), (Some("whatsapp"), "+15551230000"));
        assert_eq!(of("client:agent_7"), (Some("client"), "agent_7"));
        assert_eq!(of(":x"), (None, ":x"));
        assert_eq!(of(""), (None, ""));
    }

    #[test]
    fn two_forms_of_a_whatsapp_number_have_one_key_and_keep_their_address() {
        let key = |number: &str| whatsapp(number, &Fields::default()).ids[0].clone();
        for (one, other) in [
            ("+5511987654321", "+551187654321"),
            ("+5491123456789", "+541123456789"),
            ("+5215512345678", "+525512345678"),
        ] {
            assert_eq!(key(one).key, key(other).key, "{one}");
            assert_eq!(key(other).address, format!("whatsapp:{other}"));
        }
        // A Brazilian landline has no ninth digit.
        assert_ne!(key("+551133334444").key, key("+5511933334444").key);
    }
}
