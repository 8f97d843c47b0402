//! Whether the account is what it says, and what an admin should know of it.

use serde_json::Value;
use serenity::model::application::ApplicationFlags;

use super::{account, gateway, rest::Api, wire};
use crate::{Account, Check, Connection, Refusal, SendError, error::NextStep};

/// The token must be the application's, because buttons and events are proved by the application's key.
pub(super) async fn connect(account: &Account, net: &net::Client) -> Result<(), SendError> {
    let application = Api::new(account, net)?.get(&["applications", "@me"]).await?;
    match wrong(account, &application) {
        Some(detail) => {
            Err(SendError::AccountBroken(Refusal::new("application_differs", detail, NextStep::Reconnect)))
        }
        None => Ok(()),
    }
}

fn wrong(account: &Account, application: &Value) -> Option<String> {
    let id = wire::id(application, "id").unwrap_or_default();
    if id != account::application_id(account) {
        return Some(format!(
            "The bot token belongs to another application ({id}). Compare the application ID."
        ));
    }
    let key = wire::text(application, "verify_key");
    (!key.is_empty() && !key.eq_ignore_ascii_case(&account::public_key(account))).then(|| {
        "The public key is not this application's. Copy it again from General Information.".to_owned()
    })
}

pub(super) async fn check(account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
    let api = match Api::new(account, net) {
        Ok(api) => api,
        Err(error) => return vec![failed("token", &error)],
    };
    let application = match api.get(&["applications", "@me"]).await {
        Ok(application) => application,
        Err(error) => return vec![failed("token", &error)],
    };
    let mut checks = vec![match api.get(&["users", "@me"]).await {
        Ok(me) => Check::passed("token", format!("The token is valid: {}.", wire::text(&me, "username"))),
        Err(error) => failed("token", &error),
    }];
    checks.push(match wrong(account, &application) {
        Some(detail) => Check::failed("application", detail),
        None => Check::passed("application", "Application ID and public key belong to the token."),
    });
    checks.push(content_intent(wire::number(&application, "flags").unwrap_or_default()));
    checks.push(interactions(&application, connection));
    checks.push(match api.get(&["gateway", "bot"]).await {
        Ok(bot) => sessions(&bot),
        Err(error) => failed("gateway", &error),
    });
    checks
}

pub(super) fn content_intent(flags: u64) -> Check {
    let wanted =
        ApplicationFlags::GATEWAY_MESSAGE_CONTENT | ApplicationFlags::GATEWAY_MESSAGE_CONTENT_LIMITED;
    if ApplicationFlags::from_bits_truncate(flags).intersects(wanted) {
        Check::passed(gateway::CONTENT, "The bot sees what people write on servers.")
    } else {
        Check::failed(gateway::CONTENT, gateway::INTENT_MISSING)
    }
}

/// Buttons work either way: through the live connection, or at the hub's own address if it is set at Discord.
fn interactions(application: &Value, connection: &Connection) -> Check {
    let ours = connection.webhook_url.as_str();
    let shared = connection.shared_url();
    match wire::text(application, "interactions_endpoint_url") {
        "" => Check::passed("interactions", "Buttons and commands arrive through the live connection."),
        url if url == ours || url == shared.as_str() => {
            Check::passed("interactions", "Buttons and commands arrive at this hub's address.")
        }
        _ => Check::failed(
            "interactions",
            format!(
                "Discord sends buttons and commands to another address. In the Developer Portal, under General Information, empty \
                 the Interactions Endpoint URL or set it to {ours}"
            ),
        ),
    }
}

fn sessions(bot: &Value) -> Check {
    let limit = wire::field(bot, "session_start_limit");
    let remaining = wire::number(limit, "remaining").unwrap_or(u64::MAX);
    let shards = wire::number(bot, "shards").unwrap_or(1);
    if remaining == 0 {
        let minutes = wire::number(limit, "reset_after").unwrap_or_default() / 60_000;
        let detail = format!("Discord allows no more new sessions today; the next in {minutes} minutes.");
        return Check::failed("gateway", detail);
    }
    match shards {
        0 | 1 => Check::passed("gateway", "The gateway takes new sessions."),
        _ => Check::passed(
            "gateway",
            format!(
                "Discord recommends {shards} connections for so many servers; the hub uses one, which is allowed up to 2,500 servers."
            ),
        ),
    }
}

fn failed(name: &str, error: &SendError) -> Check {
    match error {
        SendError::AccountBroken(refusal) if refusal.code == "token_rejected" => Check::failed(
            name,
            "Discord does not know this token. Reset it in the Developer Portal under Bot, and copy it again.",
        ),
        SendError::Refused(refusal) | SendError::AccountBroken(refusal) => Check::refused(name, refusal),
        SendError::Later { reason, .. } => Check::refused(name, reason),
        SendError::Unknown(why) => Check::failed(name, why.clone()),
    }
}
