//! F: forged callbacks. The hub looks up the integration, checks the signature, counts and refuses; nothing touches the database.

use std::{net::SocketAddr, sync::Arc};

use crate::{
    Result,
    bare::Bare,
    load::{self, Make, Timing},
    machine,
    report::{Bound, Line},
    stage::Stage,
};

const CONNECTIONS: usize = 64;

pub async fn run(stage: &mut Stage) -> Result<()> {
    let house = stage.house("callbacks").await?;
    let number = house.numbers(stage, 1, 0).await?.remove(0);
    let make: Make = Arc::new(move |message| number.forged(message));
    let bare = Bare::start()?;
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut cpu = Vec::new();
    for _ in 0..stage.options.runs {
        let plain = refusals(stage, bare.address, bare.pid(), &make).await?;
        let hub = refusals(stage, house.hub.address, house.hub.pid(), &make).await?;
        ratios.push(hub.0 / plain.0);
        theirs.push(plain.0);
        ours.push(hub.0);
        cpu.push(hub.1 / plain.1);
    }
    stage.report.add(
        Line::plain("F", "HTTP + HMAC without database ÷ bare axum", "×", ratios)
            .bar(Bound::AtLeast(0.7))
            .goal(Bound::AtLeast(0.85)),
    );
    stage.report.add(Line::plain("F", "forgeries refused by the hub", "requests/s", ours));
    stage.report.add(Line::plain("F", "refused by bare axum", "requests/s", theirs));
    stage.report.add(Line::plain("F", "CPU per request ÷ bare axum", "×", cpu));
    Ok(())
}

/// Requests per second and the server's CPU per request, µs.
async fn refusals(stage: &Stage, address: SocketAddr, pid: u32, make: &Make) -> Result<(f64, f64)> {
    let timing = Timing::seconds(stage.options.seconds / 2.0);
    let before = machine::cpu(pid);
    let outcome = load::closed(address, CONNECTIONS, timing, &stage.numbers, make).await?;
    let spent = machine::cpu(pid).saturating_sub(before).as_secs_f64();
    if outcome.taken > 0 || outcome.refused > 0 {
        return Err(format!("{} forgeries were taken, {} put off", outcome.taken, outcome.refused).into());
    }
    let rate = outcome.failed as f64 / outcome.window.as_secs_f64();
    let all = rate * (timing.warm_up + timing.window).as_secs_f64();
    Ok((rate, spent * 1e6 / all))
}
