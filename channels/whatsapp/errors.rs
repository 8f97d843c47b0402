//! Meta's error codes, and what each means for the message and the account. Only the code decides: titles are
//! translated, sub-codes deprecated, and the HTTP status is often 400 whatever happened.

use std::{ops::RangeInclusive, time::Duration};

use serde::Deserialize;

use super::wire::Fault;
use crate::error::{NextStep, Refusal, Scope, SendError};

/// What to do about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Passes by itself.
    Retry,
    /// The rate was exceeded: wait this many seconds, or as the job's own backoff says.
    Throttled(Scope, Option<u64>),
    /// Will not succeed as it is.
    Refuse(NextStep),
    /// The account cannot send any more.
    Broken,
}

use Verdict::{Broken, Refuse, Retry, Throttled};

/// Codes, our word for them, what follows. The first row that holds a code decides.
const CODES: &[(RangeInclusive<i64>, &str, Verdict)] = &[
    (1..=2, "platform_unavailable", Retry),
    (131000..=131000, "platform_unavailable", Retry),
    (131016..=131016, "platform_unavailable", Retry),
    (131057..=131057, "platform_unavailable", Retry),
    (135000..=135000, "platform_unavailable", Retry),
    (4..=4, "rate_limited", Throttled(Scope::Account, Some(60))),
    (80007..=80007, "rate_limited", Throttled(Scope::Account, Some(60))),
    (130429..=130429, "rate_limited", Throttled(Scope::Account, None)),
    (131056..=131056, "rate_limited", Throttled(Scope::Conversation, None)),
    (133016..=133016, "rate_limited", Throttled(Scope::Account, Some(3600))),
    // Held back for hours: repeating makes it worse, so a person decides.
    (131048..=131048, "spam_limit", Refuse(NextStep::Wait)),
    (131049..=131049, "marketing_held_back", Refuse(NextStep::Wait)),
    (131064..=131064, "messaging_limit", Refuse(NextStep::Wait)),
    (368..=368, "policy_block", Refuse(NextStep::Wait)),
    (131047..=131047, "window_closed", Refuse(NextStep::UseTemplate)),
    (131026..=131026, "recipient_unreachable", Refuse(NextStep::FixRecipient)),
    (131021..=131021, "recipient_is_sender", Refuse(NextStep::FixRecipient)),
    (131030..=131030, "recipient_not_allowed", Refuse(NextStep::FixRecipient)),
    (131050..=131050, "recipient_opted_out", Refuse(NextStep::None)),
    (130472..=130472, "recipient_in_experiment", Refuse(NextStep::None)),
    (131062..=131062, "recipient_needs_phone", Refuse(NextStep::FixRecipient)),
    (137000..=137000, "recipient_identity_changed", Refuse(NextStep::FixRecipient)),
    (33..=33, "number_deleted", Refuse(NextStep::Reconnect)),
    (100..=100, "invalid_request", Refuse(NextStep::FixContent)),
    (131008..=131009, "invalid_request", Refuse(NextStep::FixContent)),
    (131051..=131051, "type_not_supported", Refuse(NextStep::FixContent)),
    (131052..=131052, "media_unavailable", Refuse(NextStep::None)),
    (131053..=131053, "media_rejected", Refuse(NextStep::FixContent)),
    (132000..=132000, "template_parameters", Refuse(NextStep::FixTemplate)),
    (132001..=132001, "template_missing", Refuse(NextStep::FixTemplate)),
    (132005..=132005, "template_too_long", Refuse(NextStep::FixTemplate)),
    (132007..=132007, "template_policy", Refuse(NextStep::FixTemplate)),
    (132008..=132008, "template_parameters", Refuse(NextStep::FixTemplate)),
    (132012..=132012, "template_parameters", Refuse(NextStep::FixTemplate)),
    (132015..=132015, "template_paused", Refuse(NextStep::FixTemplate)),
    (132016..=132016, "template_disabled", Refuse(NextStep::FixTemplate)),
    (132018..=132018, "template_parameters", Refuse(NextStep::FixTemplate)),
    (132068..=132069, "template_flow", Refuse(NextStep::FixTemplate)),
    (2200..=2200, "callback_not_verified", Refuse(NextStep::Reconnect)),
    (0..=0, "token_rejected", Broken),
    (190..=190, "token_rejected", Broken),
    (3..=3, "permission_missing", Broken),
    (10..=10, "permission_missing", Broken),
    (200..=299, "permission_missing", Broken),
    (131005..=131005, "permission_missing", Broken),
    (131031..=131031, "account_locked", Broken),
    (131042..=131042, "payment_problem", Broken),
    (131044..=131044, "payment_problem", Broken),
    (131045..=131045, "number_not_registered", Broken),
    (131037..=131037, "display_name_missing", Broken),
    (131063..=131063, "marketing_disabled", Broken),
    (130497..=130497, "country_restricted", Broken),
];

