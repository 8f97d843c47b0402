//! News of which a platform only tells where they lie: fetched by a job, then stored as if they had been heard. What is fetched twice is
//! stored once.

use channels::{
    Incoming, SendError,
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
    ingest::Delivery,
    jobs::Job,
};

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
pub async fn fetch(app: &App, job: &Job) -> Result<std::result::Result<(), SendError>> {
    let errand: Errand =
        serde_json::from_value(job.payload.clone()).map_err(|error| Error::Internal(error.to_string()))?;
    let found = app.integrations.find(errand.integration_id).await?;
    let Some(integration) = found.filter(|one| one.organization_id == job.organization_id) else {
        return Ok(Ok(()));
    };
    let fetched = integration.channel.fetch_news(&integration.account, &errand.reference, &app.net).await;
    let (raw, incoming) = match fetched {
        Ok(raw) => (raw, None),
        Err(SendError::Refused(why) | SendError::AccountBroken(why)) => {
            let text = format!("Something that came in could not be fetched: {why}");
            let notice = Notice { topic: "news_not_fetched".to_owned(), severity: Severity::Warning, text };
            let incoming = Incoming::events(vec![InboundEvent::from(What::Notice(notice))]);
            (errand.reference.to_string().into(), Some(incoming))
        }
        Err(other) => return Ok(Err(other)),
    };
    let request = Verified::from_record(Verified::LIVE, Vec::new(), Vec::new(), raw, Utc::now());
    let mut delivery = Delivery::read(integration, request);
    if let Some(incoming) = incoming {
        delivery.incoming = Ok(incoming);
    }
    let stored = app.ingest.store(delivery).await;
    stored.map(|_| Ok(())).map_err(|error| Error::Internal(error.to_string()))
}
