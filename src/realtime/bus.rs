//! How events travel from the server that wrote them to every server that holds sockets.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use tokio::sync::broadcast;

use super::redis_bus::RedisBus;
use crate::{config, ids::OrganizationId, realtime::event::Event};

/// Batches that a server may lag behind before it falls back to the events table.
pub(super) const BACKLOG: usize = 4096;

/// Batches of events. An empty one means that some may have been missed.
pub type Events = broadcast::Receiver<Arc<[Event]>>;

/// Carries events; the table carries the truth. A publication that is lost is found again by the sweep.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Never fails: an event that could not be carried is found by the sweep. Batches arrive here in the order of the calls.
    async fn publish(&self, events: Vec<Event>);

    /// Every batch from now on: this server's own, and other servers' for the organizations that are followed.
    fn subscribe(&self) -> Events;

    /// Asks for what other servers publish for an organization, until as many have unfollowed it as follow it.
    fn follow(&self, organization: OrganizationId);

    fn unfollow(&self, organization: OrganizationId);

    /// Whether there can be other servers on it.
    fn is_shared(&self) -> bool;
}

/// The bus that the configuration names. Connects in the background; needs a runtime.
///
/// # Errors
/// The address is not one of a Redis.
pub fn connect(config: &config::Bus) -> Result<Arc<dyn Bus>, redis::RedisError> {
    Ok(match &config.redis_url {
        Some(url) => Arc::new(RedisBus::start(redis::Client::open(url.expose_secret())?)),
        None => Arc::new(MemoryBus::default()),
    })
}

/// The bus of a single process.
pub struct MemoryBus(broadcast::Sender<Arc<[Event]>>);

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

    fn subscribe(&self) -> Events {
        self.0.subscribe()
    }

    fn follow(&self, _: OrganizationId) {}

    fn unfollow(&self, _: OrganizationId) {}

    fn is_shared(&self) -> bool {
        false
    }
}
