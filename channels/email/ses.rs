//! Amazon SES, which tells through SNS what came in and what became of what went out.
//! <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html>,
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use net::Request;
use serde_json::Value;
use url::Url;
use webhooks::{Scheme, Unverified, sns};

use super::{
    account::{self, ACCESS_KEY, Provider, TOPIC},
    address::clean,
    automatic::MARK,
    bucket, errors,
    events::{self, status_change},
    provider::text,
    read,
};
use crate::{
    Account, Refusal, SendError,
    account::API_BASE_URL,
    error::NextStep,
    event::{Notice, Severity, StatusChange, What},
    message::MessageStatus,
};

pub(super) fn proof(account: &Account) -> Scheme {
    Scheme::Sns { topic: account.text(TOPIC).to_owned(), origin: origin(account) }
}

/// Where Amazon's own addresses are on a test server.
fn origin(account: &Account) -> Option<String> {
    account.has(API_BASE_URL).then(|| account.text(API_BASE_URL).trim_end_matches('/').to_owned())
}

/// The certificate that a message of our topic names.
pub(super) fn certificate(account: &Account, request: &Unverified) -> Option<Url> {
    if account::provider(account) != Some(Provider::Ses) {
        return None;
    }
    let envelope = request.envelope();
    let ours = envelope.json_names(&["TopicArn"]).iter().any(|topic| topic == account.text(TOPIC));
    let address = envelope.json_names(&["SigningCertURL"]).into_iter().next()?;
    let address = address.parse().ok().filter(|_| sns::is_certificate(&address, origin(account).as_deref()));
    address.filter(|_| ours)
}

pub(super) fn read(account: &Account, body: &Value, at: DateTime<Utc>) -> Vec<What> {
    let what = match text(body, "Type") {
        "SubscriptionConfirmation" => What::Handshake { token: text(body, "SubscribeURL").to_owned() },
        "UnsubscribeConfirmation" => notice(
            "subscription_ended",
            "Amazon SNS has ended the subscription: nothing comes in any more. Subscribe the hub's address to the topic again.",
        ),
        "Notification" => match serde_json::from_str(text(body, "Message")) {
            Ok(told) => return told_of(account, &told, at),
            Err(_) => ignored("words of Amazon's own"),
        },
        other => ignored(&format!("what SNS says of type {other}")),
    };
    vec![what]
}

/// Confirms the subscription whose address SNS has told.
pub(super) async fn confirm(account: &Account, address: &str, net: &net::Client) -> Result<(), SendError> {
    let url = address.parse().ok().filter(|_| sns::is_service(address, origin(account).as_deref()));
    let url: Url = url.ok_or_else(|| {
        let detail = "The subscription's address is none of Amazon's.";
        SendError::Refused(Refusal::new("address_invalid", detail, NextStep::Reconnect))
    })?;
    let answer = net.send(Request::get(url)).await;
    let answer = answer.map_err(|failure| SendError::from_failure(&failure))?;
    if answer.status.is_success() { Ok(()) } else { Err(errors::http(&answer, None, "")) }
}

/// The id under which other programs know a letter that SES took: it writes one of its own over ours. `server` is that of SMTP,
/// `reply` its last word.
pub(super) fn renamed(server: &str, reply: &str) -> Option<String> {
    let region = server.strip_prefix("email-smtp.")?.strip_suffix(".amazonaws.com")?;
    let id = reply.split_whitespace().last()?;
    let whole = id.len() > 20 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    whole.then(|| message_id(id, region))
}

pub(super) fn message_id(id: &str, region: &str) -> String {
    let host = if region == "us-east-1" { "email".to_owned() } else { region.to_owned() };
    format!("{id}@{host}.amazonses.com")
}

fn told_of(account: &Account, told: &Value, at: DateTime<Utc>) -> Vec<What> {
    let kind = [text(told, "eventType"), text(told, "notificationType")];
    match kind.into_iter().find(|kind| !kind.is_empty()).unwrap_or_default() {
        "Received" => vec![received(account, told, at)],
        "Delivery" => vec![status(account, told, MessageStatus::Delivered, "", "delivery", at)],
        "Open" => vec![status(account, told, MessageStatus::Read, "", "open", at)],
        "Bounce" if text(&told["bounce"], "bounceType") != "Transient" => {
            let why = told["bounce"]["bouncedRecipients"][0]["diagnosticCode"].as_str().unwrap_or_default();
            vec![status(account, told, MessageStatus::Failed, why, "bounce", at)]
        }
        "Reject" => {
            vec![status(account, told, MessageStatus::Failed, text(&told["reject"], "reason"), "reject", at)]
        }
        "Complaint" => vec![notice(
            "complaint",
            &format!(
                "{} has called a letter spam.",
                clean(
                    told["complaint"]["complainedRecipients"][0]["emailAddress"]
                        .as_str()
                        .unwrap_or("Somebody")
                )
            ),
        )],
        other => vec![ignored(&format!("SES' event: {other}"))],
    }
}

