//! The words that Twilio itself understands, and answers: the whole message in any case.

use std::collections::BTreeSet;

const STOP: [&str; 8] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const START: [&str; 3] = ["START", "YES", "UNSTOP"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// What Twilio answers the customer, after it has changed who gets messages; `None` for any other message.
pub(super) fn heard(text: &str, customer: &str, opted_out: &mut BTreeSet<String>) -> Option<&'static str> {
    let word = text.trim().to_uppercase();
    let among = |words: &[&str]| words.contains(&word.as_str());
    if among(&STOP) {
        return opted_out.insert(customer.to_owned()).then_some(
            "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START \
             to resubscribe.",
        );
    }
    if among(&START) {
        return opted_out
            .remove(customer)
            .then_some("You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.");
    }
    among(&HELP).then_some("Reply STOP to unsubscribe. Msg&Data Rates May Apply.")
}
