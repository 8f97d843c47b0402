//! Live connections. Of all workers, one holds the connection of each integration that streams, by a lease that it renews every three
//! seconds; each worker takes its share. What a connection brings goes the way of a callback. A worker that stops lets go at once; one
//! that dies is replaced when its lease ends, ten seconds after it was last renewed.

mod connection;
mod lease;

use std::{
    collections::{HashMap, HashSet},
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::FutureExt;
use lease::{LEASE, Leases, Wanted};
use secrecy::ExposeSecret;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{app::App, error::Result, ids::IntegrationId, inbox::integration::Integration};

/// How often the integrations are looked at: a pause or new keys take effect within it.
const LOOK: Duration = Duration::from_secs(1);
/// How often leases are renewed.
const RENEWAL: Duration = Duration::from_secs(3);
/// Subtracted from a lease, so that its holder lets go before others may take it.
const MARGIN: Duration = Duration::from_secs(1);
/// How long connections may take to end when the worker stops.
const PARTING: Duration = Duration::from_secs(3);

struct Listeners {
    app: App,
    leases: Leases,
    /// Every active integration as last read: its version, and itself if it streams.
    known: HashMap<IntegrationId, (i32, Option<Arc<Integration>>)>,
    held: HashMap<IntegrationId, Held>,
    connections: JoinSet<IntegrationId>,
    workers: usize,
    renewed: Option<Instant>,
}

/// A connection that runs, or is about to end.
struct Held {
    integration: Arc<Integration>,
    lease: watch::Sender<Instant>,
    stop: CancellationToken,
}

/// Holds this worker's share of the connections until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    let leases = Leases { pool: app.db.system().clone(), holder: Uuid::new_v4() };
    let mut listeners = Listeners {
        app,
        leases,
        known: HashMap::new(),
        held: HashMap::new(),
        connections: JoinSet::new(),
        workers: 1,
        renewed: None,
    };
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => {}
            Some(Ok(ended)) = listeners.connections.join_next() => listeners.let_go(ended).await,
        }
        if let Err(error) = listeners.look().await {
            tracing::warn!(%error, "live connections could not be looked after");
        }
        metrics::gauge!("switchboard_listeners").set(listeners.held.len() as f64);
    }
    listeners.part().await;
    metrics::gauge!("switchboard_listeners").set(0.0);
}

impl Listeners {
    async fn look(&mut self) -> Result<()> {
        if self.renewed.is_none_or(|at| at.elapsed() >= RENEWAL) {
            self.renew().await?;
        }
        let wanted = self.leases.wanted().await?;
        self.read(&wanted).await?;
        self.stop_unwanted();
        let mut streaming = wanted;
        streaming.retain(|one| self.known.get(&one.id).is_some_and(|(_, streams)| streams.is_some()));
        let share = streaming.len().div_ceil(self.workers);
        self.stop_beyond(share);
        streaming.retain(|one| !self.held.contains_key(&one.id));
        let room = share.saturating_sub(self.held.len());
        if room > 0 && !streaming.is_empty() {
            self.claim(&streaming, room).await?;
        }
        Ok(())
    }

    async fn renew(&mut self) -> Result<()> {
        let begun = Instant::now();
        let ids: Vec<_> = self.held.keys().copied().collect();
        let kept = if ids.is_empty() { Vec::new() } else { self.leases.renew(&ids).await? };
        for (id, held) in &self.held {
            if kept.contains(id) {
                held.lease.send_replace(begun + LEASE - MARGIN);
            } else {
                held.stop.cancel();
            }
        }
        self.workers = self.leases.attend().await?;
        self.renewed = Some(begun);
        Ok(())
    }

    /// Unseals those that are new or have changed.
    async fn read(&mut self, wanted: &[Wanted]) -> Result<()> {
        let changed: Vec<_> = wanted
            .iter()
            .filter(|one| self.known.get(&one.id).is_none_or(|(version, _)| *version != one.version))
            .map(|one| one.id)
            .collect();
        if !changed.is_empty() {
            let mut read: HashMap<_, _> =
                self.app.integrations.of_ids(&changed).await?.into_iter().map(|one| (one.id, one)).collect();
            for one in wanted.iter().filter(|one| changed.contains(&one.id)) {
                let streams = read.remove(&one.id).filter(|read| read.channel.streams(&read.account));
                self.known.insert(one.id, (one.version, streams));
            }
        }
        if self.known.len() > wanted.len() {
            let wanted: HashSet<_> = wanted.iter().map(|one| one.id).collect();
            self.known.retain(|id, _| wanted.contains(id));
        }
        Ok(())
    }

    /// Paused, removed, broken, or with other keys than it was connected with: it is let go, and taken anew where that is wanted.
    fn stop_unwanted(&self) {
        for (id, held) in &self.held {
            let now = self.known.get(id).and_then(|(_, streams)| streams.as_ref());
            if now.is_none_or(|now| !same_account(now, &held.integration)) {
                held.stop.cancel();
            }
        }
    }

    /// Another worker has come, and takes what is beyond our share.
    fn stop_beyond(&self, share: usize) {
        let running = self.held.values().filter(|held| !held.stop.is_cancelled());
        running.skip(share).for_each(|held| held.stop.cancel());
    }

    async fn claim(&mut self, free: &[Wanted], most: usize) -> Result<()> {
        let begun = Instant::now();
        for (id, state) in self.leases.claim(free, most).await? {
            let Some(integration) = self.known.get(&id).and_then(|(_, streams)| streams.clone()) else {
                continue;
            };
            let (lease, until) = watch::channel(begun + LEASE - MARGIN);
            let stop = CancellationToken::new();
            let connection = connection::Connection {
                app: self.app.clone(),
                leases: self.leases.clone(),
                integration: integration.clone(),
                state: Mutex::new(state),
                health: Mutex::default(),
            };
            let ending = stop.clone();
            self.connections.spawn(async move {
                // A channel that panics costs its own connection, which is then made anew.
                if AssertUnwindSafe(connection.hold(until, ending)).catch_unwind().await.is_err() {
                    tracing::error!(integration.id = %id, "a channel failed while it listened");
                    tokio::time::sleep(RENEWAL).await;
                }
                id
            });
            self.held.insert(id, Held { integration, lease, stop });
        }
        Ok(())
    }

    /// The connection has ended; its row is free for whoever wants it.
    async fn let_go(&mut self, id: IntegrationId) {
        self.held.remove(&id);
        if let Err(error) = self.leases.release(&[id]).await {
            tracing::warn!(%error, integration.id = %id, "a live connection is free only when its lease ends");
        }
    }

    async fn part(&mut self) {
        self.held.values().for_each(|held| held.stop.cancel());
        let ids: Vec<_> = self.held.keys().copied().collect();
        let ended = async { while self.connections.join_next().await.is_some() {} };
        if tokio::time::timeout(PARTING, ended).await.is_err() {
            self.connections.shutdown().await;
        }
        let released = async {
            self.leases.release(&ids).await?;
            self.leases.leave().await
        };
        if let Err(error) = released.await {
            tracing::warn!(%error, "live connections are free only when their leases end");
        }
    }
}

fn same_account(one: &Integration, other: &Integration) -> bool {
    let fields = |account: &channels::Account| -> Vec<(String, String)> {
        account.fields().map(|(name, value)| (name.to_owned(), value.expose_secret().to_owned())).collect()
    };
    fields(&one.account) == fields(&other.account)
}
