//! Telling Twilio where messages go, and looking after it: the number's own address, and the messaging service's, which comes
//! before it.

use serde_json::Value;
use url::Url;

use super::{
    super::{
        account,
        api::{Call, refused, word},
        check,
    },
    form,
};
use crate::{Account, Check, Connection, SendError, error::NextStep};

pub(super) async fn connect(
    account: &Account,
    connection: &Connection,
    net: &net::Client,
) -> Result<(), SendError> {
    let ours = account::repeated(connection.webhook_url.clone());
    let number = check::number(account, net).await?;
    if let Some(sid) = number.as_ref().and_then(|number| word(number, "sid")) {
        point_number(account, sid, ours.as_str(), net).await?;
    } else if form::service(account).is_none() {
        return Err(refused("sender_invalid", check::no_such_number(account), NextStep::Reconnect));
    }
    if let Some(service) = form::service(account) {
        let fields = [
            ("InboundRequestUrl", ours.as_str()),
            ("InboundMethod", "POST"),
            ("UseInboundWebhookOnNumber", "false"),
        ];
        Call::update(account, service_url(account, service)?, pairs(&fields)).run(net).await?;
    }
    Ok(())
}

/// Only what points here is taken back: the number may have been given to somebody else since.
pub(super) async fn disconnect(account: &Account, net: &net::Client) -> Result<(), SendError> {
    let Some(ours) = account.webhook_url() else { return Ok(()) };
    if let Some(number) = check::number(account, net).await?
        && check::is_ours(word(&number, "sms_url"), ours)
        && let Some(sid) = word(&number, "sid")
    {
        point_number(account, sid, "", net).await?;
    }
    if let Some(service) = form::service(account) {
        let url = service_url(account, service)?;
        let found = Call::get(account, url.clone()).run(net).await?;
        if check::is_ours(word(&found, "inbound_request_url"), ours) {
            Call::update(account, url, pairs(&[("InboundRequestUrl", "")])).run(net).await?;
        }
    }
    Ok(())
}

/// An application set for the number would come before the address.
async fn point_number(account: &Account, sid: &str, url: &str, net: &net::Client) -> Result<(), SendError> {
    let fields = [("SmsUrl", url), ("SmsMethod", "POST"), ("SmsApplicationSid", "")];
    let number = account::resource(account, &["IncomingPhoneNumbers", &format!("{sid}.json")])?;
    Call::update(account, number, pairs(&fields)).run(net).await.map(|_| ())
}

pub(super) async fn check(account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
    let (token, number, service) =
        tokio::join!(check::account(account, net), check::number(account, net), found_service(account, net),);
    let ours = &connection.webhook_url;
    let mut checks = vec![token];
    match &number {
        Ok(Some(number)) => {
            checks.push(capable(number));
            checks.push(webhook(number, service.as_ref(), ours));
        }
        Ok(None) => checks.push(Check::failed("number", check::no_such_number(account))),
        Err(error) => checks.push(check::refused("number", error)),
    }
    checks.extend(service.map(|service| match service {
        Ok(service) => service_line(&service, ours),
        Err(error) => check::refused("messaging_service", &error),
    }));
    if ours.scheme() != "https" {
        checks.push(Check::failed(
            "address",
            "Twilio calls public https addresses only; pictures are fetched from the same address.",
        ));
    }
    checks
}

async fn found_service(account: &Account, net: &net::Client) -> Option<Result<Value, SendError>> {
    let service = form::service(account)?;
    Some(match service_url(account, service) {
        Ok(url) => Call::get(account, url).run(net).await,
        Err(error) => Err(error),
    })
}

fn capable(number: &Value) -> Check {
    let name = word(number, "phone_number").unwrap_or("The number");
    match (check::capability(number, "sms"), check::capability(number, "mms")) {
        (false, _) => Check::failed("number", format!("{name} cannot send text messages.")),
        (true, false) => Check::passed("number", format!("{name} sends text messages, but no pictures.")),
        (true, true) => Check::passed("number", format!("{name} sends text messages and pictures.")),
    }
}

fn webhook(number: &Value, service: Option<&Result<Value, SendError>>, ours: &Url) -> Check {
    if word(number, "sms_application_sid").is_some() {
        return Check::failed("webhook", "The number hands its messages to a TwiML app. Connect again.");
    }
    match word(number, "sms_url") {
        held if check::is_ours(held, ours) => {
            Check::passed("webhook", format!("Twilio sends messages to {ours}."))
        }
        // The service's line says where they go.
        _ if service.is_some() => Check::passed("webhook", "The messaging service says where messages go."),
        Some(other) => Check::failed("webhook", format!("Twilio sends messages to {other}. Connect again.")),
        None => Check::failed("webhook", "Twilio sends messages nowhere. Connect again."),
    }
}

fn service_line(service: &Value, ours: &Url) -> Check {
    let name = word(service, "friendly_name").unwrap_or("The messaging service");
    let defers = service.get("use_inbound_webhook_on_number").and_then(Value::as_bool).unwrap_or(false);
    if defers {
        return Check::passed(
            "messaging_service",
            format!("{name} leaves it to the number where messages go."),
        );
    }
    match word(service, "inbound_request_url") {
        held if check::is_ours(held, ours) => {
            Check::passed("messaging_service", format!("{name} sends messages to {ours}."))
        }
        Some(other) => {
            Check::failed("messaging_service", format!("{name} sends messages to {other}. Connect again."))
        }
        None => Check::failed("messaging_service", format!("{name} drops incoming messages. Connect again.")),
    }
}

fn service_url(account: &Account, service: &str) -> Result<Url, SendError> {
    account::url(account, "https://messaging.twilio.com", &["v1", "Services", service])
}

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
