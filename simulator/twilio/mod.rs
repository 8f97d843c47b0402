//! Twilio, played: its REST API, its numbers and messaging services, the customers' telephones behind them, and the signed
//! callbacks between the two. [`sms`] is the players' view of its messages, [`voice`] of its
//! calls.

mod acts;
mod api;
mod call;
mod callback;
mod calls;
mod contents;
mod dial;
mod follow;
mod media;
mod messages;
mod numbers;
mod opt_out;
pub mod sms;
mod statuses;
mod twiml;
pub mod voice;
mod world;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::Router;
use tokio::sync::broadcast;

use self::world::World;
use crate::{ChatChanged, Faults, callbacks::Poster};

/// The platform. Fault methods: `messages`, `message`, `account`, `numbers`, `number`, `service`, `media`,
/// `calls`, `calls_list`, `call`, `change_call`, `recording`, `key`.
pub struct Platform {
    base_url: String,
    world: Mutex<World>,
    settings: Mutex<Settings>,
    faults: Faults,
    poster: Poster,
    changes: broadcast::Sender<ChatChanged>,
}

/// In which order the business learns what became of its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusOrder {
    /// `sending`, `sent`, `delivered`.
    #[default]
    Realistic,
    /// The latest first.
    Reversed,
    /// Each one twice.
    Duplicated,
    /// As realistic, but all before the call that sends is answered.
    BeforeAnswer,
    /// Never: some carriers report nothing.
    Silent,
}

#[derive(Clone, Debug)]
struct Settings {
    status_order: StatusOrder,
    /// Between two statuses of a message.
    pace: Duration,
    /// How long a second of ringing, music and silence takes.
    second: Duration,
    /// Whether members' own telephones and browsers take what rings there.
    desk_answers: bool,
    /// Calls per second that an account may make.
    calls_per_second: usize,
    /// Whether media are given out only to the account itself.
    media_protected: bool,
    /// The hub's addresses, reached at the first origin and signed as the second one.
    known_as: Option<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            status_order: StatusOrder::default(),
            pace: Duration::from_millis(100),
            second: Duration::from_secs(1),
            desk_answers: false,
            calls_per_second: 100,
            media_protected: true,
            known_as: None,
        }
    }
}

impl Platform {
    /// `base_url` is where the platform's own paths are served.
    pub fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            world: Mutex::default(),
            settings: Mutex::default(),
            faults: Faults::default(),
            poster: Poster::default(),
            changes: broadcast::channel(256).0,
        }
    }

    pub fn router(self: Arc<Self>) -> Router {
        api::router(self)
    }

    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    pub fn set_status_order(&self, order: StatusOrder) {
        self.change_settings(|settings| settings.status_order = order);
    }

    pub fn set_pace(&self, between_statuses: Duration) {
        self.change_settings(|settings| settings.pace = between_statuses);
    }

    /// Members' own telephones and browsers take what rings there after a second or two, and press the key that they are asked to press.
    /// What all browsers are called by goes on ringing.
    pub fn let_desk_answer(&self) {
        self.change_settings(|settings| settings.desk_answers = true);
    }

    /// Calls per second that an account may make; beyond that 20429.
    pub fn set_rate(&self, per_second: usize) {
        self.change_settings(|settings| settings.calls_per_second = per_second);
    }

    /// Whether files are given out only with the account's token.
    pub fn protect_media(&self, protected: bool) {
        self.change_settings(|settings| settings.media_protected = protected);
    }

    /// The hub is reached at one origin and takes itself for another one, behind a proxy for instance. Twilio signs the address, so
    /// it must know.
    pub fn known_as(&self, reached_at: &str, called: &str) {
        let origin = |url: &str| url.trim_end_matches('/').to_owned();
        self.change_settings(|settings| settings.known_as = Some((origin(reached_at), origin(called))));
    }

    /// That telephone is switched off: messages to it come back as undelivered with 30003.
    pub fn set_unreachable(&self, phone: &str) {
        self.world().unreachable.insert(world::e164(phone));
    }

    /// Every call with the account's token is refused with 20003 from now on.
    pub fn revoke_token(&self, number: &str) {
        if let Some(number) = self.world().numbers.get_mut(number) {
            number.account.token_works = false;
        }
    }

    /// The customer's last word on WhatsApp is more than a day old: free text fails with 63016, templates go.
    pub fn close_window(&self, number: &str, customer: &str) {
        let customer = world::address(customer);
        if let Some(number) = self.world().numbers.get_mut(number) {
            number.shut.insert(customer);
        }
    }

    /// How many contents the number's account has.
    pub fn contents(&self, number: &str) -> usize {
        self.world().numbers.get(number).map_or(0, |number| number.contents.len())
    }

    /// Where messages to the number go.
    pub fn callback_url(&self, number: &str) -> Option<String> {
        self.world().numbers.get(number)?.message_url()
    }

    /// Whether the customer gets no more messages from the number.
    pub fn has_opted_out(&self, number: &str, customer: &str) -> bool {
        let customer = world::address(customer);
        self.world().numbers.get(number).is_some_and(|number| number.opted_out.contains(&customer))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settings(&self) -> Settings {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn changed(&self, channel: &'static str, account: &str, customer: &str) {
        let (account, customer) = (account.to_owned(), customer.to_owned());
        // Nobody looks.
        let _ = self.changes.send(ChatChanged { channel, account, customer, typing: false });
    }
}
