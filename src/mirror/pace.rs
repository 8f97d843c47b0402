//! How fast is posted: platforms take about one message a second in a place, and a few more at once.

use std::{num::NonZeroU32, sync::LazyLock, time::Duration};

use dashmap::DashMap;
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use crate::ids::IntegrationId;

/// Posts that may go at once after a quiet time.
const BURST: NonZeroU32 = match NonZeroU32::new(20) {
    Some(burst) => burst,
    None => NonZeroU32::MIN,
};

static PACES: LazyLock<DashMap<IntegrationId, DefaultDirectRateLimiter>> = LazyLock::new(DashMap::new);

/// Takes a turn, or says how long until there is one.
pub(super) fn turn(integration: IntegrationId) -> Result<(), Duration> {
    let quota = || RateLimiter::direct(Quota::per_second(NonZeroU32::MIN).allow_burst(BURST));
    let pace = PACES.entry(integration).or_insert_with(quota);
    pace.check().map_err(|early| early.wait_time_from(DefaultClock::default().now()))
}
