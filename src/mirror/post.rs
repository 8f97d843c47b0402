//! Brings the post of one message up to date: begins the thread, posts, edits, sends its files, says that it failed. Every step is
//! recorded before the next, and a step of which nobody knows whether it was done is looked for before it is done again.

use std::sync::Arc;

use channels::{
    OutboundMessage, Receipt, SendError,
    abilities::MediaKind,
    message::{Content, MediaSource, OutboundMedia},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Turn, after_failure, client_prefix, pace, render, usable};
use crate::{
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::{ConversationId, IntegrationId, MessageId, OrganizationId},
    inbox::{
        conversation, conversation::Conversation, integration::Integration, integration_admin, message,
        message::Message,
    },
    jobs::Job,
};

/// Files beyond this are named only, in bytes all together.
const FILES: i64 = 50 << 20;

#[derive(Deserialize)]
struct Asked {
    integration_id: IntegrationId,
    message_id: MessageId,
    /// It was just told that the message did not arrive.
    #[serde(default)]
    failed: bool,
}

#[derive(Clone, sqlx::FromRow)]
struct Slot {
    conversation_id: ConversationId,
    place: String,
    thread_id: Uuid,
    thread: Option<String>,
    begun_at: DateTime<Utc>,
    /// None of what colleagues wrote themselves.
    post_id: Option<Uuid>,
    external_id: Option<String>,
    digest: Option<Vec<u8>>,
    files_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct FileRow {
    kind: String,
    file_name: Option<String>,
    mime: Option<String>,
    storage_key: Option<String>,
}

/// All that a step needs.
struct Work<'a> {
    app: &'a App,
    job: &'a Job,
    integration: Arc<Integration>,
    slot: Slot,
    message: Message,
    conversation: Conversation,
    failed: bool,
}

/// Why a job goes no further for now.
enum Stop {
    Turn(Turn),
    Error(Error),
}

