//! Reading what may be missing or odd: each function takes any JSON and never fails.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// Longer than Meta documents (128), shorter than any database key may be.
const ID_MAX: usize = 512;

/// One item of a batch; `None` if it is no object.
pub(in crate::whatsapp) fn item<T: DeserializeOwned>(value: Value) -> Option<T> {
    if value.is_object() { serde_json::from_value(value).ok() } else { None }
}

/// Never a list: serde would fill a struct from one by position.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    from: D,
) -> Result<T, D::Error> {
    let value = Some(Value::deserialize(from)?).filter(|value| !value.is_array());
    Ok(value.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default())
}

pub(super) fn array<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Value>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Array(items) => items,
        _ => Vec::new(),
    })
}

/// A list whose odd items are left out.
pub(super) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(array(from)?.into_iter().filter_map(item).collect())
}

/// A text that says something; numbers count as texts.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

pub(super) fn id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(text(from)?.map(|id| id.trim().to_owned()).filter(|id| id.len() <= ID_MAX))
}

pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(text(from)?.and_then(|text| text.trim().parse().ok()).filter(|number: &f64| number.is_finite()))
}

pub(super) fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(text(from)?.and_then(|text| text.trim().parse().ok()))
}

/// Unix seconds as text or number.
pub(super) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(number(from)?.and_then(|seconds| DateTime::from_timestamp(seconds as i64, 0)))
}
