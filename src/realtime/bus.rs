//! How events travel from the server that wrote them to every server that holds sockets.

use async_trait::async_trait;
use tokio::sync::broadcast;

use crate::realtime::event::Event;

/// Batches that a server may lag behind before it falls back to the events table.
const BACKLOG: usize = 4096;

/// Carries events; the table carries the truth. A publication that is lost is found again by the sweep.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Never fails: an event that could not be carried is found by the sweep.
    async fn publish(&self, events: Vec<Event>);

    /// Every batch from now on, also this server's own.
    fn subscribe(&self) -> broadcast::Receiver<std::sync::Arc<[Event]>>;
}

/// The bus of a single process.
pub struct MemoryBus(broadcast::Sender<std::sync::Arc<[Event]>>);

impl Default for MemoryBus {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, events: Vec<Event>) {
        // Nobody listening is no fault.
        let _ = self.0.send(events.into());
    }

    fn subscribe(&self) -> broadcast::Receiver<std::sync::Arc<[Event]>> {
        self.0.subscribe()
    }
}
