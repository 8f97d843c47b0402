//! What is to be sent: reads messages with all that their channel needs, and marks them as `sending`.

use std::{collections::HashMap, sync::Arc};

use channels::{
    OutboundMessage, SendError,
    abilities::MediaKind,
    error::{NextStep, Refusal},
    message::{Content, MediaSource, OutboundLetter, OutboundMedia},
    party::PartyId,
    template::{TemplateValue, TemplateValueKind},
};
use serde::Deserialize;

use super::order;
use crate::{
    app::App,
    db::Tx,
    error::Result,
    ids::{ContactId, ConversationId, IntegrationId, MessageId, OrganizationId},
    inbox::{
        integration::Integration,
        order::{Extras, Order},
    },
    jobs::{self, Job},
};

/// A message ready to be sent, or the reason why it cannot be.
pub(super) struct Loaded {
    pub job: Job,
    pub integration: Arc<Integration>,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub outbound: Result<Unsent, SendError>,
}

/// A message whose files are still in the store.
pub(super) struct Unsent {
    message: OutboundMessage,
    files: Vec<File>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct File {
    kind: MediaKind,
    file_name: Option<String>,
    mime: Option<String>,
    storage_key: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: MessageId,
    conversation_id: ConversationId,
    integration_id: IntegrationId,
    contact_id: ContactId,
    thread: String,
    channel: String,
    status: String,
    text: String,
    reply_to_external: Option<String>,
    subject: Option<String>,
    /// The conversation's newest messages, oldest first; of letters only.
    references: Vec<String>,
    #[sqlx(json(nullable))]
    request: Option<Extras>,
    #[sqlx(json)]
    files: Vec<File>,
}

/// Reads the messages of these jobs. Jobs whose message needs no sending any more are deleted, and answered beside; one that was being
/// sent when its worker died goes on as `Unknown`.
pub(super) async fn messages(
    app: &App,
    organization: OrganizationId,
    jobs: Vec<Job>,
) -> Result<(Vec<Loaded>, Vec<Job>)> {
    let mut by_message: HashMap<MessageId, Job> = jobs
        .into_iter()
        .filter_map(|job| match order(&job) {
            Some(Order::Deliver { message_id }) => Some((message_id, job)),
            _ => None,
        })
        .collect();
    let ids: Vec<_> = by_message.keys().copied().collect();
    let mut tx = app.db.begin(organization).await?;
    let rows = rows(&mut tx, &ids).await?;
    let identities = identities(&mut tx, rows.iter().map(|row| row.contact_id).collect()).await?;
    let mut loaded = Vec::new();
    for row in rows {
        let Some(integration) = app.integrations.find(row.integration_id).await? else { continue };
        let Some(job) = by_message.remove(&row.id) else { continue };
        let to = identities
            .iter()
            .filter(|one| one.0 == row.contact_id && one.1 == row.channel)
            .map(|one| one.2.clone())
            .collect();
        loaded.push(Loaded {
            job,
            message_id: row.id,
            conversation_id: row.conversation_id,
            outbound: outbound(&integration, row, to),
            integration,
        });
    }
    let done: Vec<_> = by_message.into_values().collect();
    jobs::delete(&mut tx, &done.iter().map(|job| job.id).collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok((loaded, done))
}

/// Marks the messages in one commit, before any call is made. Those that may have been sent already keep their error.
pub(super) async fn mark_sending(
    app: &App,
    organization: OrganizationId,
    batch: Vec<Loaded>,
) -> Result<Vec<Loaded>, (crate::error::Error, Vec<Loaded>)> {
    let ids: Vec<_> = batch.iter().filter(|one| one.outbound.is_ok()).map(|one| one.message_id).collect();
    match mark(app, organization, &ids).await {
        Ok(()) => Ok(batch),
        Err(error) => Err((error, batch)),
    }
}

async fn mark(app: &App, organization: OrganizationId, ids: &[MessageId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin(organization).await?;
    sqlx::query("update messages set status = 'sending' where organization_id = $1 and id = any($2) and status = 'queued'")
        .bind(organization)
        .bind(ids)
        .execute(tx.sql())
        .await?;
    Ok(tx.commit().await?)
}

async fn rows(tx: &mut Tx, ids: &[MessageId]) -> Result<Vec<Row>> {
    let organization = tx.organization();
    Ok(sqlx::query_as(
        "select m.id, m.conversation_id, m.integration_id, c.contact_id, c.thread, c.channel, m.status, m.text, m.request,
             coalesce(quoted.external_id, m.reply_to_external) as reply_to_external, c.subject,
             case when c.channel = any($3) then array(
                 select external_id from (
                     select r.seq, r.external_id from messages r
                     where r.organization_id = $1 and r.conversation_id = m.conversation_id and r.seq < m.seq
                       and r.direction <> 'internal' and r.external_id is not null
                     order by r.seq desc limit $4) newest
                 order by seq) else '{}' end as references,
             coalesce((select jsonb_agg(jsonb_build_object('kind', a.kind, 'file_name', a.file_name, 'mime', a.mime,
                           'storage_key', a.storage_key) order by a.position, a.id)
                       from attachments a where a.organization_id = $1 and a.message_id = m.id), '[]') as files
         from messages m
         join conversations c on c.organization_id = $1 and c.id = m.conversation_id
         left join messages quoted on quoted.organization_id = $1 and quoted.id = m.reply_to
         where m.organization_id = $1 and m.id = any($2) and m.direction = 'outbound'
           and m.status in ('queued', 'sending') and m.deleted_at is null",
    )
    .bind(organization)
    .bind(ids)
    .bind(letter_channels())
    .bind(REFERENCES)
    .fetch_all(tx.sql())
    .await?)
}

/// Messages that a letter refers to: mail programs need the newest ones, and headers must not grow for ever.
const REFERENCES: i64 = 20;

fn letter_channels() -> Vec<&'static str> {
    let letters = channels::all().iter().filter(|channel| channel.abilities().subject);
    letters.map(|channel| channel.id().as_str()).collect()
}

/// What contacts are called by their channels, oldest first.
pub(super) async fn identities(
    tx: &mut Tx,
    contacts: Vec<ContactId>,
) -> Result<Vec<(ContactId, String, PartyId)>> {
    let organization = tx.organization();
    let rows: Vec<(ContactId, String, String, String, String)> = sqlx::query_as(
        "select contact_id, channel, kind, key, address from contact_identities
         where organization_id = $1 and contact_id = any($2) order by created_at, kind, key",
    )
    .bind(organization)
    .bind(contacts)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(contact, channel, kind, key, address)| (contact, channel, PartyId { kind, key, address }))
        .collect())
}

