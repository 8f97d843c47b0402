//! Fetches what customers sent from their platforms, after the message is committed, and keeps it. A file that cannot be had is a
//! visible state with a reason, never a lost message.

use std::sync::Arc;

use channels::{FetchedMedia, MediaLimit, SendError};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::{AttachmentId, IntegrationId, MessageId, OrganizationId},
    inbox::{attachment, conversation, integration_admin, message},
    jobs::Job,
    picture,
    realtime::event::{EventKind, NewEvent},
};

/// Attempts within the minutes for which platforms keep their addresses.
const ATTEMPTS: i32 = 6;

#[derive(sqlx::FromRow)]
struct Wanted {
    message_id: MessageId,
    integration_id: IntegrationId,
    kind: String,
    mime: Option<String>,
    file_name: Option<String>,
    sha256: Option<Vec<u8>>,
    reference: Option<Value>,
}

/// What became of one attempt.
enum Fetched {
    File(FetchedMedia),
    /// A sentence for people.
    Failed(String),
}

/// Carries out a `fetch_media` job. Errs while another attempt may help.
pub async fn fetch(app: &App, job: &Job) -> Result<()> {
    let id: AttachmentId = serde_json::from_value(job.payload["attachment_id"].clone())
        .map_err(|error| Error::Internal(error.to_string()))?;
    let mut tx = app.db.begin(job.organization_id).await?;
    let wanted = wanted(&mut tx, id).await?;
    tx.commit().await?;
    let Some(wanted) = wanted else { return Ok(()) };
    match download(app, job, &wanted).await? {
        Fetched::File(file) => keep(app, job.organization_id, id, &wanted, file).await,
        Fetched::Failed(why) => fail(app, job.organization_id, id, wanted.message_id, &why).await,
    }
}

