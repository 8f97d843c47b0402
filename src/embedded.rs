//! The hub's own PostgreSQL: found on the machine, kept in the data folder, reached over a private socket.
//!
//! One hub per data folder (a file lock). The server runs under a small guard that stops it when the hub ends in any
//! way, and under a watch that starts it again when it ends by itself. As root it runs as an ordinary user, because
//! PostgreSQL refuses root.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use secrecy::SecretString;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

mod binaries;
mod cluster;
mod folder;
mod server;
mod user;

use self::{binaries::Binaries, cluster::Cluster, folder::Folder};

/// What a private PostgreSQL needs to know.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The hub's data folder; made when it does not exist.
    pub data: PathBuf,
    pub durability: Durability,
    /// Most connections the server takes.
    pub connections: u32,
    /// The folder that holds `postgres` and `initdb`; `None` looks for the newest on the machine.
    pub binaries: Option<PathBuf>,
}

impl EmbeddedOptions {
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), durability: Durability::Full, connections: 100, binaries: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What was committed survives a power failure.
    Full,
    /// For tests only: a power failure may destroy the database.
    None,
}

#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error(
        "no PostgreSQL found on this machine. Install it with: apt install postgresql, or name the folder of its \
         binaries in SWITCHBOARD_PG_BIN, or give a database in DATABASE_URL"
    )]
    NotInstalled,
    #[error("SWITCHBOARD_PG_BIN names {0}, which does not hold working postgres, initdb and pg_ctl")]
    NoBinaries(PathBuf),
    #[error(
        "the database in the data folder was made by PostgreSQL {made_by}, this machine has {found}. Install it with: \
         apt install postgresql-{made_by}, or move the database with pg_upgrade"
    )]
    OtherVersion { made_by: u32, found: String },
    #[error("{} is in use by another hub{}", data.display(), pid.map_or(String::new(), |pid| format!(" (process {pid})")))]
    InUse { data: PathBuf, pid: Option<u32> },
    #[error("running as root needs a user `postgres` or `nobody` in /etc/passwd to run PostgreSQL as")]
    NoUser,
    #[error(
        "{folder} belongs to user {owner}, the hub runs as user {user}: start it as that user or change the owner"
    )]
    NotOwner { folder: PathBuf, owner: u32, user: u32 },
    #[error("initdb failed: {0}")]
    Initdb(String),
    #[error("PostgreSQL did not start: {reason}. Its log is {}", log.display())]
    NotStarted { reason: String, log: PathBuf },
    #[error("a PostgreSQL of an earlier start does not stop (process {pid}); end it and start again")]
    Outlived { pid: u32 },
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("the private database: {0}")]
    Database(#[from] sqlx::Error),
}

/// A running private PostgreSQL. Dropping it stops the server too, without waiting for the end.
#[derive(Debug)]
pub struct Embedded {
    url: SecretString,
    stopping: CancellationToken,
    watch: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Finds or makes the cluster in the data folder and starts it; about 3 s the first time, 0.2 s later.
    ///
    /// # Errors
    /// PostgreSQL is not installed or does not fit, the folder is in use or cannot be used, the server does not start.
    pub async fn start(options: EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let folder = Folder::claim(&options.data)?;
        let binaries = Binaries::find(options.binaries.as_deref(), folder.root.made_by()?).await?;
        let cluster = Arc::new(Cluster::prepare(folder, binaries, &options).await?);
        cluster.stop_leftover().await?;
        let server = server::start(&cluster).await?;
        cluster.create_database().await?;
        let stopping = CancellationToken::new();
        let watch = tokio::spawn(server::watch(Arc::clone(&cluster), server, stopping.clone()));
        Ok(Self { url: cluster.url(cluster::NAME), stopping, watch: Some(watch) })
    }

    /// The superuser's address of the database `switchboard`.
    #[must_use]
    pub fn url(&self) -> SecretString {
        self.url.clone()
    }

    /// The address of the database in a data folder, whether or not a hub runs it now.
    ///
    /// # Errors
    /// There is no database in the folder, or it cannot be read.
    pub fn address(data: &Path) -> Result<SecretString, EmbeddedError> {
        let root = folder::Root::at(&data.join("postgres"))?;
        let password = root.read_password()?;
        Ok(cluster::address(&root.socket(), &password, cluster::NAME))
    }

    /// Ends every session and the server; returns when it is gone and the data folder is free again.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        if let Some(watch) = self.watch.take() {
            let _ = watch.await;
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}
