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
    error::{Error, Result},
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
    /// When an organization's writer last waited for a connection in vain.
    in_vain: DashMap<OrganizationId, Instant>,
}

/// A delivery and the bytes it holds while it waits.
struct Waiting {
    delivery: Delivery,
    since: Instant,
    _held: Held,
}

struct Held {
    all: Arc<AtomicUsize>,
    bytes: usize,
}

impl Ingest {
    pub fn new(db: Db, integrations: Integrations) -> Self {
        Self {
            writers: Writers::new(Tables {
                db,
                integrations,
                heard: DashMap::new(),
                in_vain: DashMap::new(),
            }),
            bytes: Arc::default(),
        }
    }

    /// Returns once the delivery is committed: what it said, or its raw form for repair; the new messages that it brought. Safe to
    /// drop: what was handed in is stored all the same.
    pub async fn store(&self, delivery: Delivery) -> Result<Vec<Stored>, NotTaken> {
        let organization = delivery.integration.organization_id;
        let waiting = Waiting { _held: self.hold(delivery.weight())?, since: Instant::now(), delivery };
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

    /// What came before a connection was waited for in vain has waited as long: its platforms are not kept any longer.
    async fn store(&self, organization: OrganizationId, items: Vec<Waiting>) -> Vec<Self::Answer> {
        metrics::histogram!("switchboard_ingest_batch_size").record(items.len() as f64);
        let in_vain = self.in_vain.get(&organization).map(|at| *at);
        let fresh = |waiting: &Waiting| in_vain.is_none_or(|at| waiting.since > at);
        let taken: Vec<_> = items.iter().filter(|one| fresh(one)).map(|one| &one.delivery).collect();
        let mut answers = self.store_all(organization, &taken).await.into_iter();
        let mut answer = |waiting: &Waiting| if fresh(waiting) { answers.next() } else { None };
        items.iter().map(|one| answer(one).unwrap_or(Err(NotTaken::Unavailable))).collect()
    }
}

impl Tables {
    /// In one transaction; if that fails, one by one, so that a poisoned delivery fails alone. With the first that finds the database
    /// away, the rest are refused.
    async fn store_all(
        &self,
        organization: OrganizationId,
        all: &[&Delivery],
    ) -> Vec<Result<Vec<Stored>, NotTaken>> {
        if all.is_empty() {
            return Vec::new();
        }
        let mut away = match batch::store(&self.db, &self.integrations, organization, all).await {
            Ok(stored) => {
                self.in_vain.remove(&organization);
                self.note_heard(all).await;
                return stored.into_iter().map(Ok).collect();
            }
            Err(error) => {
                tracing::debug!(%error, count = all.len(), "a batch failed");
                self.is_in_vain(organization, &error)
            }
        };
        let mut answers = Vec::with_capacity(all.len());
        for delivery in all {
            if away {
                answers.push(Err(NotTaken::Unavailable));
                continue;
            }
            let stored = self.store_alone(organization, delivery).await;
            if let Err(error) = &stored {
                tracing::warn!(%error, callback.id = %delivery.id, "a callback could not be stored now");
                away = self.is_in_vain(organization, error) || error.is_away();
            }
            answers.push(stored.map_err(|_| NotTaken::Unavailable));
        }
        if away {
            tracing::error!(organization.id = %organization, "the database is away; callbacks are refused");
        }
        answers
    }

    /// Whether a connection was waited for in vain, which is noted.
    fn is_in_vain(&self, organization: OrganizationId, error: &Error) -> bool {
        let in_vain = error.is_unreachable();
        if in_vain {
            self.in_vain.insert(organization, Instant::now());
        }
        in_vain
    }

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
    async fn store_alone(&self, organization: OrganizationId, delivery: &Delivery) -> Result<Vec<Stored>> {
        match batch::store(&self.db, &self.integrations, organization, &[delivery]).await {
            Ok(stored) => Ok(stored.into_iter().flatten().collect()),
            Err(error) if error.passes() => Err(error),
            Err(error) => {
                tracing::error!(%error, callback.id = %delivery.id, integration.id = %delivery.integration.id, "a callback could not be stored");
                record::failed(&self.db, organization, delivery, &error).await?;
                Ok(Vec::new())
            }
        }
    }
}
