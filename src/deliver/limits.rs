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
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{ids::IntegrationId, inbox::integration::Integration};

/// Calls of one account that are under way at once.
const CALLS: usize = 256;
/// Seconds' worth of messages that a process holds of one account, and the bounds of that.
const HELD_SECONDS: f64 = 1.0;
const HELD_LEAST: usize = 50;
const HELD_MOST: usize = 1_000;
/// The longest that a message waits in the table before its account's room is looked at again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Share of the platform's rate that is used: the rest is for clocks that differ.
const SHARE: f64 = 0.93;
/// Share that the calls themselves keep to: commits of unlike length lie between the pace and the calls, and push them together.
const SHARE_OF_CALLS: f64 = 0.95;

#[derive(Clone, Default)]
pub(super) struct Limits(Arc<DashMap<IntegrationId, Arc<Pace>>>);

pub(super) struct Pace {
    limiter: DefaultDirectRateLimiter,
    /// What the calls pass.
    gate: DefaultDirectRateLimiter,
    /// What the platform takes, messages per second.
    rate: u32,
    per_second: f64,
    burst: u32,
    held: AtomicUsize,
    /// Calls under way; a platform that answers slowly holds up nobody else's account.
    calls: Semaphore,
    /// When the last message that was given back to the table has its turn.
    turn: Mutex<Option<Instant>>,
    /// The platform asked to wait until then.
    until: Mutex<Option<Instant>>,
}

/// Counts held messages for as long as it lives.
pub(super) struct Holding {
    pace: Arc<Pace>,
    count: usize,
}

impl Limits {
    /// The account's pace, made anew when an admin has changed it.
    pub(super) fn of(&self, integration: &Integration) -> Arc<Pace> {
        let rate = integration.channel.messages_per_second(&integration.account).max(1);
        let mut entry = self.0.entry(integration.id).or_insert_with(|| Arc::new(Pace::new(rate)));
        if entry.rate != rate {
            *entry = Arc::new(Pace::new(rate));
        }
        entry.clone()
    }
}

impl Pace {
    fn new(rate: u32) -> Self {
        let per_second = f64::from(rate) * SHARE;
        // A burst on top of the pace must not exceed the platform's rate within any second.
        let burst = (rate / 40).max(1);
        Self {
            limiter: limiter(per_second, burst),
            gate: limiter(f64::from(rate) * SHARE_OF_CALLS, burst),
            rate,
            per_second,
            burst,
            held: AtomicUsize::new(0),
            calls: Semaphore::new(CALLS),
            turn: Mutex::default(),
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

    /// How many more messages may be held for this account.
    pub(super) fn room(&self) -> usize {
        self.most().saturating_sub(self.held.load(Ordering::Relaxed))
    }

    fn most(&self) -> usize {
        ((self.per_second * HELD_SECONDS) as usize).clamp(HELD_LEAST, HELD_MOST)
    }

    /// How many messages are given back to the table to come again together. When they do, half of what may be held is still there: if
    /// they found no room beside it, they would wait behind all others, and the pace would run dry in their place.
    pub(super) fn piece(&self) -> usize {
        self.most() / 4
    }

    /// How long `count` messages that find no room wait in the table: until those held and those given back before them are
    /// gone, and a little less, so that they come before the pace runs dry.
    pub(super) fn queue_up(&self, count: usize) -> Duration {
        let now = Instant::now();
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = turn.unwrap_or(now).max(now);
        *turn = Some((begin + self.takes(count)).min(now + LONGEST_WAIT));
        begin.duration_since(now) + self.takes(self.most() / 2)
    }

    fn takes(&self, count: usize) -> Duration {
        Duration::from_secs_f64(count as f64 / self.per_second)
    }

    /// Leave to call the platform, once few enough calls of this account are under way and the last ones are far enough behind.
    pub(super) async fn call(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.calls.acquire().await.ok();
        self.gate.until_ready().await;
        permit
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

fn limiter(per_second: f64, burst: u32) -> DefaultDirectRateLimiter {
    let quota = Quota::with_period(Duration::from_secs_f64(1.0 / per_second))
        .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
        .allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN));
    RateLimiter::direct(quota)
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.pace.held.fetch_sub(self.count, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_second_holds_more_than_the_platforms_rate() {
        for rate in [20_u32, 80, 1_000] {
            let pace = Pace::new(rate);
            let (begun, mut went) = (Instant::now(), Vec::new());
            while begun.elapsed() < Duration::from_millis(1_300) {
                let now = pace.ready(usize::MAX).await;
                went.extend(std::iter::repeat_n(Instant::now(), now));
            }
            let rate = rate as usize;
            let crowded = went
                .windows(rate + 1)
                .any(|some| some.last().unwrap().duration_since(some[0]) < Duration::from_millis(995));
            assert!(!crowded, "more than {rate} in a second");
            assert!(went.len() as f64 >= 1.3 * rate as f64 * 0.85, "{} of {rate} per second", went.len());
        }
    }

    #[tokio::test]
    async fn calls_that_were_pushed_together_part_again() {
        let pace = Arc::new(Pace::new(80));
        let begun = Instant::now();
        let calls = (0..100).map(|_| {
            let pace = pace.clone();
            tokio::spawn(async move { pace.call().await.is_some() })
        });
        for call in calls.collect::<Vec<_>>() {
            assert!(call.await.unwrap());
        }
        assert!(begun.elapsed() > Duration::from_millis(1_200), "{:?}", begun.elapsed());
    }

    #[test]
    fn what_comes_again_finds_room_beside_what_is_held() {
        for rate in [20_u32, 80, 250, 1_000] {
            let pace = Arc::new(Pace::new(rate));
            let _held = pace.hold(pace.most());
            let piece = pace.piece();
            // All that is held now, and the pieces before this one, take this long.
            let gone = |pieces: usize| pace.takes(pace.most() + pieces * piece);
            for before in 0..8 {
                let back = pace.queue_up(piece);
                let left = gone(before).saturating_sub(back).as_secs_f64() * pace.per_second;
                assert!(back < gone(before), "the pace of {rate} runs dry");
                assert!(left as usize + piece <= pace.most(), "{left} of {rate} are held");
            }
        }
    }

    #[test]
    fn what_finds_no_room_waits_its_turn() {
        let pace = Pace::new(100);
        let first = pace.queue_up(93);
        let second = pace.queue_up(93);
        let third = pace.queue_up(1_000_000);
        assert!(first < Duration::from_secs(1), "{first:?}");
        assert!((second - first).as_secs_f64() > 0.9, "{second:?}");
        assert!((third - second).as_secs_f64() > 0.9, "{third:?}");
        assert!(pace.queue_up(1) <= LONGEST_WAIT + Duration::from_secs(2));
    }
}
