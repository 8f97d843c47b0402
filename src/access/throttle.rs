//! How often one address, and one account, may knock. In memory and per process: the lock after failed log-ins
//! ([`crate::access::lockout`]) is the one that all processes share.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use governor::Quota;

use super::allowance::{Allowance, network};
use crate::error::Result;

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
    attempts: Allowance<IpAddr>,
    refreshes: Allowance<IpAddr>,
    accounts: Allowance<String>,
    letters: Allowance<String>,
    checks: AtomicU32,
}

impl Throttle {
    /// `attempts`: per address and minute; refreshes get ten times that.
    pub fn new(attempts: NonZeroU32) -> Self {
        Self(Arc::new(Limits {
            attempts: Allowance::of(Quota::per_minute(attempts)),
            refreshes: Allowance::of(Quota::per_minute(attempts.saturating_mul(REFRESHES_PER_ATTEMPT))),
            accounts: Allowance::of(Quota::per_minute(ACCOUNT_PER_MINUTE)),
            letters: Allowance::of(Quota::per_hour(LETTERS_PER_HOUR)),
            checks: AtomicU32::new(0),
        }))
    }

    /// An attempt to log in, register, or use a letter's link.
    pub fn attempt(&self, address: IpAddr) -> Result<()> {
        self.sweep();
        self.0.attempts.take(&network(address))
    }

    pub fn refresh(&self, address: IpAddr) -> Result<()> {
        self.0.refreshes.take(&network(address))
    }

    /// An attempt on an account, known or not.
    pub fn account(&self, email: &str) -> Result<()> {
        self.0.accounts.take(&email.to_owned())
    }

    /// Another letter to an account, known or not.
    pub fn letter(&self, email: &str) -> Result<()> {
        self.0.letters.take(&email.to_owned())
    }

    fn sweep(&self) {
        if self.0.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.0.attempts.sweep();
            self.0.refreshes.sweep();
            self.0.accounts.sweep();
            self.0.letters.sweep();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

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
