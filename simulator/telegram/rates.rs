//! How fast a bot may write. Telegram gives rough numbers only; these are the ones that people meet.

use std::{collections::HashMap, time::Instant};

/// Messages that may be sent at once, and how many a second come back.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

#[derive(Clone, Copy, Debug)]
pub struct Rates {
    pub overall: Rate,
    pub private_chat: Rate,
    pub group: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            overall: Rate { burst: 30.0, per_second: 30.0 },
            private_chat: Rate { burst: 20.0, per_second: 1.0 },
            group: Rate { burst: 20.0, per_second: 20.0 / 60.0 },
        }
    }
}

impl Rates {
    /// No limits, for load tests.
    pub fn unlimited() -> Self {
        let rate = Rate { burst: f64::INFINITY, per_second: f64::INFINITY };
        Self { overall: rate, private_chat: rate, group: rate }
    }
}

/// What is left of each rate.
#[derive(Debug, Default)]
pub(super) struct Buckets(HashMap<Option<i64>, (f64, Instant)>);

impl Buckets {
    /// Takes `messages` to a chat, or says how many seconds to wait.
    pub(super) fn take(
        &mut self,
        rates: &Rates,
        chat: i64,
        messages: usize,
        now: Instant,
    ) -> Result<(), u64> {
        let own = if chat < 0 { rates.group } else { rates.private_chat };
        let cost = messages as f64;
        for (key, rate) in [(None, rates.overall), (Some(chat), own)] {
            let left = self.left(key, rate, now);
            // An album larger than the burst must pass some time.
            if left < cost.min(rate.burst) {
                return Err(((cost.min(rate.burst) - left) / rate.per_second).ceil().max(1.0) as u64);
            }
        }
        for (key, rate) in [(None, rates.overall), (Some(chat), own)] {
            let left = self.left(key, rate, now) - cost;
            self.0.insert(key, (left, now));
        }
        Ok(())
    }

    fn left(&self, key: Option<i64>, rate: Rate, now: Instant) -> f64 {
        match self.0.get(&key) {
            Some((left, at)) if rate.burst.is_finite() => {
                (left + now.duration_since(*at).as_secs_f64() * rate.per_second).min(rate.burst)
            }
            _ => rate.burst,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_time_must() {
        let (rates, start) = (Rates::default(), Instant::now());
        let mut buckets = Buckets::default();
        for _ in 0..20 {
            assert_eq!(buckets.take(&rates, -5, 1, start), Ok(()));
        }
        assert_eq!(buckets.take(&rates, -5, 1, start), Err(3));
        assert_eq!(buckets.take(&rates, 6, 1, start), Ok(()), "other chats go on");
        assert_eq!(buckets.take(&rates, -5, 1, start + Duration::from_secs(3)), Ok(()));
    }
}
