//! Coming back: from memory, from the table, under writers that commit in any order, and too late.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use switchboard::{
    app::App,
    ids::OrganizationId,
    realtime::event::{EventKind, NewEvent, Subject},
};

use super::{n, nobodys, organization, servers::Server, socket::Socket, tell};
use crate::harness::{client::Session, hub::Hub};

#[tokio::test]
async fn what_was_missed_comes_from_memory_then_live() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::of(&hub, &ana).await;
    let cursor = socket.position().await;
    drop(socket);
    for number in 0..30 {
        tell(&hub.app, organization(&ana), Some(nobodys()), number).await;
    }
    let (mut socket, answer) = Socket::resume(&hub.url, &ana, &cursor).await;
    assert_eq!(answer["data"]["replayed"], 30);
    tell(&hub.app, organization(&ana), Some(nobodys()), 30).await;
    for number in 0..=30 {
        assert_eq!(n(&socket.next_event().await), number);
    }
}

#[tokio::test]
async fn a_server_that_has_just_started_knows_what_was_missed() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::of(&hub, &ana).await;
    let cursor = socket.position().await;
    for number in 0..30 {
        tell(&hub.app, organization(&ana), Some(nobodys()), number).await;
    }
    let fresh = Server::start(&hub, None).await;
    let (mut socket, answer) = Socket::resume(&fresh.url, &ana, &cursor).await;
    assert_eq!(answer["data"]["replayed"], 30);
    for number in 0..30 {
        assert_eq!(n(&socket.next_event().await), number);
    }
    tell(&fresh.app, organization(&ana), Some(nobodys()), 30).await;
    assert_eq!(n(&socket.next_event().await), 30, "nothing twice");
}

/// More than memory holds: read from the table in parts, older than a room's first look as well.
#[tokio::test]
async fn a_long_absence_is_made_good_from_the_table() {
    const MISSED: u64 = 25_000;
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::of(&hub, &ana).await;
    let cursor = socket.position().await;
    drop(socket);
    let subject = nobodys();
    for half in 0..2 {
        sqlx::query(
            "insert into events (organization_id, kind, conversation_id, payload, created_at)
             select $1, 'new_message', $2, json_build_object('n', n)::text, now() - interval '20 minutes'
             from generate_series($3::bigint, $4::bigint) as n order by n",
        )
        .bind(organization(&ana))
        .bind(subject.conversation_id)
        .bind(half * MISSED as i64 / 2)
        .bind((half + 1) * MISSED as i64 / 2 - 1)
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    }
    let fresh = Server::start(&hub, None).await;
    let (mut socket, answer) = Socket::resume(&fresh.url, &ana, &cursor).await;
    assert!(answer["data"]["replayed"].as_u64().unwrap() > 0);
    tell(&fresh.app, organization(&ana), Some(subject), MISSED).await;
    for number in 0..=MISSED {
        assert_eq!(n(&socket.next_event().await), number);
    }
}

/// A transaction that stays open, of whomever, holds all positions back. What was there before a server, or was caught up with, is
/// not told again when the sweep looks from there.
#[tokio::test]
async fn a_transaction_that_stays_open_has_nothing_told_twice() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut slow = hub.sql().await;
    sqlx::raw_sql("begin; select pg_current_xact_id()").execute(&mut slow).await.unwrap();
    let mut steady = Socket::of(&hub, &ana).await;
    let cursor = steady.position().await;
    let fresh = Server::start(&hub, None).await;
    let mut early = Socket::resume(&fresh.url, &ana, &cursor).await.0;
    // Written by somebody who tells nobody.
    let subject = nobodys();
    sqlx::query(
        "insert into events (organization_id, kind, conversation_id, payload, created_at)
         select $1, 'new_message', $2, json_build_object('n', n)::text, now() - interval '20 minutes' from generate_series(0, 9) as n",
    )
    .bind(organization(&ana))
    .bind(subject.conversation_id)
    .execute(&mut hub.sql().await)
    .await
    .unwrap();
    let last = Server::start(&hub, None).await;
    let mut late = Socket::resume(&last.url, &ana, &cursor).await.0;
    let mut new = Socket::at(&last.url, &ana).await;
    // Rounds of the sweep.
    tokio::time::sleep(Duration::from_secs(3)).await;
    for number in [10, 11] {
        tell(&hub.app, organization(&ana), Some(subject), number).await;
    }
    for socket in [&mut steady, &mut early, &mut late] {
        for number in 0..=11 {
            assert_eq!(n(&socket.next_event().await), number);
        }
    }
    for number in [10, 11] {
        assert_eq!(n(&new.next_event().await), number);
    }
    sqlx::raw_sql("rollback").execute(&mut slow).await.unwrap();
}

