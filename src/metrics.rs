//! What the hub counts, by name. The list is what `/metrics` describes and what dashboards and alerts in `deploy/`
//! may ask for.

use std::{sync::OnceLock, time::Duration};

use axum::{Router, extract::MatchedPath, http::StatusCode, routing::get};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A metric's name, its kind and what it tells.
#[derive(Debug)]
pub struct Metric {
    pub name: &'static str,
    pub kind: Kind,
    pub help: &'static str,
}

macro_rules! metrics {
    ($($constant:ident $kind:ident $name:literal $help:literal;)*) => {
        $(#[doc = $help] pub const $constant: &str = $name;)*

        /// Every metric the hub has.
        pub const ALL: &[Metric] = &[$(Metric { name: $name, kind: Kind::$kind, help: $help },)*];
    };
}

metrics! {
    CALLBACKS Counter "switchboard_callbacks_total" "Callbacks received, by channel and verdict (verified, forged, …)";
    INGEST_BATCH Histogram "switchboard_ingest_batch_size" "Callbacks that one transaction stored";
    MESSAGES Counter "switchboard_messages_total" "Messages stored, by direction";
    DELIVERIES Counter "switchboard_deliveries_total" "Attempts to deliver a message, by channel and outcome";
    JOBS_READY Gauge "switchboard_jobs_ready" "Jobs that could run now";
    JOBS_DEAD Gauge "switchboard_jobs_dead" "Jobs given up, waiting for a person";
    SOCKETS Gauge "switchboard_sockets" "Open sockets of this process";
    VISITOR_SOCKETS Gauge "switchboard_visitor_sockets" "Open sockets of chat windows at this process";
    SOCKETS_DROPPED Counter "switchboard_sockets_dropped_total" "Sockets that this process closed, by reason";
    LISTENERS Gauge "switchboard_listeners" "Live connections that this process holds";
    LISTENERS_LOST Counter "switchboard_listeners_lost_total" "Live connections that ended unasked, by reason (connection, lease)";
    INTEGRATIONS_SILENT Gauge "switchboard_integrations_silent" "Accounts that have not been heard from for longer than their admins allow";
    INTEGRATIONS_BROKEN Gauge "switchboard_integrations_broken" "Accounts that their platform refuses";
    EVENTS Counter "switchboard_events_published_total" "Events told to the bus";
    EVENTS_SWEPT Counter "switchboard_events_swept_total" "Events that a crash left untold, told by the sweep";
    HTTP_REQUESTS Counter "switchboard_http_requests_total" "Requests answered, by route and status";
}

/// Upper bounds of the batch sizes that ingest may reach.
const BATCH_SIZES: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0];

/// How often the jobs are counted.
const JOBS_EVERY: Duration = Duration::from_secs(15);

/// `/metrics`, in Prometheus' text form.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/metrics", get(async || recorder().map(PrometheusHandle::render).unwrap_or_default()))
}

/// Installs the recorder once per process; later calls answer with the same one.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(install).as_ref()
}

/// Counts an answer under the route's pattern, so that ids in paths do not multiply the series.
pub fn count_request(route: Option<&MatchedPath>, status: StatusCode) {
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    metrics::counter!(HTTP_REQUESTS, "route" => route, "status" => status.as_str().to_owned()).increment(1);
}

/// Counts the jobs that wait and those given up, for as long as it is polled. Every process sees the same numbers.
pub async fn count_jobs(pool: PgPool) {
    let mut ticks = interval(JOBS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let counted = sqlx::query_as::<_, (f64, f64)>(
            "select count(*) filter (where state = 'ready' and run_at <= now())::float8,
                    count(*) filter (where state = 'dead')::float8
             from jobs",
        );
        match counted.fetch_one(&pool).await {
            Ok((ready, dead)) => {
                metrics::gauge!(JOBS_READY).set(ready);
                metrics::gauge!(JOBS_DEAD).set(dead);
            }
            Err(error) => tracing::debug!(%error, "the jobs were not counted"),
        }
    }
}

fn install() -> Option<PrometheusHandle> {
    let buckets = metrics_exporter_prometheus::Matcher::Full(INGEST_BATCH.to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(buckets, BATCH_SIZES).ok()?;
    let handle =
        builder.install_recorder().inspect_err(|error| tracing::error!(%error, "no metrics")).ok()?;
    for metric in ALL {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
    Some(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown_with_its_description() {
        let handle = recorder().unwrap();
        metrics::counter!(MESSAGES, "direction" => "inbound").increment(2);
        metrics::histogram!(INGEST_BATCH).record(7.0);
        let text = handle.render();
        assert!(text.contains("switchboard_messages_total{direction=\"inbound\"} 2"), "{text}");
        assert!(text.contains("# HELP switchboard_messages_total Messages stored, by direction"), "{text}");
        assert!(text.contains("switchboard_ingest_batch_size_bucket{le=\"10\"} 1"), "{text}");
    }
}
