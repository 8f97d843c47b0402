//! B1–B5, B7: callbacks told to many authenticated sockets, beside nchan and a bare axum server that carry the same bytes.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    Result,
    audience::{Audience, Door},
    bare::{self, Bare},
    hub::{Hub, Setup},
    load::{self, Make, Timing},
    machine,
    nchan::{self, Nchan},
    platform::Number,
    receipts::receipts,
    report::{Bound, Line},
    socket::{self, Socket},
    stage::{House, Stage},
    statistics::{median, milliseconds, percentile},
    wire::{self, Wire},
};

const SUBSCRIBERS: usize = 1_000;
const CROWD: usize = 5_000;
const CROWD_RATE: f64 = 20_000.0;
const AGENTS: usize = 100;
/// Agents whose frames are looked into; the others only count theirs.
const WATCHED: usize = 10;
const IDLE: usize = 2_000;

/// Somebody who tells a room, and the process that carries it.
#[derive(Clone)]
struct Teller {
    address: SocketAddr,
    make: Make,
    pid: u32,
    doors: Vec<Door>,
}

pub async fn run(stage: &mut Stage) -> Result<()> {
    let mut house = stage.shared_house("fanout").await?;
    let number = house.numbers(stage, 1, 500).await?.remove(0);
    // A password's hash takes more memory than a thousand sockets, and leaves it to them.
    house.hub.kill()?;
    house.hub.begin().await?;
    stage.postgres.settle(house.database).await?;
    idle(stage, &house, &number).await?;
    let twin = twin(stage, &house).await?;
    let ours = teller_of(&house, &number, &[house.hub.address]);
    let receipts = Teller { make: receipts(&house.sql, &number).await?, ..ours.clone() };
    let message = sample(stage, &house, &number, &ours).await?;
    let receipt = sample(stage, &house, &number, &receipts).await?;
    let nchan = Nchan::start(stage.folder()).await?;
    let bare = Bare::start()?;
    let peers = |sample: &[u8]| {
        let peer = |address, path, door, pid| Teller {
            address,
            make: plain(path, sample),
            pid,
            doors: vec![Door::Plain { address, path: door }],
        };
        let nchan =
            nchan.as_ref().map(|nchan| peer(nchan.address, nchan::PUBLISH, nchan::SUBSCRIBE, nchan.pid()));
        (peer(bare.address, bare::PUBLISH, bare::SUBSCRIBE, bare.pid()), nchan)
    };
    if nchan.is_none() {
        stage
            .report
            .note("B1", "nginx with libnginx-mod-nchan is not installed: comparisons with it are left out");
    }
    // The bars were set with frames of 300 bytes; a whole new message is told beside.
    for (teller, frame, of_bars) in [(&receipts, &receipt, true), (&ours, &message, false)] {
        let (bare, nchan) = peers(frame);
        throughput(stage, [Some(teller), Some(&bare), nchan.as_ref()], frame.len(), of_bars).await?;
    }
    let both = teller_of(&house, &number, &[house.hub.address, twin.address]);
    crowd(stage, &ours, &both, peers(&message).1.as_ref()).await?;
    agents(stage, &house, &number).await?;
    stalled(stage, &house, &number, &ours).await
}

/// A second server on the same database and Redis.
async fn twin(stage: &Stage, house: &House) -> Result<Hub> {
    let folder = stage.folder().join("twin");
    std::fs::create_dir_all(&folder)?;
    Hub::start(Setup { folder, role: "server", ..house.hub.setup().clone() }).await
}

fn teller_of(house: &House, number: &Number, addresses: &[SocketAddr]) -> Teller {
    let token = &number.organization.token;
    let door = |address: &SocketAddr| Door::Hub { address: *address, token: token.clone() };
    let number = number.clone();
    Teller {
        address: house.hub.address,
        make: Arc::new(move |message| number.text(message)),
        pid: house.hub.pid(),
        doors: addresses.iter().map(door).collect(),
    }
}

fn plain(path: &'static str, sample: &[u8]) -> Make {
    let request = wire::request("POST", path, "content-type: text/plain\r\n", sample);
    Arc::new(move |_| request.clone())
}

