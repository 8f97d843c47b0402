//! The JSON of Meta's callbacks. Anything may be missing, unknown or of another type: what cannot be read is as if absent, so that nothing
//! inside a batch can spoil the rest.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// Longer than any id that Meta was seen to give (mids have up to 200), shorter than any database key may be.
const ID_MAX: usize = 512;

/// From here on a number is milliseconds, not seconds.
const MILLISECONDS: i64 = 100_000_000_000;

/// What stands at a path.
pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().try_fold(value, |value, key| value.get(key)).unwrap_or(&Value::Null)
}

/// A text that says something; numbers count as texts.
pub(super) fn text(value: &Value, path: &[&str]) -> Option<String> {
    match at(value, path) {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn id(value: &Value, path: &[&str]) -> Option<String> {
    text(value, path).map(|id| id.trim().to_owned()).filter(|id| id.len() <= ID_MAX)
}

pub(super) fn flag(value: &Value, path: &[&str]) -> bool {
    matches!(at(value, path), Value::Bool(true))
}

pub(super) fn number(value: &Value, path: &[&str]) -> Option<f64> {
    text(value, path)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

pub(super) fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    at(value, path).as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn given(value: &Value, key: &str) -> bool {
    value.get(key).is_some_and(|value| !value.is_null())
}

/// Unix milliseconds, or seconds as test events carry them; a number or a text.
pub(super) fn time(value: &Value, path: &[&str]) -> Option<DateTime<Utc>> {
    let number = number(value, path)? as i64;
    if number >= MILLISECONDS {
        DateTime::from_timestamp_millis(number)
    } else {
        DateTime::from_timestamp(number, 0)
    }
    .filter(|at| at.timestamp() > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_come_in_three_writings() {
        let expected = DateTime::from_timestamp(1_760_000_000, 0);
        for written in [json!(1_760_000_000_000_i64), json!("1760000000000"), json!(1_760_000_000)] {
            assert_eq!(time(&json!({ "t": written }), &["t"]), expected);
        }
        for odd in [json!(null), json!("soon"), json!([1]), json!(0), json!(-5), json!(1e300)] {
            assert_eq!(time(&json!({ "t": odd }), &["t"]), None, "{odd}");
        }
    }
}
