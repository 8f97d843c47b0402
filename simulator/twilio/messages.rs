//! `POST …/Messages.json`: messages of the business. Twilio checks them as it takes them, and tells the rest by callbacks.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use chrono::Utc;
use serde_json::{Value, json};

use super::{
    Platform, StatusOrder,
    api::{ApiError, Call, created, ok},
    contents,
    statuses::Fate,
    world::{Bubble, Number, address, bubble, sid},
};

const TEXT_MAX: usize = 1600;
const FILES_MAX: usize = 10;

/// A message that was taken.
struct Taken {
    number: String,
    customer: String,
    message: String,
    files: Vec<String>,
    fate: Fate,
    answer: Value,
}

pub(super) async fn post(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        let taken = platform.take(&call)?;
        let Taken { number, customer, message, files, fate, answer } = taken;
        platform.changed("sms", &number, &customer);
        if platform.settings().status_order == StatusOrder::BeforeAnswer {
            platform.send(&number, &message, &files, &fate).await;
        } else {
            let platform = platform.clone();
            tokio::spawn(async move { platform.send(&number, &message, &files, &fate).await });
        }
        created(answer)
    };
    platform.answer("messages", work).await
}

/// `GET …/Messages/{sid}.json`
pub(super) async fn get(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        let phone = platform.caller(&call)?;
        let mut world = platform.world();
        let number = world.numbers.get_mut(&phone).ok_or_else(|| ApiError::not_found(&call.sid))?;
        let bubble = number.find(&call.sid).ok_or_else(|| ApiError::not_found(&call.sid))?;
        ok(json!({ "sid": bubble.view.id, "status": bubble.view.status, "body": bubble.view.text }))
    };
    platform.answer("message", work).await
}

impl Platform {
    fn take(&self, call: &Call) -> Result<Taken, ApiError> {
        let phone = self.caller(call)?;
        let to =
            call.text("To").ok_or_else(|| ApiError::new(400, 21604, "A 'To' phone number is required."))?;
        let text = call.text("Body").unwrap_or_default();
        let files = call.all("MediaUrl");
        let mut world = self.world();
        let unreachable = world.unreachable.contains(&address(to));
        let number = world.numbers.get_mut(&phone).ok_or_else(|| ApiError::not_found(&phone))?;
        let template = contents::said(&number.contents, call).transpose()?;
        if template.is_none() {
            content(text, &files)?;
        }
        sender(number, call)?;
        let customer = recipient(to)?;
        if number.opted_out.contains(&customer) {
            return Err(ApiError::new(400, 21610, "Attempt to send to unsubscribed recipient"));
        }
        let message = sid(if files.is_empty() { "SM" } else { "MM" });
        let mut view = bubble(&message, false, if files.is_empty() { "text" } else { "image" }, Utc::now());
        let approved = template.as_ref().is_some_and(|said| !said.in_session);
        let shut = !approved && number.shut.contains(&customer);
        view.text = text.to_owned();
        if let Some(said) = template {
            (view.text, view.buttons, view.kind) = (said.text, said.buttons, said.kind.to_owned());
        }
        view.media_url = files.first().cloned();
        let answer = json!({
            "sid": message,
            "account_sid": number.account.sid,
            "status": "queued",
            "direction": "outbound-api",
            "from": number.phone,
            "to": to,
            "body": text,
            "num_segments": "1",
            "num_media": files.len().to_string(),
            "error_code": null,
            "error_message": null,
            "price": null,
        });
        let fate = match number.blocked.contains(&customer) {
            true => Fate::Undelivered(30004),
            false if unreachable => Fate::Undelivered(30003),
            false if shut => Fate::Failed(63016),
            false => Fate::Delivered,
        };
        let status_callback = call.text("StatusCallback").map(str::to_owned);
        number.chat(&customer).push(Bubble { view, status_callback, to: to.to_owned() });
        Ok(Taken { number: phone, customer, message, files, fate, answer })
    }

    /// What follows once the message was taken: its files are fetched, then it leaves.
    async fn send(&self, number: &str, message: &str, files: &[String], fate: &Fate) {
        let mut fate = *fate;
        for file in files {
            let (reached, _) = self.addresses(file);
            match self.poster.fetch(&reached).await {
                Some((bytes, mime)) => self.attach(number, message, bytes, mime),
                None => fate = Fate::Failed(11200),
            }
        }
        self.report(number, message, fate).await;
    }
}

fn content(text: &str, files: &[String]) -> Result<(), ApiError> {
    if text.trim().is_empty() && files.is_empty() {
        return Err(ApiError::new(400, 21602, "Message body is required."));
    }
    if text.chars().count() > TEXT_MAX {
        let message = "The concatenated message body exceeds the 1600 character limit";
        return Err(ApiError::new(400, 21617, message));
    }
    if files.len() > FILES_MAX {
        return Err(ApiError::new(400, 21623, "Number of media files exceeds allowed limit"));
    }
    match files.iter().find(|file| !file.starts_with("http")) {
        Some(file) => Err(ApiError::new(400, 21620, format!("Invalid media URL(s): {file}"))),
        None => Ok(()),
    }
}

fn sender(number: &Number, call: &Call) -> Result<(), ApiError> {
    if let Some(service) = call.text("MessagingServiceSid") {
        let ours = number.service.as_ref().is_some_and(|known| known.sid == service);
        let unknown = || ApiError::new(404, 21701, "The Messaging Service does not exist");
        return if ours { Ok(()) } else { Err(unknown()) };
    }
    let from =
        call.text("From").ok_or_else(|| ApiError::new(400, 21603, "A 'From' phone number is required."))?;
    let bare = from.rsplit(':').next().unwrap_or_default();
    if bare == number.phone {
        return Ok(());
    }
    let message = format!(
        "The 'From' phone number provided ({from}) is not a valid message-capable Twilio phone number"
    );
    Err(ApiError::new(400, 21606, message))
}

fn recipient(to: &str) -> Result<String, ApiError> {
    let bare = to.rsplit(':').next().unwrap_or_default();
    let digits = bare.strip_prefix('+').unwrap_or_default();
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(address(to));
    }
    Err(ApiError::new(400, 21211, format!("Invalid 'To' Phone Number: {to}")))
}
