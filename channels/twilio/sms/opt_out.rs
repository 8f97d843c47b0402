//! STOP and START. Twilio itself honours its English words, answers them, and refuses later sends with 21610; it says so in
//! `OptOutType` only under Advanced Opt-Out. Words of other languages are honoured here.
//! <https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out>

use super::{
    super::wire::Fields,
    form::{START_WORDS, STOP_WORDS},
};
use crate::Account;

/// Twilio's own, for long codes and toll-free numbers.
const STOP: &[&str] = &["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const START: &[&str] = &["START", "UNSTOP"];
/// Takes a STOP back, but mostly answers a question.
const YES: &str = "YES";
/// What people write elsewhere; nobody means anything else by these words alone.
const STOP_ELSEWHERE: &[&str] = &[
    "PARAR",
    "PARE",
    "SAIR",
    "CANCELAR",
    "DESCADASTRAR",
    "ALTO",
    "BAJA",
    "ARRET",
    "ARRÊT",
    "STOPP",
    "ABMELDEN",
    "FERMA",
];
const START_ELSEWHERE: &[&str] = &["VOLTAR", "INICIAR", "ALTA", "REPRENDRE", "ANMELDEN"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// No more messages.
    Stop,
    /// Messages again, said clearly.
    Start,
    /// Messages again, if they were stopped: the word has other uses.
    MaybeStart,
}

/// What the customer wants; a request for help is none of this, and an ordinary message.
pub(super) fn wish(account: &Account, fields: &Fields, is_sms: bool) -> Option<Wish> {
    match fields.text("OptOutType").map(str::to_ascii_uppercase).as_deref() {
        Some("STOP") => return Some(Wish::Stop),
        Some("START") => return Some(Wish::Start),
        Some(_) => return None,
        None => {}
    }
    // Other networks have buttons of their own for it, and CANCEL means an order there.
    if !is_sms {
        return None;
    }
    let word = word(fields.text("Body")?)?;
    let ours = |field: &str| account.text(field).split(',').any(|own| own.trim().to_uppercase() == word);
    let among = |words: &[&str]| words.contains(&word.as_str());
    if among(STOP) || among(STOP_ELSEWHERE) || ours(STOP_WORDS) {
        Some(Wish::Stop)
    } else if among(START) || among(START_ELSEWHERE) || ours(START_WORDS) {
        Some(Wish::Start)
    } else {
        (word == YES).then_some(Wish::MaybeStart)
    }
}

/// The whole message, if it is short enough to be such a word, in capitals and without what stands behind it.
fn word(body: &str) -> Option<String> {
    let text = body.trim().trim_end_matches(['.', '!', ',']).trim();
    (!text.is_empty() && text.chars().count() <= 40).then(|| text.to_uppercase())
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn of(body: &str) -> Option<Wish> {
        let words = [(STOP_WORDS, "basta, non più"), (START_WORDS, "riprendi")];
        let account = Account::new(words.map(|(name, value)| (name.to_owned(), SecretString::from(value))));
        wish(&account, &Fields::from([("Body", body)]), true)
    }

    #[test]
    fn the_whole_message_must_be_the_word() {
        for body in ["STOP", "stop", " Stop. ", "StopAll", "parar", "Sair!", "arrêt", "BASTA", "Non più"] {
            assert_eq!(of(body), Some(Wish::Stop), "{body}");
        }
        for body in ["START", "unstop", "voltar", "Riprendi"] {
            assert_eq!(of(body), Some(Wish::Start), "{body}");
        }
        assert_eq!(of("yes"), Some(Wish::MaybeStart));
        for body in ["please stop", "stop it", "HELP", "INFO", "", "don't stop", "no", ","] {
            assert_eq!(of(body), None, "{body}");
        }
    }

    #[test]
    fn twilios_own_word_for_it_counts_on_every_network() {
        let account = Account::new([]);
        let told =
            |kind: &str, sms| wish(&account, &Fields::from([("Body", "TSCHÜSS"), ("OptOutType", kind)]), sms);
        assert_eq!(told("STOP", true), Some(Wish::Stop));
        assert_eq!(told("START", false), Some(Wish::Start));
        assert_eq!(told("HELP", true), None);
        assert_eq!(wish(&account, &Fields::from([("Body", "CANCEL")]), false), None);
    }
}
