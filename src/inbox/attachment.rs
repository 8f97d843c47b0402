//! Files of messages: uploads that wait to be sent, and media that was fetched from platforms.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access::{agent::Member, permission::May},
    db::Tx,
    error::{Error, Result},
    ids::{AttachmentId, ConversationId, MessageId, OrganizationId, UserId},
    inbox::{conversation, message::MessageAttachment, order, tell},
};

/// Where an attachment's bytes lie in the object store.
pub fn storage_key(organization: OrganizationId, id: AttachmentId) -> String {
    format!("{organization}/{id}")
}

/// Where its preview image lies.
pub fn thumbnail_key(organization: OrganizationId, id: AttachmentId) -> String {
    format!("{organization}/{id}.thumbnail.webp")
}

/// An upload whose bytes are in the store.
#[derive(Clone, Debug)]
pub struct Upload {
    pub id: AttachmentId,
    /// A [`channels::abilities::MediaKind`] as text.
    pub kind: String,
    pub file_name: String,
    pub mime: String,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub thumbnail: bool,
}

/// Where a file's bytes are, for who may see it.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Located {
    pub id: AttachmentId,
    #[serde(skip)]
    pub message_id: Option<MessageId>,
    #[serde(skip)]
    pub conversation_id: Option<ConversationId>,
    /// It lies on a deal, which every member reads.
    #[serde(skip)]
    pub on_deal: bool,
    #[serde(skip)]
    pub uploaded_by: Option<UserId>,
    pub state: String,
    pub error: Option<String>,
    pub mime: Option<String>,
    pub file_name: Option<String>,
    #[serde(skip)]
    pub storage_key: Option<String>,
    #[serde(skip)]
    pub thumbnail_key: Option<String>,
}

/// A finished upload, to be sent with a message: by the member, or by a visitor of the chat window.
pub async fn create(tx: &mut Tx, member: Option<&Member>, upload: &Upload) -> Result<MessageAttachment> {
    keep(tx, member.map(|member| member.user_id), upload).await
}

/// The same, by whoever it was.
pub async fn keep(tx: &mut Tx, by: Option<UserId>, upload: &Upload) -> Result<MessageAttachment> {
    let organization = tx.organization();
    sqlx::query(
        "insert into attachments (organization_id, id, kind, file_name, mime, size, sha256, width, height, state, storage_key,
                                  thumbnail_key, uploaded_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'stored', $10, $11, $12)",
    )
    .bind(organization)
    .bind(upload.id)
    .bind(&upload.kind)
    .bind(&upload.file_name)
    .bind(&upload.mime)
    .bind(upload.size)
    .bind(&upload.sha256)
    .bind(upload.width)
    .bind(upload.height)
    .bind(storage_key(organization, upload.id))
    .bind(upload.thumbnail.then(|| thumbnail_key(organization, upload.id)))
    .bind(by)
    .execute(tx.sql())
    .await?;
    Ok(MessageAttachment {
        id: upload.id,
        kind: upload.kind.clone(),
        file_name: Some(upload.file_name.clone()),
        mime: Some(upload.mime.clone()),
        size: Some(upload.size),
        width: upload.width,
        height: upload.height,
        duration_seconds: None,
        state: "stored".into(),
        error: None,
        thumbnail: upload.thumbnail,
    })
}

/// Gives a message the upload.
pub async fn put(
    tx: &mut Tx,
    conversation: ConversationId,
    message: MessageId,
    upload: AttachmentId,
) -> Result<()> {
    sqlx::query(
        "update attachments set message_id = $3, conversation_id = $2 where organization_id = $1 and id = $4 and message_id is null",
    )
    .bind(tx.organization())
    .bind(conversation)
    .bind(message)
    .bind(upload)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Seen by those who see its conversation or, on a deal, by all members; an upload that was not sent yet, by who uploaded it.
pub async fn find(tx: &mut Tx, member: &Member, id: AttachmentId) -> Result<Located> {
    let found: Option<Located> = sqlx::query_as(
        "select a.id, a.message_id, m.conversation_id, a.uploaded_by, a.state, a.error, a.mime, a.file_name, a.storage_key,
                a.thumbnail_key,
                exists (select from deal_files f join deals d on d.organization_id = f.organization_id and d.id = f.deal_id
                        where f.organization_id = a.organization_id and f.attachment_id = a.id and d.deleted_at is null) as on_deal
         from attachments a left join messages m on m.organization_id = a.organization_id and m.id = a.message_id
         where a.organization_id = $1 and a.id = $2 and m.deleted_at is null",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    let missing = || Error::not_found("attachment");
    let found = found.ok_or_else(missing)?;
    match found.conversation_id {
        Some(conversation) => {
            conversation::find(tx, member, conversation).await.map_err(|_| missing())?;
        }
        None if found.on_deal && member.role.may(May::ReadDeals) => {}
        None if found.uploaded_by == Some(member.user_id) => {}
        None => return Err(missing()),
    }
    Ok(found)
}

/// Asks the worker to fetch a failed file once more.
pub async fn retry(tx: &mut Tx, member: &Member, id: AttachmentId) -> Result<MessageAttachment> {
    let found = find(tx, member, id).await?;
    let (Some(message), Some(conversation)) = (found.message_id, found.conversation_id) else {
        return Err(Error::conflict(
            "not_fetched",
            "This file was uploaded here; there is nothing to fetch.",
        ));
    };
    let done = sqlx::query(
        "update attachments set state = 'pending', error = null
         where organization_id = $1 and id = $2 and state = 'failed' and reference is not null and reference <> 'null'",
    )
    .bind(tx.organization())
    .bind(id)
    .execute(tx.sql())
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::conflict(
            "not_failed",
            "Only files that could not be fetched can be fetched again.",
        ));
    }
    tx.enqueue(order::fetch_media(id));
    let message = tell::message_updated(tx, conversation, message).await?;
    message
        .and_then(|message| message.attachments.into_iter().find(|file| file.id == id))
        .ok_or_else(|| Error::not_found("attachment"))
}

/// Forgets an upload that was never sent. Answers the keys of its objects.
pub async fn discard(tx: &mut Tx, member: &Member, id: AttachmentId) -> Result<Vec<String>> {
    let gone: Option<(Option<String>, Option<String>)> = sqlx::query_as(
        "delete from attachments where organization_id = $1 and id = $2 and message_id is null and uploaded_by = $3
           and not exists (select from deal_files f where f.organization_id = $1 and f.attachment_id = attachments.id)
         returning storage_key, thumbnail_key",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(member.user_id)
    .fetch_optional(tx.sql())
    .await?;
    let (file, thumbnail) = gone.ok_or_else(|| Error::not_found("attachment"))?;
    Ok(file.into_iter().chain(thumbnail).collect())
}
