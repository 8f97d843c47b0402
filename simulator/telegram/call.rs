//! A call as it came in: query, form, JSON or multipart, all read into the same fields.

use std::collections::BTreeMap;

use axum::{
    body::to_bytes,
    extract::{FromRequest, Multipart, Request},
    http::header::CONTENT_TYPE,
};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::refused::Refused;

/// Telegram takes files of up to 50 MB.
const BODY_MAX: usize = 51 << 20;

#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The bot's user id.
    pub bot: String,
    /// Lower case, as Telegram ignores the case.
    pub method: String,
    /// Forms give texts where JSON gives numbers and objects.
    pub fields: Map<String, Value>,
    pub files: BTreeMap<String, Upload>,
}

#[derive(Clone, Debug, Default)]
pub struct Upload {
    pub file_name: String,
    pub mime: Option<String>,
    pub bytes: Bytes,
}

impl Call {
    pub(super) async fn read(bot: String, method: &str, request: Request) -> Result<Self, Refused> {
        let mut call = Self { bot, method: method.to_ascii_lowercase(), ..Self::default() };
        if let Some(query) = request.uri().query() {
            call.form(query.as_bytes());
        }
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            call.multipart(request).await.map_err(|()| Refused::bad("can't parse the form"))?;
            return Ok(call);
        }
        let json = kind.starts_with("application/json");
        let body = to_bytes(request.into_body(), BODY_MAX).await;
        let body = body.map_err(|_| Refused::new(413, "Request Entity Too Large"))?;
        match json {
            true if !body.is_empty() => {
                let fields: Map<String, Value> = serde_json::from_slice(&body)
                    .map_err(|_| Refused::bad("can't parse JSON encoded request"))?;
                call.fields.extend(fields);
            }
            _ => call.form(&body),
        }
        Ok(call)
    }

    fn form(&mut self, bytes: &[u8]) {
        let pairs = url::form_urlencoded::parse(bytes).into_owned();
        self.fields.extend(pairs.map(|(name, value)| (name, Value::String(value))));
    }

    async fn multipart(&mut self, request: Request) -> Result<(), ()> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_MAX).await.map_err(|_| ())?;
        let request = Request::from_parts(parts, body.into());
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| ())?;
        while let Some(field) = multipart.next_field().await.map_err(|_| ())? {
            let name = field.name().unwrap_or_default().to_owned();
            let (file_name, mime) =
                (field.file_name().map(str::to_owned), field.content_type().map(str::to_owned));
            let bytes = field.bytes().await.map_err(|_| ())?;
            match file_name {
                Some(file_name) => {
                    self.files.insert(name, Upload { file_name, mime, bytes });
                }
                None => {
                    let text = String::from_utf8(bytes.to_vec()).map_err(|_| ())?;
                    self.fields.insert(name, Value::String(text));
                }
            }
        }
        Ok(())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        integer(self.fields.get(name)?)
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        let value = self.fields.get(name)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        match self.fields.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true") || text == "1",
            _ => false,
        }
    }

    /// An object or a list, which forms carry as JSON in a text.
    pub(super) fn json(&self, name: &str) -> Option<Value> {
        match self.fields.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            Value::Null => None,
            other => Some(other.clone()),
        }
    }
}

pub(super) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
