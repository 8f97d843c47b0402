//! One socket that does not read.

use serde_json::json;
use switchboard::realtime::event::{EventKind, NewEvent};

use super::{n, nobodys, organization, socket::Socket};
use crate::harness::hub::Hub;

const EVENTS: u64 = 3_000;
/// Events that one transaction tells.
const BATCH: u64 = 20;
/// More than kernels buffer for one connection, all together.
const BYTES: usize = 8 * 1024;

#[tokio::test]
async fn a_slow_socket_is_cut_alone_and_resumes() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut slow = Socket::of(&hub, &ana).await;
    let mut quick = Socket::of(&hub, &ana).await;
    let cursor = slow.position().await;
    let (subject, filling) = (nobodys(), "x".repeat(BYTES));
    let home = organization(&ana);
    // The quick one reads each batch before the next is told: it lags only as long as this test does.
    for batch in 0..EVENTS / BATCH {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let mut tx = hub.app.db.begin(home).await.unwrap();
        for number in numbers.clone() {
            let data = json!({"n": number, "filling": filling});
            tx.tell(NewEvent::about(EventKind::NewMessage, subject, &data));
        }
        tx.commit().await.unwrap();
        for number in numbers {
            assert_eq!(n(&quick.next_event().await), number);
        }
    }

    // What was on its way still arrives, then the end.
    let mut received = 0;
    while let Ok(frame) = slow.next_or_close().await {
        if frame["id"].is_string() {
            received += 1;
        }
    }
    assert!(received < EVENTS, "the slow socket was never cut");
    let (mut back, _) = Socket::resume(&hub.url, &ana, &cursor).await;
    for number in 0..EVENTS {
        assert_eq!(n(&back.next_event().await), number);
    }
    quick.position().await;
}