async fn wanted(tx: &mut Tx, id: AttachmentId) -> Result<Option<Wanted>> {
    let organization = tx.organization();
    Ok(sqlx::query_as(
        "select a.message_id, m.integration_id, a.kind, a.mime, a.file_name, a.sha256, a.reference
         from attachments a join messages m on m.organization_id = $1 and m.id = a.message_id
         where a.organization_id = $1 and a.id = $2 and a.state = 'pending'",
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(tx.sql())
    .await?)
}

async fn download(app: &App, job: &Job, wanted: &Wanted) -> Result<Fetched> {
    let found = app.integrations.find(wanted.integration_id).await?;
    let Some(integration) = found.filter(|one| one.organization_id == job.organization_id) else {
        return Ok(Fetched::Failed("The integration that it came through is gone.".to_owned()));
    };
    let reference = wanted.reference.clone().unwrap_or_default();
    let limit = MediaLimit(usize::try_from(app.config.limits.media_bytes).unwrap_or(usize::MAX));
    let fetched = match upload(app, job.organization_id, &reference).await? {
        Some(file) => Ok(file),
        None => integration.channel.fetch_media(&integration.account, &reference, limit, &app.net).await,
    };
    let last = job.attempts >= ATTEMPTS;
    match fetched {
        Ok(file) if damaged(&file, wanted) && last => {
            Ok(Fetched::Failed("The file arrived damaged: its checksum does not match.".to_owned()))
        }
        Ok(file) if damaged(&file, wanted) => {
            Err(Error::Internal("a file's checksum does not match".to_owned()))
        }
        Ok(file) => Ok(Fetched::File(file)),
        Err(SendError::Refused(why)) => Ok(Fetched::Failed(why.detail)),
        Err(SendError::AccountBroken(why)) => {
            let mut tx = app.db.begin(job.organization_id).await?;
            integration_admin::break_account(&mut tx, integration.id, &why).await?;
            tx.commit().await?;
            app.integrations.forget(integration.id);
            Ok(Fetched::Failed(why.detail))
        }
        Err(SendError::Later { reason, .. }) if last => Ok(Fetched::Failed(reason.detail)),
        Err(SendError::Unknown(why)) if last => Ok(Fetched::Failed(why)),
        Err(error) => Err(Error::Internal(error.to_string())),
    }
}

fn damaged(file: &FetchedMedia, wanted: &Wanted) -> bool {
    wanted
        .sha256
        .as_ref()
        .is_some_and(|expected| Sha256::digest(&file.bytes).as_slice() != expected.as_slice())
}

async fn keep(
    app: &App,
    organization: OrganizationId,
    id: AttachmentId,
    wanted: &Wanted,
    file: FetchedMedia,
) -> Result<()> {
    let bytes: Arc<[u8]> = file.bytes.as_ref().into();
    let picture = picture::examine(bytes).await;
    let key = attachment::storage_key(organization, id);
    let internal = |error: crate::store::StoreError| Error::Internal(error.to_string());
    app.store.put(&key, file.bytes.clone()).await.map_err(internal)?;
    let preview_key = match picture.preview {
        Some(preview) if wanted.kind != "document" => {
            let key = attachment::thumbnail_key(organization, id);
            app.store.put(&key, preview).await.map_err(internal)?;
            Some(key)
        }
        _ => None,
    };
    let mut tx = app.db.begin(organization).await?;
    sqlx::query(
        "update attachments set state = 'stored', error = null, storage_key = $3, thumbnail_key = $4, size = $5, sha256 = $6,
             mime = coalesce($7, mime, $8), file_name = coalesce(file_name, $9),
             width = coalesce($10, width), height = coalesce($11, height),
             -- Bytes that travelled in the reference are in the store now.
             reference = case when jsonb_typeof(reference) = 'object' then reference - 'inline' else reference end
         where organization_id = $1 and id = $2",
    )
    .bind(organization)
    .bind(id)
    .bind(&key)
    .bind(preview_key)
    .bind(i64::try_from(file.bytes.len()).unwrap_or(i64::MAX))
    .bind(Sha256::digest(&file.bytes).to_vec())
    .bind(trusted(picture.mime, wanted.mime.as_deref()))
    .bind(file.mime)
    .bind(file.file_name.or_else(|| wanted.file_name.clone()))
    .bind(picture.width.and_then(|width| i32::try_from(width).ok()))
    .bind(picture.height.and_then(|height| i32::try_from(height).ok()))
    .execute(tx.sql())
    .await?;
    tell(&mut tx, wanted.message_id).await?;
    let left = forget_upload(&mut tx, wanted).await?;
    tx.commit().await?;
    for key in left {
        app.store.delete(&key).await.map_err(internal)?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Uploaded {
    storage_key: String,
    mime: Option<String>,
    file_name: Option<String>,
}

/// What a visitor has uploaded to the hub itself. `None` for all other references; platforms' ones have no such field.
async fn upload(app: &App, organization: OrganizationId, reference: &Value) -> Result<Option<FetchedMedia>> {
    let Some(id) = upload_id(reference) else { return Ok(None) };
    let mut tx = app.db.begin(organization).await?;
    let found: Option<Uploaded> = sqlx::query_as(
        "select storage_key, mime, file_name from attachments
         where organization_id = $1 and id = $2 and message_id is null and uploaded_by is null and state = 'stored'",
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    drop(tx);
    let Some(Uploaded { storage_key, mime, file_name }) = found else { return Ok(None) };
    let bytes = app.store.read(&storage_key).await.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Some(FetchedMedia { bytes, mime, file_name }))
}

/// The message has its own copy now. Answers the keys of what is left.
async fn forget_upload(tx: &mut Tx, wanted: &Wanted) -> Result<Vec<String>> {
    let Some(id) = wanted.reference.as_ref().and_then(upload_id) else { return Ok(Vec::new()) };
    let gone: Option<(Option<String>, Option<String>)> = sqlx::query_as(
        "delete from attachments where organization_id = $1 and id = $2 and message_id is null and uploaded_by is null
         returning storage_key, thumbnail_key",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    Ok(gone.into_iter().flat_map(|(file, preview)| file.into_iter().chain(preview)).collect())
}

fn upload_id(reference: &Value) -> Option<AttachmentId> {
    reference.get("upload")?.as_str()?.parse().ok()
}

/// The bytes' own word counts, except that containers look alike from outside: an Office file is a zip, a voice note an ogg.
fn trusted<'a>(sniffed: Option<&'a str>, declared: Option<&'a str>) -> Option<&'a str> {
    match (sniffed, declared) {
        (
            Some(
                "application/zip" | "application/ogg" | "video/ogg" | "audio/ogg" | "video/mp4"
                | "video/webm",
            ),
            Some(declared),
        ) => Some(declared),
        (Some(sniffed), _) => Some(sniffed),
        (None, declared) => declared,
    }
}

async fn fail(
    app: &App,
    organization: OrganizationId,
    id: AttachmentId,
    message: MessageId,
    why: &str,
) -> Result<()> {
    let mut tx = app.db.begin(organization).await?;
    sqlx::query("update attachments set state = 'failed', error = $3 where organization_id = $1 and id = $2")
        .bind(organization)
        .bind(id)
        .bind(why)
        .execute(tx.sql())
        .await?;
    tell(&mut tx, message).await?;
    Ok(tx.commit().await?)
}

async fn tell(tx: &mut Tx, id: MessageId) -> Result<()> {
    for message in message::load(tx, &[id]).await? {
        for conversation in conversation::load(tx, &[message.conversation_id]).await? {
            let data = json!({"message": message});
            tx.tell(NewEvent::about(EventKind::MessageUpdated, conversation.subject(), &data));
        }
    }
    Ok(())
}
