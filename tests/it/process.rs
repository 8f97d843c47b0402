//! The binary as an operator meets it: started, asked, refused, stopped.

mod bucket;
mod leaving;

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::harness::database;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A hub on a port and in a folder of its own; killed when the test forgets to stop it.
struct Hub {
    folder: TempDir,
    port: u16,
    /// `None` for a private one.
    database: Option<SecretString>,
    process: Option<Child>,
}

impl Hub {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The user who runs PostgreSQL when we are root must get in.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { folder, port, database: None, process: None }
    }

    fn command(&self, role: &str) -> Command {
        let mut command = switchboard(&[role]);
        command.env("SWITCHBOARD_DATA", self.folder.path());
        command.env("SWITCHBOARD_BIND", format!("127.0.0.1:{}", self.port));
        if let Some(url) = &self.database {
            command.env("DATABASE_URL", url.expose_secret()).env("SWITCHBOARD_SECRET_KEY", KEY);
        }
        command
    }

    fn run(&self, role: &str) -> Output {
        self.command(role).output().unwrap()
    }

    fn start(&mut self) -> Duration {
        let begun = Instant::now();
        self.process = Some(self.command("serve").stderr(Stdio::null()).spawn().unwrap());
        self.until_healthy(begun);
        begun.elapsed()
    }

    fn until_healthy(&self, begun: Instant) {
        while !self.run("health").status.success() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the hub is not ready");
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends the signal and returns the exit code.
    fn stop(&mut self, signal: &str) -> Option<i32> {
        let mut process = self.process.take().unwrap();
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", process.id())]).status();
        assert!(sent.unwrap().success());
        process.wait().unwrap().code()
    }

    fn database_runs(&self) -> bool {
        self.folder.path().join("postgres/cluster/postmaster.pid").exists()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The binary with nothing of this process' environment but the `PATH`.
fn switchboard(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.current_dir(Path::new("/"));
    command
}

/// How many requests were answered, on every route.
fn requests(metrics: &str) -> u64 {
    let series = metrics.lines().filter(|line| line.starts_with("switchboard_http_requests_total{"));
    series.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The metrics, once the worker has counted what waits.
fn jobs_counted(hub: &Hub) -> String {
    let begun = Instant::now();
    let mut metrics = hub.get("/metrics");
    while !metrics.contains("\nswitchboard_jobs_ready ") && begun.elapsed() < Duration::from_secs(20) {
        metrics = hub.get("/metrics");
    }
    metrics
}

#[test]
fn a_log_that_nobody_reads_any_more_stops_nothing() {
    let mut hub = Hub::new();
    let mut process = hub.command("serve").stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    drop((process.stderr.take(), process.stdout.take()));
    hub.process = Some(process);
    hub.until_healthy(Instant::now());
    assert_eq!(hub.stop("TERM"), Some(0));
    assert!(!hub.database_runs());
}

#[test]
fn a_hub_starts_answers_and_stops_with_its_database() {
    let mut hub = Hub::new();
    hub.start();
    assert!(hub.database_runs());
    let counted = jobs_counted(&hub);
    assert!(
        counted.contains(r#"switchboard_http_requests_total{route="/health/ready",status="200"}"#),
        "{counted}"
    );
    assert!(counted.contains("\nswitchboard_jobs_ready 0"), "{counted}");
    assert_eq!(requests(&hub.get("/metrics")), requests(&counted), "whoever scrapes is not counted");
    assert_eq!(hub.stop("TERM"), Some(0));
    assert!(!hub.database_runs());
    assert!(!hub.run("health").status.success());

    let again = hub.start();
    assert!(again < Duration::from_secs(3), "the next start took {again:?}");
    assert_eq!(hub.stop("INT"), Some(0));
    assert!(!hub.database_runs());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_the_migrations_and_can_be_stopped_meanwhile() {
    let database = database::empty().await;
    let mut hub = Hub::new();
    hub.database = Some(database.url());
    hub.process = Some(hub.command("server").stderr(Stdio::null()).spawn().unwrap());
    sleep(Duration::from_millis(1500)).await;
    assert!(!hub.run("health").status.success());
    assert_eq!(hub.stop("TERM"), Some(0));

    hub.process = Some(hub.command("server").stderr(Stdio::null()).spawn().unwrap());
    assert!(hub.run("migrate").status.success());
    hub.until_healthy(Instant::now());
    assert!(!hub.folder.path().join("postgres").exists(), "a given database needs no private one");
    assert_eq!(hub.stop("TERM"), Some(0));

    hub.process = Some(hub.command("worker").stderr(Stdio::null()).spawn().unwrap());
    hub.until_healthy(Instant::now());
    assert_eq!(hub.stop("TERM"), Some(0));
}

#[test]
fn a_second_hub_is_refused_while_the_first_goes_on() {
    let mut hub = Hub::new();
    hub.start();
    let first = hub.process.as_ref().unwrap().id();
    let refused = hub.run("serve");
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains(&format!("is in use by another hub (process {first})")), "{said}");
    assert!(hub.run("health").status.success());
    assert_eq!(hub.stop("TERM"), Some(0));
}

#[test]
fn the_doctor_looks_at_a_running_hub_and_at_a_stopped_one() {
    let mut hub = Hub::new();
    hub.start();
    let running = text(&hub.run("doctor").stdout);
    hub.stop("TERM");
    let stopped = text(&hub.run("doctor").stdout);
    for said in [running, stopped] {
        for subject in ["key", "database", "extensions", "roles", "migrations", "redis", "storage"] {
            let line = said.lines().find(|line| line.contains(subject));
            assert!(line.is_some_and(|line| line.starts_with("ok ")), "{subject}: {said}");
        }
    }
    assert!(!hub.database_runs(), "the doctor left the database running");
}

#[test]
fn the_doctor_says_what_is_wrong_and_fails() {
    let hub = Hub::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let seen = hub
        .command("doctor")
        .env("DATABASE_URL", format!("postgres://hub:pa55word@127.0.0.1:{closed}/hub"))
        .env("REDIS_URL", format!("redis://:pa55word@127.0.0.1:{closed}"))
        .env("SWITCHBOARD_SECRET_KEY", KEY)
        .output()
        .unwrap();
    let said = text(&seen.stdout);
    assert_eq!(seen.status.code(), Some(1));
    assert!(said.contains("FAIL  database    not reached"), "{said}");
    assert!(said.contains("FAIL  redis       not reached"), "{said}");
    assert!(!said.contains("pa55word"), "{said}");
}

#[test]
fn every_fault_of_the_configuration_is_named_before_anything_starts() {
    let hub = Hub::new();
    let refused = hub
        .command("serve")
        .env("SWITCHBOARD_BIND", "here")
        .env("DATABASE_URL", "mysql://db")
        .env("SWITCHBOARD_DEMO", "perhaps")
        .output()
        .unwrap();
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    for name in ["SWITCHBOARD_BIND", "DATABASE_URL", "SWITCHBOARD_SECRET_KEY", "SWITCHBOARD_DEMO"] {
        assert!(said.contains(&format!("\n  {name}: ")), "{name} is not named in: {said}");
    }
    assert_eq!(fs::read_dir(hub.folder.path()).unwrap().count(), 0);
}

#[test]
fn the_private_databases_address_opens_it() {
    let mut hub = Hub::new();
    hub.start();
    let url = text(&hub.run("database-url").stdout);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let organizations: i64 = runtime.block_on(async {
        use sqlx::Connection;
        let mut connection = sqlx::PgConnection::connect(url.trim()).await.unwrap();
        sqlx::query_scalar("select count(*) from organizations").fetch_one(&mut connection).await.unwrap()
    });
    assert_eq!(organizations, 0);
    hub.stop("TERM");
}
