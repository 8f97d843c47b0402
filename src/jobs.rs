//! Work that outlives a request: rows written with the transaction that asks for them (`Tx::enqueue`), claimed with row locks,
//! retried with backoff, and kept for a person to look at when they keep failing. Jobs of one lane run one after the other, in
//! the order of their ids.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use rand::Rng;
use serde_json::Value;
use sqlx::PgPool;

use crate::{db::Tx, error::Result, ids::OrganizationId};

/// How long a claim lasts unless it is renewed; a worker that died is replaced after it.
const LEASE: Duration = Duration::from_secs(60);
/// How often claims of living workers are renewed.
const RENEWAL: Duration = Duration::from_secs(20);
/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// A claimed job.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Job {
    pub id: i64,
    pub organization_id: OrganizationId,
    pub kind: String,
    pub lane: Option<String>,
    pub payload: Value,
    /// This attempt's number, from 1.
    pub attempts: i32,
    /// When the claim runs out.
    claimed_until: DateTime<Utc>,
    /// Tells this claim from an earlier one of the same job.
    #[sqlx(skip)]
    claim: u64,
}

/// The table as workers see it, across organizations.
#[derive(Clone)]
pub struct Jobs {
    pool: PgPool,
    /// The claims of this process, by job.
    held: Arc<Mutex<HashMap<i64, Held>>>,
    claims: Arc<AtomicU64>,
}

#[derive(Clone, Copy)]
struct Held {
    claim: u64,
    until: DateTime<Utc>,
}

impl Jobs {
    pub fn new(pool: PgPool) -> Self {
        Self { pool, held: Arc::default(), claims: Arc::default() }
    }

    /// Takes up to `limit` jobs that are due and whose lane is free. A claim that a database crash forgets is made again, so it
    /// need not wait for the disk.
    pub async fn claim(&self, limit: i64) -> Result<Vec<Job>> {
        // One statement is one round trip: it sets how its own transaction commits.
        let mut jobs: Vec<Job> = sqlx::query_as(
            "with at_ease as materialized (select set_config('synchronous_commit', 'off', true)),
             due as (
                 select id from jobs j
                 where state = 'ready' and run_at <= clock_timestamp()
                   and (lane is null or not exists (
                       select from jobs earlier where earlier.lane = j.lane and earlier.id < j.id and earlier.state = 'ready'))
                 order by run_at, id
                 limit $1
                 for update skip locked)
             update jobs set run_at = clock_timestamp() + make_interval(secs => $2), attempts = attempts + 1
             from due, at_ease where jobs.id = due.id
             returning jobs.id, organization_id, kind, lane, payload, attempts, run_at as claimed_until",
        )
        .bind(limit)
        .bind(LEASE.as_secs_f64())
        .fetch_all(&self.pool)
        .await?;
        jobs.sort_unstable_by_key(|job| job.id);
        let claim = self.claims.fetch_add(1, Ordering::Relaxed);
        jobs.iter_mut().for_each(|job| job.claim = claim);
        self.held().extend(jobs.iter().map(|job| (job.id, Held { claim, until: job.claimed_until })));
        Ok(jobs)
    }

    /// The job is done; its lane goes on.
    pub async fn done(&self, job: &Job) -> Result<()> {
        sqlx::query("delete from jobs where id = $1").bind(job.id).execute(&self.pool).await?;
        self.let_go(job);
        Ok(())
    }

    /// Another attempt, after `after` or a pause that doubles with every attempt.
    pub async fn retry(&self, job: &Job, after: Option<Duration>, error: &str) -> Result<()> {
        let pause = after.unwrap_or_else(|| backoff(job.attempts));
        sqlx::query(
            "update jobs set run_at = clock_timestamp() + make_interval(secs => $2), last_error = $3 where id = $1",
        )
        .bind(job.id)
        .bind(pause.as_secs_f64())
        .bind(error)
        .execute(&self.pool)
        .await?;
        self.let_go(job);
        Ok(())
    }

