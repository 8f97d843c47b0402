//! New messages and files as rows, and the same as they are told.

use channels::{
    event::{InboundMedia, InboundMessage, PastMessage},
    message::Part,
};
use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;

use super::batch::Settings;
use crate::{
    db::{NewJob, Tx},
    error::Result,
    ids::{AttachmentId, ContactId, ConversationId, IntegrationId, MessageId},
    inbox::{
        integration::Integration,
        message::{Message, MessageAttachment, Sender, StatusAt},
    },
};

pub(super) struct Row<'a> {
    pub(super) id: MessageId,
    conversation_id: ConversationId,
    seq: i64,
    integration_id: IntegrationId,
    direction: &'a str,
    kind: &'a str,
    text: &'a str,
    parts: &'a [Part],
    reply_to: Option<MessageId>,
    pub(super) reply_to_external: Option<&'a str>,
    reply_to_text: Option<&'a str>,
    sender_kind: &'a str,
    sender_id: Option<ContactId>,
    sender_name: Option<String>,
    status: Option<&'a str>,
    error: Option<Value>,
    external_id: &'a str,
    album: Option<&'a str>,
    forwarded: bool,
    late: bool,
    past: bool,
    meta: Option<Value>,
    sent_at: DateTime<Utc>,
}

#[derive(Serialize)]
pub(super) struct FileRow<'a> {
    id: AttachmentId,
    message_id: MessageId,
    conversation_id: ConversationId,
    position: usize,
    kind: Value,
    file_name: Option<&'a str>,
    mime: Option<&'a str>,
    size: Option<u64>,
    sha256: Option<&'a str>,
    width: Option<u32>,
    height: Option<u32>,
    duration_seconds: Option<u32>,
    state: &'a str,
    error: Option<&'a str>,
    reference: &'a Value,
}

pub(super) async fn insert(tx: &mut Tx, rows: &[Row<'_>], settings: &Settings) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, parts, reply_to,
             reply_to_external, reply_to_text, sender_kind, sender_id, sender_name, status, status_history, error, external_id,
             album, forwarded, late, meta, sent_at, past, created_at, words)
         select $1, id, conversation_id, seq, integration_id, direction, kind, text, parts, reply_to,
             reply_to_external, reply_to_text, sender_kind, sender_id, sender_name, status, status_history, error, external_id,
             album, forwarded, late, meta, sent_at, past, $2, to_tsvector($3::regconfig, left(text, 100000))
         from unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::jsonb[],
                     $12::uuid[], $13::text[], $14::text[], $15::text[], $16::uuid[], $17::text[], $18::text[], $19::jsonb[],
                     $20::jsonb[], $21::text[], $22::text[], $23::boolean[], $24::boolean[], $25::jsonb[], $26::timestamptz[],
                     $27::boolean[])
              as m (id, conversation_id, seq, integration_id, direction, kind, text, parts,
                    reply_to, reply_to_external, reply_to_text, sender_kind, sender_id, sender_name, status, status_history,
                    error, external_id, album, forwarded, late, meta, sent_at, past)",
    )
    .bind(organization)
    .bind(settings.now)
    .bind(settings.language)
    .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.conversation_id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.seq).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.integration_id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.direction).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.kind).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.text).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| Json(row.parts)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.reply_to).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.reply_to_external).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.reply_to_text).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.sender_kind).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.sender_id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.sender_name.as_deref()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.status).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| Json(row.status_history())).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.error.as_ref().map(Json)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.external_id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.album).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.forwarded).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.late).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.meta.as_ref().map(Json)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.sent_at).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.past).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

impl Row<'_> {
    /// From before the account was connected.
    pub(super) fn past(mut self, past: &PastMessage) -> Self {
        self.past = true;
        self.status = match (self.status, past.status) {
            (Some(_), Some(told)) => Some(told.as_str()),
            (known, _) => known,
        };
        if past.placeholder {
            self.meta = Some(json!({"placeholder": true}));
        }
        self
    }

    fn status_history(&self) -> Vec<StatusAt> {
        self.status.iter().map(|status| StatusAt { status: (*status).to_owned(), at: self.sent_at }).collect()
    }

    /// The message as reading its row gives it, but for what it quotes.
    pub(super) fn told(&self, files: &[FileRow<'_>], now: DateTime<Utc>) -> Message {
        Message {
            id: self.id,
            seq: self.seq,
            conversation_id: self.conversation_id,
            direction: self.direction.to_owned(),
            kind: self.kind.to_owned(),
            text: self.text.to_owned(),
            parts: json!(self.parts),
            attachments: files.iter().filter(|file| file.message_id == self.id).map(FileRow::told).collect(),
            reactions: Vec::new(),
            reply_to: None,
            quoted: None,
            sender: Sender {
                kind: self.sender_kind.to_owned(),
                id: self.sender_id.map(|id| id.0),
                name: self.sender_name.clone(),
            },
            status: self.status.map(str::to_owned),
            status_history: self.status_history(),
            error: self.error.clone(),
            external_id: Some(self.external_id.to_owned()),
            client_id: None,
            album: self.album.map(str::to_owned),
            forwarded: self.forwarded,
            late: self.late,
            past: self.past,
            sent_at: self.sent_at.trunc_subsecs(6),
            created_at: now,
            edited_at: None,
            deleted_at: None,
        }
    }
}

