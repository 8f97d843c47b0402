//! A durable PostgreSQL of the benchmark's own: loopback, a temporary folder, gone afterwards. It can be killed and started again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, postgres::PgPoolOptions};

use crate::{Result, machine};

const START: Duration = Duration::from_secs(60);
/// Files of 16 MB that the server's log goes round in.
const LOG_FILES: u32 = 192;

pub struct Postgres {
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
    /// PostgreSQL refuses root.
    owner: Option<&'static str>,
    server: Option<Child>,
    /// Keeps account of every statement's time.
    watched: bool,
    slow_disk: Option<SlowDisk>,
}

/// What stands between the server and the disk.
struct SlowDisk {
    library: PathBuf,
    /// Says by how much.
    told: PathBuf,
}

impl Postgres {
    /// Makes a cluster in a new folder below `parent` and starts it.
    pub async fn start(parent: &Path, watched: bool) -> Result<Self> {
        let binaries = binaries()?;
        let folder = parent.join("postgres");
        fs::create_dir(&folder)?;
        let owner = is_root().then(|| if known("postgres") { "postgres" } else { "nobody" });
        if let Some(owner) = owner {
            run(Command::new("chown").arg(owner).arg(&folder))?;
        }
        let slow_disk = SlowDisk::build(parent).ok();
        let mut postgres =
            Self { binaries, folder, port: crate::free_port()?, owner, server: None, watched, slow_disk };
        run(postgres.command("initdb").arg("-D").arg(postgres.cluster()).args([
            "--username=switchboard",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]))?;
        postgres.begin().await?;
        postgres.use_log_files().await?;
        Ok(postgres)
    }

