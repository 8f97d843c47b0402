//! Each account's own pace, as its platform sees it: the times are those at which the platform took the messages.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::harness::{client::Session, hub::Hub, inbox::id, platform::Played};

/// Somebody writes to the account, and so many answers are queued for them.
async fn queue(owner: &Session, played: &Played, customer: &str, answers: usize) {
    let conversation = played.write(owner, customer, "hello").await;
    let path = format!("/conversations/{}/messages", id(&conversation));
    for number in 0..answers {
        let body = json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": format!("answer {number}")});
        owner.post(&path, &body).await.expect(201);
    }
}

/// When the platform took the account's messages, once it has taken them all.
async fn taken(played: &Played, customers: &[String], count: usize) -> Vec<DateTime<Utc>> {
    for _ in 0..2400 {
        let mut at: Vec<_> =
            customers.iter().flat_map(|one| played.received(one)).map(|message| message.at).collect();
        if at.len() >= count {
            at.sort_unstable();
            return at;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the platform was not given all");
}

/// The most that was taken within any second.
fn most_in_a_second(taken: &[DateTime<Utc>]) -> usize {
    let within = |first: &DateTime<Utc>| {
        taken.iter().filter(|at| *at >= first && **at - first < TimeDelta::seconds(1)).count()
    };
    taken.iter().map(within).max().unwrap_or_default()
}

#[tokio::test]
async fn each_account_keeps_its_own_pace_and_slows_no_other() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let slow = Played::connect_with(&hub, &owner, "sms", &[("messages_per_second", "2")]).await;
    let fast = Played::connect_with(&hub, &owner, "sms", &[("messages_per_second", "40")]).await;
    let people = |of: &str| -> Vec<_> { (0..8).map(|n| format!("49151{of}00000{n}")).collect() };
    let (patient, hasty) = (people("1"), people("2"));
    // The slow account's messages are first in the table.
    for customer in &patient {
        queue(&owner, &slow, customer, 2).await;
    }
    for customer in &hasty {
        queue(&owner, &fast, customer, 5).await;
    }
    let _work = hub.work();
    let (slow, fast) = tokio::join!(taken(&slow, &patient, 16), taken(&fast, &hasty, 40));
    // A little more than the rate: the way to the platform may take one message longer than the next.
    assert!(most_in_a_second(&slow) <= 4, "{slow:?}");
    assert!(most_in_a_second(&fast) <= 44, "{fast:?}");
    let lasted = slow[15] - slow[0];
    assert!(lasted >= TimeDelta::milliseconds(7_000), "16 messages of 2 a second in {lasted}");
    // At the slow account's pace these would take twenty seconds.
    assert!(fast[39] < slow[15], "the fast account waited for the slow one");
}
