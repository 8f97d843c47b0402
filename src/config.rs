//! What the hub is told at its start: environment variables in, one checked value out.
//!
//! Each section reads its own variables; every fault of every section is collected and reported at once. Any
//! variable may instead be given as `…_FILE`, which names a file that holds the value. Nothing else in the hub
//! reads the environment.

use std::fmt;

pub mod database;
pub mod limits;
pub mod log;
pub mod secret_key;
pub mod server;
pub mod storage;
mod variables;

use self::variables::Variables;
pub use self::{
    database::{Bus, Database},
    limits::Limits,
    log::{Log, LogFormat},
    secret_key::{KeyError, MasterKey, SecretKey},
    server::Server,
    storage::Storage,
    variables::{Fault, Variable},
};

/// The hub's whole configuration. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    pub secret_key: MasterKey,
    pub database: Database,
    pub bus: Bus,
    pub storage: Storage,
    pub limits: Limits,
    pub log: Log,
}

impl Config {
    /// Reads the process environment.
    ///
    /// # Errors
    /// Every variable that is missing or wrong, at once.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_source(&|name| std::env::var(name).ok())
    }

    /// Reads variables from any source, so that tests need no process environment.
    ///
    /// # Errors
    /// Every variable that is missing or wrong, at once.
    pub fn from_source(source: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut variables = Variables::new(source);
        let config = Self::read(&mut variables);
        match variables.into_faults() {
            faults if faults.is_empty() => Ok(config),
            faults => Err(ConfigError(faults)),
        }
    }

    /// Every variable the hub reads, in the order of the sections, with its default in words.
    #[must_use]
    pub fn variables() -> Vec<Variable> {
        let mut variables = Variables::new(&|_| None);
        Self::read(&mut variables);
        variables.into_known()
    }

    fn read(variables: &mut Variables<'_>) -> Self {
        let server = Server::read(variables);
        let database = Database::read(variables);
        let secret_key = MasterKey::read(variables, &database, &server.data);
        let bus = Bus::read(variables);
        let storage = Storage::read(variables, &server.data);
        let limits = Limits::read(variables);
        let log = Log::read(variables);
        Self { server, secret_key, database, bus, storage, limits, log }
    }
}

/// Everything that is wrong with the configuration, one line per variable.
#[derive(Debug)]
pub struct ConfigError(pub Vec<Fault>);

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} fault(s):", self.0.len())?;
        for fault in &self.0 {
            write!(f, "\n  {}: {}", fault.variable, fault.problem)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
