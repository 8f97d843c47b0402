//! A4: three times more callbacks than the hub can store, for as long as it takes the queue to fill and beyond.

use crate::{
    Result,
    load::{self, Timing},
    machine, platform,
    report::{Bound, Line},
    stage::Stage,
    statistics::percentile,
};

/// Enough that the queue in the hub, and not the connections, is what fills.
const CONNECTIONS: usize = 7_000;
const CUSTOMERS: u64 = 5_000;
const FACTOR: f64 = 3.0;

pub async fn run(stage: &mut Stage) -> Result<()> {
    let house = stage.house("overload").await?;
    let numbers = house.numbers(stage, 1, CUSTOMERS).await?;
    let (make, address) = (platform::texts(&numbers), house.hub.address);
    let mut goodput = Vec::new();
    let mut refused = Vec::new();
    let mut refused_after = Vec::new();
    let mut peak = Vec::new();
    for _ in 0..stage.options.runs {
        stage.postgres.settle(house.database).await?;
        let timing = Timing::seconds(stage.options.seconds);
        let usual = load::closed(address, 256, timing, &stage.numbers, &make).await?;
        let before = machine::memory(house.hub.pid()).0;
        let rate = usual.rate() * FACTOR;
        let outcome = load::paced(address, rate, CONNECTIONS, timing, &stage.numbers, &make).await?;
        let most = machine::memory(house.hub.pid()).1;
        if outcome.failed > 0 {
            return Err(format!("{} callbacks were answered neither 200 nor 503", outcome.failed).into());
        }
        goodput.push(outcome.rate() / usual.rate());
        refused.push(outcome.refused as f64 / (outcome.taken + outcome.refused).max(1) as f64 * 100.0);
        refused_after.push(percentile(&outcome.refused_after, 99.0));
        peak.push(most.saturating_sub(before) as f64 / 1024.0);
    }
    let report = &mut stage.report;
    report.add(
        Line::plain("A4", "goodput at 3 × overload ÷ full load", "×", goodput)
            .bar(Bound::AtLeast(0.8))
            .goal(Bound::AtLeast(0.9)),
    );
    report.add(Line::plain("A4", "memory beyond full load", "MiB", peak).bar(Bound::AtMost(256.0)));
    report.add(Line::plain("A4", "answered 503", "%", refused));
    report.add(Line::plain("A4", "p99 of a 503", "ms", refused_after));
    Ok(())
}
