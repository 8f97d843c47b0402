//! What a refusal by Slack means. One table: its codes on the left, our code, whom it concerns, what can be done, and a sentence for
//! people. <https://docs.slack.dev/reference/methods/chat.postMessage#errors>

use std::time::Duration;

use serde_json::Value;
use slack_morphism::errors::{SlackClientApiError, SlackClientError};

use crate::{
    SendError,
    error::{NextStep, Refusal, Scope},
};

/// Whom a refusal concerns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blame {
    Message,
    Account,
    /// Nobody: it may pass later.
    Moment,
    /// It may have been carried out.
    Nobody,
}

use Blame::{Account, Message, Moment, Nobody};
use NextStep::{FixContent, FixRecipient, None as Nothing, Reconnect, Wait};

pub(super) const GONE: &str = "message_not_found";
pub(super) const DONE: &str = "already_so";

type Row = (&'static str, &'static str, Blame, NextStep, &'static str);

const TABLE: &[Row] = &[
    // The token.
    ("invalid_auth", "token_rejected", Account, Reconnect, TOKEN),
    ("not_authed", "token_rejected", Account, Reconnect, TOKEN),
    ("token_revoked", "token_rejected", Account, Reconnect, TOKEN),
    ("token_expired", "token_rejected", Account, Reconnect, TOKEN),
    ("account_inactive", "token_rejected", Account, Reconnect, REMOVED),
    ("org_login_required", "token_rejected", Account, Reconnect, REMOVED),
    ("team_access_not_granted", "token_rejected", Account, Reconnect, REMOVED),
    ("team_not_found", "token_rejected", Account, Reconnect, REMOVED),
    ("access_denied", "token_rejected", Account, Reconnect, REMOVED),
    (
        "not_allowed_token_type",
        "token_rejected",
        Account,
        Reconnect,
        "This is another kind of token. The bot token begins with xoxb-, the app-level token with xapp-.",
    ),
    // Rights.
    (
        "missing_scope",
        "permission_missing",
        Message,
        Reconnect,
        "The app lacks a permission. Add it under OAuth & Permissions and install the app again.",
    ),
    ("no_permission", "permission_missing", Message, Reconnect, "The app may not do this in this workspace."),
    (
        "ekm_access_denied",
        "permission_missing",
        Message,
        FixRecipient,
        "The workspace's administrators have locked this conversation.",
    ),
    ("restricted_action", "permission_missing", Message, FixRecipient, RESTRICTED),
    ("restricted_action_read_only_channel", "permission_missing", Message, FixRecipient, RESTRICTED),
    ("restricted_action_thread_only_channel", "permission_missing", Message, FixRecipient, RESTRICTED),
    ("restricted_action_non_threadable_channel", "permission_missing", Message, FixRecipient, RESTRICTED),
    ("restricted_action_thread_locked", "permission_missing", Message, FixRecipient, RESTRICTED),
    ("cannot_reply_to_message", "permission_missing", Message, FixRecipient, RESTRICTED),
    ("cant_post_message", "permission_missing", Message, FixRecipient, RESTRICTED),
    ("user_is_restricted", "permission_missing", Message, FixRecipient, RESTRICTED),
    // The other side.
    (
        "channel_not_found",
        "chat_not_found",
        Message,
        FixRecipient,
        "There is no such conversation, or the app is not in it. Invite the app into the channel.",
    ),
    (
        "not_in_channel",
        "bot_removed",
        Message,
        FixRecipient,
        "The app is not in this channel. Invite it there.",
    ),
    ("is_archived", "recipient_gone", Message, FixRecipient, "The channel is archived."),
    ("user_not_found", "chat_not_found", Message, FixRecipient, "There is no such person in the workspace."),
    ("user_not_visible", "chat_not_found", Message, FixRecipient, "The app may not see this person."),
    ("users_not_found", "chat_not_found", Message, FixRecipient, "There is no such person in the workspace."),
    ("user_disabled", "recipient_gone", Message, FixRecipient, "This person's account is deactivated."),
    ("cannot_dm_bot", "recipient_is_bot", Message, FixRecipient, "Apps cannot write to each other."),
    (
        "messages_tab_disabled",
        "recipient_refuses",
        Message,
        Reconnect,
        "Direct messages to the app are off. Switch the Messages tab on under App Home.",
    ),
    ("not_reply_allowed", "recipient_refuses", Message, FixRecipient, "Nobody may answer here."),
    ("thread_not_found", "topic_not_found", Message, FixRecipient, "The thread is gone."),
    ("invalid_thread_ts", "topic_not_found", Message, FixRecipient, "The thread is gone."),
    // What it says.
    ("msg_too_long", "text_too_long", Message, FixContent, "The text is too long."),
    ("msg_blocks_too_long", "text_too_long", Message, FixContent, "The text with its buttons is too long."),
    ("no_text", "text_empty", Message, FixContent, "The message is empty."),
    ("invalid_blocks", "button_invalid", Message, FixContent, "Slack does not take these buttons."),
    ("invalid_blocks_format", "button_invalid", Message, FixContent, "Slack does not take these buttons."),
    ("too_many_attachments", "invalid_request", Message, FixContent, "There are too many attachments."),
    ("metadata_too_large", "invalid_request", Message, FixContent, "Slack did not understand the message."),
    (
        "invalid_metadata_format",
        "invalid_request",
        Message,
        FixContent,
        "Slack did not understand the message.",
    ),
    ("invalid_arguments", "invalid_request", Message, FixContent, "Slack did not understand the message."),
    (
        "duplicate_channel_not_found",
        "invalid_request",
        Message,
        FixContent,
        "Slack did not understand the message.",
    ),
    // Files.
    ("file_not_found", "media_unavailable", Message, Nothing, "Slack no longer has this file."),
    ("file_deleted", "media_unavailable", Message, Nothing, "The file was deleted."),
    ("access_to_file_denied", "media_unavailable", Message, Nothing, "The app may not see this file."),
    ("file_uploads_disabled", "media_rejected", Message, FixContent, "The workspace does not allow files."),
    (
        "file_uploads_except_images_disabled",
        "media_rejected",
        Message,
        FixContent,
        "The workspace allows pictures only.",
    ),
    (
        "blocked_file_type",
        "media_rejected",
        Message,
        FixContent,
        "The workspace does not allow this kind of file.",
    ),
    (
        "file_upload_size_restricted",
        "media_too_large",
        Message,
        FixContent,
        "The file is larger than the workspace allows.",
    ),
    (
        "storage_limit_reached",
        "media_rejected",
        Message,
        FixContent,
        "The workspace has no room for more files.",
    ),
    ("malware_detected", "media_rejected", Message, FixContent, "Slack takes the file for malicious."),
    ("invalid_upload", "media_rejected", Message, FixContent, "Slack did not get the file."),
    // What was sent before.
    ("message_not_found", GONE, Message, Nothing, "The message is gone."),
    ("no_item_specified", GONE, Message, Nothing, "The message is gone."),
    ("bad_timestamp", GONE, Message, Nothing, "This is no message of Slack's."),
    (
        "cant_update_message",
        "message_too_old",
        Message,
        Nothing,
        "Only the app's own messages can be changed.",
    ),
    (
        "edit_window_closed",
        "message_too_old",
        Message,
        Nothing,
        "The workspace no longer lets this message be changed.",
    ),
    (
        "cant_delete_message",
        "message_too_old",
        Message,
        Nothing,
        "Only the app's own messages can be deleted.",
    ),
    (
        "compliance_exports_prevent_deletion",
        "message_too_old",
        Message,
        Nothing,
        "The workspace keeps all messages.",
    ),
    ("already_reacted", DONE, Message, Nothing, "The reaction is there."),
    ("no_reaction", DONE, Message, Nothing, "There is no such reaction."),
    ("invalid_name", "reaction_invalid", Message, FixContent, "Slack has no such emoji."),
    ("too_many_emoji", "reaction_invalid", Message, FixContent, "The message has too many reactions."),
    ("too_many_reactions", "reaction_invalid", Message, FixContent, "The message has too many reactions."),
    // The moment.
    ("ratelimited", "rate_limited", Moment, Wait, "Slack asks for a pause."),
    ("rate_limited", "rate_limited", Moment, Wait, "Slack asks for a pause."),
    (
        "message_limit_exceeded",
        "rate_limited",
        Moment,
        Wait,
        "The workspace has reached its limit of messages.",
    ),
    ("service_unavailable", "platform_unavailable", Moment, Wait, "Slack is not available."),
    (
        "team_added_to_org",
        "platform_unavailable",
        Moment,
        Wait,
        "The workspace is being moved to an organization.",
    ),
    ("request_timeout", "platform_unavailable", Moment, Wait, "Slack did not get the whole request."),
    (
        "internal_error",
        "platform_unavailable",
        Nobody,
        Wait,
        "Slack failed, and does not say whether the message went out.",
    ),
    (
        "fatal_error",
        "platform_unavailable",
        Nobody,
        Wait,
        "Slack failed, and does not say whether the message went out.",
    ),
];

const TOKEN: &str =
    "Slack does not accept the token. Copy it again from OAuth & Permissions, or add the app to Slack again.";
const REMOVED: &str = "The app was removed from the workspace. Add it to Slack again.";
const RESTRICTED: &str = "The workspace's administrators do not allow the app to write here.";

/// What an error means for a call that must not be made twice.
pub(super) fn of(error: &SlackClientError) -> SendError {
    match error {
        SlackClientError::ApiError(error) => of_code(error),
        SlackClientError::RateLimitError(limit) => {
            later("rate_limited", "Slack asks for a pause.", limit.retry_after)
        }
        SlackClientError::SystemError(error) => {
            let cause = error.cause.as_ref().and_then(|cause| cause.downcast_ref::<net::Failure>());
            match cause {
                Some(failure) => SendError::from_failure(failure),
                None => SendError::Unknown(error.message.clone().unwrap_or_default()),
            }
        }
        SlackClientError::HttpError(error) => match error.status_code.as_u16() {
            503 => later("platform_unavailable", "Slack is not available.", None),
            413 => SendError::Refused(Refusal::new(
                "media_too_large",
                "Slack does not take so much.",
                FixContent,
            )),
            status => SendError::Unknown(format!("Slack answered {status}.")),
        },
        SlackClientError::ProtocolError(_) => SendError::Unknown("the answer was not Slack's".to_owned()),
        other => SendError::Unknown(other.to_string()),
    }
}

/// The same for a call that may be repeated without harm.
pub(super) fn repeatable(error: &SlackClientError) -> SendError {
    match of(error) {
        SendError::Unknown(why) => later("platform_unreachable", &why, None),
        other => other,
    }
}

fn of_code(error: &SlackClientApiError) -> SendError {
    let code = error.code.as_str();
    let row = TABLE.iter().find(|row| row.0 == code);
    let Some((_, ours, blame, next_step, words)) = row else {
        let detail = format!("Slack refused it: {code}.");
        return SendError::Refused(Refusal::new("invalid_request", detail, FixContent).platform_code(code));
    };
    let needed = error.http_response_body.as_deref().and_then(needed);
    let detail = match needed {
        Some(needed) => format!("{words} Missing: {needed}."),
        None => (*words).to_owned(),
    };
    let reason = Refusal::new(ours, detail, *next_step).platform_code(code);
    match blame {
        Message => SendError::Refused(reason),
        Account => SendError::AccountBroken(reason),
        Moment => SendError::Later { after: None, scope: Scope::Account, reason },
        Nobody => SendError::Unknown(reason.to_string()),
    }
}

/// The permission that `missing_scope` asks for.
fn needed(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    body.get("needed")?.as_str().map(str::to_owned)
}

/// Limits count per channel: others go on.
fn later(code: &str, detail: &str, after: Option<Duration>) -> SendError {
    let scope = if code == "rate_limited" { Scope::Conversation } else { Scope::Account };
    SendError::Later { after, scope, reason: Refusal::new(code, detail, Wait) }
}

pub(super) fn refused(code: &str, detail: impl Into<String>) -> SendError {
    SendError::Refused(Refusal::new(code, detail, FixContent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(code: &str, body: &str) -> SendError {
        let error = SlackClientApiError::new(code.to_owned()).with_http_response_body(body.to_owned());
        of(&SlackClientError::ApiError(error))
    }

    #[test]
    fn every_code_stands_once() {
        for (at, row) in TABLE.iter().enumerate() {
            assert!(TABLE[..at].iter().all(|other| other.0 != row.0), "{}", row.0);
            assert!(row.4.ends_with('.'), "{}", row.0);
        }
    }

    #[test]
    fn codes_find_their_class() {
        assert!(matches!(api("account_inactive", ""), SendError::AccountBroken(_)));
        assert!(matches!(api("internal_error", ""), SendError::Unknown(_)));
        assert!(matches!(api("service_unavailable", ""), SendError::Later { .. }));
        let SendError::Refused(refusal) = api("missing_scope", r#"{"needed":"files:write"}"#) else {
            panic!()
        };
        assert_eq!(refusal.code, "permission_missing");
        assert!(refusal.detail.ends_with("Missing: files:write."), "{}", refusal.detail);
        let SendError::Refused(refusal) = api("something_new", "") else { panic!() };
        assert_eq!(
            (refusal.code.as_str(), refusal.platform_code.as_deref()),
            ("invalid_request", Some("something_new"))
        );
    }
}
