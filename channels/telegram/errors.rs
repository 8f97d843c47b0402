//! What a refusal by Telegram means. One table: its own words on the left (errors have no other stable name), our
//! code, and what can be done. <https://core.telegram.org/bots/api#making-requests>

use std::time::Duration;

use super::wire::{Answer, Parameters};
use crate::{
    SendError,
    error::{NextStep, Refusal, Scope},
};

/// Why a call did not do what it should.
#[derive(Debug)]
pub(super) enum Failed {
    /// The group has a new id; nothing was sent.
    Moved(i64),
    Error(SendError),
}

/// Whom a refusal concerns.
#[derive(Clone, Copy)]
enum Blame {
    Message,
    Account,
}

use Blame::{Account, Message};
use NextStep::{FixContent, FixRecipient, None as Nothing, Reconnect, Retry};

/// Matched without case, the first row that occurs in the description counts.
const TABLE: [(&str, &str, NextStep, Blame); 76] = [
    // The other side.
    ("bot was blocked by the user", "recipient_blocked", FixRecipient, Message),
    ("user_is_blocked", "recipient_blocked", FixRecipient, Message),
    ("user is deactivated", "recipient_gone", FixRecipient, Message),
    ("input_user_deactivated", "recipient_gone", FixRecipient, Message),
    ("can't initiate conversation", "recipient_not_started", FixRecipient, Message),
    ("can't send messages to bots", "recipient_is_bot", FixRecipient, Message),
    ("can't send messages to the user", "recipient_not_started", FixRecipient, Message),
    ("bot was kicked", "bot_removed", FixRecipient, Message),
    ("bot is not a member", "bot_removed", FixRecipient, Message),
    ("group chat was deleted", "recipient_gone", FixRecipient, Message),
    ("group is deactivated", "recipient_gone", FixRecipient, Message),
    ("chat not found", "chat_not_found", FixRecipient, Message),
    ("user not found", "chat_not_found", FixRecipient, Message),
    ("peer_id_invalid", "chat_not_found", FixRecipient, Message),
    ("message thread not found", "topic_not_found", FixRecipient, Message),
    ("topic_deleted", "topic_not_found", FixRecipient, Message),
    ("topic_closed", "topic_closed", FixRecipient, Message),
    ("voice_messages_forbidden", "recipient_refuses_voice", FixContent, Message),
    ("business_connection_invalid", "business_disconnected", FixRecipient, Message),
    ("business connection not found", "business_disconnected", FixRecipient, Message),
    ("business_peer", "window_closed", FixRecipient, Message),
    // Rights in a chat.
    ("not enough rights", "permission_missing", FixRecipient, Message),
    ("have no rights", "permission_missing", FixRecipient, Message),
    ("need administrator rights", "permission_missing", FixRecipient, Message),
    ("chat_write_forbidden", "permission_missing", FixRecipient, Message),
    ("chat_restricted", "permission_missing", FixRecipient, Message),
    ("chat_send_", "permission_missing", FixRecipient, Message),
    ("chat_admin_required", "permission_missing", FixRecipient, Message),
    // The message that is meant.
    ("message is not modified", NOT_MODIFIED, Nothing, Message),
    ("message_not_modified", NOT_MODIFIED, Nothing, Message),
    ("message to delete not found", "message_not_found", Nothing, Message),
    ("message to edit not found", "message_not_found", Nothing, Message),
    ("message to react not found", "message_not_found", Nothing, Message),
    ("message to be replied not found", "message_not_found", Nothing, Message),
    ("message to reply not found", "message_not_found", Nothing, Message),
    ("message_id_invalid", "message_not_found", Nothing, Message),
    ("message can't be edited", "message_too_old", Nothing, Message),
    ("message can't be deleted", "message_too_old", Nothing, Message),
    ("query is too old", QUERY_EXPIRED, Nothing, Message),
    ("query_id_invalid", QUERY_EXPIRED, Nothing, Message),
    ("reaction_invalid", "reaction_invalid", FixContent, Message),
    ("reaction_empty", "reaction_invalid", FixContent, Message),
    ("reactions_too_many", "reaction_invalid", FixContent, Message),
    // What it says.
    ("message is too long", "text_too_long", FixContent, Message),
    ("message_too_long", "text_too_long", FixContent, Message),
    ("caption is too long", "caption_too_long", FixContent, Message),
    ("caption_too_long", "caption_too_long", FixContent, Message),
    ("text is empty", "text_empty", FixContent, Message),
    ("text must be non-empty", "text_empty", FixContent, Message),
    ("can't parse entities", "markup_invalid", FixContent, Message),
    ("entity_", "markup_invalid", FixContent, Message),
    ("button_", "button_invalid", FixContent, Message),
    ("keyboard button", "button_invalid", FixContent, Message),
    ("reply markup is too long", "button_invalid", FixContent, Message),
    // Its files.
    ("file is too big", TOO_LARGE, FixContent, Message),
    ("entity too large", TOO_LARGE, FixContent, Message),
    ("too big for a photo", TOO_LARGE, FixContent, Message),
    ("failed to get http url content", "link_unreachable", FixContent, Message),
    ("wrong type of the web page content", "link_unreachable", FixContent, Message),
    ("wrong http url", "link_unreachable", FixContent, Message),
    ("webpage_", "link_unreachable", FixContent, Message),
    ("file is temporarily unavailable", "media_unavailable", Retry, Message),
    ("wrong file", "media_rejected", FixContent, Message),
    ("wrong remote file", "media_rejected", FixContent, Message),
    ("invalid file", "media_rejected", FixContent, Message),
    ("file must be non-empty", "media_rejected", FixContent, Message),
    ("file_reference_", "media_rejected", FixContent, Message),
    ("image_process_failed", "media_rejected", FixContent, Message),
    ("photo_", "media_rejected", FixContent, Message),
    ("video_", "media_rejected", FixContent, Message),
    ("sticker_", "media_rejected", FixContent, Message),
    // The hub's own standing.
    ("bad webhook", "webhook_refused", Reconnect, Account),
    ("terminated by other getupdates", "webhook_conflict", Reconnect, Account),
    ("webhook is active", "webhook_conflict", Reconnect, Account),
    ("invalid bot token", "token_rejected", Reconnect, Account),
    ("unauthorized", "token_rejected", Reconnect, Account),
];

