//! c, A1, A2: signed WhatsApp callbacks over HTTP, each answered after its commit, beside what PostgreSQL can do without a hub.

use sqlx::PgPool;

use crate::{
    Result, ceiling,
    load::{self, Outcome, Timing},
    machine,
    platform::{self, Number},
    report::{Bound, Line},
    stage::{House, Stage},
    statistics::median,
    unbatched::Unbatched,
};

const CONNECTIONS: usize = 256;
/// Tenants that are written to at the same time.
const ORGANIZATIONS: usize = 4;
const CUSTOMERS: u64 = 5_000;
const MESSAGES: &str = "messages/s";
/// ms that a commit takes on the machine that the bars were set on.
const COMMIT_OF_BARS: f64 = 4.0;

/// What commits wait for.
#[derive(Clone, Copy, PartialEq)]
enum Disk {
    /// This machine's.
    Own,
    /// One that takes as long for a flush of PostgreSQL's log as that of the machine that the bars were set on.
    OfBars,
}

#[derive(Default)]
struct Found {
    commit: Vec<f64>,
    unbatched: Vec<f64>,
    unbatched_in_hub: Vec<f64>,
    batched: Vec<f64>,
    rate: Vec<f64>,
    rate_of_one: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    hub_cpu: Vec<f64>,
    database_cpu: Vec<f64>,
    half_p50: Vec<f64>,
    half_p99: Vec<f64>,
    lone_p50: Vec<f64>,
}

pub async fn run(stage: &mut Stage) -> Result<()> {
    let ceiling = ceiling::prepare(&stage.postgres).await?;
    let house = stage.house("ingest").await?;
    let numbers = house.numbers(stage, ORGANIZATIONS, CUSTOMERS).await?;
    let own = Unbatched::prepare(stage, &house, &numbers[0]).await?;
    let found = measure(stage, &ceiling, &house, &numbers, Some(&own)).await?;
    let median_commit = median(&found.commit);
    let quick = median_commit < COMMIT_OF_BARS / 4.0;
    tell(stage, Disk::Own, found);
    if !quick {
        return Ok(());
    }
    if stage.postgres.slow_disk(COMMIT_OF_BARS - median_commit)? {
        stage.report.note(
            "A1",
            format!(
                "The bars were set on a machine whose disk takes {COMMIT_OF_BARS} ms for a commit. Where a commit takes a fraction \
                 of that, PostgreSQL's unbatched rate is bound by the processors, which it has to itself there and shares with the \
                 hub here. So both are measured a second time on a disk that takes so long: `fdatasync` waits before it flushes, and \
                 who commits meanwhile waits for the next one."
            ),
        );
        let found = measure(stage, &ceiling, &house, &numbers, None).await;
        stage.postgres.slow_disk(0.0)?;
        tell(stage, Disk::OfBars, found?);
    } else {
        stage.report.note("A1", "Not measured on a slower disk, which needs a C compiler (`cc`).".to_owned());
    }
    Ok(())
}

async fn measure(
    stage: &Stage,
    ceiling: &PgPool,
    house: &House,
    numbers: &[Number],
    own: Option<&Unbatched>,
) -> Result<Found> {
    let mut found = Found::default();
    for _ in 0..stage.options.runs {
        stage.postgres.settle(ceiling::DATABASE).await?;
        stage.postgres.settle(house.database).await?;
        let limits = ceiling::measure(ceiling, stage.options.seconds, &stage.numbers).await?;
        found.commit.push(limits.commit);
        found.unbatched.push(limits.unbatched);
        found.batched.push(limits.batched);
        if let Some(own) = own {
            found.unbatched_in_hub.push(own.measure(stage.options.seconds, &stage.numbers).await?);
            stage.postgres.settle(house.database).await?;
        }
        full(stage, house, numbers, &mut found).await?;
        let half = median(&found.rate) / 2.0;
        let outcome = paced(stage, house, numbers, half).await?;
        found.half_p50.push(outcome.latency(50.0));
        found.half_p99.push(outcome.latency(99.0));
        let outcome = closed(stage, house, numbers, 1).await?;
        found.lone_p50.push(outcome.latency(50.0));
        if own.is_some() {
            let outcome = closed(stage, house, &numbers[..1], CONNECTIONS).await?;
            found.rate_of_one.push(outcome.rate());
        }
    }
    Ok(found)
}

