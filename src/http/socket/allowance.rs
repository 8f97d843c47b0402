//! How much a client may say.

use std::time::Instant;

/// Frames that a client may send per second, and at once.
const RATE: f32 = 20.0;
const BURST: f32 = 100.0;

/// A client's frames are paid from an allowance that refills.
pub(super) struct Allowance {
    left: f32,
    since: Instant,
    /// Frames beyond the rate.
    pub(super) refused: u32,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { left: BURST, since: Instant::now(), refused: 0 }
    }
}

impl Allowance {
    /// Whether one more frame may be taken now.
    pub(super) fn spend(&mut self) -> bool {
        let now = Instant::now();
        let refill = now.saturating_duration_since(self.since).as_secs_f32() * RATE;
        self.left = (self.left + refill).min(BURST);
        self.since = now;
        if self.left < 1.0 {
            self.refused += 1;
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_what_goes_beyond_it_is_counted() {
        let mut allowance = Allowance::default();
        let taken = (0..120).filter(|_| allowance.spend()).count();
        assert!((100..110).contains(&taken), "{taken}");
        assert_eq!(allowance.refused as usize, 120 - taken);
    }
}
