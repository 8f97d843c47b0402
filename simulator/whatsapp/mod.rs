//! WhatsApp, played: Meta's Graph API for business numbers, the customers' phones behind it, and the signed callbacks
//! between the two. Statuses come in the order that a test asks for, and trouble on request.

mod acts;
mod callback;
mod compose;
mod graph;
mod history;
mod media;
mod messages;
mod number;
mod statuses;
mod subscription;
mod templates;
mod world;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::Router;
use chrono::Utc;
use serde_json::{Value, json};
use tokio::sync::broadcast;

pub use self::history::Remembered;
use self::world::{Number, World};
use crate::{Act, ActError, ChatChanged, ChatMessage, Customer, Faults, callbacks::Poster};

/// The platform. Fault methods: `messages`, `read` (read marks and typing), `media`, `media_url`, `download`,
/// `delete_media`, `subscribed_apps`, `message_templates`, `phone_number`, `phone_numbers`.
pub struct Player {
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
    /// `sent`, `delivered`, and `read` when the customer opens the chat.
    #[default]
    Realistic,
    /// The latest first: `delivered` before `sent`, `read` before another `delivered`.
    Reversed,
    /// Each one twice.
    Duplicated,
    /// As realistic, but all before the call that sends is answered.
    BeforeAnswer,
    /// Never.
    Silent,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    status_order: StatusOrder,
    /// Between two statuses of a message.
    pace: Duration,
    /// How often a callback is posted before it is given up.
    attempts: u32,
    rate_per_second: usize,
    /// One message to one customer per so much time, and how many may run ahead of that.
    pair_rate: (Duration, u32),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            status_order: StatusOrder::default(),
            pace: Duration::from_millis(100),
            attempts: 8,
            rate_per_second: 80,
            pair_rate: (Duration::from_secs(6), 45),
        }
    }
}

impl Player {
    /// `base_url` is where the player's own paths are served.
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
        graph::router(self)
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

    /// How often a callback is posted, with growing pauses, before it is given up.
    pub fn set_attempts(&self, attempts: u32) {
        self.change_settings(|settings| settings.attempts = attempts);
    }

    /// Messages per second that a number may send; beyond that 130429.
    pub fn set_rate(&self, per_second: usize) {
        self.change_settings(|settings| settings.rate_per_second = per_second);
    }

    /// One message to one customer `every` so often, with bursts that borrow from the time to come; beyond that 131056.
    pub fn set_pair_rate(&self, every: Duration, burst: u32) {
        self.change_settings(|settings| settings.pair_rate = (every, burst));
    }

    /// That phone has no WhatsApp: messages to it fail with 131026.
    pub fn set_unreachable(&self, phone: &str) {
        self.world().unreachable.insert(world::digits(phone));
    }

    /// The customer shows a username from now on: callbacks name the user id only.
    pub fn hide_phone(&self, customer: &str) {
        self.world().hidden.insert(customer.to_owned());
    }

    /// Free text to the customer fails with 131047 until the customer writes again.
    pub fn close_window(&self, account: &str, customer: &str) {
        if let Some(number) = self.world().numbers.get_mut(account) {
            let stranger = Customer { id: customer.to_owned(), name: format!("+{customer}"), username: None };
            number.chats.entry(customer.to_owned()).or_insert_with(|| world::Chat::new(stranger)).shut = true;
        }
    }

    /// Every call with the account's token is refused with 190 from now on.
    pub fn revoke_token(&self, account: &str) {
        if let Some(number) = self.world().numbers.get_mut(account) {
            number.token_works = false;
        }
    }

    /// Download addresses handed out so far stop working, as after their five minutes.
    pub fn expire_addresses(&self) {
        let now = Utc::now();
        self.world().media.values_mut().for_each(|file| file.addresses_from = now);
    }

    /// Where callbacks of the account go.
    pub fn callback_url(&self, account: &str) -> Option<String> {
        self.world().numbers.get(account)?.callback.clone()
    }

    /// A template's review ended, or its quality fell: `APPROVED`, `REJECTED`, `PAUSED`, `DISABLED`.
    pub async fn review_template(&self, account: &str, name: &str, event: &str) -> Result<(), ActError> {
        let value = {
            let mut world = self.world();
            let number = world.numbers.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let template = number.templates.iter_mut().find(|template| template["name"] == name);
            let template = template.ok_or(ActError::NoSuchMessage)?;
            template["status"] = json!(event);
            json!({
                "event": event,
                "message_template_id": template["id"],
                "message_template_name": name,
                "message_template_language": template["language"],
                "reason": if event == "REJECTED" { "INVALID_FORMAT" } else { "NONE" },
            })
        };
        self.tell(account, "message_template_status_update", value).await
    }

