//! A3: `kill -9` under full load. Platforms repeat what was not answered 200 until it is; afterwards every message they sent
//! must be there once, numbered without gaps, and told once.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{task::JoinSet, time::Instant};

use crate::{
    Result,
    load::Make,
    platform,
    report::{Bound, Line},
    stage::{House, Stage},
    statistics::{milliseconds, percentile},
    wire::Wire,
};

const CONNECTIONS: usize = 128;
const CUSTOMERS: u64 = 500;
const ORGANIZATIONS: usize = 2;
/// A platform's pause before it repeats.
const PAUSE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn run(stage: &mut Stage) -> Result<()> {
    let mut house = stage.shared_house("crash").await?;
    let numbers = house.numbers(stage, ORGANIZATIONS, CUSTOMERS).await?;
    stage.postgres.settle(house.database).await?;
    let make = platform::texts(&numbers);
    let mut sent = house.messages().await?;
    let (mut lost, mut doubled, mut repeats) = (0, 0, 0);
    let mut back = Vec::new();
    for round in 0..stage.options.rounds {
        let sending = Arc::new(AtomicBool::new(true));
        let platforms = platforms(house.hub.address, &stage.numbers, &make, &sending);
        // Never at the same place of a batch twice.
        tokio::time::sleep(Duration::from_millis(300 + u64::from(round) * 37 % 500)).await;
        let killed = Instant::now();
        if round % 2 == 0 {
            house.hub.kill()?;
            house.hub.begin().await?;
        } else {
            stage.postgres.kill()?;
            stage.postgres.begin().await?;
        }
        back.push(milliseconds(killed.elapsed()));
        tokio::time::sleep(Duration::from_millis(300)).await;
        sending.store(false, Ordering::Relaxed);
        let (count, repeated) = ended(platforms).await?;
        sent += count;
        repeats += repeated;
        let stored = Stored::count(&house).await?;
        lost += stored.lost(sent);
        doubled += stored.doubled(sent);
        if stored.lost(sent) > 0 || stored.doubled(sent) > 0 {
            stage.report.note("A3", format!("round {round}: {sent} sent, {stored:?}"));
            sent = stored.distinct;
        }
    }
    let rounds = stage.options.rounds;
    let report = &mut stage.report;
    let none = |what: &str, value: i64| {
        Line::plain("A3", format!("{what} in {rounds} rounds of kill -9"), "", vec![value as f64])
            .bar(Bound::AtMost(0.0))
    };
    report.add(none("lost", lost));
    report.add(none("doubled", doubled));
    report.add(Line::plain("A3", "messages sent", "", vec![sent as f64]));
    report.add(Line::plain("A3", "callbacks that platforms repeated", "", vec![repeats as f64]));
    report.add(Line::plain("A3", "until the server answers again, p50", "ms", vec![percentile(&back, 50.0)]));
    Ok(())
}

/// What the tables hold.
#[derive(Debug)]
struct Stored {
    messages: i64,
    distinct: i64,
    /// What the conversations' numbers add up to; the number of messages if there are no gaps.
    numbered: i64,
    told: i64,
    unread: i64,
}

impl Stored {
    async fn count(house: &House) -> Result<Self> {
        let (messages, distinct, numbered, told, unread) = sqlx::query_as(
            "select (select count(*) from messages),
                    (select count(distinct (integration_id, external_id)) from messages),
                    (select sum(last_seq)::bigint from conversations),
                    (select count(*) from events where kind = 'new_message'),
                    (select sum(unread_count)::bigint from conversations)",
        )
        .fetch_one(&house.sql)
        .await?;
        Ok(Self { messages, distinct, numbered, told, unread })
    }

    fn lost(&self, sent: i64) -> i64 {
        [self.distinct, self.numbered, self.told, self.unread]
            .into_iter()
            .map(|count| (sent - count).max(0))
            .max()
            .unwrap_or_default()
    }

    fn doubled(&self, sent: i64) -> i64 {
        [self.messages, self.numbered, self.told, self.unread]
            .into_iter()
            .map(|count| (count - sent).max(0))
            .max()
            .unwrap_or_default()
    }
}

/// Each connection sends one message after the other and repeats each until it is taken; counts messages and repeats.
fn platforms(
    address: SocketAddr,
    numbers: &Arc<AtomicU64>,
    make: &Make,
    sending: &Arc<AtomicBool>,
) -> JoinSet<Result<(i64, i64)>> {
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (numbers, make, sending) = (numbers.clone(), make.clone(), sending.clone());
        tasks.spawn(async move {
            let (mut sent, mut repeats) = (0, 0);
            let mut wire = None;
            while sending.load(Ordering::Relaxed) {
                let request = make(numbers.fetch_add(1, Ordering::Relaxed));
                repeats += deliver(address, &mut wire, &request).await?;
                sent += 1;
            }
            Ok((sent, repeats))
        });
    }
    tasks
}

/// How often the message had to be repeated.
async fn deliver(address: SocketAddr, wire: &mut Option<Wire>, request: &[u8]) -> Result<i64> {
    let begun = Instant::now();
    for repeats in 0.. {
        if wire.is_none() {
            *wire = Wire::connect(address).await.ok();
        }
        let answer = match wire.as_mut() {
            Some(wire) => wire.send(request).await.ok(),
            None => None,
        };
        match answer {
            Some(200) => return Ok(repeats),
            Some(_) => {}
            None => *wire = None,
        }
        if begun.elapsed() > PATIENCE {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err("a callback was not taken within a minute".into())
}

async fn ended(mut tasks: JoinSet<Result<(i64, i64)>>) -> Result<(i64, i64)> {
    let mut all = (0, 0);
    while let Some(one) = tasks.join_next().await {
        let (sent, repeats) = one??;
        all = (all.0 + sent, all.1 + repeats);
    }
    Ok(all)
}
