//! A callback into events. Events come as JSON, pressed buttons and commands as forms, and all of them in envelopes over Socket Mode.
//! Everything is read tolerantly: Slack adds to its forms without notice, and one odd field must not cost a message.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use url::form_urlencoded;
use webhooks::{Envelope, Verified};

use super::{account, actions, events};
use crate::{
    Account, Incoming, ReadError, body,
    event::{InboundEvent, Notice, Severity, What},
};

/// Where a callback says which workspaces it is for.
const TEAMS: [&[&str]; 3] = [&["team_id"], &["context_team_id"], &["authorizations", "*", "team_id"]];
const FORM_TEAMS: [&[&str]; 2] = [&["team", "id"], &["user", "team_id"]];
const APP: [&str; 1] = ["api_app_id"];

/// What reading needs beside the event.
pub(super) struct Context<'a> {
    pub(super) account: &'a Account,
    /// The users that the app is, in the workspaces concerned.
    pub(super) bots: Vec<String>,
    pub(super) received_at: DateTime<Utc>,
}

/// Account keys that the callback names.
pub(super) fn route(envelope: &Envelope<'_>) -> Vec<String> {
    let mut apps = envelope.json_names(&APP);
    apps.extend(envelope.form_name(APP[0]));
    apps.extend(envelope.form_json_names("payload", &APP));
    let mut teams: Vec<String> = TEAMS.iter().flat_map(|path| envelope.json_names(path)).collect();
    teams.extend(envelope.form_name("team_id"));
    teams.extend(FORM_TEAMS.iter().flat_map(|path| envelope.form_json_names("payload", path)));
    let mut keys: Vec<String> = Vec::new();
    for team in &teams {
        keys.extend(apps.iter().map(|app| account::key_of(team, app)));
    }
    let mut seen = std::collections::HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys
}

pub(super) fn read(account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
    let context = |bots| Context { account, bots, received_at: request.received_at() };
    if is_form(request) {
        let fields = form(request.body());
        return match fields.get("payload").and_then(Value::as_str) {
            Some(payload) => Ok(interaction(&context(Vec::new()), &body::json(payload.as_bytes())?)),
            None => Ok(command(&context(Vec::new()), &Value::Object(fields))),
        };
    }
    let value = body::json(request.body())?;
    if !value.is_object() {
        return Err(ReadError("the body is no object".to_owned()));
    }
    if request.method() != Verified::LIVE {
        return Ok(event(&context(bots(&value)), &value));
    }
    Ok(frame(account, &value, request.received_at()))
}

/// What came over Socket Mode: the same, in another envelope.
pub(super) fn frame(account: &Account, frame: &Value, received_at: DateTime<Utc>) -> Incoming {
    let payload = frame.get("payload").unwrap_or(&Value::Null);
    let context = |bots| Context { account, bots, received_at };
    match text(frame, "type") {
        Some("events_api") => event(&context(bots(payload)), payload),
        Some("interactive") => interaction(&context(Vec::new()), payload),
        Some("slash_commands") => command(&context(Vec::new()), payload),
        kind => Incoming::events(vec![unknown(kind.unwrap_or("a frame without a type")).into()]),
    }
}

/// Whoever has a `response_url` may write into the conversation for half an hour; the verification token is what old apps believed.
const SECRETS: [&str; 3] = ["token", "response_url", "response_urls"];

/// The body without them; `None` if it holds none.
pub(super) fn without_secrets(request: &Verified) -> Option<Bytes> {
    if is_form(request) {
        let mut fields = form(request.body());
        let payload = fields.get("payload").and_then(Value::as_str);
        let payload = payload.and_then(|payload| body::json(payload.as_bytes()).ok());
        let mut found = stripped(&mut fields);
        if let Some(Value::Object(mut payload)) = payload
            && stripped(&mut payload)
        {
            fields.insert("payload".to_owned(), Value::from(Value::Object(payload).to_string()));
            found = true;
        }
        let pairs = fields.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        return found
            .then(|| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into());
    }
    let mut value = body::json(request.body()).ok()?;
    let outer = value.as_object_mut()?;
    let inside = outer.get_mut("payload").and_then(Value::as_object_mut).is_some_and(stripped);
    (stripped(outer) || inside).then(|| value.to_string().into())
}

fn stripped(fields: &mut Map<String, Value>) -> bool {
    SECRETS.iter().filter(|name| fields.remove(**name).is_some()).count() > 0
}

