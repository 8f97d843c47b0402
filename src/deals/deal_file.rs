//! Files on deals: uploads that lie beside a deal instead of in a message. Every member who reads deals reads them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    activity::{self, Fact, FileName, Turned},
    deal,
    deal_change::{lock, told, touch},
};
use crate::{
    access::{agent::Member, permission::May},
    db::Tx,
    error::{Error, Result},
    ids::{AttachmentId, DealId, UserId},
};

/// Most files of one deal.
const MOST: i64 = 200;

/// Its bytes are at `GET /api/v1/attachments/{id}`.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct DealFile {
    pub id: AttachmentId,
    pub file_name: String,
    pub mime: Option<String>,
    /// In bytes.
    pub size: Option<i64>,
    /// There is a small picture of it.
    pub thumbnail: bool,
    pub added_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
}

const SELECT: &str = "select a.id, coalesce(a.file_name, 'file') as file_name, a.mime, a.size, a.thumbnail_key is not null as thumbnail,
        a.uploaded_by as added_by, f.created_at
    from deal_files f join attachments a on a.organization_id = f.organization_id and a.id = f.attachment_id
    where f.organization_id = $1 and f.deal_id = $2";

/// All of a deal's, newest first.
pub async fn list(tx: &mut Tx, deal: DealId) -> Result<Vec<DealFile>> {
    deal::find(tx, deal).await?;
    let sql = format!("{SELECT} order by f.created_at desc, a.id desc");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(tx.organization())
        .bind(deal)
        .fetch_all(tx.sql())
        .await?)
}

async fn find(tx: &mut Tx, deal: DealId, id: AttachmentId) -> Result<DealFile> {
    let found: Option<DealFile> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and a.id = $3")))
        .bind(tx.organization())
        .bind(deal)
        .bind(id)
        .fetch_optional(tx.sql())
        .await?;
    found.ok_or_else(|| Error::not_found("file"))
}

/// Puts the member's upload on the deal; once it is there, that is that.
pub async fn add(tx: &mut Tx, member: &Member, deal: DealId, upload: AttachmentId) -> Result<DealFile> {
    lock(tx, deal).await?;
    deal::find(tx, deal).await?;
    if let Ok(there) = find(tx, deal, upload).await {
        return Ok(there);
    }
    few_enough(tx, deal).await?;
    let added = sqlx::query(
        "insert into deal_files (organization_id, deal_id, attachment_id)
         select $1, $2, a.id from attachments a
         where a.organization_id = $1 and a.id = $3 and a.uploaded_by = $4 and a.message_id is null and a.state = 'stored'
           and not exists (select from scheduled_messages later
                           where later.organization_id = $1 and later.request -> 'attachments' ? a.id::text)
         for update
         on conflict do nothing",
    )
    .bind(tx.organization())
    .bind(deal)
    .bind(upload)
    .bind(member.user_id)
    .execute(tx.sql())
    .await?;
    if added.rows_affected() == 0 {
        let detail = "There is no such upload of yours, or it lies somewhere else.";
        return Err(Error::invalid_field("attachment_id", detail));
    }
    let file = find(tx, deal, upload).await?;
    note(tx, member, deal, None, Some(&file)).await?;
    Ok(file)
}

async fn few_enough(tx: &mut Tx, deal: DealId) -> Result<()> {
    let there: i64 =
        sqlx::query_scalar("select count(*) from deal_files where organization_id = $1 and deal_id = $2")
            .bind(tx.organization())
            .bind(deal)
            .fetch_one(tx.sql())
            .await?;
    if there < MOST {
        return Ok(());
    }
    Err(Error::unprocessable("too_many_files", format!("A deal has at most {MOST} files.")))
}

/// Forgets it: by who added it, and by who may delete deals. Answers the keys of its objects, to be deleted after the commit.
pub async fn remove(tx: &mut Tx, member: &Member, deal: DealId, id: AttachmentId) -> Result<Vec<String>> {
    lock(tx, deal).await?;
    deal::find(tx, deal).await?;
    let file = find(tx, deal, id).await?;
    if file.added_by != Some(member.user_id) && !member.role.may(May::DeleteDeals) {
        return Err(Error::forbidden("A file is removed by who added it, or by a manager."));
    }
    sqlx::query("delete from deal_files where organization_id = $1 and attachment_id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    let keys: (Option<String>, Option<String>) = sqlx::query_as(
        "delete from attachments where organization_id = $1 and id = $2 returning storage_key, thumbnail_key",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_one(tx.sql())
    .await?;
    note(tx, member, deal, Some(&file), None).await?;
    Ok(keys.0.into_iter().chain(keys.1).collect())
}

async fn note(
    tx: &mut Tx,
    member: &Member,
    deal: DealId,
    from: Option<&DealFile>,
    to: Option<&DealFile>,
) -> Result<()> {
    let named = |file: &DealFile| Turned::File(FileName { file_name: file.file_name.clone() });
    let fact = Fact::new(deal, "file", from.map(named), to.map(named));
    activity::note_down(tx, Some(member.user_id), &[fact]).await?;
    touch(tx, deal).await?;
    told(tx, member, deal).await.map(drop)
}
