//! The cluster in its folder: made once, freed of a server that outlived its hub, addressed.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection, PgConnection};
use tokio::process::Command;
use url::Url;

use super::{
    Durability, EmbeddedError, EmbeddedOptions,
    binaries::Binaries,
    folder::{Folder, file_error, write_private},
};

/// The superuser and the database carry the same name.
pub(super) const NAME: &str = "switchboard";

/// A server whose note is gone ends within milliseconds; five seconds are for a machine that is very busy.
const ENDING_LOOKS: u32 = 100;
const ENDING_PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Cluster {
    pub folder: Folder,
    binaries: Binaries,
    durability: Durability,
    connections: u32,
    socket: PathBuf,
    password: SecretString,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Cluster {
    /// Makes the cluster when the folder has none.
    pub async fn prepare(
        folder: Folder,
        binaries: Binaries,
        options: &EmbeddedOptions,
    ) -> Result<Self, EmbeddedError> {
        if !folder.root.cluster().exists() {
            make(&folder, &binaries, options.durability).await?;
        }
        Ok(Self {
            socket: folder.make_socket()?,
            password: folder.root.read_password()?,
            folder,
            binaries,
            durability: options.durability,
            connections: options.connections,
        })
    }

    /// Stops a server that still runs on this cluster. Only the holder of the folder's lock may call this.
    ///
    /// The note of a dead server stays: by it the next server sees whether processes of the last one are still about.
    pub async fn stop_leftover(&self) -> Result<(), EmbeddedError> {
        let cluster = self.folder.root.cluster();
        let note = cluster.join("postmaster.pid");
        let Ok(text) = fs::read_to_string(&note) else { return Ok(()) };
        let pid = text.lines().next().and_then(|line| line.trim().parse::<u32>().ok());
        match pid.map_or(Noted::Gone, |pid| Noted::look(pid, &cluster)) {
            Noted::Gone => Ok(()),
            // Process ids come round again, in containers at every start: a stranger's must not keep the server from
            // starting, nor be sent a signal.
            Noted::Stranger => fs::remove_file(&note).map_err(file_error(&note)),
            Noted::Server => {
                tracing::warn!(postgres.pid = pid, "stopping a PostgreSQL that outlived its hub");
                let _ = self.pg_ctl(&["stop", "--mode=fast", "--wait", "--timeout=30"]).await;
                // `pg_ctl` goes by the note, which a server that is on its way out takes away before it ends.
                for _ in 0..ENDING_LOOKS {
                    match pid.map_or(Noted::Gone, |pid| Noted::look(pid, &cluster)) {
                        Noted::Server => tokio::time::sleep(ENDING_PAUSE).await,
                        Noted::Gone | Noted::Stranger => return Ok(()),
                    }
                }
                Err(EmbeddedError::Outlived { pid: pid.unwrap_or_default() })
            }
        }
    }

    /// Ends the server at once, as after a power failure; the next start recovers.
    pub async fn stop_now(&self) {
        let _ = self.pg_ctl(&["stop", "--mode=immediate", "--wait", "--timeout=10"]).await;
    }

    pub async fn create_database(&self) -> Result<(), EmbeddedError> {
        let mut connection = self.connect().await?;
        let exists =
            sqlx::query_scalar::<_, bool>("select exists (select from pg_database where datname = $1)")
                .bind(NAME)
                .fetch_one(&mut connection)
                .await?;
        if !exists {
            sqlx::query("create database switchboard").execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }

    pub async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect(self.url("postgres").expose_secret()).await
    }

    pub fn url(&self, database: &str) -> SecretString {
        address(&self.socket, &self.password, database)
    }

    /// The server's command line, for a machine that it shares with the hub.
    pub fn postgres(&self) -> Vec<String> {
        let mut arguments = vec![
            self.binaries.program("postgres").to_string_lossy().into_owned(),
            "-D".to_owned(),
            self.folder.root.cluster().to_string_lossy().into_owned(),
        ];
        let mut set =
            |name: &str, value: &str| arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
        set("listen_addresses", "");
        set("unix_socket_directories", &self.socket.to_string_lossy());
        set("unix_socket_permissions", "0700");
        set("max_connections", &self.connections.to_string());
        set("shared_buffers", "256MB");
        set("effective_cache_size", "1GB");
        // A commit that needs a new file of the log waits until 16 MB of zeros are written: used files are kept for the next.
        set("min_wal_size", "512MB");
        set("max_wal_size", "4GB");
        set("checkpoint_timeout", "15min");
        // A fresh database grows fast: plans made for empty tables are soon wrong.
        set("autovacuum_naptime", "10s");
        set("wal_compression", "on");
        set("random_page_cost", "1.1");
        set("jit", "off");
        set("timezone", "UTC");
        set("log_timezone", "UTC");
        // A failed statement is the hub's to report; its text and its values stay out of this log.
        set("log_min_messages", "log");
        set("log_min_error_statement", "panic");
        if self.durability == Durability::None {
            set("fsync", "off");
            set("full_page_writes", "off");
        }
        arguments
    }

    pub fn command(&self, program: &Path) -> Command {
        self.folder.user.command(program)
    }

    async fn pg_ctl(&self, arguments: &[&str]) -> io::Result<()> {
        let mut command = self.command(&self.binaries.program("pg_ctl"));
        command
            .arg("-D")
            .arg(self.folder.root.cluster())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().await.map(drop)
    }
}

#[expect(clippy::expect_used, reason = "a literal URL always parses")]
pub(super) fn address(socket: &Path, password: &SecretString, database: &str) -> SecretString {
    let mut url = Url::parse("postgres://switchboard@localhost/").expect("a literal URL");
    let _ = url.set_password(Some(password.expose_secret()));
    url.set_path(database);
    url.query_pairs_mut().append_pair("host", &socket.to_string_lossy());
    SecretString::from(url.to_string())
}

/// Made beside its place and renamed when whole, so that a crash on the way leaves nothing half-made.
async fn make(folder: &Folder, binaries: &Binaries, durability: Durability) -> Result<(), EmbeddedError> {
    let (draft, password) = (folder.root.draft(), folder.root.password());
    folder.root.remove_drafts()?;
    write_private(&password, &hex::encode(rand::rng().random::<[u8; 24]>()), folder.user)?;
    tracing::info!(postgres.version = binaries.major, "making the private database");
    let first = initdb(folder, binaries, durability, &["--locale=C.UTF-8"]).await;
    if first.is_err() {
        let _ = fs::remove_dir_all(&draft);
        initdb(folder, binaries, durability, &["--no-locale"]).await?;
    }
    fs::rename(&draft, folder.root.cluster()).map_err(file_error(&draft))
}

async fn initdb(
    folder: &Folder,
    binaries: &Binaries,
    durability: Durability,
    locale: &[&str],
) -> Result<(), EmbeddedError> {
    let program = binaries.program("initdb");
    let mut command = folder.user.command(&program);
    command.arg("-D").arg(folder.root.draft()).arg("--pwfile").arg(folder.root.password());
    command
        .args(["--username", NAME, "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"])
        .args(locale);
    if durability == Durability::None {
        command.arg("--no-sync");
    }
    let output = command.output().await.map_err(file_error(&program))?;
    if output.status.success() {
        return Ok(());
    }
    Err(EmbeddedError::Initdb(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// Whose process id the server's note holds.
enum Noted {
    Server,
    Stranger,
    Gone,
}

impl Noted {
    /// PostgreSQL works inside its data directory, which tells it from any other process. Without `/proc` a live
    /// process is taken for the server.
    fn look(pid: u32, cluster: &Path) -> Self {
        match fs::read_link(format!("/proc/{pid}/cwd")) {
            Ok(folder) if folder == cluster => Self::Server,
            Err(error) if error.kind() == io::ErrorKind::NotFound && Path::new("/proc/self").exists() => {
                Self::Gone
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => match is_alive(pid) {
                true => Self::Server,
                false => Self::Gone,
            },
            Ok(_) | Err(_) => Self::Stranger,
        }
    }
}

fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}
