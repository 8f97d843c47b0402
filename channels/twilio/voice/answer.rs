//! What Twilio is told to do at each step of a call. Computed from the account and the request alone.

use super::{
    super::{
        account,
        twiml::{Dial, Leg, Record, Response, Telephone, Verb},
    },
    context::{Context, telephone},
    form::Desk,
    step::Step,
};
use crate::call::CallDirection;

/// Seconds that a caller who waits hears music, or nothing, before everybody is tried again.
const WAIT: u32 = 15;
/// Seconds that somebody has to press a key.
const PRESS: u32 = 10;
const VOICEMAIL_SECONDS: u32 = 300;
/// Twilio writes down messages of two minutes at most.
const TRANSCRIBED_SECONDS: u32 = 120;

/// `None` where Twilio only tells.
pub(super) fn answer(step: Step, context: &Context<'_>) -> Option<Response> {
    let response = match step {
        Step::Call => call(context),
        Step::Rung => rung(context),
        Step::Again => ring(context, Response::new(), context.desk.telephones()),
        Step::Whisper => whisper(context),
        Step::Confirm => confirm(context),
        Step::Accepted => Some(Response::new()),
        Step::Hold => hold(context),
        Step::Transfer => transfer(context),
        Step::Connect => connect(context),
        Step::Recorded | Step::Dialled => Some(Response::new().then(Verb::Hangup)),
        Step::Leg
        | Step::Customer
        | Step::Agent
        | Step::Ended
        | Step::Recording
        | Step::Voicemail
        | Step::Transcript => return None,
    };
    // Only a replay has no addresses to go on with.
    Some(response.unwrap_or_else(|| Response::new().then(Verb::Hangup)))
}

/// Whether somebody spoke with the caller. A call that a key press was waited for in vain was not bridged.
pub(super) fn was_answered(context: &Context<'_>) -> bool {
    let status = context.fields.text("DialCallStatus").unwrap_or_default();
    matches!(status, "completed" | "answered") && context.fields.text("DialBridged") != Some("false")
}

/// Browsers call by our API only: what a browser asks for by itself is not believed.
pub(super) fn is_refused(context: &Context<'_>) -> bool {
    context.fields.text("From").is_some_and(|from| from.starts_with("client:"))
}

fn call(context: &Context<'_>) -> Option<Response> {
    if is_refused(context) {
        return Some(Response::new().then(Verb::Reject));
    }
    let desk = &context.desk;
    // Hours that nobody can read close no shop; the integration's check tells of them.
    let open = desk.hours().map_or(true, |hours| hours.are_open(context.request.received_at()));
    if !open {
        return voicemail(context, Response::new().say(desk.closed_message(), desk.language()));
    }
    let greeted = Response::new().say(desk.greeting(), desk.language());
    ring(context, greeted, desk.telephones())
}

fn ring(context: &Context<'_>, before: Response, telephones: Vec<Telephone>) -> Option<Response> {
    if telephones.is_empty() {
        return voicemail(context, before);
    }
    let since = context.request.query("since").unwrap_or_default();
    let query: &[(&str, &str)] = if since.is_empty() { &[] } else { &[("since", since)] };
    let legs = telephones.into_iter().map(|to| leg(context, to)).collect::<Option<_>>()?;
    Some(before.then(Verb::Dial(Dial {
        action: context.link(Step::Rung, query)?,
        caller_id: None,
        timeout_seconds: context.desk.ring_seconds(),
        recording: recording(context),
        legs,
    })))
}

fn leg(context: &Context<'_>, to: Telephone) -> Option<Leg> {
    Some(match to {
        Telephone::Client(_) => {
            let (status, call) = (context.link(Step::Leg, &[])?, context.call.clone());
            Leg { to, whisper: None, status: Some(status), events: "answered", call: Some(call) }
        }
        Telephone::Number(_) => {
            let whisper = context.link(Step::Whisper, &[])?;
            Leg { to, whisper: Some(whisper), status: None, events: "", call: None }
        }
    })
}

fn recording(context: &Context<'_>) -> Option<url::Url> {
    context.desk.records().then(|| context.link(Step::Recording, &[]))?
}

