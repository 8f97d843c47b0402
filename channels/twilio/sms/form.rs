//! What an admin fills in for a number that sends messages.

use crate::{Account, Field, Form};

use super::super::account;

pub(super) const MESSAGING_SERVICE_SID: &str = "messaging_service_sid";
pub(super) const STOP_WORDS: &str = "stop_words";
pub(super) const START_WORDS: &str = "start_words";

const MESSAGES_PER_SECOND: &str = "messages_per_second";

/// What carriers take from an ordinary number of the US, and Twilio from one account at most.
pub(super) const STANDARD_PACE: u32 = 1;
const HIGHEST_PACE: u32 = 400;

pub(super) fn form() -> Form {
    let own = [
        Field::number(
            MESSAGES_PER_SECOND,
            "Messages per second",
            "1 when left empty, what carriers take from an ordinary number; 3 for toll-free, 100 for a short code, 80 for WhatsApp.",
        )
        .optional(),
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

/// The sender's throughput as its admin knows it. Twilio queues what is more, and drops what waits for hours.
pub(super) fn messages_per_second(account: &Account) -> u32 {
    account
        .text(MESSAGES_PER_SECOND)
        .parse()
        .map_or(STANDARD_PACE, |number: u32| number.clamp(1, HIGHEST_PACE))
}

/// The messaging service that sends, if the number belongs to one.
pub(super) fn service(account: &Account) -> Option<&str> {
    Some(account.text(MESSAGING_SERVICE_SID)).filter(|sid| !sid.is_empty())
}
