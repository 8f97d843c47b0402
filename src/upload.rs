//! Takes a file from a browser: streamed into the store while it is measured and hashed, then looked at. The bytes decide
//! the type, not the browser's word.

use std::sync::Arc;

use axum::extract::multipart::Field;
use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::io::AsyncWriteExt;

use crate::{
    app::App,
    error::{Error, Problem, Result},
    ids::{AttachmentId, OrganizationId},
    inbox::attachment::{self, Upload},
    picture::{self, Picture},
};

/// Files up to this size are looked at as pictures, in bytes.
const LOOKED_AT: usize = 25 << 20;
/// What a type is told by.
const BEGINNING: usize = 8192;

/// Rows that are locked while their files are deleted.
const FORGOTTEN_AT_ONCE: i64 = 50;
/// In no message, in none that waits for its time, and on no deal.
const UNSENT: &str = "a.message_id is null and not exists (
    select from scheduled_messages later
    where later.organization_id = a.organization_id and later.request -> 'attachments' ? a.id::text)
    and not exists (select from deal_files f where f.organization_id = a.organization_id and f.attachment_id = a.id)";

/// What was written, before it is looked at.
struct Written {
    size: usize,
    sha256: Vec<u8>,
    beginning: Bytes,
}

/// Stores a multipart field's bytes and examines them. Nothing stays behind when the upload breaks off or is too large.
pub async fn receive(
    app: &App,
    organization: OrganizationId,
    mut field: Field<'_>,
    voice: bool,
) -> Result<Upload> {
    let id = AttachmentId::new();
    let key = attachment::storage_key(organization, id);
    let file_name = clean_name(field.file_name().unwrap_or_default());
    let declared = field.content_type().map(str::to_owned);
    let mut writer = app.store.writer(&key);
    let written = match write(app, &mut field, &mut writer).await {
        Ok(written) => written,
        Err(error) => {
            let _ = writer.abort().await;
            return Err(error);
        }
    };
    writer.shutdown().await.map_err(|error| Error::Internal(format!("media store: {error}")))?;
    let mime = mime(&written.beginning, declared.as_deref(), &file_name);
    examined(app, organization, id, file_name, mime, written, voice).await
}

/// Keeps a file that is here as a whole.
pub async fn take(
    app: &App,
    organization: OrganizationId,
    bytes: Bytes,
    declared: Option<&str>,
    file_name: &str,
) -> Result<Upload> {
    let id = AttachmentId::new();
    let file_name = clean_name(file_name);
    let written = Written {
        size: bytes.len(),
        sha256: Sha256::digest(&bytes).to_vec(),
        beginning: bytes.slice(..bytes.len().min(BEGINNING)),
    };
    let mime = mime(&written.beginning, declared, &file_name);
    let key = attachment::storage_key(organization, id);
    app.store.put(&key, bytes).await.map_err(|error| Error::Internal(error.to_string()))?;
    examined(app, organization, id, file_name, mime, written, false).await
}

async fn examined(
    app: &App,
    organization: OrganizationId,
    id: AttachmentId,
    file_name: String,
    mime: String,
    written: Written,
    voice: bool,
) -> Result<Upload> {
    let key = attachment::storage_key(organization, id);
    let picture = look(app, organization, id, &key, &mime, written.size).await?;
    let side = |pixels: Option<u32>| pixels.and_then(|pixels| i32::try_from(pixels).ok());
    Ok(Upload {
        id,
        kind: kind(&mime, voice).to_owned(),
        file_name,
        mime,
        size: i64::try_from(written.size).unwrap_or(i64::MAX),
        sha256: written.sha256,
        width: side(picture.width),
        height: side(picture.height),
        thumbnail: picture.preview.is_some(),
    })
}

async fn write(
    app: &App,
    field: &mut Field<'_>,
    writer: &mut (impl AsyncWriteExt + Unpin),
) -> Result<Written> {
    let most = usize::try_from(app.config.limits.media_bytes).unwrap_or(usize::MAX);
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut beginning = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        size += chunk.len();
        if size > most {
            return Err(too_large(most));
        }
        hash.update(&chunk);
        beginning.extend_from_slice(&chunk[..chunk.len().min(BEGINNING - beginning.len())]);
        writer.write_all(&chunk).await.map_err(|error| Error::Internal(format!("media store: {error}")))?;
    }
    if size == 0 {
        return Err(Error::invalid_field("file", "This file is empty."));
    }
    Ok(Written { size, sha256: hash.finalize().to_vec(), beginning: beginning.freeze() })
}

/// Size and preview of a picture; nothing of other files.
async fn look(
    app: &App,
    organization: OrganizationId,
    id: AttachmentId,
    key: &str,
    mime: &str,
    size: usize,
) -> Result<Picture> {
    if !mime.starts_with("image/") || size > LOOKED_AT {
        return Ok(Picture::default());
    }
    let internal = |error: crate::store::StoreError| Error::Internal(error.to_string());
    let bytes: Arc<[u8]> = app.store.read(key).await.map_err(internal)?.as_ref().into();
    let picture = picture::examine(bytes).await;
    if let Some(preview) = &picture.preview {
        app.store
            .put(&attachment::thumbnail_key(organization, id), preview.clone())
            .await
            .map_err(internal)?;
    }
    Ok(picture)
}

