//! Queued messages leave for their platforms: marked as `sending` in one commit, sent side by side within each account's limits,
//! and recorded in another. A message that was being sent when a worker died becomes `unknown` and is never blindly resent.

mod limits;
mod load;
mod outcome;
mod reach;

use std::{sync::Arc, time::Duration};

use channels::{OutboundMessage, SendError};
use chrono::Utc;
use tokio::sync::Semaphore;

use self::{
    limits::Limits,
    load::Loaded,
    outcome::{Outcome, Recorder},
};
use crate::{
    app::App,
    error::Result,
    ids::OrganizationId,
    inbox::{integration::Integration, order::Order},
    jobs::{Job, Jobs},
    writers::Writers,
};

pub(crate) use self::reach::carry_out;

/// Calls to platforms that one process has under way.
const CALLS: usize = 1_024;
/// Attempts before a message that always might pass later is given up.
const ATTEMPTS: i32 = 12;

/// The delivery pipeline. Cheap to clone.
#[derive(Clone)]
pub struct Deliveries {
    app: App,
    jobs: Jobs,
    limits: Limits,
    calls: Arc<Semaphore>,
    recorder: Writers<Recorder>,
}

impl Deliveries {
    pub fn new(app: App, jobs: Jobs) -> Self {
        let recorder = Writers::new(Recorder::new(app.clone(), jobs.clone()));
        Self { app, jobs, limits: Limits::default(), calls: Arc::new(Semaphore::new(CALLS)), recorder }
    }

    /// Sends the messages that these claimed jobs of one organization name.
    pub async fn send(self, organization: OrganizationId, jobs: Vec<Job>) {
        let (messages, done) = match load::messages(&self.app, organization, jobs.clone()).await {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(%error, "messages could not be read for delivery");
                for job in &jobs {
                    self.put_back(job, &error.to_string()).await;
                }
                return;
            }
        };
        if !done.is_empty() {
            done.iter().for_each(|job| self.jobs.let_go(job));
            self.app.db.jobs().notify_one();
        }
        let mut accounts: Vec<(Arc<Integration>, Vec<Loaded>)> = Vec::new();
        for message in messages {
            match accounts.iter_mut().find(|(integration, _)| integration.id == message.integration.id) {
                Some((_, waiting)) => waiting.push(message),
                None => accounts.push((message.integration.clone(), vec![message])),
            }
        }
        for (integration, messages) in accounts {
            tokio::spawn(self.clone().send_account(integration, messages));
        }
    }

    /// Keeps the account's pace: what may go now goes now, the rest follows as the limit allows.
    async fn send_account(self, integration: Arc<Integration>, mut waiting: Vec<Loaded>) {
        let limiter = self.limits.of(&integration);
        let back = waiting.split_off(waiting.len().min(limiter.room()));
        let _held = limiter.hold(waiting.len());
        if !back.is_empty() {
            self.postpone(&back, limiter.queue_up(back.len())).await;
        }
        while !waiting.is_empty() {
            if let Some(pause) = limiter.stopped() {
                self.postpone(&waiting, pause).await;
                return;
            }
            let now = limiter.ready(waiting.len()).await;
            let batch: Vec<_> = waiting.drain(..now).collect();
            self.send_batch(&integration, batch).await;
        }
    }

    async fn send_batch(&self, integration: &Arc<Integration>, batch: Vec<Loaded>) {
        let batch = match load::mark_sending(&self.app, integration.organization_id, batch).await {
            Ok(batch) => batch,
            Err((error, batch)) => {
                tracing::error!(%error, "messages could not be marked as sending");
                self.postpone(&batch, Duration::from_secs(1)).await;
                return;
            }
        };
        for message in batch {
            tokio::spawn(self.clone().send_one(message));
        }
    }

    async fn send_one(self, message: Loaded) {
        let Loaded { job, integration, outbound, message_id, conversation_id, .. } = message;
        let sent = match outbound {
            Ok(outbound) => self.call(&integration, outbound).await,
            Err(refusal) => Err(refusal),
        };
        if let Err(SendError::Later { after, scope: channels::Scope::Account, .. }) = &sent {
            self.limits.of(&integration).stop(after.unwrap_or(Duration::from_secs(1)));
        }
        metrics::counter!("switchboard_deliveries_total",
            "channel" => integration.channel.id().as_str(), "outcome" => outcome::word(&sent))
        .increment(1);
        let answered_at = Utc::now();
        let outcome = Outcome { job, integration, message_id, conversation_id, sent, answered_at };
        let organization = outcome.job.organization_id;
        if let Some(recorded) = self.recorder.hand_in(organization, outcome, usize::MAX) {
            let _ = recorded.await;
        }
        // The lane's next job may go now.
        self.app.db.jobs().notify_one();
    }

    async fn call(
        &self,
        integration: &Integration,
        outbound: load::Unsent,
    ) -> Result<channels::Receipt, SendError> {
        let message: OutboundMessage = outbound.with_files(&self.app, integration).await?;
        // The semaphores are never closed.
        let pace = self.limits.of(integration);
        let _ours = pace.call().await;
        let _permit = self.calls.acquire().await;
        integration.channel.send(&integration.account, &message, &self.app.net).await
    }

    async fn postpone(&self, messages: &[Loaded], pause: Duration) {
        let jobs: Vec<_> = messages.iter().map(|message| &message.job).collect();
        if let Err(error) = self.jobs.postpone(&jobs, pause).await {
            // Their claims run out, and they are taken again.
            tracing::error!(%error, "jobs could not be given back");
            jobs.iter().for_each(|job| self.jobs.let_go(job));
        }
    }

    async fn put_back(&self, job: &Job, error: &str) {
        if let Err(error) = self.jobs.retry(job, None, error).await {
            tracing::error!(%error, "a job could not be given back");
            self.jobs.let_go(job);
        }
    }
}

/// Whether an order sends a message, and is therefore for [`Deliveries`].
pub(crate) fn sends(job: &Job) -> bool {
    matches!(order(job), Some(Order::Deliver { .. }))
}

fn order(job: &Job) -> Option<Order> {
    serde_json::from_value(job.payload.clone()).ok()
}