type Step<T> = std::result::Result<T, Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Carries out a `mirror_post` job.
pub async fn carry_out(app: &App, job: &Job) -> Result<Turn> {
    let asked: Asked =
        serde_json::from_value(job.payload.clone()).map_err(|error| Error::Internal(error.to_string()))?;
    let integration = match usable(app, job.organization_id, asked.integration_id).await? {
        Ok(integration) => integration,
        Err(turn) => return Ok(turn),
    };
    let mut tx = app.db.begin(job.organization_id).await?;
    let slot = slot(&mut tx, &asked).await?;
    let message = message::load(&mut tx, &[asked.message_id]).await?.pop();
    let (Some(slot), Some(message)) = (slot, message) else { return Ok(Turn::Done) };
    let conversation = conversation::load(&mut tx, &[slot.conversation_id]).await?.pop();
    let Some(conversation) = conversation else { return Ok(Turn::Done) };
    tx.commit().await?;
    let mut work = Work { app, job, integration, slot, message, conversation, failed: asked.failed };
    match work.run().await {
        Ok(()) => Ok(Turn::Done),
        Err(Stop::Turn(turn)) => Ok(turn),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// Where the message has its place, if it is still mirrored there.
async fn slot(tx: &mut Tx, asked: &Asked) -> Result<Option<Slot>> {
    Ok(sqlx::query_as(
        "select t.conversation_id, t.place, t.id as thread_id, t.thread, t.created_at as begun_at,
                p.id as post_id, p.external_id, p.digest, p.files_at
         from messages m
         join mirrors mirror on mirror.organization_id = $1 and mirror.integration_id = $2
         join mirror_threads t on t.organization_id = $1 and t.integration_id = $2 and t.conversation_id = m.conversation_id
              and t.place = mirror.place
         left join mirror_posts p on p.organization_id = $1 and p.integration_id = $2 and p.message_id = m.id
         where m.organization_id = $1 and m.id = $3 and (p.place is null or p.place = mirror.place)",
    )
    .bind(tx.organization())
    .bind(asked.integration_id)
    .bind(asked.message_id)
    .fetch_optional(tx.sql())
    .await?)
}

impl Work<'_> {
    async fn run(&mut self) -> Step<()> {
        let thread = match self.slot.thread.clone() {
            Some(thread) => thread,
            None => self.begin().await?,
        };
        if let Some(post) = self.slot.post_id {
            self.show(&thread, post).await?;
            self.send_files(&thread).await?;
        }
        self.tell_failure(&thread).await
    }

    /// Posts what the thread hangs on.
    async fn begin(&mut self) -> Step<String> {
        let channel = channels::find(&self.conversation.channel).map_or("another channel", |one| one.name());
        let name = self.name_of_integration().await?;
        let public_url = &self.app.config.server.public_url;
        let text = render::beginning(&self.conversation, channel, &name, public_url);
        let outbound = outbound(self.slot.thread_id, &self.slot.place, Content::Text { text });
        let receipt = self.post(outbound, self.slot.begun_at).await?;
        let thread = receipt.moved_to.or(receipt.external_ids.into_iter().next()).unwrap_or_default();
        let mut tx = self.begin_tx().await?;
        sqlx::query("update mirror_threads set thread = $3 where organization_id = $1 and id = $2")
            .bind(tx.organization())
            .bind(self.slot.thread_id)
            .bind(&thread)
            .execute(tx.sql())
            .await
            .map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
        Ok(thread)
    }

    async fn name_of_integration(&self) -> Result<String> {
        let found = self.app.integrations.find(self.conversation.integration_id).await?;
        Ok(found.map(|one| one.name.clone()).unwrap_or_default())
    }

    /// The message's post says what the message says.
    async fn show(&mut self, thread: &str, post: Uuid) -> Step<()> {
        let text = render::message(&self.message, &self.integration.channel.abilities());
        let digest = Sha256::digest(&text).to_vec();
        if self.slot.digest.as_ref() == Some(&digest) {
            return Ok(());
        }
        let external_id = match self.slot.external_id.clone() {
            // What was taken back before anybody saw it needs no post.
            None if self.message.deleted_at.is_some() => return Ok(()),
            None => {
                let outbound = outbound(post, thread, Content::Text { text });
                self.post(outbound, self.slot.begun_at).await?.external_ids.into_iter().next()
            }
            Some(external_id) => {
                let change = Content::Edit { external_id: external_id.clone(), text, caption: false };
                self.change(outbound(Uuid::now_v7(), thread, change)).await?;
                Some(external_id)
            }
        };
        let mut tx = self.begin_tx().await?;
        sqlx::query(
            "update mirror_posts set external_id = $3, digest = $4 where organization_id = $1 and id = $2",
        )
        .bind(tx.organization())
        .bind(post)
        .bind(external_id)
        .bind(digest)
        .execute(tx.sql())
        .await
        .map_err(Error::from)?;
        Ok(tx.commit().await.map_err(Error::from)?)
    }

    /// Files follow once all of them are here. Whether an upload whose answer was lost arrived cannot be found out: they are tried once.
    async fn send_files(&mut self, thread: &str) -> Step<()> {
        let files = &self.message.attachments;
        let size: i64 = files.iter().filter_map(|file| file.size).sum();
        let waiting = files.iter().any(|file| file.state == "pending");
        let stored: Vec<_> = files.iter().filter(|file| file.state == "stored").map(|file| file.id).collect();
        if waiting || stored.is_empty() || size > FILES || self.slot.files_at.is_some() {
            return Ok(());
        }
        if self.message.deleted_at.is_some() {
            return Ok(());
        }
        let files = self.read(&stored).await?;
        if files.is_empty() {
            return Ok(());
        }
        self.wait_for_turn()?;
        self.mark_files(Some(Utc::now())).await?;
        let content = Content::Media { files, caption: None };
        let message = outbound(Uuid::now_v7(), thread, content);
        let sent = self.integration.channel.send(&self.integration.account, &message, &self.app.net).await;
        match sent {
            Err(error @ (SendError::Later { .. } | SendError::AccountBroken(_))) => {
                self.mark_files(None).await?;
                self.failed(error).await.map(drop)
            }
            Err(error) => {
                tracing::warn!(%error, message.id = %self.message.id, "files could not be mirrored");
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    async fn read(&self, ids: &[crate::ids::AttachmentId]) -> Result<Vec<OutboundMedia>> {
        let mut tx = self.app.db.begin(self.job.organization_id).await?;
        let rows: Vec<FileRow> = sqlx::query_as(
            "select kind, file_name, mime, storage_key from attachments
             where organization_id = $1 and id = any($2) order by position, id",
        )
        .bind(tx.organization())
        .bind(ids)
        .fetch_all(tx.sql())
        .await?;
        tx.commit().await?;
        let mut files = Vec::new();
        for FileRow { kind, file_name, mime, storage_key } in rows {
            let Some(key) = storage_key else { continue };
            // An erased file is not mirrored.
            let Ok(bytes) = self.app.store.read(&key).await else { continue };
            let kind = serde_json::from_value(kind.into()).unwrap_or(MediaKind::Document);
            files.push(OutboundMedia {
                kind,
                file_name: file_name.unwrap_or_else(|| "file".to_owned()),
                mime: mime.unwrap_or_else(|| "application/octet-stream".to_owned()),
                source: MediaSource::Bytes(bytes),
            });
        }
        Ok(files)
    }

    async fn mark_files(&self, at: Option<DateTime<Utc>>) -> Result<()> {
        let mut tx = self.app.db.begin(self.job.organization_id).await?;
        sqlx::query("update mirror_posts set files_at = $3 where organization_id = $1 and id = $2")
            .bind(tx.organization())
            .bind(self.slot.post_id)
            .bind(at)
            .execute(tx.sql())
            .await?;
        Ok(tx.commit().await?)
    }

    /// A message that did not arrive is told of in the thread, to whoever wrote it there.
    async fn tell_failure(&mut self, thread: &str) -> Step<()> {
        if !self.failed || !matches!(self.message.status.as_deref(), Some("failed" | "unknown")) {
            return Ok(());
        }
        let writer = self.writer().await?;
        let to = writer.as_ref().map(|(name, id)| (name.as_str(), id.as_str()));
        let text = render::warning(to, Some(&self.message.text), &render::failure(&self.message));
        // Of every failure of a message one word, and that one found again.
        let times = u128::try_from(self.message.status_history.len()).unwrap_or_default();
        let id = Uuid::from_u128(self.message.id.0.as_u128() ^ (times + 1));
        let outbound = outbound(id, thread, Content::Text { text });
        let since = self.message.status_history.last().map_or(self.message.created_at, |last| last.at);
        self.post(outbound, since).await.map(drop)
    }

    /// Name and id of the colleague who wrote the message in the thread.
    async fn writer(&self) -> Result<Option<(String, String)>> {
        let prefix = client_prefix(self.integration.id);
        let written = self.message.client_id.as_deref().and_then(|id| id.strip_prefix(&prefix));
        let Some(external_id) = written.map(|id| id.split('#').next().unwrap_or(id)) else { return Ok(None) };
        let mut tx = self.app.db.begin(self.job.organization_id).await?;
        let id: Option<String> = sqlx::query_scalar(
            "select author->>'address' from mirror_words
             where organization_id = $1 and integration_id = $2 and external_id = $3",
        )
        .bind(tx.organization())
        .bind(self.integration.id)
        .bind(external_id)
        .fetch_optional(tx.sql())
        .await?;
        tx.commit().await?;
        let name = self.message.sender.name.clone().unwrap_or_default();
        Ok(id.map(|id| (name, id)))
    }

    /// Posts once: another attempt looks first for what an earlier one may have left.
    async fn post(&self, message: OutboundMessage, since: DateTime<Utc>) -> Step<Receipt> {
        if self.job.attempts > 1
            && let Some(mirror) = self.integration.channel.mirror()
        {
            match mirror.find_sent(&self.integration.account, &message, since, &self.app.net).await {
                Ok(Some(receipt)) => return Ok(receipt),
                Ok(None) => {}
                Err(error) => return Err(self.failed(error).await.err().unwrap_or(Stop::Turn(Turn::Done))),
            }
        }
        self.send(message).await
    }

    async fn send(&self, message: OutboundMessage) -> Step<Receipt> {
        self.wait_for_turn()?;
        match self.integration.channel.send(&self.integration.account, &message, &self.app.net).await {
            Ok(receipt) => Ok(receipt),
            Err(error) => Err(self.failed(error).await.err().unwrap_or(Stop::Turn(Turn::Done))),
        }
    }

    /// A post that somebody removed, or that is too old, stays as it is.
    async fn change(&self, message: OutboundMessage) -> Step<()> {
        self.wait_for_turn()?;
        match self.integration.channel.send(&self.integration.account, &message, &self.app.net).await {
            Ok(_) | Err(SendError::Refused(_)) => Ok(()),
            Err(error) => self.failed(error).await,
        }
    }

    fn wait_for_turn(&self) -> Step<()> {
        pace::turn(self.integration.id).map_err(|pause| Stop::Turn(Turn::Wait(pause)))
    }

    /// A refusal ends the job, and admins hear of it.
    async fn failed(&self, error: SendError) -> Step<()> {
        match after_failure(self.app, self.job, &self.integration, error).await? {
            Err(turn) => Err(Stop::Turn(turn)),
            Ok(why) => {
                let mut tx = self.begin_tx().await?;
                let text = format!("A conversation could not be mirrored: {}", why.detail);
                integration_admin::warn(&mut tx, self.integration.id, "mirror", &text).await?;
                tx.commit().await.map_err(Error::from)?;
                Ok(())
            }
        }
    }

    async fn begin_tx(&self) -> Result<Tx> {
        let organization: OrganizationId = self.job.organization_id;
        Ok(self.app.db.begin(organization).await?)
    }
}

pub(super) fn outbound(id: Uuid, thread: &str, content: Content) -> OutboundMessage {
    OutboundMessage::new(id, thread.to_owned(), Vec::new(), content)
}
