//! A business account that lets the bot answer for it: the bot then has that account's chats beside its own, with the same people
//! and other messages. <https://core.telegram.org/bots/features#bots-for-business>

use std::{collections::BTreeMap, sync::Arc};

use chrono::Utc;
use serde_json::{Map, Value, json};

use super::{
    Changes, Player, Shared, acts, amend,
    bot::{Bot, Chat, Stored, random, user},
    call::{Call, integer},
    rates::Rates,
    refused::Refused,
    send, taken, view,
};
use crate::{Act, ActError, ChatMessage, Customer};

/// The account that a connection is of.
pub(super) struct Business {
    owner: Value,
    enabled: bool,
    chats: BTreeMap<i64, Chat>,
}

impl Player {
    /// The owner of a business account lets the bot answer; the connection's id.
    pub async fn connect_business(&self, account: &str, owner: &Customer) -> Result<String, ActError> {
        let id = random(24);
        let owner = user(owner.id.parse().map_err(|_| ActError::Unsupported("such an owner"))?, owner);
        let told = {
            let mut bots = self.0.bots();
            let bot = bots.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let business = Business { owner, enabled: true, chats: BTreeMap::new() };
            bot.connections.insert(id.clone(), business);
            self.0.tell_connection(bot, &id)
        };
        taken(told).await?;
        Ok(id)
    }

    /// The owner takes the bot out again.
    pub async fn disconnect_business(&self, account: &str, connection: &str) -> Result<(), ActError> {
        let told = {
            let mut bots = self.0.bots();
            let bot = bots.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            bot.connections.get_mut(connection).ok_or(ActError::NoSuchAccount)?.enabled = false;
            self.0.tell_connection(bot, connection)
        };
        taken(told).await
    }

    /// A customer does something in the chat with the business account.
    pub async fn business_act(
        &self,
        account: &str,
        connection: &str,
        customer: &Customer,
        act: Act,
    ) -> Result<String, ActError> {
        let mut changes = Changes::default();
        let done = {
            let mut bots = self.0.bots();
            let bot = bots.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            within(bot, connection, |bot| acts::run(&self.0, bot, customer, act, &mut changes))
                .ok_or(ActError::NoSuchAccount)??
        };
        self.0.publish(account, changes);
        taken(done.told).await?;
        Ok(done.id)
    }

    /// The owner writes to a customer from the phone.
    pub async fn owner_writes(
        &self,
        account: &str,
        connection: &str,
        customer: &Customer,
        text: &str,
    ) -> Result<(), ActError> {
        let told = {
            let mut bots = self.0.bots();
            let bot = bots.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            within(bot, connection, |bot| {
                let chat = bot.chat_with(customer).ok_or(ActError::Unsupported("such a customer"))?;
                let (id, from) = (bot.next_message(), bot.speaker());
                let there = bot.chats.get_mut(&chat).ok_or(ActError::NoSuchMessage)?;
                let message = Map::from_iter([
                    ("message_id".to_owned(), json!(id)),
                    ("from".to_owned(), from),
                    ("chat".to_owned(), there.json.clone()),
                    ("date".to_owned(), json!(Utc::now().timestamp())),
                    ("text".to_owned(), json!(text)),
                ]);
                there.messages.insert(id, Stored::new(message.clone(), false, "text", None));
                Ok(self.0.enqueue(bot, "message", &format!("chat:{chat}"), Value::Object(message)))
            })
            .ok_or(ActError::NoSuchAccount)??
        };
        taken(told).await
    }

    /// What a customer sees in the chat with the business account.
    pub fn business_chat(&self, account: &str, connection: &str, customer: &Customer) -> Vec<ChatMessage> {
        let mut bots = self.0.bots();
        let Some((bot, chat)) = bots.get_mut(account).zip(customer.id.parse().ok()) else {
            return Vec::new();
        };
        within(bot, connection, |bot| view::chat(&self.0.base_url, bot, chat)).unwrap_or_default()
    }
}

