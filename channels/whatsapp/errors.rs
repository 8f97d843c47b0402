//! Meta's error codes, and what each means for the message and the account. Only the code decides: titles are
//! translated, sub-codes deprecated, and the HTTP status is often 400 whatever happened.

use std::time::Duration;

use serde::Deserialize;

use super::wire::Fault;
use crate::{
    error::{NextStep, Refusal, Scope, SendError},
    graph_api::{
        Codes,
        Verdict::{Broken, Refuse, Retry, Throttled},
        row, unknown, without_body, without_code,
    },
};

/// The product's own codes, our word for them, what follows; [`crate::graph_api`] has those of all.
const CODES: &Codes = &[
    (131000..=131000, "platform_unavailable", Retry),
    (131016..=131016, "platform_unavailable", Retry),
    (131057..=131057, "platform_unavailable", Retry),
    (135000..=135000, "platform_unavailable", Retry),
    (80007..=80007, "rate_limited", Throttled(Scope::Account, Some(60))),
    (130429..=130429, "rate_limited", Throttled(Scope::Account, None)),
    (131056..=131056, "rate_limited", Throttled(Scope::Conversation, None)),
    (133016..=133016, "rate_limited", Throttled(Scope::Account, Some(3600))),
    // Held back for hours: repeating makes it worse, so a person decides.
    (131048..=131048, "spam_limit", Refuse(NextStep::Wait)),
    (131049..=131049, "marketing_held_back", Refuse(NextStep::Wait)),
    (131064..=131064, "messaging_limit", Refuse(NextStep::Wait)),
    (131047..=131047, "window_closed", Refuse(NextStep::UseTemplate)),
    (131026..=131026, "recipient_unreachable", Refuse(NextStep::FixRecipient)),
    (131021..=131021, "recipient_is_sender", Refuse(NextStep::FixRecipient)),
    (131030..=131030, "recipient_not_allowed", Refuse(NextStep::FixRecipient)),
    (131050..=131050, "recipient_opted_out", Refuse(NextStep::None)),
    (130472..=130472, "recipient_in_experiment", Refuse(NextStep::None)),
    (131062..=131062, "recipient_needs_phone", Refuse(NextStep::FixRecipient)),
    (137000..=137000, "recipient_identity_changed", Refuse(NextStep::FixRecipient)),
    (33..=33, "number_deleted", Refuse(NextStep::Reconnect)),
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
        Err(_) => without_body("WhatsApp", status, answer.retry_after()),
    }
}

/// The reason in a `failed` status or beside a message.
pub(super) fn refusal(fault: &Fault) -> Refusal {
    let known = fault.code.and_then(|code| row(CODES, code));
    let (ours, verdict) = known.unwrap_or(("platform_refused", Refuse(NextStep::None)));
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
    let known = fault.code.and_then(|code| row(CODES, code));
    let (ours, verdict) = known.unwrap_or_else(|| unknown(fault.is_transient, status));
    let reason = reason(fault, ours, verdict.next_step());
    verdict.outcome(reason, retry_after)
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
