//! What the hub asks of an account's platform when an admin connects, tests or removes it. All of it is to be called outside a
//! transaction: the platform may take its time.

use std::time::Duration;

use channels::{Account, Channel, Check, Connection, SendError, Template};
use serde_json::Value;

use super::view::webhook_url;
use crate::{
    app::App,
    error::{Error, Result},
    inbox::integration::Integration,
};

/// How long an admin waits for a platform.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where listening to a new account begins; `None` if it is not listened to, or the platform cannot say now.
pub async fn listens_from(app: &App, channel: &dyn Channel, account: &Account) -> Option<Value> {
    if !channel.streams(account) {
        return None;
    }
    let asking = channel.listens_from(account, &app.net);
    tokio::time::timeout(PATIENCE, asking).await.ok()?.ok()?
}

/// Registers the callback address with the platform and tests the account.
pub async fn register(app: &App, integration: &Integration) -> (Vec<Check>, Option<Value>) {
    let connection = match connection(app, integration) {
        Ok(connection) => connection,
        Err(error) => return (vec![Check::failed("webhook", error.to_string())], None),
    };
    let connecting = integration.channel.connect(&integration.account, &connection, &app.net);
    let mut checks = Vec::new();
    let mut fault = None;
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(())) => {}
        Ok(Err(SendError::AccountBroken(refusal))) => {
            checks.push(Check::refused("connect", &refusal));
            fault = serde_json::to_value(&refusal).ok();
        }
        Ok(Err(SendError::Refused(refusal) | SendError::Later { reason: refusal, .. })) => {
            checks.push(Check::refused("connect", &refusal));
        }
        Ok(Err(SendError::Unknown(why))) => checks.push(Check::failed("connect", why)),
        Err(_) => checks.push(Check::failed("connect", "The platform did not answer in time.")),
    }
    checks.extend(check(app, integration).await);
    (checks, fault)
}

/// Asks the platform about the token, the callback address and the permissions.
pub async fn check(app: &App, integration: &Integration) -> Vec<Check> {
    let Ok(connection) = connection(app, integration) else { return Vec::new() };
    let checking = integration.channel.check(&integration.account, &connection, &app.net);
    let late = vec![Check::failed("platform", "The platform did not answer in time.")];
    tokio::time::timeout(PATIENCE, checking).await.unwrap_or(late)
}

/// Takes the registration back; an account that is gone already is no fault.
pub async fn unregister(app: &App, integration: &Integration) {
    let parting = integration.channel.disconnect(&integration.account, &app.net);
    if !matches!(tokio::time::timeout(PATIENCE, parting).await, Ok(Ok(()))) {
        tracing::warn!(integration.id = %integration.id, "the platform keeps the registration of a removed integration");
    }
}

/// Asks the platform for its templates.
pub async fn fetch_templates(app: &App, integration: &Integration) -> Result<Vec<Template>> {
    let fetching = integration.channel.templates(&integration.account, &app.net);
    let fetched = tokio::time::timeout(PATIENCE, fetching)
        .await
        .map_err(|_| Error::unprocessable("platform_unreachable", "The platform did not answer in time."))?;
    fetched.map_err(|error| Error::unprocessable("platform_refused", error.to_string()))
}

fn connection(app: &App, integration: &Integration) -> Result<Connection> {
    let webhook_url = webhook_url(app, integration.channel.id().as_str(), integration.id)?;
    Ok(Connection { webhook_url })
}
