//! What clients may say.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::ids::ConversationId;

/// A client's frame.
#[derive(Debug)]
pub enum Command {
    Authenticate(Credentials),
    JoinConversation(ConversationId),
    LeaveConversation(ConversationId),
    TypingStart(ConversationId),
    TypingStop(ConversationId),
    MarkAsRead(Mark),
    Ping,
    /// An answer to our ping; the fact that it came is enough.
    Pong,
}

#[derive(Deserialize)]
pub struct Credentials {
    pub token: String,
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Mark {
    pub conversation_id: ConversationId,
    pub seq: i64,
}

/// Why a frame could not be taken: a stable code, and words for a developer.
#[derive(Debug, PartialEq, Eq)]
pub struct Misunderstood {
    pub code: &'static str,
    pub detail: String,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
struct Named {
    conversation_id: ConversationId,
}

impl Command {
    pub fn read(text: &str) -> Result<Self, Misunderstood> {
        let wire: Wire = serde_json::from_str(text).map_err(|_| Misunderstood {
            code: "invalid_frame",
            detail: "A frame is a JSON object with a type and data.".into(),
        })?;
        let conversation = |wire: Wire| fields::<Named>(wire).map(|named| named.conversation_id);
        match wire.kind.as_str() {
            "authenticate" => fields(wire).map(Self::Authenticate),
            "join_conversation" => conversation(wire).map(Self::JoinConversation),
            "leave_conversation" => conversation(wire).map(Self::LeaveConversation),
            "typing_start" => conversation(wire).map(Self::TypingStart),
            "typing_stop" => conversation(wire).map(Self::TypingStop),
            "mark_as_read" => fields(wire).map(Self::MarkAsRead),
            "ping" => Ok(Self::Ping),
            "pong" => Ok(Self::Pong),
            kind => {
                let shown: String = kind.chars().take(40).collect();
                Err(Misunderstood { code: "unknown_type", detail: format!("There is no frame `{shown}`.") })
            }
        }
    }
}

fn fields<T: DeserializeOwned>(wire: Wire) -> Result<T, Misunderstood> {
    // The fault names fields and kinds of values; the values themselves may be secrets.
    serde_json::from_value(wire.data).map_err(|_| Misunderstood {
        code: "invalid_data",
        detail: format!("The data of `{}` lacks a field, or one has the wrong kind.", wire.kind),
    })
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read() {
        let id = ConversationId::new();
        let text = format!(r#"{{"type":"mark_as_read","data":{{"conversation_id":"{id}","seq":7}}}}"#);
        assert!(
            matches!(Command::read(&text), Ok(Command::MarkAsRead(mark)) if mark.conversation_id == id && mark.seq == 7)
        );
        assert!(matches!(Command::read(r#"{"type":"ping"}"#), Ok(Command::Ping)));
        assert!(matches!(Command::read(r#"{"type":"pong","data":{}}"#), Ok(Command::Pong)));
    }

    #[test]
    fn garbage_is_named() {
        let code = |text: &str| Command::read(text).unwrap_err().code;
        for text in ["", "[]", "null", "{", "\"x\"", r#"{"type":1}"#, r#"{"data":{}}"#] {
            assert_eq!(code(text), "invalid_frame", "{text}");
        }
        assert_eq!(code(r#"{"type":"shout"}"#), "unknown_type");
        for text in [
            r#"{"type":"join_conversation"}"#,
            r#"{"type":"join_conversation","data":{"conversation_id":"x"}}"#,
            r#"{"type":"mark_as_read","data":{"conversation_id":"0190a7c2-0000-7000-8000-000000000000","seq":"1"}}"#,
            r#"{"type":"authenticate","data":{"token":5}}"#,
        ] {
            assert_eq!(code(text), "invalid_data", "{text}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let command = Command::read(r#"{"type":"authenticate","data":{"token":"s3cret"}}"#).unwrap();
        assert!(!format!("{command:?}").contains("s3cret"));
    }
}
