//! What is sent as rows: the messages, their files, the conversation's new end, and whom a note calls.

use serde_json::{Value, json};
use sqlx::types::Json;

use super::{Author, Send};
use crate::{
    db::Tx,
    error::{Error, FieldError, Result},
    ids::{AttachmentId, MessageId},
    inbox::{
        conversation::Locked,
        draft::{File, Piece},
    },
};

/// The uploads, in the given order, locked so that no other message takes them.
pub(super) async fn files(tx: &mut Tx, ids: &[AttachmentId]) -> Result<Vec<File>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<File> = sqlx::query_as(
        "select id, kind, coalesce(mime, 'application/octet-stream') as mime, coalesce(size, 0) as size from attachments
         where organization_id = $1 and id = any($2) and message_id is null and state = 'stored'
           and not exists (select from deal_files f where f.organization_id = $1 and f.attachment_id = attachments.id)
         for update",
    )
    .bind(tx.organization())
    .bind(ids)
    .fetch_all(tx.sql())
    .await?;
    let mut files = Vec::new();
    let mut errors = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        match found.iter().find(|file| file.id == *id) {
            Some(file) if !ids[..index].contains(id) => files.push(file.clone()),
            _ => errors.push(FieldError {
                field: format!("attachments[{index}]"),
                detail: "There is no such upload, or it was sent already.".into(),
            }),
        }
    }
    if errors.is_empty() { Ok(files) } else { Err(Error::invalid(errors)) }
}

pub(super) async fn write(
    tx: &mut Tx,
    author: &Author<'_>,
    locked: &Locked,
    send: &Send,
    pieces: &[Piece],
) -> Result<Vec<MessageId>> {
    let ids: Vec<_> = pieces.iter().map(|_| MessageId::new()).collect();
    let rows: Vec<Value> = pieces
        .iter()
        .zip(&ids)
        .enumerate()
        .map(|(index, (piece, id))| row(send, index, *id, piece))
        .collect();
    let direction = if send.note { "internal" } else { "outbound" };
    sqlx::query(
        "insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, parts, reply_to,
                               sender_kind, sender_id, sender_name, status, status_history, client_id, request, sent_at, words)
         select $1, id, $2, $3 + n, $4, $5, kind, text, parts, reply_to,
                case when $6::uuid is null then 'business' else 'member' end, $6, $7,
                case when $5 = 'outbound' then 'queued' end,
                case when $5 = 'outbound' then jsonb_build_array(jsonb_build_object('status', 'queued', 'at', now())) else '[]' end,
                client_id, request, now(), message_words($1, text)
         from jsonb_to_recordset($8) as m (n bigint, id uuid, kind text, text text, parts jsonb, reply_to uuid, client_id text, request jsonb)",
    )
    .bind(tx.organization())
    .bind(locked.id)
    .bind(locked.last_seq)
    .bind(locked.integration_id)
    .bind(direction)
    .bind(author.member)
    .bind(author.name)
    .bind(Json(rows))
    .execute(tx.sql())
    .await?;
    let files: Vec<Value> = pieces
        .iter()
        .zip(&ids)
        .flat_map(|(piece, id)| {
            piece.files.iter().enumerate().map(move |(position, (file, kind))| json!({"id": file, "message_id": id, "position": position, "kind": kind}))
        })
        .collect();
    if !files.is_empty() {
        sqlx::query(
            "update attachments a set message_id = f.message_id, conversation_id = $2, position = f.position, kind = f.kind
             from jsonb_to_recordset($3) as f (id uuid, message_id uuid, position int, kind text)
             where a.organization_id = $1 and a.id = f.id",
        )
        .bind(tx.organization())
        .bind(locked.id)
        .bind(Json(files))
        .execute(tx.sql())
        .await?;
    }
    Ok(ids)
}

fn row(send: &Send, index: usize, id: MessageId, piece: &Piece) -> Value {
    let client_id =
        if index == 0 { send.client_id.clone() } else { format!("{}#{}", send.client_id, index + 1) };
    json!({
        "n": index + 1,
        "id": id,
        "kind": piece.kind,
        "text": piece.text,
        "parts": piece.parts,
        "reply_to": send.reply_to.filter(|_| index == 0),
        "client_id": client_id,
        "request": piece.extras,
    })
}

/// The conversation moves up in its lists; an answer takes a closed one up again.
pub(super) async fn advance(tx: &mut Tx, locked: &Locked, note: bool, ids: &[MessageId]) -> Result<()> {
    let done = sqlx::query(
        "update conversations
         set last_seq = last_seq + $3, last_message_id = $4, last_message_at = greatest(last_message_at, now()),
             status = case when status = 'closed' and not $5 then 'open' else status end,
             closed_at = case when status = 'closed' and not $5 then null else closed_at end,
             version = version + case when status = 'closed' and not $5 then 1 else 0 end
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(locked.id)
    .bind(i64::try_from(ids.len()).unwrap_or_default())
    .bind(ids.last())
    .bind(note)
    .execute(tx.sql())
    .await
    .map_err(Error::from);
    match done {
        Err(error) if error.breaks("conversations_thread") => Err(Error::conflict(
            "another_goes_on",
            "This conversation is closed and the customer has another one. Write there.",
        )),
        other => other.map(drop),
    }
}

pub(super) async fn mention(tx: &mut Tx, locked: &Locked, send: &Send, ids: &[MessageId]) -> Result<()> {
    let Some(message) = ids.first().filter(|_| send.note && !send.mentions.is_empty()) else { return Ok(()) };
    let done = sqlx::query(
        "insert into mentions (organization_id, message_id, user_id, conversation_id)
         select organization_id, $2, user_id, $3 from members
         where organization_id = $1 and user_id = any($4) and deactivated_at is null",
    )
    .bind(tx.organization())
    .bind(message)
    .bind(locked.id)
    .bind(&send.mentions)
    .execute(tx.sql())
    .await?;
    let mut distinct = send.mentions.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if usize::try_from(done.rows_affected()).unwrap_or_default() == distinct.len() {
        return Ok(());
    }
    Err(Error::invalid_field("mentions", "Somebody mentioned is no active member."))
}
