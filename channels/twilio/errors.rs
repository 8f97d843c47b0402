//! Twilio's error codes, and what each means for the message and the account. The same codes come as the answer to a call and,
//! hours later, in a status. <https://www.twilio.com/docs/api/errors>

use std::{ops::RangeInclusive, time::Duration};

use serde::Deserialize;

use super::wire::Fields;
use crate::error::{NextStep, Refusal, Scope, SendError};

/// What to do about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Passes by itself, after this many seconds or as the job's own backoff says.
    Later(Scope, Option<u64>),
    /// Will not succeed as it is.
    Refuse(NextStep),
    /// The account cannot send any more.
    Broken,
}

use Verdict::{Broken, Later, Refuse};

/// Codes, our word for them, what follows, and a sentence for where Twilio gives none. The first row that holds a code decides.
const CODES: &[(RangeInclusive<i64>, &str, Verdict, &str)] = &[
    (20429..=20429, "rate_limited", Later(Scope::Account, None), "Too many calls at once."),
    (14107..=14107, "rate_limited", Later(Scope::Account, None), "Too many messages at once."),
    (30001..=30001, "rate_limited", Later(Scope::Account, Some(60)), "The sender's queue at Twilio is full."),
    (
        63018..=63018,
        "rate_limited",
        Later(Scope::Account, None),
        "WhatsApp takes no more messages for the moment.",
    ),
    (20500..=20599, "platform_unavailable", Later(Scope::Account, None), "Twilio has a fault of its own."),
    (
        30008..=30008,
        "delivery_unknown",
        Refuse(NextStep::Retry),
        "The carrier did not deliver it and does not say why.",
    ),
    (20003..=20003, "token_rejected", Broken, "Twilio refuses the account SID or the auth token."),
    (20005..=20005, "account_locked", Broken, "The Twilio account is not active."),
    (20008..=20008, "account_locked", Broken, "Test credentials cannot do this."),
    (30002..=30002, "account_locked", Broken, "The Twilio account is suspended."),
    (10001..=10001, "account_locked", Broken, "The Twilio account is not active."),
    (
        21610..=21610,
        "recipient_opted_out",
        Refuse(NextStep::None),
        "The customer has written STOP and gets no more messages until they write START.",
    ),
    (21211..=21211, "recipient_invalid", Refuse(NextStep::FixRecipient), "This is no telephone number."),
    (21214..=21214, "recipient_invalid", Refuse(NextStep::FixRecipient), "This number cannot be reached."),
    (21217..=21217, "recipient_invalid", Refuse(NextStep::FixRecipient), "This is no telephone number."),
    (21604..=21604, "recipient_invalid", Refuse(NextStep::FixRecipient), "The recipient is missing."),
    (
        21614..=21614,
        "recipient_invalid",
        Refuse(NextStep::FixRecipient),
        "This number is no mobile telephone.",
    ),
    (
        63024..=63024,
        "recipient_invalid",
        Refuse(NextStep::FixRecipient),
        "The recipient is not on this network.",
    ),
    (
        63003..=63003,
        "recipient_unreachable",
        Refuse(NextStep::FixRecipient),
        "The recipient is not on this network.",
    ),
    (13224..=13224, "recipient_invalid", Refuse(NextStep::FixRecipient), "This is no telephone number."),
    (
        21608..=21608,
        "recipient_not_allowed",
        Refuse(NextStep::FixRecipient),
        "A trial account sends to verified numbers only.",
    ),
    (
        21219..=21219,
        "recipient_not_allowed",
        Refuse(NextStep::FixRecipient),
        "A trial account calls verified numbers only.",
    ),
    (
        21215..=21216,
        "country_restricted",
        Refuse(NextStep::FixRecipient),
        "The account may not call this number.",
    ),
    (
        13227..=13227,
        "country_restricted",
        Refuse(NextStep::FixRecipient),
        "The account may not call this country.",
    ),
    (
        21408..=21408,
        "country_restricted",
        Refuse(NextStep::FixRecipient),
        "The account may not send to this country: allow it in Messaging, Settings, Geo permissions.",
    ),
    (
        21612..=21612,
        "recipient_unreachable",
        Refuse(NextStep::FixRecipient),
        "This sender cannot reach this number.",
    ),
    (
        30003..=30003,
        "recipient_unreachable",
        Refuse(NextStep::Retry),
        "The telephone is switched off or out of reach.",
    ),
    (30005..=30005, "recipient_unreachable", Refuse(NextStep::FixRecipient), "The number is not in use."),
    (
        30006..=30006,
        "recipient_unreachable",
        Refuse(NextStep::FixRecipient),
        "The number is a landline or its carrier takes no messages.",
    ),
    (
        30004..=30004,
        "message_blocked",
        Refuse(NextStep::None),
        "The recipient or their carrier blocks messages from this number.",
    ),
    (30007..=30007, "message_filtered", Refuse(NextStep::FixContent), "The carrier took it for spam."),
    (
        30032..=30035,
        "sender_not_registered",
        Refuse(NextStep::Reconnect),
        "The number is not registered as carriers demand (A2P 10DLC or toll-free verification).",
    ),
    (21212..=21212, "sender_invalid", Refuse(NextStep::Reconnect), "The sender is no telephone number."),
    (21210..=21210, "sender_invalid", Refuse(NextStep::Reconnect), "The number belongs to another account."),
    (21603..=21603, "sender_invalid", Refuse(NextStep::Reconnect), "The sender is missing."),
    (
        21606..=21607,
        "sender_invalid",
        Refuse(NextStep::Reconnect),
        "The number belongs to another account or cannot send messages.",
    ),
    (
        21659..=21661,
        "sender_invalid",
        Refuse(NextStep::Reconnect),
        "The number belongs to another account or cannot send messages.",
    ),
    (
        21701..=21712,
        "sender_invalid",
        Refuse(NextStep::Reconnect),
        "The messaging service has no such sender.",
    ),
    (
        63007..=63007,
        "sender_invalid",
        Refuse(NextStep::Reconnect),
        "The number is no WhatsApp sender of this account.",
    ),
    (21602..=21602, "text_empty", Refuse(NextStep::FixContent), "The message has no text."),
    (21619..=21619, "text_empty", Refuse(NextStep::FixContent), "The message has neither text nor file."),
    (21617..=21617, "text_too_long", Refuse(NextStep::FixContent), "The text has more than 1600 characters."),
    (21605..=21605, "text_too_long", Refuse(NextStep::FixContent), "The text is too long."),
    (
        21620..=21620,
        "media_rejected",
        Refuse(NextStep::FixContent),
        "Twilio cannot fetch the file: the hub's public address must be reachable.",
    ),
    (21623..=21623, "media_rejected", Refuse(NextStep::FixContent), "A message carries ten files at most."),
    (11751..=11751, "media_too_large", Refuse(NextStep::FixContent), "The file is too large for a message."),
    (12300..=12300, "media_rejected", Refuse(NextStep::FixContent), "This sort of file cannot be sent."),
    (
        11200..=11237,
        "media_rejected",
        Refuse(NextStep::FixContent),
        "Twilio could not fetch the file from the hub.",
    ),
    (
        30011..=30011,
        "media_rejected",
        Refuse(NextStep::FixContent),
        "The number or the carrier cannot take pictures.",
    ),
    (
        30019..=30019,
        "media_too_large",
        Refuse(NextStep::FixContent),
        "The file is larger than the carrier takes.",
    ),
    (63019..=63021, "media_rejected", Refuse(NextStep::FixContent), "The network did not take the file."),
    (
        63016..=63016,
        "window_closed",
        Refuse(NextStep::UseTemplate),
        "More than 24 hours have passed since the customer last wrote on WhatsApp: only a template can be sent.",
    ),
    (
        21655..=21655,
        "template_unknown",
        Refuse(NextStep::FixTemplate),
        "Twilio does not know this template any more. Fetch the templates again.",
    ),
    (
        21656..=21656,
        "template_parameters",
        Refuse(NextStep::FixTemplate),
        "The template's values are not those that it wants.",
    ),
    (
        63027..=63028,
        "template_parameters",
        Refuse(NextStep::FixTemplate),
        "WhatsApp has no such template in this language, or it wants other values.",
    ),
    (
        63040..=63042,
        "template_unavailable",
        Refuse(NextStep::FixTemplate),
        "WhatsApp has rejected, paused or disabled this template.",
    ),
    (
        63032..=63032,
        "recipient_not_allowed",
        Refuse(NextStep::None),
        "WhatsApp does not deliver to this user.",
    ),
    (20404..=20404, "not_found", Refuse(NextStep::Reconnect), "Twilio does not know this resource."),
    (21220..=21220, "call_ended", Refuse(NextStep::None), "The call has ended."),
];

