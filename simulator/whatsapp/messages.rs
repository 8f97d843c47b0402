//! `POST /{number}/messages`: messages, reactions, read marks and typing of the business.

use std::{sync::Arc, time::Duration};

use axum::{body::Bytes, extract::State, response::Response};
use chrono::Utc;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Player, StatusOrder,
    compose::{self, composed},
    graph::{Call, GraphError, ok},
    statuses::Fate,
    world::{Number, World, digits, message_id, user_id},
};
use crate::Customer;

pub(super) async fn post(State(player): State<Arc<Player>>, call: Call, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if body["status"] == "read" {
        return player.answer("read", async { player.mark_read(&call, &body) }).await;
    }
    let work = async {
        let taken = player.take(&call, &body)?;
        if player.settings().status_order == StatusOrder::BeforeAnswer {
            player.report(&taken.number, &taken.message, &taken.fate).await;
        } else {
            let player = player.clone();
            let Taken { number, message, fate, .. } = taken;
            tokio::spawn(async move { player.report(&number, &message, &fate).await });
        }
        ok(taken.answer)
    };
    player.answer("messages", work).await
}

struct Taken {
    number: String,
    message: String,
    fate: Fate,
    answer: Value,
}

/// Who is called, and as what.
struct Recipient {
    input: String,
    /// The customer's id here; `None` if WhatsApp knows nobody of that name.
    customer: Option<String>,
    by_phone: bool,
}

impl Player {
    fn take(&self, call: &Call, body: &Value) -> Result<Taken, GraphError> {
        let id = self.caller(call)?;
        if body["messaging_product"] != "whatsapp" {
            return Err(GraphError::required("messaging_product"));
        }
        let (per_second, pair_rate) = {
            let settings = self.settings();
            (settings.rate_per_second, settings.pair_rate)
        };
        let mut world = self.world();
        let number = world.numbers.get_mut(&id).ok_or_else(|| GraphError::unknown_object(&id))?;
        let recipient = recipient(number, body)?;
        number.throttle(per_second)?;
        if let Some(customer) = &recipient.customer {
            number.throttle_pair(customer, pair_rate)?;
        }
        let message = message_id();
        let fate = if body["type"] == "reaction" {
            self.react(number, body)?
        } else {
            self.place(&mut world, &id, &recipient, body, &message)?
        };
        if let Some(customer) = &recipient.customer {
            self.changed(&id, customer, false);
        }
        let wa_id = recipient.customer.as_deref().filter(|_| recipient.by_phone);
        let user = recipient.customer.as_deref().map(user_id);
        let template = body["type"] == "template";
        let answer = compose::accepted(&recipient.input, wa_id, user.as_deref(), Some(&message), template);
        Ok(Taken { number: id, message, fate, answer })
    }

    /// Puts the message into the customer's chat, unless it will fail on its way.
    fn place(
        &self,
        world: &mut World,
        number: &str,
        recipient: &Recipient,
        body: &Value,
        message: &str,
    ) -> Result<Fate, GraphError> {
        let now = Utc::now();
        let reachable = recipient.customer.as_ref().filter(|customer| !world.unreachable.contains(*customer));
        let media = &world.media;
        let address = |id: &str| media.contains_key(id).then(|| self.phone_address(id));
        let Some(number) = world.numbers.get_mut(number) else {
            return Err(GraphError::unknown_object(number));
        };
        let bubble = composed(number, body, message, now, &address)?;
        let opaque = bubble.opaque.clone();
        let Some(customer) = reachable else {
            return Ok(Fate::unreachable(recipient.customer.clone(), opaque));
        };
        if body["type"] != "template" && !number.window_is_open(customer, now) {
            return Ok(Fate::window_closed(customer.clone(), opaque));
        }
        let stranger = Customer { id: customer.clone(), name: format!("+{customer}"), username: None };
        let chat = number.chats.entry(customer.clone()).or_insert_with(|| super::world::Chat::new(stranger));
        chat.bubbles.push(bubble);
        Ok(Fate::arrives(customer.clone(), opaque, chat.blocked))
    }