pub(super) const NOT_MODIFIED: &str = "not_modified";
pub(super) const QUERY_EXPIRED: &str = "query_expired";
pub(super) const TOO_LARGE: &str = "media_too_large";

/// Telegram's error codes by the words that descriptions begin with; the crate drops the numbers.
const CODES: [(&str, u16); 10] = [
    ("Bad Request", 400),
    ("Unauthorized", 401),
    ("Forbidden", 403),
    ("Not Found", 404),
    ("Conflict", 409),
    ("Request Entity Too Large", 413),
    ("Too Many Requests", 429),
    ("Internal Server Error", 500),
    ("Bad Gateway", 502),
    ("Gateway Timeout", 504),
];

impl Failed {
    pub(super) fn refused(code: &str, detail: impl Into<String>) -> Self {
        Self::Error(SendError::Refused(Refusal::new(code, detail, FixContent)))
    }

    /// `chat` tells a private chat from a group, whose limits are its own.
    pub(super) fn of_answer(answer: &Answer, chat: Option<i64>) -> Self {
        of(answer.description.text(), answer.parameters.unwrap_or_default(), chat)
    }

    /// The error where a moved chat cannot be followed.
    pub(super) fn into_error(self) -> SendError {
        match self {
            Self::Error(error) => error,
            Self::Moved(to) => {
                let detail = format!("the group has moved to {to}");
                SendError::Refused(Refusal::new("chat_moved", detail, FixRecipient))
            }
        }
    }
}

impl From<net::Failure> for Failed {
    fn from(failure: net::Failure) -> Self {
        Self::Error(SendError::from_failure(&failure))
    }
}

impl From<SendError> for Failed {
    fn from(error: SendError) -> Self {
        Self::Error(error)
    }
}

/// An answer that is not Telegram's JSON: a proxy in between spoke, after the call may have gone through.
pub(super) fn of_page(body: &str) -> Failed {
    if body.contains("413") && body.to_ascii_lowercase().contains("too large") {
        return Failed::refused(TOO_LARGE, "Request Entity Too Large");
    }
    Failed::Error(SendError::Unknown("the answer was not Telegram's".to_owned()))
}

