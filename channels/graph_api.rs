//! Meta's Graph API, as WhatsApp, Messenger and Instagram share it: what its codes mean whichever product answers, what an answer without
//! Meta's own body means, and what may be repeated. The products add the codes that only they have.

use std::{ops::RangeInclusive, time::Duration};

use net::{Request, Response};
use serde::de::DeserializeOwned;

use crate::error::{NextStep, Refusal, Scope, SendError};

/// Files travel slower than messages.
pub(crate) const FILE_TIME: Duration = Duration::from_secs(180);

/// What to do about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
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

/// Codes, our word for them, what follows.
pub(crate) type Codes = [(RangeInclusive<i64>, &'static str, Verdict)];

/// What every product answers.
const COMMON: &Codes = &[
    (1..=2, "platform_unavailable", Retry),
    (4..=4, "rate_limited", Throttled(Scope::Account, Some(60))),
    (368..=368, "policy_block", Refuse(NextStep::Wait)),
    (100..=100, "invalid_request", Refuse(NextStep::FixContent)),
    (2200..=2200, "callback_not_verified", Refuse(NextStep::Reconnect)),
    (0..=0, "token_rejected", Broken),
    (190..=190, "token_rejected", Broken),
    (3..=3, "permission_missing", Broken),
    (10..=10, "permission_missing", Broken),
    (200..=299, "permission_missing", Broken),
];

/// The first row that holds a code decides, a product's own before those of all.
pub(crate) fn row(own: &Codes, code: i64) -> Option<(&'static str, Verdict)> {
    let mut rows = own.iter().chain(COMMON);
    rows.find(|(codes, ..)| codes.contains(&code)).map(|(_, ours, verdict)| (*ours, *verdict))
}

/// A code that nobody has written down.
pub(crate) fn unknown(transient: bool, status: u16) -> (&'static str, Verdict) {
    match status {
        _ if transient => ("platform_unavailable", Retry),
        429 => ("rate_limited", Throttled(Scope::Account, None)),
        500.. => ("platform_unavailable", Retry),
        401 => ("token_rejected", Broken),
        _ => ("platform_refused", Refuse(NextStep::None)),
    }
}

impl Verdict {
    pub(crate) fn next_step(self) -> NextStep {
        match self {
            Retry | Throttled(..) => NextStep::Retry,
            Refuse(step) => step,
            Broken => NextStep::Reconnect,
        }
    }

    /// What becomes of the call. The platform's own word on when to come back goes before ours.
    pub(crate) fn outcome(self, reason: Refusal, retry_after: Option<Duration>) -> SendError {
        match self {
            Retry => SendError::Later { after: retry_after, scope: Scope::Account, reason },
            Throttled(scope, seconds) => {
                SendError::Later { after: retry_after.or(seconds.map(Duration::from_secs)), scope, reason }
            }
            Refuse(_) => SendError::Refused(reason),
            Broken => SendError::AccountBroken(reason),
        }
    }
}

/// An answer that is not Meta's own form: something between us and Meta spoke. `who` is what people call the platform.
pub(crate) fn without_body(who: &str, status: u16, after: Option<Duration>) -> SendError {
    let says =
        |code: &str, step| Refusal::new(code, format!("{who} answered with HTTP status {status}."), step);
    let later =
        |code: &str| SendError::Later { after, scope: Scope::Account, reason: says(code, NextStep::Retry) };
    match status {
        // The gateway gave up waiting for a call that had gone through.
        408 | 504 => SendError::Unknown(format!("{who} answered with HTTP status {status}.")),
        429 => later("rate_limited"),
        401 | 403 => SendError::AccountBroken(says("token_rejected", NextStep::Reconnect)),
        400..=499 => SendError::Refused(says("platform_refused", NextStep::None)),
        500.. => later("platform_unavailable"),
        _ => SendError::Unknown(format!("{who} answered with HTTP status {status}.")),
    }
}

/// Meta begins some messages with “(#131047) ”, which is told beside it.
pub(crate) fn without_code(text: &str) -> &str {
    let digits = text.strip_prefix("(#").and_then(|rest| rest.split_once(") "));
    digits.filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_digit())).map_or(text, |(_, rest)| rest)
}

/// One call; the answer's body, of success only. `refusal` reads any other answer.
pub(crate) async fn run<T: DeserializeOwned>(
    request: Request,
    repeatable: bool,
    net: &net::Client,
    who: &str,
    refusal: impl Fn(&Response) -> SendError,
) -> Result<T, SendError> {
    let result = match net.send(request).await {
        Ok(answer) if !answer.status.is_success() => Err(refusal(&answer)),
        Ok(answer) => {
            answer.json().map_err(|_| SendError::Unknown(format!("{who}'s answer could not be read.")))
        }
        Err(failure) => Err(SendError::from_failure(&failure)),
    };
    result.map_err(|error| if repeatable { again(error) } else { error })
}

/// Not knowing whether a repeatable call was carried out is no more than having to repeat it.
pub(crate) fn again(error: SendError) -> SendError {
    match error {
        SendError::Unknown(detail) => SendError::Later {
            after: None,
            scope: Scope::Account,
            reason: Refusal::new("platform_unavailable", detail, NextStep::Retry),
        },
        other => other,
    }
}
