//! News of which a platform only tells where they lie: fetched by a job, then stored as if they had been heard. What is fetched twice is
//! stored once. Where the account may not fetch them it breaks, and they wait until an admin has mended it.

use std::time::Duration;

use channels::{
    Incoming, Refusal, Scope, SendError,
    event::{InboundEvent, Notice, Severity, What},
};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webhooks::Verified;

use crate::{
    app::App,
    db::NewJob,
    error::{Error, Result},
    ids::IntegrationId,
    inbox::{integration::Integration, integration_admin},
    ingest::Delivery,
    jobs::Job,
};

/// How soon it is looked whether a broken account was mended.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// An account that was mended so often and may still not fetch them: they are given up.
const MENDED: i32 = 5;

/// How an errand ended.
pub enum Fetched {
    Stored,
    /// The account is broken: after the pause it is looked at again.
    Waits(Duration),
    /// It may go better later, or never.
    Failed(SendError),
}

#[derive(Serialize, Deserialize)]
struct Errand {
    integration_id: IntegrationId,
    reference: Value,
}

/// To be enqueued with what announces them.
pub fn errand(integration: IntegrationId, reference: &Value) -> NewJob {
    NewJob::now("fetch_news", None, json!({"integration_id": integration, "reference": reference}))
}

/// Carries out one; what can never be fetched is told to the admin.
pub async fn fetch(app: &App, job: &Job) -> Result<Fetched> {
    let errand: Errand =
        serde_json::from_value(job.payload.clone()).map_err(|error| Error::Internal(error.to_string()))?;
    let found = app.integrations.find(errand.integration_id).await?;
    let Some(integration) = found.filter(|one| one.organization_id == job.organization_id) else {
        return Ok(Fetched::Stored);
    };
    if integration.status == "broken" {
        return Ok(Fetched::Waits(LOOK_AGAIN));
    }
    let fetched = integration.channel.fetch_news(&integration.account, &errand.reference, &app.net).await;
    let (raw, incoming) = match fetched {
        Ok(raw) => (raw, None),
        Err(SendError::AccountBroken(why)) if job.attempts < MENDED => {
            stop(app, &integration, &why).await?;
            return Ok(Fetched::Failed(SendError::Later {
                after: Some(LOOK_AGAIN),
                scope: Scope::Account,
                reason: why,
            }));
        }
        Err(SendError::Refused(why) | SendError::AccountBroken(why)) => {
            let text = format!("Something that came in could not be fetched: {why}");
            let notice = Notice { topic: "news_not_fetched".to_owned(), severity: Severity::Warning, text };
            let incoming = Incoming::events(vec![InboundEvent::from(What::Notice(notice))]);
            (errand.reference.to_string().into(), Some(incoming))
        }
        Err(other) => return Ok(Fetched::Failed(other)),
    };
    let request = Verified::from_record(Verified::LIVE, Vec::new(), Vec::new(), raw, Utc::now());
    let mut delivery = Delivery::read(integration, request);
    if let Some(incoming) = incoming {
        delivery.incoming = Ok(incoming);
    }
    let stored = app.ingest.store(delivery).await;
    stored.map(|_| Fetched::Stored).map_err(|error| Error::Internal(error.to_string()))
}

async fn stop(app: &App, integration: &Integration, why: &Refusal) -> Result<()> {
    let mut tx = app.db.begin(integration.organization_id).await?;
    integration_admin::break_account(&mut tx, integration.id, why).await?;
    tx.commit().await?;
    app.integrations.forget(integration.id);
    Ok(())
}