fn received(account: &Account, told: &Value, at: DateTime<Utc>) -> What {
    let receipt = &told["receipt"];
    let who = clean(text(&told["mail"], "source"));
    if text(&receipt["virusVerdict"], "status") == "FAIL" {
        return notice("virus", &format!("A letter by {who} held a virus and was not shown."));
    }
    let content = text(told, "content");
    let elsewhere = content.is_empty().then(|| bucket::announced(told)).flatten();
    if let (Some(elsewhere), true) = (elsewhere, account.has(ACCESS_KEY)) {
        return What::Elsewhere { reference: serde_json::to_value(elsewhere).unwrap_or_default() };
    }
    if content.is_empty() {
        let words = format!(
            "A letter by {who} was put into {} instead of being told. Enter an AWS access key that may read it, or give the receipt rule an SNS action.",
            clean(text(&receipt["action"], "bucketName"))
        );
        return notice("letter_elsewhere", &words);
    }
    let raw = match text(&receipt["action"], "encoding") {
        "BASE64" => STANDARD.decode(content).unwrap_or_else(|_| content.as_bytes().to_vec()),
        _ => content.as_bytes().to_vec(),
    };
    let arrival = read::Arrival {
        lies: None,
        recipient: receipt["recipients"][0].as_str().map(str::to_owned),
        checked: checked(receipt),
        at,
    };
    read::read(account, &raw, &arrival)
}

/// The verdicts, as a mail server would write them into the letter.
pub(super) fn checked(receipt: &Value) -> Option<String> {
    let one = |method: &str| {
        let status = text(&receipt[format!("{method}Verdict")], "status").to_ascii_lowercase();
        matches!(status.as_str(), "pass" | "fail").then(|| format!("; {method}={status}"))
    };
    let all: String = ["spf", "dkim", "dmarc"].into_iter().filter_map(one).collect();
    (!all.is_empty()).then_some(all)
}

/// `part` of the event holds its time.
fn status(
    account: &Account,
    told: &Value,
    status: MessageStatus,
    why: &str,
    part: &str,
    at: DateTime<Utc>,
) -> What {
    let mail = &told["mail"];
    let at = text(&told[part], "timestamp").parse().unwrap_or(at);
    let headers = mail["headers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mark = headers.iter().find(|one| text(one, "name").eq_ignore_ascii_case(MARK));
    if let Some(mark) = mark {
        return status_change(account, text(mark, "value"), "", status, why, at);
    }
    // Without the letter's headers only Amazon's own id is there, which the hub learned when it handed the letter in.
    let region = text(mail, "sourceArn").split(':').nth(3).unwrap_or_default();
    let id = text(mail, "messageId");
    if id.is_empty() || region.is_empty() {
        return ignored("an event that names no letter");
    }
    What::Status(StatusChange {
        external_id: message_id(id, region),
        status,
        at,
        error: (status == MessageStatus::Failed).then(|| events::came_back(why)),
        message_id: None,
        contact: None,
    })
}

fn notice(topic: &str, words: &str) -> What {
    What::Notice(Notice { topic: topic.to_owned(), severity: Severity::Warning, text: words.to_owned() })
}

fn ignored(reason: &str) -> What {
    What::Ignored { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn the_id_that_amazon_gives_is_known() {
        let id = "0102018f3c2b1a2d-0d1e2f30-4a5b-6c7d-8e9f-0a1b2c3d4e5f-000000";
        let reply = format!("Ok {id}");
        let known = |server: &str| renamed(server, &reply);
        assert_eq!(
            known("email-smtp.eu-west-1.amazonaws.com"),
            Some(format!("{id}@eu-west-1.amazonses.com"))
        );
        assert_eq!(known("email-smtp.us-east-1.amazonaws.com"), Some(format!("{id}@email.amazonses.com")));
        assert_eq!(known("smtp.example.com"), None);
        assert_eq!(renamed("email-smtp.eu-west-1.amazonaws.com", "Ok"), None);
    }
}
