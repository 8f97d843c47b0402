//! Group commit: one writer per organization, alive only while there is work. It takes all that waits, stores it with one
//! transaction, answers everybody, and looks again. No timer: a lone item pays one commit, a busy organization shares it.

use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc};

use dashmap::{DashMap, Entry};
use futures::FutureExt;
use tokio::sync::oneshot;

use crate::ids::OrganizationId;

/// Items that one transaction stores.
const BATCH: usize = 100;

/// How waiting items are stored.
pub trait Store: Send + Sync + 'static {
    type Item: Send + Sync + 'static;
    type Answer: Send + 'static;

    /// Stores the items, in their order; answers each one.
    fn store(
        &self,
        organization: OrganizationId,
        items: Vec<Self::Item>,
    ) -> impl Future<Output = Vec<Self::Answer>> + Send;
}

/// An item and who waits for its answer.
type Waiting<S> = (<S as Store>::Item, oneshot::Sender<<S as Store>::Answer>);

/// The writers of one kind of item. Cheap to clone.
pub struct Writers<S: Store>(Arc<Inner<S>>);

struct Inner<S: Store> {
    store: S,
    /// What waits, for organizations whose writer is alive.
    waiting: DashMap<OrganizationId, VecDeque<Waiting<S>>>,
}

impl<S: Store> Writers<S> {
    pub fn new(store: S) -> Self {
        Self(Arc::new(Inner { store, waiting: DashMap::new() }))
    }

    /// Hands an item in; it is stored whether or not anybody waits for the answer. `None` if `most` items of the organization
    /// wait already.
    pub fn hand_in(
        &self,
        organization: OrganizationId,
        item: S::Item,
        most: usize,
    ) -> Option<oneshot::Receiver<S::Answer>> {
        let (answer, answered) = oneshot::channel();
        match self.0.waiting.entry(organization) {
            Entry::Occupied(queue) if queue.get().len() >= most => return None,
            Entry::Occupied(mut queue) => queue.get_mut().push_back((item, answer)),
            Entry::Vacant(none) => {
                none.insert(VecDeque::from([(item, answer)]));
                tokio::spawn(self.clone().write(organization));
            }
        }
        Some(answered)
    }

    /// Items of the organization that wait.
    pub fn waiting(&self, organization: OrganizationId) -> usize {
        self.0.waiting.get(&organization).map_or(0, |queue| queue.len())
    }

    async fn write(self, organization: OrganizationId) {
        while let Some(batch) = self.take(organization) {
            let (items, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            // A panic must not leave a queue without its writer; whoever waits hears that nothing was answered.
            let stored = AssertUnwindSafe(self.0.store.store(organization, items)).catch_unwind().await;
            let Ok(outcomes) = stored else {
                tracing::error!(organization.id = %organization, "a writer panicked");
                continue;
            };
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // Whoever asked may be gone; what was asked is stored.
                let _ = answer.send(outcome);
            }
        }
    }

    fn take(&self, organization: OrganizationId) -> Option<Vec<Waiting<S>>> {
        let Entry::Occupied(mut queue) = self.0.waiting.entry(organization) else { return None };
        if queue.get().is_empty() {
            queue.remove();
            return None;
        }
        let count = queue.get().len().min(BATCH);
        Some(queue.get_mut().drain(..count).collect())
    }
}

impl<S: Store> Clone for Writers<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
