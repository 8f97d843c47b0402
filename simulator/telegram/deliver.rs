//! Updates on their way to the hub, as Telegram's own server delivers them: one queue per chat (button presses per
//! person, reactions and members apart), strictly one after the other within a queue, in parallel across queues,
//! repeated until taken or too old. <https://github.com/tdlib/telegram-bot-api>

use std::{sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use rand::Rng;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{
    Shared,
    bot::{Bot, Waiting},
};
use crate::{ActError, callbacks::Taken};

/// After so many attempts the customer's act is reported as not taken; delivery goes on.
const ATTEMPTS: u32 = 5;
const LONGEST_WAIT: u64 = 3600;
/// Every kind of update.
pub(super) const KINDS: [&str; 25] = [
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
/// Kinds that a bot gets only when it names them.
const UNUSUAL: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// Told when the update was taken; `None` where the bot did not ask for the kind.
pub(super) type Told = Option<oneshot::Receiver<Result<(), ActError>>>;

/// What waits, and for how long: presses are pointless after some minutes.
fn lifetime(kind: &str) -> TimeDelta {
    if kind == "callback_query" { TimeDelta::seconds(150) } else { TimeDelta::hours(24) }
}

impl Shared {
    /// Puts an update into its queue and sees to it that the queue moves.
    pub(super) fn enqueue(self: &Arc<Self>, bot: &mut Bot, kind: &str, queue: &str, payload: Value) -> Told {
        let (kind, queue, payload) = bot.in_its_name(kind, queue, payload);
        if let Some(webhook) = &bot.webhook {
            let named = webhook.allowed.contains(&kind);
            if !(named || webhook.allowed.is_empty() && !UNUSUAL.contains(&kind.as_str())) {
                return None;
            }
        }
        let update_id = bot.next_update();
        let (told, receiver) = oneshot::channel();
        let waiting = Waiting {
            update_id,
            body: json!({ "update_id": update_id, kind.as_str(): payload }),
            expires: Utc::now() + lifetime(&kind),
            attempts: 0,
            told: Some(told),
        };
        bot.queues.entry(queue.clone()).or_default().push_back(waiting);
        self.start(bot, &queue);
        Some(receiver)
    }

    /// Begins to deliver every queue of a bot whose address has just been set.
    pub(super) fn start_all(self: &Arc<Self>, bot: &mut Bot) {
        for queue in bot.queues.keys().cloned().collect::<Vec<_>>() {
            self.start(bot, &queue);
        }
    }

    fn start(self: &Arc<Self>, bot: &mut Bot, queue: &str) {
        if bot.webhook.is_some() && bot.running.insert(queue.to_owned()) {
            tokio::spawn(drain(self.clone(), bot.id.to_string(), queue.to_owned()));
        }
    }

    /// The front of a queue with where it goes, or nothing when the queue rests.
    fn front(&self, bot: &str, queue: &str) -> Option<Attempt> {
        let mut bots = self.bots();
        let bot = bots.get_mut(bot)?;
        let waiting = bot.queues.get_mut(queue);
        let front = waiting.and_then(|waiting| {
            waiting.retain(|update| update.expires > Utc::now());
            waiting.front()
        });
        let (Some(front), Some(webhook)) = (front, &bot.webhook) else {
            if bot.queues.get(queue).is_some_and(|waiting| waiting.is_empty()) {
                bot.queues.remove(queue);
            }
            bot.running.remove(queue);
            return None;
        };
        let secret = webhook.secret.clone();
        Some(Attempt {
            update_id: front.update_id,
            url: webhook.url.clone(),
            headers: secret.map(|secret| ("X-Telegram-Bot-Api-Secret-Token", secret)).into_iter().collect(),
            body: front.body.to_string().into_bytes(),
            slots: webhook.slots.clone(),
        })
    }

    /// Notes what came of an attempt and says how long to wait for the next.
    fn settle(&self, bot: &str, queue: &str, update_id: i64, taken: &Taken) -> Duration {
        let mut bots = self.bots();
        let Some(bot) = bots.get_mut(bot) else { return Duration::ZERO };
        let Some(waiting) = bot.queues.get_mut(queue) else { return Duration::ZERO };
        let Some(front) = waiting.front_mut().filter(|front| front.update_id == update_id) else {
            return Duration::ZERO;
        };
        if (200..300).contains(&taken.status) {
            if let Some(told) = front.told.take() {
                let _ = told.send(Ok(()));
            }
            waiting.pop_front();
            return Duration::ZERO;
        }
        front.attempts += 1;
        let attempts = front.attempts;
        if attempts >= ATTEMPTS
            && let Some(told) = front.told.take()
        {
            let _ = told.send(Err(ActError::NotTaken(taken.status)));
        }
        if let Some(webhook) = &mut bot.webhook {
            webhook.last_error = Some((Utc::now(), error_message(taken)));
        }
        drop(bots);
        self.pace() * wait(attempts, taken.retry_after)
    }
}

struct Attempt {
    update_id: i64,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    slots: Arc<tokio::sync::Semaphore>,
}

async fn drain(shared: Arc<Shared>, bot: String, queue: String) {
    while let Some(attempt) = shared.front(&bot, &queue) {
        let taken = {
            let _slot = attempt.slots.acquire().await;
            shared.poster.post(&attempt.url, &attempt.headers, attempt.body).await
        };
        let wait = shared.settle(&bot, &queue, attempt.update_id, &taken);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

/// Seconds until the next attempt: the second one comes at once, then the wait doubles.
fn wait(attempts: u32, asked: Option<u64>) -> u32 {
    if let Some(asked) = asked {
        return asked.min(LONGEST_WAIT) as u32;
    }
    if attempts == 1 {
        return 0;
    }
    let ceiling = rand::rng().random_range(60..=120);
    1u32.checked_shl(attempts - 1).unwrap_or(ceiling).min(ceiling)
}

fn error_message(taken: &Taken) -> String {
    match taken.status {
        0 => "Connection failed".to_owned(),
        status => format!("Wrong response from the webhook: {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_repeat_is_immediate_and_later_ones_double_up_to_two_minutes() {
        let waits: Vec<_> = (1..=5).map(|attempts| wait(attempts, None)).collect();
        assert_eq!(waits, [0, 2, 4, 8, 16]);
        for attempts in [8, 31, 32, 33, 1000] {
            assert!((60..=120).contains(&wait(attempts, None)), "{attempts}");
        }
        assert_eq!(wait(1, Some(7)), 7);
        assert_eq!(wait(1, Some(1 << 40)), 3600);
    }
}
