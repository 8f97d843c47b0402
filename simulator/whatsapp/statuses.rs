//! What becomes of a message after Meta took it: `sent`, `delivered`, `read` or `failed`, told in the order that was
//! asked for.

use serde_json::{Value, json};

use super::{
    Player, StatusOrder,
    callback::seconds,
    world::{World, user_id},
};

/// What will happen to a message.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    customer: Option<String>,
    opaque: Option<String>,
    steps: &'static [&'static str],
    /// Code, title and details of a failure.
    error: Option<(i64, &'static str, &'static str)>,
}

impl Fate {
    /// A customer who has blocked the business never gets it, and nobody is told.
    pub(super) fn arrives(customer: String, opaque: Option<String>, blocked: bool) -> Self {
        let steps: &[_] = if blocked { &["sent"] } else { &["sent", "delivered"] };
        Self { customer: Some(customer), opaque, steps, error: None }
    }

    pub(super) fn unreachable(customer: Option<String>, opaque: Option<String>) -> Self {
        let error = (131026, "Message undeliverable", "Message Undeliverable.");
        Self { customer, opaque, steps: &["failed"], error: Some(error) }
    }

    pub(super) fn window_closed(customer: String, opaque: Option<String>) -> Self {
        let details = "Message failed to send because more than 24 hours have passed since the customer last replied \
                       to this number.";
        let error = (131047, "Re-engagement message", details);
        Self { customer: Some(customer), opaque, steps: &["failed"], error: Some(error) }
    }

    /// The customer has seen it.
    fn read(customer: String, opaque: Option<String>, again: bool) -> Self {
        let steps: &[_] = if again { &["read", "delivered"] } else { &["read"] };
        Self { customer: Some(customer), opaque, steps, error: None }
    }

    /// The customer has listened to it.
    pub(super) fn played(customer: String, opaque: Option<String>) -> Self {
        Self { customer: Some(customer), opaque, steps: &["read", "played"], error: None }
    }
}

impl Player {
    /// Tells the business, one status after the other.
    pub(super) async fn report(&self, number: &str, message: &str, fate: &Fate) {
        let settings = self.settings();
        let mut steps: Vec<(usize, &str)> = fate.steps.iter().copied().enumerate().collect();
        match settings.status_order {
            StatusOrder::Silent => steps.clear(),
            StatusOrder::Reversed => steps.reverse(),
            StatusOrder::Duplicated => {
                steps = steps.into_iter().flat_map(|step| [step, step]).collect();
            }
            StatusOrder::Realistic | StatusOrder::BeforeAnswer => {}
        }
        for (at, (age, status)) in steps.into_iter().enumerate() {
            if at > 0 {
                tokio::time::sleep(settings.pace).await;
            }
            let callback = {
                let mut world = self.world();
                world.advance(number, message, status);
                let status = world.status(number, message, status, age, fate);
                world.callback(number, "messages", status)
            };
            if let Some(customer) = &fate.customer {
                self.changed(number, customer, false);
            }
            // Nobody listens, or the hub refuses for good: the platform goes on.
            if let Ok(callback) = callback {
                let _ = self.deliver(callback).await;
            }
        }
    }

    /// The customer opens the chat.
    pub(super) async fn seen(&self, number: &str, customer: &str) -> Option<String> {
        let again = self.settings().status_order == StatusOrder::Reversed;
        let unread: Vec<(String, Fate)> = {
            let mut world = self.world();
            let chat = world.numbers.get_mut(number)?.chats.get_mut(customer)?;
            let unread = chat.bubbles.iter_mut().filter(|bubble| !bubble.view.from_customer);
            unread
                .filter(|bubble| bubble.view.status != "read")
                .map(|bubble| {
                    let fate = Fate::read(customer.to_owned(), bubble.opaque.clone(), again);
                    (bubble.view.id.clone(), fate)
                })
                .collect()
        };
        for (message, fate) in &unread {
            self.report(number, message, fate).await;
        }
        unread.last().map(|(message, _)| message.clone())
    }
}

impl World {
    /// What the customer's phone shows moves forward only.
    fn advance(&mut self, number: &str, message: &str, status: &str) {
        const ORDER: [&str; 4] = ["sent", "delivered", "read", "played"];
        let rank = |status: &str| ORDER.iter().position(|known| *known == status);
        let found = self.numbers.get_mut(number).and_then(|number| number.find(message));
        if let Some((_, bubble)) = found
            && rank(status) > rank(&bubble.view.status)
        {
            bubble.view.status = status.to_owned();
        }
    }

    fn status(&self, number: &str, message: &str, status: &str, age: usize, fate: &Fate) -> Value {
        let at = chrono::Utc::now() + chrono::Duration::seconds(i64::try_from(age).unwrap_or_default());
        let mut item = json!({ "id": message, "status": status, "timestamp": seconds(at) });
        let chat = self.numbers.get(number).zip(fate.customer.as_ref());
        let chat = chat.and_then(|(number, customer)| number.chats.get(customer));
        if let Some(customer) = &fate.customer {
            if chat.is_none_or(|chat| self.shows_phone(&chat.customer)) {
                item["recipient_id"] = json!(customer);
            }
            item["recipient_user_id"] = json!(user_id(customer));
        }
        if let Some(opaque) = &fate.opaque {
            item["biz_opaque_callback_data"] = json!(opaque);
        }
        match fate.error {
            Some((code, title, details)) => {
                item["errors"] = json!([{
                    "code": code, "title": title, "message": title, "error_data": { "details": details },
                    "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
                }]);
            }
            None => {
                item["pricing"] = json!({
                    "billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service",
                });
            }
        }
        let mut value = json!({ "statuses": [item] });
        if let Some(chat) = chat.filter(|_| fate.error.is_none()) {
            value["contacts"] = json!([self.contact(&chat.customer)]);
        }
        value
    }
}
