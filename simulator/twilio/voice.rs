//! Telephone calls, as every played platform shows them: a call is a bubble that says what the customer hears. Agents' telephones
//! and browsers are played here, too.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::Utc;
use tokio::sync::broadcast;

use super::{
    Platform,
    call::Leg,
    world::{Bubble, Number, address, bubble, e164, sid},
};
use crate::{Act, ActError, ChatChanged, ChatMessage, Customer, PhoneAct};

pub struct Player(Arc<Platform>);

impl Player {
    pub fn new(platform: Arc<Platform>) -> Self {
        Self(platform)
    }

    async fn call(&self, account: &str, customer: &Customer) -> Result<String, ActError> {
        let from = address(&customer.id);
        let (leg, url) = {
            let mut world = self.0.world();
            let number = world.numbers.get(account).ok_or(ActError::NoSuchAccount)?;
            let url =
                Some(number.voice_url.clone()).filter(|url| !url.is_empty()).ok_or(ActError::NoWebhook)?;
            let mut leg = Leg::new(account, &from, account, "inbound");
            let ended = Some(number.status_callback.clone()).filter(|url| !url.is_empty());
            leg.status_callback = ended.map(|url| (url, "completed".to_owned()));
            world.calls.insert(leg.sid.clone(), leg.clone());
            (leg.sid, url)
        };
        self.0.show(account, &from, &leg, true);
        let (platform, id) = (self.0.clone(), leg.clone());
        tokio::spawn(platform.follow(id, url));
        // Until the hub has said what to do.
        let _ = self
            .0
            .wait(2, |this| this.leg(&leg).filter(|leg| leg.status != "ringing" || !leg.waits.is_empty()))
            .await;
        Ok(leg)
    }

    /// The customer's telephone in a call that goes on.
    fn going(&self, account: &str, customer: &str) -> Result<Leg, ActError> {
        let customer = address(customer);
        let world = self.0.world();
        let ours = |leg: &&Leg| {
            leg.number == account
                && !leg.has_ended()
                && (leg.to == customer || leg.from == customer && leg.direction == "inbound")
        };
        world.calls.values().find(ours).cloned().ok_or(ActError::NoSuchMessage)
    }

    async fn phone(&self, account: &str, customer: &Customer, act: PhoneAct) -> Result<String, ActError> {
        if matches!(act, PhoneAct::Call) {
            return self.call(account, customer).await;
        }
        let leg = self.going(account, &customer.id)?;
        match act {
            PhoneAct::Call => {}
            PhoneAct::Answer => self.0.change_leg(&leg.sid, |leg| leg.picked_up = true),
            PhoneAct::HangUp => self.0.hang_up(&leg.sid).await,
            PhoneAct::Speak { seconds } => {
                let waits =
                    self.0.wait(60, |this| this.leg(&leg.sid).filter(|leg| leg.waits == "record")).await;
                waits.ok_or(ActError::Unsupported("tone to speak after"))?;
                self.0.change_leg(&leg.sid, |leg| leg.message = Some(seconds));
            }
        }
        Ok(leg.sid)
    }
}

/// The agents' side.
impl Platform {
    /// How long a second of ringing, music and silence takes.
    pub fn set_second(&self, second: Duration) {
        self.change_settings(|settings| settings.second = second);
    }

    /// Somebody takes the call on a telephone that rings: `client:…` or a number. Waits for it to ring; whether it did.
    pub async fn pick_up(&self, telephone: &str) -> bool {
        let ringing = |this: &Self| {
            let world = this.world();
            let mut legs = world.calls.values();
            legs.find(|leg| leg.to == telephone && !leg.picked_up && !leg.has_ended())
                .map(|leg| leg.sid.clone())
        };
        let Some(sid) = self.wait(600, ringing).await else { return false };
        self.change_leg(&sid, |leg| leg.picked_up = true);
        true
    }

    /// Presses a key on a telephone that was taken.
    pub async fn press(&self, telephone: &str, digit: char) -> bool {
        let asked = |this: &Self| {
            let world = this.world();
            let mut legs = world.calls.values();
            legs.find(|leg| leg.to == telephone && leg.waits == "gather" && !leg.has_ended())
                .map(|leg| leg.sid.clone())
        };
        let Some(sid) = self.wait(600, asked).await else { return false };
        self.change_leg(&sid, |leg| leg.digit = Some(digit));
        true
    }