impl FileRow<'_> {
    fn told(&self) -> MessageAttachment {
        MessageAttachment {
            id: self.id,
            kind: self.kind.as_str().unwrap_or_default().to_owned(),
            file_name: self.file_name.map(str::to_owned),
            mime: self.mime.map(str::to_owned),
            size: self.size.and_then(|size| i64::try_from(size).ok()),
            width: self.width.and_then(|width| i32::try_from(width).ok()),
            height: self.height.and_then(|height| i32::try_from(height).ok()),
            duration_seconds: self.duration_seconds.and_then(|seconds| i32::try_from(seconds).ok()),
            state: self.state.to_owned(),
            error: self.error.map(str::to_owned),
            thumbnail: false,
        }
    }
}

pub(super) async fn insert_files(tx: &mut Tx, files: &[FileRow<'_>]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into attachments (organization_id, id, message_id, conversation_id, position, kind, file_name, mime, size, sha256,
             width, height, duration_seconds, state, error, reference)
         select $1, id, message_id, conversation_id, position, kind, file_name, mime, size, decode(sha256, 'hex'),
             width, height, duration_seconds, state, error, reference
         from jsonb_to_recordset($2) as f (id uuid, message_id uuid, conversation_id uuid, position int, kind text,
             file_name text, mime text, size bigint, sha256 text, width int, height int, duration_seconds int, state text,
             error text, reference jsonb)",
    )
    .bind(organization)
    .bind(Json(files))
    .execute(tx.sql())
    .await?;
    for file in files.iter().filter(|file| file.state == "pending") {
        tx.enqueue(NewJob::now("fetch_media", None, json!({"attachment_id": file.id})));
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "a row's columns come from as many places")]
pub(super) fn row<'a>(
    id: MessageId,
    conversation_id: ConversationId,
    seq: i64,
    late: bool,
    integration: &Integration,
    inbound: &'a InboundMessage,
    contact: ContactId,
    contact_name: String,
    reply_to: Option<MessageId>,
) -> Row<'a> {
    let author =
        inbound.author.as_ref().and_then(|author| author.name.clone().or_else(|| author.username.clone()));
    let system = inbound.kind == channels::message::Kind::System;
    Row {
        id,
        conversation_id,
        seq,
        integration_id: integration.id,
        direction: if inbound.echo { "outbound" } else { "inbound" },
        kind: inbound.kind.as_str(),
        text: &inbound.text,
        parts: &inbound.parts,
        reply_to,
        reply_to_external: inbound.reply_to.as_ref().map(|quote| quote.external_id.as_str()),
        reply_to_text: inbound.reply_to.as_ref().and_then(|quote| quote.text.as_deref()),
        sender_kind: match (inbound.echo, system) {
            (true, _) => "business",
            (false, true) => "system",
            (false, false) => "contact",
        },
        sender_id: (!inbound.echo).then_some(contact),
        sender_name: if inbound.echo { author } else { author.or(Some(contact_name)) },
        // The platform had it already when it told us.
        status: inbound.echo.then_some("delivered"),
        error: inbound.fault.as_ref().and_then(|fault| serde_json::to_value(fault).ok()),
        external_id: &inbound.external_id,
        album: inbound.album.as_deref(),
        forwarded: inbound.forwarded,
        late,
        past: false,
        meta: inbound.referral.as_ref().map(|referral| json!({"referral": referral})),
        sent_at: inbound.sent_at,
    }
}

/// Further platform ids of messages.
pub(crate) async fn insert_aliases(
    tx: &mut Tx,
    aliases: &[(IntegrationId, String, MessageId)],
) -> Result<()> {
    if aliases.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into message_aliases (organization_id, integration_id, external_id, message_id)
         select $1, * from unnest($2::uuid[], $3::text[], $4::uuid[]) on conflict do nothing",
    )
    .bind(organization)
    .bind(aliases.iter().map(|alias| alias.0).collect::<Vec<_>>())
    .bind(aliases.iter().map(|alias| alias.1.as_str()).collect::<Vec<_>>())
    .bind(aliases.iter().map(|alias| alias.2).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

pub(super) fn file(
    message_id: MessageId,
    conversation_id: ConversationId,
    position: usize,
    media: &InboundMedia,
) -> FileRow<'_> {
    FileRow {
        id: AttachmentId::new(),
        message_id,
        conversation_id,
        position,
        kind: json!(media.kind),
        file_name: media.file_name.as_deref(),
        mime: media.mime.as_deref(),
        size: media.size,
        sha256: media
            .sha256
            .as_deref()
            .filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())),
        width: media.width,
        height: media.height,
        duration_seconds: media.duration_seconds,
        state: if media.unavailable.is_some() { "failed" } else { "pending" },
        error: media.unavailable.as_deref(),
        reference: &media.reference,
    }
}