    /// A new server makes each file of its log while a commit waits for it: 16 MB of zeros. One that has run for a while writes into
    /// files it has used before, as this one does from here on.
    async fn use_log_files(&self) -> Result<()> {
        let mut connection = self.connect("postgres").await?;
        for _ in 0..LOG_FILES {
            connection.execute("select pg_logical_emit_message(false, 'bench', 'another file')").await?;
            connection.execute("select pg_switch_wal()").await?;
        }
        connection.execute("checkpoint").await?;
        Ok(())
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn pid(&self) -> u32 {
        self.server.as_ref().map_or(0, Child::id)
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://switchboard@127.0.0.1:{}/{database}", self.port)
    }

    pub async fn connect(&self, database: &str) -> Result<PgConnection> {
        Ok(PgConnection::connect(&self.url(database)).await?)
    }

    pub async fn pool(&self, database: &str, connections: u32) -> Result<PgPool> {
        let options = PgPoolOptions::new().min_connections(connections).max_connections(connections);
        Ok(options.connect(&self.url(database)).await?)
    }

    /// An empty database of that name.
    pub async fn create(&self, database: &str) -> Result<()> {
        let mut connection = self.connect("postgres").await?;
        for statement in [
            format!("drop database if exists {database} with (force)"),
            format!("create database {database}"),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }

    pub async fn version(&self) -> Result<String> {
        let mut connection = self.connect("postgres").await?;
        Ok(sqlx::query_scalar("show server_version").fetch_one(&mut connection).await?)
    }

    /// From here on the log holds every statement with its time; the place in the log.
    pub async fn begin_log(&self) -> Result<u64> {
        self.log_statements("0").await?;
        Ok(fs::metadata(self.folder.with_extension("log"))?.len())
    }

    /// Times in ms of the statements since then that hold `words`.
    pub async fn end_log(&self, from: u64, words: &str) -> Result<Vec<f64>> {
        self.log_statements("-1").await?;
        let log = fs::read(self.folder.with_extension("log"))?;
        let log = String::from_utf8_lossy(&log[usize::try_from(from)?..]).into_owned();
        let entries = log.split("LOG:  duration: ").skip(1);
        let executed = entries.filter(|entry| entry.contains(" execute ") && entry.contains(words));
        Ok(executed.filter_map(|entry| entry.split(' ').next()?.parse().ok()).collect())
    }

    async fn log_statements(&self, from: &str) -> Result<()> {
        let mut connection = self.connect("postgres").await?;
        let set = format!("alter system set log_min_duration_statement = {from}");
        connection.execute(AssertSqlSafe(set)).await?;
        connection.execute("select pg_reload_conf()").await?;
        // Sessions take it up between two statements.
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok(())
    }

    /// Every flush of the log takes so many ms longer from here on. `false` if that cannot be had.
    pub fn slow_disk(&self, by: f64) -> Result<bool> {
        if let Some(slow) = &self.slow_disk {
            fs::write(&slow.told, format!("{:.0}", by * 1e3))?;
        }
        Ok(self.slow_disk.is_some())
    }

    /// Begins a new account of statements.
    pub async fn watch(&self) -> Result<()> {
        if self.watched {
            let mut connection = self.connect("postgres").await?;
            connection.execute("create extension if not exists pg_stat_statements").await?;
            connection.execute("select pg_stat_statements_reset()").await?;
        }
        Ok(())
    }

    /// Prints the statements that took the most time since [`Postgres::watch`], those inside triggers and functions too.
    pub async fn tell_statements(&self, messages: i64) -> Result<()> {
        if !self.watched {
            return Ok(());
        }
        let rows: Vec<(i64, i64, f64, f64, String)> = sqlx::query_as(
            "select calls, plans, total_exec_time, total_plan_time, regexp_replace(left(query, 400), '\\s+', ' ', 'g')
             from pg_stat_statements order by total_exec_time + total_plan_time desc limit 25",
        )
        .fetch_all(&mut self.connect("postgres").await?)
        .await?;
        println!("      calls     plans  run µs/message  plan µs/message  statement");
        for (calls, plans, run, plan, statement) in rows {
            let each = |all: f64| all * 1e3 / messages.max(1) as f64;
            println!("  {calls:>9} {plans:>9} {:>15.1} {:>16.1}  {statement:.150}", each(run), each(plan));
        }
        Ok(())
    }

    /// What autovacuum does within a minute: no measurement runs on the statistics of empty tables.
    pub async fn settle(&self, database: &str) -> Result<()> {
        let mut connection = self.connect(database).await?;
        connection.execute("vacuum (analyze)").await?;
        Ok(())
    }

    /// As when the machine takes the process away: `kill -9` for the server and all its backends, none of which cleans up.
    pub fn kill(&mut self) -> Result<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        let backends = machine::children(server.id());
        server.kill()?;
        for backend in backends {
            crate::signal(backend, libc::SIGKILL);
        }
        server.wait()?;
        Ok(())
    }

    /// Starts the server and waits until it has recovered.
    pub async fn begin(&mut self) -> Result<()> {
        let begun = Instant::now();
        self.spawn()?;
        while let Err(error) = self.connect("postgres").await {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if self.server.as_mut().and_then(|server| server.try_wait().ok().flatten()).is_none()
                && begun.elapsed() < START
            {
                continue;
            }
            let log = fs::read_to_string(self.folder.with_extension("log")).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(5).collect();
            // A backend that was killed a moment ago is not quite gone.
            if begun.elapsed() < START && tail.iter().any(|line| line.contains("is still in use")) {
                self.spawn()?;
                continue;
            }
            return Err(format!("PostgreSQL did not start ({error}): {tail:?}").into());
        }
        Ok(())
    }

    fn spawn(&mut self) -> Result<()> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.with_extension("log"))?;
        let settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            "shared_buffers=512MB",
            "effective_cache_size=4GB",
            "min_wal_size=3GB",
            "max_wal_size=3GB",
            "checkpoint_timeout=15min",
            "wal_compression=on",
            "random_page_cost=1.1",
            "jit=off",
            "timezone=UTC",
        ];
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.cluster()).arg("-p").arg(self.port.to_string());
        command.args(settings.iter().flat_map(|setting| ["-c", setting]));
        if self.watched {
            let settings = [
                "shared_preload_libraries=pg_stat_statements",
                "pg_stat_statements.track=all",
                "pg_stat_statements.track_planning=on",
            ];
            command.args(settings.iter().flat_map(|setting| ["-c", setting]));
        }
        if let Some(slow) = &self.slow_disk {
            command.env("LD_PRELOAD", &slow.library).env("SLOW_DISK", &slow.told);
        }
        self.server = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?);
        Ok(())
    }

    fn cluster(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    /// Ends with the benchmark, however that ends.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]).current_dir("/");
        if let Some(owner) = self.owner {
            command.args(["--reuid", owner, "--regid", "nogroup", "--clear-groups"]);
        }
        command.arg(self.binaries.join(program));
        command
    }
}

impl SlowDisk {
    /// Needs a C compiler.
    fn build(parent: &Path) -> Result<Self> {
        let (source, library) = (parent.join("slow_disk.c"), parent.join("slow_disk.so"));
        fs::write(&source, include_str!("slow_disk.c"))?;
        run(Command::new("cc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source))?;
        Ok(Self { library, told: parent.join("slow_disk") })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            crate::signal(server.id(), libc::SIGINT);
            let _ = server.wait();
        }
    }
}

/// Debian's newest, or what `pg_config` names.
fn binaries() -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, folder)| folder.join("initdb").exists())
        .collect();
    found.sort();
    if let Some((_, folder)) = found.pop() {
        return Ok(folder);
    }
    let output = Command::new("pg_config").arg("--bindir").output();
    let output = output.map_err(|_| "PostgreSQL is missing: apt install postgresql")?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn known(user: &str) -> bool {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    users.lines().any(|line| line.strip_prefix(user).is_some_and(|rest| rest.starts_with(':')))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
