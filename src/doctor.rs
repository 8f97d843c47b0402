//! Looks at an installation the way a person would who was called because it does not work: one line per finding.

use std::{fmt, time::Instant};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection, PgConnection};

use crate::{
    config::{Bus, Config, Storage},
    db,
    embedded::EmbeddedError,
    start::{Database, running_database},
    store::Store,
    web,
};

/// Extensions that the migrations create.
const EXTENSIONS: &[&str] = &["pg_trgm", "btree_gin"];
/// Roles that the migrations create; row-level security must bind them.
const ROLES: &[&str] = &["switchboard_app", "switchboard_system"];
const OLDEST_POSTGRES: i32 = 14;

/// What was looked at, and what was seen in plain words.
#[derive(Debug)]
pub struct Finding {
    pub subject: &'static str,
    /// What is fine, or what is wrong and what to do about it.
    pub result: Result<String, String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(text) => write!(f, "ok    {:<11} {text}", self.subject),
            Err(text) => write!(f, "FAIL  {:<11} {text}", self.subject),
        }
    }
}

/// Checks everything. A private PostgreSQL that is not running is started for the look and stopped again.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding { subject: "key", result: key(config) }];
    match open(config).await {
        Ok((url, opened)) => {
            findings.extend(database(&url).await);
            if let Some(opened) = opened {
                opened.close().await;
            }
        }
        Err(problem) => findings.push(Finding { subject: "database", result: Err(problem) }),
    }
    findings.push(Finding { subject: "redis", result: redis(&config.bus).await });
    findings.push(Finding { subject: "storage", result: storage(config).await });
    findings.push(Finding { subject: "web", result: web_app() });
    findings
}

/// The database's address, and the private server that was started for it.
async fn open(config: &Config) -> Result<(SecretString, Option<Database>), String> {
    match Database::open(config).await {
        Ok(database) => Ok((database.url.clone(), Some(database))),
        Err(EmbeddedError::InUse { .. }) => {
            let running = running_database(&config.server.data).await;
            running.map(|url| (url, None)).map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn key(config: &Config) -> Result<String, String> {
    config.secret_key.load().map(|_| "32 bytes".to_owned()).map_err(|error| error.to_string())
}

async fn database(url: &SecretString) -> Vec<Finding> {
    let begun = Instant::now();
    let mut connection = match PgConnection::connect(url.expose_secret()).await {
        Ok(connection) => connection,
        Err(error) => {
            return vec![Finding { subject: "database", result: Err(format!("not reached: {error}")) }];
        }
    };
    let reached = begun.elapsed().as_millis();
    let findings = vec![
        Finding { subject: "database", result: plain(version(&mut connection, reached).await) },
        Finding { subject: "extensions", result: plain(extensions(&mut connection).await) },
        Finding { subject: "roles", result: plain(roles(&mut connection).await) },
        Finding { subject: "migrations", result: plain(migrations(url).await) },
    ];
    let _ = connection.close().await;
    findings
}

/// A query that fails is a finding like any other.
fn plain(result: Result<Result<String, String>, sqlx::Error>) -> Result<String, String> {
    result.unwrap_or_else(|error| Err(error.to_string()))
}

type Answer = Result<Result<String, String>, sqlx::Error>;

async fn version(connection: &mut PgConnection, reached: u128) -> Answer {
    let number: i32 =
        sqlx::query_scalar("select current_setting('server_version_num')::int").fetch_one(connection).await?;
    let version = format!("PostgreSQL {}.{}", number / 10_000, number % 10_000);
    Ok(match number / 10_000 >= OLDEST_POSTGRES {
        true => Ok(format!("{version}, reached in {reached} ms")),
        false => Err(format!("{version} is too old: {OLDEST_POSTGRES} or newer is needed")),
    })
}

async fn extensions(connection: &mut PgConnection) -> Answer {
    let missing: Vec<String> = sqlx::query_scalar(
        "select name from unnest($1::text[]) as wanted (name)
         where not exists (select from pg_available_extensions as available where available.name = wanted.name)",
    )
    .bind(EXTENSIONS)
    .fetch_all(connection)
    .await?;
    Ok(match missing.as_slice() {
        [] => Ok(EXTENSIONS.join(", ")),
        _ => {
            Err(format!("missing: {}; install postgresql-contrib on the database's host", missing.join(", ")))
        }
    })
}

async fn roles(connection: &mut PgConnection) -> Answer {
    let unbound: Vec<String> = sqlx::query_scalar(
        "select rolname::text from pg_roles where rolname = any($1) and (rolsuper or rolbypassrls) order by 1",
    )
    .bind(ROLES)
    .fetch_all(&mut *connection)
    .await?;
    if !unbound.is_empty() {
        let names = unbound.join(", ");
        return Ok(Err(format!("{names} may pass row-level security: alter role … nosuperuser nobypassrls")));
    }
    let usable: i64 = sqlx::query_scalar(
        "select count(*) from pg_roles where rolname = any($1) and pg_has_role(current_user, oid, 'member')",
    )
    .bind(ROLES)
    .fetch_one(&mut *connection)
    .await?;
    let may_create: bool =
        sqlx::query_scalar("select rolsuper or rolcreaterole from pg_roles where rolname = current_user")
            .fetch_one(connection)
            .await?;
    Ok(match (usize::try_from(usable) == Ok(ROLES.len()), may_create) {
        (true, _) => Ok(format!("{} are bound by row-level security", ROLES.join(", "))),
        (false, true) => Ok("not made yet; the migrations may make them".to_owned()),
        (false, false) => {
            Err("not made yet, and this user may not make them: alter role … createrole".to_owned())
        }
    })
}

async fn migrations(url: &SecretString) -> Answer {
    let pending = db::pending_migrations(url).await?;
    Ok(match pending.len() {
        0 => Ok("all applied".to_owned()),
        count => Err(format!("{count} to apply: run `switchboard migrate`, or start the hub once")),
    })
}

async fn redis(bus: &Bus) -> Result<String, String> {
    let Some(url) = &bus.redis_url else { return Ok("not used; events stay in the process".to_owned()) };
    let begun = Instant::now();
    let answer = async {
        let client = redis::Client::open(url.expose_secret())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<String>(&mut connection).await
    };
    match answer.await {
        Ok(_) => Ok(format!("reached in {} ms", begun.elapsed().as_millis())),
        Err(error) => Err(format!("not reached: {error}")),
    }
}

/// Which bucket it is about.
fn bucket(storage: &Storage) -> String {
    match storage {
        Storage::Folder(_) => String::new(),
        Storage::Bucket(bucket) => {
            let at = bucket.endpoint.as_ref().map_or("Amazon S3", |endpoint| endpoint.as_str());
            format!(" (bucket `{}` at {at})", bucket.name)
        }
    }
}

async fn storage(config: &Config) -> Result<String, String> {
    let place = format!("doctor-{}", std::process::id());
    let key = config.secret_key.load().map_err(|error| error.to_string())?;
    let tried = async {
        let store = Store::open(&config.storage, &key)?;
        store.put(&place, "written by switchboard doctor".into()).await?;
        store.delete(&place).await
    };
    match tried.await {
        Ok(()) => Ok("can be written".to_owned()),
        Err(error) => Err(format!("cannot be written: {error}{}", bucket(&config.storage))),
    }
}

fn web_app() -> Result<String, String> {
    match web::is_built() {
        true => Ok("built".to_owned()),
        false => Err("not built: run `make web`, then build the binary again".to_owned()),
    }
}
