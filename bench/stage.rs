//! What every measurement stands on: servers of its own in a temporary folder, and what was found so far.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
};

use sqlx::PgPool;

use crate::{
    Options, Result, ceiling,
    hub::{Hub, Setup},
    platform::{Number, Organization},
    postgres::Postgres,
    redis::Redis,
    report::Report,
};

pub struct Stage {
    pub options: Options,
    pub report: Report,
    pub postgres: Postgres,
    pub redis: Redis,
    /// Numbers of messages; none is used twice.
    pub numbers: Arc<AtomicU64>,
    commit: Option<f64>,
    // The last to be dropped: servers end before their folder goes.
    folder: Folder,
}

struct Folder(PathBuf);

/// A hub with a database of its own.
pub struct House {
    pub hub: Hub,
    pub sql: PgPool,
    pub database: &'static str,
}

impl Stage {
    pub async fn set(options: Options) -> Result<Self> {
        let folder = Folder::make()?;
        println!("starting PostgreSQL and Redis in {}", folder.0.display());
        Ok(Self {
            report: Report::default(),
            postgres: Postgres::start(&folder.0, options.statements).await?,
            options,
            redis: Redis::start(&folder.0).await?,
            numbers: Arc::default(),
            commit: None,
            folder,
        })
    }

    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// *c*, ms; measured now if it is not known yet.
    pub async fn commit(&mut self) -> Result<f64> {
        if let Some(commit) = self.commit {
            return Ok(commit);
        }
        let pool = ceiling::prepare(&self.postgres).await?;
        let commit = ceiling::commit(&pool, 2.0).await?;
        self.commit = Some(commit);
        Ok(commit)
    }

    /// A fresh database and a hub on it that keeps its events to itself.
    pub async fn house(&self, database: &'static str) -> Result<House> {
        self.house_on(database, None).await
    }

    /// A fresh database and a hub on it that shares its events through Redis.
    pub async fn shared_house(&self, database: &'static str) -> Result<House> {
        self.house_on(database, Some(self.redis.url())).await
    }

    async fn house_on(&self, database: &'static str, redis_url: Option<String>) -> Result<House> {
        self.postgres.create(database).await?;
        let folder = self.folder.0.join(database);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder)?;
        let database_url = self.postgres.url(database);
        let setup = Setup { folder, database_url, redis_url, role: "serve" };
        let hub = Hub::start(setup).await?;
        Ok(House { hub, sql: self.postgres.pool(database, 4).await?, database })
    }
}

impl House {
    /// Organizations with a number each, that many customers have written to. Their platform cannot be reached.
    pub async fn numbers(&self, stage: &Stage, organizations: usize, customers: u64) -> Result<Vec<Number>> {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
        self.numbers_at(stage, organizations, customers, &nobody).await
    }

    /// The same, on a platform that can be reached.
    pub async fn numbers_at(
        &self,
        stage: &Stage,
        organizations: usize,
        customers: u64,
        platform: &SocketAddr,
    ) -> Result<Vec<Number>> {
        let base_url = format!("http://{platform}");
        let mut found = Vec::new();
        for at in 0..organizations {
            let organization = Organization::register(self.hub.address, &format!("Bench {at}")).await?;
            let phone_number_id = format!("1065{at:011}");
            let mut number = Number::connect(&self.sql, &organization, &phone_number_id, &base_url).await?;
            number.welcome(self.hub.address, customers, &stage.numbers).await?;
            found.push(number);
        }
        Ok(found)
    }

    pub async fn messages(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("select count(*) from messages").fetch_one(&self.sql).await?)
    }
}

impl Folder {
    fn make() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("switchboard-bench.{}", std::process::id()));
        fs::create_dir(&path)?;
        let folder = Self(path);
        // PostgreSQL's user passes through.
        fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o711))?;
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
