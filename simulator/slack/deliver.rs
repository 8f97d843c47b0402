//! Events on their way to the hub: signed and posted, or over Socket Mode where a connection is open. Slack gives three seconds, and
//! repeats an event at once, after a minute and after five; a pressed button or a command it never repeats.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
    time::Duration,
};

use chrono::Utc;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use url::form_urlencoded;
use webhooks::sign;

use super::{
    Shared, lock,
    world::{Workspace, random},
};
use crate::{ActError, Customer};

/// Seconds before each attempt.
const PAUSES: [u32; 4] = [0, 0, 60, 300];
const PATIENCE: Duration = Duration::from_secs(3);

/// What Slack tells the hub.
pub(super) enum Told {
    Event(Value),
    /// A pressed button, as the `payload` of a form.
    Press(Value),
}

static WAITING: LazyLock<Mutex<HashMap<String, oneshot::Sender<Value>>>> = LazyLock::new(Mutex::default);

/// The hub has taken an envelope.
pub(super) fn acknowledge(envelope: &str, payload: Value) {
    if let Some(waiting) = lock(&WAITING).remove(envelope) {
        // Whoever waited may have given up.
        let _ = waiting.send(payload);
    }
}

pub(super) async fn told(shared: &Shared, account: &str, told: Option<Told>) -> Result<(), ActError> {
    match told {
        Some(Told::Event(event)) => shared.event(account, event).await,
        Some(Told::Press(payload)) => {
            let form = form_urlencoded::Serializer::new(String::new())
                .append_pair("payload", &payload.to_string())
                .finish();
            once(shared, account, "interactive", payload, form).await.map(|_| ())
        }
        None => Ok(()),
    }
}

impl Shared {
    pub(super) async fn event(&self, account: &str, event: Value) -> Result<(), ActError> {
        let envelope =
            self.with(account, |workspace| envelope(workspace, event)).ok_or(ActError::NoSuchAccount)?;
        let mut last = 0;
        for (attempt, pause) in PAUSES.into_iter().enumerate() {
            tokio::time::sleep(self.pace() * pause).await;
            if let Some(taken) = over_socket(self, account, "events_api", &envelope, attempt).await {
                match taken {
                    Some(_) => return Ok(()),
                    None => continue,
                }
            }
            let body = envelope.to_string();
            let (url, mut headers) = signed(self, account, &body)?;
            if attempt > 0 {
                headers.push(("X-Slack-Retry-Num", attempt.to_string()));
                headers.push(("X-Slack-Retry-Reason", "http_error".to_owned()));
            }
            let taken = self.poster.post(&url, &headers, body.into_bytes()).await;
            if (200..300).contains(&taken.status) {
                return Ok(());
            }
            last = taken.status;
        }
        Err(ActError::NotTaken(last))
    }
}

fn envelope(workspace: &Workspace, event: Value) -> Value {
    json!({
        "token": "deprecated", "team_id": workspace.team, "context_team_id": workspace.team, "api_app_id": workspace.app,
        "type": "event_callback", "event_id": format!("Ev{}", random(10)), "event_time": Utc::now().timestamp(),
        "authorizations": [{
            "enterprise_id": null, "team_id": workspace.team, "user_id": workspace.user, "is_bot": true, "is_enterprise_install": false,
        }],
        "is_ext_shared_channel": false, "event_context": format!("4-{}", random(16)), "event": event,
    })
}

type Headers = Vec<(&'static str, String)>;

fn signed(shared: &Shared, account: &str, body: &str) -> Result<(String, Headers), ActError> {
    let known =
        shared.with(account, |workspace| (workspace.request_url.clone(), workspace.signing_secret.clone()));
    let (url, secret) = known.ok_or(ActError::NoSuchAccount)?;
    let url = url.ok_or(ActError::NoWebhook)?;
    let now = Utc::now().timestamp();
    let signature = sign::hmac_sha256_hex(secret.as_bytes(), format!("v0:{now}:{body}").as_bytes());
    let headers = vec![
        ("X-Slack-Request-Timestamp", now.to_string()),
        ("X-Slack-Signature", format!("v0={signature}")),
    ];
    Ok((url, headers))
}

/// `None` without a connection; `Some(None)` if it was not acknowledged in time.
async fn over_socket(
    shared: &Shared,
    account: &str,
    kind: &str,
    payload: &Value,
    attempt: usize,
) -> Option<Option<Value>> {
    let id = format!("{}-{}", random(8), random(8));
    let (sender, receiver) = oneshot::channel();
    lock(&WAITING).insert(id.clone(), sender);
    let frame = json!({
        "envelope_id": id, "type": kind, "payload": payload, "accepts_response_payload": kind == "slash_commands",
        "retry_attempt": attempt, "retry_reason": if attempt > 0 { "timeout" } else { "" },
    });
    let sent = shared.with(account, |workspace| {
        workspace.sockets.retain(|one| !one.is_closed());
        let socket = workspace.sockets.last()?;
        socket.send(frame).ok()
    });
    if sent.flatten().is_none() {
        lock(&WAITING).remove(&id);
        return None;
    }
    let taken = tokio::time::timeout(PATIENCE, receiver).await;
    lock(&WAITING).remove(&id);
    Some(taken.ok().and_then(Result::ok))
}

/// What is never repeated; the hub's answer.
async fn once(
    shared: &Shared,
    account: &str,
    kind: &str,
    payload: Value,
    form: String,
) -> Result<Value, ActError> {
    if let Some(taken) = over_socket(shared, account, kind, &payload, 0).await {
        return taken.ok_or(ActError::NotTaken(0));
    }
    let (url, headers) = signed(shared, account, &form)?;
    let taken = shared.poster.post_form(&url, &headers, form.into_bytes()).await;
    match taken.status {
        200..=299 => Ok(serde_json::from_str(&taken.body).unwrap_or_default()),
        status => Err(ActError::NotTaken(status)),
    }
}

pub(super) async fn command(
    shared: &Shared,
    account: &str,
    customer: &Customer,
    text: &str,
) -> Result<String, ActError> {
    let fields = shared.with(account, |workspace| {
        workspace.meet(customer);
        [
            ("token", "deprecated".to_owned()),
            ("team_id", workspace.team.clone()),
            ("channel_id", "C0SOMEWHERE".to_owned()),
            ("user_id", customer.id.clone()),
            ("user_name", customer.username.clone().unwrap_or_default()),
            ("command", "/support".to_owned()),
            ("text", text.to_owned()),
            ("api_app_id", workspace.app.clone()),
            ("trigger_id", format!("{}.{}", random(8), random(8))),
            ("response_url", format!("https://hooks.slack.com/commands/{}", random(24))),
        ]
    });
    let fields = fields.ok_or(ActError::NoSuchAccount)?;
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let payload = Value::Object(
        fields.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect(),
    );
    let answer = once(shared, account, "slash_commands", payload, form).await?;
    Ok(answer["text"].as_str().unwrap_or_default().to_owned())
}
