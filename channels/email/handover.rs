//! Hands letters to a provider's HTTP interface. None of them has a key against doubles: a lost answer is an unknown outcome.

use base64::{Engine, engine::general_purpose::STANDARD};
use net::{Method, Request, Response};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use super::{
    account::{self, Provider},
    automatic::MARK,
    compose::{self, Draft},
    errors,
};
use crate::{
    Account, Check, SendError,
    error::{NextStep, Refusal},
    mail::Mailbox,
};

pub(super) async fn send(
    account: &Account,
    provider: Provider,
    draft: &Draft,
    net: &net::Client,
) -> Result<(), SendError> {
    let request = match provider {
        Provider::Postmark => {
            keyed(Method::POST, account, provider, "/email")?.json(&postmark(account, draft))
        }
        Provider::Sendgrid => {
            keyed(Method::POST, account, provider, "/v3/mail/send")?.json(&sendgrid(account, draft))
        }
        Provider::Mailgun => {
            let path = format!("/v3/{}/messages.mime", account::domain(account));
            keyed(Method::POST, account, provider, &path)?.multipart(mailgun(draft)?)
        }
        Provider::Ses => return Err(not_by_calls()),
    };
    let answer = net.send(request).await.map_err(|failure| SendError::from_failure(&failure))?;
    if answer.status.is_success() { Ok(()) } else { Err(refused(&answer)) }
}

/// Asks for something that any good key may see.
pub(super) async fn check(account: &Account, provider: Provider, net: &net::Client) -> Check {
    let path = match provider {
        Provider::Postmark => "/server".to_owned(),
        Provider::Sendgrid => "/v3/scopes".to_owned(),
        Provider::Mailgun => format!("/v3/domains/{}", account::domain(account)),
        Provider::Ses => return failed(&not_by_calls()),
    };
    let asked = async {
        let request = keyed(Method::GET, account, provider, &path)?.header("accept", "application/json");
        net.send(request).await.map_err(|failure| SendError::from_failure(&failure))
    };
    match asked.await {
        Ok(answer) if answer.status.is_success() => Check::passed("token", "The provider accepts the key."),
        Ok(answer) => failed(&refused(&answer)),
        Err(error) => failed(&error),
    }
}

pub(super) fn failed(error: &SendError) -> Check {
    match error {
        SendError::Refused(why) | SendError::AccountBroken(why) | SendError::Later { reason: why, .. } => {
            Check::refused("token", why)
        }
        SendError::Unknown(why) => Check::failed("token", why.clone()),
    }
}

fn keyed(method: Method, account: &Account, provider: Provider, path: &str) -> Result<Request, SendError> {
    let origin = match provider {
        Provider::Postmark => "https://api.postmarkapp.com",
        Provider::Sendgrid => "https://api.sendgrid.com",
        Provider::Mailgun => "https://api.mailgun.net",
        Provider::Ses => return Err(not_by_calls()),
    };
    let url = account.api_base(origin).and_then(|base: Url| base.join(path));
    let url = url.map_err(|error| {
        SendError::AccountBroken(Refusal::new("address_invalid", error.to_string(), NextStep::Reconnect))
    })?;
    let key = account.secret(account::PROVIDER_SECRET);
    Ok(match provider {
        Provider::Postmark => {
            Request::new(method, url).header("x-postmark-server-token", key.expose_secret())
        }
        Provider::Sendgrid => Request::new(method, url).bearer(&key),
        Provider::Mailgun => {
            let pair = STANDARD.encode(format!("api:{}", key.expose_secret()));
            Request::new(method, url).header("authorization", format!("Basic {pair}"))
        }
        Provider::Ses => return Err(not_by_calls()),
    })
}

fn not_by_calls() -> SendError {
    let detail = "Amazon SES takes letters at its SMTP server, which is missing.";
    SendError::AccountBroken(Refusal::new("account_incomplete", detail, NextStep::Reconnect))
}

/// Where answers are to go: the address with the message's id in it, which both providers pass on.
fn reply_to(account: &Account, draft: &Draft) -> String {
    let own = account.text(account::ADDRESS);
    own.rsplit_once('@')
        .map_or_else(|| own.to_owned(), |(local, domain)| format!("{local}+{}@{domain}", draft.mark))
}

