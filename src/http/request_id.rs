//! The id of a request: a proxy's, or one made here. One is made for every request, forged callbacks included, so it costs no
//! system call.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::Utc;
use rand::Rng;
use uuid::{Builder, fmt::Hyphenated};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id that problems, logs and the `X-Request-Id` header of an answer share: short, and ASCII.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The given one, if it looks like one, or a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        let fits = |id: &&HeaderValue| {
            (1..=64).contains(&id.len())
                && id
                    .as_bytes()
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        headers.get(REQUEST_ID).filter(fits).map_or_else(Self::new, |id| Self(id.clone()))
    }

    /// A UUIDv7.
    fn new() -> Self {
        let milliseconds = u64::try_from(Utc::now().timestamp_millis()).unwrap_or_default();
        let id = Builder::from_unix_timestamp_millis(milliseconds, &rand::rng().random()).into_uuid();
        let mut text = [0; Hyphenated::LENGTH];
        let text: &str = id.as_hyphenated().encode_lower(&mut text);
        // Digits, letters and hyphens make a header's value.
        Self(HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("none")))
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl From<RequestId> for HeaderValue {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &str) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, given.parse().unwrap());
        RequestId::of(&headers)
    }

    #[test]
    fn a_proxy_s_id_is_kept_if_it_looks_like_one() {
        assert_eq!(of("abc-1_Z").as_str(), "abc-1_Z");
        for bad in ["", "two words", "\"quoted\"", &"x".repeat(65)] {
            assert_eq!(of(bad).as_str().len(), 36, "{bad}");
        }
    }

    #[test]
    fn new_ids_are_uuids_and_differ() {
        let (one, other) = (RequestId::new(), RequestId::new());
        assert_ne!(one.as_str(), other.as_str());
        assert_eq!(one.as_str().parse::<uuid::Uuid>().unwrap().get_version_num(), 7);
    }
}
