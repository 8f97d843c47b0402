//! A database per test, copied from a migrated template, and a corner of Redis. Both servers are started by
//! `make/test-services` for one nextest run.

use std::hash::{DefaultHasher, Hash, Hasher};

use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, migrate::Migrator};
use url::Url;
use uuid::Uuid;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Any number: only one test process at a time makes the template.
const TEMPLATE_LOCK: i64 = 0x7377_6974_6368;

/// An empty, migrated database that is dropped with this.
pub struct TestDatabase {
    url: Url,
}

impl TestDatabase {
    /// The address for the role that owns the tables.
    pub fn url(&self) -> SecretString {
        SecretString::from(self.url.to_string())
    }

    /// A connection that no row-level security binds.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(self.url.as_str()).await.unwrap()
    }
}

impl Drop for TestDatabase {
    /// On a thread of its own, because the test's runtime may be gone.
    fn drop(&mut self) {
        let name = self.url.path().trim_start_matches('/').to_owned();
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut server = server().await;
                server
                    .execute(AssertSqlSafe(format!("drop database if exists {name} with (force)")))
                    .await
                    .unwrap();
            });
        });
        let _ = dropped.join();
    }
}

/// A new database with every migration applied.
pub async fn fresh() -> TestDatabase {
    let mut server = server().await;
    let template = template(&mut server).await;
    let name = format!("test_{}", Uuid::now_v7().simple());
    server.execute(AssertSqlSafe(format!("create database {name} template {template}"))).await.unwrap();
    server.close().await.unwrap();
    TestDatabase { url: address(&name) }
}

/// A new database without a table.
pub async fn empty() -> TestDatabase {
    let name = format!("test_{}", Uuid::now_v7().simple());
    server().await.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    TestDatabase { url: address(&name) }
}

/// The run's Redis. Tests share it: put [`redis_prefix`] before every name.
pub fn redis_url() -> SecretString {
    SecretString::from(given("TEST_REDIS_URL"))
}

/// Different in every test.
pub fn redis_prefix() -> String {
    format!("test:{}:", Uuid::now_v7().simple())
}

/// The template's name; made by the first test that asks, under a lock.
async fn template(server: &mut PgConnection) -> String {
    let name = format!("template_{:016x}", fingerprint());
    if exists(server, &name).await {
        return name;
    }
    sqlx::query("select pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut *server).await.unwrap();
    if !exists(server, &name).await {
        let draft = format!("{name}_draft");
        server.execute(AssertSqlSafe(format!("drop database if exists {draft} with (force)"))).await.unwrap();
        server.execute(AssertSqlSafe(format!("create database {draft}"))).await.unwrap();
        let mut connection = PgConnection::connect(address(&draft).as_str()).await.unwrap();
        MIGRATIONS.run(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        server.execute(AssertSqlSafe(format!("alter database {draft} rename to {name}"))).await.unwrap();
    }
    sqlx::query("select pg_advisory_unlock($1)").bind(TEMPLATE_LOCK).execute(&mut *server).await.unwrap();
    name
}

async fn exists(server: &mut PgConnection, name: &str) -> bool {
    let found = sqlx::query_scalar("select exists (select from pg_database where datname = $1)");
    found.bind(name).fetch_one(server).await.unwrap()
}

fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    MIGRATIONS.iter().for_each(|migration| migration.checksum.hash(&mut hasher));
    hasher.finish()
}

/// Where the run's PostgreSQL listens.
pub fn socket() -> String {
    let url: Url = given("TEST_DATABASE_URL").parse().unwrap();
    let folder = url.query_pairs().find(|(name, _)| name == "host").unwrap().1.into_owned();
    format!("{folder}/.s.PGSQL.5432")
}

async fn server() -> PgConnection {
    PgConnection::connect(&given("TEST_DATABASE_URL")).await.unwrap()
}

fn address(database: &str) -> Url {
    let mut url = Url::parse(&given("TEST_DATABASE_URL")).unwrap();
    url.set_path(database);
    url
}

fn given(name: &str) -> String {
    let Some(value) = std::env::var_os(name) else {
        panic!(
            "{name} is not set: run the tests with `cargo nextest run`, which starts the servers they need"
        );
    };
    value.into_string().unwrap()
}
