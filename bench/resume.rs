//! B6: five thousand sockets are cut at once while messages keep coming; all come back with their cursor and catch up.

use std::{
    sync::{
        Arc,
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
    let opened = open(&house, &number).await?;
    let plain = begun.elapsed();
    let first: i64 = newest(&house).await?;
    let telling = Arc::new(AtomicBool::new(true));
    let teller =
        tokio::spawn(tell(house.hub.address, number.clone(), stage.numbers.clone(), telling.clone()));
    let clients = listen_for(opened, Duration::from_secs(2)).await?;
    // All connections are closed now; what is told meanwhile is missed by everybody.
    sleep(Duration::from_millis(500)).await;
    let statements = statements(&house).await?;
    let begun = Instant::now();
    let (known, last) = watch::channel(None);
    let back = come_back(&house, &number, clients, &last, begun);
    sleep(Duration::from_secs(2)).await;
    telling.store(false, Ordering::Relaxed);
    teller.await??;
    let wanted = events(&house, first).await?;
    known.send_replace(wanted.last().copied());
    let (clients, caught_up) = ended(back).await?;
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
    report.add(Line::plain("B6", "events told meanwhile", "", vec![wanted.len() as f64]));
    report.add(Line::plain("B6", "transactions of the database meanwhile", "", vec![queries as f64]));
    Ok(())
}

/// Opens all sockets at the same time.
async fn open(house: &House, number: &Number) -> Result<Vec<(Socket, String)>> {
    let mut tasks = JoinSet::new();
    for _ in 0..SOCKETS {
        let (address, token) = (house.hub.address, number.organization.token.clone());
        tasks.spawn(async move { Socket::enter(address, &token, None).await });
    }
    let mut opened = Vec::with_capacity(SOCKETS);
    while let Some(task) = tasks.join_next().await {
        opened.push(task??);
    }
    Ok(opened)
}

/// Lets every socket listen for a while, then closes them all at once.
async fn listen_for(sockets: Vec<(Socket, String)>, time: Duration) -> Result<Vec<Client>> {
    let ends = Instant::now() + time;
    let mut tasks = JoinSet::new();
    for (mut socket, cursor) in sockets {
        let mut client = Client { cursor, events: Vec::new() };
        tasks.spawn(async move {
            while let Ok(Ok(frame)) = tokio::time::timeout_at(ends, socket.next()).await {
                client.note(frame);
            }
            client
        });
    }
    Ok(tasks.join_all().await)
}

/// Every client connects with its cursor, again if it is cut, until it has heard the last event; each says how long that took
/// since `begun`.
fn come_back(
    house: &House,
    number: &Number,
    clients: Vec<Client>,
    last: &watch::Receiver<Option<i64>>,
    begun: Instant,
) -> JoinSet<(Client, Duration)> {
    let mut tasks = JoinSet::new();
    for mut client in clients {
        let (address, token) = (house.hub.address, number.organization.token.clone());
        let mut last = last.clone();
        tasks.spawn(async move {
            while begun.elapsed() < PATIENCE && !client.has_heard(*last.borrow()) {
                let Ok((mut socket, _)) = Socket::enter(address, &token, Some(&client.cursor)).await else {
                    sleep(Duration::from_millis(200)).await;
                    continue;
                };
                while !client.has_heard(*last.borrow()) {
                    // The last event may have come before it was known to be the last.
                    tokio::select! {
                        frame = socket.next() => match frame {
                            Ok(frame) => client.note(frame),
                            Err(_) => break,
                        },
                        _ = last.changed() => {}
                        () = tokio::time::sleep_until(begun + PATIENCE) => break,
                    }
                }
            }
            (client, begun.elapsed())
        });
    }
    tasks
}

async fn ended(mut tasks: JoinSet<(Client, Duration)>) -> Result<(Vec<Client>, Duration)> {
    let (mut clients, mut latest) = (Vec::new(), Duration::ZERO);
    while let Some(task) = tasks.join_next().await {
        let (client, after) = task?;
        latest = latest.max(after);
        clients.push(client);
    }
    Ok((clients, latest))
}

impl Client {
    fn has_heard(&self, last: Option<i64>) -> bool {
        last.is_some_and(|last| self.events.last() >= Some(&last))
    }

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
