//! How often each of many may ask for something. Per process.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
};

use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock};

use crate::error::{Error, Result};

/// Addresses, accounts or visitors, each with the same quota.
pub struct Allowance<K: Clone + Eq + Hash>(DefaultKeyedRateLimiter<K>);

impl<K: Clone + Eq + Hash> Allowance<K> {
    pub fn of(quota: Quota) -> Self {
        Self(DefaultKeyedRateLimiter::keyed(quota))
    }

    /// Refuses with 429 and the seconds to wait.
    pub fn take(&self, key: &K) -> Result<()> {
        self.0.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(governor::clock::DefaultClock::default().now());
            Error::too_many(wait.as_secs() + 1)
        })
    }

    /// Forgets those who may ask for all of it again.
    pub fn sweep(&self) {
        self.0.retain_recent();
    }
}

/// Whoever is at that address: somebody with an IPv6 address has 2^64 of them.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}