/// As many as the hub takes, and what each one costs.
async fn full(stage: &Stage, house: &House, numbers: &[Number], found: &mut Found) -> Result<()> {
    let cpu = || (machine::cpu(house.hub.pid()), machine::cpu_with_children(stage.postgres.pid()));
    let (messages, (hub, database)) = (house.messages().await?, cpu());
    stage.postgres.watch().await?;
    let outcome = closed(stage, house, numbers, CONNECTIONS).await?;
    let (hub_after, database_after) = cpu();
    let stored = house.messages().await? - messages;
    if stored < i64::try_from(outcome.taken)? {
        return Err(
            format!("{} callbacks were answered 200, {stored} messages are stored", outcome.taken).into()
        );
    }
    stage.postgres.tell_statements(stored).await?;
    let each = |before, after: std::time::Duration| {
        after.saturating_sub(before).as_secs_f64() * 1e6 / stored.max(1) as f64
    };
    found.hub_cpu.push(each(hub, hub_after));
    found.database_cpu.push(each(database, database_after));
    found.rate.push(outcome.rate());
    found.p50.push(outcome.latency(50.0));
    found.p99.push(outcome.latency(99.0));
    Ok(())
}

async fn closed(stage: &Stage, house: &House, numbers: &[Number], connections: usize) -> Result<Outcome> {
    let (make, timing) = (platform::texts(numbers), Timing::seconds(stage.options.seconds));
    let outcome = load::closed(house.hub.address, connections, timing, &stage.numbers, &make).await?;
    all_taken(outcome)
}

async fn paced(stage: &Stage, house: &House, numbers: &[Number], rate: f64) -> Result<Outcome> {
    let (make, timing) = (platform::texts(numbers), Timing::seconds(stage.options.seconds));
    all_taken(load::paced(house.hub.address, rate, CONNECTIONS, timing, &stage.numbers, &make).await?)
}

fn all_taken(outcome: Outcome) -> Result<Outcome> {
    match outcome.refused + outcome.failed {
        0 => Ok(outcome),
        _ => Err(format!("{} callbacks refused, {} failed", outcome.refused, outcome.failed).into()),
    }
}

fn tell(stage: &mut Stage, disk: Disk, found: Found) {
    let ratio = |values: &[f64], to: &[f64]| values.iter().zip(to).map(|(value, to)| value / to).collect();
    let difference =
        |values: &[f64], to: &[f64]| values.iter().zip(to).map(|(value, to)| value - to).collect();
    let line = |figure, what: &str, unit, runs| {
        let on = if disk == Disk::OfBars {
            format!(", a commit takes {COMMIT_OF_BARS} ms")
        } else {
            String::new()
        };
        Line::plain(figure, format!("{what}{on}"), unit, runs)
    };
    let report = &mut stage.report;
    report.add(
        line("A1", "durable ingest ÷ PostgreSQL unbatched", "×", ratio(&found.rate, &found.unbatched))
            .bar(Bound::AtLeast(1.2))
            .goal(Bound::AtLeast(1.9)),
    );
    report.add(
        line("A1", "durable ingest ÷ PostgreSQL batched", "×", ratio(&found.rate, &found.batched))
            .goal(Bound::AtLeast(0.6)),
    );
    report.add(
        line("A2", "p99 at half that rate ÷ c", "×", ratio(&found.half_p99, &found.commit))
            .bar(Bound::AtMost(20.0))
            .goal(Bound::AtMost(10.0)),
    );
    report.add(
        line("A2", "p50 at half that rate ÷ c", "×", ratio(&found.half_p50, &found.commit))
            .goal(Bound::AtMost(3.0)),
    );
    report.add(
        line("A2", "p50 of one in flight − c", "ms", difference(&found.lone_p50, &found.commit))
            .bar(Bound::AtMost(3.0))
            .goal(Bound::AtMost(1.0)),
    );
    let in_hub = ratio(&found.rate, &found.unbatched_in_hub);
    for (figure, what, unit, runs) in [
        ("A1", "durable ingest ÷ PostgreSQL unbatched in the hub's tables", "×", in_hub),
        ("A1", "c: one client commits one row", "ms", found.commit),
        (
            "A1",
            "PostgreSQL, a transaction per message, four lean tables, 32 clients",
            MESSAGES,
            found.unbatched,
        ),
        ("A1", "the same in the hub's own tables with their indexes", MESSAGES, found.unbatched_in_hub),
        (
            "A1",
            "PostgreSQL, 100 messages per transaction, four lean tables, 4 clients",
            MESSAGES,
            found.batched,
        ),
        ("A1", "durable ingest, 256 connections, 4 organizations", MESSAGES, found.rate),
        ("A1", "the same, one organization", MESSAGES, found.rate_of_one),
        ("A1", "its p50 under full load", "ms", found.p50),
        ("A1", "its p99 under full load", "ms", found.p99),
        ("A1", "hub's CPU per message", "µs", found.hub_cpu),
        ("A1", "PostgreSQL's CPU per message", "µs", found.database_cpu),
        ("A2", "p50 at half that rate", "ms", found.half_p50),
        ("A2", "p99 at half that rate", "ms", found.half_p99),
        ("A2", "p50 of one in flight", "ms", found.lone_p50),
    ] {
        if !runs.is_empty() {
            report.add(line(figure, what, unit, runs));
        }
    }
}
