//! What was written: numbers and stores new messages and their files, once each, and tells the world.

use std::collections::{BTreeSet, HashMap, HashSet};

use channels::{
    event::{InboundMedia, InboundMessage},
    message::Part,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;

use super::{
    batch::{self, Item, Settings},
    changes::Changes,
    people::People,
    record::{Became, Effect},
    threads::Threads,
};
use crate::{
    db::{NewJob, Tx},
    error::Result,
    ids::{AttachmentId, ContactId, ConversationId, IntegrationId, MessageId},
    inbox::{
        conversation::{self, Conversation},
        integration::Integration,
        label,
        message::{self, Message, MessageAttachment, Sender, StatusAt},
    },
    realtime::event::{EventKind, NewEvent},
};

type External = (IntegrationId, String);

/// The messages that the batch brought and that were not known.
#[derive(Default)]
pub(super) struct NewMessages {
    pub by_external: HashMap<External, (MessageId, ConversationId)>,
    /// In the order of coming.
    messages: Vec<Message>,
    /// Those that answer a message, whose words are in the table.
    answering: Vec<MessageId>,
}

struct Row<'a> {
    id: MessageId,
    conversation_id: ConversationId,
    seq: i64,
    integration_id: IntegrationId,
    direction: &'a str,
    kind: &'a str,
    text: &'a str,
    parts: &'a [Part],
    reply_to: Option<MessageId>,
    reply_to_external: Option<&'a str>,
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
    meta: Option<Value>,
    sent_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct FileRow<'a> {
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

impl NewMessages {
    /// Stores the messages that are not known yet; `became` learns what each one was.
    pub(super) async fn append(
        tx: &mut Tx,
        items: &[Item<'_>],
        people: &People,
        threads: &mut Threads,
        settings: &Settings,
        became: &mut [Option<Became>],
    ) -> Result<Self> {
        let known = known(tx, items).await?;
        let mut new = Self::default();
        let mut rows = Vec::new();
        let mut files = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let (channels::event::What::Message(inbound), Some(integration)) = (item.what, &item.integration)
            else {
                continue;
            };
            let external = (integration.id, inbound.external_id.clone());
            let repeated = known.get(&external).copied().or_else(|| new.by_external.get(&external).copied());
            if let Some((id, conversation)) = repeated {
                became[index] = Some(outcome(inbound, Some(conversation), Some(id), Effect::Repeated));
                continue;
            }
            let contact = people.of(integration.channel.id().as_str(), &inbound.contact);
            let thread = contact.and_then(|contact| threads.of(integration.id, contact, &inbound.thread));
            let (Some(contact), Some(thread)) = (contact, thread) else {
                became[index] = Some(outcome(inbound, None, None, Effect::Blocked));
                continue;
            };
            let id = MessageId::new();
            let (seq, late) =
                thread.append(id, inbound, integration.channel.abilities().window_hours, settings.now);
            let quoted = inbound.reply_to.as_ref().map(|quote| (integration.id, quote.external_id.clone()));
            let reply_to = quoted
                .and_then(|key| known.get(&key).or_else(|| new.by_external.get(&key)).map(|found| found.0));
            let name = people.contact(contact).map(|contact| contact.name.clone()).unwrap_or_default();
            rows.push(row(id, thread.id, seq, late, integration, inbound, contact, name, reply_to));
            files.extend(
                inbound
                    .media
                    .iter()
                    .enumerate()
                    .map(|(position, media)| file(id, thread.id, position, media)),
            );
            if let Some(token) = &inbound.acknowledge {
                tx.enqueue(acknowledgement(integration.id, token));
            }
            became[index] = Some(outcome(inbound, Some(thread.id), Some(id), Effect::Stored));
            new.by_external.insert(external, (id, thread.id));
        }
        insert(tx, &rows, settings).await?;
        insert_files(tx, &files).await?;
        new.answering = rows.iter().filter(|row| row.reply_to_external.is_some()).map(|row| row.id).collect();
        new.messages = rows.iter().map(|row| row.told(&files, settings.now)).collect();
        Ok(new)
    }
}

/// Tells browsers of everything new and changed, in the order of the conversations' numbers. What is new is told as it was
/// written; what changed since, and what quotes another message, is read again.
pub(super) async fn tell(
    tx: &mut Tx,
    new: NewMessages,
    changes: &Changes,
    people: &People,
    threads: &Threads,
) -> Result<()> {
    let ids: HashSet<_> = new.messages.iter().map(|message| message.id).collect();
    let changed: HashSet<_> = changes.updated().chain(changes.statuses().map(|one| one.message_id)).collect();
    let again: Vec<_> = changes
        .updated()
        .filter(|id| !ids.contains(id))
        .chain(ids.iter().copied().filter(|id| changed.contains(id) || new.answering.contains(id)))
        .collect();
    let mut messages = new.messages;
    messages.retain(|message| !again.contains(&message.id));
    if !again.is_empty() {
        messages.extend(message::load(tx, &again).await?);
    }
    messages.sort_unstable_by_key(|message| (message.conversation_id, message.seq));
    let mut subjects: BTreeSet<_> = messages.iter().map(|message| message.conversation_id).collect();
    subjects.extend(changes.statuses().map(|one| one.conversation_id));
    let conversations = conversations(tx, subjects, &messages, &again, people, threads).await?;
    for message in &messages {
        let Some(conversation) = conversations.get(&message.conversation_id) else { continue };
        let event = if ids.contains(&message.id) {
            let data = NewMessage { message, conversation };
            NewEvent::about(EventKind::NewMessage, conversation.subject(), &data)
        } else {
            NewEvent::about(EventKind::MessageUpdated, conversation.subject(), &json!({"message": message}))
        };
        tx.tell(event);
    }
    for change in changes.statuses().filter(|change| !ids.contains(&change.message_id)) {
        let Some(conversation) = conversations.get(&change.conversation_id) else { continue };
        tx.tell(NewEvent::about(EventKind::MessageStatus, conversation.subject(), change));
    }
    Ok(())
}

/// The `data` of a `new_message` event.
#[derive(Serialize)]
struct NewMessage<'a> {
    message: &'a Message,
    conversation: &'a Conversation,
}

