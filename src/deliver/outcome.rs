//! What the platform answered, recorded with the end of the job in one transaction.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use channels::{
    Receipt, SendError,
    error::{NextStep, Refusal},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;

use super::ATTEMPTS;
use crate::{
    app::App,
    db::Tx,
    error::Result,
    ids::{ConversationId, IntegrationId, MessageId, OrganizationId},
    inbox::{conversation, integration::Integration, integration_admin, message},
    ingest,
    jobs::{self, Job, Jobs, backoff},
    realtime::event::{EventKind, NewEvent},
    writers::Store,
};

/// The end of one attempt.
pub(super) struct Outcome {
    pub job: Job,
    pub integration: Arc<Integration>,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub sent: Result<Receipt, SendError>,
    /// When the answer came.
    pub answered_at: DateTime<Utc>,
}

/// Records outcomes, many with one commit.
pub(super) struct Recorder {
    app: App,
    jobs: Jobs,
}

/// What an attempt does to its message.
#[derive(Serialize)]
struct Verdict {
    id: MessageId,
    status: &'static str,
    external_id: Option<String>,
    error: Option<Value>,
    at: DateTime<Utc>,
}

/// When the job goes on: never, or after a pause.
struct Next(Option<Duration>);

impl Recorder {
    pub(super) fn new(app: App, jobs: Jobs) -> Self {
        Self { app, jobs }
    }

    /// Repeats until the database takes it: the platform has taken the message, and forgetting that would send it twice.
    async fn record_all(&self, organization: OrganizationId, outcomes: &[Outcome]) {
        let mut attempt = 0;
        while let Err(error) = record(&self.app, organization, outcomes).await {
            tracing::error!(%error, "outcomes of deliveries could not be recorded");
            attempt += 1;
            tokio::time::sleep(backoff(attempt).min(Duration::from_secs(10))).await;
        }
    }
}

impl Store for Recorder {
    type Item = Outcome;
    type Answer = ();

    async fn store(&self, organization: OrganizationId, items: Vec<Outcome>) -> Vec<()> {
        self.record_all(organization, &items).await;
        for outcome in &items {
            self.jobs.let_go(&outcome.job);
        }
        vec![(); items.len()]
    }
}

/// The outcome's word in the metrics.
pub(super) fn word(sent: &Result<Receipt, SendError>) -> &'static str {
    match sent {
        Ok(_) => "sent",
        Err(SendError::Refused(_)) => "refused",
        Err(SendError::Later { .. }) => "later",
        Err(SendError::AccountBroken(_)) => "account_broken",
        Err(SendError::Unknown(_)) => "unknown",
    }
}

async fn record(app: &App, organization: OrganizationId, outcomes: &[Outcome]) -> Result<()> {
    let mut tx = app.db.begin(organization).await?;
    lock(&mut tx, outcomes).await?;
    let judged: Vec<_> = outcomes.iter().map(judge).collect();
    write(&mut tx, judged.iter().map(|(verdict, _)| verdict).collect()).await?;
    let early = learn(&mut tx, outcomes).await?;
    end_jobs(&mut tx, outcomes, &judged).await?;
    break_accounts(app, &mut tx, outcomes).await?;
    tell(&mut tx, outcomes, &early).await?;
    Ok(tx.commit().await?)
}