fn of(description: &str, parameters: Parameters, chat: Option<i64>) -> Failed {
    if let Some(to) = parameters.migrate_to_chat_id {
        return Failed::Moved(to);
    }
    if let Some(seconds) = parameters.retry_after {
        return Failed::Error(wait_for(seconds, chat));
    }
    let code = CODES.iter().find(|(words, _)| description.starts_with(words)).map(|(_, code)| *code);
    let lower = description.to_ascii_lowercase();
    let known = TABLE.iter().find(|(words, ..)| lower.contains(words));
    let reason = |name: &str, next_step| {
        let refusal = Refusal::new(name, description, next_step);
        code.map_or_else(|| refusal.clone(), |code| refusal.clone().platform_code(code))
    };
    let error = match (known, code) {
        (Some((_, name, next_step, Message)), _) => SendError::Refused(reason(name, *next_step)),
        (Some((_, name, next_step, Account)), _) => SendError::AccountBroken(reason(name, *next_step)),
        // Nothing but a malformed token or an unknown method is "not found" as a whole.
        (None, Some(404)) => SendError::AccountBroken(reason("token_rejected", Reconnect)),
        (None, Some(429)) => wait_for(30, chat),
        (None, Some(500..)) => SendError::Unknown(description.to_owned()),
        (None, Some(403)) => SendError::Refused(reason("recipient_refuses", FixRecipient)),
        _ => SendError::Refused(reason("invalid_request", FixContent)),
    };
    Failed::Error(error)
}

/// Groups have a limit of their own; a private chat that must wait usually means that the whole bot must.
fn wait_for(seconds: u64, chat: Option<i64>) -> SendError {
    let scope = if chat.is_some_and(|chat| chat < 0) { Scope::Conversation } else { Scope::Account };
    let detail = format!("Too Many Requests: retry after {seconds}");
    let reason = Refusal::new("rate_limited", detail, NextStep::Wait).platform_code(429);
    SendError::Later { after: Some(Duration::from_secs(seconds)), scope, reason }
}

fn unreachable_later(why: &str) -> SendError {
    let reason = Refusal::new("platform_unreachable", why, NextStep::Wait);
    SendError::Later { after: None, scope: Scope::Account, reason }
}

/// An unknown outcome of a call that may be repeated without harm.
pub(super) fn repeatable(error: SendError) -> SendError {
    match error {
        SendError::Unknown(why) => unreachable_later(&why),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(description: &str) -> SendError {
        of(description, Parameters::default(), Some(5)).into_error()
    }

    #[test]
    fn descriptions_find_their_class() {
        let cases = [
            ("Forbidden: bot was blocked by the user", "recipient_blocked", Some("403")),
            ("Forbidden: bot was kicked from the supergroup chat", "bot_removed", Some("403")),
            ("Bad Request: chat not found", "chat_not_found", Some("400")),
            (
                "Bad Request: not enough rights to send text messages to the chat",
                "permission_missing",
                Some("400"),
            ),
            ("Bad Request: BUTTON_DATA_INVALID", "button_invalid", Some("400")),
            ("Bad Request: something new", "invalid_request", Some("400")),
            ("Forbidden: something new", "recipient_refuses", Some("403")),
        ];
        for (description, code, platform_code) in cases {
            let SendError::Refused(refusal) = error(description) else { panic!("{description}") };
            assert_eq!((refusal.code.as_str(), refusal.platform_code.as_deref()), (code, platform_code));
            assert_eq!(refusal.detail, description);
        }
        for description in ["Unauthorized", "Not Found", "Invalid bot token"] {
            assert!(matches!(error(description), SendError::AccountBroken(_)), "{description}");
        }
        for description in ["Internal Server Error: restart", "Bad Gateway", "Gateway Timeout"] {
            assert!(matches!(error(description), SendError::Unknown(_)), "{description}");
        }
    }

    #[test]
    fn waits_and_moves_come_before_words() {
        let parameters = |json| serde_json::from_str(json).unwrap();
        let moved = of("Bad Request: chat not found", parameters(r#"{"migrate_to_chat_id":-1001}"#), None);
        assert!(matches!(moved, Failed::Moved(-1001)));
        let wait =
            |chat| of("Too Many Requests", parameters(r#"{"retry_after":7}"#), Some(chat)).into_error();
        let SendError::Later { after, scope, .. } = wait(-5) else { panic!() };
        assert_eq!((after, scope), (Some(Duration::from_secs(7)), Scope::Conversation));
        assert!(matches!(wait(5), SendError::Later { scope: Scope::Account, .. }));
    }

    #[test]
    fn a_page_of_a_proxy_says_too_large_or_nothing() {
        let page = |text| of_page(text).into_error();
        let SendError::Refused(refusal) = page("<html>413 Request Entity Too Large</html>") else { panic!() };
        assert_eq!(refusal.code, "media_too_large");
        assert!(matches!(page("<html>502 Bad Gateway</html>"), SendError::Unknown(_)));
    }
}
