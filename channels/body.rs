//! JSON bodies as platforms really write them: with NUL characters, halves of surrogate pairs and broken UTF-8,
//! none of which PostgreSQL or serde would take. What can be read is read; the raw body is kept elsewhere.

use serde_json::Value;

use crate::ReadError;

/// Parses a body. NUL characters are removed from every text and key, and what is not Unicode becomes U+FFFD.
pub(crate) fn json(bytes: &[u8]) -> Result<Value, ReadError> {
    let mut value = serde_json::from_slice(bytes)
        .or_else(|_| serde_json::from_str(&repaired(&String::from_utf8_lossy(bytes))))
        .map_err(|error| ReadError(format!("the body is not JSON: {error}")))?;
    // An escaped NUL is the only form in which JSON can hold one.
    if bytes.windows(6).any(|window| window == br"\u0000") {
        remove_nul(&mut value);
    }
    Ok(value)
}

fn remove_nul(value: &mut Value) {
    match value {
        Value::String(text) => text.retain(|character| character != '\0'),
        Value::Array(items) => items.iter_mut().for_each(remove_nul),
        Value::Object(fields) => {
            let cleaned = std::mem::take(fields).into_iter().map(|(key, mut value)| {
                remove_nul(&mut value);
                (key.replace('\0', ""), value)
            });
            *fields = cleaned.collect();
        }
        _ => {}
    }
}

/// Replaces escapes that name half of a surrogate pair, which no Rust string can hold.
fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (kept, length) = match (escape(rest), rest.get(6..).and_then(escape)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (&rest[..12], 12),
            (Some(0xd800..=0xdfff), _) => (r"\ufffd", 6),
            (Some(_), _) => (&rest[..6], 6),
            (None, _) => {
                let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                (&rest[..length], length)
            }
        };
        out.push_str(kept);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// The code unit of a `\uXXXX` at the beginning.
fn escape(text: &str) -> Option<u16> {
    let digits = text.strip_prefix(r"\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn halves_of_pairs_cost_only_themselves() {
        let body =
            br#"{"a":"x\ud83dy","b":"\udc4b","c":"\ud83d\udc4b","d":"\\ud83d","e":"\ud83d\ud83d\udc4b"}"#;
        let expected =
            json!({"a": "x\u{fffd}y", "b": "\u{fffd}", "c": "👋", "d": "\\ud83d", "e": "\u{fffd}👋"});
        assert_eq!(json(body), Ok(expected));
    }

    #[test]
    fn nul_and_broken_utf8_are_taken_out() {
        assert_eq!(json(br#"{"k\u0000":["a\u0000b"]}"#), Ok(json!({"k": ["ab"]})));
        assert_eq!(json(b"{\"a\":\"x\xffy\"}"), Ok(json!({"a": "x\u{fffd}y"})));
        assert!(json(b"{").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in r#"[\\ud8dc0-9"{}é]{0,60}"#) {
            let _ = json(&bytes);
            let _ = json(text.as_bytes());
        }
    }
}