fn is_form(request: &Verified) -> bool {
    let kind = request.header("content-type").and_then(|kind| std::str::from_utf8(kind).ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"))
}

fn form(body: &[u8]) -> Map<String, Value> {
    form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), Value::from(value.replace('\0', ""))))
        .collect()
}

fn event(context: &Context<'_>, envelope: &Value) -> Incoming {
    match text(envelope, "type") {
        Some("url_verification") => Incoming::answer(
            "text/plain; charset=utf-8",
            text(envelope, "challenge").unwrap_or_default().to_owned(),
        ),
        Some("event_callback") => {
            let account = account_of(context, &envelope_accounts(envelope));
            let inner = envelope.get("event").unwrap_or(&Value::Null);
            Incoming::events(said_by(account, events::read(context, inner)))
        }
        Some("app_rate_limited") => {
            let account = account_of(context, &envelope_accounts(envelope));
            let text = "Slack holds back events of this workspace: more than 30,000 came within an hour.";
            Incoming::events(said_by(account, vec![notice("app_rate_limited", Severity::Warning, text)]))
        }
        kind => Incoming::events(vec![unknown(kind.unwrap_or("nothing")).into()]),
    }
}

fn interaction(context: &Context<'_>, payload: &Value) -> Incoming {
    let teams = FORM_TEAMS.iter().filter_map(|path| text(payload.get(path[0])?, path[1]));
    let account = account_of(context, &keys(payload, teams));
    Incoming::events(said_by(account, actions::interaction(context, payload)))
}

fn command(context: &Context<'_>, fields: &Value) -> Incoming {
    let account = account_of(context, &keys(fields, text(fields, "team_id").into_iter()));
    let (what, answer) = actions::command(context, fields);
    Incoming { events: said_by(account, vec![what]), answer }
}

fn envelope_accounts(envelope: &Value) -> Vec<String> {
    let authorizations = envelope.get("authorizations").and_then(Value::as_array).into_iter().flatten();
    let direct = TEAMS[..2].iter().filter_map(|path| text(envelope, path[0]));
    keys(envelope, direct.chain(authorizations.filter_map(|one| text(one, "team_id"))))
}

fn keys<'a>(body: &Value, teams: impl Iterator<Item = &'a str>) -> Vec<String> {
    let Some(app) = text(body, APP[0]) else { return Vec::new() };
    teams.map(|team| account::key_of(team, app)).collect()
}

/// The account that reads, if the callback is for it; otherwise whoever it is for.
fn account_of(context: &Context<'_>, named: &[String]) -> Option<String> {
    let own = account::key(context.account);
    if named.contains(&own) { Some(own) } else { named.first().cloned() }
}

fn said_by(account: Option<String>, events: Vec<What>) -> Vec<InboundEvent> {
    events.into_iter().map(|what| InboundEvent { account: account.clone(), what }).collect()
}

fn bots(envelope: &Value) -> Vec<String> {
    let authorizations = envelope.get("authorizations").and_then(Value::as_array).into_iter().flatten();
    let bots = authorizations.filter(|one| one.get("is_bot").and_then(Value::as_bool).unwrap_or_default());
    bots.filter_map(|one| text(one, "user_id")).map(str::to_owned).collect()
}

/// A text field with something in it.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str().filter(|text| !text.is_empty())
}

/// The time of a `ts`; the time of arrival stands in for a missing one.
pub(super) fn time(context: &Context<'_>, ts: Option<&str>) -> DateTime<Utc> {
    at(ts.unwrap_or_default()).unwrap_or(context.received_at)
}

pub(super) fn at(ts: &str) -> Option<DateTime<Utc>> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, ""));
    let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let seconds = seconds.parse().ok().filter(|seconds: &i64| *seconds > 0)?;
    DateTime::from_timestamp(seconds, micros.parse::<u32>().ok()?.checked_mul(1000)?)
}

pub(super) fn ignored(reason: impl Into<String>) -> What {
    What::Ignored { reason: reason.into() }
}

pub(super) fn notice(topic: &str, severity: Severity, text: impl Into<String>) -> What {
    What::Notice(Notice { topic: topic.to_owned(), severity, text: text.into() })
}

/// Something that Slack added, or that cannot be read.
pub(super) fn unknown(kind: &str) -> What {
    let kind: String = kind.chars().take(100).collect();
    notice("unknown_event", Severity::Info, format!("Slack sent “{kind}”, which the hub does not show."))
}