/// The conversations that are told of. Those whose newest message is of this batch are known as they were written.
async fn conversations(
    tx: &mut Tx,
    mut wanted: BTreeSet<ConversationId>,
    messages: &[Message],
    again: &[MessageId],
    people: &People,
    threads: &Threads,
) -> Result<HashMap<ConversationId, Conversation>> {
    let mut known = HashMap::new();
    for message in messages.iter().filter(|message| !again.contains(&message.id)) {
        let Some(thread) = threads.get(message.conversation_id) else { continue };
        let Some(contact) = people.contact(thread.contact_id) else { continue };
        if thread.ends_with(message.id) && wanted.remove(&thread.id) {
            let contact = contact.told(thread.contact_id);
            known.insert(thread.id, thread.told(contact, message.as_last()));
        }
    }
    let ids: Vec<_> = known.keys().copied().collect();
    for (conversation, label) in label::carried(tx, &ids).await? {
        known.entry(conversation).and_modify(|conversation| conversation.labels.push(label));
    }
    if !wanted.is_empty() {
        let wanted: Vec<_> = wanted.into_iter().collect();
        let loaded = conversation::load(tx, &wanted).await?;
        known.extend(loaded.into_iter().map(|conversation| (conversation.id, conversation)));
    }
    Ok(known)
}

