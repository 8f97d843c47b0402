//! B6: five thousand sockets are cut at once while messages keep coming; all come back with their cursor and catch up.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    Result,
    platform::Number,
    report::{Bound, Line},
    socket::{self, Socket},
    stage::{House, Stage},
    wire::Wire,
};

const SOCKETS: usize = 5_000;
/// Messages per second meanwhile.
const RATE: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(60);

/// What one client knows: events in the order in which it heard of them first.
struct Client {
    cursor: String,
    events: Vec<i64>,
}

pub async fn run(stage: &mut Stage) -> Result<()> {
    let house = stage.house("resume").await?;
    // One customer: every message belongs to the same conversation, whose order can be checked.
    let number = house.numbers(stage, 1, 1).await?.remove(0);
    stage.postgres.settle(house.database).await?;
    let begun = Instant::now();
    let opened = open(&house, &number, &vec![None; SOCKETS]).await?;
    let plain = begun.elapsed();
    let first: i64 = newest(&house).await?;
    let telling = Arc::new(AtomicBool::new(true));
    let teller =
        tokio::spawn(tell(house.hub.address, number.clone(), stage.numbers.clone(), telling.clone()));
    let clients = listen_for(opened, Duration::from_secs(2)).await?;
    // All connections are closed now; what is told meanwhile is missed by everybody.
    sleep(Duration::from_millis(500)).await;
    let cursors: Vec<_> = clients.iter().map(|client| Some(client.cursor.clone())).collect();
    let statements = statements(&house).await?;
    let begun = Instant::now();
    let opened = open(&house, &number, &cursors).await?;
    let connected = begun.elapsed();
    telling.store(false, Ordering::Relaxed);
    teller.await??;
    let wanted = events(&house, first).await?;
    let (clients, caught_up) = catch_up(opened, clients, wanted.clone(), begun).await?;
    let queries = self::statements(&house).await? - statements;
    let lost: usize = clients.iter().map(|client| missing(&client.events, &wanted)).sum();
    let disordered = clients.iter().filter(|client| !client.events.is_sorted()).count();
    let report = &mut stage.report;
    let seconds = |duration: Duration| duration.as_secs_f64();
    report.add(
        Line::plain("B6", "5,000 sockets cut: all caught up after", "s", vec![seconds(caught_up)])
            .bar(Bound::AtMost(10.0))
            .goal(Bound::AtMost(2.0 * seconds(plain) + 1.0)),
    );
    report.add(Line::plain("B6", "events lost", "", vec![lost as f64]).bar(Bound::AtMost(0.0)));
    report.add(
        Line::plain("B6", "clients that heard out of order", "", vec![disordered as f64])
            .bar(Bound::AtMost(0.0)),
    );
    report.add(Line::plain("B6", "plain connect of 5,000", "s", vec![seconds(plain)]));
    report.add(Line::plain("B6", "connect with a cursor", "s", vec![seconds(connected)]));
    report.add(Line::plain("B6", "events told meanwhile", "", vec![wanted.len() as f64]));
    report.add(Line::plain("B6", "transactions of the database meanwhile", "", vec![queries as f64]));
    Ok(())
}

/// Opens one socket per entry, all at the same time, in their order.
async fn open(house: &House, number: &Number, cursors: &[Option<String>]) -> Result<Vec<(Socket, String)>> {
    let mut tasks = JoinSet::new();
    for (at, cursor) in cursors.iter().cloned().enumerate() {
        let (address, token) = (house.hub.address, number.organization.token.clone());
        tasks.spawn(async move { (at, Socket::enter(address, &token, cursor.as_deref()).await) });
    }
    let mut opened = Vec::with_capacity(cursors.len());
    while let Some(task) = tasks.join_next().await {
        let (at, socket) = task?;
        opened.push((at, socket?));
    }
    opened.sort_unstable_by_key(|(at, _)| *at);
    Ok(opened.into_iter().map(|(_, socket)| socket).collect())
}

