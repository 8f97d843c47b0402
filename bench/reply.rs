//! C1: an agent replies. How long the request takes, and how soon after its commit the platform is called.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::json;
use switchboard::ids::ConversationId;
use tokio::time::{Instant, sleep};

use crate::{
    Result,
    fake::Fake,
    report::{Bound, Line},
    stage::{House, Stage},
    statistics::{median, milliseconds, percentile},
    wire::Wire,
};

const REPLIES: usize = 150;
/// Between two replies: an agent does not write at the pace that the platform allows its number, and what waits for that pace is
/// measured elsewhere (C3).
const PAUSE: Duration = Duration::from_millis(25);

pub async fn run(stage: &mut Stage) -> Result<()> {
    let fake = Fake::start().await?;
    let house = stage.house("reply").await?;
    let number = house.numbers_at(stage, 1, 200, &fake.address).await?.remove(0);
    stage.postgres.settle(house.database).await?;
    let conversations = conversations(&house).await?;
    let mut wire = Wire::connect(house.hub.address).await?;
    let commit = stage.commit().await?;
    let (mut answered, mut called_p50, mut called_p99) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..stage.options.runs {
        let (mut replies, mut calls) = (Vec::new(), Vec::new());
        for at in 0..REPLIES {
            let text =
                format!("Your parcel is on its way ({})", stage.numbers.fetch_add(1, Ordering::Relaxed));
            let path = format!("/api/v1/conversations/{}/messages", conversations[at % conversations.len()]);
            let body = json!({"client_id": uuid::Uuid::now_v7(), "text": text});
            let sent = Instant::now();
            let status = wire.json("POST", &path, Some(&number.organization.token), &body).await?;
            let back = Instant::now();
            if status != 201 {
                return Err(format!(
                    "a reply was answered {status}: {}",
                    String::from_utf8_lossy(wire.body())
                )
                .into());
            }
            replies.push(milliseconds(back - sent));
            calls.push(milliseconds(arrival(&fake, &text).await?.saturating_duration_since(back)));
            sleep(PAUSE).await;
        }
        answered.push(median(&replies) - commit);
        called_p50.push(median(&calls));
        called_p99.push(percentile(&calls, 99.0));
    }
    let report = &mut stage.report;
    report.add(
        Line::plain("C1", "a reply is answered, p50 − c", "ms", answered)
            .bar(Bound::AtMost(5.0))
            .goal(Bound::AtMost(2.0)),
    );
    report.add(
        Line::plain("C1", "from that answer to the platform's call, p50", "ms", called_p50)
            .bar(Bound::AtMost(10.0))
            .goal(Bound::AtMost(2.0)),
    );
    report.add(
        Line::plain("C1", "from that answer to the platform's call, p99", "ms", called_p99)
            .goal(Bound::AtMost(25.0)),
    );
    Ok(())
}

async fn arrival(fake: &Fake, text: &str) -> Result<Instant> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        if let Some(at) = fake.arrival(text) {
            return Ok(at);
        }
        sleep(Duration::from_millis(1)).await;
    }
    Err("a reply did not reach the platform within ten seconds".into())
}

pub async fn conversations(house: &House) -> Result<Vec<ConversationId>> {
    Ok(sqlx::query_scalar("select id from conversations order by id").fetch_all(&house.sql).await?)
}
