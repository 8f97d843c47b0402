//! Discord's rate limits: a bucket per route and channel, told in headers, and 429 beyond it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Calls that a bucket takes in its time.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub calls: u32,
    pub within: Duration,
}

impl Default for Limit {
    fn default() -> Self {
        Self { calls: 5, within: Duration::from_secs(5) }
    }
}

#[derive(Default)]
pub(super) struct Buckets(HashMap<String, (u32, Instant)>);

/// What is left of a bucket.
pub(super) struct Left {
    limit: u32,
    pub remaining: u32,
    pub reset_after: Duration,
    pub exceeded: bool,
}

impl Buckets {
    pub(super) fn take(&mut self, bucket: &str, limit: Limit) -> Left {
        let now = Instant::now();
        let (used, reset) = self.0.entry(bucket.to_owned()).or_insert((0, now + limit.within));
        if *reset <= now {
            (*used, *reset) = (0, now + limit.within);
        }
        let exceeded = *used >= limit.calls;
        *used += u32::from(!exceeded);
        Left { limit: limit.calls, remaining: limit.calls - *used, reset_after: *reset - now, exceeded }
    }
}

impl Left {
    pub(super) fn headers(&self) -> HeaderMap {
        let seconds = format!("{:.3}", self.reset_after.as_secs_f64());
        let headers = [
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-reset-after", seconds),
            ("x-ratelimit-bucket", "0123456789abcdef".to_owned()),
        ];
        let headers = headers.into_iter().filter_map(|(name, value)| {
            Some((axum::http::HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
        });
        headers.collect()
    }
}

pub(super) fn refused(after: f64, global: bool) -> Response {
    let scope = if global { "global" } else { "user" };
    let body = json!({ "message": "You are being rate limited.", "retry_after": after, "global": global });
    let headers =
        [("retry-after", format!("{}", after.ceil() as u64)), ("x-ratelimit-scope", scope.to_owned())];
    (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(body)).into_response()
}
