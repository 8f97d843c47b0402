//! How much one visitor, and one address, may ask for. Per process.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use governor::Quota;
use uuid::Uuid;

use crate::{
    access::allowance::{Allowance, network},
    error::Result,
};

/// New visitors and renewals of one address in a minute: an office shares one.
const SESSIONS: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// Everything else that one address asks for in a minute.
const REQUESTS: NonZeroU32 = NonZeroU32::new(1200).unwrap();
/// Messages of one visitor in a minute, and at once.
const MESSAGES: NonZeroU32 = NonZeroU32::new(30).unwrap();
const UPLOADS: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Files from one address in a minute, of however many visitors: each costs room in the store.
const UPLOADS_OF_ADDRESS: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// Signs of life of one visitor in a minute: typing, seen.
const SIGNS: NonZeroU32 = NonZeroU32::new(120).unwrap();
/// Checks after which forgotten keys are swept out.
const SWEEP_EVERY: u32 = 4096;

/// Each refuses with 429 and the seconds to wait.
pub struct Limits {
    sessions: Allowance<IpAddr>,
    requests: Allowance<IpAddr>,
    messages: Allowance<Uuid>,
    uploads: Allowance<Uuid>,
    uploads_of_address: Allowance<IpAddr>,
    signs: Allowance<Uuid>,
    checks: AtomicU32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: Allowance::of(Quota::per_minute(SESSIONS)),
            requests: Allowance::of(Quota::per_minute(REQUESTS)),
            messages: Allowance::of(Quota::per_minute(MESSAGES)),
            uploads: Allowance::of(Quota::per_minute(UPLOADS)),
            uploads_of_address: Allowance::of(Quota::per_minute(UPLOADS_OF_ADDRESS)),
            signs: Allowance::of(Quota::per_minute(SIGNS)),
            checks: AtomicU32::new(0),
        }
    }
}

impl Limits {
    pub fn session(&self, address: IpAddr) -> Result<()> {
        self.sessions.take(&network(address))
    }

    pub fn request(&self, address: IpAddr) -> Result<()> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.sessions.sweep();
            self.requests.sweep();
            self.messages.sweep();
            self.uploads.sweep();
            self.uploads_of_address.sweep();
            self.signs.sweep();
        }
        self.requests.take(&network(address))
    }

    pub fn message(&self, visitor: Uuid) -> Result<()> {
        self.messages.take(&visitor)
    }

    pub fn upload(&self, visitor: Uuid, address: IpAddr) -> Result<()> {
        self.uploads.take(&visitor)?;
        self.uploads_of_address.take(&network(address))
    }

    pub fn sign(&self, visitor: Uuid) -> Result<()> {
        self.signs.take(&visitor)
    }
}