impl Shared {
    fn tell_connection(self: &Arc<Self>, bot: &mut Bot, connection: &str) -> super::deliver::Told {
        let business = bot.connections.get(connection)?;
        let payload = json!({
            "id": connection,
            "user": business.owner,
            "user_chat_id": business.owner["id"],
            "date": Utc::now().timestamp(),
            "rights": { "can_reply": true, "can_read_messages": true, "can_delete_sent_messages": true },
            "is_enabled": business.enabled,
        });
        self.enqueue(bot, "business_connection", &format!("connection:{connection}"), payload)
    }

    /// A call in the name of a business account; what it sends is told back like everything that the account sends.
    pub(super) fn run_for_business(
        self: &Arc<Self>,
        bot: &mut Bot,
        call: &Call,
        rates: &Rates,
        changes: &mut Changes,
    ) -> Result<Value, Refused> {
        let connection = call.text("business_connection_id").unwrap_or_default();
        let unknown = || Refused::bad("business connection not found");
        within(bot, connection, |bot| {
            let done = match call.method.as_str() {
                "deletebusinessmessages" => delete(bot, call),
                "readbusinessmessage" => read(bot, call),
                _ => send::run(bot, call, rates, changes)
                    .or_else(|| amend::run(bot, call, changes))
                    .unwrap_or_else(|| Err(Refused::new(404, "Not Found: method not found"))),
            }?;
            let sent = done.as_array().cloned().unwrap_or_else(|| vec![done.clone()]);
            for message in sent.into_iter().filter(|_| call.method.starts_with("send")) {
                if let Some(chat) = message["chat"]["id"].as_i64() {
                    self.enqueue(bot, "message", &format!("chat:{chat}"), message);
                }
            }
            Ok(done)
        })
        .unwrap_or_else(|| Err(unknown()))
    }
}

impl Bot {
    /// In whose name messages go out: the business account's while the bot acts for one.
    pub(super) fn speaker(&self) -> Value {
        let business = self.acting.as_ref().and_then(|id| self.connections.get(id));
        business.map_or_else(|| self.user(), |business| business.owner.clone())
    }

    /// An update as it is told: in the chats of a business account everything has another name.
    pub(super) fn in_its_name(&self, kind: &str, queue: &str, mut payload: Value) -> (String, String, Value) {
        let Some(connection) = &self.acting else { return (kind.to_owned(), queue.to_owned(), payload) };
        let kind = match kind {
            "message" => "business_message",
            "edited_message" => "edited_business_message",
            other => other,
        };
        payload["business_connection_id"] = json!(connection);
        (kind.to_owned(), format!("business:{connection}:{queue}"), payload)
    }
}

/// The bot with the chats of a business account in the place of its own; `None` where the connection has ended.
fn within<T>(bot: &mut Bot, connection: &str, work: impl FnOnce(&mut Bot) -> T) -> Option<T> {
    let business = bot.connections.get_mut(connection).filter(|business| business.enabled)?;
    let theirs = std::mem::take(&mut business.chats);
    let own = std::mem::replace(&mut bot.chats, theirs);
    bot.acting = Some(connection.to_owned());
    let done = work(bot);
    bot.acting = None;
    let theirs = std::mem::replace(&mut bot.chats, own);
    if let Some(business) = bot.connections.get_mut(connection) {
        business.chats = theirs;
    }
    Some(done)
}

fn delete(bot: &mut Bot, call: &Call) -> Result<Value, Refused> {
    let gone: Vec<i64> = call
        .json("message_ids")
        .and_then(|ids| ids.as_array().map(|ids| ids.iter().filter_map(integer).collect()))
        .unwrap_or_default();
    for chat in bot.chats.values_mut() {
        chat.messages.retain(|id, _| !gone.contains(id));
    }
    Ok(json!(true))
}

fn read(bot: &mut Bot, call: &Call) -> Result<Value, Refused> {
    let chat = bot.writable(send::chat_id(bot, call)?)?;
    let up_to = call.integer("message_id").unwrap_or_default();
    let theirs = chat.messages.range_mut(..=up_to).filter(|(_, message)| message.by_customer);
    theirs.for_each(|(_, message)| message.read = true);
    Ok(json!(true))
}
