//! How much the hub takes in and how long it keeps it.

use std::{num::NonZeroU32, time::Duration};

use super::variables::Variables;

const MIB: u64 = 1024 * 1024;
const HOUR: u64 = 60 * 60;
const AUTH_REQUESTS: NonZeroU32 = NonZeroU32::new(60).unwrap();

#[derive(Debug, Clone)]
pub struct Limits {
    /// `SWITCHBOARD_MAX_CALLBACK_BYTES`: largest callback body taken from a platform.
    pub callback_bytes: usize,
    /// `SWITCHBOARD_MAX_MEDIA_BYTES`: largest file fetched from a platform or uploaded by an agent.
    pub media_bytes: u64,
    /// `SWITCHBOARD_EVENT_RETENTION_HOURS`: how long a client that was away can catch up without a reload.
    pub event_retention: Duration,
    /// `SWITCHBOARD_CALLBACK_RETENTION_DAYS`: how long the flight recorder keeps raw callbacks.
    pub callback_retention: Duration,
    /// `SWITCHBOARD_WORKER_LANES`: jobs one process works on at the same time.
    pub worker_lanes: usize,
    /// `SWITCHBOARD_AUTH_REQUESTS_PER_MINUTE`: attempts to log in, register or reset a password taken from one address.
    pub auth_requests_per_minute: NonZeroU32,
}

impl Limits {
    pub(super) fn read(variables: &mut Variables<'_>) -> Self {
        let callback_bytes = variables.number("SWITCHBOARD_MAX_CALLBACK_BYTES", 4 * MIB, 64 * 1024, 64 * MIB);
        let media_bytes = variables.number("SWITCHBOARD_MAX_MEDIA_BYTES", 100 * MIB, MIB, 2048 * MIB);
        let event_hours = variables.number("SWITCHBOARD_EVENT_RETENTION_HOURS", 24, 1, 24 * 30);
        let callback_days = variables.number("SWITCHBOARD_CALLBACK_RETENTION_DAYS", 7, 1, 365);
        let auth_requests = variables.number(
            "SWITCHBOARD_AUTH_REQUESTS_PER_MINUTE",
            u64::from(AUTH_REQUESTS.get()),
            1,
            1_000_000,
        );
        let worker_lanes = variables.number("SWITCHBOARD_WORKER_LANES", 16, 1, 1000);
        Self {
            callback_bytes: usize::try_from(callback_bytes).unwrap_or(usize::MAX),
            media_bytes,
            event_retention: Duration::from_secs(event_hours * HOUR),
            callback_retention: Duration::from_secs(callback_days * 24 * HOUR),
            worker_lanes: usize::try_from(worker_lanes).unwrap_or(usize::MAX),
            auth_requests_per_minute: u32::try_from(auth_requests)
                .ok()
                .and_then(NonZeroU32::new)
                .unwrap_or(AUTH_REQUESTS),
        }
    }
}