#[tokio::test]
async fn a_position_too_old_or_unknown_is_an_explicit_reset() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::of(&hub, &ana).await;
    let cursor = socket.position().await;
    let (xid, at) = cursor.split_once('.').unwrap();
    let retention = hub.app.config.limits.event_retention.as_secs() as i64;
    let at: i64 = at.parse().unwrap();
    let old = format!("{xid}.{}", at - retention - 10);
    let foreign = format!("{}.{at}", xid.parse::<u64>().unwrap() + 1_000_000_000);
    for cursor in [&old, &foreign, "", "yesterday", "-1.-1", "12345"] {
        let (mut socket, answer) = Socket::resume(&hub.url, &ana, cursor).await;
        assert_eq!(answer["data"]["reset"], true, "{cursor}");
        assert_eq!(answer["data"]["replayed"], 0);
        let reset = socket.next().await;
        assert_eq!(reset["type"], "reset", "{cursor}");
        tell(&hub.app, organization(&ana), None, 5).await;
        assert_eq!(n(&socket.next_event().await), 5);
        let (_, answer) = Socket::resume(&hub.url, &ana, reset["cursor"].as_str().unwrap()).await;
        assert_eq!(answer["data"]["reset"], false);
    }
    let almost = format!("{xid}.{}", at - retention + 60);
    let (_, answer) = Socket::resume(&hub.url, &ana, &almost).await;
    assert_eq!(answer["data"]["reset"], false);
}

/// What the writers have to agree on with the readers.
struct Plan {
    conversations: Vec<Subject>,
    /// The next number of each; taken under the conversation's lock.
    numbers: Vec<AtomicU64>,
    writing: AtomicBool,
}

/// Transactions of all lengths, several at once, each telling of one or two conversations under their locks.
async fn write(app: App, home: OrganizationId, plan: Arc<Plan>, seed: u64, transactions: usize) {
    let mut random = SmallRng::seed_from_u64(seed);
    for _ in 0..transactions {
        let mut tx = app.db.begin(home).await.unwrap();
        // The transaction's number is drawn before the wait for the lock, as an ingest's is.
        sqlx::query("select pg_current_xact_id()").execute(tx.sql()).await.unwrap();
        if random.random_bool(0.2) {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..150))).await;
        }
        let mut chosen = [
            random.random_range(0..plan.conversations.len()),
            random.random_range(0..plan.conversations.len()),
        ];
        chosen.sort_unstable();
        for (turn, index) in chosen.into_iter().enumerate() {
            if turn == 1 && chosen[0] == chosen[1] {
                continue;
            }
            sqlx::query("select pg_advisory_xact_lock($1)")
                .bind(index as i64)
                .execute(tx.sql())
                .await
                .unwrap();
            let number = plan.numbers[index].fetch_add(1, Ordering::SeqCst);
            let data = json!({"n": number, "conversation": index});
            tx.tell(NewEvent::about(EventKind::NewMessage, plan.conversations[index], &data));
        }
        if random.random_bool(0.2) {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
        }
        tx.commit().await.unwrap();
    }
}

/// A reader's memory: what it has seen, as a browser keeps it.
#[derive(Default)]
struct Reader {
    ids: HashSet<String>,
    next: HashMap<u64, u64>,
    repeats: usize,
}

impl Reader {
    fn take(&mut self, frame: &Value) {
        if !self.ids.insert(frame["id"].as_str().unwrap().to_owned()) {
            self.repeats += 1;
            return;
        }
        let next = self.next.entry(frame["data"]["conversation"].as_u64().unwrap()).or_default();
        assert_eq!(n(frame), *next, "a gap or a wrong order in a conversation");
        *next += 1;
    }

    fn has_all(&self, plan: &Plan) -> bool {
        let numbers = plan.numbers.iter().map(|number| number.load(Ordering::SeqCst)).enumerate();
        !plan.writing.load(Ordering::SeqCst)
            && numbers
                .into_iter()
                .all(|(index, number)| self.next.get(&(index as u64)).copied().unwrap_or_default() == number)
    }
}

/// Reads, is cut at any moment, comes back to any server from the last position it saw.
async fn read(urls: Vec<String>, session: Session, plan: Arc<Plan>, seed: u64, cursor: String) -> Reader {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut reader = Reader::default();
    let mut cursor = cursor;
    while !reader.has_all(&plan) {
        let url = &urls[random.random_range(0..urls.len())];
        let (mut socket, answer) = Socket::resume(url, &session, &cursor).await;
        assert_eq!(answer["data"]["reset"], false);
        let life = Duration::from_millis(random.random_range(0..600));
        let _ = tokio::time::timeout(life, async {
            loop {
                let frame = socket.next().await;
                if frame["id"].is_string() {
                    reader.take(&frame);
                }
                // As a browser does: after the frame was taken.
                if let Some(position) = frame["cursor"].as_str() {
                    cursor = position.to_owned();
                }
            }
        })
        .await;
    }
    reader
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_out_of_order_whoever_is_cut_and_whenever_it_commits() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::of(&hub, &ana).await;
    let cursor = socket.position().await;
    let plan = Arc::new(Plan {
        conversations: (0..6).map(|_| nobodys()).collect(),
        numbers: (0..6).map(|_| AtomicU64::new(0)).collect(),
        writing: AtomicBool::new(true),
    });
    let readers: Vec<_> = (0..6)
        .map(|seed| {
            tokio::spawn(read(vec![hub.url.clone()], ana.clone(), plan.clone(), seed, cursor.clone()))
        })
        .collect();
    let writers: Vec<_> = (0..8)
        .map(|seed| tokio::spawn(write(hub.app.clone(), organization(&ana), plan.clone(), 100 + seed, 60)))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    plan.writing.store(false, Ordering::SeqCst);
    // One that was never cut hears everything once.
    let mut steady = Reader::default();
    while !steady.has_all(&plan) {
        steady.take(&socket.next_event().await);
    }
    assert_eq!(steady.repeats, 0);
    for reader in readers {
        assert_eq!(reader.await.unwrap().ids.len(), steady.ids.len());
    }
}
