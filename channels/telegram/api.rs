//! Calls of the Bot API through the door: teloxide-core writes the body where it knows the method and its parameters, plain
//! JSON where Telegram is ahead of it.

use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Map, Value};
use teloxide_core::{
    Bot,
    requests::{HasPayload, Payload},
};
use url::Url;

use super::{
    account,
    errors::{self, Failed},
    wire::{self, Answer},
};
use crate::{
    Account, SendError,
    message::{MediaSource, OutboundMedia},
};

/// One account's way to the API.
pub(super) struct Api<'a> {
    account: &'a Account,
    net: &'a net::Client,
    base: Url,
    pub(super) bot: Bot,
}

/// A message as the answer names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) chat: i64,
    pub(super) id: i64,
}

impl<'a> Api<'a> {
    pub(super) fn new(account: &'a Account, net: &'a net::Client) -> Result<Self, SendError> {
        let mut base = account::base(account, net)?;
        if let Ok(mut path) = base.path_segments_mut() {
            path.pop_if_empty();
        }
        let token = account::token(account);
        let bot = Bot::with_client(token.expose_secret(), net.sdk()).set_api_url(base.clone());
        Ok(Self { account, net, base, bot })
    }

    /// A method of the crate without files. `chat` is whose limits a 429 speaks of.
    pub(super) async fn ask<R>(&self, request: R, chat: i64) -> Result<Vec<Sent>, Failed>
    where
        R: HasPayload,
        R::Payload: Serialize,
    {
        self.carry(request.payload_ref(), None, &[], chat).await
    }

    /// As plain JSON.
    pub(super) async fn call(&self, method: &str, fields: &impl Serialize) -> Result<Value, Failed> {
        let url = account::address(&self.base, self.account, "bot", method)?;
        let answer = self.net.send(net::Request::post(url).json(fields)).await?;
        result(&answer.body, None)
    }

    /// A payload of the crate, and a field that it does not know. The crate's own way to the network sleeps ten seconds on a
    /// 5xx before it tells of it, and all that time the conversation would wait.
    pub(super) async fn carry<P: Payload + Serialize>(
        &self,
        payload: &P,
        extra: Option<(&str, i64)>,
        files: &[OutboundMedia],
        chat: i64,
    ) -> Result<Vec<Sent>, Failed> {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(payload) else {
            return Err(Failed::refused("type_not_supported", "the call could not be written as JSON"));
        };
        fields.extend(extra.map(|(name, value)| (name.to_owned(), value.into())));
        let url = account::address(&self.base, self.account, "bot", P::NAME)?;
        let request = net::Request::post(url);
        let request = match multipart(&fields, files)? {
            Some(form) => request.multipart(form),
            None => request.json(&fields),
        };
        let answer = self.net.send(request).await?;
        Ok(sent(&result(&answer.body, Some(chat))?))
    }

    /// A file's bytes by the path that `getFile` gave.
    pub(super) async fn download(&self, path: &str, limit: usize) -> Result<net::Response, Failed> {
        let url = account::address(&self.base, self.account, "file/bot", path)?;
        let limits = net::Limits { answer: limit, ..net::Limits::default() };
        match self.net.send(net::Request::get(url).limits(limits)).await {
            Err(net::Failure::TooLarge(limit)) => Err(Failed::refused(
                errors::TOO_LARGE,
                format!("The file is larger than {} MB.", limit >> 20),
            )),
            answer => Ok(answer?),
        }
    }
}

/// The crate writes files to upload as `attach://<name>`; without any there is no form.
fn multipart(
    fields: &Map<String, Value>,
    files: &[OutboundMedia],
) -> Result<Option<net::multipart::Form>, Failed> {
    let mut names = Vec::new();
    fields.values().for_each(|value| attachments(value, &mut names));
    if names.is_empty() {
        return Ok(None);
    }
    let mut form = net::multipart::Form::new();
    for (name, value) in fields {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        form = form.text(name.clone(), text);
    }
    let uploads = files.iter().filter_map(|file| match &file.source {
        MediaSource::Bytes(bytes) => Some((file, bytes)),
        MediaSource::Link(_) => None,
    });
    for (name, (file, bytes)) in names.into_iter().zip(uploads) {
        let part = net::multipart::Part::stream(bytes.clone()).file_name(file.file_name.clone());
        let part = part
            .mime_str(&file.mime)
            .map_err(|_| Failed::refused("media_rejected", "the file's type is malformed"))?;
        form = form.part(name, part);
    }
    Ok(Some(form))
}

fn attachments(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) => names.extend(text.strip_prefix("attach://").map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| attachments(item, names)),
        Value::Object(fields) => fields.values().for_each(|field| attachments(field, names)),
        _ => {}
    }
}

fn result(body: &[u8], chat: Option<i64>) -> Result<Value, Failed> {
    match serde_json::from_slice::<Answer>(body) {
        Ok(answer) if answer.ok => Ok(answer.result),
        Ok(answer) if answer.description.is_some() => Err(Failed::of_answer(&answer, chat)),
        _ => Err(errors::of_page(&String::from_utf8_lossy(body))),
    }
}

/// The messages in a result: one, several, or `true` for none.
fn sent(result: &Value) -> Vec<Sent> {
    let one = |value: &Value| {
        let message: wire::Message = serde::Deserialize::deserialize(value).ok()?;
        Some(Sent { chat: message.chat.as_ref()?.id.0?, id: message.message_id.0? })
    };
    match result {
        Value::Array(items) => items.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect(),
    }
}
