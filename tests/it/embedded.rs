//! The private PostgreSQL: first start, next start, one hub per folder, and every kind of sudden end.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection, postgres::PgPoolOptions};
use switchboard::embedded::{Durability, Embedded, EmbeddedError, EmbeddedOptions};
use tempfile::TempDir;
use tokio::time::sleep;

const DATA: &str = "EMBEDDED_TEST_DATA";

/// A folder that the user who runs PostgreSQL can enter.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Without syncing, which no end of a process can tell from the real thing: only a power failure could.
async fn start(data: &Path) -> Embedded {
    let options = EmbeddedOptions { durability: Durability::None, ..EmbeddedOptions::new(data) };
    Embedded::start(options).await.unwrap()
}

async fn start_durable(data: &Path) -> Embedded {
    Embedded::start(EmbeddedOptions::new(data)).await.unwrap()
}

async fn connect(hub: &Embedded) -> PgConnection {
    PgConnection::connect(hub.url().expose_secret()).await.unwrap()
}

async fn write_note(hub: &Embedded) {
    let mut connection = connect(hub).await;
    sqlx::raw_sql("create table note (text text); insert into note values ('kept')")
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn read_note(hub: &Embedded) -> String {
    sqlx::query_scalar("select text from note").fetch_one(&mut connect(hub).await).await.unwrap()
}

fn server_pid(data: &Path) -> u32 {
    let note = fs::read_to_string(data.join("postgres/cluster/postmaster.pid")).unwrap();
    note.lines().next().unwrap().parse().unwrap()
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn kill(pid: u32) {
    assert!(Command::new("sh").args(["-c", &format!("kill -9 {pid}")]).status().unwrap().success());
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(15), "waited too long until {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Until a server other than the `first` takes connections.
async fn until_ready(data: &Path, first: u32) {
    until("another server runs", || {
        let note = fs::read_to_string(data.join("postgres/cluster/postmaster.pid")).unwrap_or_default();
        note.lines().nth(7).is_some_and(|state| state.trim() == "ready") && server_pid(data) != first
    })
    .await;
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Another process that holds the database of `data`: this very program, running [`hub_process`].
struct Hub(Child);

impl Hub {
    async fn start(mut program: Command, data: &Path) -> Self {
        let _ = fs::remove_file(data.join("up"));
        program.args(["--ignored", "--exact", "embedded::hub_process"]).env(DATA, data);
        let hub = Self(program.stdout(Stdio::null()).spawn().unwrap());
        until("the other hub is up", || data.join("up").exists()).await;
        hub
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

#[tokio::test]
#[ignore = "a process that other tests start and kill"]
async fn hub_process() {
    let data = PathBuf::from(std::env::var_os(DATA).unwrap());
    let hub = start(&data).await;
    if !data.join("written").exists() {
        write_note(&hub).await;
        fs::write(data.join("written"), "").unwrap();
    }
    fs::write(data.join("up"), read_note(&hub).await).unwrap();
    sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn what_was_written_is_there_at_the_next_start_which_is_fast() {
    let folder = folder();
    let data = folder.path().join("data");
    let hub = start_durable(&data).await;
    write_note(&hub).await;
    let pid = server_pid(&data);
    hub.stop().await;
    assert!(!is_alive(pid));

    let begun = Instant::now();
    let hub = start_durable(&data).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(read_note(&hub).await, "kept");
    let settings: Vec<String> = sqlx::query_scalar(
        "select setting from pg_settings where name in ('fsync', 'listen_addresses', 'server_encoding') order by name",
    )
    .fetch_all(&mut connect(&hub).await)
    .await
    .unwrap();
    assert_eq!(settings, ["on", "", "UTF8"]);
    hub.stop().await;
}

#[tokio::test]
async fn nobody_enters_without_the_password() {
    let folder = folder();
    let hub = start(folder.path()).await;
    let url = hub.url();
    let mut wrong = url::Url::parse(url.expose_secret()).unwrap();
    wrong.set_password(Some("guess")).unwrap();
    let refused = PgConnection::connect(wrong.as_str()).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("28P01"));
    assert!(!format!("{hub:?}").contains(url::Url::parse(url.expose_secret()).unwrap().password().unwrap()));
    for private in ["postgres", "postgres/cluster", "postgres/run", "postgres/password"] {
        let mode = fs::metadata(folder.path().join(private)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{private} is open to others: {mode:o}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn a_second_hub_on_the_folder_is_refused_and_told_by_whom() {
    let folder = folder();
    let hub = start(folder.path()).await;
    let refused = Embedded::start(EmbeddedOptions::new(folder.path())).await.unwrap_err();
    assert!(matches!(refused, EmbeddedError::InUse { pid: Some(pid), .. } if pid == std::process::id()));
    assert!(refused.to_string().contains("in use by another hub"), "{refused}");
    connect(&hub).await.ping().await.unwrap();
    hub.stop().await;
    start(folder.path()).await.stop().await;
}

#[tokio::test]
async fn a_killed_server_is_started_again_and_pools_find_it() {
    let folder = folder();
    let hub = start(folder.path()).await;
    write_note(&hub).await;
    let pool = PgPoolOptions::new().max_connections(3).connect(hub.url().expose_secret()).await.unwrap();
    let first = server_pid(folder.path());
    kill(first);
    until_ready(folder.path(), first).await;
    let text: String = sqlx::query_scalar("select text from note").fetch_one(&pool).await.unwrap();
    assert_eq!(text, "kept");
    pool.close().await;
    hub.stop().await;
}

#[tokio::test]
async fn a_killed_guard_is_replaced_together_with_its_server() {
    let folder = folder();
    let hub = start(folder.path()).await;
    write_note(&hub).await;
    let first = server_pid(folder.path());
    let stat = fs::read_to_string(format!("/proc/{first}/stat")).unwrap();
    let guard: u32 = stat.rsplit(") ").next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    kill(guard);
    until("the old server is gone", || !is_alive(first)).await;
    until_ready(folder.path(), first).await;
    assert_eq!(read_note(&hub).await, "kept");
    hub.stop().await;
    assert!(!folder.path().join("postgres/cluster/postmaster.pid").exists());
}

#[tokio::test]
async fn a_killed_hub_leaves_no_server_and_loses_nothing() {
    let folder = folder();
    let hub = Hub::start(this_program(), folder.path()).await;
    let pid = server_pid(folder.path());
    hub.kill();
    let begun = Instant::now();
    let hub = start(folder.path()).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(read_note(&hub).await, "kept");
    hub.stop().await;
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_killed_hub_needs_no_next_start_to_end_its_server() {
    let folder = folder();
    let hub = Hub::start(this_program(), folder.path()).await;
    let pid = server_pid(folder.path());
    hub.kill();
    until("the server is gone", || !is_alive(pid)).await;
}

#[tokio::test]
async fn hub_and_server_killed_together_come_back() {
    let folder = folder();
    let hub = Hub::start(this_program(), folder.path()).await;
    kill(server_pid(folder.path()));
    hub.kill();
    let hub = start(folder.path()).await;
    assert_eq!(read_note(&hub).await, "kept");
    hub.stop().await;
}

#[tokio::test]
async fn a_strangers_process_id_in_the_servers_note_is_left_alone() {
    let folder = folder();
    start(folder.path()).await.stop().await;
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    let note = folder.path().join("postgres/cluster/postmaster.pid");
    fs::write(&note, format!("{}\n/elsewhere\n1\n5432\n\n\n0 0\nready\n", stranger.id())).unwrap();
    start(folder.path()).await.stop().await;
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger was ended");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_start_that_broke_off_while_making_the_cluster_is_begun_anew() {
    let folder = folder();
    start(folder.path()).await.stop().await;
    let root = folder.path().join("postgres");
    fs::rename(root.join("cluster"), root.join("cluster.new.1")).unwrap();
    fs::remove_file(root.join("cluster.new.1/PG_VERSION")).unwrap();
    let hub = start(folder.path()).await;
    connect(&hub).await.ping().await.unwrap();
    hub.stop().await;
    let drafts = fs::read_dir(&root).unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap());
    assert_eq!(drafts.filter(|name| name.starts_with("cluster.")).count(), 0);
}

#[tokio::test]
async fn a_long_path_still_has_a_socket() {
    let folder = folder();
    let data = folder.path().join("a".repeat(60)).join("b".repeat(60));
    let hub = start(&data).await;
    connect(&hub).await.ping().await.unwrap();
    assert!(!data.join("postgres/run").exists());
    let url = url::Url::parse(hub.url().expose_secret()).unwrap();
    let socket = PathBuf::from(url.query_pairs().find(|(name, _)| name == "host").unwrap().1.into_owned());
    assert!(socket.starts_with("/tmp") && socket.is_dir());
    hub.stop().await;
    assert!(!socket.exists(), "the socket's folder is left behind");
}

#[tokio::test]
async fn a_folder_that_the_servers_user_cannot_enter_gets_its_database_elsewhere() {
    if !is_root() {
        return;
    }
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let hub = start(closed.path()).await;
    write_note(&hub).await;
    hub.stop().await;
    let hub = start(closed.path()).await;
    assert_eq!(read_note(&hub).await, "kept");
    hub.stop().await;
    let elsewhere = fs::read_link(closed.path().join("postgres")).unwrap();
    assert!(elsewhere.starts_with("/var/lib/switchboard"), "{}", elsewhere.display());
    fs::remove_dir_all(elsewhere).unwrap();
}

#[tokio::test]
async fn an_ordinary_user_runs_it_too_and_root_can_take_over() {
    if !is_root() {
        return;
    }
    let folder = folder();
    let program = folder.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    std::os::unix::fs::chown(&data, Some(65534), Some(65534)).unwrap();
    let mut command = Command::new(&program);
    command.uid(65534).gid(65534).current_dir(&data);
    let hub = Hub::start(command, &data).await;
    assert_eq!(fs::read_to_string(data.join("up")).unwrap(), "kept");
    hub.kill();
    let hub = start(&data).await;
    assert_eq!(read_note(&hub).await, "kept");
    hub.stop().await;
}