    /// Puts down a telephone.
    pub async fn put_down(&self, telephone: &str) {
        let going = {
            let world = self.world();
            let mut legs = world.calls.values();
            legs.find(|leg| leg.to == telephone && !leg.has_ended()).map(|leg| leg.sid.clone())
        };
        if let Some(sid) = going {
            self.hang_up(&sid).await;
        }
    }

    /// Telephones that ring or talk now.
    pub fn telephones(&self) -> Vec<String> {
        let world = self.world();
        world.calls.values().filter(|leg| !leg.has_ended()).map(|leg| leg.to.clone()).collect()
    }

    /// What the customer hears.
    pub(super) fn hear(&self, sid: &str, text: &str) {
        let found = {
            let mut world = self.world();
            let Some(number) = world.calls.get(sid).map(|leg| leg.number.clone()) else { return };
            let number = world.numbers.get_mut(&number);
            let bubble = number.and_then(|number| number.find_call(sid));
            bubble.map(|bubble| {
                if !bubble.view.text.is_empty() {
                    bubble.view.text.push('\n');
                }
                bubble.view.text.push_str(text);
            })
        };
        if found.is_some() {
            self.show_call(sid);
        }
    }

    /// A new bubble for a call.
    fn show(&self, account: &str, customer: &str, sid: &str, from_customer: bool) {
        let mut view = bubble(sid, from_customer, "call", Utc::now());
        view.status = "ringing".into();
        if let Some(number) = self.world().numbers.get_mut(account) {
            let to = customer.to_owned();
            number.calls.entry(customer.to_owned()).or_default().push(Bubble {
                view,
                status_callback: None,
                to,
            });
        }
    }

    /// The bubble follows the customer's telephone.
    pub(super) fn show_call(&self, sid: &str) {
        let Some(leg) = self.leg(sid) else { return };
        let known = {
            let mut world = self.world();
            let bubble = world.numbers.get_mut(&leg.number).and_then(|number| number.find_call(sid));
            bubble.map(|bubble| leg.status.clone_into(&mut bubble.view.status)).is_some()
        };
        let called = leg.direction == "outbound-dial" && leg.to.starts_with('+') && leg.from == leg.number;
        if !known && called {
            self.show(&leg.number, &leg.to, sid, false);
        }
        let customer = if leg.direction == "inbound" { &leg.from } else { &leg.to };
        self.changed("voice", &leg.number, customer);
    }
}

#[async_trait]
impl crate::Player for Player {
    fn channel(&self) -> &'static str {
        "voice"
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let mut number = Number::open(name);
        number.api_key_sid = sid("SK");
        let fields = [
            ("account_sid", number.account.sid.clone()),
            ("auth_token", number.account.token.clone()),
            ("phone_number", number.phone.clone()),
            ("api_key_sid", number.api_key_sid.clone()),
            ("api_key_secret", sid("")),
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
        number.api_key_sid = field("api_key_sid");
        number.voice_url = webhook_url.to_owned();
        number.status_callback = format!("{webhook_url}?step=ended");
        self.0.world().numbers.insert(number.phone.clone(), number);
    }

    fn accounts(&self) -> Vec<String> {
        let world = self.0.world();
        world
            .numbers
            .values()
            .filter(|number| !number.api_key_sid.is_empty())
            .map(|number| number.phone.clone())
            .collect()
    }

    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        match act {
            Act::Phone(act) => self.phone(account, customer, act).await,
            _ => Err(ActError::Unsupported("such thing on a telephone")),
        }
    }

    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage> {
        let world = self.0.world();
        let calls = world.numbers.get(account).and_then(|number| number.calls.get(&address(customer)));
        calls.into_iter().flatten().map(|bubble| bubble.view.clone()).collect()
    }

    /// People are their numbers; a telephone tells no name.
    fn customer(&self, name: &str, digits: &str) -> Customer {
        Customer { id: e164(digits), name: name.to_owned(), username: None }
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.0.changes.subscribe()
    }
}
