//! What has to be done from time to time: snoozed conversations wake, messages for later are sent, members are reminded of tasks,
//! counts are folded, partitions are made ahead of time, and what has outlived its retention goes. Several workers may do it at once
//! without harm.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{
    alarms,
    app::App,
    checkout,
    error::Result,
    inbox::{counts, later, snooze, task_reminder},
    refresh,
    trello::watch,
    upload,
};

/// A worker's upkeep. Runs until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    tokio::join!(
        every(&stop, Duration::from_secs(1), || snooze::wake(&app.db)),
        every(&stop, Duration::from_secs(1), || later::send_due(&app.db)),
        every(&stop, Duration::from_secs(1), || task_reminder::remind(&app.db)),
        every(&stop, Duration::from_secs(5), || counts::fold(app.db.system())),
        every(&stop, Duration::from_secs(15), || refresh::ask(&app)),
        every(&stop, Duration::from_secs(30), || alarms::check(&app)),
        every(&stop, Duration::from_secs(5), || checkout::look_at_open(&app)),
        every(&stop, Duration::from_secs(30), || checkout::ask_reviews(&app)),
        every(&stop, Duration::from_secs(30), || watch::order_catching_up(&app)),
        every(&stop, Duration::from_secs(3600), || watch::forget_actions(&app)),
        every(&stop, Duration::from_secs(3600), || expire(&app)),
        every(&stop, Duration::from_secs(3600), || forget_uploads(&app)),
        every(&stop, Duration::from_secs(3600), || checkout::forget_notices(&app)),
    );
}

/// A server's: what it refused is told to the table.
pub async fn count_forgeries(app: App, stop: CancellationToken) {
    every(&stop, Duration::from_secs(1), || app.forgeries.flush(&app.db)).await;
}

async fn every<F: Future<Output = Result<()>>>(
    stop: &CancellationToken,
    period: Duration,
    task: impl Fn() -> F,
) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = task().await {
            tracing::warn!(%error, "upkeep failed and will be tried again");
        }
    }
}

async fn forget_uploads(app: &App) -> Result<()> {
    let forgotten = upload::forget_unsent(app).await?;
    if forgotten > 0 {
        tracing::info!(uploads = forgotten, "uploads that nobody sent are gone");
    }
    Ok(())
}

/// Days are dropped whole; what waited for a message that never came goes after a week.
async fn expire(app: &App) -> Result<()> {
    let limits = &app.config.limits;
    for (parent, keep) in [("events", limits.event_retention), ("callbacks", limits.callback_retention)] {
        sqlx::query("call keep_day_partitions($1, $2)")
            .bind(parent)
            .bind(keep.as_secs_f64())
            .execute(app.db.system())
            .await?;
    }
    sqlx::query("delete from early_changes where created_at < now() - interval '7 days'")
        .execute(app.db.system())
        .await?;
    // An event older than the sweep's reach is told everywhere, so that nothing waits for it.
    sqlx::query("delete from conversation_news where told_at < now() - interval '1 hour'")
        .execute(app.db.system())
        .await?;
    sqlx::query("delete from installs where expires_at < now()").execute(app.db.system()).await?;
    sqlx::query("delete from idempotency_keys where created_at < now() - interval '24 hours'")
        .execute(app.db.system())
        .await?;
    Ok(())
}
