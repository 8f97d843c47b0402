//! Who is meant. Since users may hide their phone number, a person is a set of ids: the business-scoped user id
//! (BSUID), its parent across a company's portfolios, and the phone's digits (`wa_id`). At least one is given.

use super::wire;
use crate::{
    party::{Party, PartyId},
    phone::{dialled as e164, whatsapp_key as key},
};

pub(super) const BSUID: &str = "bsuid";
pub(super) const PARENT_BSUID: &str = "parent_bsuid";
pub(super) const WA_ID: &str = "wa_id";
pub(super) const GROUP: &str = "group";

/// A number with its plus; a user id says nothing to anybody.
pub(super) fn said(kind: &str, address: &str) -> Option<String> {
    (kind == WA_ID).then(|| e164(address).unwrap_or_else(|| address.to_owned()))
}

/// The ids that one item of a callback names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids<'a> {
    pub bsuid: Option<&'a str>,
    pub parent: Option<&'a str>,
    pub wa_id: Option<&'a str>,
}

impl<'a> Ids<'a> {
    pub(super) fn new(
        bsuid: &'a Option<String>,
        parent: &'a Option<String>,
        wa_id: &'a Option<String>,
    ) -> Self {
        Self { bsuid: bsuid.as_deref(), parent: parent.as_deref(), wa_id: wa_id.as_deref() }
    }

    /// The person, completed from the batch's list of contacts; `None` if nothing says who it is.
    pub(super) fn party(self, contacts: &[wire::Contact]) -> Option<Party> {
        let profile = contacts.iter().find(|contact| self.names(contact));
        let ids = profile.map_or(self, |contact| self.or(contact));
        let list = ids.list();
        (!list.is_empty()).then(|| Party {
            ids: list,
            name: profile.and_then(|contact| contact.profile.name.as_deref()).map(short),
            username: profile.and_then(|contact| contact.profile.username.as_deref()).map(short),
            phone: ids.wa_id.and_then(e164),
            ..Party::default()
        })
    }

    pub(super) fn list(self) -> Vec<PartyId> {
        let bsuid = self.bsuid.map(|id| PartyId::plain(BSUID, id));
        let parent = self.parent.map(|id| PartyId::plain(PARENT_BSUID, id));
        bsuid.into_iter().chain(parent).chain(self.wa_id.map(phone_id)).collect()
    }

    fn names(self, contact: &wire::Contact) -> bool {
        let same = |ours: Option<&str>, theirs: &Option<String>| ours.is_some() && ours == theirs.as_deref();
        let same_phone = match (self.wa_id, contact.wa_id.as_deref()) {
            (Some(ours), Some(theirs)) => key(ours) == key(theirs),
            _ => false,
        };
        same(self.bsuid, &contact.user_id) || same_phone || same(self.parent, &contact.parent_user_id)
    }

    fn or(self, contact: &'a wire::Contact) -> Self {
        Self {
            bsuid: self.bsuid.or(contact.user_id.as_deref()),
            parent: self.parent.or(contact.parent_user_id.as_deref()),
            wa_id: self.wa_id.or(contact.wa_id.as_deref()),
        }
    }
}

/// A phone as an id: compared by its normal form, called by what Meta gave.
pub(super) fn phone_id(wa_id: &str) -> PartyId {
    PartyId { kind: WA_ID.into(), key: key(wa_id), address: wa_id.trim_start_matches('+').to_owned() }
}

pub(super) fn user(bsuid: &str) -> PartyId {
    PartyId::plain(BSUID, bsuid)
}

/// A number as people write it, with its country.
pub(super) fn written(number: &str) -> Option<PartyId> {
    let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '+')).collect();
    let phone = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    phone.then(|| phone_id(&digits))
}

pub(super) fn group(id: &str) -> Party {
    Party { ids: vec![PartyId::plain(GROUP, id)], group: true, ..Party::default() }
}

/// The conversation beside the contact. WhatsApp has no threads: a person's chat has none, a group's is its own.
pub(super) fn thread(group_id: Option<&str>) -> String {
    group_id.map_or_else(String::new, |id| format!("{GROUP}:{id}"))
}

pub(super) fn short(name: &str) -> String {
    name.trim().chars().take(255).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_forms_of_a_number_have_one_key() {
        for (one, other) in [
            ("5511987654321", "551187654321"),
            ("5491123456789", "541123456789"),
            ("5215512345678", "525512345678"),
            ("+4915100000001", "4915100000001"),
        ] {
            assert_eq!(phone_id(one).key, phone_id(other).key, "{one} {other}");
        }
        // A Brazilian landline has no ninth digit; a neighbour's number is another number.
        for (one, other) in [("551133334444", "5511933334444"), ("5511987654321", "5511987654322")] {
            assert_ne!(phone_id(one).key, phone_id(other).key, "{one} {other}");
        }
    }

    #[test]
    fn the_address_stays_what_meta_gave() {
        assert_eq!(phone_id("551187654321").address, "551187654321");
        assert_eq!(e164("551187654321").as_deref(), Some("+5511987654321"));
        assert_eq!(e164("541123456789").as_deref(), Some("+541123456789"));
        assert_eq!(e164("group-1"), None);
    }

    #[test]
    fn a_stranger_in_the_list_lends_nothing() {
        let contacts = [wire::Contact {
            wa_id: Some("4915100000002".into()),
            user_id: Some("DE.2".into()),
            ..wire::Contact::default()
        }];
        let ids = Ids { wa_id: Some("4915100000001"), ..Ids::default() };
        assert_eq!(ids.party(&contacts).unwrap().ids, vec![phone_id("4915100000001")]);
        assert_eq!(Ids::default().party(&contacts), None);
    }
}