/// Messages that exist under the batch's external ids, and those that the batch answers.
async fn known(tx: &mut Tx, items: &[Item<'_>]) -> Result<HashMap<External, (MessageId, ConversationId)>> {
    let mut wanted: Vec<(IntegrationId, &str)> = Vec::new();
    for (item, message) in super::threads::incoming(items) {
        let Some(integration) = &item.integration else { continue };
        wanted.push((integration.id, &message.external_id));
        wanted.extend(message.reply_to.iter().map(|quote| (integration.id, quote.external_id.as_str())));
    }
    find(tx, &wanted).await
}

/// Messages by their platform's ids, aliases included.
pub(super) async fn find(
    tx: &mut Tx,
    wanted: &[(IntegrationId, &str)],
) -> Result<HashMap<External, (MessageId, ConversationId)>> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let organization = tx.organization();
    let rows: Vec<(IntegrationId, String, MessageId, ConversationId)> = sqlx::query_as(
        "with wanted as (select distinct * from unnest($2::uuid[], $3::text[]) as w (integration_id, external_id))
         select m.integration_id, m.external_id, m.id, m.conversation_id
         from wanted w join messages m on m.organization_id = $1
              and m.integration_id = w.integration_id and m.external_id = w.external_id
         union all
         select a.integration_id, a.external_id, m.id, m.conversation_id
         from wanted w join message_aliases a on a.organization_id = $1
              and a.integration_id = w.integration_id and a.external_id = w.external_id
         join messages m on m.organization_id = $1 and m.id = a.message_id",
    )
    .bind(organization)
    .bind(wanted.iter().map(|one| one.0).collect::<Vec<_>>())
    .bind(wanted.iter().map(|one| one.1).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(integration, external, id, conversation)| ((integration, external), (id, conversation)))
        .collect())
}

async fn insert(tx: &mut Tx, rows: &[Row<'_>], settings: &Settings) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, parts, reply_to,
             reply_to_external, reply_to_text, sender_kind, sender_id, sender_name, status, status_history, error, external_id,
             album, forwarded, late, meta, sent_at, created_at, words)
         select $1, id, conversation_id, seq, integration_id, direction, kind, text, parts, reply_to,
             reply_to_external, reply_to_text, sender_kind, sender_id, sender_name, status, status_history, error, external_id,
             album, forwarded, late, meta, sent_at, $2, to_tsvector($3::regconfig, left(text, 100000))
         from unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::jsonb[],
                     $12::uuid[], $13::text[], $14::text[], $15::text[], $16::uuid[], $17::text[], $18::text[], $19::jsonb[],
                     $20::jsonb[], $21::text[], $22::text[], $23::boolean[], $24::boolean[], $25::jsonb[], $26::timestamptz[])
              as m (id, conversation_id, seq, integration_id, direction, kind, text, parts,
                    reply_to, reply_to_external, reply_to_text, sender_kind, sender_id, sender_name, status, status_history,
                    error, external_id, album, forwarded, late, meta, sent_at)",
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
    .execute(tx.sql())
    .await?;
    Ok(())
}

impl Row<'_> {
    fn status_history(&self) -> Vec<StatusAt> {
        self.status.iter().map(|status| StatusAt { status: (*status).to_owned(), at: self.sent_at }).collect()
    }

    /// The message as reading its row gives it, but for what it quotes.
    fn told(&self, files: &[FileRow<'_>], now: DateTime<Utc>) -> Message {
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
            sent_at: self.sent_at,
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

async fn insert_files(tx: &mut Tx, files: &[FileRow<'_>]) -> Result<()> {
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
fn row<'a>(
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
        meta: inbound.referral.as_ref().map(|referral| json!({"referral": referral})),
        sent_at: inbound.sent_at,
    }
}

fn file(
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

fn acknowledgement(integration: IntegrationId, token: &str) -> NewJob {
    NewJob::now("acknowledge", None, json!({"integration_id": integration, "token": token}))
}

fn outcome(
    inbound: &InboundMessage,
    conversation_id: Option<ConversationId>,
    message_id: Option<MessageId>,
    effect: Effect,
) -> Became {
    Became {
        kind: "message",
        external_id: Some(inbound.external_id.clone()),
        conversation_id,
        message_id,
        effect,
    }
}

/// What one event became, when it speaks of an existing message.
pub(super) fn became(
    item: &Item<'_>,
    external_id: &str,
    found: Option<(MessageId, ConversationId)>,
    effect: Effect,
) -> Became {
    Became {
        kind: batch::kind(item.what),
        external_id: Some(external_id.to_owned()),
        conversation_id: found.map(|found| found.1),
        message_id: found.map(|found| found.0),
        effect,
    }
}
