//! Methods about the bot itself and about how it hears of updates.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{
    Shared,
    bot::{Bot, Webhook},
    call::Call,
    deliver::KINDS,
    refused::Refused,
};

pub(super) fn get_me(bot: &Bot) -> Value {
    let mut me = bot.user();
    me["can_join_groups"] = json!(true);
    me["can_read_all_group_messages"] = json!(false);
    me["supports_inline_queries"] = json!(false);
    me["can_connect_to_business"] = json!(false);
    me["has_main_web_app"] = json!(false);
    me
}

impl Webhook {
    pub(super) fn new(url: &str, secret: Option<&str>, allowed: Vec<String>, connections: i64) -> Self {
        Self {
            url: url.to_owned(),
            secret: secret.filter(|secret| !secret.is_empty()).map(str::to_owned),
            allowed,
            connections,
            slots: Arc::new(Semaphore::new(usize::try_from(connections).unwrap_or(1))),
            last_error: None,
        }
    }
}

/// As the real one, but for the address: a played platform may call `http` and any port.
pub(super) fn set(shared: &Arc<Shared>, bot: &mut Bot, call: &Call) -> Result<Value, Refused> {
    let url = call.text("url").unwrap_or_default();
    if url.is_empty() {
        return Ok(delete(bot, call));
    }
    if !url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        return Err(Refused::bad("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    let secret = call.text("secret_token");
    let plain = |secret: &str| secret.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if secret.is_some_and(|secret| secret.len() > 256) {
        return Err(Refused::bad("secret token is too long"));
    }
    if !secret.is_none_or(plain) {
        return Err(Refused::bad("secret token contains unallowed characters"));
    }
    let connections = call.integer("max_connections").unwrap_or(40).clamp(1, 100);
    // An absent list keeps the one before.
    let allowed = match call.json("allowed_updates") {
        Some(list) => {
            let names: Vec<String> =
                serde_json::from_value(list).map_err(|_| Refused::bad("can't parse allowed_updates"))?;
            // Unknown names are skipped.
            names.into_iter().filter(|name| KINDS.contains(&name.as_str())).collect()
        }
        None => bot.webhook.take().map(|before| before.allowed).unwrap_or_default(),
    };
    if call.flag("drop_pending_updates") {
        bot.queues.clear();
    }
    bot.webhook = Some(Webhook::new(url, secret, allowed, connections));
    shared.start_all(bot);
    Ok(json!(true))
}

pub(super) fn delete(bot: &mut Bot, call: &Call) -> Value {
    bot.webhook = None;
    if call.flag("drop_pending_updates") {
        bot.queues.clear();
    }
    json!(true)
}

pub(super) fn info(bot: &Bot) -> Value {
    let pending: usize = bot.queues.values().map(|waiting| waiting.len()).sum();
    let Some(webhook) = &bot.webhook else {
        return json!({ "url": "", "has_custom_certificate": false, "pending_update_count": pending });
    };
    let mut info = json!({
        "url": webhook.url,
        "has_custom_certificate": false,
        "pending_update_count": pending,
        "max_connections": webhook.connections,
    });
    if !webhook.allowed.is_empty() {
        info["allowed_updates"] = json!(webhook.allowed);
    }
    if let Some((at, message)) = &webhook.last_error {
        info["last_error_date"] = json!(at.timestamp());
        info["last_error_message"] = json!(message);
    }
    info
}

/// What waits, oldest first; an offset confirms everything below it.
pub(super) fn updates(bot: &mut Bot, call: &Call) -> Result<Value, Refused> {
    if bot.webhook.is_some() {
        let why = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
        return Err(Refused::new(409, why));
    }
    let offset = call.integer("offset").unwrap_or(0);
    for waiting in bot.queues.values_mut() {
        waiting.retain(|update| update.update_id >= offset);
    }
    bot.queues.retain(|_, waiting| !waiting.is_empty());
    let mut updates: Vec<_> =
        bot.queues.values().flatten().map(|update| (update.update_id, &update.body)).collect();
    updates.sort_by_key(|(id, _)| *id);
    let limit = call.integer("limit").unwrap_or(100).clamp(1, 100);
    let bodies =
        updates.into_iter().take(usize::try_from(limit).unwrap_or(100)).map(|(_, body)| body.clone());
    Ok(bodies.collect())
}