    fn react(&self, number: &mut Number, body: &Value) -> Result<Fate, GraphError> {
        let reaction = &body["reaction"];
        let target = reaction["message_id"].as_str().ok_or_else(|| GraphError::required("message_id"))?;
        let emoji = reaction["emoji"].as_str().unwrap_or_default().to_owned();
        let (customer, bubble) =
            number.find(target).ok_or_else(|| GraphError::invalid("Invalid message_id in reaction"))?;
        let customer = customer.to_owned();
        bubble.view.reactions.retain(|(_, by)| by != "business");
        if !emoji.is_empty() {
            bubble.view.reactions.push((emoji, "business".into()));
        }
        Ok(Fate::arrives(customer, None, false))
    }

    fn mark_read(&self, call: &Call, body: &Value) -> Result<Response, GraphError> {
        let id = self.caller(call)?;
        let target = body["message_id"].as_str().ok_or_else(|| GraphError::required("message_id"))?;
        let mut world = self.world();
        let number = world.numbers.get_mut(&id).ok_or_else(|| GraphError::unknown_object(&id))?;
        let remembers = number.remembers;
        let customer = match number.find(target) {
            Some((customer, bubble)) if bubble.view.from_customer => customer.to_owned(),
            // A start that was forgotten.
            None if !remembers => return ok(json!({ "success": true })),
            _ => return Err(GraphError::invalid("The message_id names no message of a customer")),
        };
        if let Some(chat) = number.chats.get_mut(&customer) {
            let up_to = chat.bubbles.iter().position(|bubble| bubble.view.id == target).unwrap_or_default();
            let theirs = chat.bubbles[..=up_to].iter_mut().filter(|bubble| bubble.view.from_customer);
            theirs.for_each(|bubble| bubble.view.status = "read".into());
        }
        self.changed(&id, &customer, body["typing_indicator"].is_object());
        ok(json!({ "success": true }))
    }
}

/// `to` wins over `recipient` when both are given.
fn recipient(number: &Number, body: &Value) -> Result<Recipient, GraphError> {
    if let Some(to) = body["to"].as_str().filter(|to| !to.is_empty()) {
        let digits = digits(to);
        let customer = (digits.len() >= 5).then_some(digits);
        return Ok(Recipient { input: to.to_owned(), customer, by_phone: true });
    }
    let user = body["recipient"].as_str().ok_or_else(|| GraphError::required("to"))?;
    let customer = number.chats.keys().find(|customer| user_id(customer) == user).cloned();
    Ok(Recipient { input: user.to_owned(), customer, by_phone: false })
}

impl Number {
    fn throttle(&mut self, per_second: usize) -> Result<(), GraphError> {
        let now = Instant::now();
        while self.taken.front().is_some_and(|at| now - *at >= Duration::from_secs(1)) {
            self.taken.pop_front();
        }
        if self.taken.len() >= per_second {
            let details = "Message failed to send because there were too many messages sent from this phone number in \
                           a short period of time";
            return Err(GraphError::new(429, 130429, "(#130429) Rate limit hit").details(details));
        }
        self.taken.push_back(now);
        Ok(())
    }

    fn throttle_pair(&mut self, customer: &str, (every, burst): (Duration, u32)) -> Result<(), GraphError> {
        let now = Instant::now();
        let used = self.paired.get(customer).copied().unwrap_or(now).max(now) + every;
        if used > now + every * burst {
            let details = "Message failed to send because there were too many messages sent from this phone number to \
                           the same phone number in a short period of time";
            let title = "(#131056) (Business Account, Consumer Account) pair rate limit hit";
            return Err(GraphError::new(400, 131056, title).details(details));
        }
        self.paired.insert(customer.to_owned(), used);
        Ok(())
    }
}
