//! E1: the newest messages that hold a word, however frequent it is.

use tokio::time::Instant;

use crate::{
    Result,
    archive::Archive,
    report::{Bound, Line},
    stage::{House, Stage},
    statistics::{milliseconds, percentile},
    wire::Wire,
};

const REQUESTS: usize = 50;

/// Runs on the organization that `lists` has built.
pub async fn run(stage: &mut Stage, house: &House, archive: &Archive) -> Result<()> {
    let mut wire = Wire::connect(house.hub.address).await?;
    let mut worst = (0.0, "");
    let mut lines = Vec::new();
    for (name, word) in [("common", "order"), ("medium", "medium"), ("rare", "rare"), ("absent", "zebra")] {
        let mut times = Vec::new();
        for at in 0..REQUESTS {
            let word = match name {
                "medium" => format!("{word}{}", at * 37 % 200),
                "rare" => format!("{word}{}", at * 1_999 % 100_000),
                _ => word.to_owned(),
            };
            let sent = Instant::now();
            let found = archive.get(&mut wire, &format!("/api/v1/messages?q={word}&limit=20")).await?;
            times.push(milliseconds(sent.elapsed()));
            let hits = found["data"].as_array().map_or(0, Vec::len);
            if (hits == 0) != (name == "absent") {
                return Err(format!("{hits} messages were found for {word}").into());
            }
        }
        let p99 = percentile(&times, 99.0);
        worst = if p99 > worst.0 { (p99, name) } else { worst };
        lines.push(Line::plain(
            "E1",
            format!("search, {name} word, p50"),
            "ms",
            vec![percentile(&times, 50.0)],
        ));
    }
    let report = &mut stage.report;
    report.add(
        Line::plain(
            "E1",
            format!("search in {} messages, worst word ({}), p99", archive.messages, worst.1),
            "ms",
            vec![worst.0],
        )
        .bar(Bound::AtMost(300.0))
        .goal(Bound::AtMost(60.0)),
    );
    lines.into_iter().for_each(|line| report.add(line));
    Ok(())
}
