//! The callback address: given to Telegram, taken back, and looked after.

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    account,
    api::Api,
    errors::{Failed, repeatable},
};
use crate::{Account, Check, Connection, SendError};

/// Every kind of update, by name: left to itself Telegram withholds reactions and members.
const UPDATES: [&str; 25] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
];

/// Callbacks at a time; one chat's come one by one in any case.
const CONNECTIONS: u32 = 40;

/// What waits at Telegram from before is wanted, so nothing is dropped.
pub(super) async fn connect(
    account: &Account,
    connection: &Connection,
    net: &net::Client,
) -> Result<(), SendError> {
    let fields = json!({
        "url": connection.webhook_url,
        "secret_token": account::secret_token(account).expose_secret(),
        "max_connections": CONNECTIONS,
        "allowed_updates": UPDATES,
        "drop_pending_updates": false,
    });
    call(account, "setWebhook", &fields, net).await.map(|_| ())
}

pub(super) async fn disconnect(account: &Account, net: &net::Client) -> Result<(), SendError> {
    call(account, "deleteWebhook", &json!({ "drop_pending_updates": false }), net).await.map(|_| ())
}

async fn call(
    account: &Account,
    method: &str,
    fields: &Value,
    net: &net::Client,
) -> Result<Value, SendError> {
    let answer = Api::new(account, net)?.call(method, fields).await;
    answer.map_err(|failed: Failed| repeatable(failed.into_error()))
}

pub(super) async fn check(account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
    let me = match call(account, "getMe", &json!({}), net).await {
        Ok(me) => me,
        Err(error) => return vec![failed("token", &error)],
    };
    let mut checks = vec![Check::passed("token", bot_name(&me)), groups(&me)];
    match call(account, "getWebhookInfo", &json!({}), net).await {
        Ok(info) => checks.extend(webhook(&info, connection)),
        Err(error) => checks.push(failed("webhook", &error)),
    }
    checks
}

fn failed(name: &str, error: &SendError) -> Check {
    match error {
        SendError::Refused(refusal) | SendError::AccountBroken(refusal) => match refusal.code.as_str() {
            "token_rejected" => Check::failed(
                name,
                "Telegram does not know this token. Copy it again from @BotFather (/token), or make a new one there.",
            ),
            _ => Check::refused(name, refusal),
        },
        SendError::Later { reason, .. } => Check::refused(name, reason),
        SendError::Unknown(why) => Check::failed(name, why.clone()),
    }
}

fn bot_name(me: &Value) -> String {
    let text = |field: &str| me.get(field).and_then(Value::as_str).unwrap_or_default();
    format!("The token is valid: {} (@{}).", text("first_name"), text("username"))
}

fn groups(me: &Value) -> Check {
    let is = |field: &str| me.get(field).and_then(Value::as_bool).unwrap_or_default();
    let detail = match (is("can_join_groups"), is("can_read_all_group_messages")) {
        (false, _) => {
            "The bot works in private chats only: @BotFather does not let it join groups (/setjoingroups)."
        }
        (true, false) => {
            "In groups the bot sees only commands and answers to itself, unless it is an administrator there. \
             @BotFather's /setprivacy changes that."
        }
        (true, true) => "In groups the bot sees every message.",
    };
    Check::passed("groups", detail)
}

fn webhook(info: &Value, connection: &Connection) -> Vec<Check> {
    let text = |field: &str| info.get(field).and_then(Value::as_str).unwrap_or_default();
    let url = text("url");
    if url.is_empty() {
        return vec![Check::failed(
            "webhook",
            "No callback address is set at Telegram. Connect the account again.",
        )];
    }
    if url != connection.webhook_url.as_str() {
        let detail = format!(
            "Telegram sends this bot's messages to another address ({}). Connect the account again to take them over.",
            host(url)
        );
        return vec![Check::failed("webhook", detail)];
    }
    let mut checks = vec![Check::passed("webhook", "Telegram sends to this hub.")];
    let pending = info.get("pending_update_count").and_then(Value::as_i64).unwrap_or_default();
    let trouble = text("last_error_message");
    if pending > 0 && !trouble.is_empty() {
        let detail = format!("{pending} updates wait because the hub could not be reached: {trouble}");
        checks.push(Check::failed("delivery", detail));
    } else if pending > 0 {
        checks.push(Check::passed("delivery", format!("{pending} updates are on their way.")));
    } else {
        checks.push(Check::passed("delivery", "No updates wait."));
    }
    let missing = missing(info);
    if !missing.is_empty() {
        let detail = format!("Telegram withholds: {}. Connect the account again.", missing.join(", "));
        checks.push(Check::failed("updates", detail));
    }
    checks
}

/// Kinds that the hub wants and the address was not set up for. None listed means the usual ones.
fn missing(info: &Value) -> Vec<&'static str> {
    let Some(allowed) = info.get("allowed_updates").and_then(Value::as_array) else {
        return vec!["message_reaction", "message_reaction_count", "chat_member"];
    };
    UPDATES.into_iter().filter(|kind| !allowed.iter().any(|allowed| allowed == kind)).collect()
}

/// Another installation's whole address may hold a secret.
fn host(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
