//! The bus between servers: a Redis topic per organization. Own events are heard at once, without Redis; their echoes are
//! dropped.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::StreamExt;
use redis::{AsyncConnectionConfig, Client, RedisResult, aio::MultiplexedConnection};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{broadcast, mpsc},
    time::sleep,
};
use uuid::Uuid;

use super::{
    bus::{BACKLOG, Bus, Events},
    event::Event,
};
use crate::ids::OrganizationId;

/// Batches sent in one round trip.
const PIPELINE: usize = 64;
const ANSWER: Duration = Duration::from_secs(2);
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

pub struct RedisBus {
    local: broadcast::Sender<Arc<[Event]>>,
    outgoing: mpsc::Sender<Arc<[Event]>>,
    topics: mpsc::UnboundedSender<Topic>,
}

enum Topic {
    Follow(OrganizationId),
    Unfollow(OrganizationId),
}

/// What a topic carries.
#[derive(Serialize, Deserialize)]
struct Parcel<E> {
    server: Uuid,
    events: E,
}

impl RedisBus {
    pub fn start(client: Client) -> Self {
        let (local, _) = broadcast::channel(BACKLOG);
        let (outgoing, to_send) = mpsc::channel(BACKLOG);
        let (topics, topic_changes) = mpsc::unbounded_channel();
        let server = Uuid::new_v4();
        tokio::spawn(send(client.clone(), server, to_send));
        let inbound = Inbound { client, server, local: local.clone(), followed: HashMap::new() };
        tokio::spawn(inbound.run(topic_changes));
        Self { local, outgoing, topics }
    }
}

#[async_trait]
impl Bus for RedisBus {
    async fn publish(&self, events: Vec<Event>) {
        let events: Arc<[Event]> = events.into();
        let _ = self.local.send(events.clone());
        // Full while Redis is away: other servers find the events in the table.
        let _ = self.outgoing.try_send(events);
    }

    fn subscribe(&self) -> Events {
        self.local.subscribe()
    }

    fn follow(&self, organization: OrganizationId) {
        let _ = self.topics.send(Topic::Follow(organization));
    }

    fn unfollow(&self, organization: OrganizationId) {
        let _ = self.topics.send(Topic::Unfollow(organization));
    }

    fn is_shared(&self) -> bool {
        true
    }
}

fn topic(organization: OrganizationId) -> String {
    format!("switchboard:events:{organization}")
}

/// Publishes until the bus is dropped. What cannot be sent is dropped.
async fn send(client: Client, server: Uuid, mut batches: mpsc::Receiver<Arc<[Event]>>) {
    let mut connection: Option<MultiplexedConnection> = None;
    let mut waiting = Vec::with_capacity(PIPELINE);
    while batches.recv_many(&mut waiting, PIPELINE).await > 0 {
        let parcels = parcels(server, &waiting);
        waiting.clear();
        if let Err(error) = send_parcels(&client, &mut connection, &parcels).await {
            tracing::warn!(error = %error, "events could not be published to Redis");
            connection = None;
            sleep(SHORTEST_WAIT).await;
        }
    }
}

fn parcels(server: Uuid, batches: &[Arc<[Event]>]) -> Vec<(String, Vec<u8>)> {
    let same = |one: &Event, next: &Event| one.organization_id == next.organization_id;
    let parts = batches.iter().flat_map(|batch| batch.chunk_by(same));
    parts
        .filter_map(|events| {
            let body = serde_json::to_vec(&Parcel { server, events }).ok()?;
            Some((topic(events[0].organization_id), body))
        })
        .collect()
}

async fn send_parcels(
    client: &Client,
    connection: &mut Option<MultiplexedConnection>,
    parcels: &[(String, Vec<u8>)],
) -> RedisResult<()> {
    if connection.is_none() {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(ANSWER))
            .set_response_timeout(Some(ANSWER));
        *connection = Some(client.get_multiplexed_async_connection_with_config(&config).await?);
    }
    let Some(connection) = connection else { return Ok(()) };
    let mut pipeline = redis::pipe();
    for (topic, body) in parcels {
        pipeline.publish(topic, body).ignore();
    }
    pipeline.query_async(connection).await
}

/// The listening end.
struct Inbound {
    client: Client,
    server: Uuid,
    local: broadcast::Sender<Arc<[Event]>>,
    /// How many in this process follow each.
    followed: HashMap<OrganizationId, usize>,
}

impl Inbound {
    /// Listens until the bus is dropped, and comes back whenever the connection is lost.
    async fn run(mut self, mut changes: mpsc::UnboundedReceiver<Topic>) {
        let mut wait = SHORTEST_WAIT;
        loop {
            match self.listen(&mut changes, &mut wait).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(error = %error, "lost the connection to Redis"),
            }
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// `Ok` when the bus was dropped.
    async fn listen(
        &mut self,
        changes: &mut mpsc::UnboundedReceiver<Topic>,
        wait: &mut Duration,
    ) -> RedisResult<()> {
        let (mut sink, mut messages) = self.client.get_async_pubsub().await?.split();
        let topics: Vec<_> = self.followed.keys().map(|organization| topic(*organization)).collect();
        if !topics.is_empty() {
            sink.subscribe(topics).await?;
        }
        *wait = SHORTEST_WAIT;
        self.tell_gap();
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    None => return Ok(()),
                    Some(Topic::Follow(organization)) => {
                        *self.followed.entry(organization).or_default() += 1;
                        sink.subscribe(topic(organization)).await?;
                        self.tell_gap();
                    }
                    Some(Topic::Unfollow(organization)) => {
                        let Some(followers) = self.followed.get_mut(&organization) else { continue };
                        *followers -= 1;
                        if *followers == 0 {
                            self.followed.remove(&organization);
                            sink.unsubscribe(topic(organization)).await?;
                        }
                    }
                },
                message = messages.next() => match message {
                    Some(message) => self.take(message.get_payload_bytes()),
                    None => return Err(redis::RedisError::from((redis::ErrorKind::Io, "connection closed"))),
                },
            }
        }
    }

    fn take(&self, body: &[u8]) {
        match serde_json::from_slice::<Parcel<Vec<Event>>>(body) {
            Ok(parcel) if parcel.server == self.server => {}
            Ok(parcel) => drop(self.local.send(parcel.events.into())),
            // Another version's event: the sweep reads what it can from the table.
            Err(_) => self.tell_gap(),
        }
    }

    /// Events may have been published while nobody listened.
    fn tell_gap(&self) {
        let _ = self.local.send(Arc::new([]));
    }
}
