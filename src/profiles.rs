//! Names that callbacks do not tell are asked for after the message is stored: of new contacts, and of people who write in a group.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use channels::{Party, PartyId, SendError, event::InboundMessage};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    app::App,
    db::{NewJob, Tx},
    error::{Error, Result},
    ids::{ContactId, ConversationId, IntegrationId, MessageId},
    inbox::{contact_change, integration::Integration, tell},
    jobs::Job,
};

/// How long what a platform said of somebody is believed: people in a group write often.
const BELIEVED: Duration = Duration::from_secs(3600);
/// People that are remembered.
const REMEMBERED: usize = 10_000;

type Answers = HashMap<(IntegrationId, PartyId), (Instant, Option<Party>)>;
static ANSWERS: LazyLock<Mutex<Answers>> = LazyLock::new(Mutex::default);

/// Whose name is wanted, and where it goes.
#[derive(Serialize, Deserialize)]
struct Wanted {
    integration_id: IntegrationId,
    party: PartyId,
    whose: Whose,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whose {
    Contact(ContactId),
    /// Of whoever wrote that message.
    Author(MessageId),
}

/// Has the names asked for that a new message leaves open. `known` is whether its contact has a name already.
pub fn want(
    tx: &mut Tx,
    integration: &Integration,
    inbound: &InboundMessage,
    id: MessageId,
    contact: ContactId,
    known: bool,
) {
    if !integration.channel.has_profiles() {
        return;
    }
    let contact = (!known).then_some((&inbound.contact, Whose::Contact(contact)));
    let author = inbound.author.as_ref().map(|author| (author, Whose::Author(id)));
    for (party, whose) in contact.into_iter().chain(author).filter(|(party, _)| party.name.is_none()) {
        let Some(party) = party.ids.first().cloned() else { continue };
        let wanted = Wanted { integration_id: integration.id, party, whose };
        tx.enqueue(NewJob::now("profile", None, json!(wanted)));
    }
}

/// Carries out a `profile` job.
pub async fn learn(app: &App, job: &Job) -> Result<std::result::Result<(), SendError>> {
    let wanted: Wanted =
        serde_json::from_value(job.payload.clone()).map_err(|error| Error::Internal(error.to_string()))?;
    let found = app.integrations.find(wanted.integration_id).await?;
    let Some(integration) = found.filter(|one| one.organization_id == job.organization_id) else {
        return Ok(Ok(()));
    };
    let party = match ask(app, &integration, &wanted.party).await {
        Ok(party) => party,
        Err(error) => return Ok(Err(error)),
    };
    let Some(party) = party else { return Ok(Ok(())) };
    let mut tx = app.db.begin(job.organization_id).await?;
    match wanted.whose {
        Whose::Contact(id) => name_contact(&mut tx, id, &party).await?,
        Whose::Author(id) => name_author(&mut tx, id, &party).await?,
    }
    tx.commit().await?;
    Ok(Ok(()))
}

async fn ask(
    app: &App,
    integration: &Integration,
    id: &PartyId,
) -> std::result::Result<Option<Party>, SendError> {
    let key = (integration.id, id.clone());
    let known = answers().get(&key).filter(|(at, _)| at.elapsed() < BELIEVED).map(|(_, party)| party.clone());
    if let Some(party) = known {
        return Ok(party);
    }
    let party = match integration.channel.profile(&integration.account, id, &app.net).await {
        // It will say the same next time.
        Err(SendError::Refused(why)) => {
            tracing::debug!(integration.id = %integration.id, %why, "a name is not told");
            None
        }
        other => other?,
    };
    let mut answers = answers();
    if answers.len() >= REMEMBERED {
        answers.clear();
    }
    answers.insert(key, (Instant::now(), party.clone()));
    Ok(party)
}

fn answers() -> std::sync::MutexGuard<'static, Answers> {
    ANSWERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A person's word on a name is never overwritten.
async fn name_contact(tx: &mut Tx, id: ContactId, party: &Party) -> Result<()> {
    let organization = tx.organization();
    let name: Option<String> = sqlx::query_scalar(
        "update contacts set
             name = case when name_from = 'platform' then coalesce(nullif($3, ''), name) else name end,
             username = coalesce($4, username), language = coalesce(language, $5), version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 and deleted_at is null
         returning name",
    )
    .bind(organization)
    .bind(id)
    .bind(party.called())
    .bind(&party.username)
    .bind(&party.language)
    .fetch_optional(tx.sql())
    .await?;
    let Some(name) = name else { return Ok(()) };
    sqlx::query(
        "update messages set sender_name = $3
         where organization_id = $1 and sender_id = $2 and sender_kind = 'contact' and coalesce(sender_name, '') = ''",
    )
    .bind(organization)
    .bind(id)
    .bind(name)
    .execute(tx.sql())
    .await?;
    contact_change::tell_conversations(tx, None, id).await
}

async fn name_author(tx: &mut Tx, id: MessageId, party: &Party) -> Result<()> {
    let Some(name) = Some(party.called()).filter(|name| !name.is_empty()) else { return Ok(()) };
    let conversation: Option<ConversationId> = sqlx::query_scalar(
        "update messages set sender_name = $3 where organization_id = $1 and id = $2 returning conversation_id",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(name)
    .fetch_optional(tx.sql())
    .await?;
    if let Some(conversation) = conversation {
        tell::message_updated(tx, conversation, id).await?;
    }
    Ok(())
}