/// One of the hub's own frames: peers carry as many bytes.
async fn sample(stage: &Stage, house: &House, number: &Number, teller: &Teller) -> Result<Vec<u8>> {
    let (mut socket, _) = Socket::enter(house.hub.address, &number.organization.token, None).await?;
    let mut wire = Wire::connect(house.hub.address).await?;
    wire.send(&(teller.make)(stage.numbers.fetch_add(1, Ordering::Relaxed))).await?;
    loop {
        if let Some(frame) = socket.next().await?
            && socket::is_news(frame)
        {
            return Ok(frame.to_vec());
        }
    }
}

/// B5.
async fn idle(stage: &mut Stage, house: &House, number: &Number) -> Result<()> {
    let doors = teller_of(house, number, &[house.hub.address]).doors;
    // The first sockets also pay for what all share.
    let first = Audience::gather(&doors, 100, false).await?;
    let before = machine::memory(house.hub.pid()).0;
    let audience = Audience::gather(&doors, IDLE, false).await?;
    sleep(Duration::from_secs(2)).await;
    let after = machine::memory(house.hub.pid()).0;
    drop((first, audience));
    let each = after.saturating_sub(before) as f64 / IDLE as f64;
    stage.report.add(
        Line::plain("B5", "memory per idle authenticated socket", "KiB", vec![each])
            .bar(Bound::AtMost(16.0))
            .goal(Bound::AtMost(8.0)),
    );
    Ok(())
}

/// B1 and B2 of hub, bare axum and nchan, in this order, with frames of so many bytes.
async fn throughput(
    stage: &mut Stage,
    tellers: [Option<&Teller>; 3],
    bytes: usize,
    of_bars: bool,
) -> Result<()> {
    let mut rates: [Vec<f64>; 3] = Default::default();
    let mut costs: [Vec<f64>; 3] = Default::default();
    for _ in 0..stage.options.runs {
        for (at, teller) in tellers.into_iter().enumerate() {
            let Some(teller) = teller else { continue };
            rates[at].push(deliveries(stage, teller, 8).await?.0);
            costs[at].push(deliveries(stage, teller, 1).await?.1);
        }
    }
    let ratio = |of: &[f64], to: &[f64]| of.iter().zip(to).map(|(of, to)| of / to).collect::<Vec<_>>();
    let barred = |line: Line, bar, goal| if of_bars { line.bar(bar).goal(goal) } else { line };
    let report = &mut stage.report;
    if tellers[2].is_some() {
        let title = format!("1,000 subscribers, 8 outstanding, frames of {bytes} bytes ÷ nchan");
        let line = Line::plain("B1", title, "×", ratio(&rates[0], &rates[2]));
        report.add(barred(line, Bound::AtLeast(3.0), Bound::AtLeast(4.0)));
        let title = format!("CPU per delivery, 1 outstanding, frames of {bytes} bytes ÷ nchan");
        let line = Line::plain("B2", title, "×", ratio(&costs[0], &costs[2]));
        report.add(barred(line, Bound::AtMost(1.5), Bound::AtMost(1.0)));
        // What the hub is built on, which is as much as it can reach.
        let title = format!("bare axum, frames of {bytes} bytes ÷ nchan");
        report.add(Line::plain("B1", title, "×", ratio(&rates[1], &rates[2])));
    }
    let title = format!("1,000 subscribers, 8 outstanding, frames of {bytes} bytes ÷ bare axum");
    report.add(Line::plain("B1", title, "×", ratio(&rates[0], &rates[1])).goal(Bound::AtLeast(0.8)));
    for (at, name) in ["hub", "bare axum", "nchan"].into_iter().enumerate() {
        let (rate, cost) = (std::mem::take(&mut rates[at]), std::mem::take(&mut costs[at]));
        report.add(Line::plain("B1", format!("{name}, frames of {bytes} bytes"), "deliveries/s", rate));
        let title = format!("{name}, CPU per delivery, frames of {bytes} bytes");
        report.add(Line::plain("B2", title, "µs", cost));
    }
    Ok(())
}

