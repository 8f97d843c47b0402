//! What becomes of a message after Twilio took it, told to the address that came with it, in the order that was asked for.

use super::{
    Platform, StatusOrder,
    callback::{Callback, form},
};

/// What will happen to a message; a failure has Twilio's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Delivered,
    Undelivered(i64),
    Failed(i64),
    /// The customer opened the chat.
    Read,
}

impl Fate {
    fn steps(self) -> Vec<&'static str> {
        match self {
            Self::Delivered => vec!["sending", "sent", "delivered"],
            Self::Undelivered(_) => vec!["sent", "undelivered"],
            Self::Failed(_) => vec!["failed"],
            Self::Read => vec!["read"],
        }
    }

    fn code(self, step: &str) -> Option<i64> {
        match self {
            Self::Undelivered(code) | Self::Failed(code) if step != "sent" => Some(code),
            _ => None,
        }
    }
}

impl Platform {
    /// Tells the business, one status after the other.
    pub(super) async fn report(&self, number: &str, message: &str, fate: Fate) {
        let settings = self.settings();
        let mut steps = fate.steps();
        match settings.status_order {
            StatusOrder::Silent => steps.clear(),
            StatusOrder::Reversed => steps.reverse(),
            StatusOrder::Duplicated => steps = steps.into_iter().flat_map(|step| [step, step]).collect(),
            StatusOrder::Realistic | StatusOrder::BeforeAnswer => {}
        }
        for (at, step) in steps.into_iter().enumerate() {
            if at > 0 {
                tokio::time::sleep(settings.pace).await;
            }
            let Some((callback, customer)) = self.step(number, message, step, fate) else { continue };
            self.changed("sms", number, &customer);
            // Nobody listens, or the hub refuses for good: the platform goes on.
            let _ = self.deliver(&callback).await;
        }
    }

    /// What the customer's telephone shows moves forward only.
    fn step(&self, number: &str, message: &str, step: &str, fate: Fate) -> Option<(Callback, String)> {
        const ORDER: [&str; 5] = ["queued", "sending", "sent", "delivered", "read"];
        let rank = |status: &str| ORDER.iter().position(|known| *known == status).unwrap_or(ORDER.len());
        let mut world = self.world();
        let number = world.numbers.get_mut(number)?;
        let (token, account, phone) =
            (number.account.token.clone(), number.account.sid.clone(), number.phone.clone());
        let bubble = number.find(message)?;
        if rank(step) > rank(&bubble.view.status) {
            bubble.view.status = step.to_owned();
        }
        let url = bubble.status_callback.clone()?;
        let prefix = bubble.to.split_once(':').map(|(prefix, _)| prefix);
        let from = prefix.map_or_else(|| phone.clone(), |prefix| format!("{prefix}:{phone}"));
        let mut fields = form(&[
            ("MessageSid", message),
            ("SmsSid", message),
            ("MessageStatus", step),
            ("SmsStatus", step),
            ("AccountSid", &account),
            ("From", &from),
            ("To", &bubble.to),
            ("ApiVersion", "2010-04-01"),
        ]);
        fields.extend(fate.code(step).map(|code| ("ErrorCode".to_owned(), code.to_string())));
        fields.extend(prefix.map(|prefix| ("ChannelPrefix".to_owned(), prefix.to_owned())));
        Some((Callback { url, token, form: fields }, super::world::address(&bubble.to)))
    }
}
