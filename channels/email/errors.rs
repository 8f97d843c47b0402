//! What servers and providers answer, and what it means: one table for SMTP, one for HTTP.

use std::time::Duration;

use net::Response;

use crate::{Refusal, Scope, SendError, error::NextStep};

/// How far a letter had come when the server said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Greeting,
    LogIn,
    Sender,
    Recipient,
    /// The whole letter was handed over, or was about to be.
    Letter,
}

/// An answer of an SMTP server: 535, `5.7.8`, its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    pub text: String,
}

impl Reply {
    /// The enhanced code (RFC 3463) at the beginning of the words.
    fn enhanced(&self) -> &str {
        let first = self.text.split_whitespace().next().unwrap_or_default();
        let digits = first.chars().all(|c| c.is_ascii_digit() || c == '.') && first.matches('.').count() == 2;
        if digits { first } else { "" }
    }
}

/// The table for SMTP.
pub(super) fn smtp(stage: Stage, reply: &Reply) -> SendError {
    use NextStep::{FixContent, FixRecipient, Reconnect, Wait};
    let says = |code: &str, words: &str, next| {
        Refusal::new(code, format!("{words} The server said: {}", reply.text), next).platform_code(reply.code)
    };
    let later = |scope| SendError::Later {
        after: None,
        scope,
        reason: says("platform_unavailable", "The mail server asks to try again later.", Wait),
    };
    let refused = |code: &str, words: &str, next| SendError::Refused(says(code, words, next));
    match (stage, reply.code, reply.enhanced()) {
        (Stage::Greeting | Stage::LogIn, 400..=499, _) | (_, 421, _) => later(Scope::Account),
        (_, 400..=499, _) => later(Scope::Conversation),
        (Stage::LogIn, ..) | (_, 530 | 534 | 535 | 538, _) => SendError::AccountBroken(says(
            "token_rejected",
            "The mail server does not accept the user and password.",
            Reconnect,
        )),
        (Stage::Greeting, ..) => {
            SendError::AccountBroken(says("server_refused", "The mail server refuses us.", Reconnect))
        }
        (Stage::Sender, ..) => {
            refused("sender_refused", "The mail server does not let us send from this address.", Reconnect)
        }
        (_, _, "5.3.4" | "5.2.3") => {
            refused("message_too_large", "The letter is too large for the mail server.", FixContent)
        }
        (_, _, "5.2.2") => refused("mailbox_full", "The recipient's mailbox is full.", Wait),
        (_, _, code) if code.starts_with("5.7") => {
            refused("policy_refused", "The mail server refuses letters like this one.", FixContent)
        }
        (Stage::Recipient, ..) => refused(
            "recipient_unknown",
            "The mail server does not accept the recipient's address.",
            FixRecipient,
        ),
        (_, 552, _) => {
            refused("message_too_large", "The letter is too large for the mail server.", FixContent)
        }
        _ => refused("platform_refused", "The mail server refused the letter.", FixContent),
    }
}

/// The table for providers. `code` and `detail` are theirs.
pub(super) fn http(answer: &Response, code: Option<i64>, detail: &str) -> SendError {
    let status = answer.status.as_u16();
    let detail =
        if detail.is_empty() { format!("The provider answered {status}.") } else { detail.to_owned() };
    let says = |ours: &str, next| {
        Refusal::new(ours, detail.clone(), next).platform_code(code.unwrap_or_else(|| i64::from(status)))
    };
    match (status, code) {
        // Postmark: the address bounced before and is not tried again; a token, a server or a sender that is not in order.
        (422, Some(406)) => SendError::Refused(says("recipient_unknown", NextStep::FixRecipient)),
        (422, Some(300)) => SendError::Refused(says("invalid_message", NextStep::FixContent)),
        (_, Some(10 | 400 | 401 | 402 | 405 | 412 | 413)) if status != 429 => {
            SendError::AccountBroken(says("token_rejected", NextStep::Reconnect))
        }
        (401 | 403, _) => SendError::AccountBroken(says("token_rejected", NextStep::Reconnect)),
        (404, _) => SendError::AccountBroken(says("address_invalid", NextStep::Reconnect)),
        (413, _) => SendError::Refused(says("message_too_large", NextStep::FixContent)),
        (408 | 425 | 429 | 500..=599, _) => SendError::Later {
            after: answer.retry_after().map(|wait| wait.min(Duration::from_secs(24 * 3600))),
            scope: Scope::Account,
            reason: says("platform_unavailable", NextStep::Wait),
        },
        _ => SendError::Refused(says("platform_refused", NextStep::FixContent)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(error: &SendError) -> String {
        match error {
            SendError::Refused(why) => format!("refused {}", why.code),
            SendError::AccountBroken(why) => format!("broken {}", why.code),
            SendError::Later { scope, .. } => format!("later {scope:?}"),
            SendError::Unknown(_) => "unknown".to_owned(),
        }
    }

    #[test]
    fn smtp_answers_have_their_meanings() {
        for (stage, code, text, expected) in [
            (Stage::Recipient, 450, "4.2.0 greylisted", "later Conversation"),
            (Stage::Letter, 452, "4.3.1 disk full", "later Conversation"),
            (Stage::Recipient, 421, "closing", "later Account"),
            (Stage::LogIn, 454, "4.7.0 temporary", "later Account"),
            (Stage::LogIn, 535, "5.7.8 bad password", "broken token_rejected"),
            (Stage::Sender, 530, "5.7.0 log in first", "broken token_rejected"),
            (Stage::Sender, 553, "not yours", "refused sender_refused"),
            (Stage::Recipient, 550, "5.1.1 no such user", "refused recipient_unknown"),
            (Stage::Recipient, 552, "5.2.2 full", "refused mailbox_full"),
            (Stage::Letter, 552, "5.3.4 too big", "refused message_too_large"),
            (Stage::Letter, 554, "5.7.1 spam", "refused policy_refused"),
            (Stage::Letter, 554, "no", "refused platform_refused"),
        ] {
            let reply = Reply { code, text: text.to_owned() };
            assert_eq!(name(&smtp(stage, &reply)), expected, "{code} {text}");
        }
    }
}