fn outbound(integration: &Integration, row: Row, to: Vec<PartyId>) -> Result<Unsent, SendError> {
    if row.status == "sending" {
        let why = "The hub stopped while this message was being sent: it may have arrived.";
        return Err(SendError::Unknown(why.to_owned()));
    }
    match integration.status.as_str() {
        "paused" => {
            return Err(refused(
                "integration_paused",
                "This integration is paused. Resume it, then send again.",
                NextStep::Reconnect,
            ));
        }
        "broken" => {
            return Err(refused(
                "integration_broken",
                "The platform refuses this account. Reconnect it, then send again.",
                NextStep::Reconnect,
            ));
        }
        _ => {}
    }
    if to.is_empty() {
        return Err(refused(
            "no_address",
            "This contact has no address on this channel.",
            NextStep::FixRecipient,
        ));
    }
    let mut extras = row.request.unwrap_or_default();
    let written = extras.subject.take();
    let letter = OutboundLetter {
        answers: written.is_none() && row.subject.is_some(),
        subject: written.or(row.subject),
        references: row.references,
        cc: std::mem::take(&mut extras.cc),
        bcc: std::mem::take(&mut extras.bcc),
        html: extras.html.take(),
    };
    let message = OutboundMessage {
        id: row.id.0,
        thread: row.thread,
        to,
        reply_to: row.reply_to_external,
        content: content(row.text, extras, row.files.is_empty())?,
        letter,
    };
    Ok(Unsent { message, files: row.files })
}

fn refused(code: &str, detail: &str, next: NextStep) -> SendError {
    SendError::Refused(Refusal::new(code, detail, next))
}

fn content(text: String, extras: Extras, no_files: bool) -> Result<Content, SendError> {
    Ok(match extras {
        Extras { call: Some(agent), .. } => Content::Call { agent },
        Extras { template: Some(template), .. } => Content::Template(template),
        Extras { location: Some(place), .. } => Content::Location {
            latitude: place.latitude,
            longitude: place.longitude,
            name: place.name,
            address: place.address,
        },
        Extras { buttons, list, header, footer, .. } if !buttons.is_empty() => {
            Content::Buttons { body: text, header, footer, buttons, list }
        }
        _ if !no_files => {
            Content::Media { files: Vec::new(), caption: Some(text).filter(|text| !text.is_empty()) }
        }
        _ if text.trim().is_empty() => {
            return Err(refused("empty_message", "There is nothing to send.", NextStep::FixContent));
        }
        _ => Content::Text { text },
    })
}

/// A template's file stands in its header.
fn header(file: OutboundMedia) -> TemplateValue {
    TemplateValue { name: "1".to_owned(), value: TemplateValueKind::File(file) }
}

impl Unsent {
    /// Reads the files from the store, or names the addresses at which the platform finds them.
    pub(super) async fn with_files(
        mut self,
        app: &App,
        integration: &Integration,
    ) -> Result<OutboundMessage, SendError> {
        let mut found = Vec::new();
        if matches!(self.message.content, Content::Media { .. } | Content::Template(_)) {
            let by_link = integration.channel.abilities().media_by_link;
            for file in self.files {
                found.push(file.outbound(app, by_link).await?);
            }
        }
        match &mut self.message.content {
            Content::Media { files, .. } => *files = found,
            Content::Template(template) => template.header.extend(found.into_iter().map(header)),
            _ => {}
        }
        Ok(self.message)
    }
}

impl File {
    async fn outbound(self, app: &App, by_link: bool) -> Result<OutboundMedia, SendError> {
        let missing =
            || refused("file_missing", "An attachment is not in the store any more.", NextStep::FixContent);
        let key = self.storage_key.ok_or_else(missing)?;
        let file_name = self.file_name.unwrap_or_else(|| "file".to_owned());
        let mime = self.mime.unwrap_or_else(|| "application/octet-stream".to_owned());
        let source = if by_link {
            let path = app.store.platform_address(&key, &mime, Some(&file_name), chrono::Utc::now());
            MediaSource::Link(app.config.server.public_url.join(&path).map_err(|_| missing())?)
        } else {
            MediaSource::Bytes(app.store.read(&key).await.map_err(|_| missing())?)
        };
        Ok(OutboundMedia { kind: self.kind, file_name, mime, source })
    }
}
