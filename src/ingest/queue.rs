//! One writer per organization, alive only while there is work. It takes all that waits, stores it in one transaction,
//! answers everybody, and looks again. No timer: a lone callback pays one commit, a busy organization shares it.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use dashmap::{DashMap, Entry};
use tokio::sync::oneshot;

use super::{Delivery, NotTaken, batch, record};
use crate::{db::Db, error::Error, ids::OrganizationId, inbox::integration::Integrations};

/// Callbacks stored by one transaction.
const BATCH: usize = 100;
/// Callbacks of one organization that may wait.
const WAITING_ITEMS: usize = 5_000;
/// Bytes of all organizations that may wait.
const WAITING_BYTES: usize = 128 << 20;

/// Takes deliveries. Cheap to clone.
#[derive(Clone)]
pub struct Ingest(Arc<Inner>);

struct Inner {
    db: Db,
    integrations: Integrations,
    /// Waiting deliveries of organizations whose writer is alive.
    waiting: DashMap<OrganizationId, VecDeque<Waiting>>,
    bytes: AtomicUsize,
}

struct Waiting {
    delivery: Delivery,
    answer: oneshot::Sender<Result<(), NotTaken>>,
    _held: Held,
}

/// Bytes counted for as long as a delivery waits.
struct Held {
    inner: Arc<Inner>,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.inner.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Ingest {
    pub fn new(db: Db, integrations: Integrations) -> Self {
        Self(Arc::new(Inner { db, integrations, waiting: DashMap::new(), bytes: AtomicUsize::new(0) }))
    }

    /// Returns once the delivery is committed: what it said, or its raw form for repair. Safe to drop: what was handed
    /// in is stored all the same.
    pub async fn store(&self, delivery: Delivery) -> Result<(), NotTaken> {
        match self.hand_in(delivery) {
            Ok(answer) => answer.await.unwrap_or(Err(NotTaken::Unavailable)),
            Err(busy) => Err(busy),
        }
    }

    fn hold(&self, bytes: usize) -> Result<Held, NotTaken> {
        let before = self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
        let held = Held { inner: self.0.clone(), bytes };
        if before + bytes > WAITING_BYTES { Err(NotTaken::Busy) } else { Ok(held) }
    }

    fn hand_in(&self, delivery: Delivery) -> Result<oneshot::Receiver<Result<(), NotTaken>>, NotTaken> {
        let organization = delivery.integration.organization_id;
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { _held: self.hold(delivery.weight())?, delivery, answer };
        match self.0.waiting.entry(organization) {
            Entry::Occupied(mut queue) => {
                if queue.get().len() >= WAITING_ITEMS {
                    return Err(NotTaken::Busy);
                }
                queue.get_mut().push_back(waiting);
            }
            Entry::Vacant(none) => {
                none.insert(VecDeque::from([waiting]));
                tokio::spawn(self.clone().write(organization));
            }
        }
        Ok(answered)
    }

    /// The organization's writer: ends when nothing waits.
    async fn write(self, organization: OrganizationId) {
        while let Some(batch) = self.take(organization) {
            let (deliveries, answers): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|waiting| (waiting.delivery, (waiting.answer, waiting._held))).unzip();
            metrics::histogram!("switchboard_ingest_batch_size").record(deliveries.len() as f64);
            let outcomes = self.store_all(organization, &deliveries).await;
            for ((answer, _held), outcome) in answers.into_iter().zip(outcomes) {
                // A platform that hung up will repeat the callback, which then changes nothing.
                let _ = answer.send(outcome);
            }
        }
    }

    fn take(&self, organization: OrganizationId) -> Option<Vec<Waiting>> {
        let Entry::Occupied(mut queue) = self.0.waiting.entry(organization) else { return None };
        if queue.get().is_empty() {
            queue.remove();
            return None;
        }
        let count = queue.get().len().min(BATCH);
        Some(queue.get_mut().drain(..count).collect())
    }

    /// All in one transaction; if that fails, one by one, so that a poisoned delivery fails alone.
    async fn store_all(
        &self,
        organization: OrganizationId,
        deliveries: &[Delivery],
    ) -> Vec<Result<(), NotTaken>> {
        let all: Vec<_> = deliveries.iter().collect();
        match batch::store(&self.0.db, &self.0.integrations, organization, &all).await {
            Ok(()) => return vec![Ok(()); deliveries.len()],
            Err(error) if deliveries.len() > 1 => {
                tracing::debug!(%error, count = deliveries.len(), "a batch failed; storing one by one");
            }
            Err(error) => return vec![self.keep_failed(organization, &deliveries[0], error).await],
        }
        let mut outcomes = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            outcomes.push(self.store_one(organization, delivery).await);
        }
        outcomes
    }

    async fn store_one(&self, organization: OrganizationId, delivery: &Delivery) -> Result<(), NotTaken> {
        match batch::store(&self.0.db, &self.0.integrations, organization, &[delivery]).await {
            Ok(()) => Ok(()),
            Err(error) => self.keep_failed(organization, delivery, error).await,
        }
    }

    /// One more attempt for what passes by itself (two servers made the same contact at once), then the raw form is kept.
    async fn keep_failed(
        &self,
        organization: OrganizationId,
        delivery: &Delivery,
        error: Error,
    ) -> Result<(), NotTaken> {
        if batch::store(&self.0.db, &self.0.integrations, organization, &[delivery]).await.is_ok() {
            return Ok(());
        }
        tracing::error!(%error, callback.id = %delivery.id, integration.id = %delivery.integration.id, "a callback could not be stored");
        record::failed(&self.0.db, organization, delivery, &error).await.map_err(|error| {
            tracing::error!(%error, "the database does not take callbacks");
            NotTaken::Unavailable
        })
    }
}
