//! What Discord said of its rate limits, for all accounts of this process: how many calls a route still takes, and until when. A call
//! that would be refused is not made, because ten thousand refusals in ten minutes ban the hub's address.
//! <https://docs.discord.com/developers/topics/rate-limits>

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use net::Response;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

/// Routes beyond which those that are over are forgotten.
const KEPT: usize = 10_000;
/// Beyond this, a header is not believed.
const LONGEST: f64 = 24.0 * 3600.0;

static BUCKETS: LazyLock<Mutex<HashMap<Key, Bucket>>> = LazyLock::new(Mutex::default);

/// A token's hash, and the route with its channel; an empty route stands for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    token: u64,
    route: String,
}

struct Bucket {
    remaining: u64,
    reset: Instant,
}

impl Key {
    pub(super) fn new(token: &SecretString, origin: &str, route: String) -> Self {
        let mut hasher = DefaultHasher::new();
        (token.expose_secret(), origin).hash(&mut hasher);
        Self { token: hasher.finish(), route }
    }

    fn everything(&self) -> Self {
        Self { token: self.token, route: String::new() }
    }

    /// Takes one call of the bucket, or says how long it stays empty.
    pub(super) fn take(&self) -> Result<(), Duration> {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> Result<(), Duration> {
        let mut buckets = BUCKETS.lock().unwrap_or_else(PoisonError::into_inner);
        for key in [self.everything(), self.clone()] {
            if let Some(bucket) = buckets.get_mut(&key).filter(|bucket| bucket.reset > now) {
                if bucket.remaining == 0 {
                    return Err(bucket.reset - now);
                }
                bucket.remaining -= 1;
            }
        }
        Ok(())
    }

    /// Remembers the headers of an answer. A late one never gives calls back that others took in the meantime.
    pub(super) fn learn(&self, answer: &Response) {
        let number = |name: &str| answer.headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
        let (Some(remaining), Some(after)) =
            (number("x-ratelimit-remaining"), number("x-ratelimit-reset-after").and_then(seconds))
        else {
            return;
        };
        self.set(remaining.max(0.0) as u64, after, Instant::now());
    }

    /// Nothing on this route, or on any, until then.
    pub(super) fn close(&self, everything: bool, after: Duration) {
        let key = if everything { self.everything() } else { self.clone() };
        key.set(0, after, Instant::now());
    }

    fn set(&self, remaining: u64, after: Duration, now: Instant) {
        let mut buckets = BUCKETS.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT {
            buckets.retain(|_, bucket| bucket.reset > now);
        }
        let open = buckets.get(self).filter(|bucket| bucket.reset > now).map(|bucket| bucket.remaining);
        let remaining = open.map_or(remaining, |known| known.min(remaining));
        buckets.insert(self.clone(), Bucket { remaining, reset: now + after });
    }
}

/// A wait in seconds with a fraction, as headers and bodies have it.
pub(super) fn seconds(seconds: f64) -> Option<Duration> {
    (seconds.is_finite() && seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_bucket_closes_its_route_until_it_is_full_again() {
        let token = SecretString::from("buckets-test");
        let key = |route: &str| Key::new(&token, "origin", route.to_owned());
        let (one, two) = (key("POST /channels/1/messages"), key("POST /channels/2/messages"));
        let (now, five) = (Instant::now(), Duration::from_secs(5));
        assert_eq!(one.take_at(now), Ok(()));
        one.set(1, five, now);
        assert_eq!(one.take_at(now), Ok(()));
        assert_eq!(one.take_at(now), Err(five));
        assert_eq!(two.take_at(now), Ok(()));
        one.set(4, five, now);
        assert!(one.take_at(now).is_err(), "a late answer gives nothing back");
        let later = now + five;
        assert_eq!(one.take_at(later), Ok(()));
        one.everything().set(0, five, later);
        assert_eq!(two.take_at(later), Err(five));
        assert_eq!(two.take_at(later + five), Ok(()));
    }
}
