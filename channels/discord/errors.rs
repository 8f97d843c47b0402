//! Discord's error codes, in one table. <https://docs.discord.com/developers/topics/opcodes-and-status-codes>

use std::time::Duration;

use net::Response;
use serde_json::Value;

use super::{buckets, wire};
use crate::{
    Refusal, Scope, SendError,
    error::NextStep::{self, FixContent, FixRecipient, None as Nothing, Reconnect, Wait},
};

/// What a code asks for.
enum Class {
    Message,
    /// After so many seconds.
    Conversation(u64),
    Account,
}
use Class::{Account, Conversation, Message};

const NO_INTERACTION: &str = "interaction_expired";
pub(super) const GONE: &str = "message_not_found";
pub(super) const CHANNEL_GONE: &str = "channel_gone";

/// Discord's code, ours, what to do, whom it concerns, in plain words.
const TABLE: &[(u64, &str, NextStep, Class, &str)] = &[
    (10003, CHANNEL_GONE, FixRecipient, Message, "The channel does not exist any more."),
    (10004, CHANNEL_GONE, FixRecipient, Message, "The bot is not on that server any more."),
    (10008, GONE, Nothing, Message, "The message does not exist any more."),
    (10013, "recipient_gone", FixRecipient, Message, "There is no such user."),
    (10014, "emoji_unknown", FixContent, Message, "Discord does not know this emoji."),
    (10015, CHANNEL_GONE, FixRecipient, Message, "The webhook does not exist any more."),
    (10062, NO_INTERACTION, Nothing, Message, "Nobody waits for this confirmation any more."),
    (20009, "content_rejected", FixContent, Message, "Explicit content cannot be sent to this recipient."),
    (20016, "rate_limited", Wait, Conversation(10), "The channel is in slow mode."),
    (20028, "rate_limited", Wait, Conversation(10), "This channel takes no more messages for a moment."),
    (20029, "rate_limited", Wait, Conversation(10), "This server takes no more messages for a moment."),
    (
        30010,
        "reaction_limit",
        Nothing,
        Message,
        "The message has as many kinds of reactions as Discord allows.",
    ),
    (30046, "edited_too_often", Wait, Message, "An old message cannot be edited so often."),
    (40001, "token_rejected", Reconnect, Account, "Discord does not accept the bot's token."),
    (40003, "rate_limited", Wait, Conversation(60), "Too many direct messages were begun in a short time."),
    (40005, "media_too_large", FixContent, Message, "The file is larger than Discord takes here."),
    (40058, "channel_needs_thread", FixRecipient, Message, "In a forum every message belongs to a thread."),
    (40060, NO_INTERACTION, Nothing, Message, "It was confirmed already."),
    (40062, "rate_limited", Wait, Conversation(10), "Discord limits this for a moment."),
    (40333, "platform_unreachable", Wait, Conversation(60), "Discord's network refuses the hub's requests."),
    (
        50001,
        "permission_missing",
        FixRecipient,
        Message,
        "The bot may not see this channel. Give its role View Channel there.",
    ),
    (50005, "not_ours", Nothing, Message, "Only a message's author can edit it."),
    (50006, "content_empty", FixContent, Message, "Discord does not take an empty message."),
    (
        50007,
        "recipient_refuses",
        FixRecipient,
        Message,
        "This user takes no messages from the bot: they blocked it, closed their direct messages, or share no server with it.",
    ),
    (50008, "channel_needs_thread", FixRecipient, Message, "Nobody can write in this kind of channel."),
    (
        50013,
        "permission_missing",
        FixRecipient,
        Message,
        "The bot may not do that here. Give its role Send Messages, Send Messages in Threads, Read Message History, Attach Files and \
         Add Reactions in this channel.",
    ),
    (50014, "token_rejected", Reconnect, Account, "Discord does not accept the bot's token."),
    (50024, "type_not_supported", FixContent, Message, "Discord cannot do that in this kind of channel."),
    (50035, "content_rejected", FixContent, Message, "Discord does not take the message as it is."),
    (50045, "media_too_large", FixContent, Message, "The file is larger than Discord takes here."),
    (50083, "thread_archived", FixRecipient, Message, "The thread is archived. Open it again in Discord."),
    (50278, "recipient_refuses", FixRecipient, Message, "This user shares no server with the bot."),
    (90001, "reaction_refused", Nothing, Message, "This user has blocked the bot."),
    (160_005, "thread_locked", FixRecipient, Message, "The thread is locked. A moderator can open it again."),
    (200_000, "content_rejected", FixContent, Message, "The server's AutoMod blocked the message."),
    (200_001, "content_rejected", FixContent, Message, "The server's AutoMod blocked the title."),
    (240_000, "content_rejected", FixContent, Message, "Discord takes a link in the message for harmful."),
];

