//! C3: a platform that takes 80 messages per second from a number and refuses more.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    Result,
    fake::Fake,
    reply,
    report::{Bound, Line},
    stage::Stage,
    wire::Wire,
};

const RATE: usize = 80;
/// Seconds that the queue lasts.
const SECONDS: usize = 10;
const WRITERS: usize = 8;

pub async fn run(stage: &mut Stage) -> Result<()> {
    let fake = Fake::start(Some(RATE)).await?;
    let house = stage.house("quota").await?;
    let number = house.numbers_at(stage, 1, 200, &fake.address).await?.remove(0);
    stage.postgres.settle(house.database).await?;
    let conversations = reply::conversations(&house).await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (conversations, token) = (conversations.clone(), number.organization.token.clone());
        let (numbers, mut wire) = (stage.numbers.clone(), Wire::connect(house.hub.address).await?);
        writers.spawn(async move {
            for at in (writer..RATE * SECONDS).step_by(WRITERS) {
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
    let mut before = 0;
    loop {
        sleep(Duration::from_secs(2)).await;
        let taken = fake.taken(number.phone_number_id()).len();
        if taken == RATE * SECONDS || taken == before {
            break;
        }
        before = taken;
    }
    let taken = fake.taken(number.phone_number_id());
    let (Some(first), Some(last)) = (taken.first(), taken.last()) else {
        return Err("no message reached the platform".into());
    };
    let used = (taken.len() - 1) as f64 / (*last - *first).as_secs_f64() / RATE as f64;
    let report = &mut stage.report;
    report.add(
        Line::plain("C3", "share used of a quota of 80/s", "×", vec![used])
            .bar(Bound::AtLeast(0.9))
            .goal(Bound::AtLeast(0.98)),
    );
    report.add(
        Line::plain("C3", "refused by the platform as too many", "", vec![fake.refused() as f64])
            .bar(Bound::AtMost(0.0)),
    );
    let missing = RATE * SECONDS - taken.len();
    report.add(Line::plain("C3", "queued and not sent", "", vec![missing as f64]).bar(Bound::AtMost(0.0)));
    report.note(
        "C3",
        "1,000/s is not measured: the pace is the channel's (80/s) and cannot be set per number yet",
    );
    Ok(())
}