fn rung(context: &Context<'_>) -> Option<Response> {
    if was_answered(context) {
        return Some(Response::new().then(Verb::Hangup));
    }
    if context.direction == CallDirection::Outbound {
        return Some(Response::new().then(Verb::Hangup));
    }
    let now = context.request.received_at().timestamp();
    let since = context.request.query("since").and_then(|text| text.parse().ok()).unwrap_or(now);
    let waited = now.saturating_sub(since);
    if waited >= i64::from(context.desk.wait_seconds()) {
        return voicemail(context, Response::new());
    }
    let again = context.link(Step::Again, &[("since", &since.to_string())])?;
    let first = context.request.query("since").is_none();
    let message = if first { context.desk.hold_message() } else { "" };
    let response = Response::new().say(message, context.desk.language());
    Some(music(&context.desk, response, false).then(Verb::Redirect { url: again }))
}

fn music(desk: &Desk<'_>, before: Response, repeated: bool) -> Response {
    match desk.hold_music() {
        Some(url) => before.then(Verb::Play { url, repeated }),
        None => before.then(Verb::Pause { seconds: WAIT }),
    }
}

fn voicemail(context: &Context<'_>, before: Response) -> Option<Response> {
    let desk = &context.desk;
    let Some(message) = desk.voicemail() else { return Some(before.then(Verb::Hangup)) };
    let transcript = match desk.transcribes() {
        true => Some(context.link(Step::Transcript, &[])?),
        false => None,
    };
    let record = Record {
        action: context.link(Step::Recorded, &[])?,
        status: context.link(Step::Voicemail, &[])?,
        max_seconds: if transcript.is_some() { TRANSCRIBED_SECONDS } else { VOICEMAIL_SECONDS },
        transcript,
    };
    Some(before.say(message, desk.language()).then(Verb::Record(record)).then(Verb::Hangup))
}

/// Whoever answers a forwarded call must be a person.
fn whisper(context: &Context<'_>) -> Option<Response> {
    let gather = Verb::Gather {
        text: context.desk.whisper().to_owned(),
        language: context.desk.language().to_owned(),
        action: context.link(Step::Accepted, &[])?,
        timeout_seconds: PRESS,
    };
    Some(Response::new().then(gather).then(Verb::Hangup))
}

/// The same for a member whom we called on a telephone.
fn confirm(context: &Context<'_>) -> Option<Response> {
    let to = context.request.query("to").unwrap_or_default();
    let agent = context.request.query("agent").unwrap_or_default();
    let gather = Verb::Gather {
        text: "You asked to call a customer. Press any key to be put through.".into(),
        language: "en-US".into(),
        action: context.link(Step::Connect, &[("to", to), ("agent", agent)])?,
        timeout_seconds: PRESS,
    };
    Some(Response::new().then(gather).then(Verb::Hangup))
}

/// The member is there: now the customer.
fn connect(context: &Context<'_>) -> Option<Response> {
    let to = context.request.query("to").unwrap_or_default();
    let agent = context.request.query("agent").unwrap_or_default();
    let leg = Leg {
        to: telephone(to),
        whisper: None,
        status: Some(context.link(Step::Customer, &[("agent", agent)])?),
        events: "ringing answered completed",
        call: None,
    };
    Some(Response::new().then(Verb::Dial(Dial {
        action: context.link(Step::Dialled, &[])?,
        caller_id: Some(account::key(context.account)),
        timeout_seconds: 60,
        recording: recording(context),
        legs: vec![leg],
    })))
}

fn hold(context: &Context<'_>) -> Option<Response> {
    let again = context.link(Step::Hold, &[("again", "1")])?;
    let first = context.request.query("again").is_none();
    let message = if first { context.desk.hold_message() } else { "" };
    let response = Response::new().say(message, context.desk.language());
    Some(music(&context.desk, response, true).then(Verb::Redirect { url: again }))
}

/// To somebody, or to everybody who rings for callers.
fn transfer(context: &Context<'_>) -> Option<Response> {
    let telephones = match context.request.query("to") {
        Some(to) => vec![telephone(to)],
        None => context.desk.telephones(),
    };
    ring(context, Response::new(), telephones)
}
