//! Twilio's callbacks: a flat form, or seldom the same as JSON. Anything may be missing.

use std::collections::BTreeMap;

use serde_json::Value;
use webhooks::Verified;

use crate::{ReadError, body};

/// Names and values, without NUL characters; of a repeated name the first value. Twilio adds names at any time.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// The body's fields; a GET has them in its address.
    pub(super) fn read(request: &Verified) -> Result<Self, ReadError> {
        let json = request
            .header("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with(b"application/json"));
        let mut fields = BTreeMap::new();
        if json {
            let Value::Object(object) = body::json(request.body())? else {
                return Err(ReadError("the body is no object".into()));
            };
            fields.extend(object.into_iter().filter_map(|(name, value)| Some((name, scalar(value)?))));
        } else {
            for (name, value) in url::form_urlencoded::parse(request.body()) {
                fields.entry(clean(&name)).or_insert_with(|| clean(&value));
            }
        }
        if request.method() == "GET" {
            for (name, value) in request.query_pairs() {
                fields.entry(clean(name)).or_insert_with(|| clean(value));
            }
        }
        Ok(Self(fields))
    }

    /// As it came, also when it is empty.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value that says something.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The first of these names that says something.
    pub(super) fn any(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.text(name))
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Fields {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

fn clean(text: &str) -> String {
    text.replace('\0', "")
}

fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}
