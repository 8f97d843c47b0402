//! Telling Meta where to send callbacks. The address is set for the business account, over the app's own, and
//! Meta calls it at once with the verify token.

use serde_json::{Value, json};

use super::{
    account::{BUSINESS_ACCOUNT_ID, VERIFY_TOKEN},
    graph::Call,
};
use crate::{Account, Connection, SendError};

pub(super) async fn connect(
    account: &Account,
    connection: &Connection,
    net: &net::Client,
) -> Result<(), SendError> {
    let body = json!({
        "override_callback_uri": connection.webhook_url,
        "verify_token": account.text(VERIFY_TOKEN),
    });
    let call = Call::post(account, &subscription(account), &body)?.repeatable();
    call.run::<Value>(net).await.map(|_| ())
}

pub(super) async fn disconnect(account: &Account, net: &net::Client) -> Result<(), SendError> {
    Call::delete(account, &subscription(account))?.run::<Value>(net).await.map(|_| ())
}

pub(super) fn subscription(account: &Account) -> [&str; 2] {
    [account.text(BUSINESS_ACCOUNT_ID), "subscribed_apps"]
}