/// Deliveries per second with so many messages under way, and the server's CPU for each, µs.
async fn deliveries(stage: &Stage, teller: &Teller, outstanding: u64) -> Result<(f64, f64)> {
    let audience = Arc::new(Audience::gather(&teller.doors, SUBSCRIBERS, false).await?);
    let ends = Instant::now() + Duration::from_secs_f64(stage.options.seconds / 2.0);
    let (tickets, size) = (Arc::new(AtomicU64::new(0)), audience.size as u64);
    let (begun, cpu) = (Instant::now(), machine::cpu_with_children(teller.pid));
    let mut tasks = JoinSet::new();
    for _ in 0..outstanding {
        let (audience, tickets) = (audience.clone(), tickets.clone());
        let (numbers, make) = (stage.numbers.clone(), teller.make.clone());
        let mut wire = Wire::connect(teller.address).await?;
        tasks.spawn(async move {
            while Instant::now() < ends {
                let before = tickets.fetch_add(1, Ordering::Relaxed);
                audience.reach((before + 1).saturating_sub(outstanding) * size).await?;
                told(wire.send(&make(numbers.fetch_add(1, Ordering::Relaxed))).await?)?;
            }
            Ok::<_, crate::Failure>(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    audience.reach(tickets.load(Ordering::Relaxed) * size).await?;
    let count = audience.deliveries() as f64;
    let spent = machine::cpu_with_children(teller.pid).saturating_sub(cpu);
    Ok((count / begun.elapsed().as_secs_f64(), spent.as_secs_f64() * 1e6 / count))
}

fn told(status: u16) -> Result<()> {
    match status {
        200..=299 => Ok(()),
        status => Err(format!("a message was answered {status}").into()),
    }
}

/// B3.
async fn crowd(stage: &mut Stage, ours: &Teller, both: &Teller, nchan: Option<&Teller>) -> Result<()> {
    let mut delays: [Vec<f64>; 3] = Default::default();
    for _ in 0..stage.options.runs {
        for (at, teller) in [Some(ours), Some(both), nchan].into_iter().enumerate() {
            let Some(teller) = teller else { continue };
            delays[at].push(percentile(&crowd_delays(stage, teller).await?, 99.0));
        }
    }
    let ratio = |of: &[f64], to: &[f64]| of.iter().zip(to).map(|(of, to)| of / to).collect::<Vec<_>>();
    let report = &mut stage.report;
    if nchan.is_some() {
        report.add(
            Line::plain(
                "B3",
                "p99 at 20,000/s, 5,000 in one room ÷ nchan",
                "×",
                ratio(&delays[0], &delays[2]),
            )
            .bar(Bound::AtMost(1.2))
            .goal(Bound::AtMost(1.0)),
        );
    }
    report.add(
        Line::plain("B3", "two replicas over Redis ÷ one", "×", ratio(&delays[1], &delays[0]))
            .bar(Bound::AtMost(1.5))
            .goal(Bound::AtMost(1.25)),
    );
    for (at, name) in ["hub, callback to socket", "hub, two replicas", "nchan"].into_iter().enumerate() {
        report.add(Line::plain("B3", format!("{name}, p99"), "ms", std::mem::take(&mut delays[at])));
    }
    Ok(())
}

async fn crowd_delays(stage: &Stage, teller: &Teller) -> Result<Vec<f64>> {
    let audience = Audience::gather(&teller.doors, CROWD, true).await?;
    let mut wire = Wire::connect(teller.address).await?;
    let pause = Duration::from_secs_f64(CROWD as f64 / CROWD_RATE);
    let mut due = Instant::now();
    let messages = (stage.options.seconds / pause.as_secs_f64()) as u64;
    for _ in 0..messages {
        tokio::time::sleep_until(due).await;
        due += pause;
        let request = (teller.make)(stage.numbers.fetch_add(1, Ordering::Relaxed));
        audience.note_sending();
        told(wire.send(&request).await?)?;
    }
    audience.reach(messages * CROWD as u64).await?;
    Ok(audience.delays())
}

/// B4.
async fn agents(stage: &mut Stage, house: &House, number: &Number) -> Result<()> {
    let doors = teller_of(house, number, &[house.hub.address]).doors;
    let audience = Audience::gather(&doors, AGENTS - WATCHED, false).await?;
    let sent: Arc<Mutex<std::collections::HashMap<u64, Instant>>> = Arc::default();
    let mut watching = JoinSet::new();
    for _ in 0..WATCHED {
        let (mut socket, _) = Socket::enter(house.hub.address, &number.organization.token, None).await?;
        let sent = sent.clone();
        watching.spawn(async move {
            let mut delays = Vec::new();
            while let Ok(Ok(frame)) = timeout(Duration::from_secs(1), socket.next()).await {
                let Some(told) = frame.filter(|frame| socket::is_message(frame)).and_then(number_of) else {
                    continue;
                };
                let sent = sent.lock().unwrap_or_else(PoisonError::into_inner).get(&told).copied();
                delays.extend(sent.map(|sent| milliseconds(sent.elapsed())));
            }
            delays
        });
    }
    let texts = number.clone();
    let noting: Make = Arc::new(move |message| {
        let request = texts.text(message);
        sent.lock().unwrap_or_else(PoisonError::into_inner).insert(message, Instant::now());
        request
    });
    let timing = Timing::seconds(stage.options.seconds);
    let rate = 1_000.0;
    let outcome = load::paced(house.hub.address, rate, 128, timing, &stage.numbers, &noting).await?;
    let delays: Vec<f64> = watching.join_all().await.into_iter().flatten().collect();
    drop(audience);
    let commit = stage.commit().await?;
    let report = &mut stage.report;
    report.add(
        Line::plain(
            "B4",
            "callback → commit → 100 agents at 1,000/s, p99",
            "ms",
            vec![percentile(&delays, 99.0)],
        )
        .bar(Bound::AtMost(150.0))
        .goal(Bound::AtMost(100.0)),
    );
    report.add(
        Line::plain("B4", "the same, p50 − 2 c", "ms", vec![median(&delays) - 2.0 * commit])
            .goal(Bound::AtMost(5.0)),
    );
    report.add(Line::plain("B4", "callbacks taken", "messages/s", vec![outcome.rate()]));
    Ok(())
}

/// The number in a message's platform id.
fn number_of(frame: &[u8]) -> Option<u64> {
    let id = socket::member(frame, "external_id")?;
    u64::from_str_radix(id.get(id.len().checked_sub(16)?..)?, 16).ok()
}

/// B7.
async fn stalled(stage: &mut Stage, house: &House, number: &Number, ours: &Teller) -> Result<()> {
    let usual = deliveries(stage, ours, 8).await?.0;
    let before = machine::memory(house.hub.pid()).0;
    let (mut idler, cursor) = Socket::enter(house.hub.address, &number.organization.token, None).await?;
    let first = stage.numbers.load(Ordering::Relaxed);
    let beside = deliveries(stage, ours, 8).await?.0;
    // Enough to fill whatever lies between the hub and the one who does not read.
    let (make, timing) = (ours.make.clone(), Timing::seconds(3.0));
    load::closed(house.hub.address, 64, timing, &stage.numbers, &make).await?;
    let after = machine::memory(house.hub.pid()).0;
    let last = stage.numbers.load(Ordering::Relaxed);
    let mut heard = HashSet::new();
    let (mut cursor, mut cut) = (cursor, false);
    hear(&mut idler, &mut cursor, &mut heard, &mut cut).await;
    let (mut back, _) = Socket::enter(house.hub.address, &number.organization.token, Some(&cursor)).await?;
    hear(&mut back, &mut cursor, &mut heard, &mut false).await;
    let missing = (first..last).filter(|message| !heard.contains(message)).count();
    let report = &mut stage.report;
    report.add(
        Line::plain(
            "B7",
            "others lose when one subscriber stops reading",
            "%",
            vec![(1.0 - beside / usual) * 100.0],
        )
        .bar(Bound::AtMost(10.0))
        .goal(Bound::AtMost(5.0)),
    );
    report.add(
        Line::plain("B7", "it is cut (1 = yes)", "", vec![f64::from(u8::from(cut))]).bar(Bound::AtLeast(1.0)),
    );
    report.add(
        Line::plain("B7", "messages that it lacks after resuming", "", vec![missing as f64])
            .bar(Bound::AtMost(0.0)),
    );
    let grown = after.saturating_sub(before) as f64 / 1024.0;
    report.add(Line::plain("B7", "hub's memory grew meanwhile", "MiB", vec![grown]));
    Ok(())
}

/// Reads until nothing comes for two seconds or the socket ends.
async fn hear(socket: &mut Socket, cursor: &mut String, heard: &mut HashSet<u64>, cut: &mut bool) {
    loop {
        match timeout(Duration::from_secs(2), socket.next()).await {
            Err(_) => return,
            Ok(Err(_)) => {
                *cut = true;
                return;
            }
            Ok(Ok(None)) => {}
            Ok(Ok(Some(frame))) => {
                if let Some(new) = socket::member(frame, "cursor") {
                    new.clone_into(cursor);
                }
                heard.extend(number_of(frame));
            }
        }
    }
}
