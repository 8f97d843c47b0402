//! The load harness: starts its own PostgreSQL, Redis and hub, drives them over loopback, and says each figure beside its bar.
#![expect(clippy::print_stdout, reason = "a program whose product is what it prints")]

mod archive;
mod audience;
mod bare;
mod callbacks;
mod ceiling;
mod crash;
mod fake;
mod fanout;
mod hub;
mod ingest;
mod lists;
mod load;
mod machine;
mod nchan;
mod overload;
mod platform;
mod players;
mod postgres;
mod quota;
mod receipts;
mod redis;
mod reply;
mod report;
mod resume;
mod sales;
mod search;
mod socket;
mod stage;
mod statistics;
mod streams;
mod unbatched;
mod wire;

use std::{fs, path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use machine::Machine;
use stage::Stage;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Groups of figures, in the order in which `all` measures them.
const GROUPS: [(&str, &str); 12] = [
    ("ingest", "c, A1, A2: callbacks stored per second, and how long one takes"),
    ("overload", "A4: three times more callbacks than the hub can store"),
    ("callbacks", "F: signatures checked, without the database"),
    ("fanout", "B1–B5, B7: events on many sockets, beside nchan and bare axum"),
    ("resume", "B6: five thousand sockets cut at once"),
    ("players", "A1: every channel's messages, from played platforms"),
    ("streams", "B5: idle connections to platforms"),
    ("reply", "C1: an agent's reply"),
    ("quota", "C3: a platform's rate limit"),
    ("sales", "G1, G2: payments on other screens, a board of many deals"),
    ("lists", "D1, D2, E1: pages, counts and search among a million conversations"),
    ("crash", "A3: kill -9 of hub or PostgreSQL under full load"),
];

/// Measures the hub on this machine.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Options {
    /// `list`, `all`, or groups of figures by name
    #[arg(default_value = "all")]
    names: Vec<String>,
    /// Runs that a median is taken of
    #[arg(long, default_value_t = 3)]
    pub runs: usize,
    /// Seconds that one measurement counts
    #[arg(long, default_value_t = 2.0)]
    pub seconds: f64,
    /// Rounds of `crash`
    #[arg(long, default_value_t = 20)]
    pub rounds: u32,
    /// Twenty million messages for `lists`; takes half an hour to write and 30 GB
    #[arg(long)]
    pub large: bool,
    /// Where to write the page; nothing is written without it
    #[arg(long)]
    write: Option<PathBuf>,
    /// Prints which statements PostgreSQL spends its time on; costs a little
    #[arg(long)]
    pub statements: bool,
    /// Ends with an error if a bar was missed
    #[arg(long)]
    strict: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let threads = machine::cores();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let ended = runtime.map_err(Failure::from).and_then(|runtime| {
        // What starts other programs runs on this thread: they end with the thread that started them.
        runtime.block_on(async {
            tokio::select! {
                ended = run(options) => ended,
                _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
            }
        })
    });
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<ExitCode> {
    match options.names.first().map(String::as_str) {
        Some("list") => {
            GROUPS.iter().for_each(|(name, what)| println!("{name:<10} {what}"));
            return Ok(ExitCode::SUCCESS);
        }
        Some(bare::NAME) => return bare::serve().await.map(|()| ExitCode::SUCCESS),
        _ => {}
    }
    let names = chosen(&options.names)?;
    let mut stage = Stage::set(options.clone()).await?;
    for name in names {
        println!("\n{name}");
        let begun = Instant::now();
        measure(name, &mut stage).await.map_err(|error| format!("{name}: {error}"))?;
        println!("  in {:.0} s", begun.elapsed().as_secs_f64());
    }
    if let Some(path) = &options.write {
        let machine = Machine::look(stage.postgres.folder(), stage.postgres.version().await?)?;
        fs::write(path, stage.report.markdown(&machine, options.runs))?;
        println!("\nwritten to {}", path.display());
    }
    let missed: Vec<_> = stage.report.missed().iter().map(|line| line.figure).collect();
    println!("\nbars missed: {}", if missed.is_empty() { "none".to_owned() } else { missed.join(" ") });
    Ok(if options.strict && !missed.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn chosen(names: &[String]) -> Result<Vec<&'static str>> {
    let all = || GROUPS.iter().map(|(name, _)| *name);
    if names.iter().any(|name| name == "all") {
        return Ok(all().collect());
    }
    match names.iter().find(|name| !all().any(|known| known == *name)) {
        Some(unknown) => Err(format!("no such group: {unknown}; see: bench list").into()),
        None => Ok(all().filter(|known| names.iter().any(|name| name == known)).collect()),
    }
}

async fn measure(name: &str, stage: &mut Stage) -> Result<()> {
    match name {
        "ingest" => ingest::run(stage).await,
        "overload" => overload::run(stage).await,
        "callbacks" => callbacks::run(stage).await,
        "fanout" => fanout::run(stage).await,
        "resume" => resume::run(stage).await,
        "players" => players::run(stage).await,
        "streams" => streams::run(stage).await,
        "reply" => reply::run(stage).await,
        "sales" => sales::run(stage).await,
        "lists" => lists::run(stage).await,
        "quota" => quota::run(stage).await,
        _ => crash::run(stage).await,
    }
}

/// A port that nobody listens on at this moment.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Sends a signal to a process that this program started, or to one of its children.
pub fn signal(pid: u32, signal: i32) {
    let name = match signal {
        libc::SIGKILL => "-KILL",
        libc::SIGTERM => "-TERM",
        _ => "-INT",
    };
    let _ = std::process::Command::new("kill").args([name, &pid.to_string()]).status();
}