/// Lets every socket listen for a while, then closes them all at once.
async fn listen_for(sockets: Vec<(Socket, String)>, time: Duration) -> Result<Vec<Client>> {
    let ends = Instant::now() + time;
    let mut tasks = JoinSet::new();
    for (at, (mut socket, cursor)) in sockets.into_iter().enumerate() {
        let mut client = Client { cursor, events: Vec::new() };
        tasks.spawn(async move {
            while let Ok(Ok(frame)) = tokio::time::timeout_at(ends, socket.next()).await {
                client.note(frame);
            }
            (at, client)
        });
    }
    let mut clients = tasks.join_all().await;
    clients.sort_unstable_by_key(|(at, _)| *at);
    Ok(clients.into_iter().map(|(_, client)| client).collect())
}

/// Until every client has heard the last event; how long that took since `begun`.
async fn catch_up(
    sockets: Vec<(Socket, String)>,
    clients: Vec<Client>,
    wanted: Vec<i64>,
    begun: Instant,
) -> Result<(Vec<Client>, Duration)> {
    let last = wanted.last().copied().unwrap_or_default();
    let (done, mut finished) = watch::channel(0_usize);
    let done = Arc::new(done);
    let latest = Arc::new(Mutex::new(Duration::ZERO));
    let mut tasks = JoinSet::new();
    for ((mut socket, _), mut client) in sockets.into_iter().zip(clients) {
        let (done, latest) = (done.clone(), latest.clone());
        tasks.spawn(async move {
            while client.events.last() < Some(&last) {
                match tokio::time::timeout(PATIENCE, socket.next()).await {
                    Ok(Ok(frame)) => client.note(frame),
                    _ => break,
                }
            }
            let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
            *latest = (*latest).max(begun.elapsed());
            done.send_modify(|count| *count += 1);
            client
        });
    }
    finished.wait_for(|count| *count == SOCKETS).await?;
    let clients = tasks.join_all().await;
    let latest = *latest.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((clients, latest))
}

impl Client {
    /// A repeat is told by its id and dropped, as the web client does it.
    fn note(&mut self, frame: Option<&[u8]>) {
        let Some(frame) = frame else { return };
        if let Some(cursor) = socket::member(frame, "cursor") {
            cursor.clone_into(&mut self.cursor);
        }
        if !socket::is_message(frame) {
            return;
        }
        if let Some(id) = socket::member(frame, "id").and_then(|id| id.parse().ok())
            && !self.events.contains(&id)
        {
            self.events.push(id);
        }
    }
}

async fn tell(
    address: std::net::SocketAddr,
    number: Number,
    numbers: Arc<std::sync::atomic::AtomicU64>,
    telling: Arc<AtomicBool>,
) -> Result<()> {
    let mut wire = Wire::connect(address).await?;
    while telling.load(Ordering::Relaxed) {
        wire.send(&number.text(numbers.fetch_add(1, Ordering::Relaxed))).await?;
        sleep(Duration::from_secs(1) / RATE).await;
    }
    Ok(())
}

async fn newest(house: &House) -> Result<i64> {
    Ok(sqlx::query_scalar("select coalesce(max(id), 0) from events").fetch_one(&house.sql).await?)
}

async fn events(house: &House, after: i64) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar("select id from events where id > $1 and kind = 'new_message' order by id")
        .bind(after)
        .fetch_all(&house.sql)
        .await?)
}

/// Transactions that the database has finished: a measure of how many questions it was asked.
async fn statements(house: &House) -> Result<i64> {
    // The counters are written about once a second.
    sleep(Duration::from_millis(1_200)).await;
    Ok(sqlx::query_scalar("select xact_commit + xact_rollback from pg_stat_database where datname = $1")
        .bind(house.database)
        .fetch_one(&house.sql)
        .await?)
}

fn missing(heard: &[i64], wanted: &[i64]) -> usize {
    wanted.iter().filter(|id| !heard.contains(id)).count()
}
