//! What waits to be stored, bounded by items and bytes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use dashmap::DashMap;

use super::{Delivery, NotTaken, Stored, batch, record};
use crate::{
    db::Db,
    error::Error,
    ids::{IntegrationId, OrganizationId},
    inbox::integration::Integrations,
    writers::{Store, Writers},
};

/// Callbacks of one organization that may wait: about a second's work.
const WAITING_ITEMS: usize = 2_000;
/// Bytes of all organizations that may wait.
const WAITING_BYTES: usize = 128 << 20;

/// How often an integration is noted as heard from.
const HEARD: Duration = Duration::from_secs(60);

/// Takes deliveries. Cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    writers: Writers<Tables>,
    bytes: Arc<AtomicUsize>,
}

struct Tables {
    db: Db,
    integrations: Integrations,
    /// When each integration was last noted as heard from.
    heard: DashMap<IntegrationId, Instant>,
}

/// A delivery and the bytes it holds while it waits.
struct Waiting {
    delivery: Delivery,
    _held: Held,
}

struct Held {
    all: Arc<AtomicUsize>,
    bytes: usize,
}

impl Ingest {
    pub fn new(db: Db, integrations: Integrations) -> Self {
        Self {
            writers: Writers::new(Tables { db, integrations, heard: DashMap::new() }),
            bytes: Arc::default(),
        }
    }

    /// Returns once the delivery is committed: what it said, or its raw form for repair; the new messages that it brought. Safe to
    /// drop: what was handed in is stored all the same.
    pub async fn store(&self, delivery: Delivery) -> Result<Vec<Stored>, NotTaken> {
        let organization = delivery.integration.organization_id;
        let waiting = Waiting { _held: self.hold(delivery.weight())?, delivery };
        let answer = self.writers.hand_in(organization, waiting, WAITING_ITEMS).ok_or(NotTaken::Busy)?;
        answer.await.unwrap_or(Err(NotTaken::Unavailable))
    }

    /// Whether a delivery of the organization would be refused now, as far as one can tell without it.
    pub fn is_full(&self, organization: OrganizationId) -> bool {
        self.bytes.load(Ordering::Relaxed) > WAITING_BYTES
            || self.writers.waiting(organization) >= WAITING_ITEMS
    }

    fn hold(&self, bytes: usize) -> Result<Held, NotTaken> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let held = Held { all: self.bytes.clone(), bytes };
        if before + bytes > WAITING_BYTES { Err(NotTaken::Busy) } else { Ok(held) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Store for Tables {
    type Item = Waiting;
    type Answer = Result<Vec<Stored>, NotTaken>;

    /// All in one transaction; if that fails, one by one, so that a poisoned delivery fails alone.
    async fn store(&self, organization: OrganizationId, items: Vec<Waiting>) -> Vec<Self::Answer> {
        metrics::histogram!("switchboard_ingest_batch_size").record(items.len() as f64);
        let all: Vec<_> = items.iter().map(|waiting| &waiting.delivery).collect();
        match batch::store(&self.db, &self.integrations, organization, &all).await {
            Ok(stored) => {
                self.note_heard(&all).await;
                return stored.into_iter().map(Ok).collect();
            }
            Err(error) => tracing::debug!(%error, count = items.len(), "a batch failed; storing one by one"),
        }
        let mut outcomes = Vec::with_capacity(items.len());
        for delivery in all {
            outcomes.push(self.store_alone(organization, delivery).await);
        }
        outcomes
    }
}

impl Tables {
    /// Shown to admins; a minute's precision is enough, and a failure is made good by the next callback.
    async fn note_heard(&self, deliveries: &[&Delivery]) {
        let mut ids: Vec<_> = deliveries.iter().map(|delivery| delivery.integration.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| self.heard.get(id).is_none_or(|at| at.elapsed() >= HEARD));
        if ids.is_empty() {
            return;
        }
        let noted = sqlx::query("update integrations set last_inbound_at = now() where id = any($1)")
            .bind(&ids)
            .execute(self.db.system())
            .await;
        if noted.is_ok() {
            for id in ids {
                self.heard.insert(id, Instant::now());
            }
        }
    }

    /// What passes by itself (two servers made the same contact at once) is stored now. What may pass a moment later is refused,
    /// so that the platform repeats it; of the rest the raw form is kept.
    async fn store_alone(
        &self,
        organization: OrganizationId,
        delivery: &Delivery,
    ) -> Result<Vec<Stored>, NotTaken> {
        match batch::store(&self.db, &self.integrations, organization, &[delivery]).await {
            Ok(stored) => Ok(stored.into_iter().flatten().collect()),
            Err(error) if error.passes() => {
                tracing::warn!(%error, callback.id = %delivery.id, "a callback could not be stored now");
                Err(NotTaken::Unavailable)
            }
            Err(error) => self.keep_failed(organization, delivery, error).await.map(|()| Vec::new()),
        }
    }

    async fn keep_failed(
        &self,
        organization: OrganizationId,
        delivery: &Delivery,
        error: Error,
    ) -> Result<(), NotTaken> {
        tracing::error!(%error, callback.id = %delivery.id, integration.id = %delivery.integration.id, "a callback could not be stored");
        record::failed(&self.db, organization, delivery, &error).await.map_err(|error| {
            tracing::error!(%error, "the database does not take callbacks");
            NotTaken::Unavailable
        })
    }
}
