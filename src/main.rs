//! The command line: which part of the hub this process is.

use std::{
    io::{self, IsTerminal, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use secrecy::ExposeSecret;
use switchboard::{
    config::{Config, Log, LogFormat},
    db, doctor, embedded, metrics,
    serve::{Role, serve},
    start::{Database, StartError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// A request allocates many small things on one thread and frees them on another, which glibc's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One live shared inbox for every place customers write.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Clone, Copy)]
enum Command {
    /// Server and worker in one process; brings the database up to date first (the default)
    Serve,
    /// Answers browsers, programs and platforms
    Server,
    /// Delivers messages, runs jobs and keeps live connections to platforms
    Worker,
    /// Brings the database up to date and ends
    Migrate,
    /// Looks at the configuration, the database, Redis and the storage, and says what is wrong
    Doctor,
    /// Asks the hub on this machine whether it is ready; for container health checks
    Health,
    /// Prints the private database's address, for psql and pg_dump
    DatabaseUrl,
}

fn main() -> ExitCode {
    let command = Arguments::parse().command.unwrap_or(Command::Serve);
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(error) => return fail(&error),
    };
    start_log(&config.log);
    // Refused only when it is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let code = runtime.block_on(run(command, config));
    // What still blocks a thread must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

async fn run(command: Command, config: Config) -> ExitCode {
    let ended = match command {
        Command::Serve => run_role(config, Role::Serve).await,
        Command::Server => run_role(config, Role::Server).await,
        Command::Worker => run_role(config, Role::Worker).await,
        Command::Migrate => migrate(&config).await,
        Command::Doctor => return examine(&config).await,
        Command::Health => return health(config.server.bind).await,
        Command::DatabaseUrl => return database_url(&config),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn run_role(config: Config, role: Role) -> Result<(), StartError> {
    metrics::recorder();
    serve(config, role, stop_signal()).await
}

async fn migrate(config: &Config) -> Result<(), StartError> {
    let database = Database::open(config).await?;
    let migrated = db::migrate(&database.url).await;
    database.close().await;
    migrated?;
    tracing::info!("the database is up to date");
    Ok(())
}

async fn examine(config: &Config) -> ExitCode {
    let findings = doctor::examine(config).await;
    for finding in &findings {
        say(&finding.to_string());
    }
    match findings.iter().all(|finding| finding.result.is_ok()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn database_url(config: &Config) -> ExitCode {
    if let Some(url) = &config.database.url {
        say(url.expose_secret());
        return ExitCode::SUCCESS;
    }
    match embedded::Embedded::address(&config.server.data) {
        Ok(url) => {
            say(url.expose_secret());
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// Speaks just enough HTTP to ask a hub on this machine, so that an image needs no other tool.
async fn health(bind: SocketAddr) -> ExitCode {
    let asked = tokio::time::timeout(Duration::from_secs(5), async {
        let mut stream = TcpStream::connect(local(bind)).await?;
        stream
            .write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await?;
        Ok::<_, io::Error>(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
    });
    match asked.await {
        Ok(Ok(status)) if status.split(' ').nth(1) == Some("200") => ExitCode::SUCCESS,
        Ok(Ok(status)) => fail(&format!("not ready: {status}")),
        Ok(Err(error)) => fail(&format!("not reached: {error}")),
        Err(_) => fail(&"no answer within 5 seconds"),
    }
}

/// Where a listener on `bind` is reached from this machine.
fn local(mut bind: SocketAddr) -> SocketAddr {
    if bind.ip().is_unspecified() {
        bind.set_ip(match bind.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    bind
}

/// Cancelled by SIGINT or SIGTERM; a second signal ends the process at once.
fn stop_signal() -> CancellationToken {
    let stopping = CancellationToken::new();
    let told = stopping.clone();
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return tracing::error!("signals cannot be received");
        };
        let mut next = async || tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} };
        next().await;
        told.cancel();
        tracing::info!("stopping");
        next().await;
        std::process::exit(130);
    });
    stopping
}

fn start_log(log: &Log) {
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_default();
    let log_to = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // It would tell of a log that nobody reads any more by a write to the same place, which panics.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    match log.format {
        LogFormat::Text => log_to.with_target(false).init(),
        LogFormat::Json => log_to.json().flatten_event(true).init(),
    }
}

fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    let _ = writeln!(io::stderr(), "switchboard: {error}");
    ExitCode::FAILURE
}