    /// Gives jobs back untouched, to be taken again after the pause; does not count as an attempt.
    pub async fn postpone(&self, jobs: &[&Job], pause: Duration) -> Result<()> {
        sqlx::query(
            "update jobs set run_at = clock_timestamp() + make_interval(secs => $2), attempts = attempts - 1 where id = any($1)",
        )
        .bind(jobs.iter().map(|job| job.id).collect::<Vec<_>>())
        .bind(pause.as_secs_f64())
        .execute(&self.pool)
        .await?;
        jobs.iter().for_each(|job| self.let_go(job));
        Ok(())
    }

    /// No further attempts by itself; a person may look at it.
    pub async fn bury(&self, job: &Job, error: &str) -> Result<()> {
        sqlx::query("update jobs set state = 'dead', last_error = $2 where id = $1")
            .bind(job.id)
            .bind(error)
            .execute(&self.pool)
            .await?;
        self.let_go(job);
        Ok(())
    }

    /// Its outcome is recorded, or its claim shall run out. The job may have been claimed anew since it was given back: that claim stays.
    pub fn let_go(&self, job: &Job) {
        let mut held = self.held();
        if held.get(&job.id).is_some_and(|held| held.claim == job.claim) {
            held.remove(&job.id);
        }
    }

    /// Jobs that this process holds.
    pub fn holding(&self) -> usize {
        self.held().len()
    }

    /// Renews the claims of this process for as long as it lives.
    pub async fn keep_claims(self) {
        let mut ticks = tokio::time::interval(RENEWAL);
        loop {
            ticks.tick().await;
            let claims: Vec<_> = self.held().iter().map(|(id, held)| (*id, held.until)).collect();
            if claims.is_empty() {
                continue;
            }
            if let Err(error) = self.renew(claims).await {
                tracing::warn!(%error, "claims of jobs could not be renewed");
            }
        }
    }

    /// Renews what is still as it was claimed: a job that was given back in the meantime has its own time to run.
    async fn renew(&self, claims: Vec<(i64, DateTime<Utc>)>) -> Result<()> {
        let (ids, ends): (Vec<_>, Vec<_>) = claims.iter().copied().unzip();
        let renewed: Vec<(i64, DateTime<Utc>)> = sqlx::query_as(
            "update jobs set run_at = clock_timestamp() + make_interval(secs => $3)
             from unnest($1::bigint[], $2::timestamptz[]) as claim (id, ends)
             where jobs.id = claim.id and jobs.run_at = claim.ends and state = 'ready'
             returning jobs.id, run_at",
        )
        .bind(&ids)
        .bind(&ends)
        .bind(LEASE.as_secs_f64())
        .fetch_all(&self.pool)
        .await?;
        let before: HashMap<_, _> = claims.into_iter().collect();
        let mut held = self.held();
        for (id, until) in renewed {
            if let Some(held) = held.get_mut(&id).filter(|held| before.get(&id) == Some(&held.until)) {
                held.until = until;
            }
        }
        Ok(())
    }

    /// How long until the next job is due, as far as is known; at most a second.
    pub async fn next_due(&self) -> Result<Duration> {
        let seconds: Option<f64> = sqlx::query_scalar(
            "select extract(epoch from run_at - clock_timestamp())::float8 from jobs where state = 'ready' and run_at > clock_timestamp()
             order by run_at limit 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(Duration::from_secs_f64(seconds.unwrap_or(1.0).clamp(0.005, 1.0)))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deletes finished jobs with the transaction that records what they did.
pub async fn delete(tx: &mut Tx, ids: &[i64]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query("delete from jobs where organization_id = $1 and id = any($2)")
        .bind(organization)
        .bind(ids)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// 1, 2, 4, … seconds with a quarter of jitter.
pub fn backoff(attempts: i32) -> Duration {
    let exponent = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    let pause = Duration::from_secs(1 << exponent).min(LONGEST_PAUSE);
    pause.mul_f64(rand::rng().random_range(0.75..1.25))
}
