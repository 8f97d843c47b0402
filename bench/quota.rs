//! C3: platforms that take so many messages per second from a number and refuse more. The queue is filled before the worker
//! starts, so that the share is the delivery's own.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::json;
use switchboard::ids::ConversationId;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    Result,
    fake::Fake,
    platform::Number,
    report::{Bound, Line},
    stage::{House, Stage},
    wire::Wire,
};

/// What Meta takes from a number, and from an upgraded one.
const STANDARD: usize = 80;
const HIGH: usize = 1_000;
/// Seconds that a queue lasts.
const SECONDS: usize = 6;
const WRITERS: usize = 8;
/// Messages that wait for one customer.
const EACH: usize = 4;

/// How a number fared.
struct Run {
    /// Of its quota, between the first message taken and the last.
    used: f64,
    missing: usize,
}

pub async fn run(stage: &mut Stage) -> Result<()> {
    let mut refused = 0;
    let mut alone = 0.0;
    for (rate, figure) in
        [(STANDARD, "share used of a quota of 80/s"), (HIGH, "share used of a quota of 1,000/s")]
    {
        let database = if rate == STANDARD { "quota" } else { "quota_high" };
        let (run, too_many) = deliver(stage, database, &[rate], rate * SECONDS).await?;
        refused += too_many;
        alone = run.used;
        let line = Line::plain("C3", figure, "×", vec![run.used]);
        stage.report.add(line.bar(Bound::AtLeast(0.9)).goal(Bound::AtLeast(0.98)));
        let line = Line::plain("C3", "queued and not sent", "", vec![run.missing as f64]);
        stage.report.add(line.bar(Bound::AtMost(0.0)));
    }
    // The same queue again, beside a number whose own is a hundred seconds deep.
    let (beside, too_many) = deliver(stage, "quota_beside", &[HIGH, STANDARD], HIGH * SECONDS).await?;
    refused += too_many;
    let slowed = (1.0 - beside.used / alone) * 100.0;
    let report = &mut stage.report;
    report.add(
        Line::plain("C3", "refused by the platform as too many", "", vec![refused as f64])
            .bar(Bound::AtMost(0.0)),
    );
    report.add(
        Line::plain("C3", "a number at 1,000/s, slowed by one that is limited to 80/s", "%", vec![slowed])
            .goal(Bound::AtMost(5.0)),
    );
    Ok(())
}

/// One organization with a number per rate, each with a queue of so many messages; ends with the first number's queue. How that one
/// fared, and how many messages were refused to all.
async fn deliver(
    stage: &Stage,
    database: &'static str,
    rates: &[usize],
    messages: usize,
) -> Result<(Run, usize)> {
    let fake = Fake::start().await?;
    let mut house = stage.house(database).await?;
    let customers = u64::try_from(messages / EACH)?;
    let numbers = house.numbers_at(stage, rates.len(), customers, &fake.address).await?;
    for (number, rate) in numbers.iter().zip(rates) {
        fake.limit(number.phone_number_id(), *rate);
        number.paced(&house.sql, *rate).await?;
    }
    house.hub.become_role("server").await?;
    for number in &numbers {
        fill(stage, &house, number, messages).await?;
    }
    stage.postgres.settle(house.database).await?;
    house.hub.become_role("serve").await?;
    let first = numbers.first().ok_or("no number")?;
    drain(&fake, first, messages).await;
    let taken = fake.taken(first.phone_number_id());
    let (Some(begin), Some(end)) = (taken.first(), taken.last()) else {
        return Err("no message reached the platform".into());
    };
    let rate = rates.first().copied().unwrap_or(STANDARD) as f64;
    let used = (taken.len() - 1) as f64 / (*end - *begin).as_secs_f64() / rate;
    Ok((Run { used, missing: messages - taken.len() }, fake.refused()))
}

async fn fill(stage: &Stage, house: &House, number: &Number, messages: usize) -> Result<()> {
    let conversations: Vec<ConversationId> =
        sqlx::query_scalar("select id from conversations where organization_id = $1 order by id")
            .bind(number.organization.id)
            .fetch_all(&house.sql)
            .await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (conversations, token) = (conversations.clone(), number.organization.token.clone());
        let (numbers, mut wire) = (stage.numbers.clone(), Wire::connect(house.hub.address).await?);
        writers.spawn(async move {
            for at in (writer..messages).step_by(WRITERS) {
                let path =
                    format!("/api/v1/conversations/{}/messages", conversations[at % conversations.len()]);
                let text = format!("Offer {}", numbers.fetch_add(1, Ordering::Relaxed));
                let body = json!({"client_id": uuid::Uuid::now_v7(), "text": text});
                match wire.json("POST", &path, Some(&token), &body).await? {
                    201 => {}
                    status => return Err(format!("a message was answered {status}").into()),
                }
            }
            Ok::<_, crate::Failure>(())
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer??;
    }
    Ok(())
}

/// Waits until the number's queue is sent, or nothing has moved for a while.
async fn drain(fake: &Fake, number: &Number, messages: usize) {
    let (mut before, mut moved) = (0, Instant::now());
    while before < messages && moved.elapsed() < Duration::from_secs(5) {
        sleep(Duration::from_millis(100)).await;
        let taken = fake.taken(number.phone_number_id()).len();
        if taken > before {
            (before, moved) = (taken, Instant::now());
        }
    }
}
