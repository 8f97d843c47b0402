//! The first steps that every role shares: the database is there and its schema is current.

use std::{path::Path, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep};

use crate::{
    config::{Config, KeyError},
    db,
    embedded::{Embedded, EmbeddedError, EmbeddedOptions},
    store::StoreError,
};

/// How long a server or worker waits for somebody else to migrate: a rolling update starts them in any order.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("migrating the database: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the database lacks {0} migration(s); run `switchboard migrate` against it")]
    Behind(usize),
    #[error("the door to the network: {0}")]
    Net(#[from] net::Failure),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the address in REDIS_URL: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("serving: {0}")]
    Serve(std::io::Error),
}

/// The database in use, and the private server behind it when there is one.
pub struct Database {
    pub url: SecretString,
    embedded: Option<Embedded>,
}

impl Database {
    /// Takes `DATABASE_URL`, or starts the private PostgreSQL.
    ///
    /// # Errors
    /// The private PostgreSQL does not start. A given database is not tried here.
    pub async fn open(config: &Config) -> Result<Self, EmbeddedError> {
        if let Some(url) = &config.database.url {
            return Ok(Self { url: url.clone(), embedded: None });
        }
        let embedded = Embedded::start(embedded_options(config)).await?;
        Ok(Self { url: embedded.url(), embedded: Some(embedded) })
    }

    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Stops the private server; a given one is left alone.
    pub async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// Waits until another process has migrated.
///
/// # Errors
/// The migrations were not there within five minutes, or the database was never reached.
pub async fn wait_for_migrations(url: &SecretString) -> Result<(), StartError> {
    let begun = Instant::now();
    loop {
        let state = db::pending_migrations(url).await;
        match &state {
            Ok(pending) if pending.is_empty() => return Ok(()),
            Ok(pending) => tracing::info!(migrations.pending = pending.len(), "waiting for the migrations"),
            Err(error) => tracing::warn!(%error, "waiting for the database"),
        }
        if begun.elapsed() > LONGEST_WAIT {
            return Err(StartError::Behind(state?.len()));
        }
        sleep(Duration::from_secs(2)).await;
    }
}

/// The address of the private database, for `psql` and `pg_dump`, while a hub runs it.
///
/// # Errors
/// No hub has made a database in this folder, or it cannot be read.
pub async fn running_database(data: &Path) -> Result<SecretString, StartError> {
    let url = Embedded::address(data)?;
    PgConnection::connect(url.expose_secret()).await?.close().await?;
    Ok(url)
}

fn embedded_options(config: &Config) -> EmbeddedOptions {
    let mut options = EmbeddedOptions::new(&config.server.data);
    options.connections = options.connections.max(config.database.connections + 30);
    options.binaries.clone_from(&config.database.binaries);
    options
}