#[derive(Deserialize)]
struct Answer {
    error: Fault,
}

/// The refusal in an answer to a call.
pub(super) fn of(answer: &net::Response) -> SendError {
    let status = answer.status.as_u16();
    match answer.json::<Answer>() {
        Ok(Answer { error }) => classify(&error, status, answer.retry_after()),
        Err(_) => without_body(status, answer.retry_after()),
    }
}

/// The reason in a `failed` status or beside a message.
pub(super) fn refusal(fault: &Fault) -> Refusal {
    let (ours, verdict) = fault.code.and_then(row).unwrap_or(("platform_refused", Refuse(NextStep::None)));
    reason(fault, ours, verdict.next_step())
}

/// Why Meta could not give us what a customer sent: nothing that an agent could do about it.
pub(super) fn withheld(fault: &Fault) -> Refusal {
    Refusal { next_step: NextStep::None, ..refusal(fault) }
}

/// The platform's own words, the most telling first.
pub(super) fn words(fault: &Fault) -> String {
    let known = [&fault.error_data.details, &fault.message, &fault.title].into_iter().flatten().next();
    known.map(|text| without_code(text).to_owned()).unwrap_or_else(|| match fault.code {
        Some(code) => format!("WhatsApp gave no reason (code {code})."),
        None => "WhatsApp gave no reason.".to_owned(),
    })
}

fn classify(fault: &Fault, status: u16, retry_after: Option<Duration>) -> SendError {
    let known = fault.code.and_then(row);
    let (ours, verdict) = known.unwrap_or_else(|| unknown_code(fault, status));
    let reason = reason(fault, ours, verdict.next_step());
    match verdict {
        Retry => SendError::Later { after: retry_after, scope: Scope::Account, reason },
        Throttled(scope, seconds) => {
            SendError::Later { after: retry_after.or(seconds.map(Duration::from_secs)), scope, reason }
        }
        Refuse(_) => SendError::Refused(reason),
        Broken => SendError::AccountBroken(reason),
    }
}

fn row(code: i64) -> Option<(&'static str, Verdict)> {
    let (_, ours, verdict) = CODES.iter().find(|(codes, ..)| codes.contains(&code))?;
    Some((ours, *verdict))
}

fn unknown_code(fault: &Fault, status: u16) -> (&'static str, Verdict) {
    match status {
        _ if fault.is_transient => ("platform_unavailable", Retry),
        429 => ("rate_limited", Throttled(Scope::Account, None)),
        500.. => ("platform_unavailable", Retry),
        401 => ("token_rejected", Broken),
        _ => ("platform_refused", Refuse(NextStep::None)),
    }
}

/// An answer that is not Meta's own form: something between us and Meta spoke.
fn without_body(status: u16, after: Option<Duration>) -> SendError {
    let says =
        |code: &str, step| Refusal::new(code, format!("WhatsApp answered with HTTP status {status}."), step);
    let later =
        |code: &str| SendError::Later { after, scope: Scope::Account, reason: says(code, NextStep::Retry) };
    match status {
        // The gateway gave up waiting for a call that had gone through.
        408 | 504 => SendError::Unknown(format!("WhatsApp answered with HTTP status {status}.")),
        429 => later("rate_limited"),
        401 | 403 => SendError::AccountBroken(says("token_rejected", NextStep::Reconnect)),
        400..=499 => SendError::Refused(says("platform_refused", NextStep::None)),
        500.. => later("platform_unavailable"),
        _ => SendError::Unknown(format!("WhatsApp answered with HTTP status {status}.")),
    }
}

