//! Where rows and live events go: PostgreSQL (the hub's own or a given one) and the bus between processes.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::variables::Variables;

#[derive(Debug, Clone)]
pub struct Database {
    /// `DATABASE_URL`: `postgres://…`; `None` starts a private PostgreSQL in the data folder.
    pub url: Option<SecretString>,
    /// `SWITCHBOARD_DATABASE_CONNECTIONS`: most connections one process opens.
    pub connections: u32,
    /// `SWITCHBOARD_PG_BIN`: folder of `postgres` and `initdb` for the private PostgreSQL; `None` looks for it.
    pub binaries: Option<PathBuf>,
}

impl Database {
    pub(super) fn read(variables: &mut Variables<'_>) -> Self {
        let default = "a private PostgreSQL in the data folder";
        let url = address(variables, "DATABASE_URL", default, &["postgres", "postgresql"]);
        let connections = variables.number("SWITCHBOARD_DATABASE_CONNECTIONS", 20, 2, 500);
        let binaries = variables.text("SWITCHBOARD_PG_BIN", "the newest installed").map(PathBuf::from);
        Self { url, connections: u32::try_from(connections).unwrap_or(20), binaries }
    }

    /// The hub runs its own PostgreSQL.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.url.is_none()
    }
}

#[derive(Debug, Clone)]
pub struct Bus {
    /// `REDIS_URL`: `redis://…` or `rediss://…`; `None` keeps live events inside the process.
    pub redis_url: Option<SecretString>,
}

impl Bus {
    pub(super) fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            redis_url: address(variables, "REDIS_URL", "events stay in the process", &["redis", "rediss"]),
        }
    }
}

/// A URL with one of the schemes. It may hold a password, so no fault quotes it.
fn address(
    variables: &mut Variables<'_>,
    name: &'static str,
    default: &str,
    schemes: &[&str],
) -> Option<SecretString> {
    let secret = variables.secret(name, default)?;
    let fits = Url::parse(secret.expose_secret()).is_ok_and(|url| schemes.contains(&url.scheme()));
    if !fits {
        variables.fault(name, format!("expected a URL that begins with {}://", schemes[0]));
    }
    Some(secret)
}
