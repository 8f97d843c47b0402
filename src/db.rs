//! The only way to the tables. A [`Tx`] is bound to one organization by row-level security; what it tells the world
//! (events) and asks of workers (jobs) leaves with its commit. [`System`] has no tenant and reaches few tables.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::{Mutex, MutexGuard, Notify};

use crate::{
    error::Result,
    ids::OrganizationId,
    realtime::{
        bus::Bus,
        event::{Event, NewEvent, Subject},
        order,
    },
};

/// A connection that was idle for longer is asked whether it still lives before it is used.
const PROVEN: Duration = Duration::from_millis(500);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Pools and what a commit wakes. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    app: PgPool,
    system: PgPool,
    bus: Arc<dyn Bus>,
    gates: Arc<Gates>,
    jobs: Arc<Notify>,
}

/// A transaction that sees one organization.
pub struct Tx {
    tx: Transaction<'static, Postgres>,
    organization: OrganizationId,
    events: Vec<NewEvent>,
    jobs: Vec<NewJob>,
    bus: Arc<dyn Bus>,
    gates: Arc<Gates>,
    wake: Arc<Notify>,
}

/// Held by conversation from commit to publication, so that what one says is published in the order in which it was
/// committed.
struct Gates([Mutex<()>; 4096]);

/// Work to be done after commit; see `jobs.rs`.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Names the worker's function: `deliver`.
    pub kind: &'static str,
    /// Jobs of one lane run one after the other.
    pub lane: Option<String>,
    pub payload: Value,
    pub delay: Duration,
}

impl NewJob {
    /// To be done as soon as a worker is free.
    pub fn now(kind: &'static str, lane: Option<String>, payload: Value) -> Self {
        Self { kind, lane, payload, delay: Duration::ZERO }
    }
}

/// Connections per role of the database.
#[derive(Clone, Copy, Debug)]
pub struct PoolSizes {
    pub app: u32,
    pub system: u32,
}

/// Acts for each organization in turn. What goes wrong in one holds up no other; the last error is answered.
pub async fn for_each<E, F: Future<Output = Result<(), E>>>(
    organizations: Vec<OrganizationId>,
    act: impl Fn(OrganizationId) -> F,
) -> Result<(), E> {
    let mut outcome = Ok(());
    for organization in organizations {
        if let Err(error) = act(organization).await {
            outcome = Err(error);
        }
    }
    outcome
}

/// Does what is due in an organization, batch by batch, each in a transaction of its own, until one was not full. `act` answers how much
/// it did, of `batch` at the most.
pub async fn in_batches<F>(db: &Db, organization: OrganizationId, batch: i64, act: F) -> Result<()>
where
    F: AsyncFn(&mut Tx) -> Result<usize>,
{
    loop {
        let mut tx = db.begin(organization).await?;
        let done = act(&mut tx).await?;
        tx.commit().await?;
        if i64::try_from(done).is_ok_and(|done| done < batch) {
            return Ok(());
        }
    }
}

/// Brings the schema up to date. Runs as the connection's own role, which owns the tables.
pub async fn migrate(url: &SecretString) -> Result<(), sqlx::migrate::MigrateError> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    let mut connection = PgConnection::connect_with(&options).await?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Versions that the binary knows and the database lacks.
pub async fn pending_migrations(url: &SecretString) -> Result<Vec<i64>, sqlx::Error> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    let mut connection = PgConnection::connect_with(&options).await?;
    let table: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(&mut connection)
        .await?;
    let applied: Vec<i64> = if table {
        sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(&mut connection)
            .await?
    } else {
        Vec::new()
    };
    connection.close().await?;
    Ok(MIGRATIONS.iter().map(|one| one.version).filter(|version| !applied.contains(version)).collect())
}

impl Db {
    /// Connects lazily: a database that is away is reported by the first use.
    pub fn connect(url: &SecretString, sizes: PoolSizes, bus: Arc<dyn Bus>) -> Result<Self, sqlx::Error> {
        Ok(Self {
            app: pool(url, "switchboard_app", sizes.app)?,
            system: pool(url, "switchboard_system", sizes.system)?,
            bus,
            gates: Arc::new(Gates(std::array::from_fn(|_| Mutex::const_new(())))),
            jobs: Arc::new(Notify::new()),
        })
    }

    /// Opens a transaction bound to the tenant. Handlers come here through `Agent::begin`, which asks for a permission.
    pub async fn begin(&self, organization: OrganizationId) -> Result<Tx, sqlx::Error> {
        // The id is a UUID: nothing in it needs quoting, and one round trip opens and binds.
        let begin = format!("begin; set local app.organization = '{organization}'");
        Ok(Tx {
            tx: self.app.begin_with(AssertSqlSafe(begin)).await?,
            organization,
            events: Vec::new(),
            jobs: Vec::new(),
            bus: self.bus.clone(),
            gates: self.gates.clone(),
            wake: self.jobs.clone(),
        })
    }

    /// Connections without a tenant, for logging in, routing callbacks, jobs and the event sweep.
    pub fn system(&self) -> &PgPool {
        &self.system
    }

    pub fn bus(&self) -> &Arc<dyn Bus> {
        &self.bus
    }

    /// Woken when a commit of this process left jobs to do.
    pub fn jobs(&self) -> &Arc<Notify> {
        &self.jobs
    }

