//! Colleagues follow conversations in a place of a platform (a Slack channel), a thread for each, and answer from there. What happens
//! to conversations is followed in the table of events and posted by jobs; what is written in the threads is taken out of the
//! platform's callbacks (`ingest/mirrored.rs`) and becomes, by jobs again, agents' messages.

mod follow;
mod pace;
mod post;
mod render;
mod word;
mod writer;

use std::{sync::Arc, time::Duration};

use channels::{
    SendError,
    error::{NextStep, Refusal},
};

pub use self::{
    follow::run,
    post::carry_out as show,
    word::{Heard, carry_out as take_word},
};
use crate::{
    app::App,
    error::Result,
    ids::{ConversationId, IntegrationId, OrganizationId},
    inbox::{integration::Integration, integration_admin},
    jobs::{Job, backoff},
};

/// How long work waits for an account that is paused or broken before it looks again.
const REST: Duration = Duration::from_secs(30);

/// How a job ended.
pub enum Turn {
    Done,
    /// Nothing went wrong: it is not its turn yet.
    Wait(Duration),
    /// Something did, and another attempt may help.
    Again(String),
}

/// Posts of one conversation go one after the other.
fn posting_lane(integration: IntegrationId, conversation: ConversationId) -> String {
    format!("mirror:{integration}:{conversation}")
}

/// So do words of one thread.
pub fn word_lane(integration: IntegrationId, conversation: ConversationId) -> String {
    format!("mirror-words:{integration}:{conversation}")
}

/// What `client_id`s of messages begin with that were written in this integration's threads.
fn client_prefix(integration: IntegrationId) -> String {
    format!("mirror:{integration}:")
}

/// The integration if it may be used now; otherwise what its job does.
async fn usable(
    app: &App,
    organization: OrganizationId,
    id: IntegrationId,
) -> Result<std::result::Result<Arc<Integration>, Turn>> {
    let found = app.integrations.find(id).await?.filter(|one| one.organization_id == organization);
    Ok(match found {
        None => Err(Turn::Done),
        Some(integration) if integration.channel.mirror().is_none() => Err(Turn::Done),
        Some(integration) if integration.status != "active" => Err(Turn::Wait(REST)),
        Some(integration) => Ok(integration),
    })
}

/// What a call's failure means for its job. `Ok` is a refusal, which no other attempt helps.
async fn after_failure(
    app: &App,
    job: &Job,
    integration: &Integration,
    error: SendError,
) -> Result<std::result::Result<Refusal, Turn>> {
    Ok(match error {
        SendError::Refused(why) => Ok(why),
        SendError::Later { after: Some(pause), .. } => Err(Turn::Wait(pause)),
        SendError::Later { reason, .. } => Err(Turn::Again(reason.to_string())),
        SendError::Unknown(why) => Err(Turn::Again(why)),
        SendError::AccountBroken(why) => {
            let mut tx = app.db.begin(job.organization_id).await?;
            integration_admin::break_account(&mut tx, integration.id, &why).await?;
            tx.commit().await?;
            app.integrations.forget(integration.id);
            Err(Turn::Wait(REST.max(backoff(job.attempts))))
        }
    })
}

/// A colleague's mistake, or something that the hub cannot do for them.
fn refused(code: &str, detail: impl Into<String>) -> Refusal {
    Refusal::new(code, detail, NextStep::None)
}
