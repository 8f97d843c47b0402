//! Meta's error codes for conversations, and what each means for the message and the account. Code and sub-code decide: the HTTP status
//! is often 400 whatever happened, and the words are translated.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::wire;
use crate::{
    error::{NextStep, Refusal, Scope, SendError},
    graph_api::{
        Codes,
        Verdict::{self, Broken, Refuse, Retry, Throttled},
        row, unknown, without_body, without_code,
    },
};

/// Sub-codes, which say more than their codes. The same one comes with several codes.
const SUBCODES: &[(i64, &str, Verdict)] = &[
    (2018278, "window_closed", Refuse(NextStep::Wait)),
    (2018065, "window_closed", Refuse(NextStep::Wait)),
    (2534022, "window_closed", Refuse(NextStep::Wait)),
    (1545041, "recipient_unreachable", Refuse(NextStep::FixRecipient)),
    (2018108, "recipient_unreachable", Refuse(NextStep::FixRecipient)),
    (2018001, "recipient_unknown", Refuse(NextStep::FixRecipient)),
    (2018047, "media_rejected", Refuse(NextStep::FixContent)),
    (2018109, "media_too_large", Refuse(NextStep::FixContent)),
    (2018007, "media_rejected", Refuse(NextStep::FixContent)),
    (2018008, "media_rejected", Refuse(NextStep::FixContent)),
    (2018352, "rate_limited", Throttled(Scope::Conversation, None)),
];

/// The product's own codes, our word for them, what follows; [`crate::graph_api`] has those of all.
const CODES: &Codes = &[
    (1200..=1200, "platform_unavailable", Retry),
    (17..=17, "rate_limited", Throttled(Scope::Account, Some(60))),
    (32..=32, "rate_limited", Throttled(Scope::Account, Some(60))),
    (613..=613, "rate_limited", Throttled(Scope::Account, None)),
    (80002..=80002, "rate_limited", Throttled(Scope::Account, Some(60))),
    (80006..=80006, "rate_limited", Throttled(Scope::Account, Some(60))),
    (551..=551, "recipient_unreachable", Refuse(NextStep::FixRecipient)),
    (10903..=10903, "recipient_unreachable", Refuse(NextStep::None)),
    (102..=102, "token_rejected", Broken),
    (463..=467, "token_rejected", Broken),
];

#[derive(Deserialize)]
struct Answer {
    error: Value,
}

/// The refusal in an answer to a call.
pub(super) fn of(answer: &net::Response) -> SendError {
    let status = answer.status.as_u16();
    match answer.json::<Answer>() {
        Ok(Answer { error }) if error.is_object() => classify(&error, status, answer.retry_after()),
        _ => without_body("Meta", status, answer.retry_after()),
    }
}

fn classify(error: &Value, status: u16, retry_after: Option<Duration>) -> SendError {
    let number = |key| wire::number(error, &[key]).map(|number| number as i64);
    let (code, subcode) = (number("code"), number("error_subcode"));
    let known = subcode.and_then(of_subcode).or_else(|| code.and_then(|code| row(CODES, code)));
    let (ours, verdict) = known.unwrap_or_else(|| unknown(wire::flag(error, &["is_transient"]), status));
    let mut reason = Refusal::new(ours, words(error, code), verdict.next_step());
    reason.platform_code = code.map(|code| match subcode {
        Some(subcode) => format!("{code}/{subcode}"),
        None => code.to_string(),
    });
    verdict.outcome(reason, retry_after)
}

fn of_subcode(subcode: i64) -> Option<(&'static str, Verdict)> {
    SUBCODES.iter().find(|(known, ..)| *known == subcode).map(|(_, ours, verdict)| (*ours, *verdict))
}

/// Meta's words; for people rather than for developers where it has both.
fn words(error: &Value, code: Option<i64>) -> String {
    let said = wire::text(error, &["error_user_msg"]).or_else(|| wire::text(error, &["message"]));
    match (said, code) {
        (Some(text), _) => without_code(&text).to_owned(),
        (None, Some(code)) => format!("Meta gave no reason (code {code})."),
        (None, None) => "Meta gave no reason.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use net::{StatusCode, header::HeaderMap};
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str) -> SendError {
        let status = StatusCode::from_u16(status).unwrap();
        of(&net::Response {
            status,
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        })
    }

    fn coded(code: i64, subcode: Option<i64>, status: u16) -> SendError {
        let error = json!({ "message": "m", "code": code, "error_subcode": subcode, "fbtrace_id": "t" });
        answer(status, &json!({ "error": error }).to_string())
    }

    #[test]
    fn the_sub_code_decides_before_the_code() {
        for (code, subcode, ours) in [
            (10, 2018278, "window_closed"),
            (10, 2534022, "window_closed"),
            (551, 1545041, "recipient_unreachable"),
            (200, 1545041, "recipient_unreachable"),
            (100, 2018001, "recipient_unknown"),
            (100, 2018109, "media_too_large"),
            (100, 33, "invalid_request"),
        ] {
            let SendError::Refused(reason) = coded(code, Some(subcode), 400) else {
                panic!("{code}/{subcode}")
            };
            assert_eq!(reason.code, ours, "{code}/{subcode}");
            assert_eq!(reason.platform_code, Some(format!("{code}/{subcode}")));
        }
    }

    #[test]
    fn the_code_decides_not_the_status() {
        for code in [1, 2, 4, 17, 32, 613, 1200] {
            assert!(matches!(coded(code, None, 400), SendError::Later { .. }), "{code}");
        }
        for code in [100, 368, 551, 10903] {
            assert!(matches!(coded(code, None, 500), SendError::Refused(_)), "{code}");
        }
        for code in [0, 3, 10, 102, 190, 200, 230, 463] {
            assert!(matches!(coded(code, None, 400), SendError::AccountBroken(_)), "{code}");
        }
        assert!(matches!(coded(9, Some(2018352), 400), SendError::Later { scope: Scope::Conversation, .. }));
    }

    #[test]
    fn unknown_codes_go_by_what_else_is_known() {
        assert!(matches!(coded(999_999, None, 503), SendError::Later { .. }));
        assert!(matches!(coded(999_999, None, 400), SendError::Refused(_)));
        assert!(matches!(answer(502, "<html>"), SendError::Later { .. }));
        assert!(matches!(answer(504, ""), SendError::Unknown(_)));
        assert!(matches!(answer(401, r#"{"error":"no"}"#), SendError::AccountBroken(_)));
    }
}
