//! Hands letters to Amazon SES over HTTPS, for accounts with an access key instead of an SMTP server.
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>

use base64::{Engine, engine::general_purpose::STANDARD};
use net::{Method, Response};
use serde_json::{Value, json};

use super::{
    amazon::{SES, region, signed},
    compose::Draft,
    errors, ses,
};
use crate::{Account, Check, Refusal, SendError, error::NextStep, mail::Mailbox};

const LETTERS: &str = "/v2/email/outbound-emails";
/// Tells how much may be sent, to whoever may send.
const ACCOUNT: &str = "/v2/email/account";
/// Amazon's limit, of the letter as it is called with.
const LARGEST: usize = 40 << 20;

/// The id that SES writes over ours, by which answers name the letter.
pub(super) async fn send(account: &Account, draft: &Draft, net: &net::Client) -> Result<String, SendError> {
    let letter = STANDARD.encode(draft.mime()?.formatted());
    if letter.len() > LARGEST {
        let detail = "The letter is larger than the 40 MB that Amazon SES takes.";
        return Err(SendError::Refused(Refusal::new("message_too_large", detail, NextStep::FixContent)));
    }
    let list = |boxes: &[Mailbox]| boxes.iter().map(|one| one.address.clone()).collect::<Vec<_>>();
    let body = json!({
        "FromEmailAddress": draft.from.address,
        "Destination": { "ToAddresses": list(&draft.to), "CcAddresses": list(&draft.cc), "BccAddresses": list(&draft.bcc) },
        "Content": { "Raw": { "Data": letter } },
    });
    let request = signed(account, SES, Method::POST, LETTERS, body.to_string().into_bytes())?;
    let answer = net.send(request).await.map_err(|failure| SendError::from_failure(&failure))?;
    if !answer.status.is_success() {
        return Err(refused(&answer));
    }
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let id = said["MessageId"].as_str().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| SendError::Unknown("Amazon SES took the letter and named none.".to_owned()))?;
    Ok(ses::message_id(id, &region(account)))
}

pub(super) async fn check(account: &Account, net: &net::Client) -> Check {
    let asked = async {
        let request = signed(account, SES, Method::GET, ACCOUNT, Vec::new())?;
        let answer = net.send(request).await.map_err(|failure| SendError::from_failure(&failure))?;
        if answer.status.is_success() { Ok(answer) } else { Err(refused(&answer)) }
    };
    let answer = match asked.await {
        Ok(answer) => answer,
        Err(error) => return super::handover::failed(&error),
    };
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if said["SendingEnabled"] == false {
        return Check::failed("token", "Amazon has paused sending for this account.");
    }
    if said["ProductionAccessEnabled"] == false {
        let words = "Amazon SES is in its sandbox: letters go to confirmed addresses only. Ask Amazon for production access.";
        return Check::failed("token", words);
    }
    Check::passed("token", "Amazon SES accepts the key.")
}

/// What SES refuses, by the name of the error: the table of its API.
fn refused(answer: &Response) -> SendError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let words = [&body["message"], &body["Message"]].into_iter().find_map(Value::as_str).unwrap_or_default();
    let named = answer.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let name = named.and_then(|name| name.split(':').next()).unwrap_or_default();
    let says = |code: &str, next| {
        let detail =
            if words.is_empty() { format!("Amazon SES refused it: {name}.") } else { words.to_owned() };
        Refusal::new(code, detail, next).platform_code(name)
    };
    match name {
        "MessageRejected" => SendError::Refused(says("policy_refused", NextStep::FixContent)),
        "MailFromDomainNotVerifiedException" => {
            SendError::Refused(says("sender_refused", NextStep::Reconnect))
        }
        "AccountSuspendedException" | "SendingPausedException" => {
            SendError::AccountBroken(says("account_suspended", NextStep::Reconnect))
        }
        _ => errors::http(answer, None, words),
    }
}
