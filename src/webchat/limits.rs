//! How much one visitor, and one address, may ask for. Per process.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock};
use uuid::Uuid;

use crate::error::{Error, Result};

const fn count(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// New visitors and renewals of one address in a minute: an office shares one.
const SESSIONS: NonZeroU32 = count(60);
/// Everything else that one address asks for in a minute.
const REQUESTS: NonZeroU32 = count(1200);
/// Messages of one visitor in a minute, and at once.
const MESSAGES: NonZeroU32 = count(30);
const UPLOADS: NonZeroU32 = count(20);
/// Files from one address in a minute, of however many visitors: each costs room in the store.
const UPLOADS_OF_ADDRESS: NonZeroU32 = count(60);
/// Signs of life of one visitor in a minute: typing, seen.
const SIGNS: NonZeroU32 = count(120);
/// Checks after which forgotten keys are swept out.
const SWEEP_EVERY: u32 = 4096;

/// Each refuses with 429 and the seconds to wait.
pub struct Limits {
    sessions: DefaultKeyedRateLimiter<IpAddr>,
    requests: DefaultKeyedRateLimiter<IpAddr>,
    messages: DefaultKeyedRateLimiter<Uuid>,
    uploads: DefaultKeyedRateLimiter<Uuid>,
    uploads_of_address: DefaultKeyedRateLimiter<IpAddr>,
    signs: DefaultKeyedRateLimiter<Uuid>,
    checks: AtomicU32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: DefaultKeyedRateLimiter::keyed(Quota::per_minute(SESSIONS)),
            requests: DefaultKeyedRateLimiter::keyed(Quota::per_minute(REQUESTS)),
            messages: DefaultKeyedRateLimiter::keyed(Quota::per_minute(MESSAGES)),
            uploads: DefaultKeyedRateLimiter::keyed(Quota::per_minute(UPLOADS)),
            uploads_of_address: DefaultKeyedRateLimiter::keyed(Quota::per_minute(UPLOADS_OF_ADDRESS)),
            signs: DefaultKeyedRateLimiter::keyed(Quota::per_minute(SIGNS)),
            checks: AtomicU32::new(0),
        }
    }
}

impl Limits {
    pub fn session(&self, address: IpAddr) -> Result<()> {
        check(&self.sessions, &network(address))
    }

    pub fn request(&self, address: IpAddr) -> Result<()> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.sessions.retain_recent();
            self.requests.retain_recent();
            self.messages.retain_recent();
            self.uploads.retain_recent();
            self.uploads_of_address.retain_recent();
            self.signs.retain_recent();
        }
        check(&self.requests, &network(address))
    }

    pub fn message(&self, visitor: Uuid) -> Result<()> {
        check(&self.messages, &visitor)
    }

    pub fn upload(&self, visitor: Uuid, address: IpAddr) -> Result<()> {
        check(&self.uploads, &visitor)?;
        check(&self.uploads_of_address, &network(address))
    }

    pub fn sign(&self, visitor: Uuid) -> Result<()> {
        check(&self.signs, &visitor)
    }
}

fn check<K: Clone + std::hash::Hash + Eq>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<()> {
    limiter.check_key(key).map_err(|until| {
        let wait = until.wait_time_from(governor::clock::DefaultClock::default().now());
        Error::too_many(wait.as_secs() + 1)
    })
}

/// Somebody with an IPv6 address has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}
