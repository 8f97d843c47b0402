//! The account, its number and its messaging service, as the API shows and changes them.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use super::{
    Platform,
    api::{ApiError, Call, ok},
    world::{Number, Service},
};

/// `GET /Accounts/{account}.json`
pub(super) async fn account(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        let phone = platform.caller(&call)?;
        let world = platform.world();
        let number = world.numbers.get(&phone).ok_or_else(|| ApiError::not_found(&phone))?;
        ok(json!({
            "sid": number.account.sid,
            "friendly_name": number.account.name,
            "status": "active",
            "type": "Full",
        }))
    };
    platform.answer("account", work).await
}

/// `GET …/IncomingPhoneNumbers.json`, filtered by `PhoneNumber`.
pub(super) async fn list(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        let phone = platform.caller(&call)?;
        let world = platform.world();
        let wanted = call.query.get("PhoneNumber").is_none_or(|wanted| *wanted == phone);
        let numbers: Vec<Value> =
            world.numbers.get(&phone).filter(|_| wanted).map(shown).into_iter().collect();
        ok(json!({ "incoming_phone_numbers": numbers, "page": 0, "page_size": 50, "next_page_uri": null }))
    };
    platform.answer("numbers", work).await
}

pub(super) async fn get(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async { platform.number(&call, |number| shown(number)) };
    platform.answer("number", work).await
}

pub(super) async fn change(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        platform.number(&call, |number| {
            call.change("SmsUrl", &mut number.sms_url);
            call.change("SmsApplicationSid", &mut number.sms_application_sid);
            call.change("VoiceUrl", &mut number.voice_url);
            call.change("VoiceApplicationSid", &mut number.voice_application_sid);
            call.change("StatusCallback", &mut number.status_callback);
            shown(number)
        })
    };
    platform.answer("number", work).await
}

pub(super) async fn service(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async { platform.service(&call, |service| shown_service(service)) };
    platform.answer("service", work).await
}

pub(super) async fn change_service(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        platform.service(&call, |service| {
            call.change("InboundRequestUrl", &mut service.inbound_request_url);
            if let Some(defers) = call.text("UseInboundWebhookOnNumber") {
                service.use_inbound_webhook_on_number = defers == "true";
            }
            shown_service(service)
        })
    };
    platform.answer("service", work).await
}

impl Platform {
    fn number(&self, call: &Call, show: impl FnOnce(&mut Number) -> Value) -> Result<Response, ApiError> {
        let phone = self.caller(call)?;
        let mut world = self.world();
        let number = world.numbers.get_mut(&phone).filter(|number| number.sid == call.sid);
        ok(show(number.ok_or_else(|| ApiError::not_found(&call.sid))?))
    }

    fn service(&self, call: &Call, show: impl FnOnce(&mut Service) -> Value) -> Result<Response, ApiError> {
        let phone = self.caller(call)?;
        let mut world = self.world();
        let service = world.numbers.get_mut(&phone).and_then(|number| number.service.as_mut());
        ok(show(
            service
                .filter(|service| service.sid == call.sid)
                .ok_or_else(|| ApiError::not_found(&call.sid))?,
        ))
    }
}

fn shown(number: &Number) -> Value {
    json!({
        "sid": number.sid,
        "account_sid": number.account.sid,
        "phone_number": number.phone,
        "friendly_name": number.phone,
        "capabilities": { "sms": true, "mms": true, "voice": true, "fax": false },
        "sms_url": number.sms_url,
        "sms_method": "POST",
        "sms_application_sid": number.sms_application_sid,
        "voice_url": number.voice_url,
        "voice_method": "POST",
        "voice_application_sid": number.voice_application_sid,
        "status_callback": number.status_callback,
    })
}

fn shown_service(service: &Service) -> Value {
    json!({
        "sid": service.sid,
        "friendly_name": "Shop messages",
        "inbound_request_url": Some(&service.inbound_request_url).filter(|url| !url.is_empty()),
        "inbound_method": "POST",
        "use_inbound_webhook_on_number": service.use_inbound_webhook_on_number,
    })
}
