//! How often one address, and one account, may knock. In memory and per process: the lock after failed log-ins
//! ([`crate::access::lockout`]) is the one that all processes share.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock};

use crate::error::{Error, Result};

/// Attempts on one account in a minute, right or wrong.
const ACCOUNT_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Letters to one account in an hour.
const LETTERS_PER_HOUR: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// A browser refreshes more often than a person logs in.
const REFRESHES_PER_ATTEMPT: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// Checks after which forgotten keys are swept out.
const SWEEP_EVERY: u32 = 4096;

/// Cheap to clone; one per process.
#[derive(Clone)]
pub struct Throttle(Arc<Limits>);

struct Limits {
    attempts: DefaultKeyedRateLimiter<IpAddr>,
    refreshes: DefaultKeyedRateLimiter<IpAddr>,
    accounts: DefaultKeyedRateLimiter<String>,
    letters: DefaultKeyedRateLimiter<String>,
    checks: AtomicU32,
}

impl Throttle {
    /// `attempts`: per address and minute; refreshes get ten times that.
    pub fn new(attempts: NonZeroU32) -> Self {
        let limiter = Quota::per_minute;
        Self(Arc::new(Limits {
            attempts: DefaultKeyedRateLimiter::keyed(limiter(attempts)),
            refreshes: DefaultKeyedRateLimiter::keyed(limiter(
                attempts.saturating_mul(REFRESHES_PER_ATTEMPT),
            )),
            accounts: DefaultKeyedRateLimiter::keyed(limiter(ACCOUNT_PER_MINUTE)),
            letters: DefaultKeyedRateLimiter::keyed(Quota::per_hour(LETTERS_PER_HOUR)),
            checks: AtomicU32::new(0),
        }))
    }

    /// An attempt to log in, register, or use a letter's link.
    pub fn attempt(&self, address: IpAddr) -> Result<()> {
        self.sweep();
        check(&self.0.attempts, &network(address))
    }

    pub fn refresh(&self, address: IpAddr) -> Result<()> {
        check(&self.0.refreshes, &network(address))
    }

    /// An attempt on an account, known or not.
    pub fn account(&self, email: &str) -> Result<()> {
        check(&self.0.accounts, &email.to_owned())
    }

    /// Another letter to an account, known or not.
    pub fn letter(&self, email: &str) -> Result<()> {
        check(&self.0.letters, &email.to_owned())
    }

    fn sweep(&self) {
        if self.0.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.0.attempts.retain_recent();
            self.0.refreshes.retain_recent();
            self.0.accounts.retain_recent();
            self.0.letters.retain_recent();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_runs_dry_and_others_do_not() {
        let throttle = Throttle::new(NonZeroU32::new(2).unwrap());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(throttle.attempt(address("192.0.2.1")).is_ok());
        assert!(throttle.attempt(address("192.0.2.1")).is_ok());
        let Err(Error::Problem(problem)) = throttle.attempt(address("192.0.2.1")) else {
            panic!("let through")
        };
        assert!(problem.retry_after.is_some_and(|seconds| (1..=31).contains(&seconds)));
        assert!(throttle.attempt(address("192.0.2.2")).is_ok());
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let throttle = Throttle::new(NonZeroU32::MIN);
        assert!(throttle.attempt("2001:db8::1".parse().unwrap()).is_ok());
        assert!(throttle.attempt("2001:db8::2".parse().unwrap()).is_err());
        assert!(throttle.attempt("2001:db8:0:1::1".parse().unwrap()).is_ok());
    }
}