    pub async fn close(&self) {
        tokio::join!(self.app.close(), self.system.close());
    }
}

impl Gates {
    async fn pass(&self, events: &[Event]) -> Vec<MutexGuard<'_, ()>> {
        // The last bits of a UUIDv7 are random. In order, so that two who want the same ones never wait for each other.
        let gate = |subject: Subject| usize::from(subject.conversation_id.0.as_u64_pair().1 as u16 & 0xfff);
        let wanted: BTreeSet<_> = events.iter().filter_map(|event| event.subject).map(gate).collect();
        let mut passed = Vec::with_capacity(wanted.len());
        for gate in wanted {
            passed.push(self.0[gate].lock().await);
        }
        passed
    }
}

impl Tx {
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The connection, for a statement.
    pub fn sql(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Told to the world after commit, and only then.
    pub fn tell(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Done by a worker after commit. Take the conversation's row lock first where the lane is a conversation: the order of
    /// ids is then the order of commits.
    pub fn enqueue(&mut self, job: NewJob) {
        self.jobs.push(job);
    }

    /// Writes the collected jobs and events, commits, then publishes.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        let wake = !self.jobs.is_empty();
        self.write_jobs().await?;
        let mut events = self.write_events().await?;
        if self.bus.is_shared() {
            order::link(&mut self.tx, self.organization, &mut events).await?;
        }
        // Nothing locks a row from here on, so whoever holds a gate gets through.
        let _gates = self.gates.pass(&events).await;
        self.tx.commit().await?;
        if wake {
            self.wake.notify_waiters();
            self.wake.notify_one();
        }
        if !events.is_empty() {
            metrics::counter!("switchboard_events_published_total").increment(events.len() as u64);
            self.bus.publish(events).await;
        }
        Ok(())
    }

    async fn write_jobs(&mut self) -> Result<(), sqlx::Error> {
        if self.jobs.is_empty() {
            return Ok(());
        }
        let jobs = std::mem::take(&mut self.jobs);
        let kinds: Vec<_> = jobs.iter().map(|job| job.kind).collect();
        let lanes: Vec<_> = jobs.iter().map(|job| job.lane.as_deref()).collect();
        let payloads: Vec<_> = jobs.iter().map(|job| &job.payload).collect();
        let delays: Vec<_> = jobs.iter().map(|job| job.delay.as_secs_f64()).collect();
        sqlx::query(
            "insert into jobs (organization_id, kind, lane, payload, run_at)
             select $1, kind, lane, payload, clock_timestamp() + make_interval(secs => delay)
             from unnest($2::text[], $3::text[], $4::jsonb[], $5::float8[]) with ordinality as job (kind, lane, payload, delay, n)
             order by n",
        )
        .bind(self.organization)
        .bind(kinds)
        .bind(lanes)
        .bind(payloads)
        .bind(delays)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    async fn write_events(&mut self) -> Result<Vec<Event>, sqlx::Error> {
        if self.events.is_empty() {
            return Ok(Vec::new());
        }
        let new = std::mem::take(&mut self.events);
        let kinds: Vec<_> = new.iter().map(|event| event.kind.as_str()).collect();
        let subjects = || new.iter().map(|event| event.subject);
        let conversations: Vec<_> = subjects().map(|subject| subject.map(|s| s.conversation_id)).collect();
        let assignees: Vec<_> = subjects().map(|subject| subject.and_then(|s| s.assignee_id)).collect();
        let teams: Vec<_> = subjects().map(|subject| subject.and_then(|s| s.team_id)).collect();
        let audiences: Vec<_> = new
            .iter()
            .map(|event| event.audience.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
            .collect();
        let payloads: Vec<_> = new.iter().map(|event| event.data.as_str()).collect();
        // Identity values are drawn in the order of the input, so ids follow the order of telling.
        let written: Vec<(i64, String)> = sqlx::query_as(
            "insert into events (organization_id, kind, conversation_id, assignee_id, team_id, audience, payload)
             select $1, kind, conversation_id, assignee_id, team_id,
                    case when audience = '' then null else string_to_array(audience, ',')::uuid[] end, payload
             from unnest($2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[])
                  with ordinality as event (kind, conversation_id, assignee_id, team_id, audience, payload, n)
             order by n
             returning id, xid::text",
        )
        .bind(self.organization)
        .bind(kinds)
        .bind(conversations)
        .bind(assignees)
        .bind(teams)
        .bind(audiences)
        .bind(payloads)
        .fetch_all(&mut *self.tx)
        .await?;
        let mut ids = written;
        ids.sort_unstable_by_key(|(id, _)| *id);
        Ok(new
            .into_iter()
            .zip(ids)
            .map(|(event, (id, xid))| Event {
                organization_id: self.organization,
                id: Some(id),
                xid: xid.parse().unwrap_or_default(),
                kind: event.kind,
                subject: event.subject,
                audience: event.audience,
                before: None,
                data: event.data.into(),
            })
            .collect())
    }
}

// Compiling a plan takes longer than any statement here runs, and prepared plans are costed high: no JIT.
fn pool(url: &SecretString, role: &'static str, size: u32) -> Result<PgPool, sqlx::Error> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    Ok(PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(10))
        // A round trip before every transaction would double the cost of the short ones. A connection that was just used lives.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > PROVEN {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(AssertSqlSafe(format!("set role {role}"))).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options.application_name(role).options([("jit", "off")])))
}
