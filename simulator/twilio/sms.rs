//! Messages to and from a number, as every played platform shows them. A customer is a telephone's digits, or `whatsapp:` and
//! digits.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use tokio::sync::broadcast;

use super::{
    Platform,
    acts::is_whatsapp,
    statuses::Fate,
    world::{Number, Service, address, e164},
};
use crate::{Act, ActError, ChatChanged, ChatMessage, Customer};

pub struct Player(Arc<Platform>);

impl Player {
    pub fn new(platform: Arc<Platform>) -> Self {
        Self(platform)
    }

    async fn seen(&self, account: &str, customer: &Customer) -> Result<String, ActError> {
        if !is_whatsapp(customer) {
            return Err(ActError::Unsupported("read receipts"));
        }
        let unread: Vec<String> = {
            let world = self.0.world();
            let number = world.numbers.get(account).ok_or(ActError::NoSuchAccount)?;
            let chat = number.chats.get(&address(&customer.id)).into_iter().flatten();
            let ours = chat.filter(|bubble| !bubble.view.from_customer && bubble.view.status != "read");
            ours.map(|bubble| bubble.view.id.clone()).collect()
        };
        for message in &unread {
            self.0.report(account, message, Fate::Read).await;
        }
        Ok(unread.last().cloned().unwrap_or_default())
    }

    fn block(&self, account: &str, customer: &Customer, blocked: bool) -> Result<String, ActError> {
        let mut world = self.0.world();
        let number = world.numbers.get_mut(account).ok_or(ActError::NoSuchAccount)?;
        let customer = address(&customer.id);
        if blocked {
            number.blocked.insert(customer)
        } else {
            number.blocked.remove(&customer)
        };
        Ok(String::new())
    }
}

#[async_trait]
impl crate::Player for Player {
    fn channel(&self) -> &'static str {
        "sms"
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let number = Number::open(name);
        let fields = [
            ("account_sid", number.account.sid.clone()),
            ("auth_token", number.account.token.clone()),
            ("phone_number", number.phone.clone()),
            ("api_base_url", self.0.base_url.clone()),
        ];
        self.0.world().numbers.insert(number.phone.clone(), number);
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str) {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let mut number = Number::open("Switchboard");
        number.account.sid = field("account_sid");
        number.account.token = field("auth_token");
        number.phone = e164(&field("phone_number"));
        number.sms_url = webhook_url.to_owned();
        number.service = Some(field("messaging_service_sid")).filter(|sid| !sid.is_empty()).map(|sid| {
            Service { sid, inbound_request_url: webhook_url.to_owned(), use_inbound_webhook_on_number: false }
        });
        self.0.world().numbers.insert(number.phone.clone(), number);
    }

    fn accounts(&self) -> Vec<String> {
        let world = self.0.world();
        world
            .numbers
            .values()
            .filter(|number| number.api_key_sid.is_empty())
            .map(|number| number.phone.clone())
            .collect()
    }

    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        match act {
            Act::Read => self.seen(account, customer).await,
            Act::Block | Act::Unblock => self.block(account, customer, matches!(act, Act::Block)),
            act => {
                let (id, callback) = self.0.done(account, customer, act)?;
                self.0.changed("sms", account, &address(&customer.id));
                self.0.deliver(&callback).await?;
                Ok(id)
            }
        }
    }

    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage> {
        let world = self.0.world();
        let chat = world.numbers.get(account).and_then(|number| number.chats.get(&address(customer)));
        chat.into_iter().flatten().map(|bubble| bubble.view.clone()).collect()
    }

    /// People are their numbers; a telephone tells no name.
    fn customer(&self, name: &str, digits: &str) -> Customer {
        Customer { id: e164(digits), name: name.to_owned(), username: None }
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.0.changes.subscribe()
    }
}
