//! Each account's own pace, so that the platform never has to say "too many".

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use dashmap::DashMap;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::{ids::IntegrationId, inbox::integration::Integration};

/// Share of the platform's rate that is used: the rest is for clocks that differ.
const SHARE: f64 = 0.93;

#[derive(Clone, Default)]
pub(super) struct Limits(Arc<DashMap<IntegrationId, Arc<Pace>>>);

pub(super) struct Pace {
    limiter: DefaultDirectRateLimiter,
    per_second: f64,
    burst: u32,
    held: AtomicUsize,
    /// The platform asked to wait until then.
    until: Mutex<Option<Instant>>,
}

/// Counts held messages for as long as it lives.
pub(super) struct Holding {
    pace: Arc<Pace>,
    count: usize,
}

impl Limits {
    pub(super) fn of(&self, integration: &Integration) -> Arc<Pace> {
        self.0
            .entry(integration.id)
            .or_insert_with(|| Arc::new(Pace::new(integration.channel.abilities().rate_per_second)))
            .clone()
    }
}

impl Pace {
    fn new(rate_per_second: u32) -> Self {
        let per_second = f64::from(rate_per_second.max(1)) * SHARE;
        // A burst on top of the pace must not exceed the platform's rate within any second.
        let burst = (rate_per_second / 40).max(1);
        let burst_cells = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(Duration::from_secs_f64(1.0 / per_second))
            .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
            .allow_burst(burst_cells);
        Self {
            limiter: RateLimiter::direct(quota),
            per_second,
            burst,
            held: AtomicUsize::new(0),
            until: Mutex::default(),
        }
    }

    /// Waits until at least one of `wanted` messages may go, and says how many may.
    pub(super) async fn ready(&self, wanted: usize) -> usize {
        self.limiter.until_ready().await;
        let more = wanted.min(self.burst as usize).saturating_sub(1);
        1 + (0..more).take_while(|_| self.limiter.check().is_ok()).count()
    }

    pub(super) fn hold(self: &Arc<Self>, count: usize) -> Holding {
        self.held.fetch_add(count, Ordering::Relaxed);
        Holding { pace: self.clone(), count }
    }

    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// About how long `count` messages take at this pace, within reason.
    pub(super) fn pause_for(&self, count: usize) -> Duration {
        Duration::from_secs_f64((count as f64 / self.per_second).clamp(0.2, 10.0))
    }

    /// The platform asked for a pause.
    pub(super) fn stop(&self, pause: Duration) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + pause);
    }

    /// What is left of the pause.
    pub(super) fn stopped(&self) -> Option<Duration> {
        let until = (*self.until.lock().unwrap_or_else(PoisonError::into_inner))?;
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.pace.held.fetch_sub(self.count, Ordering::Relaxed);
    }
}
