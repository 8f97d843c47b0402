//! One live connection while this process holds it: made again when it is lost, ended when the lease is.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use channels::{Check, Incoming, ListenError, Listener, Refusal};
use chrono::Utc;
use serde_json::{Value, json};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;
use webhooks::Verified;

use super::lease::Leases;
use crate::{
    app::App,
    error::Result,
    ids::CallbackId,
    inbox::{integration::Integration, integration_admin, typing::customer_typing},
    ingest::Delivery,
    jobs,
    realtime::event::{EventKind, NewEvent},
};

/// The longest pause before a lost connection is made again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A connection that lasted so long was a good one: the next pause is short again.
const GOOD: Duration = Duration::from_secs(60);
/// Between attempts to hand over what cannot be stored now.
const AGAIN: Duration = Duration::from_millis(500);

/// What the connection of one integration works with.
pub(super) struct Connection {
    pub app: App,
    pub leases: Leases,
    pub integration: Arc<Integration>,
    pub state: Mutex<Option<Value>>,
    pub health: Mutex<Vec<Check>>,
}

impl Connection {
    /// Until told to stop, or the lease ends, or the account is refused. The connection is closed when this returns.
    pub async fn hold(self, lease: watch::Receiver<Instant>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = ended(lease) => {
                metrics::counter!("switchboard_listeners_lost_total", "reason" => "lease").increment(1);
                tracing::warn!(integration.id = %self.integration.id, "a live connection's lease could not be renewed");
            }
            () = self.listen() => {}
        }
    }

    async fn listen(&self) {
        let one = &self.integration;
        let mut attempts = 0;
        loop {
            let begun = Instant::now();
            match one.channel.listen(&one.account, self, &self.app.net).await {
                Err(ListenError::Lost(why)) => {
                    attempts = if begun.elapsed() >= GOOD { 1 } else { attempts + 1 };
                    let pause = jobs::backoff(attempts).min(LONGEST_PAUSE);
                    metrics::counter!("switchboard_listeners_lost_total", "reason" => "connection")
                        .increment(1);
                    tracing::debug!(integration.id = %one.id, why, ?pause, "a live connection was lost");
                    self.health(Check::failed("connection", format!("Lost, and being made again: {why}")))
                        .await;
                    tokio::time::sleep(pause).await;
                }
                Err(ListenError::AccountBroken(why)) => {
                    if let Err(error) = self.break_account(&why).await {
                        tracing::error!(%error, integration.id = %one.id, "a refused account could not be stopped");
                        tokio::time::sleep(LONGEST_PAUSE).await;
                    }
                    return;
                }
                Err(ListenError::Stopped) => return,
                Ok(never) => match never {},
            }
        }
    }

    async fn break_account(&self, why: &Refusal) -> Result<()> {
        let mut tx = self.app.db.begin(self.integration.organization_id).await?;
        integration_admin::break_account(&mut tx, self.integration.id, why).await?;
        tx.commit().await?;
        self.app.integrations.forget(self.integration.id);
        Ok(())
    }

    async fn tell_typing(&self, thread: &str, name: Option<&str>) -> Result<()> {
        let one = &self.integration;
        let mut tx = self.app.db.begin(one.organization_id).await?;
        let event = customer_typing(&mut tx, one.id, thread, name, true).await?;
        drop(tx);
        if let Some(event) = event {
            self.app.db.bus().publish(vec![event]).await;
        }
        Ok(())
    }

    /// Keeps the line; `true` if an admin would see a difference.
    fn note(&self, check: Check) -> (bool, Vec<Check>) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let known = health.iter().position(|one| one.name == check.name);
        let differs = known.is_none_or(|at| health[at] != check);
        match known {
            Some(at) => health[at] = check,
            None => health.push(check),
        }
        (differs, health.clone())
    }

    async fn report(&self, checks: &[Check]) -> Result<()> {
        self.leases.report(self.integration.id, checks).await?;
        let mut tx = self.app.db.begin(self.integration.organization_id).await?;
        let data = json!({"what": "integrations", "integration_id": self.integration.id});
        tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &data));
        Ok(tx.commit().await?)
    }
}

#[async_trait]
impl Listener for Connection {
    fn resume(&self) -> Option<Value> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn deliver(&self, raw: Bytes, incoming: Incoming) -> Result<(), ListenError> {
        #[expect(clippy::disallowed_methods, reason = "the hub opened this connection itself")]
        let request = Verified::from_live_connection(raw, Utc::now());
        loop {
            let delivery = Delivery {
                id: CallbackId::new(),
                integration: self.integration.clone(),
                request: request.clone(),
                incoming: Ok(incoming.clone()),
                replayed: false,
            };
            // The platform will not say it again: it waits here until it is stored or another process takes over.
            match self.app.ingest.store(delivery).await {
                Ok(_) => return Ok(()),
                Err(error) => {
                    tracing::warn!(%error, integration.id = %self.integration.id, "a live connection waits")
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn remember(&self, state: Value) -> Result<(), ListenError> {
        match self.leases.remember(self.integration.id, &state).await {
            Ok(true) => {}
            Ok(false) => return Err(ListenError::Stopped),
            // Older state costs repeats, which change nothing.
            Err(error) => tracing::warn!(%error, "the state of a live connection was not kept"),
        }
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
        Ok(())
    }

    /// Nothing is lost with it: it is said again while they write.
    async fn typing(&self, thread: &str, name: Option<&str>) {
        if let Err(error) = self.tell_typing(thread, name).await {
            tracing::debug!(%error, integration.id = %self.integration.id, "nobody was told that a customer writes");
        }
    }

    async fn health(&self, check: Check) {
        let (differs, checks) = self.note(check);
        if differs && let Err(error) = self.report(&checks).await {
            tracing::warn!(%error, "the health of a live connection was not kept");
        }
    }
}

/// Returns when the lease has run out without having been renewed.
async fn ended(mut lease: watch::Receiver<Instant>) {
    loop {
        let until = *lease.borrow_and_update();
        tokio::select! {
            () = tokio::time::sleep_until(until) => return,
            renewed = lease.changed() => if renewed.is_err() { return },
        }
    }
}
