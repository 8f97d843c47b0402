//! One signed POST to the system's endpoint. What it answers decides: 2xx took it, 429 and 5xx mean later, 401, 403, 404 and 410 mean
//! that the connection is broken, and any other status refuses this one thing. A lost answer is repeated: the callback's id
//! is the same, so that the receiver takes it once.

use std::time::Duration;

use chrono::Utc;
use net::{Request, Response};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use webhooks::standard;

use super::{account, told::Told};
use crate::{
    Account, Check, Connection, OutboundMessage, Receipt, Refusal, Scope, SendError, error::NextStep,
};

/// Longest wait that the receiver may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// What a receiver may say: its own id for the message, or why not.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    id: Option<String>,
    code: Option<String>,
    detail: Option<String>,
}

pub(super) async fn send(
    account: &Account,
    message: &OutboundMessage,
    net: &net::Client,
) -> Result<Receipt, SendError> {
    let told = Told::of(message)?;
    let answer = post(account, &told, net).await?;
    let said = said(&answer);
    if !answer.status.is_success() {
        return Err(refused(&answer, said));
    }
    let external_ids = match told.r#type {
        "message.created" => {
            let own = message.id.to_string();
            vec![said.id.filter(|id| (1..=255).contains(&id.len())).unwrap_or(own)]
        }
        _ => Vec::new(),
    };
    Ok(Receipt { external_ids, ..Receipt::default() })
}

/// Says where the hub is called; an answer is not waited upon.
pub(super) async fn announce(account: &Account, connection: &Connection, net: &net::Client) {
    let data = json!({ "hub": connection.webhook_url });
    let _ = post(account, &Told { r#type: "connected", at: None, data }, net).await;
}

/// Sends a `ping`, which a receiver only has to answer 2xx.
pub(super) async fn check(account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
    let told = Told {
        r#type: "ping",
        at: None,
        data: json!({ "nonce": Uuid::now_v7(), "hub": connection.webhook_url }),
    };
    let answer = match post(account, &told, net).await {
        Ok(answer) => answer,
        Err(
            SendError::Later { reason, .. } | SendError::Refused(reason) | SendError::AccountBroken(reason),
        ) => {
            return vec![Check::refused("endpoint", &reason)];
        }
        Err(SendError::Unknown(why)) => return vec![Check::failed("endpoint", why)],
    };
    if answer.status.is_success() {
        return vec![Check::passed("endpoint", "Your endpoint took a signed ping.")];
    }
    let detail = match answer.status.as_u16() {
        401 | 403 => "Your endpoint did not believe the signature. Compare the signing secret on both sides."
            .to_owned(),
        404 | 410 => "There is nothing at the endpoint's address.".to_owned(),
        status => format!("Your endpoint answered a ping with {status}. It should answer 200."),
    };
    vec![Check::failed("endpoint", detail)]
}

async fn post(account: &Account, told: &Told, net: &net::Client) -> Result<Response, SendError> {
    let url = account::endpoint(account).map_err(|error| {
        SendError::AccountBroken(Refusal::new("address_invalid", error.to_string(), NextStep::Reconnect))
    })?;
    let body = told.body();
    let (id, stamp) = (told.id(), Utc::now().timestamp());
    let secrets: Vec<SecretString> = account::secrets(account);
    let signature = standard::signature(&secrets, &id, stamp, &body);
    let request = Request::post(url)
        .header(standard::ID, id)
        .header(standard::TIMESTAMP, stamp.to_string())
        .header(standard::SIGNATURE, signature)
        .bytes("application/json", body);
    net.send(request).await.map_err(|failure| match SendError::from_failure(&failure) {
        SendError::Unknown(detail) => later(None, detail),
        other => other,
    })
}

fn said(answer: &Response) -> Said {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

fn refused(answer: &Response, said: Said) -> SendError {
    let status = answer.status.as_u16();
    let detail = said.detail.unwrap_or_else(|| format!("The connected system answered {status}."));
    let refusal = |code: &str, next| {
        Refusal::new(code, detail.clone(), next)
            .platform_code(said.code.clone().unwrap_or_else(|| status.to_string()))
    };
    match status {
        408 | 425 | 429 | 500..=599 => later(wait(answer), detail.clone()),
        401 | 403 => SendError::AccountBroken(refusal("token_rejected", NextStep::Reconnect)),
        404 | 410 => SendError::AccountBroken(refusal("endpoint_gone", NextStep::Reconnect)),
        300..=399 => SendError::AccountBroken(refusal("endpoint_moved", NextStep::Reconnect)),
        _ => SendError::Refused(refusal("platform_refused", NextStep::FixContent)),
    }
}

fn wait(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers.get(net::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

fn later(after: Option<Duration>, detail: String) -> SendError {
    let reason = Refusal::new("platform_unavailable", detail, NextStep::Wait);
    SendError::Later { after, scope: Scope::Account, reason }
}