/// Twilio's error body.
#[derive(Deserialize)]
struct Answer {
    code: Option<i64>,
    #[serde(default)]
    message: String,
}

/// The refusal in an answer to a call.
pub(super) fn of(answer: &net::Response) -> SendError {
    let status = answer.status.as_u16();
    let after = answer.retry_after();
    match answer.json::<Answer>() {
        Ok(Answer { code: Some(code), message }) => classify(code, &message, status, after),
        _ => without_body(status, after),
    }
}

/// The reason in a status: Twilio gives a code, and seldom words.
pub(super) fn told(fields: &Fields) -> Refusal {
    let code: Option<i64> = fields.number("ErrorCode");
    let words = fields.any(&["ErrorMessage", "ChannelStatusMessage"]);
    let known = code.and_then(row);
    let (ours, step, sentence) = match known {
        Some((ours, verdict, sentence)) => (ours, verdict.next_step(), sentence),
        None => (
            "delivery_failed",
            NextStep::None,
            "The message was not delivered, and the carrier does not say why.",
        ),
    };
    let refusal = Refusal::new(ours, words.unwrap_or(sentence), step);
    match code {
        Some(code) => refusal.platform_code(code),
        None => refusal,
    }
}

fn classify(code: i64, message: &str, status: u16, after: Option<Duration>) -> SendError {
    let (ours, verdict, sentence) = row(code).unwrap_or_else(|| unknown_code(status));
    // Our sentence says what to do; Twilio's own says which value it did not like.
    let detail = match message.trim() {
        "" => sentence.to_owned(),
        words if sentence.is_empty() => words.to_owned(),
        words => format!("{sentence} Twilio says: {words}"),
    };
    let reason = Refusal::new(ours, detail, verdict.next_step()).platform_code(code);
    match verdict {
        Later(scope, seconds) => {
            SendError::Later { after: after.or(seconds.map(Duration::from_secs)), scope, reason }
        }
        Refuse(_) => SendError::Refused(reason),
        Broken => SendError::AccountBroken(reason),
    }
}

