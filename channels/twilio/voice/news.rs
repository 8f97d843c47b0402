//! What the steps of a call tell the hub.

use serde_json::json;

use super::{
    answer::{is_refused, was_answered},
    context::Context,
    form,
    step::Step,
};
use crate::{
    abilities::MediaKind,
    call::{CallChange, CallState},
    event::{InboundMedia, What},
};

/// Seconds below which a message holds nothing but a breath.
const VOICEMAIL_LEAST: u32 = 2;

pub(super) fn news(step: Step, context: &Context<'_>) -> What {
    match step {
        Step::Call if is_refused(context) => ignored(context, "a browser called by itself, and was refused"),
        Step::Call => What::Call(Box::new(CallChange {
            state: Some(CallState::Ringing),
            contact: context.caller(),
            ..context.change()
        })),
        Step::Rung if was_answered(context) => duration(context, "DialCallDuration"),
        Step::Accepted => answered(context, context.fields.any(&["To", "Called"])),
        Step::Leg => leg(context),
        Step::Hold if context.request.query("again").is_none() => context.becomes(CallState::OnHold),
        Step::Customer => customer(context),
        Step::Dialled => dialled(context),
        Step::Agent => agent(context),
        Step::Ended => ended(context),
        Step::Recording => recording(context),
        Step::Voicemail => voicemail(context),
        Step::Transcript => transcript(context),
        Step::Rung
        | Step::Again
        | Step::Whisper
        | Step::Hold
        | Step::Transfer
        | Step::Recorded
        | Step::Confirm
        | Step::Connect => ignored(context, "a step on its way"),
    }
}

/// A browser took the call.
fn leg(context: &Context<'_>) -> What {
    match context.fields.text("CallStatus") {
        Some("in-progress") => answered(context, context.fields.any(&["To", "Called"])),
        other => ignored(context, other.unwrap_or("no status")),
    }
}

fn answered(context: &Context<'_>, by: Option<&str>) -> What {
    What::Call(Box::new(CallChange {
        state: Some(CallState::InProgress),
        answered_by: by.and_then(who),
        ..context.change()
    }))
}

/// A member's id, or a number; `None` for what rings in everybody's browser: whoever took it there tells the hub.
fn who(telephone: &str) -> Option<String> {
    match telephone.strip_prefix("client:") {
        Some(identity) => form::member(identity),
        None => Some(telephone.to_owned()),
    }
}

/// The customer's telephone, in a call that we began: its end is the call's.
fn customer(context: &Context<'_>) -> What {
    let state = match context.fields.text("CallStatus") {
        Some("ringing") => CallState::Ringing,
        Some("in-progress") => return answered(context, context.request.query("agent")),
        Some("completed") => CallState::Completed,
        Some(other) => match unanswered(other) {
            Some(state) => state,
            None => return ignored(context, other),
        },
        None => return ignored(context, "no status"),
    };
    What::Call(Box::new(CallChange {
        state: Some(state),
        duration_seconds: context.fields.number("CallDuration"),
        reason: reason(context),
        ..context.change()
    }))
}

fn unanswered(status: &str) -> Option<CallState> {
    Some(match status {
        "busy" => CallState::Busy,
        "no-answer" => CallState::NoAnswer,
        "failed" => CallState::Failed,
        "canceled" => CallState::Cancelled,
        _ => return None,
    })
}

/// A number that could not be dialled at all never had a telephone to tell of.
fn dialled(context: &Context<'_>) -> What {
    match context.fields.text("DialCallStatus").and_then(unanswered) {
        Some(state) => What::Call(Box::new(CallChange {
            state: Some(state),
            reason: reason(context),
            ..context.change()
        })),
        None => duration(context, "DialCallDuration"),
    }
}

/// The member who called did not answer, or hung up. A customer who is spoken to already, or waits, stays.
fn agent(context: &Context<'_>) -> What {
    let reason = match context.fields.text("CallStatus") {
        Some("completed") => "You hung up before the customer answered.",
        Some("busy") => "Your telephone was busy.",
        Some("no-answer" | "canceled") => "Your telephone was not answered.",
        Some("failed") => "Your telephone could not be reached.",
        other => return ignored(context, other.unwrap_or("no status")),
    };
    What::Call(Box::new(CallChange {
        state: Some(CallState::Cancelled),
        reason: Some(reason.into()),
        ..context.change()
    }))
}

/// An incoming call is over. Twilio calls it completed whoever answered, voicemail for instance: it counts as answered only if
/// somebody was told to have taken it.
fn ended(context: &Context<'_>) -> What {
    let state = match context.fields.text("CallStatus") {
        Some("completed" | "no-answer" | "canceled") => CallState::NoAnswer,
        Some("busy") => CallState::Busy,
        Some("failed") => CallState::Failed,
        other => return ignored(context, other.unwrap_or("no status")),
    };
    What::Call(Box::new(CallChange {
        state: Some(state),
        contact: context.caller(),
        reason: reason(context),
        ..context.change()
    }))
}

fn duration(context: &Context<'_>, field: &str) -> What {
    match context.fields.number(field) {
        Some(seconds) => {
            What::Call(Box::new(CallChange { duration_seconds: Some(seconds), ..context.change() }))
        }
        None => ignored(context, "no duration"),
    }
}

fn recording(context: &Context<'_>) -> What {
    match recorded(context) {
        Some(file) => What::Call(Box::new(CallChange { recording: Some(file), ..context.change() })),
        None => ignored(context, "nothing was recorded"),
    }
}

fn voicemail(context: &Context<'_>) -> What {
    let file = recorded(context);
    let length = file.as_ref().and_then(|file| file.duration_seconds);
    let Some(file) = file.filter(|_| length.is_none_or(|seconds| seconds >= VOICEMAIL_LEAST)) else {
        return ignored(context, "the caller left no message");
    };
    What::Call(Box::new(CallChange {
        state: Some(CallState::Voicemail),
        duration_seconds: length,
        recording: Some(file),
        ..context.change()
    }))
}

fn recorded(context: &Context<'_>) -> Option<InboundMedia> {
    let fields = &context.fields;
    fields.text("RecordingStatus").filter(|status| *status == "completed")?;
    let (url, sid) = (fields.text("RecordingUrl")?, fields.text("RecordingSid")?);
    Some(InboundMedia {
        kind: MediaKind::Audio,
        reference: json!({ "url": format!("{url}.mp3") }),
        mime: Some("audio/mpeg".into()),
        file_name: Some(format!("{sid}.mp3")),
        size: None,
        sha256: None,
        width: None,
        height: None,
        duration_seconds: fields.number("RecordingDuration"),
        unavailable: None,
    })
}

fn transcript(context: &Context<'_>) -> What {
    let done = context.fields.text("TranscriptionStatus") == Some("completed");
    match context.fields.text("TranscriptionText").filter(|_| done) {
        Some(text) => {
            What::Call(Box::new(CallChange { transcript: Some(text.to_owned()), ..context.change() }))
        }
        None => ignored(context, "nothing could be written down"),
    }
}

/// Why it failed, where Twilio says more than the status.
fn reason(context: &Context<'_>) -> Option<String> {
    let code = context.fields.text("ErrorCode").map(|code| format!("Twilio's code {code}"));
    code.or_else(|| {
        let sip = context.fields.text("SipResponseCode").filter(|code| !code.starts_with('2'))?;
        Some(format!("The telephone network answered {sip}"))
    })
}

fn ignored(context: &Context<'_>, why: &str) -> What {
    What::Ignored { reason: format!("call {}: {why}", context.call) }
}