fn postmark(account: &Account, draft: &Draft) -> Value {
    let list = |boxes: &[Mailbox]| boxes.iter().map(written).collect::<Vec<_>>().join(", ");
    let files: Vec<_> = draft
        .files
        .iter()
        .map(|file| json!({ "Name": file.file_name, "ContentType": file.mime, "Content": STANDARD.encode(compose::bytes(file)) }))
        .collect();
    let headers: Vec<_> =
        headers(draft).into_iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    json!({
        "From": written(&draft.from), "To": list(&draft.to), "Cc": list(&draft.cc), "Bcc": list(&draft.bcc),
        "ReplyTo": reply_to(account, draft), "Subject": draft.subject, "TextBody": draft.text, "HtmlBody": draft.page(),
        "Headers": headers, "Attachments": files, "Metadata": { "switchboard_message": draft.mark },
    })
}

fn sendgrid(account: &Account, draft: &Draft) -> Value {
    let one = |mailbox: &Mailbox| match &mailbox.name {
        Some(name) => json!({ "email": mailbox.address, "name": name }),
        None => json!({ "email": mailbox.address }),
    };
    let mut personal = json!({ "to": draft.to.iter().map(one).collect::<Vec<_>>(), "custom_args": { "switchboard_message": draft.mark } });
    for (field, boxes) in [("cc", &draft.cc), ("bcc", &draft.bcc)] {
        if !boxes.is_empty() {
            personal[field] = boxes.iter().map(one).collect();
        }
    }
    let headers: serde_json::Map<String, Value> = headers(draft)
        .into_iter()
        .filter(|(name, _)| *name != "X-PM-KeepID")
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    let mut body = json!({
        "personalizations": [personal], "from": one(&draft.from), "reply_to": { "email": reply_to(account, draft) },
        "subject": draft.subject, "headers": headers,
        "content": [{ "type": "text/plain", "value": draft.text }, { "type": "text/html", "value": draft.page() }],
    });
    if !draft.files.is_empty() {
        let file = |file| {
            let file: &crate::message::OutboundMedia = file;
            json!({ "filename": file.file_name, "type": file.mime, "disposition": "attachment", "content": STANDARD.encode(compose::bytes(file)) })
        };
        body["attachments"] = draft.files.iter().map(file).collect();
    }
    body
}

/// Mailgun takes the letter as it is.
fn mailgun(draft: &Draft) -> Result<net::multipart::Form, SendError> {
    let letter = draft.mime()?;
    let all =
        draft.to.iter().chain(&draft.cc).chain(&draft.bcc).map(|one| one.address.clone()).collect::<Vec<_>>();
    let file = net::multipart::Part::bytes(letter.formatted()).file_name("letter.eml");
    Ok(net::multipart::Form::new().text("to", all.join(", ")).part("message", file))
}

fn headers(draft: &Draft) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("Message-ID", format!("<{}>", draft.id)),
        // Postmark would put an id of its own.
        ("X-PM-KeepID", "true".to_owned()),
        (MARK, draft.mark.clone()),
    ];
    headers.extend(draft.in_reply_to.as_ref().map(|id| ("In-Reply-To", format!("<{id}>"))));
    if !draft.references.is_empty() {
        headers.push(("References", draft.references_header()));
    }
    headers
}

fn written(mailbox: &Mailbox) -> String {
    match mailbox.name.as_deref() {
        Some(name) => format!("\"{}\" <{}>", name.replace(['"', '\\'], ""), mailbox.address),
        None => mailbox.address.clone(),
    }
}

/// Postmark's `ErrorCode` and `Message`, SendGrid's `errors`, Mailgun's `message`.
fn refused(answer: &Response) -> SendError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let words = [&body["Message"], &body["message"], &body["errors"][0]["message"]];
    let words = words.into_iter().find_map(Value::as_str).unwrap_or_default();
    errors::http(answer, body["ErrorCode"].as_i64(), words)
}