fn reason(fault: &Fault, ours: &str, step: NextStep) -> Refusal {
    let refusal = Refusal::new(ours, sentence(fault), step);
    match fault.code {
        Some(code) => refusal.platform_code(code),
        None => refusal,
    }
}

/// Title and details, where they differ: “Re-engagement message: More than 24 hours have passed…”.
fn sentence(fault: &Fault) -> String {
    let words = words(fault);
    let title = fault.title.as_ref().or(fault.message.as_ref()).map(|title| without_code(title));
    let bare = |text: &str| text.trim().trim_end_matches('.').to_lowercase();
    match title {
        Some(title) if bare(title) != bare(&words) => {
            format!("{}: {words}", title.trim().trim_end_matches('.'))
        }
        _ => words,
    }
}

/// Meta begins some messages with “(#131047) ”, which is told beside it.
fn without_code(text: &str) -> &str {
    let digits = text.strip_prefix("(#").and_then(|rest| rest.split_once(") "));
    digits.filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_digit())).map_or(text, |(_, rest)| rest)
}

impl Verdict {
    fn next_step(self) -> NextStep {
        match self {
            Retry | Throttled(..) => NextStep::Retry,
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
        let status = StatusCode::from_u16(status).unwrap();
        of(&net::Response {
            status,
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        })
    }

    fn coded(code: i64, status: u16) -> SendError {
        answer(status, &format!(r#"{{"error":{{"message":"m","code":{code},"fbtrace_id":"t"}}}}"#))
    }

    #[test]
    fn the_code_decides_not_the_status() {
        for code in [1, 2, 131000, 131016, 131057, 135000, 4, 80007, 130429, 131056, 133016] {
            assert!(matches!(coded(code, 400), SendError::Later { .. }), "{code}");
        }
        for code in [131048, 131049, 131064, 368, 131047, 131026, 131050, 100, 131009, 131053, 132001, 132016]
        {
            assert!(matches!(coded(code, 500), SendError::Refused(_)), "{code}");
        }
        for code in [0, 190, 3, 10, 200, 250, 299, 131005, 131031, 131042, 131045, 130497] {
            assert!(matches!(coded(code, 400), SendError::AccountBroken(_)), "{code}");
        }
    }

    #[test]
    fn unknown_codes_go_by_what_else_is_known() {
        assert!(matches!(coded(999_999, 503), SendError::Later { .. }));
        assert!(matches!(coded(999_999, 429), SendError::Later { .. }));
        assert!(matches!(coded(999_999, 400), SendError::Refused(_)));
        let transient = r#"{"error":{"message":"m","code":999999,"is_transient":true}}"#;
        assert!(matches!(answer(400, transient), SendError::Later { .. }));
        assert!(matches!(answer(502, "<html>"), SendError::Later { .. }));
        assert!(matches!(answer(504, ""), SendError::Unknown(_)));
        assert!(matches!(answer(401, ""), SendError::AccountBroken(_)));
    }

    #[test]
    fn pair_rate_holds_up_only_its_conversation() {
        assert!(matches!(coded(131056, 400), SendError::Later { scope: Scope::Conversation, .. }));
        assert!(matches!(coded(130429, 429), SendError::Later { scope: Scope::Account, .. }));
    }

    #[test]
    fn an_error_without_words_still_has_a_sentence() {
        let SendError::Refused(refusal) = answer(400, r#"{"error":{"message":"","code":131009}}"#) else {
            panic!("refused")
        };
        assert_eq!(refusal.detail, "WhatsApp gave no reason (code 131009).");
    }
}