/// Forgets uploads that nobody has sent within a day, rows and files; answers how many. Those of a message for later stay with it. A file
/// that could not be deleted keeps its row, and both go the next time.
pub async fn forget_unsent(app: &App) -> Result<u64> {
    let mut forgotten = 0;
    loop {
        let mut sql = app.db.system().begin().await?;
        let unsent = lock_unsent(&mut sql).await?;
        let (organizations, ids): (Vec<_>, Vec<_>) = unsent.into_iter().unzip();
        // A statement of its own sees what was taken before the rows were locked.
        let gone: Vec<(Option<String>, Option<String>)> = sqlx::query_as(AssertSqlSafe(format!(
            "delete from attachments a using unnest($1::uuid[], $2::uuid[]) as unsent (organization_id, id)
             where a.organization_id = unsent.organization_id and a.id = unsent.id and {UNSENT}
             returning a.storage_key, a.thumbnail_key"
        )))
        .bind(&organizations)
        .bind(&ids)
        .fetch_all(&mut *sql)
        .await?;
        let keys: Vec<_> = gone.iter().flat_map(|(file, thumbnail)| file.iter().chain(thumbnail)).collect();
        for key in keys {
            app.store.delete(key).await.map_err(|error| Error::Internal(error.to_string()))?;
        }
        sql.commit().await?;
        if ids.is_empty() {
            return Ok(forgotten);
        }
        forgotten += gone.len() as u64;
    }
}

async fn lock_unsent(sql: &mut PgConnection) -> Result<Vec<(OrganizationId, AttachmentId)>> {
    Ok(sqlx::query_as(AssertSqlSafe(format!(
        "select a.organization_id, a.id from attachments a
         where {UNSENT} and a.created_at < now() - interval '1 day'
         order by a.created_at limit $1 for update skip locked"
    )))
    .bind(FORGOTTEN_AT_ONCE)
    .fetch_all(sql)
    .await?)
}

/// By the first bytes; where they tell nothing or only the container, by what was declared, never as something that a
/// browser would run.
fn mime(beginning: &[u8], declared: Option<&str>, file_name: &str) -> String {
    const CONTAINERS: [&str; 5] =
        ["application/zip", "application/ogg", "video/ogg", "video/webm", "application/x-ole-storage"];
    let declared =
        declared.map(|mime| mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()).filter(
            |mime| mime.contains('/') && mime.len() < 120 && mime.bytes().all(|byte| byte.is_ascii_graphic()),
        );
    let harmless = declared
        .filter(|mime| !["text/html", "image/svg+xml", "application/xhtml+xml"].contains(&mime.as_str()));
    match picture::sniff(beginning) {
        Some(sniffed) if !CONTAINERS.contains(&sniffed) => sniffed.to_owned(),
        sniffed => match (harmless, sniffed) {
            // A picture is known by its bytes; what only claims to be one is not.
            (Some(mime), _) if !mime.starts_with("image/") && mime != "application/octet-stream" => mime,
            (_, Some(sniffed)) => sniffed.to_owned(),
            _ if file_name.ends_with(".txt") && std::str::from_utf8(beginning).is_ok() => {
                "text/plain".to_owned()
            }
            _ => "application/octet-stream".to_owned(),
        },
    }
}

fn kind(mime: &str, voice: bool) -> &'static str {
    match mime.split('/').next().unwrap_or_default() {
        "audio" if voice => "voice",
        "audio" => "audio",
        "image" => "image",
        "video" => "video",
        _ if mime == "application/ogg" && voice => "voice",
        _ => "document",
    }
}

/// The last part of a path, without control characters, at most 200 characters.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if clean.trim().is_empty() { "file".to_owned() } else { clean }
}

fn broken(error: axum::extract::multipart::MultipartError) -> Error {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(error.status(), "too_large", "This file is too large.").into();
    }
    Error::bad_request("upload_broken", "The upload broke off or is no multipart form.")
}

fn too_large(most: usize) -> Error {
    let detail = format!("This file is too large: {} MB at most.", most / 1_000_000);
    Problem::new(axum::http::StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_the_type() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        assert_eq!(mime(png, Some("text/html"), "x.html"), "image/png");
        assert_eq!(mime(b"<html><script>", Some("image/png"), "x.png"), "text/html");
        assert_eq!(mime(b"hello there", Some("image/svg+xml"), "x.svg"), "application/octet-stream");
        assert_eq!(mime(b"hello there", Some("text/plain; charset=utf-8"), "x.txt"), "text/plain");
        assert_eq!(mime(b"hello there", None, "x.txt"), "text/plain");
    }

    #[test]
    fn names_lose_their_paths() {
        assert_eq!(clean_name("../../etc/passwd"), "passwd");
        assert_eq!(clean_name("C:\\a\\b.png"), "b.png");
        assert_eq!(clean_name("\u{0}\n"), "file");
    }
}
