//! What was written: numbers and stores new messages and their files, once each, and tells the world.

use std::collections::HashMap;

use channels::{
    event::{InboundMedia, InboundMessage},
    message::Part,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;

use super::{
    batch::{self, Item},
    changes::Changes,
    people::People,
    record::{Became, Effect},
    threads::Threads,
};
use crate::{
    db::{NewJob, Tx},
    error::Result,
    ids::{AttachmentId, ContactId, ConversationId, IntegrationId, MessageId},
    inbox::{conversation, integration::Integration, message},
    realtime::event::{EventKind, NewEvent},
};

type External = (IntegrationId, String);

/// The messages that the batch brought and that were not known.
#[derive(Default)]
pub(super) struct NewMessages {
    pub by_external: HashMap<External, (MessageId, ConversationId)>,
    ids: Vec<MessageId>,
}

#[derive(Serialize)]
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
        people: &mut People,
        threads: &mut Threads,
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
            let (seq, late) = thread.append(id, inbound, integration.channel.abilities().window_hours);
            let quoted = inbound.reply_to.as_ref().map(|quote| (integration.id, quote.external_id.clone()));
            let reply_to = quoted
                .and_then(|key| known.get(&key).or_else(|| new.by_external.get(&key)).map(|found| found.0));
            let name = people.contact(contact).name;
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
            new.ids.push(id);
        }
        insert(tx, &rows).await?;
        insert_files(tx, &files).await?;
        Ok(new)
    }
}

/// Tells browsers of everything new and changed, in the order of the conversations' numbers.
pub(super) async fn tell(tx: &mut Tx, new: &NewMessages, changes: &Changes) -> Result<()> {
    let updated: Vec<_> = changes.updated().filter(|id| !new.ids.contains(id)).collect();
    let wanted: Vec<_> = new.ids.iter().copied().chain(updated.iter().copied()).collect();
    if wanted.is_empty() && changes.statuses().next().is_none() {
        return Ok(());
    }
    let messages = message::load(tx, &wanted).await?;
    let mut ids: Vec<_> = messages
        .iter()
        .map(|message| message.conversation_id)
        .chain(changes.statuses().map(|one| one.conversation_id))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let conversations = conversation::load(tx, &ids).await?;
    let find = |id| conversations.iter().find(|conversation| conversation.id == id);
    for message in &messages {
        let Some(conversation) = find(message.conversation_id) else { continue };
        let event = if new.ids.contains(&message.id) {
            let data = json!({"message": message, "conversation": conversation});
            NewEvent::about(EventKind::NewMessage, conversation.subject(), &data)
        } else {
            NewEvent::about(EventKind::MessageUpdated, conversation.subject(), &json!({"message": message}))
        };
        tx.tell(event);
    }
    for change in changes.statuses().filter(|change| !new.ids.contains(&change.message_id)) {
        let Some(conversation) = find(change.conversation_id) else { continue };
        tx.tell(NewEvent::about(EventKind::MessageStatus, conversation.subject(), change));
    }
    Ok(())
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

async fn insert(tx: &mut Tx, rows: &[Row<'_>]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, parts, reply_to,
             reply_to_external, reply_to_text, sender_kind, sender_id, sender_name, status, status_history, error, external_id,
             album, forwarded, late, meta, sent_at, words)
         select $1, id, conversation_id, seq, integration_id, direction, kind, text, parts, reply_to,
             reply_to_external, reply_to_text, sender_kind, sender_id, sender_name, status,
             case when status is null then '[]' else jsonb_build_array(jsonb_build_object('status', status, 'at', sent_at)) end,
             error, external_id, album, forwarded, late, meta, sent_at, message_words($1, text)
         from jsonb_to_recordset($2) as m (id uuid, conversation_id uuid, seq bigint, integration_id uuid, direction text,
             kind text, text text, parts jsonb, reply_to uuid, reply_to_external text, reply_to_text text, sender_kind text,
             sender_id uuid, sender_name text, status text, error jsonb, external_id text, album text, forwarded boolean,
             late boolean, meta jsonb, sent_at timestamptz)",
    )
    .bind(organization)
    .bind(Json(rows))
    .execute(tx.sql())
    .await?;
    Ok(())
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
