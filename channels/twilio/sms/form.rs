//! What an admin fills in for a number that sends messages.

use crate::{Account, Field, Form};

use super::super::account;

pub(super) const MESSAGING_SERVICE_SID: &str = "messaging_service_sid";
pub(super) const STOP_WORDS: &str = "stop_words";
pub(super) const START_WORDS: &str = "start_words";

pub(super) fn form() -> Form {
    let own = [
        Field::text(
            MESSAGING_SERVICE_SID,
            "Messaging service SID",
            "Only if the number belongs to a messaging service: Messaging, Services; it begins with MG.",
        )
        .optional(),
        Field::text(
            STOP_WORDS,
            "Further words for STOP",
            "Words of your customers' languages by which they want no more messages, with commas: PARE, ARRÊT.",
        )
        .optional(),
        Field::text(
            START_WORDS,
            "Further words for START",
            "Words by which they want messages again, with commas: VOLTAR, REPRENDRE.",
        )
        .optional(),
    ];
    Form::new(account::fields().into_iter().chain(own).chain(account::signing_fields()).collect())
}

/// The messaging service that sends, if the number belongs to one.
pub(super) fn service(account: &Account) -> Option<&str> {
    Some(account.text(MESSAGING_SERVICE_SID)).filter(|sid| !sid.is_empty())
}
