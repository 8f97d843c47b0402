//! The server process: started under a guard, waited for, watched, started again, stopped.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use sqlx::Connection;
use tokio::{
    process::{Child, ChildStdin},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{EmbeddedError, cluster::Cluster, folder::file_error};

/// Runs the server as its child and holds a pipe from the hub. When the pipe ends, because the hub stops it or is
/// gone in whatever way, the server gets the signal for a fast shutdown. No part of it outlives the server.
const GUARD: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(read -r _ <&3; kill -INT "$server") 2>/dev/null &
watcher=$!
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"#;

/// Recovery after a crash replays at most `max_wal_size`.
const LONGEST_START: Duration = Duration::from_secs(120);
const LONGEST_STOP: Duration = Duration::from_secs(30);
/// After the server was killed, its own processes need a moment to notice and to free the shared memory.
const LONGEST_SETTLING: Duration = Duration::from_secs(15);

/// A running server. Held apart from the process, because waiting for a process closes its input.
pub(super) struct Server {
    process: Child,
    leash: Option<ChildStdin>,
}

/// Starts the server and waits until it takes connections.
pub(super) async fn start(cluster: &Cluster) -> Result<Server, EmbeddedError> {
    let begun = Instant::now();
    loop {
        let mut server = spawn(cluster)?;
        match ready(cluster, &mut server, begun).await {
            Ok(()) => return Ok(server),
            Err(error) if begun.elapsed() > LONGEST_SETTLING => return Err(error),
            Err(error) => tracing::debug!(%error, "PostgreSQL is not up yet"),
        }
        sleep(Duration::from_millis(300)).await;
    }
}

/// Keeps the server running until `stopping`, then stops it. The cluster's lock lives as long as this.
pub(super) async fn watch(cluster: Arc<Cluster>, mut server: Server, stopping: CancellationToken) {
    loop {
        tokio::select! {
            () = stopping.cancelled() => break,
            ended = server.process.wait() => {
                let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                tracing::error!(postgres.status = status, "PostgreSQL ended by itself; starting it again");
                match start_again(&cluster, &stopping).await {
                    Some(again) => server = again,
                    None => return,
                }
            }
        }
    }
    stop(&cluster, server).await;
}

async fn start_again(cluster: &Cluster, stopping: &CancellationToken) -> Option<Server> {
    let mut pause = Duration::from_millis(200);
    loop {
        let started = async {
            cluster.stop_leftover().await?;
            start(cluster).await
        };
        match started.await {
            Ok(server) => {
                tracing::info!("PostgreSQL is up again");
                return Some(server);
            }
            Err(error) => tracing::error!(%error, "PostgreSQL does not start"),
        }
        tokio::select! {
            () = stopping.cancelled() => return None,
            () = sleep(pause) => pause = (pause * 2).min(Duration::from_secs(10)),
        }
    }
}

async fn stop(cluster: &Cluster, mut server: Server) {
    drop(server.leash.take());
    if timeout(LONGEST_STOP, server.process.wait()).await.is_err() {
        tracing::warn!("PostgreSQL did not stop in time; ending it");
        cluster.stop_now().await;
        let _ = server.process.wait().await;
    }
    // Empty now; one in /tmp would otherwise stay behind. The next start makes it again.
    let _ = fs::remove_dir(cluster.folder.root.socket());
}

fn spawn(cluster: &Cluster) -> Result<Server, EmbeddedError> {
    let shell = Path::new("/bin/sh");
    let log = open_log(&cluster.folder.root.log())?;
    let mut command = cluster.command(shell);
    command.args(["-c", GUARD, "switchboard-postgres"]).args(cluster.postgres());
    // A group of its own: the terminal's Ctrl-C is for the hub, which then stops the server in its own time.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).process_group(0);
    let mut process = command.spawn().map_err(file_error(shell))?;
    let leash = process.stdin.take();
    Ok(Server { process, leash })
}

/// Appends; a log beyond 10 MiB makes room by becoming `log.old`.
fn open_log(path: &Path) -> Result<Stdio, EmbeddedError> {
    if fs::metadata(path).is_ok_and(|log| log.len() > 10 * 1024 * 1024) {
        let _ = fs::rename(path, path.with_extension("old"));
    }
    let log = OpenOptions::new().create(true).append(true).open(path);
    log.map(Stdio::from).map_err(file_error(path))
}

async fn ready(cluster: &Cluster, server: &mut Server, begun: Instant) -> Result<(), EmbeddedError> {
    let failed = |reason: String| EmbeddedError::NotStarted { reason, log: cluster.folder.root.log() };
    loop {
        match cluster.connect().await {
            Ok(connection) => return Ok(connection.close().await?),
            Err(sqlx::Error::Database(error)) if !is_starting(error.code().as_deref()) => {
                return Err(failed(error.message().to_owned()));
            }
            Err(_) => {}
        }
        if let Some(status) =
            server.process.try_wait().map_err(|error: io::Error| failed(error.to_string()))?
        {
            return Err(failed(format!("it ended with {status}: {}", last_line(&cluster.folder.root.log()))));
        }
        if begun.elapsed() > LONGEST_START {
            return Err(failed("it takes no connections".to_owned()));
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// `cannot_connect_now`: starting up, recovering or shutting down.
fn is_starting(code: Option<&str>) -> bool {
    code == Some("57P03")
}

fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let tail = &text[text.len().saturating_sub(2000)..];
    String::from_utf8_lossy(tail)
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
        .to_owned()
}