/// Conversations in the order of their ids, then the platform ids that a status may be asking for at this moment.
async fn lock(tx: &mut Tx, outcomes: &[Outcome]) -> Result<()> {
    let organization = tx.organization();
    sqlx::query(
        "select from conversations where organization_id = $1 and id = any($2) order by id for no key update",
    )
    .bind(organization)
    .bind(outcomes.iter().map(|one| one.conversation_id).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    let named: Vec<_> = named(outcomes).map(|(integration, external, ..)| (integration, external)).collect();
    ingest::lock_early(tx, &named).await
}

fn named(outcomes: &[Outcome]) -> impl Iterator<Item = (IntegrationId, &str, MessageId, ConversationId)> {
    outcomes.iter().flat_map(|one| {
        let ids = one.sent.as_ref().map(|receipt| receipt.external_ids.as_slice()).unwrap_or_default();
        ids.iter().map(|id| (one.integration.id, id.as_str(), one.message_id, one.conversation_id))
    })
}

fn judge(outcome: &Outcome) -> (Verdict, Next) {
    let verdict = |status, external_id, refusal: Option<&Refusal>| Verdict {
        id: outcome.message_id,
        status,
        external_id,
        at: outcome.answered_at,
        error: refusal.and_then(|refusal| serde_json::to_value(refusal).ok()),
    };
    match &outcome.sent {
        Ok(receipt) => (verdict("sent", receipt.external_ids.first().cloned(), None), Next(None)),
        Err(SendError::Refused(why) | SendError::AccountBroken(why)) => {
            (verdict("failed", None, Some(why)), Next(None))
        }
        Err(SendError::Later { reason, .. }) if outcome.job.attempts >= ATTEMPTS => {
            (verdict("failed", None, Some(reason)), Next(None))
        }
        Err(SendError::Later { after, reason, .. }) => {
            let pause = after.unwrap_or_else(|| backoff(outcome.job.attempts));
            (verdict("queued", None, Some(reason)), Next(Some(pause)))
        }
        Err(SendError::Unknown(detail)) => {
            let why = Refusal::new("unknown", detail.clone(), NextStep::Retry);
            (verdict("unknown", None, Some(&why)), Next(None))
        }
    }
}

/// A status that overtook the answer is further than `sent` and stays; so does its word on an unknown send.
async fn write(tx: &mut Tx, verdicts: Vec<&Verdict>) -> Result<()> {
    let organization = tx.organization();
    sqlx::query(
        "update messages m set
             external_id = coalesce(m.external_id, v.external_id),
             status = case when m.status in ('queued', 'sending') then v.status else m.status end,
             status_history = case
                 when v.status <> 'queued' and m.status in ('queued', 'sending')
                 then m.status_history || jsonb_build_array(jsonb_build_object('status', v.status, 'at', v.at))
                 else m.status_history end,
             error = case when m.status in ('queued', 'sending') then v.error else m.error end
         from jsonb_to_recordset($2) as v (id uuid, status text, external_id text, error jsonb, at timestamptz)
         where m.organization_id = $1 and m.id = v.id",
    )
    .bind(organization)
    .bind(Json(verdicts))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// What the receipts revealed: further ids of albums, identities, moved threads; then statuses that waited for these ids.
async fn learn(tx: &mut Tx, outcomes: &[Outcome]) -> Result<Vec<MessageId>> {
    learn_aliases(tx, outcomes).await?;
    learn_identities(tx, outcomes).await?;
    move_threads(tx, outcomes).await?;
    let sent: Vec<_> = named(outcomes)
        .map(|(integration, external, message, conversation)| {
            (integration, external.to_owned(), message, conversation)
        })
        .collect();
    ingest::apply_early(tx, &sent).await
}

/// Every further id of a message that became several on the platform.
async fn learn_aliases(tx: &mut Tx, outcomes: &[Outcome]) -> Result<()> {
    let mut aliases = Vec::new();
    for (outcome, receipt) in receipts(outcomes) {
        let further = receipt.external_ids.iter().skip(1);
        aliases.extend(further.map(|id| (outcome.integration.id, id.clone(), outcome.message_id)));
    }
    ingest::insert_aliases(tx, &aliases).await
}

/// What the platform calls the people that it delivered to. Most of it is known: only what is new takes a lock.
async fn learn_identities(tx: &mut Tx, outcomes: &[Outcome]) -> Result<()> {
    let mut learned: Vec<_> = receipts(outcomes)
        .flat_map(|(outcome, receipt)| receipt.learned.iter().map(|id| (outcome.conversation_id, id)))
        .collect();
    if learned.is_empty() {
        return Ok(());
    }
    learned.sort_by(|one, other| (&one.1.kind, &one.1.key).cmp(&(&other.1.kind, &other.1.key)));
    let organization = tx.organization();
    sqlx::query(
        "insert into contact_identities (organization_id, channel, kind, key, address, contact_id)
         select $1, c.channel, n.kind, n.key, n.address, c.contact_id
         from unnest($2::uuid[], $3::text[], $4::text[], $5::text[])
              with ordinality as n (conversation_id, kind, key, address, at)
         join conversations c on c.organization_id = $1 and c.id = n.conversation_id
         where not exists (select from contact_identities i
                           where i.organization_id = $1 and i.channel = c.channel and i.kind = n.kind and i.key = n.key)
         order by n.at
         on conflict do nothing",
    )
    .bind(organization)
    .bind(learned.iter().map(|one| one.0).collect::<Vec<_>>())
    .bind(learned.iter().map(|one| one.1.kind.as_str()).collect::<Vec<_>>())
    .bind(learned.iter().map(|one| one.1.key.as_str()).collect::<Vec<_>>())
    .bind(learned.iter().map(|one| one.1.address.as_str()).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

async fn move_threads(tx: &mut Tx, outcomes: &[Outcome]) -> Result<()> {
    let moved: HashMap<_, _> = receipts(outcomes)
        .filter_map(|(outcome, receipt)| Some((outcome.conversation_id, receipt.moved_to.as_deref()?)))
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "update conversations c set thread = n.thread, version = version + 1
         from unnest($2::uuid[], $3::text[]) as n (id, thread)
         where c.organization_id = $1 and c.id = n.id and c.thread <> n.thread
           -- Somebody else's word may have opened a conversation under that name meanwhile: it keeps it.
           and not exists (select from conversations o
                           where o.organization_id = $1 and o.integration_id = c.integration_id and o.contact_id = c.contact_id
                             and o.thread = n.thread and o.id <> c.id and o.status <> 'closed' and o.deleted_at is null)",
    )
    .bind(organization)
    .bind(moved.keys().copied().collect::<Vec<_>>())
    .bind(moved.values().copied().collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

fn receipts(outcomes: &[Outcome]) -> impl Iterator<Item = (&Outcome, &Receipt)> {
    outcomes.iter().filter_map(|outcome| Some((outcome, outcome.sent.as_ref().ok()?)))
}

async fn end_jobs(tx: &mut Tx, outcomes: &[Outcome], judged: &[(Verdict, Next)]) -> Result<()> {
    let organization = tx.organization();
    let (again, ended): (Vec<_>, Vec<_>) =
        outcomes.iter().zip(judged).partition(|(_, (_, next))| next.0.is_some());
    jobs::delete(tx, &ended.iter().map(|(outcome, _)| outcome.job.id).collect::<Vec<_>>()).await?;
    if !again.is_empty() {
        sqlx::query(
            "update jobs j set run_at = clock_timestamp() + make_interval(secs => n.pause), last_error = n.error
             from unnest($2::bigint[], $3::float8[], $4::text[]) as n (id, pause, error)
             where j.organization_id = $1 and j.id = n.id",
        )
        .bind(organization)
        .bind(again.iter().map(|(outcome, _)| outcome.job.id).collect::<Vec<_>>())
        .bind(again.iter().map(|(_, (_, next))| next.0.unwrap_or_default().as_secs_f64()).collect::<Vec<_>>())
        .bind(again.iter().map(|(outcome, _)| outcome.sent.as_ref().err().map(ToString::to_string)).collect::<Vec<_>>())
        .execute(tx.sql())
        .await?;
    }
    Ok(())
}

/// An account that the platform refuses stops, and its admins hear why.
async fn break_accounts(app: &App, tx: &mut Tx, outcomes: &[Outcome]) -> Result<()> {
    let organization = tx.organization();
    let broken: BTreeMap<_, _> = outcomes
        .iter()
        .filter_map(|one| match &one.sent {
            Err(SendError::AccountBroken(why)) => Some((one.integration.id, why)),
            _ => None,
        })
        .collect();
    for (id, why) in broken {
        integration_admin::break_account(tx, id, why).await?;
        app.integrations.forget(id);
    }
    let worked: Vec<_> =
        outcomes.iter().filter(|one| one.sent.is_ok()).map(|one| one.integration.id).collect();
    if !worked.is_empty() {
        sqlx::query(
            "update integrations set last_outbound_at = now()
             where organization_id = $1 and id = any($2) and (last_outbound_at is null or last_outbound_at < now() - interval '1 minute')",
        )
        .bind(organization)
        .bind(worked)
        .execute(tx.sql())
        .await?;
    }
    Ok(())
}

async fn tell(tx: &mut Tx, outcomes: &[Outcome], early: &[MessageId]) -> Result<()> {
    let mut ids: Vec<_> = outcomes.iter().map(|one| one.message_id).chain(early.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    let messages = message::load(tx, &ids).await?;
    let mut conversations: Vec<_> = messages.iter().map(|message| message.conversation_id).collect();
    conversations.sort_unstable();
    conversations.dedup();
    let conversations = conversation::load(tx, &conversations).await?;
    for message in &messages {
        let Some(conversation) = conversations.iter().find(|one| one.id == message.conversation_id) else {
            continue;
        };
        let data = json!({
            "message_id": message.id, "conversation_id": message.conversation_id, "status": message.status,
            "status_history": message.status_history, "error": message.error, "external_id": message.external_id,
        });
        tx.tell(NewEvent::about(EventKind::MessageStatus, conversation.subject(), &data));
        // News of a call that overtook the answer to our request has changed more than its status.
        if message.kind == "call" {
            let data = json!({"message": message});
            tx.tell(NewEvent::about(EventKind::MessageUpdated, conversation.subject(), &data));
        }
    }
    Ok(())
}
