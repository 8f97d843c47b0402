//! A reply is where the visitor looks as soon as it is stored, so that there is nothing to call.

use crate::{OutboundMessage, Receipt, Refusal, SendError, error::NextStep, message::Content};

pub(super) fn send(message: &OutboundMessage) -> Result<Receipt, SendError> {
    match &message.content {
        Content::Text { .. } | Content::Media { .. } | Content::Buttons { .. } | Content::Location { .. } => {
            Ok(Receipt { external_ids: vec![message.id.to_string()], ..Receipt::default() })
        }
        Content::Edit { .. } | Content::Delete { .. } | Content::Read { .. } | Content::Typing { .. } => {
            Ok(Receipt::default())
        }
        Content::Reaction { .. } | Content::Template(_) | Content::Call { .. } => {
            let detail = "The chat window has no such kind of message.";
            Err(SendError::Refused(Refusal::new("not_supported", detail, NextStep::FixContent)))
        }
    }
}