/// Why the answer, which is none of 2xx, says no.
pub(super) fn of(answer: &Response) -> SendError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let status = answer.status.as_u16();
    if status == 429 {
        let (after, everything) = limited(answer, &body);
        return later(after, everything);
    }
    let code = wire::number(&body, "code").unwrap_or_default();
    if let Some(error) = TABLE.iter().find(|row| row.0 == code).map(|row| known(row, &body)) {
        return error;
    }
    let words = said(&body).unwrap_or_else(|| format!("Discord answered {status}."));
    let refusal =
        |code: &str, next| Refusal::new(code, words.clone(), next).platform_code(shown(&body, status));
    match status {
        401 => SendError::AccountBroken(refusal("token_rejected", Reconnect)),
        403 => SendError::Refused(refusal("permission_missing", FixRecipient)),
        404 => SendError::Refused(refusal(CHANNEL_GONE, FixRecipient)),
        408 | 500..=599 => SendError::Later {
            after: None,
            scope: Scope::Account,
            reason: refusal("platform_unavailable", Wait),
        },
        _ => SendError::Refused(refusal("platform_refused", FixContent)),
    }
}

fn known((code, ours, next, class, words): &(u64, &str, NextStep, Class, &str), body: &Value) -> SendError {
    let detail = match said(body).filter(|_| *ours == "content_rejected") {
        Some(said) => format!("{words} ({said})"),
        None => (*words).to_owned(),
    };
    let refusal = Refusal::new(ours, detail, *next).platform_code(code);
    match class {
        Message => SendError::Refused(refusal),
        Account => SendError::AccountBroken(refusal),
        Conversation(seconds) => {
            let after = wire::field(body, "retry_after").as_f64().and_then(buckets::seconds);
            let after = Some(after.unwrap_or(Duration::from_secs(*seconds)));
            SendError::Later { after, scope: Scope::Conversation, reason: refusal }
        }
    }
}

/// A 429's wait, and whether it holds for all routes. The body is the more exact; Cloudflare sends only the header.
pub(super) fn limited(answer: &Response, body: &Value) -> (Duration, bool) {
    let after = wire::field(body, "retry_after").as_f64().and_then(buckets::seconds);
    let after = after.or_else(|| answer.retry_after()).unwrap_or(Duration::from_secs(5));
    let scope = answer.headers.get("x-ratelimit-scope").and_then(|scope| scope.to_str().ok());
    let everything = wire::flag(body, "global") || scope == Some("global") || body.is_null();
    (after, everything)
}

pub(super) fn later(after: Duration, everything: bool) -> SendError {
    let scope = if everything { Scope::Account } else { Scope::Conversation };
    let words = "Discord takes no more for a moment.";
    SendError::Later { after: Some(after), scope, reason: Refusal::new("rate_limited", words, Wait) }
}

fn shown(body: &Value, status: u16) -> String {
    let code = wire::number(body, "code").filter(|code| *code > 0);
    code.map_or_else(|| status.to_string(), |code| code.to_string())
}

/// Discord's words, with the first that it says of a single field.
fn said(body: &Value) -> Option<String> {
    let message: String = wire::filled(body, "message")?.chars().take(300).collect();
    Some(match first(wire::field(body, "errors"), 0) {
        Some(detail) => format!("{message}: {detail}"),
        None => message,
    })
}

fn first(errors: &Value, depth: usize) -> Option<String> {
    let fields = errors.as_object().filter(|_| depth < 8)?;
    let here = fields.get("_errors").and_then(Value::as_array).and_then(|all| all.first());
    let here = here.and_then(|one| wire::filled(one, "message"));
    here.map(|words| words.chars().take(300).collect())
        .or_else(|| fields.values().find_map(|inner| first(inner, depth + 1)))
}

/// Of calls that may be repeated without harm.
pub(super) fn repeatable(error: SendError) -> SendError {
    match error {
        SendError::Unknown(detail) => SendError::Later {
            after: None,
            scope: Scope::Conversation,
            reason: Refusal::new("platform_unreachable", detail, Wait),
        },
        other => other,
    }
}

/// Too late, or done already: nobody waits any more.
pub(super) fn is_confirmed(error: &SendError) -> bool {
    matches!(error, SendError::Refused(refusal) if refusal.code == NO_INTERACTION)
}

pub(super) fn refused(code: &str, detail: impl Into<String>) -> SendError {
    let next = if code == GONE { NextStep::None } else { NextStep::FixContent };
    SendError::Refused(Refusal::new(code, detail, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_code_once_and_in_order() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