    /// The business writes on its own phone, beside the API; returns the message's id.
    pub async fn echo(&self, account: &str, customer: &Customer, text: &str) -> Result<String, ActError> {
        let id = world::message_id();
        let value = {
            let mut world = self.world();
            let number = world.numbers.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let mut view = world::bubble(&id, false, "text", Utc::now());
            view.text = text.to_owned();
            let from = number.display.clone();
            let offer = world::Offer::Buttons;
            number.chat(customer).bubbles.push(world::Bubble {
                view,
                opaque: None,
                offer,
                content: Value::Null,
            });
            json!({ "message_echoes": [{
                "from": from, "to": customer.id, "to_user_id": world::user_id(&customer.id), "id": id,
                "timestamp": callback::seconds(Utc::now()), "type": "text", "text": { "body": text },
            }]})
        };
        self.changed(account, &customer.id, false);
        self.tell(account, "smb_message_echoes", value).await?;
        Ok(id)
    }

    /// The customer sends several files quickly: callbacks of their own at the same moment, in no order. The messages' ids.
    pub async fn album(
        &self,
        account: &str,
        customer: &Customer,
        files: Vec<crate::Media>,
    ) -> Result<Vec<String>, ActError> {
        let sent =
            files.into_iter().map(|file| crate::Player::act(self, account, customer, Act::Media(file)));
        futures::future::try_join_all(sent).await
    }

    /// The customer listens to a voice message of the business: `read` and then `played`.
    pub async fn listen(&self, account: &str, customer: &str, message: &str) -> Result<(), ActError> {
        let opaque = {
            let mut world = self.world();
            let number = world.numbers.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let (_, bubble) = number.find(message).ok_or(ActError::NoSuchMessage)?;
            if bubble.view.kind != "voice" {
                return Err(ActError::Unsupported("listening to such a message"));
            }
            bubble.opaque.clone()
        };
        self.report(account, message, &statuses::Fate::played(customer.to_owned(), opaque)).await;
        Ok(())
    }

    /// Any callback value under any field, in Meta's envelope and signed; metadata is added where it is missing.
    pub async fn tell(&self, account: &str, field: &str, value: Value) -> Result<(), ActError> {
        let callback = self.world().callback(account, field, value)?;
        self.deliver(callback).await
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settings(&self) -> Settings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn changed(&self, account: &str, customer: &str, typing: bool) {
        let (account, customer) = (account.to_owned(), customer.to_owned());
        // Nobody looks.
        let _ = self.changes.send(ChatChanged { channel: "whatsapp", account, customer, typing });
    }
}

#[async_trait]
impl crate::Player for Player {
    fn channel(&self) -> &'static str {
        "whatsapp"
    }

    fn open_account(&self, name: &str) -> BTreeMap<String, String> {
        let number = Number::open(name);
        let fields = [
            ("phone_number_id", number.id.clone()),
            ("business_account_id", number.business_account_id.clone()),
            ("access_token", number.token.clone()),
            ("app_secret", number.app_secret.clone()),
            ("verify_token", world::random_hex(16)),
            ("api_base_url", self.base_url.clone()),
        ];
        self.world().numbers.insert(number.id.clone(), number);
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str) {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let mut number = Number::open("Switchboard");
        number.id = field("phone_number_id");
        number.business_account_id = field("business_account_id");
        number.token = field("access_token");
        number.app_secret = field("app_secret");
        number.callback = Some(webhook_url.to_owned());
        number.remembers = false;
        self.world().numbers.insert(number.id.clone(), number);
    }

    fn accounts(&self) -> Vec<String> {
        self.world().numbers.keys().cloned().collect()
    }

    async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        if matches!(act, Act::Read) {
            if !self.world().numbers.contains_key(account) {
                return Err(ActError::NoSuchAccount);
            }
            return Ok(self.seen(account, &customer.id).await.unwrap_or_default());
        }
        let (id, callback) = self.done(account, customer, act)?;
        self.changed(account, &customer.id, false);
        if let Some(callback) = callback {
            self.deliver(callback).await?;
        }
        Ok(id)
    }

    fn chat(&self, account: &str, customer: &str) -> Vec<ChatMessage> {
        let world = self.world();
        let chat = world.numbers.get(account).and_then(|number| number.chats.get(customer));
        chat.map(|chat| chat.bubbles.iter().map(|bubble| bubble.view.clone()).collect()).unwrap_or_default()
    }

    fn changes(&self) -> broadcast::Receiver<ChatChanged> {
        self.changes.subscribe()
    }

    fn trouble(&self) -> Option<&Faults> {
        Some(&self.faults)
    }
}