fn row(code: i64) -> Option<(&'static str, Verdict, &'static str)> {
    let (_, ours, verdict, sentence) = CODES.iter().find(|(codes, ..)| codes.contains(&code))?;
    Some((ours, *verdict, sentence))
}

fn unknown_code(status: u16) -> (&'static str, Verdict, &'static str) {
    match status {
        429 => ("rate_limited", Later(Scope::Account, None), ""),
        401 => ("token_rejected", Broken, ""),
        500.. => ("platform_unavailable", Later(Scope::Account, None), ""),
        _ => ("platform_refused", Refuse(NextStep::None), ""),
    }
}

/// An answer that is not Twilio's own form: something between us and Twilio spoke.
fn without_body(status: u16, after: Option<Duration>) -> SendError {
    let sentence = format!("Twilio answered with HTTP status {status}.");
    let later = |code: &str| SendError::Later {
        after,
        scope: Scope::Account,
        reason: Refusal::new(code, sentence.clone(), NextStep::Retry),
    };
    match status {
        // The gateway gave up waiting for a call that had gone through.
        408 | 502 | 504 => SendError::Unknown(sentence),
        429 => later("rate_limited"),
        401 | 403 => SendError::AccountBroken(Refusal::new("token_rejected", sentence, NextStep::Reconnect)),
        400..=499 => SendError::Refused(Refusal::new("platform_refused", sentence, NextStep::None)),
        500.. => later("platform_unavailable"),
        _ => SendError::Unknown(sentence),
    }
}

impl Verdict {
    fn next_step(self) -> NextStep {
        match self {
            Later(..) => NextStep::Retry,
            Refuse(step) => step,
            Broken => NextStep::Reconnect,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use net::{StatusCode, header::HeaderMap};

    use super::*;

    fn answer(status: u16, body: &str) -> SendError {
        of(&net::Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        })
    }

    fn coded(code: i64, status: u16) -> SendError {
        answer(status, &format!(r#"{{"code":{code},"message":"m","more_info":"x","status":{status}}}"#))
    }

    #[test]
    fn the_code_decides_not_the_status() {
        for code in [20429, 30001, 63018, 20500, 20503] {
            assert!(matches!(coded(code, 400), SendError::Later { .. }), "{code}");
        }
        for code in [21610, 21211, 21614, 21617, 21408, 21606, 63016, 30007, 21620, 30034] {
            assert!(matches!(coded(code, 500), SendError::Refused(_)), "{code}");
        }
        for code in [20003, 20005, 30002] {
            assert!(matches!(coded(code, 401), SendError::AccountBroken(_)), "{code}");
        }
    }

    #[test]
    fn unknown_codes_go_by_the_status() {
        assert!(matches!(coded(99_999, 503), SendError::Later { .. }));
        assert!(matches!(coded(99_999, 429), SendError::Later { .. }));
        assert!(matches!(coded(99_999, 400), SendError::Refused(_)));
        assert!(matches!(coded(99_999, 401), SendError::AccountBroken(_)));
        assert!(matches!(answer(503, "<html>"), SendError::Later { .. }));
        assert!(matches!(answer(504, ""), SendError::Unknown(_)));
        assert!(matches!(answer(401, ""), SendError::AccountBroken(_)));
        assert!(matches!(answer(404, "{}"), SendError::Refused(_)));
    }

    #[test]
    fn a_bare_code_still_has_a_sentence() {
        let refusal = told(&Fields::from([("ErrorCode", "30003")]));
        assert_eq!(refusal.detail, "The telephone is switched off or out of reach.");
        assert_eq!(refusal.platform_code.as_deref(), Some("30003"));
        let refusal = told(&Fields::from([("ErrorCode", "99999")]));
        assert_eq!(
            (refusal.code.as_str(), refusal.platform_code.as_deref()),
            ("delivery_failed", Some("99999"))
        );
        assert_eq!(told(&Fields::default()).platform_code, None);
    }
}
