//! Load from many connections: as fast as answers come, or at a given rate whatever the answers do.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{Result, statistics::percentile, wire::Wire};

/// Makes the request with this number.
pub type Make = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

/// What came of a load, within its window.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Answered 2xx.
    pub taken: u64,
    /// Answered 503.
    pub refused: u64,
    /// Answered otherwise, or not at all.
    pub failed: u64,
    /// Milliseconds until 2xx.
    pub taken_after: Vec<f64>,
    /// Milliseconds until 503.
    pub refused_after: Vec<f64>,
    pub window: Duration,
}

impl Outcome {
    /// Requests taken per second.
    pub fn rate(&self) -> f64 {
        self.taken as f64 / self.window.as_secs_f64()
    }

    pub fn latency(&self, percent: f64) -> f64 {
        percentile(&self.taken_after, percent)
    }

    fn note(&mut self, status: Option<u16>, after: Duration) {
        let after = after.as_secs_f64() * 1e3;
        match status {
            Some(200..=299) => {
                self.taken += 1;
                self.taken_after.push(after);
            }
            Some(503) => {
                self.refused += 1;
                self.refused_after.push(after);
            }
            _ => self.failed += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.refused += other.refused;
        self.failed += other.failed;
        self.taken_after.extend(other.taken_after);
        self.refused_after.extend(other.refused_after);
    }
}

/// When a load begins to count and when it ends.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub warm_up: Duration,
    pub window: Duration,
}

impl Timing {
    pub fn seconds(window: f64) -> Self {
        Self { warm_up: Duration::from_secs(1), window: Duration::from_secs_f64(window) }
    }
}

/// Each connection sends its next request when the last one is answered.
pub async fn closed(
    address: SocketAddr,
    connections: usize,
    timing: Timing,
    numbers: &Arc<AtomicU64>,
    make: &Make,
) -> Result<Outcome> {
    let begun = Instant::now();
    let (counts, ends) = (begun + timing.warm_up, begun + timing.warm_up + timing.window);
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (numbers, make) = (numbers.clone(), make.clone());
        let mut wire = Wire::connect(address).await?;
        tasks.spawn(async move {
            let mut outcome = Outcome::default();
            while Instant::now() < ends {
                let request = make(numbers.fetch_add(1, Ordering::Relaxed));
                let sent = Instant::now();
                let status = wire.send(&request).await.ok();
                if (counts..ends).contains(&Instant::now()) {
                    outcome.note(status, sent.elapsed());
                }
                if status.is_none() {
                    wire = Wire::connect(address).await?;
                }
            }
            Ok::<_, std::io::Error>(outcome)
        });
    }
    collect(tasks, timing).await
}

/// `rate` requests per second from the first moment on, spread over the connections. A request that must wait for a free
/// connection waits since the moment it was due. What was refused is sent again when the next one is due, as platforms do.
pub async fn paced(
    address: SocketAddr,
    rate: f64,
    connections: usize,
    timing: Timing,
    numbers: &Arc<AtomicU64>,
    make: &Make,
) -> Result<Outcome> {
    let mut wires = Vec::with_capacity(connections);
    for _ in 0..connections {
        wires.push(Wire::connect(address).await?);
    }
    let begun = Instant::now();
    let (counts, ends) = (begun + timing.warm_up, begun + timing.warm_up + timing.window);
    let tickets = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for mut wire in wires {
        let (numbers, make, tickets) = (numbers.clone(), make.clone(), tickets.clone());
        tasks.spawn(async move {
            let mut outcome = Outcome::default();
            let mut refused = None;
            loop {
                let ticket = tickets.fetch_add(1, Ordering::Relaxed);
                let mut due = begun + Duration::from_secs_f64(ticket as f64 / rate);
                if due >= ends {
                    return Ok(outcome);
                }
                if due > Instant::now() {
                    sleep_until(due).await;
                    // The timer's own lateness (up to 1 ms) is not the server's.
                    due = Instant::now();
                }
                let request = refused.take().unwrap_or_else(|| make(numbers.fetch_add(1, Ordering::Relaxed)));
                let status = wire.send(&request).await.ok();
                if due >= counts {
                    outcome.note(status, due.elapsed());
                }
                refused = (status == Some(503)).then_some(request);
                if status.is_none() {
                    wire = Wire::connect(address).await?;
                }
            }
        });
    }
    collect(tasks, timing).await
}

async fn collect(mut tasks: JoinSet<std::io::Result<Outcome>>, timing: Timing) -> Result<Outcome> {
    let mut all = Outcome { window: timing.window, ..Outcome::default() };
    while let Some(outcome) = tasks.join_next().await {
        all.add(outcome??);
    }
    Ok(all)
}
