//! The token, the workspace and the permissions, looked after. Where callbacks go is entered on Slack's pages and cannot be asked for.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{account, api::Api, errors};
use crate::{
    Account, Check, Connection, SendError,
    error::{NextStep, Refusal},
};

/// The permissions that the hub uses, and what does not work without each.
pub(super) const SCOPES: [(&str, &str); 18] = [
    ("app_mentions:read", "being named in a channel"),
    ("channels:history", "messages in public channels"),
    ("channels:read", "the names of public channels"),
    ("chat:write", "writing"),
    ("commands", "the slash command"),
    ("files:read", "files of customers"),
    ("files:write", "sending files"),
    ("groups:history", "messages in private channels"),
    ("groups:read", "the names of private channels"),
    ("im:history", "direct messages"),
    ("im:read", "direct messages"),
    ("im:write", "beginning a direct message"),
    ("mpim:history", "group messages"),
    ("mpim:read", "the names of group messages"),
    ("reactions:read", "reactions of customers"),
    ("reactions:write", "our own reactions"),
    ("users:read", "people's names"),
    ("users:read.email", "knowing members who answer in Slack"),
];
/// Without these the rest works as well as ever.
const OPTIONAL: [&str; 2] = ["commands", "users:read.email"];

#[derive(Deserialize)]
struct Me {
    #[serde(default)]
    user: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    team_id: String,
}

/// Nothing is registered by a call; a wrong token or workspace is found out at once.
pub(super) async fn connect(account: &Account, net: &net::Client) -> Result<(), SendError> {
    let api = Api::new(account, net)?;
    let me = who(&api).await?;
    match other_workspace(account, &me) {
        Some(detail) => {
            Err(SendError::AccountBroken(Refusal::new("workspace_mismatch", detail, NextStep::Reconnect)))
        }
        None => Ok(()),
    }
}

async fn who(api: &Api) -> Result<Me, SendError> {
    api.post("auth.test", &json!({})).await.map_err(|error| errors::repeatable(&error))
}

fn other_workspace(account: &Account, me: &Me) -> Option<String> {
    let entered = account.text(account::TEAM);
    (me.team_id != entered).then(|| {
        format!(
            "The token belongs to the workspace {} ({}), not to {entered}. Correct the workspace ID.",
            me.team, me.team_id
        )
    })
}

pub(super) async fn check(account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
    let api = match Api::new(account, net) {
        Ok(api) => api,
        Err(error) => return vec![failed("token", &error)],
    };
    let me = match who(&api).await {
        Ok(me) => me,
        Err(error) => return vec![failed("token", &error)],
    };
    let mut checks = vec![Check::passed(
        "token",
        format!("The token is valid: {} in the workspace {}.", me.user, me.team),
    )];
    checks.extend(other_workspace(account, &me).map(|detail| Check::failed("workspace", detail)));
    checks.push(permissions(api.door().scopes().as_deref()));
    checks.push(callbacks(account, connection, net).await);
    checks
}

fn permissions(scopes: Option<&str>) -> Check {
    let Some(scopes) = scopes else {
        return Check::passed("permissions", "Slack did not say what the app may do.");
    };
    let held: Vec<_> = scopes.split(',').map(str::trim).collect();
    let missing: Vec<_> =
        SCOPES.iter().filter(|(scope, _)| !OPTIONAL.contains(scope) && !held.contains(scope)).collect();
    if missing.is_empty() {
        return Check::passed("permissions", "The app has all permissions that it needs.");
    }
    let missing: Vec<_> = missing.iter().map(|(scope, what)| format!("{scope} ({what})")).collect();
    let detail = format!(
        "The app lacks permissions: {}. Add them under OAuth & Permissions, then install the app again.",
        missing.join(", ")
    );
    Check::failed("permissions", detail)
}

/// Over Socket Mode Slack tells whether it would connect; otherwise all that can be said is the address.
async fn callbacks(account: &Account, connection: &Connection, net: &net::Client) -> Check {
    if !account.has(account::APP_TOKEN) {
        let address = &connection.webhook_url;
        let detail = format!(
            "Slack cannot be asked where it sends events: Event Subscriptions, Interactivity and Slash Commands must all have {address}, or {} where the app is in several workspaces.",
            connection.shared_url()
        );
        return Check::passed("webhook", detail);
    }
    let asked = async {
        let api = Api::with_token(account, account::APP_TOKEN, net)?;
        let answer: Result<Value, _> = api.post("apps.connections.open", &json!({})).await;
        answer.map_err(|error| errors::repeatable(&error))
    };
    match asked.await {
        Ok(_) => Check::passed("socket_mode", "Slack accepts the app-level token for Socket Mode."),
        Err(error) => failed("socket_mode", &error),
    }
}

fn failed(name: &str, error: &SendError) -> Check {
    match error {
        SendError::Refused(reason) | SendError::AccountBroken(reason) | SendError::Later { reason, .. } => {
            Check::refused(name, reason)
        }
        SendError::Unknown(why) => Check::failed(name, why.clone()),
    }
}
