//! Takes jobs and hands each to what does it. Woken by commits of this process, and by a light look at the table for those of
//! others.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use channels::SendError;
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    checkout,
    deliver::{self, Deliveries},
    elsewhere,
    error::{Error, Result},
    ids::OrganizationId,
    jobs::{Job, Jobs},
    listeners, maintenance, media, mirror,
    payment::order,
    profiles, refresh,
    trello::{self, order as boards, work},
};

/// Jobs that one claim takes.
const CLAIM: i64 = 100;
/// Jobs that one process holds.
const HELD: usize = 10_000;
/// Attempts before a job is put aside for a person to look at.
const ATTEMPTS: i32 = 10;

/// How a job ended.
enum End {
    Done,
    /// Try again after the pause, or with backoff.
    Again(Option<Duration>, String),
    /// Nothing went wrong; it has its turn after the pause.
    Later(Duration),
    /// Trying again is pointless.
    Never(String),
}

/// Works until told to stop, then lets what is under way end.
pub async fn run(app: App, stop: CancellationToken) {
    let jobs = Jobs::new(app.db.system().clone());
    let deliveries = Deliveries::new(app.clone(), jobs.clone());
    let slots = Arc::new(Semaphore::new(app.config.limits.worker_lanes));
    let renewal = tokio::spawn(jobs.clone().keep_claims());
    let upkeep = tokio::spawn(maintenance::run(app.clone(), stop.clone()));
    let listening = tokio::spawn(listeners::run(app.clone(), stop.clone()));
    let following = tokio::spawn(mirror::run(app.clone(), stop.clone()));
    let boards = tokio::spawn(trello::follow::run(app.clone(), stop.clone()));
    while !stop.is_cancelled() {
        let woken = app.db.jobs().notified();
        match jobs.claim(CLAIM.min(room(&jobs))).await {
            Ok(claimed) if claimed.is_empty() => rest(&jobs, woken, &stop).await,
            Ok(claimed) => hand_out(&app, &jobs, &deliveries, &slots, claimed),
            Err(error) => {
                tracing::warn!(%error, "jobs could not be claimed");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
    while jobs.holding() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // It ends by itself, and lets others have its connections at once.
    let _ = tokio::join!(listening, following, boards);
    renewal.abort();
    upkeep.abort();
}

fn room(jobs: &Jobs) -> i64 {
    i64::try_from(HELD.saturating_sub(jobs.holding())).unwrap_or(0)
}

async fn rest(jobs: &Jobs, woken: impl Future<Output = ()>, stop: &CancellationToken) {
    let due = jobs.next_due().await.unwrap_or(Duration::from_secs(1));
    tokio::select! {
        () = woken => {}
        () = tokio::time::sleep(due) => {}
        () = stop.cancelled() => {}
    }
}

fn hand_out(app: &App, jobs: &Jobs, deliveries: &Deliveries, slots: &Arc<Semaphore>, claimed: Vec<Job>) {
    let mut sends: BTreeMap<OrganizationId, Vec<Job>> = BTreeMap::new();
    for job in claimed {
        if job.kind == "order" && deliver::sends(&job) {
            sends.entry(job.organization_id).or_default().push(job);
        } else {
            tokio::spawn(work(app.clone(), jobs.clone(), slots.clone(), job));
        }
    }
    for (organization, jobs) in sends {
        tokio::spawn(deliveries.clone().send(organization, jobs));
    }
}

async fn work(app: App, jobs: Jobs, slots: Arc<Semaphore>, job: Job) {
    // The semaphore is never closed.
    let _slot = slots.acquire().await;
    let end = match perform(&app, &job).await {
        Ok(end) => end,
        Err(error) => End::Again(None, error.to_string()),
    };
    let ended = match end {
        End::Done => jobs.done(&job).await,
        End::Later(pause) => jobs.postpone(&[&job], pause).await,
        End::Again(after, _) if after.is_some() && job.attempts < ATTEMPTS => {
            jobs.retry(&job, after, "asked to wait").await
        }
        End::Again(_, error) if job.attempts < ATTEMPTS => jobs.retry(&job, None, &error).await,
        End::Again(_, error) | End::Never(error) => {
            tracing::warn!(job.id, job.kind, %error, "a job was put aside");
            jobs.bury(&job, &error).await
        }
    };
    if let Err(error) = ended {
        // Its claim runs out, and it is taken again.
        tracing::error!(%error, job.id, "the end of a job could not be recorded");
        jobs.let_go(&job);
    }
    app.db.jobs().notify_one();
}

/// One line per kind of job.
async fn perform(app: &App, job: &Job) -> Result<End> {
    match job.kind.as_str() {
        "order" => Ok(end_of(deliver::carry_out(app, job).await?)),
        "fetch_media" => media::fetch(app, job).await.map(|()| End::Done),
        "refresh" => Ok(end_of(refresh::carry_out(app, job).await?)),
        "fetch_news" => Ok(match elsewhere::fetch(app, job).await? {
            elsewhere::Fetched::Stored => End::Done,
            elsewhere::Fetched::Waits(pause) => End::Later(pause),
            elsewhere::Fetched::Failed(why) => end_of(Err(why)),
        }),
        "acknowledge" => Ok(end_of(acknowledge(app, job).await?)),
        order::KIND => Ok(match checkout::carry_out(app, job).await? {
            checkout::Turn::Done => End::Done,
            checkout::Turn::Wait(pause) => End::Later(pause),
            checkout::Turn::Again(after, why) => End::Again(after, why),
            checkout::Turn::Never(why) => End::Never(why),
        }),
        "profile" => Ok(end_of(profiles::learn(app, job).await?)),
        "mirror_post" => Ok(turn(mirror::show(app, job).await?)),
        "mirror_word" => Ok(turn(mirror::take_word(app, job).await?)),
        boards::KIND => Ok(match work::carry_out(app, job).await? {
            work::Turn::Done => End::Done,
            work::Turn::Wait(pause) => End::Later(pause),
            work::Turn::Again(why) => End::Again(None, why),
            work::Turn::Never(why) => End::Never(why),
        }),
        unknown => Ok(End::Never(format!("there is no such job: {unknown}"))),
    }
}

fn turn(turn: mirror::Turn) -> End {
    match turn {
        mirror::Turn::Done => End::Done,
        mirror::Turn::Wait(pause) => End::Later(pause),
        mirror::Turn::Again(why) => End::Again(None, why),
    }
}

fn end_of(done: Result<(), SendError>) -> End {
    match done {
        Ok(()) => End::Done,
        Err(SendError::Later { after, reason, .. }) => End::Again(after, reason.to_string()),
        Err(SendError::Unknown(detail)) => End::Again(None, detail),
        Err(SendError::Refused(why) | SendError::AccountBroken(why)) => End::Never(why.to_string()),
    }
}

async fn acknowledge(app: &App, job: &Job) -> Result<Result<(), SendError>> {
    #[derive(serde::Deserialize)]
    struct Press {
        integration_id: crate::ids::IntegrationId,
        sealed: String,
    }
    let press: Press =
        serde_json::from_value(job.payload.clone()).map_err(|error| Error::Internal(error.to_string()))?;
    let found = app.integrations.find(press.integration_id).await?;
    let Some(integration) = found.filter(|one| one.organization_id == job.organization_id) else {
        return Ok(Ok(()));
    };
    let token = integration.open_token(&press.sealed)?;
    Ok(integration.channel.acknowledge(&integration.account, token.expose_secret(), &app.net).await)
}
